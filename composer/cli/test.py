"""`compose test`: the edition to the editors, before it goes to anybody else."""

import datetime
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli import console
from composer.errors import Level, UsageError
from composer.workspace import OUTBOX, Workspace

if TYPE_CHECKING:
    from composer.content.addresses import Address
    from composer.delivery.test_send import Sent
    from composer.pipeline import Built
    from composer.surroundings import Surroundings
    from composer.transport.transport import Transport

#: What became of a message, in an editor's words.
_WORDS = {
    "accepted": "taken by their server",
    "deferred": "not now; run it again",
    "refused": "refused",
    "unknown": "cannot know: no answer came",
    "not_attempted": "not sent",
    "written": "written",
}
_UNKNOWN, _REFUSED, _AGAIN = 3, 1, 75


@click.command("test")
@click.argument("issue", metavar="ISSUE")
@click.option("--to", "to", multiple=True, metavar="ADDRESS", help="Send here, not to the editors; may be repeated.")
@click.option("--transport", type=click.Choice(["smtp", "outbox"]), help="Where to.  [default: what is set up]")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(issue: str, to: tuple[str, ...], transport: str | None, as_json: bool) -> int:
    """Send an issue to its editors, as readers will get it.

    Each editor gets a message of their own, its subject beginning with [Test]. Without a mail server the messages go to
    outbox/tests/. Ends with the edition's hash: what was tested.
    """
    from composer.checking import check_issue
    from composer.delivery.configured import transport_name
    from composer.surroundings import surroundings

    start = Path(issue)
    workspace = Workspace.find(start.parent if start.is_file() else Path.cwd())
    path = workspace.issue(issue)
    now = datetime.datetime.now().astimezone()
    checked = check_issue(workspace, path, now)
    addresses = _addresses(to, checked.built)
    around = surroundings()
    name = transport or transport_name(checked.built.newsletter, around)
    width = max(_cells(each.address) for each in addresses)
    sent: list[Sent] = []
    try:
        for each in _send(
            workspace, checked.built, addresses, name, around, now.astimezone(checked.built.newsletter.zone)
        ):
            sent.append(each)
            if not as_json:
                _show(each, width)
    finally:
        # Whatever ends it: what is known of those before is told.
        if as_json and sent:
            console.answer_json(_as_json(workspace.name(path), checked.built, name, sent))
    if not as_json:
        blockers = sum(problem.level is Level.BLOCKER for problem in checked.problems)
        if blockers:
            console.talk(f"{blockers} blocker{'s' if blockers > 1 else ''} to mend:   compose check {path.stem}")
        console.answer(f"edition {checked.built.hash}")
    return _code(sent)


def _addresses(to: tuple[str, ...], built: "Built") -> "tuple[Address, ...]":
    from composer.content.addresses import AddressError, parse_address
    from composer.delivery.test_send import editors_of, unique

    if not to:
        found = editors_of(built.newsletter)
        if not found:
            hint = "write   editors:   with   - name@example.org   below it, or name one: --to name@example.org"
            raise UsageError("newsletter.yaml names no editors", hint)
        return found
    try:
        return unique([parse_address(each) for each in to])
    except AddressError as error:
        raise UsageError(f"--to: {error}", "it looks like   name@example.org") from None


def _send(
    workspace: Workspace,
    built: "Built",
    addresses: "tuple[Address, ...]",
    name: str,
    around: "Surroundings",
    now: datetime.datetime,
) -> "Iterator[Sent]":
    from composer.delivery.configured import server_of, signer_of
    from composer.delivery.test_send import messages, send

    transport: Transport
    if name == "outbox":
        from composer.transport.files import FileTransport

        folder = workspace.root / OUTBOX / "tests" / built.issue.stem
        console.talk(f"Nothing leaves this computer: test sends are written to {workspace.name(folder)}/")
        transport, host = FileTransport(folder), ""
    else:
        from composer.transport.smtp import SmtpTransport

        server = server_of(built.newsletter, workspace, around)
        transport, host = SmtpTransport(server), server.host
    sign = signer_of(built.newsletter, around, host, int(now.timestamp()))
    # All are made before the first is handed over: what cannot be written is told while nothing has gone.
    ready = tuple(messages(built, addresses, now, sign))
    return send(transport, ready)


def _show(each: "Sent", width: int) -> None:
    said = str(each.outcome.reply or each.outcome.reason)
    space = " " * (width - _cells(each.to.address))
    console.answer(f"{each.to.address}{space}   {_WORDS[each.outcome.state]}   {said}".rstrip())


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _code(sent: "list[Sent]") -> int:
    states = {each.outcome.state.value for each in sent}
    if "unknown" in states:
        return _UNKNOWN
    if "refused" in states:
        return _REFUSED
    return _AGAIN if states & {"deferred", "not_attempted"} else 0


def _as_json(issue: str, built: "Built", name: str, sent: "list[Sent]") -> dict[str, object]:
    return {
        "issue": issue,
        "hash": built.hash,
        "transport": name,
        "sent": [
            {
                "to": each.to.address,
                "state": each.outcome.state.value,
                "stage": each.outcome.stage.value,
                "code": each.outcome.reply.code if each.outcome.reply else None,
                "enhanced": each.outcome.reply.enhanced if each.outcome.reply else None,
                "reply": each.outcome.reply.text if each.outcome.reply else None,
                "queue_id": each.outcome.queue_id,
                "reason": each.outcome.reason or None,
            }
            for each in sent
        ],
    }
