"""A tokenizer for MJML with the syntax of the compiler (mrml): strict tags, quoted attributes, HTML inside.

Input: one string. Output: tokens with offsets, in order, in linear time; invalid markup becomes a BROKEN token with the
reason. Guarantees: does not build a tree, corrects nothing, raises no errors.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class TokenKind(StrEnum):
    """The kind of a token."""

    TEXT = "text"
    START = "start"
    END = "end"
    COMMENT = "comment"
    #: `<!--[if mso]>`: the following text is read as markup
    CONDITION = "condition"
    #: `<![endif]-->` and `<!--<![endif]-->`
    CONDITION_END = "condition_end"
    #: the compiler would reject or misread this; `name` is the reason
    BROKEN = "broken"


# Named tuples, not dataclasses: a document has thousands of them, and they are created three times as fast.
class Attribute(NamedTuple):
    """One attribute of a start tag: the value as written (None without `=`), and the offsets of name and value."""

    name: str
    value: str | None
    at: int
    value_at: int


class Token(NamedTuple):
    """A part of the source, `source[at:end]`. `name` is the name of a tag or the reason of a BROKEN token."""

    kind: TokenKind
    at: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()
    self_closing: bool = False


# Possessive quantifiers: a tag either matches at once or not at all, so no input is slow. Blanks and names are ASCII:
# for the compiler, a no-break space is not a separator.
_S = "[ \\t\\r\\n]"
_NAME = "[A-Za-z][A-Za-z0-9_:.-]*+"
_KEY = "[A-Za-z_:][A-Za-z0-9_:.-]*+"
_VALUE = rf"{_S}*+={_S}*+(\"[^\"]*+\"|'[^']*+')"
START = re.compile(rf"<({_NAME})((?:{_S}++{_KEY}(?:{_VALUE})?+)*+){_S}*+(/?)>")
_END = re.compile(rf"</({_NAME}){_S}*+>")
_ATTRIBUTE = re.compile(rf"({_KEY})(?:{_VALUE})?+")
_CONDITION = re.compile(r"<!--\[if [^\]\[<>]++\]>(?:<!-->)?+")
_CONDITION_END = re.compile(r"(?:<!--)?+<!\[endif\]-->")
_UNQUOTED = re.compile(r"=\s*+[^\s\"'=<>]")
_TOGETHER = re.compile(r"=\s*+(?:\"[^\"]*+\"|'[^']*+')[^\s/>]")


def attributes(chunk: str, at: int) -> tuple[Attribute, ...]:
    """Return the attributes of a start tag from its attribute part, which starts at offset `at` of the source."""
    found = []
    for match in _ATTRIBUTE.finditer(chunk):
        value = match[2]
        found.append(
            Attribute(match[1], None if value is None else value[1:-1], at + match.start(), at + match.start(2) + 1)
        )
    return tuple(found)


def tokens(source: str) -> Iterator[Token]:
    """Yield the tokens of an MJML document in order and without gaps."""
    position, length = 0, len(source)
    while position < length:
        at = source.find("<", position)
        if at < 0:
            at = length
        if at > position:
            yield Token(TokenKind.TEXT, position, at)
        if at == length:
            return
        token = _markup(source, at)
        yield token
        position = token.end


def _markup(source: str, at: int) -> Token:
    if match := START.match(source, at):
        return Token(
            TokenKind.START,
            at,
            match.end(),
            match[1],
            attributes(match[2], match.start(2)) if match[2] else (),
            bool(match[4]),
        )
    if match := _END.match(source, at):
        return Token(TokenKind.END, at, match.end(), match[1])
    if match := _CONDITION_END.match(source, at):
        return Token(TokenKind.CONDITION_END, at, match.end())
    if match := _CONDITION.match(source, at):
        return Token(TokenKind.CONDITION, at, match.end())
    if source.startswith("<!--", at) and not source.startswith(("<!-->", "<!--[", "<!--<!["), at):
        end = source.find("-->", at + 4)
        return (
            Token(TokenKind.COMMENT, at, end + 3) if end >= 0 else _broken(source, at, "this comment is never closed")
        )
    return _broken(source, at, _reason(source, at))


def _broken(source: str, at: int, reason: str) -> Token:
    """Return a BROKEN token that ends after the next `>` or before the next `<`, whichever comes first."""
    close, opening = source.find(">", at + 1), source.find("<", at + 1)
    ends = [end for end in (close + 1 if close >= 0 else -1, opening) if end > 0]
    return Token(TokenKind.BROKEN, at, min(ends, default=len(source)), reason)


def _reason(source: str, at: int) -> str:
    head = source[at : at + 9].lower()
    for start, reason in (
        ("<![cdata[", "CDATA sections are not supported; write the text itself, with &lt; for <"),
        ("<!doctype", "a doctype is not allowed here; the compiler adds it"),
        ("<?xml", "an <?xml ..?> line is not allowed; the template must start with <mjml>"),
        ("<?", "processing instructions (<? .. ?>) are not allowed"),
        ("<!--[", "this condition is not written correctly; write <!--[if mso]> .. <![endif]-->"),
        ("<!--<![", "this end of a condition is not written correctly; write <!--<![endif]-->"),
        ("<!-->", "<!--> may only follow a condition: <!--[if !mso]><!-->"),
        ("<![endif", "this end of a condition is not written correctly; write <![endif]-->"),
        ("<![if", "write <!--[if !mso]><!--> .. <!--<![endif]--> for a condition that other mail programs show"),
        ("<!", "this <! .. > declaration is not allowed"),
    ):
        if head.startswith(start):
            return reason
    if not re.match(r"</?[A-Za-z]", head):
        return "there is a bare < in the text; write &lt;"
    stop = min((end for end in (source.find(">", at), source.find("<", at + 1)) if end > 0), default=len(source))
    tag = source[at:stop]
    name = re.match(r"</?[^\s>\"'=]*", tag)
    what = f"{name[0] if name else '<'} .. >"
    if tag.startswith("</"):
        return f"the closing tag {what} is not written correctly"
    if _UNQUOTED.search(tag):
        return f"in {what} an attribute value has no quotes"
    if tag.count('"') % 2 or tag.count("'") % 2:
        return f"in {what} a quotation mark is never closed"
    if _TOGETHER.search(tag):
        return f"in {what} a space is missing between two attributes"
    return f"the tag {what} is not written correctly or never closed"
