"""The command `compose test`: send an issue to its editors only."""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import click

from composer.cli.ui import console
from composer.cli.ui.completions import issue_names
from composer.cli.ui.option_errors import issue_missing, naming_as
from composer.core.addresses import Address, AddressError, parse_address
from composer.core.command_lines import command_line
from composer.core.errors import UsageError
from composer.core.issue_files import editions_of_issue

if TYPE_CHECKING:
    from composer.app.issues.issue_lookup import IssueFile
    from composer.app.issues.send_to_editors import EditorTest
    from composer.delivery.messages.editor_test import TestSend

#: The label of each outcome.
_WORDS = {
    "accepted": "accepted",
    "deferred": "not accepted yet; run it again",
    "refused": "rejected",
    "unknown": "unconfirmed: the server did not answer",
    "not_attempted": "not sent",
    "written": "written",
}
_UNKNOWN, _REFUSED, _AGAIN = 3, 1, 75


@click.command("test")
@click.argument("issues", nargs=-1, metavar="ISSUE...", shell_complete=issue_names)
@click.option(
    "--to", "to", multiple=True, metavar="ADDRESS", help="Send to this address instead of the editors; can be repeated."
)
@click.option("--as", "subscriber", metavar="ADDRESS", help="Send what this subscriber gets, with their merge fields.")
@click.option(
    "--transport",
    type=click.Choice(["smtp", "outbox"]),
    help="Send by SMTP, or write files.  [default: smtp if a mail server is set up]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    issues: tuple[str, ...],
    to: tuple[str, ...],
    subscriber: str | None,
    transport: Literal["smtp", "outbox"] | None,
    as_json: bool,
) -> int:
    """Send a test of an issue to its editors, as subscribers will get it.

    Name all language editions at once: all are built and checked before the first message is sent. Each editor gets
    their own message, with [Test] before the subject. If parts are for some subscribers only, each editor gets every
    version. Without a mail server, the messages are written to outbox/tests/. The last line of each issue is the
    edition's hash; the test is recorded once a server has accepted it.
    """
    from composer.app.issues.issue_lookup import find_issues
    from composer.app.issues.send_to_editors import prepare_editor_test

    if not issues:
        raise issue_missing("test")
    found = find_issues(issues)
    with naming_as():
        tests = [
            prepare_editor_test(each, to=_addresses(to), subscriber=subscriber, transport=transport) for each in found
        ]
    sent: list[tuple[EditorTest, list[TestSend]]] = []
    try:
        for test in tests:
            sent.append((test, []))
            _send(test, sent[-1][1], is_chosen=transport is not None, is_shown=not as_json)
    finally:
        # However it ends, the outcomes so far are printed.
        if as_json and any(outcomes for _, outcomes in sent):
            printed = [_as_json(test, outcomes) for test, outcomes in sent if outcomes]
            console.answer_json(printed[0] if len(tests) == 1 else {"issues": printed})
    _show_untested(found)
    return _code([outcome for _, outcomes in sent for outcome in outcomes])


def _show_untested(tested: "Sequence[IssueFile]") -> None:
    """Name the other language editions of the issues, and the command that tests all of them."""
    stems = [issue.stem for issue in tested]
    editions = [path.stem for issue in tested for path in editions_of_issue(issue.workspace, issue.path)]
    if missing := [stem for stem in dict.fromkeys(editions) if stem not in stems]:
        were = "was" if len(missing) == 1 else "were"
        everything = command_line("test", *dict.fromkeys(editions))
        console.talk(f"{', '.join(missing)} {were} not tested:   {everything}")


def _send(test: "EditorTest", sent: "list[TestSend]", *, is_chosen: bool, is_shown: bool) -> None:
    """Send one test, and print its outcomes as soon as they are known."""
    from composer.app.issues.send_to_editors import send_editor_test

    if test.subscriber is not None:
        _show_subscriber(test)
    width = max(_cells(each.address) for each in test.addresses)

    def progress(each: "TestSend") -> None:
        sent.append(each)
        if is_shown:
            _show(each, width, len(test.variants))

    send_editor_test(test, progress, started=lambda: _show_start(test, is_chosen=is_chosen))
    if is_shown:
        if blockers := test.blockers:
            console.talk(
                f"{blockers} blocker{'s' if blockers > 1 else ''} to fix:   {command_line('check', test.issue.stem)}"
            )
        console.answer(f"edition {test.hash}")


def _addresses(to: tuple[str, ...]) -> list[Address]:
    try:
        return [parse_address(each) for each in to]
    except AddressError as error:
        raise UsageError(f"--to: {error}", "write an address such as   name@example.org") from None


def _show_subscriber(test: "EditorTest") -> None:
    """Print which edition the subscriber gets, and which merge fields they have no value for."""
    assert test.subscriber is not None
    label = test.subscriber.label
    if len(test.checked.variants) > 1:
        console.talk(f"Sending what {label} gets: the edition for {test.variants[0].subscribers}")
    if missing := test.missing:
        console.talk(
            f"{label} has no value for {', '.join(missing)}, which has no default: this issue could not be sent to them"
        )


def _show_start(test: "EditorTest", *, is_chosen: bool) -> None:
    """Print where the messages go. `is_chosen`: the person has asked for files, and may have a mail server."""
    if test.transport != "smtp":
        folder = test.issue.workspace.name(test.folder)
        console.talk(f"No mail server is used: test messages are written to {folder}/ and not sent")
        setup = "" if is_chosen else "; to set one up:   compose help set-up-sending"
        console.talk(f"Before you can send the issue, a mail server must accept its test{setup}")
    for variant in test.variants if len(test.variants) > 1 else ():
        console.talk(f"{variant.number}/{len(test.variants)}: {variant.subscribers}")


def _show(each: "TestSend", width: int, variants: int) -> None:
    said = str(each.outcome.reply or each.outcome.reason)
    space = " " * (width - _cells(each.to.address))
    which = f"{each.variant}/{variants}   " if variants > 1 else ""
    console.answer(f"{which}{each.to.address}{space}   {_WORDS[each.outcome.state]}   {said}".rstrip())


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _code(sent: "Sequence[TestSend]") -> int:
    states = {each.outcome.state.value for each in sent}
    if "unknown" in states:
        return _UNKNOWN
    if "refused" in states:
        return _REFUSED
    return _AGAIN if states & {"deferred", "not_attempted"} else 0


def _as_json(test: "EditorTest", sent: "Sequence[TestSend]") -> dict[str, object]:
    return {
        "issue": test.issue.name,
        "hash": test.hash,
        "transport": test.transport,
        "variants": [{"number": each.number, "subscribers": each.subscribers} for each in test.variants],
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
