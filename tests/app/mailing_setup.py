"""Functions shared by the tests of mailings without the command line: propose, send and resume an issue."""

from datetime import UTC, datetime
from typing import Any

from composer.app.context import MailingContext
from composer.app.mailings.mailing_proposal import ProposedMailing, propose
from composer.app.mailings.mailing_resumption import (
    ProposedResumption,
    propose_resumption,
)
from composer.app.mailings.mailing_run import RunFinished
from composer.app.mailings.mailing_start import SendOutcome
from composer.app.mailings.send_options import SendOptions
from composer.app.mailings.send_target import target_of
from composer.core.addresses import Address
from composer.delivery.approval.reviews import ReviewAnswer, record_answer
from composer.delivery.config.delivery_settings import settings_of

ISSUE = "2031-01-30"
ANNA = Address(address="anna@example.org")
#: The part of newsletter.yaml that requires Anna's approval.
APPROVALS = "approvals:\n  needed: 1\n  by:\n    - anna@example.org\ndelivery:\n"


def clock() -> datetime:
    return datetime.now(UTC)


#: These issues were not tested first.
ALLOWED = {"untested": "a test of the program"}


def proposed(context: MailingContext, **more: Any) -> ProposedMailing:
    due = more.pop("due", None)
    options = SendOptions(**{"allowed": ALLOWED, **more})
    target = target_of(context, ISSUE, options)
    assert target.unfinished is None and target.issue == ISSUE
    return propose(context, target, options, settings_of(context.newsletter), clock, due=due)


def sent(outcome: SendOutcome) -> RunFinished:
    assert isinstance(outcome, RunFinished), outcome
    assert outcome.run.sums.is_even
    return outcome


def resumption(context: MailingContext, mailing_id: int) -> ProposedResumption:
    target = target_of(context, ISSUE, SendOptions())
    assert target.unfinished is not None and target.unfinished.id == mailing_id
    settings = settings_of(context.newsletter)
    return propose_resumption(context, target.unfinished, target.paths, SendOptions(), settings, clock)


def give_answer(context: MailingContext, found: ProposedMailing, answer: ReviewAnswer) -> None:
    with context.database.write() as connection:
        record_answer(connection, found.proposal.review, ANNA, answer, "", "anna", clock())
