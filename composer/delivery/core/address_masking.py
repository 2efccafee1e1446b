"""Removes an address from a server's reply.

Input: a reply, an address. Output: the reply without the address.
"""

import re


def without_address(words: str, address: str) -> str:
    """Remove a subscriber's address from a reply, because replies are stored longer than personal data may be."""
    local = address.rpartition("@")[0]
    for text in (address, f"{local}@"):
        # This check comes first because compiling a pattern for each recipient takes longer.
        if text.lower() in words.lower():
            words = re.sub(re.escape(text), "…", words, flags=re.IGNORECASE)
    return words
