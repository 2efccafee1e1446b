"""Makes an issue from drafts: documents of a word processor, web pages, Markdown.

Input: a newsletter's folder, drafts. Output: a new issue file, or one section of an existing one, with its pictures.
Guarantees: overwrites no text; writes nothing unless every word of the drafts is in the file.
"""

import datetime
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from composer.app.issues.draft_files import DraftFile as DraftFile
from composer.app.issues.draft_files import read_drafts
from composer.app.issues.draft_language import newsletter_of, vocabulary_in
from composer.app.issues.empty_issues import EmptyIssue, empty_issues
from composer.app.issues.issue_lookup import IssueFile
from composer.app.scaffold.next_issue import next_issue
from composer.app.text_editors.schema_files import write_schemas
from composer.content.document.issue import read_issue
from composer.content.document.language_overlay import overlay_name
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.command_lines import command_line
from composer.core.errors import ContentError, OutputError, Problem, UsageError
from composer.core.issue_files import files_of_day, heading
from composer.core.issue_names import date_in
from composer.core.workspace import ISSUES, NEWSLETTER, Workspace, stamp
from composer.drafts.draft_document import Omission
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.tracked_changes import ChangeDecision as ChangeDecision
from composer.drafts.issue_entries import count_todos
from composer.drafts.mapping.issue_mapping import SKIPPED, MappedIssue, NextValues, map_into_section, map_issue
from composer.drafts.mapping.mapping_context import UnknownLabel
from composer.drafts.mapping.named_draft import NamedDraft
from composer.drafts.mapping.text.block_markdown import NO_CAPTION, NO_NAME
from composer.drafts.writing.draft_pictures import taken_names
from composer.drafts.writing.existing_section import spliced_issue
from composer.drafts.writing.issue_yaml import issue_text
from composer.drafts.writing.word_account import WordAccount, account_words


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedIssue:
    """What was written, and what a person should know about it."""

    issue: IssueFile
    #: The file with the settings of the issue's language.
    settings: Path
    #: The section, if the drafts were written into one.
    section: str = ""
    #: The language of the file, and the date of the issue.
    language: str
    date: datetime.date
    #: Whether the file was an empty issue before.
    has_replaced: bool = False
    words: WordAccount
    #: The headings of other sections, which were not used.
    skipped: tuple[str, ...] = ()
    pictures: tuple[Path, ...]
    #: Names in the draft and the different ones that the edition prints.
    renamed: tuple[tuple[str, str], ...]
    #: Words that look like labels, although the newsletter does not have them.
    unknown_labels: tuple[UnknownLabel, ...] = ()
    #: Addresses that were left out, with the text that they were in.
    bad_links: tuple[tuple[str, str], ...]
    omissions: tuple[Omission, ...]
    #: What is missing or wrong in the file.
    problems: tuple[Problem, ...]
    #: Tables without a caption, and their columns without a name.
    captions: int
    #: The comments of reviewers and missing texts, as lines that begin with TODO.
    todos: int


def draft_issue(
    workspace: Workspace,
    files: Sequence[DraftFile],
    *,
    decision: ChangeDecision | None = None,
    language: str | None = None,
    today: datetime.date | None = None,
) -> DraftedIssue:
    """Write a new issue. Its date is that of the drafts, that of an empty issue, or follows from earlier issues.

    An issue without any text is replaced.

    Raises DraftError for a draft that cannot be read, that has open changes, or whose words are not all in the result; UsageError
    if the issue exists; ContentError, OutputError.
    """
    drafts = read_drafts(files, decision)
    newsletter, vocabulary, tag = newsletter_of(workspace, drafts, language)
    empty = empty_issues(workspace, newsletter, tag)
    taken = taken_names(workspace)
    values = _next_values(workspace, next(iter(empty.values()), None), tag, today or datetime.date.today())
    made = map_issue(drafts, newsletter, vocabulary, values, taken)
    replaced = empty.get(made.date)
    if replaced is not None and replaced.upcoming.date != values.date:
        values = NextValues(date=made.date, number=replaced.upcoming.number)
        made = map_issue(drafts, newsletter, vocabulary, values, taken)
    text = issue_text(made.keys)
    words = _account(drafts, text, newsletter, workspace, made)
    path = workspace.root / ISSUES / f"{made.date.isoformat()}{'' if tag is None else f'.{tag}'}.yaml"
    if replaced is None:
        _refuse_second(workspace, path, made.date, tag, files)
    pictures = _write(workspace, path, text, made, is_new=replaced is None)
    write_schemas(workspace)
    result = _result(IssueFile(workspace=workspace, path=path), newsletter, words, pictures, made, drafts)
    return replace(result, has_replaced=replaced is not None)


