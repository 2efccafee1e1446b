"""Sources in their short form: one line each, `Outlet (CN): [Title](https://…) (原题)`.

Input: a text of lines. Output: an entry for each line with the offset of each piece, or the mistake in a line.
"""

import re
from dataclasses import dataclass

from composer.content.values.formats import language_tag
from composer.content.yaml.invisible_characters import in_words, stripped, unseen_in, without_unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a line, and its offset in the text."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source. `url` is None for a printed source."""

    offset: int
    outlet: Piece
    language: str | None
    title: Piece
    url: Piece | None
    original_title: Piece | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMistake:
    """A mistake in a line."""

    offset: int
    message: str
    hint: str
    code: str = "source"


_LINE = re.compile(
    r"""(?P<outlet>[^:\[\]：]*+(?:\[[A-Za-z-]{2,12}\][^:\[\]：]*+)?)(?::\s+|：\s*)
        (?P<rest>\S.*)$""",
    re.VERBOSE,
)
_MARK = re.compile(r"(?:[(（](?P<round>[A-Za-z]{2,3}(?:-[A-Za-z]{2,8})?)[)）]|\[(?P<square>[A-Za-z-]{2,12})\])\s*$")
#: An address: spaces are allowed only inside a merge field.
_ADDRESS = r"(?:\{\{[^{}]*+\}\}|[^\s()])*+"
_LINK = re.compile(
    r"^\[(?P<title>(?:\\.|\[[^\[\]]*\]|[^\[\]\\])+)\]"
    rf"\(\s*(?P<url>{_ADDRESS}(?:\({_ADDRESS}\){_ADDRESS})*+)\s*\)(?P<after>.*)$"
)
_ORIGINAL = re.compile(r"^\s*[(（](?P<original>.+)[)）]\s*[.;]?\s*$")
_FORM = "write each source on one line:   Outlet: [Title](https://…)"


def parse_sources(text: str) -> tuple[tuple[SourceLine, ...], tuple[LineMistake, ...]]:
    """Read sources, one per line; skip empty lines and list marks (`- `)."""
    found: list[SourceLine] = []
    mistakes: list[LineMistake] = []
    offset = 0
    for line in text.split("\n"):
        lead = re.match(r"\s*(?:[-*•]\s+)?", line)
        start = offset + (lead.end() if lead else 0)
        body = text[start : offset + len(line)].rstrip()
        offset += len(line) + 1
        if not body:
            continue
        entry = _entry(body, start)
        if isinstance(entry, SourceLine):
            found.append(entry)
        else:
            mistakes.append(entry)
    return tuple(found), tuple(mistakes)


def _entry(body: str, start: int) -> SourceLine | LineMistake:
    body, start = _unquoted(body, start)
    match = _LINE.match(body)
    if match is None:
        if re.match(r"^[^:\[]+:\S", body) and not body.startswith("http"):
            return LineMistake(offset=start, message="a space is missing after the outlet's colon", hint=_FORM)
        return LineMistake(offset=start, message=f"this line is not a source: “{body[:40]}”", hint=_FORM)
    outlet, language = match["outlet"].strip(), None
    if mark := _MARK.search(outlet):
        language = language_tag(mark["round"] or mark["square"])
        if language is None and mark["square"]:
            return LineMistake(
                offset=start + mark.start("square"),
                message=f"“{mark['square']}” is not a language",
                hint="write a language, such as [zh] or [de], or a country, such as (CN)",
            )
        outlet = outlet[: mark.start()].strip() if language else outlet
    if not outlet:
        return LineMistake(offset=start, message="the outlet is missing before the colon", hint=_FORM)
    rest, at = _unquoted(match["rest"], start + match.start("rest"))
    piece = Piece(text=outlet, offset=start)
    link = _LINK.match(rest)
    if link is None:
        if "](" in rest or "[" in rest or "http" in rest:
            return _bad_link(outlet, rest, at)
        title, original, behind = _split_original(rest)
        return SourceLine(
            offset=start,
            outlet=piece,
            language=language,
            title=Piece(text=title, offset=at),
            url=None,
            original_title=Piece(text=original, offset=at + behind) if original else None,
        )
    if not link["title"].strip():
        return LineMistake(offset=at, message="the title is missing between [ and ]", hint=_FORM)
    original_piece = None
    after = link["after"]
    if after.strip(" .;"):
        given = _ORIGINAL.match(after)
        if given is None:
            return LineMistake(
                offset=at + link.start("after"),
                message=f"only the original title in brackets may follow the link, found: “{after.strip()[:40]}”",
                hint=f"{_FORM} (原题)",
            )
        place = at + link.start("after") + given.start("original")
        original_piece = Piece(text=given["original"], offset=place)
    return SourceLine(
        offset=start,
        outlet=piece,
        language=language,
        title=Piece(text=re.sub(r"\\(.)", r"\1", link["title"]), offset=at + 1),
        url=Piece(text=link["url"], offset=at + link.start("url")),
        original_title=original_piece,
    )


def _bad_link(outlet: str, rest: str, at: int) -> LineMistake:
    """Return the mistake in the link of a source, with its place."""
    address = re.search(r"\]\s?\(([^()]*)\)?", rest)
    if address and (odd := unseen_in(stripped(address[1]))):
        offset = rest.index(odd[0], address.start(1))
        message, hint = in_words(odd[0], without_unseen(stripped(address[1])))
        return LineMistake(offset=at + offset, message=message, hint=hint, code="invisible")
    begin = re.search(r"\[|https?:", rest)
    bare = re.fullmatch(r"(?P<title>[^\[\]]*[^\[\]\s,;:(–—-])[\s,;:(–—-]+(?P<url>https?://[^\s()]+)\)?", rest)
    return LineMistake(
        offset=at + (begin.start() if begin else 0),
        message="the link of this source is not written correctly",
        hint=f"write   {outlet}: [{bare['title']}]({bare['url'].rstrip('.,;')})" if bare else _FORM,
    )


def _unquoted(text: str, start: int) -> tuple[str, int]:
    """Return a text without quotation marks around the whole, which editors write in a list."""
    is_quoted = len(text) > 2 and text[0] in "\"'" and text[-1] == text[0] and "[" in text
    return (text[1:-1], start + 1) if is_quoted else (text, start)


def _split_original(rest: str) -> tuple[str, str | None, int]:
    """Split the title of a printed source: text in brackets without Latin letters is the original title."""
    match = re.match(r"^(?P<title>[^(（]*[^(（\s])\s*[(（](?P<original>[^()（）]+)[)）]\s*$", rest)
    if match and not re.search(r"[A-Za-z]{3}", match["original"]) and re.search(r"[^\x00-\u024f]", match["original"]):
        return match["title"], match["original"], match.start("original")
    return rest, None, 0
