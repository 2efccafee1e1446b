"""`compose approve`: the word of somebody who may give it, for exactly this edition."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli import console
from composer.command_line import command_line
from composer.errors import Level, UsageError

if TYPE_CHECKING:
    from composer.checking import Checked
    from composer.cli.publication import Publication
    from composer.content.addresses import Address
    from composer.delivery.settings import Settings


@click.command("approve")
@click.argument("issue", metavar="ISSUE")
@click.option("--as", "who", metavar="ADDRESS", help="Whose word it is: one of approvals.by.")
@click.option("--return", "comment", metavar="WHY", help="Send it back instead, and say why.")
@click.option("--ask", "is_asking", is_flag=True, help="Mail a link to all who may and have not said anything yet.")
def command(issue: str, who: str | None, comment: str | None, is_asking: bool) -> int:
    """Say that an edition may go out, exactly as it stands now.

    Any change afterwards makes another edition, which needs approvals of its own; it is said what has changed, and where.
    """
    from composer.checking import check_issue
    from composer.cli.publication import opened
    from composer.delivery.settings import settings_of

    if (who is None) == (not is_asking):
        raise UsageError("whose word is it?", "compose approve ISSUE --as ADDRESS   or   --ask   to ask all who may")
    if comment is not None and not comment.strip():
        raise UsageError("--return needs a reason", 'write   --return "what is to be changed"')
    start = Path(issue).parent if Path(issue).is_file() else None
    with opened(start) as publication:
        settings = settings_of(publication.newsletter)
        if not settings.approvers:
            hint = "write   approvals:   with   needed: 1   and   by:   with the addresses of those who may"
            raise UsageError("newsletter.yaml names nobody who may approve", hint)
        path = publication.workspace.issue(issue)
        if who is not None:
            approver = _approver(settings, who)
        checked = check_issue(publication.workspace, path, datetime.datetime.now().astimezone())
        if blockers := sum(problem.level is Level.BLOCKER for problem in checked.problems):
            console.talk(
                f"{blockers} blocker{'s' if blockers > 1 else ''} to mend:   {command_line('check', path.stem)}"
            )
        if who is None:
            return _ask(publication, settings, checked)
        return _say(publication, settings, checked, approver, comment)


def _approver(settings: "Settings", who: str) -> "Address":
    from composer.content.addresses import AddressError

    try:
        approver = settings.approver(who)
    except AddressError as error:
        raise UsageError(f"--as: {error}", "it looks like   name@example.org") from None
    if approver is None:
        names = ", ".join(each.address for each in settings.approvers)
        raise UsageError(f"{who} is not one of those who may approve", f"there are: {names}")
    return approver


def _say(
    publication: "Publication", settings: "Settings", checked: "Checked", approver: "Address", comment: str | None
) -> int:
    from composer.cli.database import now
    from composer.cli.publication import person
    from composer.delivery.approvals import Word, edition_of, opinion, record_word
    from composer.delivery.digests import OUTDATED, in_words

    edition = edition_of(checked.variants)
    word = Word.YES if comment is None else Word.NO
    with publication.database.write() as connection:
        before = opinion(connection, edition)
        via = person(publication.workspace)
        record_word(connection, edition, approver, word, (comment or "").strip(), via, now())
        said = opinion(connection, edition)
    if changed := before.changed_since_approval:
        what = ", ".join(in_words(changed))
        console.answer(what if OUTDATED in changed else f"changed since it was approved before: {what}")
    console.answer(f"edition {edition.hash}")
    console.answer(f"{approver.address} {'approves' if word is Word.YES else 'returns'} {edition.stem}")
    console.answer(f"{len(said.approved_by)} of {settings.approvals} approvals")
    return 0


def _ask(publication: "Publication", settings: "Settings", checked: "Checked") -> int:
    from composer.audience.secret import tokens_of
    from composer.cli.database import now
    from composer.cli.running import transport_to
    from composer.content.addresses import normal_address
    from composer.delivery.approvals import LINK_DAYS, ask, edition_of, opinion
    from composer.delivery.configured import signer_of, transport_name
    from composer.delivery.requests import requests
    from composer.delivery.test_send import send
    from composer.transport.outcome import State

    if settings.public_url is None:
        hint = "set delivery.public_url; without it:   compose approve ISSUE --as ADDRESS"
        raise UsageError("the link leads to the readers' pages, and there are none", hint)
    if transport_name(publication.newsletter, publication.around) == "outbox":
        raise UsageError("no mail server is set up, so nobody can be asked", "compose approve ISSUE --as ADDRESS")
    transport, host = transport_to(publication, None)
    at = now().astimezone(publication.newsletter.zone)
    sign = signer_of(publication.newsletter, publication.around, host, int(at.timestamp()))
    tokens, edition = tokens_of(publication.database, publication.around), edition_of(checked.variants)
    with publication.database.write() as connection:
        done = {normal_address(each.address) for each in opinion(connection, edition).words}
        links = {
            each: f"{settings.public_url}/approve/{ask(connection, edition, each, tokens, now())}"
            for each in settings.approvers
            if normal_address(each.address) not in done
        }
    if not links:
        console.answer("everybody who may has said something")
        return 0
    ready = tuple(requests(checked.built, links, LINK_DAYS, at, sign))
    codes = set()
    for sent in send(transport, ready):
        is_taken = sent.outcome.state is State.ACCEPTED
        codes.add(0 if is_taken else 1)
        said = str(sent.outcome.reply or sent.outcome.reason)
        console.answer(f"{sent.to.address}   {'asked' if is_taken else 'not asked'}   {said}")
    return max(codes)
