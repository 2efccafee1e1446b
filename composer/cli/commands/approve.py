"""`compose approve`: the answer of somebody who may approve, for exactly this issue in all its languages."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.command_lines import command_line, shell_line
from composer.core.errors import Level, UsageError

if TYPE_CHECKING:
    from composer.app.context import MailingContext
    from composer.core.addresses import Address
    from composer.delivery.approval.reviews import AnswerEffect, Review
    from composer.delivery.config.delivery_settings import Settings
    from composer.editions.check_run import Checked


@click.command("approve")
@click.argument("issue", metavar="ISSUE")
@click.option("--as", "who", metavar="ADDRESS", help="Whose answer it is: one of approvals.by.")
@click.option("--return", "comment", metavar="WHY", help="Request changes instead, and say which.")
@click.option("--ask", "is_asking", is_flag=True, help="Mail a link to everybody who may approve and has not answered.")
def command(issue: str, who: str | None, comment: str | None, is_asking: bool) -> int:
    """Approve an issue, or request changes.

    It covers the issue exactly as it is now, in all its languages and for all its subscribers. Any change afterwards needs new
    approvals, and you are told in which section it is. A request for changes also stops a mailing of the issue that has not
    finished.
    """
    from composer.app.context import open_newsletter
    from composer.app.mailings.send_target import check_all
    from composer.core.issue_files import editions_of_issue
    from composer.delivery.approval.recorded_editions import edition_of
    from composer.delivery.approval.reviews import review_of
    from composer.delivery.config.delivery_settings import settings_of

    if (who is None) == (not is_asking):
        raise UsageError("whose word is it?", "compose approve ISSUE --as ADDRESS   or   --ask   to ask all who may")
    if comment is not None and not comment.strip():
        raise UsageError("--return needs a reason", 'write   --return "what is to be changed"')
    start = Path(issue).parent if Path(issue).is_file() else None
    with open_newsletter(start) as publication:
        settings = settings_of(publication.newsletter)
        if not settings.approvers:
            hint = "write   approvals:   with   needed: 1   and   by:   with the addresses of those who may"
            raise UsageError("newsletter.yaml names nobody who may approve", hint)
        paths = editions_of_issue(publication.workspace, publication.workspace.issue(issue))
        if who is not None:
            approver = _approver(settings, who)
        checked = check_all(publication, paths, datetime.datetime.now().astimezone())
        for path, each in zip(paths, checked, strict=True):
            if blockers := sum(problem.level is Level.BLOCKER for problem in each.problems):
                console.talk(
                    f"{blockers} blocker{'s' if blockers > 1 else ''} to mend:   {command_line('check', path.stem)}"
                )
        review = review_of([edition_of(each.variants) for each in checked])
        if who is None:
            return _ask(publication, settings, checked, review)
        return _answer(publication, settings, review, approver, comment)


def _approver(settings: "Settings", who: str) -> "Address":
    from composer.core.addresses import AddressError

    try:
        approver = settings.approver(who)
    except AddressError as error:
        raise UsageError(f"--as: {error}", "it looks like   name@example.org") from None
    if approver is None:
        names = ", ".join(each.address for each in settings.approvers)
        raise UsageError(f"{who} is not one of those who may approve", f"there are: {names}")
    return approver


def _answer(
    publication: "MailingContext", settings: "Settings", review: "Review", approver: "Address", comment: str | None
) -> int:
    from composer.app.context import person
    from composer.cli.ui.open_database import now
    from composer.delivery.approval.approvals import approval_of
    from composer.delivery.approval.content_diff import is_outdated, named
    from composer.delivery.approval.reviews import ReviewAnswer, record_answer

    answer = ReviewAnswer.YES if comment is None else ReviewAnswer.NO
    typed_by = person(publication.workspace)
    with publication.database.write() as connection:
        before = approval_of(connection, review, settings)
        effect = record_answer(connection, review, approver, answer, (comment or "").strip(), typed_by, now())
        found = approval_of(connection, review, settings)
    if changed := before.changed_since:
        what = named(changed, review.issue)
        console.answer(what if is_outdated(changed) else f"changed since it was approved before: {what}")
    console.answer(f"edition {review.hash}")
    names = ", ".join(each.stem for each in review.editions)
    console.answer(f"{approver.address} {'approves' if answer is ReviewAnswer.YES else 'requests changes of'} {names}")
    console.answer(f"{len(found.approved)} of {found.needed} approvals")
    for each in found.returned:
        console.answer(f"changes requested by {each.address}: {each.comment}")
    _tell(effect, review, approver)
    return 0


def _tell(effect: "AnswerEffect", review: "Review", approver: "Address") -> None:
    """Print what a request for changes means for a mailing of the issue."""
    from composer.delivery.approval.reviews import AnswerEffect

    match effect:
        case AnswerEffect.RECORDED:
            return
        case AnswerEffect.HELD:
            withdraw = command_line("approve", review.issue, options=shell_line("--as", approver.address))
            console.answer(f"its mailing will not be sent unless you withdraw this:   {withdraw}")
        case AnswerEffect.STOPPED:
            console.answer("its mailing has begun and is stopped now; some subscribers may have it:   compose status")
        case AnswerEffect.LATE:
            console.answer("it has been sent already; to correct it, send another issue:   --to-those-who-got")


def _ask(publication: "MailingContext", settings: "Settings", checked: "Sequence[Checked]", review: "Review") -> int:
    from composer.app.mailings.mail_route import transport_to
    from composer.audience.identity.token_secret import tokens_of
    from composer.cli.ui.open_database import now
    from composer.core.addresses import mailbox_of
    from composer.delivery.approval.approval_requests import requests
    from composer.delivery.approval.approvals import approval_of
    from composer.delivery.approval.review_links import LINK_DAYS, ask
    from composer.delivery.config.resolve import signer_of, transport_name
    from composer.delivery.messages.editor_test import send_test
    from composer.transport.outcome import OutcomeState

    if settings.public_url is None:
        hint = "set delivery.public_url; without it:   compose approve ISSUE --as ADDRESS"
        raise UsageError("the link leads to the public pages, and there are none", hint)
    if transport_name(publication.newsletter, publication.environment) == "outbox":
        raise UsageError("no mail server is set up, so nobody can be asked", "compose approve ISSUE --as ADDRESS")
    transport, host = transport_to(publication)
    at = now().astimezone(publication.newsletter.zone)
    sign = signer_of(publication.newsletter, publication.environment, host, int(at.timestamp()))
    tokens = tokens_of(publication.database, publication.environment)
    with publication.database.write() as connection:
        found = approval_of(connection, review, settings)
        done = {mailbox_of(each.address) for each in (*found.approved, *found.returned)}
        links = {
            each: f"{settings.public_url}/approve/{ask(connection, review, each, tokens, now())}"
            for each in settings.approvers
            if mailbox_of(each.address) not in done
        }
    if not links:
        console.answer("everybody who may approve has answered")
        return 0
    ready = tuple(requests(checked[0].built, review, links, LINK_DAYS, at, sign))
    codes = set()
    for sent in send_test(transport, ready):
        is_taken = sent.outcome.state is OutcomeState.ACCEPTED
        codes.add(0 if is_taken else 1)
        said = str(sent.outcome.reply or sent.outcome.reason)
        console.answer(f"{sent.to.address}   {'asked' if is_taken else 'not asked'}   {said}")
    return max(codes)
