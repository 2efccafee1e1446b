"""Drafts as people send them, in the formats of word processors.

`python -m tests.drafts.corpus_files` makes them from the texts in corpus_sources/. Next to each is the issue that an editor
would make of it, which was written by hand and not by the program.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from tests.drafts.odt_factory import odt_file
from tests.drafts.word_factory import paragraph, text, word_file, zipped

CORPUS, SOURCES = Path(__file__).parent / "corpus", Path(__file__).parent / "corpus_sources"
#: `*bold*`, `/italic/`, `[text](address)`, `[^1]`, `{1}` (a comment), `|` (a line break).
_PIECES = re.compile(r"\*([^*]+)\*|(?<![\w/])/([^/]+)/(?![\w/])|\[([^\]^]+)\]\(([^)]+)\)|\[\^(\d)\]|\{(\d)\}|(\|)")
_STYLES = {
    **{f"H{level}": f'<w:name w:val="heading {level}"/><w:rPr><w:b/></w:rPr>' for level in (1, 2, 3)},
    "Title": '<w:name w:val="Title"/>',
    "TOC": '<w:name w:val="toc 1"/>',
    "Bullet": '<w:name w:val="List Paragraph"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>',
    "Quote": '<w:name w:val="Quote"/><w:rPr><w:i/></w:rPr>',
}
_WORD = "".join(f'<w:style w:type="paragraph" w:styleId="{key}">{rest}</w:style>' for key, rest in _STYLES.items())


def pieces_of(line: str) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, the text and the address of each piece of a line."""
    end = 0
    for match in _PIECES.finditer(line):
        yield "", line[end : match.start()], ""
        bold, italic, linked, address, note, comment, line_break = match.groups()
        kinds = {"b": bold, "i": italic, "a": linked, "note": note, "comment": comment, "br": line_break}
        yield next((kind, each, address or "") for kind, each in kinds.items() if each)
        end = match.end()
    yield "", line[end:], ""


class WordDraft:
    """A Word document, line by line: `# ` to `### ` headings, `- ` bullets, `> ` a quotation, `! ` an entry of the contents."""

    def __init__(self) -> None:
        self.links: dict[str, str] = {}

    def file(self, draft: str, *, notes: tuple[str, ...] = (), comments: tuple[str, ...] = ()) -> bytes:
        body = "".join(self._block(line) for line in draft.strip().split("\n"))
        footnotes = "".join(
            f'<w:footnote w:id="{at}">{paragraph(self._runs(note))}</w:footnote>' for at, note in enumerate(notes, 1)
        )
        remarks = "".join(
            f'<w:comment w:id="{at}" w:author="A. Example">{paragraph(text(each))}</w:comment>'
            for at, each in enumerate(comments, 1)
        )
        parts = {
            "styles.xml": ("styles", _WORD),
            "footnotes.xml": ("footnotes", footnotes),
            "comments.xml": ("comments", remarks),
        }
        return word_file(body, links=self.links, parts=parts)

    def _block(self, line: str) -> str:
        styles = {"# ": "H1", "## ": "H2", "### ": "H3", "- ": "Bullet", "> ": "Quote", "! ": "TOC", "T ": "Title"}
        mark = next((each for each in styles if line.startswith(each)), "")
        style = f'<w:pStyle w:val="{styles[mark]}"/>' if mark else ""
        return paragraph(self._runs(line[len(mark) :]) or text(""), style)

    def _runs(self, line: str) -> str:
        return "".join(self._piece(*piece) for piece in pieces_of(line))

    def _piece(self, kind: str, words: str, address: str) -> str:
        run = text(escape(words), {"b": "<w:b/>", "i": "<w:i/>"}.get(kind, "")) if words else ""
        match kind:
            case "a":
                key = f"link{len(self.links)}"
                self.links[key] = address
                return f'<w:hyperlink r:id="{key}">{run}</w:hyperlink>'
            case "note":
                return f'<w:r><w:footnoteReference w:id="{words}"/></w:r>'
            case "comment":
                return f'<w:r><w:commentReference w:id="{words}"/></w:r>'
            case "br":
                return "<w:r><w:br/></w:r>"
        return run


