"""The fields of one item while they are being filled.

Input: lines, one by one. Output: values, texts, comments and lines without a field, by key. Guarantees: no line is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.drafts.issue_entries import (
    EntryValue,
    KeyGroup,
    Note,
)
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.names.field_roles import FieldRoles
from composer.drafts.mapping.names.known_names import FieldName
from composer.drafts.mapping.text.draft_lines import DraftLine


@dataclass(slots=True)
class ItemDraft:
    """One item: what is known of its fields so far."""

    context: MappingContext
    roles: FieldRoles
    names: Sequence[FieldName]
    section: str = ""
    date_format: str = ""
    #: Whether its first line is the title, whatever it looks like.
    has_title_first: bool = False
    texts: dict[str, list[DraftLine]] = field(default_factory=dict)
    values: dict[str, EntryValue] = field(default_factory=dict)
    sources: list[DraftLine] = field(default_factory=list)
    #: Pictures within a text: how many lines of the field come before each.
    figures: list[tuple[str, int, KeyGroup]] = field(default_factory=list)
    notes: dict[str, list[Note]] = field(default_factory=dict)
    left: dict[str, list[DraftLine]] = field(default_factory=dict)
    current: str = ""
    #: Words that look like a label, the field whose text they are in, and whether they are a heading.
    unknown_labels: list[tuple[str, str, bool]] = field(default_factory=list)

    def add_text(self, line: DraftLine) -> None:
        """Add a line to the current field; a line that no field can hold is left over."""
        form = self.roles.fields[self.current].format if self.current else ""
        if form == "sources" and line.is_text:
            self.sources.append(line)
        elif form == "markdown":
            self.texts.setdefault(self.current, []).append(line)
        else:
            self.leave(line)

    def leave(self, line: DraftLine) -> None:
        """Keep a line that has no field, at its place."""
        self.left.setdefault(self.last_key(), []).append(line)

    def last_key(self) -> str:
        """Return the field of the last text."""
        return next(reversed(self.texts), self.current)

    def set_value(self, key: str, value: EntryValue, line: DraftLine) -> None:
        """Set a value, and keep the comments of its line."""
        self.values[key] = value
        self.add_comments(key, line)

    def add_comments(self, key: str, line: DraftLine) -> None:
        """Keep the comments of reviewers above a key."""
        if todos := self.context.todos(line.spans, line.file):
            self.notes.setdefault(key, []).extend(todos)

    @property
    def language(self) -> str:
        """The language of the draft."""
        return self.context.vocabulary.language

    def text_key(self) -> str | None:
        """Return the field for Markdown that the next paragraph would go to."""
        key = self.current
        return key if key and self.roles.fields[key].format == "markdown" else self.roles.main
