"""The command `compose draft`: make an issue from documents."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.command_lines import command_line
from composer.core.errors import UsageError
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.app.issues.drafting import DraftedIssue, DraftFile

#: How many links and names are listed.
_MOST_TOLD = 10


@click.command("draft")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--into", "issue", metavar="ISSUE", help="Write into this issue instead of a new one; needs --section.")
@click.option("--section", metavar="KEY", help="The section to write: empty, or a list, which gets more items.")
@click.option("--language", metavar="TAG", help="Language of the issue, such as de.  [default: that of the draft]")
@click.option("--accept-changes", is_flag=True, help="Accept all tracked changes that are still open.")
@click.option("--reject-changes", is_flag=True, help="Reject all tracked changes that are still open.")
def command(
    files: tuple[str, ...],
    issue: str | None,
    section: str | None,
    language: str | None,
    accept_changes: bool,
    reject_changes: bool,
) -> int:
    """Make an issue from a draft in Word, Google Docs, LibreOffice, HTML or Markdown.

    Writes issues/DATE.yaml: the date is in the draft, or that of an issue that is still empty, or follows from earlier
    issues. Several files make one issue, in their
    order; - reads from standard input. No word is lost: words that fit no section are in the file as comments.

    With --into and --section, the draft becomes one section of an issue, and nothing else in its file changes. If the
    draft has several sections, only this one is used.
    """
    if accept_changes and reject_changes:
        raise UsageError("--accept-changes and --reject-changes exclude each other", "use one of them")
    if (issue is None) != (section is None):
        raise UsageError(
            "--into and --section belong together", "compose draft FILE --into 2025-01-30 --section topics"
        )
    if issue is not None and language is not None:
        raise UsageError("--language cannot be used with --into", "the language is that of the issue")
    # Imported late: the help needs no readers.
    from composer.app.issues.drafting import draft_issue, draft_section
    from composer.app.issues.issue_lookup import find_issue
    from composer.drafts.formats.tracked_changes import ChangeDecision

    _refuse_unquoted(files)
    decision = ChangeDecision.ACCEPT if accept_changes else ChangeDecision.REJECT if reject_changes else None
    drafts = [_read(name) for name in files]
    if issue is not None and section is not None:
        made = draft_section(find_issue(issue), drafts, section, decision=decision)
    else:
        made = draft_issue(Workspace.find(Path.cwd()), drafts, decision=decision, language=language)
    console.answer(made.issue.name)
    for line in _summary(made):
        console.talk(line)
    console.problems(made.problems)
    console.talk(f"Next: {command_line('preview', made.issue.stem)}")
    return 0


def _refuse_unquoted(files: tuple[str, ...]) -> None:
    """Raise UsageError if a name with spaces was typed without quotes."""
    for start in range(len(files)):
        for end in range(start + 2, len(files) + 1):
            name = " ".join(files[start:end])
            if not Path(files[start]).is_file() and Path(name).is_file():
                hint = command_line("draft", *files[:start], name, *files[end:])
                raise UsageError(f"put the name in quotes, because it has spaces: {name}", hint)


def _read(name: str) -> "DraftFile":
    from composer.app.issues.drafting import DraftFile
    from composer.core.untrusted.file_types import LARGEST_DRAFT

    if name == "-":
        return DraftFile(name="standard input", data=sys.stdin.buffer.read(LARGEST_DRAFT + 1))
    return DraftFile(path=Path(name))


def _summary(made: "DraftedIssue") -> Iterator[str]:
    words = made.words
    count = "1 word" if words.total == 1 else f"{words.total:,} words"
    about = f"language: {made.language}, date: {made.date.isoformat()}"
    yield f"{count}: {words.placed:,} placed, {words.left_over:,} left over; {about}"
    if made.has_replaced:
        yield "    the issue was still empty and has been replaced"
    if made.skipped:
        headings = ", ".join(f"“{heading}”" for heading in made.skipped[:_MOST_TOLD])
        yield f"    not used, because they belong to other sections: {words.skipped:,} words, below {headings}"
    if words.left_over:
        yield "    words without a section are in comments that begin with   # left over"
    if made.pictures:
        pictures = "1 picture" if len(made.pictures) == 1 else f"{len(made.pictures)} pictures"
        yield f"{pictures} saved in issues/assets"
    if made.todos:
        lines = "1 line begins" if made.todos == 1 else f"{made.todos} lines begin"
        yield f"{lines} with   # TODO   : do what they say and delete them; the issue cannot be sent before"
    if made.captions:
        tables = "1 table or column has" if made.captions == 1 else f"{made.captions} tables or columns have"
        yield f"{tables} no caption or name: write it in place of the words from   TODO:   on; a table needs its caption"
    for written, printed in made.renamed[:_MOST_TOLD]:
        yield f"“{written}” is printed as “{printed}”"
    yield from _unknown_labels(made)
    for address, text in made.bad_links[:_MOST_TOLD]:
        yield f"left out a link that does not lead to a web page: {address}  (in “{text}”)"
    for omission in made.omissions[:_MOST_TOLD]:
        text = f": {' '.join(omission.text.split())[:60]}" if omission.text else ""
        yield f"not in the issue: {omission.kind} in paragraph {omission.place.number}{text}"


def _unknown_labels(made: "DraftedIssue") -> Iterator[str]:
    """Yield where the text of each unknown label is, and how to make it the label of a field."""
    from composer.app.scaffold.newsletter_text import quoted

    first = {(each.section, each.label): each for each in reversed(made.unknown_labels)}
    file = made.issue.workspace.name(made.settings)
    again = f"empty the section in {made.issue.name}" if made.section else f"delete {made.issue.name}"
    for each in list(reversed(first.values()))[:_MOST_TOLD]:
        count = sum((other.section, other.label) == (each.section, each.label) for other in made.unknown_labels)
        where = f"{each.section}, key {each.field}" + (f" ({count} times)" if count > 1 else "")
        if each.is_heading:
            yield f"“{each.label}” is a subhead of the text in {where}"
            continue
        yield f"“{each.label}” is not a label of the newsletter: it is a part of the text in {where}"
        if each.wanted:
            yield f"    if it is the label of   {each.wanted}   , add to {file} what is missing of these lines:"
            yield from ("        sections:", f"          {each.section}:", "            labels:")
            yield f"              {each.wanted}: {quoted(each.label)}"
        else:
            labels = ", ".join(f"{label} ({key})" for key, label in each.known)
            yield f"    if it is one of these, write this label in the draft: {labels}"
        yield f"    then {again}, and run this command again"
