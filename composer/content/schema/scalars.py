"""Turns one text of a file into a value: plain text, Markdown, an address, a date, a picture, a list of sources.

Input: a `Scalar` and its `SchemaField`. Output: a `Value`; each problem is added with its line, also inside
blocks of text. One module, because each kind of text reports its
problems in the same way.
"""

import re
from dataclasses import dataclass, replace

from composer.content.schema.messages import NOT_ALLOWED_HERE, secret_source, where
from composer.content.schema.schema import SchemaField
from composer.content.values.field_values import Group, Value
from composer.content.values.formats import (
    RATE_SHAPE,
    date_hint,
    holds_password,
    is_colour,
    iso_date,
    language_tag,
    messages_a_minute,
    token_address,
    web_address,
)
from composer.content.values.markdown import read_markdown
from composer.content.values.merge_fields import FieldBook
from composer.content.values.pictures.picture_files import PictureMistake, picture_at
from composer.content.values.source_lines import Piece, SourceLine, parse_sources
from composer.content.values.source_map import SourceMap, SourceStr
from composer.content.yaml.invisible_characters import in_words, stripped, unseen_in, without_unseen
from composer.content.yaml.nodes import Scalar, ScalarStyle
from composer.content.yaml.silent_losses import lost_comment, lost_lines, swallowed_keys
from composer.content.yaml.source import SourcePlace
from composer.core.addresses import AddressError, domain_to_ascii, parse_address
from composer.core.audience_filter import WordError, normal_tag
from composer.core.errors import Problem, WorkspaceError
from composer.core.workspace import Workspace

