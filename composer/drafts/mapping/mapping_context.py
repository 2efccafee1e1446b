"""What all parts of a mapping share: the names that the newsletter knows, and what has become of the words so far.

Input: a newsletter, its phrases, a draft. Output: a `MappingContext`, which collects accounts, pictures and notices.
"""

import datetime
import itertools
from dataclasses import dataclass, field

from composer.content.schema.schema import DocumentSchema
from composer.drafts.draft_document import Comment, Picture
from composer.drafts.issue_entries import Note, NoteKind
from composer.drafts.mapping.names.heading_match import normal_heading
from composer.drafts.mapping.names.known_names import Vocabulary
from composer.drafts.mapping.text.block_markdown import BlockWriter
from composer.drafts.mapping.text.draft_lines import DraftLine, plain_lines
from composer.drafts.mapping.text.span_text import Spans

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/svg+xml": "svg",
            "image/tiff": "tiff", "image/bmp": "bmp", "image/x-emf": "emf", "image/x-wmf": "wmf"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountedWords:
    """Words of the draft that the file need not repeat: a heading that the newsletter has, a date that became a value."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class NamedPicture:
    """A picture with the name of its file in `issues/`."""

    name: str
    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLabel:
    """Words in a section that look like a label, and the field whose text they are in."""

    label: str
    section: str
    field: str
    #: The fields of the section that have labels, with these.
    known: tuple[tuple[str, str], ...]
    #: The field that may be meant: one that has no text in the whole section; empty if none is.
    wanted: str
    #: Whether it is a line of its own, which is printed as a subhead.
    is_heading: bool = False


@dataclass(slots=True)
class MappingContext:
    """Collects what becomes of a draft."""

    vocabulary: Vocabulary
    schema: DocumentSchema
    blocks: BlockWriter
    comments: dict[tuple[str, str], Comment] = field(default_factory=dict)
    #: The date of the issue, which completes dates without a year.
    day: datetime.date | None = None
    #: The names of pictures that exist already.
    taken: frozenset[str] = frozenset()
    #: Names in the draft, and the different ones that the edition prints.
    renamed: dict[str, str] = field(default_factory=dict)
    #: The date in a header or footer.
    header_date: datetime.date | None = None
    #: Headers and footers of the pages that have no field.
    margins: list[DraftLine] = field(default_factory=list)
    unknown_labels: list[UnknownLabel] = field(default_factory=list)
    accounted: list[AccountedWords] = field(default_factory=list)
    pictures: list[NamedPicture] = field(default_factory=list)
    #: Addresses that an issue cannot contain, with the text that they are in.
    bad_links: list[tuple[str, str]] = field(default_factory=list)

    def account(self, text: str, reason: str) -> None:
        """Record words that the file does not repeat."""
        if text.strip():
            self.accounted.append(AccountedWords(text, reason))

    def account_name(self, text: str, known: str, reason: str) -> None:
        """Record a heading or a label that the edition prints, perhaps with other words."""
        self.account(text, reason)
        if known and normal_heading(text) != normal_heading(known):
            self.renamed.setdefault(" ".join(text.split()).rstrip(" :："), known)

    def todos(self, spans: Spans, file: str) -> list[Note]:
        """Return the comments of reviewers that are anchored in a text; each is returned once."""
        found = []
        for span in spans:
            comment = self.comments.pop((file, span.comment), None) if span.comment else None
            if comment is not None:
                found.append(todo_of(comment))
        return found

    def left_over(self, lines: "list[DraftLine]") -> list[Note]:
        """Return lines that have no field as one comment, with the comments of reviewers in them."""
        notes = [note for line in lines for note in self.todos(line.spans, line.file)]
        for line in lines:
            for cell in (cell for row in line.table.rows for cell in row) if line.table else ():
                notes += self.todos(cell, line.file)
            if line.picture is not None:
                notes.append(self._picture_note(line.picture))
        text = "\n".join(row for row in plain_lines(lines).split("\n") if row.strip())
        if not text:
            return notes
        return [*notes, Note(NoteKind.LEFT_OVER, text, place_words(lines[0]))]

    def _picture_note(self, picture: Picture) -> Note:
        if picture.data:
            return Note(NoteKind.TODO, f"put this picture into a section: {self.picture_name(picture)}")
        return Note(NoteKind.TODO, f"add the picture {picture.source}".strip())

    def picture_name(self, picture: Picture) -> str:
        """Return the file name of a picture, relative to the issue; the same picture has one file."""
        for each in self.pictures:
            if each.picture.data == picture.data and picture.data:
                return each.name
        ending = _ENDINGS.get(picture.media_type, "png")
        stem = f"{self.day.isoformat()}-" if self.day else ""
        names = (f"assets/{stem}{number}.{ending}" for number in itertools.count(1))
        used = {each.name for each in self.pictures} | self.taken
        name = next(name for name in names if name not in used)
        self.pictures.append(NamedPicture(name, picture))
        return name


def todo_of(comment: Comment) -> Note:
    """Return a reviewer's comment as a comment in the file."""
    author = " ".join(comment.author.split())
    return Note(NoteKind.TODO, f"{author or 'comment'}: {' '.join(comment.text.split())}")


def place_words(line: DraftLine) -> str:
    """Return where a line is in its draft, for people."""
    where = f"paragraph {line.place.number}"
    return f"{where} of {line.file}" if line.file else where