def odt_draft(draft: str) -> bytes:
    """Return an OpenDocument text made from the same lines."""
    made: list[str] = []
    for line in draft.strip().split("\n"):
        mark = next((each for each in ("# ", "## ", "- ", "T ") if line.startswith(each)), "")
        content = "".join(_odt_piece(*piece) for piece in pieces_of(line[len(mark) :]))
        if mark == "- ":
            made.append(
                f'<text:list text:style-name="L1"><text:list-item><text:p>{content}</text:p></text:list-item></text:list>'
            )
        elif mark in ("# ", "## "):
            made.append(
                f'<text:h text:outline-level="{len(mark) - 1}" text:style-name="Heading_20_1">{content}</text:h>'
            )
        else:
            made.append(f'<text:p text:style-name="{"P1" if mark else "Standard"}">{content}</text:p>')
    return odt_file("".join(made))


def _odt_piece(kind: str, words: str, address: str) -> str:
    match kind:
        case "b" | "i":
            return f'<text:span text:style-name="T{1 if kind == "b" else 2}">{escape(words)}</text:span>'
        case "a":
            return f'<text:a xlink:href="{escape(address)}">{escape(words)}</text:a>'
        case "br":
            return "<text:line-break/>"
    return escape(words)


def google_draft(draft: str, title: str) -> bytes:
    """Return the ZIP file that Google Docs makes of the same lines for “Web page”."""
    body: list[str] = []
    for line in draft.strip().split("\n"):
        mark = next((each for each in ("# ", "## ", "- ") if line.startswith(each)), "")
        content = "".join(_google_piece(*piece) for piece in pieces_of(line[len(mark) :]))
        if mark == "- ":
            body.append(f'<ul class="c7 lst-kix_l1-0 start"><li class="c2 li-bullet-0">{content}</li></ul>')
        elif mark:
            body.append(f'<h{len(mark) - 1} class="c4" id="h.{len(body)}">{content}</h{len(mark) - 1}>')
        else:
            body.append(f'<p class="c2">{content}</p>')
    styles = (
        "@import url(https://themes.googleusercontent.com/fonts/css?kit=x);.c0{font-weight:700}.c1{font-style:italic}"
    )
    page = '<html><head><meta content="text/html; charset=UTF-8" http-equiv="content-type">'
    page += f'<style type="text/css">{styles}</style>'
    return zipped({f"{title}.html": f'{page}</head><body class="c9 doc-content">{"".join(body)}</body></html>'})


def _google_piece(kind: str, words: str, address: str) -> str:
    inner = re.sub("^ | $", "&nbsp;", escape(words))
    match kind:
        case "b" | "i":
            return f'<span class="{"c0" if kind == "b" else "c1"}">{inner}</span>'
        case "a":
            wrapped = f"https://www.google.com/url?q={escape(address)}&amp;sa=D&amp;source=editors&amp;ust=1738&amp;usg=AOvVaw"
            return f'<span class="c5"><a class="c6" href="{wrapped}">{inner}</a></span>'
        case "br":
            return "<br>"
    return f'<span class="c3">{inner}</span>' if inner else ""


_NOTES = {
    "briefing-comments.docx": (
        "The figure is from a press release, which names no [year of prices](https://example.org/release).",
    ),
    "letter-footnote.docx": ("She is right. We measured it.",),
}
_COMMENTS = {"briefing-comments.docx": ("Since when? Please check the date.", "Is this link public?")}


def corpus_file(source: Path) -> bytes:
    """Return the draft that is made from a source, in the format of its name."""
    name, draft = source.stem, source.read_text(encoding="utf-8")
    match Path(name).suffix:
        case ".docx":
            return WordDraft().file(draft, notes=_NOTES.get(name, ()), comments=_COMMENTS.get(name, ()))
        case ".odt":
            return odt_draft(draft)
        case _:
            return google_draft(draft, "China Briefing")


if __name__ == "__main__":
    for each in SOURCES.iterdir():
        (CORPUS / each.stem).write_bytes(corpus_file(each))
