"""The mistakes in a Markdown text: what each is called, and where it is.

Input: kinds of mistakes, found by the other Markdown modules. Output: findings with an offset in the text, a message and
a hint. Guarantees: pure.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownFinding:
    """A mistake at an offset of the text."""

    offset: int
    code: str
    message: str
    hint: str
    #: Distinguishes findings with the same code.
    kind: str = ""


FIGURE_FORM = "write   {figure name}   or, for two figures side by side,   {figure name other}"
REFUSED = {
    "broken_link": (
        "this link is not written correctly: its address ends before the closing bracket",
        "write [link text](https://…) with no space in the address",
    ),
    "empty_link": ("this link has no text", "write [link text](https://…); the text says where the link leads"),
    "heading": (
        "headings of this level are not allowed in this text",
        "write   ### Subhead   with three #, or remove the # at the start of the line",
    ),
    "lheading": ("this line turns the text above it into a heading", "delete it; an empty line starts a new paragraph"),
    "year": (
        "a number and a dot at the start of a line turn it into a list",
        "write a backslash before the dot:   2024\\. …",
    ),
    "image": ("pictures are not allowed in this text", "use the key “figure” next to the text: image, alt, caption"),
    "figure_form": ("this line does not name a figure", FIGURE_FORM),
    "figure_count": ("at most two figures fit side by side", "put each further figure into a paragraph of its own"),
    "figure_place": (
        "a figure must be a paragraph of its own",
        "put an empty line before and after   {figure name}",
    ),
    "inner_figure": ("a figure cannot be part of a list, a quotation or a box", "put it between two paragraphs"),
    "code_block": (
        "this paragraph is indented by four or more extra spaces, which turns it into program code",
        "indent it like the paragraphs around it",
    ),
    "fence": ("program code is not allowed in this text", "delete the lines with ``` or ~~~"),
    "inner_heading": (
        "a subhead cannot be part of a list or a quotation",
        "write it on a line of its own that starts with ###",
    ),
    "empty_heading": ("this subhead has no text", "write   ### Subhead   or remove the # at the start of the line"),
    "inner_table": ("a table cannot be part of a list or a quotation", "start its lines without spaces, - or >"),
    "no_caption": (
        "this table has no caption, which screen readers announce before it",
        "write   : What the table shows   on the line above it",
    ),
    "no_heads": ("this table has no headings", "write what each column contains into the row above the dashes"),
    "no_rows": ("this table has headings but no rows", "write rows below the dashes:   | words | words |"),
    "inner_footnote": (
        "the text of a footnote cannot be part of a list or a quotation",
        "start its line without spaces, - or >, below the paragraph that refers to it",
    ),
    "empty_footnote": ("this footnote has no text", "write the text after the colon"),
    "footnote_twice": ("there are two footnotes with this name", "give each footnote its own name:   [^1], [^2]"),
    "footnote_unused": (
        "no sentence refers to this footnote",
        "put its name, such as   [^1],   where the footnote belongs, or delete this line",
    ),
    "footnote_missing": (
        "this footnote has no text",
        "write its text on a line of its own, at the end of this text:   [^1]: The text.",
    ),
    "footnote_place": (
        "a footnote cannot be part of another footnote or a subhead",
        "move it to a sentence of the text",
    ),
    "callout": (
        "this kind of box is not available",
        "write   > [!note]   or   > [!note] Title   for a box, and   > [!pullquote]   for a pull quote",
    ),
    "inner_callout": ("a box cannot be part of a list or a quotation", "start its lines with   >   and no other sign"),
    "empty_pull_quote": (
        "this pull quote has no text",
        "write the sentence on the lines below, each with   >   before it",
    ),
    "pull_quote": (
        "a pull quote is one paragraph",
        "delete the empty line; who said it may follow on a last line:   > — Name",
    ),
    "empty_callout": ("this box has no text", "write the text on the lines below, each with   >   before it"),
    "button": (
        "a button must be a paragraph of its own",
        "put an empty line before and after   [text](https://…){button}",
    ),
    "hr": ("horizontal lines are not allowed in this text", "delete it; an empty line starts a new paragraph"),
    "html_block": ("HTML is not allowed in this text", "write **bold**, *emphasis* or [link text](https://…) instead"),
    "html_inline": ("HTML is not allowed in this text", "write **bold**, *emphasis* or [link text](https://…) instead"),
}
#: The codes of mistakes that do not have the code `markdown`.
_CODES = {
    **dict.fromkeys(("no_caption", "no_heads", "no_rows", "inner_table"), "table"),
    **dict.fromkeys(("inner_footnote", "empty_footnote", "footnote_twice", "footnote_unused"), "footnote"),
    **dict.fromkeys(("footnote_missing", "footnote_place"), "footnote"),
    **dict.fromkeys(("figure_form", "figure_count", "figure_place", "inner_figure"), "figure"),
    **dict.fromkeys(("html_block", "html_inline"), "html"),
}


class MarkdownFindings:
    """The mistakes found so far in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[MarkdownFinding] = []
        #: The offsets of its rows.
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def start(self, row: int) -> int:
        """Return the offset of a row."""
        return self.starts[min(row, len(self.starts) - 1)]

    def refuse(self, kind: str, row: int, search: str = "", code: str = "") -> None:
        """Add a mistake of a known kind, at the first place of `search` in a row."""
        message, hint = REFUSED.get(kind, (f"“{kind}” is not allowed in this text", ""))
        self.add_in_row(row, code or _CODES.get(kind, "markdown"), message, hint, search=search, kind=kind)

    def add_in_row(self, row: int, code: str, message: str, hint: str, *, search: str = "", kind: str = "") -> None:
        """Add a mistake at the first place of `search` in a row, or at its first word."""
        start = self.start(row)
        end = self.text.find("\n", start)
        line = self.text[start : end if end >= 0 else len(self.text)]
        column = line.find(search) if search else -1
        column = column if column >= 0 else len(line) - len(line.lstrip())
        self.add(start + column, code, message, hint, kind)

    def add(self, offset: int, code: str, message: str, hint: str, kind: str = "") -> None:
        """Add a mistake at an offset."""
        self.found.append(MarkdownFinding(offset=offset, code=code, message=message, hint=hint, kind=kind))
