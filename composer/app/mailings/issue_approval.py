"""Records approvals of an issue and requests for changes, and sends requests to approvers who have not answered.

Input: a newsletter's context, an issue, an answer. Output: the effect of the answer, and the number of approvals.
Guarantees: an answer covers the issue exactly as it was reviewed, in all its languages and for all its subscribers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app.context import MailingContext
from composer.app.mailings.send_target import check_all
from composer.audience.identity.token_secret import tokens_of
from composer.core.addresses import Address, AddressError, mailbox_of
from composer.core.errors import UsageError
from composer.core.issue_files import editions_of_issue
from composer.delivery.approval.approval_requests import requests
from composer.delivery.approval.approvals import Approval, approval_of
from composer.delivery.approval.recorded_editions import edition_of
from composer.delivery.approval.review_links import LINK_DAYS, ask
from composer.delivery.approval.reviews import AnswerEffect, Review, ReviewAnswer, record_answer, review_of
from composer.delivery.config.delivery_settings import Settings, settings_of
from composer.delivery.config.resolve import hosts_of, signer_of, signing_host, transport_name
from composer.delivery.config.single_mail import single_mail_transport
from composer.delivery.messages.editor_test import Addressed, TestSend, send_test
from composer.editions.check_run import Checked
from composer.transport.protocol import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRound:
    """An issue as it is now, built and checked, with its approvers."""

    settings: Settings
    #: Its files, and the result of each.
    paths: tuple[Path, ...]
    checked: tuple[Checked, ...]
    review: Review
    #: The person who answers; None if requests are sent to all approvers instead.
    approver: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    """The effect of an answer."""

    answer: ReviewAnswer
    effect: AnswerEffect
    #: The approvals before and after the answer.
    before: Approval
    after: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequests:
    """Messages to approvers who have not answered, and the transport that sends them."""

    messages: tuple[Addressed, ...]
    transport: Transport

    def send(self) -> Iterator[TestSend]:
        """Send the messages, and yield one outcome for each. Raises TransportError without a connection."""
        return send_test(self.transport, self.messages)


def begin_approval(context: MailingContext, issue: str, now: datetime, *, who: str | None = None) -> ApprovalRound:
    """Build and check an issue in all its languages. `who`: the address of an approver.

    Raises UsageError without approvers, or if `who` is not one; ContentError with the problems of all languages.
    """
    settings = settings_of(context.newsletter)
    if not settings.approvers:
        hint = "add   approvals:   and below it   needed: 1   and   by:   with the approvers' addresses"
        raise UsageError("newsletter.yaml lists no approvers", hint)
    paths = tuple(editions_of_issue(context.workspace, context.workspace.issue(issue)))
    approver = None if who is None else _approver(settings, who)
    checked = check_all(context, paths, now)
    review = review_of([edition_of(each.variants) for each in checked])
    return ApprovalRound(settings=settings, paths=paths, checked=checked, review=review, approver=approver)


def _approver(settings: Settings, who: str) -> Address:
    try:
        approver = settings.approver(who)
    except AddressError as error:
        raise UsageError(f"--as: {error}", "write an address such as   name@example.org") from None
    if approver is None:
        names = ", ".join(each.address for each in settings.approvers)
        raise UsageError(f"{who} is not an approver", f"the approvers are: {names}")
    return approver


def answer_review(
    context: MailingContext,
    review: Review,
    settings: Settings,
    approver: Address,
    *,
    changes: str | None = None,
    typed_by: str,
    now: datetime,
) -> RecordedAnswer:
    """Record an approval, or the `changes` that are requested; a request stops an unfinished mailing."""
    answer = ReviewAnswer.YES if changes is None else ReviewAnswer.NO
    with context.database.write() as connection:
        before = approval_of(connection, review, settings)
        effect = record_answer(connection, review, approver, answer, (changes or "").strip(), typed_by, now)
        after = approval_of(connection, review, settings)
    return RecordedAnswer(answer=answer, effect=effect, before=before, after=after)


def ask_for_approval(context: MailingContext, asked: ApprovalRound, clock: Callable[[], datetime]) -> ApprovalRequests:
    """Compose a message with a link for each approver who has not answered; `send` sends the messages.

    Raises UsageError without public pages or a mail server, and errors about the mail server's settings.
    """
    settings, review = asked.settings, asked.review
    if settings.public_url is None:
        hint = "set delivery.public_url, or run   compose approve ISSUE --as ADDRESS"
        raise UsageError("approval links need the public pages, which are not set up", hint)
    if transport_name(context.newsletter, context.environment) == "outbox":
        raise UsageError(
            "approval requests cannot be sent, because no mail server is set up",
            "to record an approval, run   compose approve ISSUE --as ADDRESS",
        )
    transport = single_mail_transport(context.newsletter, context.workspace, context.environment)
    host = signing_host(hosts_of(context.newsletter, context.environment))
    at = clock().astimezone(context.newsletter.zone)
    sign = signer_of(context.newsletter, context.environment, host, int(at.timestamp()))
    tokens = tokens_of(context.database, context.environment)
    with context.database.write() as connection:
        found = approval_of(connection, review, settings)
        done = {mailbox_of(each.address) for each in (*found.approved, *found.returned)}
        links = {
            each: f"{settings.public_url}/approve/{ask(connection, review, each, tokens, clock())}"
            for each in settings.approvers
            if mailbox_of(each.address) not in done
        }
    messages = tuple(requests(asked.checked[0].built, review, links, LINK_DAYS, at, sign)) if links else ()
    return ApprovalRequests(messages=messages, transport=transport)
