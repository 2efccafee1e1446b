"""Finds which of the less frequent elements of texts a page has.

Input: the page as MJML. Output: names, by which a theme's style sheets leave out rules that nothing needs.
"""

#: The mistake of a template that prints a text with figures as a whole.
UNPRINTED_FIGURES = "this text has figures; print its pieces one after another: {% for piece in text.pieces %}"

#: How the less frequent elements of texts are printed (html_elements.py), by their names in a theme's style sheets.
_SIGNS = {
    "subhead": (' class="subhead"',),
    "table": ('<table class="table',),
    "callout": ('<td class="callout"',),
    "pullquote": ('<td class="pullquote"',),
    "figures": ('<td class="half ',),
    "standfirst": ('<div class="standfirst">',),
    "byline": ('<p class="byline ', '<td class="face-cell"'),
    "button": ('<a class="press" ',),
    "footnote": ('<p class="footnote"',),
    "code": ('<code dir="ltr">',),
}


def elements_in(page: str) -> frozenset[str]:
    """Return the names of the less frequent elements that the page's texts have; no text contains the signs of another."""
    return frozenset(name for name, signs in _SIGNS.items() if any(sign in page for sign in signs))
