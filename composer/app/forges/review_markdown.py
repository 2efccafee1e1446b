"""A review as the comment of a forge.

Input: a `Review`, which may be somebody else's, and the address of the job. Output: Markdown that GitHub and GitLab show alike.
Guarantees: pure; every text of the review is inert; the comment is never longer than a forge accepts.
"""

from collections.abc import Iterator

from composer.app.forges.findings_markdown import findings_markdown
from composer.app.forges.inert_markdown import inert, inert_block, inert_html
from composer.app.forges.review_data import InboxLine, Review, ReviewedIssue, SectionChange
from composer.web.preview.simulation.gmail_clip import LIMIT
from composer.web.preview.simulation.inbox_row import rows

#: The first line, by which a job finds its comment again.
MARKER = "<!-- compose review -->"
#: GitHub accepts 65,536 characters.
_LONGEST = 60_000
#: The programs whose inbox is shown: a wide one, and a narrow one.
_PROGRAMS = 2
#: The lines of a section that are shown.
_MOST_LINES = 60


def review_markdown(review: Review, job: str = "") -> str:
    """Return the comment; `job` is the address where the files are that a job has built."""
    parts = [MARKER]
    size = len(MARKER)
    for part in _parts(review, job):
        if size + len(part) > _LONGEST:
            parts.append("The rest is too long for a comment. `compose review` shows all of it.")
            break
        parts.append(part)
        size += len(part) + 2
    return "\n\n".join(parts) + "\n"


def _parts(review: Review, job: str) -> Iterator[str]:
    if job:
        yield f"[Preview, PDF and messages of this version]({job})"
    for issue in review.issues:
        yield from _issue(issue)
    if review.left_out:
        yield f"The change touches {review.left_out} more issues."
    if review.removed:
        yield f"Removed: {', '.join(map(inert, review.removed))}"
    if not review.issues and not review.removed:
        yield "There is no issue to review."


def _issue(issue: ReviewedIssue) -> Iterator[str]:
    yield f"### {inert(issue.path)}{' (new)' if issue.is_new else ''}"
    if issue.inbox is None:
        yield "**This issue cannot be built.**"
    else:
        yield inert_block(_inbox(issue))
    yield findings_markdown(issue.findings)
    if issue.findings_left_out:
        yield f"There are {issue.findings_left_out} more findings."
    if issue.is_compared:
        yield "**What changed**" if issue.sections else "No text has changed."
        yield from map(_section, issue.sections)
    elif not issue.is_new and issue.inbox is not None:
        yield "The earlier version cannot be built, so that the two cannot be compared."
    if issue.size is not None:
        yield _figures(issue)
    for words, links in (("New links", issue.links_added), ("Removed links", issue.links_removed)):
        if links:
            yield "\n".join((f"{words}:", "", *(f"- {inert(each)}" for each in links)))


def _inbox(issue: ReviewedIssue) -> Iterator[str]:
    assert issue.inbox is not None
    if issue.inbox_before not in (None, issue.inbox):
        assert issue.inbox_before is not None
        yield from (f"before   {each}" for each in _rows(issue.inbox_before))
        yield from (f"now      {each}" for each in _rows(issue.inbox))
    else:
        yield from _rows(issue.inbox)


def _rows(line: InboxLine) -> Iterator[str]:
    shown = rows(line.sender, line.subject, line.preheader)[:_PROGRAMS]
    width = max(len(each.program) for each in shown)
    for each in shown:
        yield f"{each.program:<{width}}   {each.sender}   {each.subject} – {each.preheader}"


def _section(section: SectionChange) -> str:
    shown = section.lines[:_MOST_LINES]
    rest = section.lines_left_out + len(section.lines) - len(shown)
    lines = (*shown, *([f"  … and {rest} more lines"] if rest else []))
    words = f"{section.words_before:,} → {section.words_after:,} words"
    summary = f"<details><summary>{inert_html(section.name)} ({words})</summary>"
    return "\n\n".join((summary, inert_block(lines, "diff"), "</details>"))


def _figures(issue: ReviewedIssue) -> str:
    assert issue.size is not None
    now, before = _kilobytes(issue.size), _kilobytes(issue.size_before or issue.size)
    earlier = f" (before: {before})" if before != now else ""
    links = "1 link" if issue.links == 1 else f"{issue.links} links"
    return f"{now}{earlier}, {issue.size / LIMIT:.0%} of what Gmail shows · {links}"


def _kilobytes(size: int) -> str:
    return f"{size / 1000:.1f} KB"
