"""The form in which column names and words of lists are compared.

Input: a text. Output: its key. Guarantees: pure; `key_of(key_of(text)) == key_of(text)`.
"""

import re
import unicodedata


def key_of(name: str) -> str:
    """Return the key of a column name: lower case, without accents, one _ between words."""
    text = unicodedata.normalize("NFKD", name.strip().lstrip("\ufeff").casefold())
    text = unicodedata.normalize("NFC", "".join(each for each in text if not "\u0300" <= each <= "\u036f"))
    return re.sub(r"[\W_]+", "_", text).strip("_")