#: Formats of texts that people read: their characters are kept as written.
WRITTEN = ("markdown", "plain", "sources", "phrase", "")
#: The maximum number of mistakes reported for one text: so many have a single cause.
MOST_TOLD = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarParser:
    """Turns texts into values."""

    workspace: Workspace
    fields: FieldBook | None
    problems: list[Problem]
    #: None if places are not needed: in a theme's own files.
    marks: SourceMap | None = None
    has_pictures: bool = True

    def value(self, node: Scalar, field: SchemaField, trail: tuple[str, ...]) -> Value:
        """Return the value of a text in its field's format."""
        text = node.text.strip()
        match field.format:
            case "markdown":
                return self._markdown(node, trail)
            case "plain":
                return self._plain(node, trail)
            case "url":
                return self._url(text, node.place, trail, node)
            case "date":
                day = iso_date(text)
                if isinstance(day, str):
                    self._say(node.place, trail, "date", day, date_hint(text))
                    return None
                return day
            case "picture":
                return self._picture(node, text, trail) if self.has_pictures else None
            case "email" | "mailbox":
                return self._address(node, text, field.format, trail)
            case "colour":
                if not is_colour(text):
                    hint = 'write a code of # and six digits or letters from a to f in quotes, for example   "#9b1c1c"'
                    self._say(node.place, trail, "colour", f"“{text}” is not a color code", hint)
                return text
            case "language":
                tag = language_tag(text)
                if tag is None:
                    hint = "write en, de, zh, zh-Hant …"
                    self._say(node.place, trail, "language", f"“{text}” is not a language code", hint)
                return tag
            case "tag":
                return self._tag(node, text, trail)
            case "timezone":
                return self._timezone(node, text, trail)
            case "token_url":
                given = token_address(text)
                if given.problem:
                    self._say(node.place, trail, "url", given.problem, given.hint)
                    return None
                return given.url
            case "rate":
                if messages_a_minute(text) is None:
                    self._say(node.place, trail, "rate", f"“{text}” is not a sending rate", RATE_SHAPE)
                    return None
                return text
            case "domain":
                return self._domain(node, text, trail)
            case "key":
                if not re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", text):
                    hint = "use small letters, digits and single hyphens, and begin with a letter:   name: backup-1"
                    self._say(node.place, trail, "key", f"“{text}” cannot be used as a name here", hint)
                    return None
                return text
            case "host":
                return self._host(node, text, trail)
            case "database":
                if holds_password(text):
                    hint = "remove the password, and set it in COMPOSE_DATABASE_URL, PGPASSWORD or ~/.pgpass"
                    self._say(node.place, trail, "secret", NOT_ALLOWED_HERE, hint)
                    return None
                return self._plain(node, trail)
            case "phrase":
                return node.text.strip("\n")
            case _:
                return text

    def seen(self, node: Scalar, field: SchemaField, trail: tuple[str, ...]) -> Scalar:
        """Return a date, number, address or similar value without invisible characters.

        At both ends they are removed like spaces; one inside the value is reported at its column.
        """
        if node.text.isascii():
            return node
        text = stripped(node.text)
        before = node.text.index(text) if text else 0
        odd = unseen_in(text)
        if odd is None:
            start = node.start + before if node.style is ScalarStyle.PLAIN else node.start
            return replace(node, text=text, start=start)
        meant = without_unseen(text)
        if odd[0].isspace() and field.format == "date" and isinstance(iso_date(meant), str):
            return replace(node, text=" ".join(text.split()))  # a date like “30 January 2025” with no-break spaces
        self._say(node.at_unseen(before + odd.start()), trail, "invisible", *in_words(odd[0], meant))
        return replace(node, text=meant)

    def _say(
        self, place: SourcePlace, trail: tuple[str, ...], code: str, message: str, hint: str = "", kind: str = ""
    ) -> None:
        if self.fields is not None:
            message, hint = self.fields.as_written(message), self.fields.as_written(hint)
        self.problems.append(replace(place.problem(code, where(trail, message), hint), kind=kind))

    def _intact(self, node: Scalar) -> None:
        """Report a text that YAML cut off, or that includes the lines after it."""
        if node.style is ScalarStyle.PLAIN and (problem := lost_comment(node.source, node.end)):
            self.problems.append(problem)
        quoted = node.style in (ScalarStyle.SINGLE, ScalarStyle.DOUBLE)
        if quoted and (problem := swallowed_keys(node.source, node.start, node.end)):
            self.problems.append(problem)

    def _with_tokens(self, node: Scalar, text: str, base: int, trail: tuple[str, ...]) -> str:
        if self.fields is None or "{{" not in text:
            return text
        replaced, mistakes = self.fields.replace(text)
        for mistake in mistakes[:MOST_TOLD]:
            self._say(node.at(base + mistake.offset), trail, "field", mistake.message, mistake.hint)
        return replaced

    def _plain(self, node: Scalar, trail: tuple[str, ...]) -> Value:
        self._intact(node)
        return self._marked(_one_line(self._with_tokens(node, node.text, 0, trail)), node, trail)

    def _marked(self, text: str, node: Scalar, trail: tuple[str, ...], offset: int = 0) -> str:
        return SourceStr(text, self.marks.token(node, trail, offset=offset)) if self.marks else text

    def _markdown(self, node: Scalar, trail: tuple[str, ...]) -> Value:
        self._intact(node)
        if node.style is not ScalarStyle.LITERAL and (problem := lost_lines(node.source, node.start, node.end)):
            self._say(node.place, trail, problem.code, problem.message, problem.hint)
        text = self._with_tokens(node, node.text, 0, trail)
        marks, field_mark = self.marks, self.fields.mark if self.fields else None
        rich, findings, places = read_markdown(text, field_mark, marks.upcoming() if marks else None)
        if marks:
            for row, needle in places:
                marks.token(node, trail, row=row, needle=needle)
        for finding in findings[:MOST_TOLD]:
            offset = self.fields.offset_as_written(node.text, text, finding.offset) if self.fields else finding.offset
            self._say(
                _place(node, offset, finding.code), trail, finding.code, finding.message, finding.hint, finding.kind
            )
        return rich or None

    def _url(self, text: str, place: SourcePlace, trail: tuple[str, ...], node: Scalar) -> Value:
        self._intact(node)
        with_tokens = self._with_tokens(node, text, 0, trail)
        given = web_address(with_tokens, field_mark=self.fields.mark if self.fields else None)
        if given.problem:
            self._say(place, trail, "url", given.problem, given.hint)
            return None
        return self._marked(given.url, node, trail)

    def _picture(self, node: Scalar, text: str, trail: tuple[str, ...]) -> Value:
        folder = node.source.path.parent
        if text.lower().startswith(("http:", "https:", "data:")):
            message = "a picture must be a file in the newsletter's folder, not a URL"
            assets = self.workspace.name(folder / "assets")
            self._say(node.place, trail, "picture", message, f"save it in {assets}/ and write   assets/name.png")
            return None
        try:
            return picture_at(self.workspace, folder, text)
        except WorkspaceError as error:
            self._say(node.place, trail, "picture", error.message, error.hint)
        except PictureMistake as error:
            self._say(node.place, trail, "picture", str(error), error.hint)
        return None

    def _address(self, node: Scalar, text: str, form: str, trail: tuple[str, ...]) -> Value:
        try:
            address = parse_address(text)
        except AddressError as error:
            self._say(node.place, trail, "address", str(error), "write an address such as   name@example.org")
            return None
        if form == "email" and address.name:
            message = "expected only an email address, without a name"
            self._say(node.place, trail, "address", message, "write   name@example.org")
        return text

    def _tag(self, node: Scalar, text: str, trail: tuple[str, ...]) -> Value:
        self._intact(node)
        try:
            return normal_tag(text)
        except WordError as error:
            self._say(node.place, trail, "tag", str(error), error.hint)
            return None

    def _timezone(self, node: Scalar, text: str, trail: tuple[str, ...]) -> Value:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            hint = "write a name such as   Europe/Berlin   or   UTC"
            self._say(node.place, trail, "timezone", f"“{text}” is not a time zone", hint)
            return None
        return text

    def _domain(self, node: Scalar, text: str, trail: tuple[str, ...]) -> Value:
        """Read the domain of recipients."""
        try:
            domain_to_ascii(text)
        except AddressError as error:
            self._say(node.place, trail, "host", str(error), "write what follows the @, such as   gmail.com")
            return None
        return text

    def _host(self, node: Scalar, text: str, trail: tuple[str, ...]) -> Value:
        """Read a server's name. Messages do not repeat other values because they may contain a password."""
        if holds_password(text) or re.search(r":.*@", text):
            group = trail[-2] if len(trail) > 1 else ""
            hint = f"write only the server's name, and set the password in {secret_source(group)}"
            self._say(node.place, trail, "secret", NOT_ALLOWED_HERE, hint)
            return None
        if "://" in text or "@" in text:
            hint = "write only the name, such as   smtp.example.org   (port, security and username have their own keys)"
            self._say(node.place, trail, "host", "expected the name of a server, found an address", hint)
            return None
        return self._plain(node, trail)

    def sources(self, node: Scalar, item: SchemaField, trail: tuple[str, ...]) -> Value:
        """Read sources in their short form, one per line."""
        self._intact(node)
        written = node.source.text[node.start : node.end].rstrip()
        if node.style is not ScalarStyle.LITERAL and "\n" in written:
            hint = "write   |   after the key, and each source on its own line below it"
            self._say(node.place, trail, "yaml-pipe", "without | after the key, all sources run together", hint)
            return ()
        lines, mistakes = parse_sources(node.text)
        for mistake in mistakes[:MOST_TOLD]:
            self._say(_place(node, mistake.offset, mistake.code), trail, mistake.code, mistake.message, mistake.hint)
        noun = item.title.lower() or "source"
        found: list[Group] = []
        so_far = len(self.problems)
        for number, line in enumerate(lines, 1):
            if len(self.problems) - so_far > MOST_TOLD:
                break
            found.append(self._source(node, line, item, (*trail, f"{noun} {number}")))
        return tuple(found)

    def _source(self, node: Scalar, line: SourceLine, item: SchemaField, trail: tuple[str, ...]) -> Group:
        values: dict[str, Value] = dict.fromkeys(item.properties)
        values |= {
            "outlet": self._piece(node, line.outlet, trail),
            "language": line.language,
            "title": self._piece(node, line.title, trail),
            "original_title": self._piece(node, line.original_title, trail) if line.original_title else None,
        }
        if line.url is not None:
            written = stripped(line.url.text)
            if odd := unseen_in(written):
                at = line.url.offset + line.url.text.index(written) + odd.start()
                written = without_unseen(written)
                self._say(node.at_unseen(at), trail, "invisible", *in_words(odd[0], written))
            with_tokens = self._with_tokens(node, written, line.url.offset, trail)
            given = web_address(with_tokens, field_mark=self.fields.mark if self.fields else None)
            if given.problem:
                self._say(node.at(line.url.offset), trail, "url", given.problem, given.hint)
            values["url"] = self._marked(given.url, node, trail, line.url.offset) if given.url else None
        return Group(values)

    def _piece(self, node: Scalar, piece: Piece, trail: tuple[str, ...]) -> str:
        text = _one_line(self._with_tokens(node, piece.text, piece.offset, trail))
        return self._marked(text, node, trail, piece.offset)


def _one_line(text: str) -> str:
    """Join the lines of a title; keep no-break and full-width spaces."""
    return re.sub(r"[ \t\n]+", " ", text).strip(" ")


def _place(node: Scalar, offset: int, code: str) -> SourcePlace:
    return node.at_unseen(offset) if code == "invisible" else node.at(offset)
