"""Merge fields in a text: `{{ first_name | default("reader") }}`.

Input: a text as written. Output: the text with an ASCII token in place of each field, and the fields. Guarantees: fills
no fields. A token of letters and digits survives Markdown, MJML, premailer and URL encoding; mail fills it at the end.
"""

import difflib
import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: The built-in fields, each with a sample value that is as wide as the values of most subscribers.
BUILT_IN: Mapping[str, str] = {
    "email": "anna.li@example.org",
    "name": "Anna Li",
    "first_name": "Anna",
    "last_name": "Li",
    "language": "en",
}
#: Fields for the personal links of each subscriber; themes use them, editors do not.
RESERVED = ("unsubscribe_url", "preferences_url", "web_url")

#: The name of the field that shows two braces: `{{ "{{" }}`.
LITERAL = "{{"

#: A token; group 1 is the expected width of the value, in terminal cells.
TOKEN = re.compile(r"q[bcdfghjkmnpqrstvwxz]{7}[0-9]{4}w([0-9]{1,3})z")

_OPEN = re.compile(r"\{\{")
_FIELD = re.compile(
    r"""\{\{\s*(?:(?P<literal>"\{\{"|'\{\{')|(?P<name>[A-Za-z_][A-Za-z0-9_]*)
        (?:\s*\|\s*default\(\s*(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|“(?P<curly>[^”\n]*)”)\s*\))?)\s*\}\}""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeField:
    """A placeholder for a subscriber's value. `default` is None if the editor set no default."""

    token: str
    name: str
    default: str | None

    @property
    def width(self) -> int:
        """The expected width of its values, in terminal cells."""
        match = TOKEN.fullmatch(self.token)
        return int(match[1]) if match else len(self.stand_in)

    @property
    def stand_in(self) -> str:
        """The text in an edition without a subscriber."""
        return self.default if self.default is not None else f"[{self.name}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMistake:
    """A mistake in a field; `offset` is its position in the text."""

    offset: int
    message: str
    hint: str


def token_prefix(seed: str) -> str:
    """Return a prefix for the tokens of a build that does not occur in its texts."""
    for salt in itertools.count():
        digest = hashlib.sha256(f"{salt}\n{seed}".encode()).digest()
        prefix = "q" + "".join("bcdfghjkmnpqrstvwxz"[byte % 19] for byte in digest[:7])
        if prefix not in seed:
            return prefix
    raise AssertionError("unreachable: count() is infinite")


class FieldBook:
    """Creates the tokens of one build. The same field with the same default gets the same token."""

    def __init__(self, known: Mapping[str, str | None], mark: str, samples: Mapping[str, str] | None = None) -> None:
        """`known` is the default of each field for texts that name no default; `samples` are typical values.

        `mark` is the beginning of all tokens (`token_prefix`); it does not occur in the texts of this build.
        """
        self.known = known
        self.samples = samples or {}
        self.mark = mark
        self._fields: dict[tuple[str, str | None], MergeField] = {}

    @property
    def fields(self) -> tuple[MergeField, ...]:
        """The fields seen so far, in the order of their first use."""
        return tuple(self._fields.values())

    def field(self, name: str, default: str | None, sample: str | None = None) -> MergeField:
        """Return the field's token, a new one at its first use; `sample` is a typical value."""
        key = (name, default)
        if key not in self._fields:
            shown = sample or self.samples.get(name) or default or BUILT_IN.get(name, "")
            token = f"{self.mark}{len(self._fields):04d}w{min(_cells(shown), 999)}z"
            self._fields[key] = MergeField(token=token, name=name, default=default)
        return self._fields[key]

    def as_written(self, text: str) -> str:
        """Return a text with fields in place of their tokens, for messages."""
        for field in self.fields:
            text = text.replace(field.token, f"{{{{ {field.name} }}}}")
        return text

    def offset_as_written(self, written: str, replaced: str, offset: int) -> int:
        """Return the offset in the original text of a character in the text with tokens."""
        if "{{" not in written:
            return offset
        token = re.compile(rf"{self.mark}[0-9]+w[0-9]+z")
        done_written = done_replaced = 0
        for start in _starts(written):
            match = _FIELD.match(written, start) if start >= done_written else None
            if match is None:
                continue
            at = done_replaced + start - done_written
            if offset < at:
                break
            found = token.match(replaced, at)
            done_written, done_replaced = match.end(), found.end() if found else at
            if offset < done_replaced:
                return start
        return done_written + offset - done_replaced

    def replace(self, text: str) -> tuple[str, tuple[FieldMistake, ...]]:
        """Return a text with a token in place of each field, and the mistakes with their offsets.

        Incorrect fields stay as they are. The number of lines does not change.
        """
        if "{{" not in text:
            return text, ()
        mistakes: list[FieldMistake] = []
        pieces: list[str] = []
        done = 0
        for start in _starts(text):
            if start < done:
                continue
            match = _FIELD.match(text, start)
            if match is None:
                mistakes.append(_malformed(text, start))
                continue
            pieces.append(text[done:start])
            done = match.end()
            if match["literal"]:
                # A literal pair of braces also gets a token, or a second pass would read it as a field.
                pieces.append(self.field(LITERAL, LITERAL).token)
                continue
            name = match["name"]
            if name not in self.known:
                near = difflib.get_close_matches(name, self.known, 1)
                hint = f"did you mean {near[0]}?" if near else f"available fields: {', '.join(self.known)}"
                mistakes.append(FieldMistake(offset=match.start("name"), message=f"unknown merge field “{name}”",
                                             hint=hint))  # fmt: skip
            given = next((match[group] for group in ("double", "single", "curly") if match[group] is not None), None)
            pieces.append(self.field(name, self.known.get(name) if given is None else given).token)
        pieces.append(text[done:])
        return "".join(pieces), tuple(mistakes)


def names_in(text: str) -> frozenset[str]:
    """Return the names of the merge fields that a text uses."""
    return frozenset(match["name"] for match in _FIELD.finditer(text) if match["name"])


def _cells(sample: str) -> int:
    if sample.isascii():
        return len(sample)
    from wcwidth import wcswidth

    return max(0, wcswidth(sample))


def _starts(text: str) -> Iterator[int]:
    return (match.start() for match in _OPEN.finditer(text))


def _malformed(text: str, start: int) -> FieldMistake:
    line, *others = text[start:].splitlines()
    end = line.find("}}", 0, 62)
    shown = line[: end + 2] if end >= 0 else line[:60]
    rest = "…" if end < 0 and (others or len(line) > 60) else ""
    return FieldMistake(
        offset=start,
        message=f"this is not a valid merge field: {shown}{rest}",
        hint='write {{ first_name | default("reader") }}; to show two braces, write {{ "{{" }}',
    )


def stand_ins(fields: tuple[MergeField, ...]) -> dict[str, str]:
    """Return the text of each token in an edition without a subscriber."""
    return {field.token: field.stand_in for field in fields}
