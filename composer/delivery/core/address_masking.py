"""Removes an address from what a server said.

Input: a server's words, an address. Output: the words without it.
"""

import re


def without_address(words: str, address: str) -> str:
    """Take a subscriber's address out of a server's words: they are kept longer than a person may wish to be."""
    local = address.rpartition("@")[0]
    for text in (address, f"{local}@"):
        # Looked for first: most replies with an @ have a Message-ID, and to make a pattern for each recipient takes longer.
        if text.lower() in words.lower():
            words = re.sub(re.escape(text), "…", words, flags=re.IGNORECASE)
    return words
