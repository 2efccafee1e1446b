"""Reviews of changes: what they compare, what they hold, and what the comment shows."""

import datetime
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from composer.app.forges.issue_review import review_change
from composer.app.forges.review_data import LARGEST, LONGEST, Review, read_review
from composer.app.forges.review_markdown import MARKER, review_markdown
from composer.cli.main import run
from composer.core.errors import Level, UsageError, Who
from composer.core.workspace import Workspace
from tests.app.forges.repositories import HOSTILE, committed, git, hostile_review
from tests.app.forges.test_finding_formats import outside_of_code, rendered
from tests.factories import sample_message

pytestmark = pytest.mark.slow

DAY = datetime.date(2025, 1, 30)
BODY = "One sentence. [A link](https://example.org/one) here. The last one."


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A newsletter in a folder of a repository, with one commit."""
    folder = tmp_path / "letters"
    folder.mkdir()
    made = sample_message(folder, BODY)
    committed(tmp_path)
    return made


def _rewrite(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.root / "issues" / "2025-01-30.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_changed_issue(workspace: Workspace) -> None:
    """The changed sentences of each section, the subject, sizes and links are compared with the commit."""
    _rewrite(workspace, "[A link](https://example.org/one)", "[A link](https://example.org/two)")
    _rewrite(workspace, "A letter", "Another letter")
    (issue,) = review_change(workspace, "HEAD", day=DAY).issues
    assert (issue.path, issue.is_new, issue.is_compared) == ("issues/2025-01-30.yaml", False, True)
    assert issue.inbox is not None and issue.inbox_before is not None
    assert (issue.inbox_before.subject, issue.inbox.subject) == ("A letter", "Another letter")
    assert [each.name for each in issue.sections] == ["subject", "letter"]
    before, after = issue.sections[1].lines
    assert before == "-[A link](https://example.org/one) here."
    assert after == "+[A link](https://example.org/two) here."
    assert (issue.links_added, issue.links_removed) == (("https://example.org/two",), ("https://example.org/one",))
    assert issue.size and issue.size_before
    assert issue.findings and all(each.path.startswith("letters/") for each in issue.findings)


def test_which_issues_are_reviewed(workspace: Workspace) -> None:
    """The issues whose files changed; without any, the latest; removed files are listed."""
    issues = workspace.root / "issues"
    plain = (issues / "2025-01-30.yaml").read_text(encoding="utf-8")
    assert [each.path for each in review_change(workspace, "HEAD", day=DAY).issues] == ["issues/2025-01-30.yaml"]
    (issues / "2025-02-06.yaml").write_text(plain.replace("2025-01-30", "2025-02-06"), encoding="utf-8")
    (new,) = review_change(workspace, "HEAD", day=DAY).issues
    assert (new.path, new.is_new, new.inbox_before, new.sections) == ("issues/2025-02-06.yaml", True, None, ())
    (issues / "2025-01-30.yaml").unlink()
    assert review_change(workspace, "HEAD", day=DAY).removed == ("issues/2025-01-30.yaml",)


def test_the_commit_from_which_both_branched(workspace: Workspace) -> None:
    """What happened in the other branch since then is not a change of this one."""
    git(workspace.root, "branch", "other")
    _rewrite(workspace, "One sentence.", "Changed in main.")
    committed(workspace.root.parent)
    git(workspace.root, "checkout", "-q", "other")
    _rewrite(workspace, "The last one.", "The very last one.")
    (issue,) = review_change(workspace, "main", day=DAY).issues
    assert issue.sections[0].lines == ("-The last one.", "+The very last one.")


def test_versions_that_cannot_be_built(workspace: Workspace) -> None:
    """A broken issue has findings only; if the earlier version is broken, the comment says that nothing is compared."""
    _rewrite(workspace, "date: 2025-01-30", "date: 2025-02-30")
    review = review_change(workspace, "HEAD", day=DAY)
    assert review.issues[0].inbox is None and review.issues[0].findings and not review.is_passing
    assert "cannot be built" in review_markdown(review)
    committed(workspace.root.parent)
    _rewrite(workspace, "date: 2025-02-30", "date: 2025-01-30")
    (issue,) = review_change(workspace, "HEAD", day=DAY).issues
    assert issue.inbox is not None and not issue.is_compared


@pytest.mark.parametrize(
    ("level", "who", "path", "is_passing"),
    [
        (Level.BLOCKER, Who.IT, "letters/newsletter.yaml", True),
        (Level.BLOCKER, Who.EDITOR, "letters/newsletter.yaml", False),
        (Level.BLOCKER, Who.IT, "letters/templates/own/page.mjml.j2", False),
        (Level.ERROR, Who.IT, "letters/newsletter.yaml", False),
        (Level.WARNING, Who.EDITOR, "letters/issues/2025-01-30.yaml", True),
    ],
)
def test_which_findings_fail_a_review(level: Level, who: Who, path: str, is_passing: bool) -> None:
    """Errors and blockers do, except for blockers in the settings that IT resolves before the first mailing."""
    (issue, *_), review = hostile_review().issues, hostile_review()
    finding = replace(issue.findings[0], level=level, who=who, path=path)
    assert replace(review, issues=(replace(issue, findings=(finding,)),)).is_passing is is_passing


def test_a_new_newsletter(tmp_path: Path) -> None:
    """In a commit before the newsletter existed, every issue is new."""
    (tmp_path / "README").write_text("x", encoding="utf-8")
    committed(tmp_path)
    (tmp_path / "letters").mkdir()
    (issue,) = review_change(sample_message(tmp_path / "letters"), "HEAD", day=DAY).issues
    assert issue.is_new


def test_commits_that_do_not_exist(workspace: Workspace, tmp_path: Path) -> None:
    """An unknown commit, an option in place of one, and a folder without git are refused."""
    for base in ("nowhere", "--output=x", ""):
        with pytest.raises(UsageError):
            review_change(workspace, base)
    (tmp_path / ".git").rename(tmp_path / "no-git")
    with pytest.raises(UsageError):
        review_change(workspace, "HEAD")


def test_json_and_back() -> None:
    """A review survives its JSON; texts that are too long are cut."""
    review = hostile_review()
    assert read_review(json.dumps(review.to_json()).encode()) == review
    long = replace(review, removed=("x" * 5_000,))
    (cut,) = read_review(json.dumps(long.to_json()).encode()).removed
    assert len(cut) == LONGEST


def test_only_reviews_are_read() -> None:
    """What is too large, not JSON, deeply nested, or not as the schema says is refused."""
    plain = hostile_review().to_json()
    issue = json.loads(json.dumps(plain))["issues"][0]
    wrong: tuple[object, ...] = (
        [],
        {**plain, "version": 2},
        {**plain, "more": 1},
        {**plain, "removed": ["x" * 2_001]},
        {**plain, "issues": [issue] * 11},
        {**plain, "issues": [{**issue, "size": -1}]},
        {**plain, "issues": [{**issue, "findings": [{"path": "x"}]}]},
    )
    texts = [json.dumps(each).encode() for each in wrong]
    for data in (*texts, b"", b"\xff\xfe", b"[" * 100_000, b" " * (LARGEST + 1)):
        with pytest.raises(UsageError):
            read_review(data)


def test_a_hostile_comment_is_inert() -> None:
    """Rendered by cmark-gfm, nothing of a hostile review is outside of code, and no line is a command."""
    for review in (hostile_review(), *(replace(hostile_review(), issues=(each,)) for each in hostile_review().issues)):
        text = review_markdown(review, "https://forge.example/jobs/1")
        assert text.startswith(f"{MARKER}\n")
        assert text.count("<!--") == 1 + text.count("<!-- -->")
        page = rendered(text)
        assert {each.tag for each in page.iter()} <= {
            *("page", "h3", "p", "pre", "code", "ul", "li", "strong", "em", "br", "details", "summary", "a"),
        }  # fmt: skip
        assert [each.get("href") for each in page.iter("a")] == ["https://forge.example/jobs/1"]
        said = outside_of_code(page)
        assert not re.search(r"[@#!~$&<>\[\]`/]|evil|0123456789|alert|set-output", said), said
        # GitLab reads a line that begins with a slash as a command, except in code.
        assert not re.search(r"(?m)^\s*(/|::)", re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1$", "", text))


def test_a_comment_has_an_end() -> None:
    """However large a review is, a forge accepts its comment."""
    (issue, *_) = hostile_review().issues
    section = replace(issue.sections[0], lines=("x" * LONGEST,) * 200)
    review = Review(issues=(replace(issue, sections=(section,) * 200, findings=issue.findings * 50),) * 10)
    text = review_markdown(review)
    assert len(text) < 65_536
    assert rendered(text) is not None
    assert len(HOSTILE) == len(hostile_review().issues)


def test_the_command(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The comment, its data and the findings; --read shows the same comment; the files of --out."""
    monkeypatch.chdir(workspace.root)
    out = workspace.root.parent / "out"
    _rewrite(workspace, "The last one.", "The very last one.")
    assert run(["review", "--base", "HEAD", "--out", str(out)]) == 1
    comment = capsys.readouterr().out
    assert comment.startswith(MARKER) and "+The very last one." in comment
    assert (out / "2025-01-30" / "issue.html").is_file()
    assert (out / "previews" / "2025-01-30" / "index.html").is_file()
    assert run(["review", "--read", str(out / "review.json")]) == 1
    assert capsys.readouterr().out == comment
    assert run(["review", "--read", str(out / "review.json"), "--job", "https://forge.example/1"]) == 1
    assert "](https://forge.example/1)" in capsys.readouterr().out
    assert run(["review", "--base", "HEAD", "--json"]) == 1
    assert read_review(capsys.readouterr().out.encode())
    assert run(["review", "--base", "HEAD", "--format", "github"]) == 1
    assert "::error file=letters/issues/2025-01-30.yaml,line=" in capsys.readouterr().out
    for wrong in (
        (),
        ("--base", "HEAD", "--read", "x"),
        ("--read", str(out / "missing.json")),
        ("--read", str(out / "review.json"), "2025-01-30"),
        ("--base", "HEAD", "--job", "https://x.example/) @all"),
        ("--base", "HEAD", "--json", "--format", "sarif"),
    ):
        assert run(["review", *wrong]) == 2, wrong
