"""The article in a page of the archive.

Input: the HTML of a page. Output: the HTML of its article. Guarantees: pure.
"""

_START, _END = "<article", "</article>"


def article_in(page: str) -> str:
    """Return the article of a page; an empty text for a page without an article."""
    start, end = page.find(_START), page.rfind(_END)
    return page[start : end + len(_END)] if 0 <= start < end else ""