def draft_section(
    issue: IssueFile, files: Sequence[DraftFile], section: str, *, decision: ChangeDecision | None = None
) -> DraftedIssue:
    """Write drafts into one section of an issue: an empty one, or a list, which gets more items.

    Raises DraftError and OutputError as `draft_issue` does; UsageError for a section that does not exist or has a text.
    """
    workspace = issue.workspace
    tag = workspace.language_of(issue.path)
    newsletter = read_newsletter(workspace, tag)
    spec = next((spec for spec in newsletter.sections if spec.key == section), None)
    if spec is None:
        known = ", ".join(spec.key for spec in newsletter.sections)
        raise UsageError(f"the newsletter has no section “{section}”", f"available sections: {known}")
    drafts = read_drafts(files, decision)
    made = map_into_section(drafts, spec, newsletter, vocabulary_in(newsletter), _day(issue), taken_names(workspace))
    before = issue.path.read_bytes().decode("utf-8")
    text = spliced_issue(before, made.keys, spec, newsletter, issue.path, workspace)
    words = _account(drafts, text, newsletter, workspace, made, before)
    pictures = _write(workspace, issue.path, text, made, is_new=False)
    return replace(_result(issue, newsletter, words, pictures, made, drafts), section=section)


def _next_values(workspace: Workspace, empty: EmptyIssue | None, tag: str | None, today: datetime.date) -> NextValues:
    """Return the date and number of the empty issue, or else those that follow from earlier ones."""
    if empty is not None:
        return NextValues(date=empty.upcoming.date, number=empty.upcoming.number)
    upcoming = next_issue(workspace, today)
    return NextValues(date=upcoming.date, number=upcoming.number if tag is None else None)


def _account(
    drafts: Sequence[NamedDraft],
    text: str,
    newsletter: Newsletter,
    workspace: Workspace,
    made: MappedIssue,
    before: str = "",
) -> WordAccount:
    """Compare the words. Raises DraftError if one is missing, or is there twice."""
    words = account_words(
        [draft.document for draft in drafts],
        text,
        newsletter,
        workspace,
        accounted=[each.text for each in made.accounted],
        added=made.added,
        skipped=[each.text for each in made.accounted if each.reason == SKIPPED],
        before=before,
    )
    if not words.is_complete:
        missing = f"missing: {', '.join(words.missing[:8])}" if words.missing else ""
        surplus = f"too many: {', '.join(words.surplus[:8])}" if words.surplus else ""
        raise DraftError(
            f"nothing was written, because some words of the draft would be lost ({'; '.join(filter(None, (missing, surplus)))})",
            "please report this as a bug, with the draft if possible",
        )
    return words


def _refuse_second(
    workspace: Workspace, path: Path, day: datetime.date, tag: str | None, files: Sequence[DraftFile]
) -> None:
    others = [path] if path.exists() else files_of_day(workspace, day, tag)
    if others:
        name = next(iter(others))
        section = command_line(
            "draft", *(str(file.path or "-") for file in files), options=f"--into {name.stem} --section KEY"
        )
        raise UsageError(
            f"{workspace.name(name)} already exists",
            f"delete or move it, or write the draft into one of its sections: {section}",
        )


def _write(workspace: Workspace, path: Path, text: str, made: MappedIssue, *, is_new: bool = True) -> tuple[Path, ...]:
    """Write the pictures and then the file; if this fails, nothing stays."""
    folder = path.parent
    written: list[Path] = []
    try:
        for each in made.pictures:
            target = folder / each.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                written.append(target)
                file.write(each.picture.data)
        if is_new:
            path.parent.mkdir(exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as issue:
                issue.write(text)
        else:
            _replace(path, text)
    except OSError as error:
        for target in written:
            target.unlink(missing_ok=True)
        raise OutputError(f"{error.filename or path} cannot be written: {error.strerror}") from error
    return tuple(written)


def _replace(path: Path, text: str) -> None:
    """Replace a file in one step, so that a failure leaves the old one."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(text.encode("utf-8"))
    shutil.copymode(path, new)
    new.replace(path)


def _day(issue: IssueFile) -> datetime.date:
    return heading(issue.path, stamp(issue.path)).date or date_in(issue.path.name) or datetime.date.today()


def _result(
    issue: IssueFile,
    newsletter: Newsletter,
    words: WordAccount,
    pictures: tuple[Path, ...],
    made: MappedIssue,
    drafts: Sequence[NamedDraft],
) -> DraftedIssue:
    try:
        read_issue(issue.workspace, issue.path)
        problems: tuple[Problem, ...] = ()
    except ContentError as error:
        problems = error.problems
    tag = issue.workspace.language_of(issue.path)
    return DraftedIssue(
        issue=issue,
        settings=issue.workspace.root / (NEWSLETTER if tag is None else overlay_name(tag)),
        language=newsletter.language,
        date=made.date,
        words=words,
        skipped=made.skipped,
        pictures=pictures,
        renamed=made.renamed,
        unknown_labels=made.unknown_labels,
        bad_links=made.bad_links,
        omissions=tuple(omission for draft in drafts for omission in draft.document.omissions),
        problems=problems,
        captions=made.added.count(NO_CAPTION) + made.added.count(NO_NAME),
        todos=count_todos(made.keys),
    )
