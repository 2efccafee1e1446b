"""An issue is approved, returned and sent for approval by functions, which return the effect of an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.context import MailingContext, open_newsletter
from composer.app.mailings.issue_approval import (
    ApprovalRound,
    RecordedAnswer,
    answer_review,
    ask_for_approval,
    begin_approval,
)
from composer.core.environment import Environment
from composer.core.errors import ContentError, UsageError
from composer.core.workspace import Workspace
from composer.delivery.approval.reviews import AnswerEffect, ReviewAnswer
from composer.transport.outcome import OutcomeState
from tests.bounces.news import KEY
from tests.databases import with_tables
from tests.factories import LETTER, sample_message
from tests.fake_smtp import FakeSmtp

ISSUE = "2025-01-30"
NOW = datetime(2025, 1, 29, 12, tzinfo=UTC)
ANNA, BEN = "anna@example.org", "ben@example.org"
NEWSLETTER = f"""\
{LETTER}delivery:
  public_url: https://127.0.0.1:1/n
approvals:
  needed: 2
  by:
    - {ANNA}
    - {BEN}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return sample_message(tmp_path / "news", newsletter=NEWSLETTER)


@contextmanager
def _opened(workspace: Workspace, **variables: str) -> Iterator[MailingContext]:
    with_tables(workspace.root / "newsletter.db")
    secrets = {"COMPOSE_SECRET_KEY": KEY.decode(), **variables}
    with open_newsletter(
        workspace.root, Environment(environment=secrets, folder=workspace.root.parent / "config")
    ) as context:
        yield context


def _answer(context: MailingContext, who: str, changes: str | None = None) -> RecordedAnswer:
    begun = begin_approval(context, ISSUE, NOW, who=who)
    assert begun.approver is not None
    return answer_review(
        context, begun.review, begun.settings, begun.approver, changes=changes, typed_by="anna", now=NOW
    )


def test_answers_are_counted_and_a_request_for_changes_replaces_an_approval(workspace: Workspace) -> None:
    """Two approvals are required; an approver who requests changes no longer approves."""
    with _opened(workspace) as context:
        done = _answer(context, ANNA)
        assert (done.answer, done.effect, done.before.is_enough, done.after.is_enough) == (
            *(ReviewAnswer.YES, AnswerEffect.RECORDED, False, False),
        )
        assert (len(done.after.approved), done.after.needed) == (1, 2)
        assert _answer(context, BEN.upper()).after.is_enough
        done = _answer(context, BEN, "  a wrong number ")
        assert (done.answer, done.effect) == (ReviewAnswer.NO, AnswerEffect.RECORDED)
        assert [(each.address, each.comment) for each in done.after.returned] == [(BEN, "a wrong number")]
        assert (done.before.is_enough, done.after.is_enough) == (True, False)


def test_a_changed_issue_needs_new_approvals_and_is_another_review(workspace: Workspace) -> None:
    """An approval covers a hash; the changed section is named by its key."""
    with _opened(workspace) as context:
        first = begin_approval(context, ISSUE, NOW)
        _answer(context, ANNA)
        path = workspace.root / "issues" / f"{ISSUE}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("hello", "goodbye"), encoding="utf-8")
        second = begin_approval(context, ISSUE, NOW)
        assert (first.review.hash != second.review.hash, second.approver) == (True, None)
        done = _answer(context, BEN)
        assert (len(done.before.approved), len(done.after.approved)) == (0, 1)
        assert dict(done.before.changed_since) == {ISSUE: ("letter",)}


def test_only_approvers_can_approve(workspace: Workspace) -> None:
    """An unknown or invalid address, a broken issue, and a newsletter without approvers are errors."""
    with _opened(workspace) as context:
        for who in ("zoe@example.org", "b@@x"):
            with pytest.raises(UsageError):
                begin_approval(context, ISSUE, NOW, who=who)
        path = workspace.root / "issues" / f"{ISSUE}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("subject:", "subjekt:"), encoding="utf-8")
        with pytest.raises(ContentError):
            begin_approval(context, ISSUE, NOW, who=ANNA)
    (workspace.root / "newsletter.yaml").write_text(LETTER, encoding="utf-8")
    with _opened(workspace) as context, pytest.raises(UsageError):
        begin_approval(context, ISSUE, NOW)


def test_approvers_without_an_answer_get_a_request(workspace: Workspace) -> None:
    """Each one gets a message with a personal link; once all have answered, no messages are left to send."""

    def asked(context: MailingContext, begun: ApprovalRound) -> dict[str, OutcomeState]:
        made = ask_for_approval(context, begun, lambda: NOW)
        return {each.to.address: each.outcome.state for each in made.send()} if made.messages else {}

    with FakeSmtp() as office, _opened(workspace, COMPOSE_SMTP_URL=f"smtp://127.0.0.1:{office.port}") as context:
        begun = begin_approval(context, ISSUE, NOW)
        assert asked(context, begun) == {ANNA: OutcomeState.ACCEPTED, BEN: OutcomeState.ACCEPTED}
        _answer(context, ANNA)
        assert asked(context, begun) == {BEN: OutcomeState.ACCEPTED}
        _answer(context, BEN, "a wrong number")
        assert asked(context, begun) == {}
        assert len(office.taken) == 3
        assert len({content.partition(b"/approve/")[2][:20] for _, content in office.taken}) == 2


def test_requests_need_a_mail_server(workspace: Workspace) -> None:
    """Requests need a mail server and the public pages."""
    with _opened(workspace) as context, pytest.raises(UsageError):
        ask_for_approval(context, begin_approval(context, ISSUE, NOW), lambda: NOW)
    path = workspace.root / "newsletter.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("delivery:\n  public_url: https://127.0.0.1:1/n\n", ""),
        encoding="utf-8",
    )
    with _opened(workspace, COMPOSE_SMTP_URL="smtp://127.0.0.1:1") as context, pytest.raises(UsageError):
        ask_for_approval(context, begin_approval(context, ISSUE, NOW), lambda: NOW)
