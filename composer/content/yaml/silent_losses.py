"""Mistakes that YAML accepts silently, although text is lost or changes its meaning.

Input: places of a source that was read. Output: problems, worded for editors. Guarantees: does not stop parsing.
"""

import re

from composer.content.yaml.source import SourceText
from composer.core.errors import Problem

#: A key with the usual characters.
WORD_KEY = r"[A-Za-z_][A-Za-z0-9_]*"

#: Dashes and bullets other than hyphens, which autocorrection inserts.
OTHER_DASHES = tuple("‐‑‒–—―−•·")
#: An item that starts with one of them.
OTHER_DASH = re.compile(rf"(?P<lead> *)(?P<dash>[{''.join(OTHER_DASHES)}]) *(?P<rest>[a-z_][a-z0-9_]*:(?: .*)?)$")


def shown(text: str) -> str:
    """Return a text in quotation marks, shortened."""
    return f"“{text}”" if len(text) <= 60 else f"“{text[:57]}…”"


def odd_key(key: str) -> tuple[str, str, str, str] | None:
    """Return code, message, hint and the intended key for a key that YAML accepts but that is a mistake; or None."""
    if key[:1] in "“”„‘’‚«»" and key[:1]:
        bare = key.strip("“”„‘’‚«»")
        return "yaml-curly", f"the key “{bare}” must not have quotation marks", f"write   {bare}: …", bare
    if key.startswith("-") and re.match(rf"-{WORD_KEY}$", key):
        return "yaml-dash", "a space is missing after the dash", f"write   - {key[1:]}: …", key[1:]
    if key.endswith(":"):
        bare = key.rstrip(":")
        return "yaml-colon", f"there is one colon too many after “{bare}”", f"write   {bare}: …", bare
    return None


def silent_losses(source: SourceText, start: int, *, alias: bool) -> list[Problem]:
    """Return a problem for a text that YAML reads as an alias (`*`), an anchor (`&`) or a tag (`!`)."""
    first = source.text[start : start + 1]
    if alias:
        code, what = "yaml-star", "*"
    else:
        code, what = {"&": ("yaml-ampersand", "&"), "!": ("yaml-exclamation", "!")}.get(first, ("yaml-ampersand", "&"))
    row = source.place(start).line - 1
    rest = source.line(row)[source.place(start).column - 1 :]
    is_alone = re.fullmatch(rf" *(?:- +)*(?:{WORD_KEY}: +)?", source.line(row)[: source.place(start).column - 1])
    if not is_alone:
        hint = "put everything after the key in quotes"
    else:
        hint = f'write "{rest.strip()}"' if '"' not in rest else "put the whole text in single quotes: '…'"
    return [
        source.place(start).problem(
            code,
            f"text that starts with {what} must be quoted, or its first word is lost",
            hint,
        )
    ]


def lost_comment(source: SourceText, end: int) -> Problem | None:
    """Return a problem for an unquoted text that YAML cuts off at a `#`.

    With two spaces before `#` and one after it, it is a comment; anything else is text: “Ranked #1 in exports”.
    """
    place = source.place(end)
    rest = source.line(place.line - 1)[place.column - 1 :]
    match = re.match(r"(\s+)#(.?)", rest)
    if match is None or (match[1] not in (" ",) and match[2] in ("", " ")):
        return None
    return source.place(end + len(match[1])).problem(
        "yaml-hash",
        f"the text is cut off at #: {shown(rest.strip())} would be lost",
        "put the whole text in quotes; if this is a comment, put two spaces before # and one after it",
    )


def lost_value(source: SourceText, end: int) -> Problem | None:
    """Return a problem for a value that YAML reads as a comment: `accent: #9b1c1c`."""
    place = source.place(end)
    rest = source.line(place.line - 1)[place.column - 1 :]
    match = re.match(r"[:\s]*\s(#[^\s#].*)$", rest)
    if match is None:
        return None
    # What follows another # is a comment that was meant as one.
    value = re.split(r"\s+#(?=\s|$)", match[1].strip())[0]
    quoted = f"'{value}'" if '"' in value else f'"{value}"'
    return source.place(end + match.start(1)).problem(
        "yaml-hash", f"without quotes, {shown(value)} is read as a comment and lost", f"put it in quotes:   {quoted}"
    )


def swallowed_keys(source: SourceText, start: int, end: int) -> Problem | None:
    """Return a problem for a quoted text that includes the keys below it, because it is closed too late."""
    raw = source.text[start:end]
    for line in raw.split("\n")[1:]:
        if match := re.match(rf"^\s*(?:- +)?({WORD_KEY}):(?:[ \t]|$)", line):
            return source.place(start).problem(
                "yaml-quote",
                f"the quotation mark that opens here is closed lines later, so “{match[1]}:” became part of the text",
                f"add a closing {raw[0]} at the end of the text",
            )
    return None


def lost_lines(source: SourceText, start: int, end: int) -> Problem | None:
    """Return a problem for several paragraphs, items or sources that YAML joins into one, because there is no `|`.

    In unquoted text, in quoted text and below a `>`, YAML joins lines and removes empty lines.
    """
    first, *rest = source.text[start:end].rstrip().split("\n")
    if not any(not line.strip() or re.match(r"\s*(?:[-+*•]|[0-9]{1,9}[.)])\s", line) for line in rest):
        return None
    how = "> joins lines" if first.startswith(">") else "without | after the key, lines are joined"
    return source.place(start).problem(
        "yaml-pipe",
        f"{how}: the paragraphs and list items of this text would run together",
        "write   |   after the key, and the whole text below it, indented by two more spaces, without quotation marks",
    )
