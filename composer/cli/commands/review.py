"""The command `compose review`: what a change makes of the issues."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.completions import issue_names
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.app.forges.review_data import Review

#: An address that has no effect in Markdown but to be a link.
_ADDRESS = re.compile(r"https?://[\w.:/-]+")
#: The format that is more than findings.
_WHOLE = "markdown"


@click.command("review")
@click.argument("issues", nargs=-1, metavar="[ISSUE...]", shell_complete=issue_names)
@click.option("--base", metavar="COMMIT", help="Compare with this commit or branch: origin/main.")
@click.option(
    "--read", "file", type=click.Path(path_type=Path, dir_okay=False), help="Show a review that --json wrote."
)
@click.option("--job", metavar="URL", help="Link to the job that built the files.")
@click.option(
    "--out", "folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="Also write messages, previews, PDFs and review.json to DIR.",
)  # fmt: skip
@click.option(
    "--format", "format_name", type=click.Choice(("github", "gitlab", "sarif", "markdown")), default="markdown",
    help="Print only the findings, for GitHub, GitLab or programs that read SARIF.  [default: markdown: the whole review]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the review as JSON.")
def command(
    issues: tuple[str, ...],
    base: str | None,
    file: Path | None,
    job: str | None,
    folder: Path | None,
    format_name: str,
    as_json: bool,
) -> int:
    """Show what a change makes of issues, as Markdown for a comment.

    For each issue: its row in an inbox, its findings, the sections whose texts have changed, its size and its links.
    Without ISSUE, shows the issues whose files have changed, or the current one. Without --out, nothing is written. The
    exit code is 1 if an issue has an error or a blocker, except for blockers in newsletter.yaml that are for IT.
    """
    if (base is None) == (file is None):
        raise UsageError("--base or --read is necessary", "compare with a branch:   compose review --base origin/main")
    if job and not _ADDRESS.fullmatch(job):
        raise UsageError("--job: this is not a web address that a comment can contain")
    if as_json and format_name != _WHOLE:
        raise UsageError("--format cannot be used with --json")
    if file is not None:
        if issues or folder:
            raise UsageError("--read only shows a review, so it cannot be used with ISSUE or --out")
        review = _written(file)
    else:
        review = _made(issues, base or "", folder)
    if as_json:
        console.answer_json(review.to_json())
    else:
        _show(review, format_name, job or "")
    return 0 if review.is_passing else 1


def _show(review: "Review", format_name: str, job: str) -> None:
    if format_name == _WHOLE:
        from composer.app.forges.review_markdown import review_markdown

        console.answer(review_markdown(review, job).rstrip())
        return
    from composer.app.forges.finding_formats import FindingFormat, format_findings

    found = [each for issue in review.issues for each in issue.findings]
    if text := format_findings(FindingFormat(format_name), found):
        console.answer(text)


def _written(file: Path) -> "Review":
    from composer.app.forges.review_data import read_review, review_bytes

    return read_review(review_bytes(file))


def _made(issues: tuple[str, ...], base: str, folder: Path | None) -> "Review":
    from composer.app.forges.issue_review import review_change
    from composer.app.issues.issue_lookup import find_issues
    from composer.core.workspace import Workspace

    found = find_issues(issues)
    workspace = found[0].workspace if found else Workspace.find(Path.cwd())
    review = review_change(workspace, base, found)
    if folder is not None:
        from composer.app.forges.review_files import write_review_files

        for sentence in write_review_files(workspace, review, folder):
            console.talk(sentence)
    return review
