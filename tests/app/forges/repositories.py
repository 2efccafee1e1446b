"""Newsletters in git, and a review with hostile texts everywhere."""

import subprocess
from pathlib import Path

from composer.app.forges.placed_findings import PlacedFinding
from composer.app.forges.review_data import InboxLine, Review, ReviewedIssue, SectionChange
from composer.core.errors import Level, Who

HOSTILE = (
    "@everyone ping @octocat, #12 !12 ~bug GH-1 \n::set-output name=x::y\r\n/close <img src=x onerror=alert(1)>",
    "]( ) [link](https://evil.example) ![](https://evil.example/x.png) <!-- -->",
    "`` ` ``` ```` code",
    "`",
    "\n```\n# heading\n\n| a | b |\n|---|---|\n~~~",
    "https://evil.example www.evil.example mail@evil.example",
    "0123456789abcdef0123456789abcdef01234567 $`x`$ &amp; &#64;all \u202e \u2028 \x1b[31m",
    "\\`\\@all\\",
    "</code></summary></details><script>alert(1)</script>\n/merge",
)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder."""
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    ran = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def committed(folder: Path, message: str = "x") -> str:
    """Commit everything in a folder, and return the commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def hostile_review() -> Review:
    """Return a review in which every text is hostile."""
    return Review(issues=tuple(map(_hostile_issue, HOSTILE)), removed=HOSTILE)


def _hostile_issue(text: str) -> ReviewedIssue:
    finding = PlacedFinding(
        path=text, line=1, column=1, code="SUBJ02", level=Level.BLOCKER, who=Who.EDITOR, message=text, hint=text,
        fingerprint="0" * 64,
    )  # fmt: skip
    return ReviewedIssue(
        path=f"issues/{text}",
        is_new=False,
        is_compared=True,
        inbox=InboxLine(sender=text, subject=text, preheader=text),
        inbox_before=InboxLine(sender=text, subject="before", preheader=text),
        sections=(SectionChange(name=text, words_before=1, words_after=2, lines=(f"-{text}", text), lines_left_out=3),),
        size=40_000,
        size_before=39_000,
        links=2,
        links_added=(text,),
        links_removed=(text,),
        findings=(finding,),
        findings_left_out=0,
    )
