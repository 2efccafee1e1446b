"""`compose test`: the edition to the editors, before it goes to anybody else."""

import datetime
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.command_lines import command_line
from composer.core.errors import Level, UsageError
from composer.core.workspace import OUTBOX, Workspace

if TYPE_CHECKING:
    from composer.core.addresses import Address
    from composer.core.environment import Environment
    from composer.delivery.messages.editor_test import TestSend
    from composer.editions.check_run import Checked
    from composer.editions.pipeline import Built, BuiltVariant

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
@click.option("--as", "subscriber", metavar="ADDRESS", help="Send what this subscriber gets, with their values.")
@click.option("--transport", type=click.Choice(["smtp", "outbox"]), help="Where to.  [default: what is set up]")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(issue: str, to: tuple[str, ...], subscriber: str | None, transport: str | None, as_json: bool) -> int:
    """Send an issue to its editors, as subscribers will get it.

    Each editor gets a message of their own, its subject beginning with [Test]; where parts are for some subscribers only, one
    of each edition. Without a mail server the messages go to outbox/tests/. Ends with the edition's hash: what was tested,
    and is on record once a server took it.
    """
    from composer.core.environment import environment
    from composer.delivery.config.resolve import transport_name
    from composer.editions.check_run import check_issue
    from composer.editions.pipeline import hash_of

    start = Path(issue)
    workspace = Workspace.find(start.parent if start.is_file() else Path.cwd())
    path = workspace.issue(issue)
    now = datetime.datetime.now().astimezone()
    checked = check_issue(workspace, path, now)
    addresses = _addresses(to, checked.built)
    variants, values = checked.variants, None
    if subscriber is not None:
        variants, values = _as_subscriber(workspace, path, variants, subscriber)
    around = environment()
    name = transport or transport_name(checked.built.newsletter, around)
    width = max(_cells(each.address) for each in addresses)
    sent: list[TestSend] = []
    with _record(workspace, checked, around, is_wanted=name == "smtp") as record:
        try:
            for each in _send(
                workspace, variants, addresses, name, around, now.astimezone(checked.built.newsletter.zone), values
            ):
                sent.append(each)
                record(each)
                if not as_json:
                    _show(each, width, len(variants))
        finally:
            # Whatever ends it: what is known of those before is told.
            if as_json and sent:
                console.answer_json(_as_json(workspace.name(path), name, variants, sent))
    if not as_json:
        blockers = sum(problem.level is Level.BLOCKER for problem in checked.problems)
        if blockers:
            console.talk(
                f"{blockers} blocker{'s' if blockers > 1 else ''} to mend:   {command_line('check', path.stem)}"
            )
        console.answer(f"edition {hash_of(variants)}")
    return _code(sent)


@contextmanager
def _record(
    workspace: Workspace, checked: "Checked", around: "Environment", *, is_wanted: bool
) -> "Iterator[Callable[[TestSend], None]]":
    """Give what writes down that a server took the edition, all of its variants to the same editor: `compose send` asks for

    that. Files count for nothing. The database is opened before the first message goes, so that none goes unrecorded.
    """
    if not is_wanted:
        yield lambda sent: None
        return
    from composer.database.location import location_of
    from composer.database.schema_upgrade import open_database
    from composer.delivery.approval.recorded_editions import edition_of, record_test
    from composer.transport.outcome import OutcomeState

    edition = edition_of(checked.variants)
    taken: Counter[str] = Counter()
    with open_database(location_of(checked.built.newsletter, workspace, around.environment)) as database:

        def record(sent: "TestSend") -> None:
            taken[sent.to.address] += sent.outcome.state is OutcomeState.ACCEPTED
            if sent.outcome.state is OutcomeState.ACCEPTED and taken[sent.to.address] == len(checked.variants):
                at = datetime.datetime.now(datetime.UTC)
                with database.write() as connection:
                    record_test(connection, edition, sent.to.address, str(sent.outcome.reply or ""), at)

        yield record


def _as_subscriber(
    workspace: Workspace, path: Path, variants: "tuple[BuiltVariant, ...]", address: str
) -> "tuple[tuple[BuiltVariant, ...], Mapping[str, str]]":
    """Give the variant that a subscriber gets, and their values; say what they have not."""
    from composer.cli.ui.as_subscriber import subscriber_named
    from composer.editions.pipeline import pick

    person = subscriber_named(workspace, path, address)
    variant = pick(variants, person.language, person.tags)
    if len(variants) > 1:
        console.talk(f"As {person.label} gets it: the edition for {variant.subscribers}")
    if missing := variant.compiled.missing(person.values):
        console.talk(f"{person.label} has no {', no '.join(missing)}, and there is no default: they could not get this")
    return (variant,), person.values


def _addresses(to: tuple[str, ...], built: "Built") -> "tuple[Address, ...]":
    from composer.core.addresses import AddressError, parse_address
    from composer.delivery.messages.editor_test import editors_of, unique

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
    variants: "tuple[BuiltVariant, ...]",
    addresses: "tuple[Address, ...]",
    name: str,
    around: "Environment",
    now: datetime.datetime,
    values: "Mapping[str, str] | None",
) -> "Iterator[TestSend]":
    from composer.delivery.config.resolve import server_of, signer_of
    from composer.delivery.messages.editor_test import messages, send_test

    built = variants[0].built
    server = server_of(built.newsletter, workspace, around) if name == "smtp" else None
    sign = signer_of(built.newsletter, around, server.host if server else "", int(now.timestamp()))
    # All are made before the first is handed over: what cannot be written is told while nothing has gone.
    ready = tuple(messages(variants, addresses, now, sign, values))
    folder = workspace.root / OUTBOX / "tests" / built.issue.stem
    if server is None:
        console.talk(f"Nothing leaves this computer: test sends are written to {workspace.name(folder)}/")
    for variant in variants if len(variants) > 1 else ():
        console.talk(f"{variant.number}/{len(variants)}: {variant.subscribers}")
    if server is not None:
        from composer.transport.smtp.smtp_transport import SmtpTransport

        yield from send_test(SmtpTransport(server), ready)
        return
    from composer.transport.outbox_transport import FileTransport

    for variant in variants:
        # One address, one file: each variant has a folder of its own.
        place = folder / variant.name if len(variants) > 1 else folder
        yield from send_test(
            FileTransport(place, workspace.root / OUTBOX),
            tuple(each for each in ready if each.variant == variant.number),
        )


def _show(each: "TestSend", width: int, variants: int) -> None:
    said = str(each.outcome.reply or each.outcome.reason)
    space = " " * (width - _cells(each.to.address))
    which = f"{each.variant}/{variants}   " if variants > 1 else ""
    console.answer(f"{which}{each.to.address}{space}   {_WORDS[each.outcome.state]}   {said}".rstrip())


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _code(sent: "list[TestSend]") -> int:
    states = {each.outcome.state.value for each in sent}
    if "unknown" in states:
        return _UNKNOWN
    if "refused" in states:
        return _REFUSED
    return _AGAIN if states & {"deferred", "not_attempted"} else 0


def _as_json(issue: str, name: str, variants: "tuple[BuiltVariant, ...]", sent: "list[TestSend]") -> dict[str, object]:
    from composer.editions.pipeline import hash_of

    return {
        "issue": issue,
        "hash": hash_of(variants),
        "transport": name,
        "variants": [{"number": each.number, "subscribers": each.subscribers} for each in variants],
        "sent": [
            {
                "to": each.to.address,
                "variant": each.variant,
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
