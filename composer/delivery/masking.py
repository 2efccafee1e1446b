"""Removes an address from what a server said.

Input: a server's words, an address. Output: the words without it.
"""


def without_address(words: str, address: str) -> str:
    """Take a reader's address out of a server's words: they are kept longer than a person may wish to be."""
    if not words or "@" not in words:
        return words
    local = address.rpartition("@")[0]
    lower = words.lower()
    for text in (address.lower(), f"{local.lower()}@"):
        while text and (at := lower.find(text)) >= 0:
            end = at + len(text)
            words, lower = f"{words[:at]}…{words[end:]}", f"{lower[:at]}…{lower[end:]}"
    return words
