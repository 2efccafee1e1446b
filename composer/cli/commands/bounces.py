"""The command `compose bounces`: process returned mail."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.app.clock import now
from composer.cli.sending import bounces_held
from composer.cli.ui import console
from composer.cli.ui.log_options import with_log
from composer.core.errors import ComposeError, UsageError

if TYPE_CHECKING:
    from composer.bounces.intake.ingest import IngestSummary
    from composer.bounces.parse.vocabulary import BounceFinding, Returned


@click.group("bounces")
def command() -> None:
    """Process returned mail: bounces, complaints, unsubscribe requests."""


for _each in (bounces_held.held, bounces_held.release, bounces_held.discard, bounces_held.undo):
    command.add_command(_each)


_NOT_UNDERSTOOD = "not_understood"
#: The exit code that tells a mail server to keep the message and try again later (sysexits.h).
_AGAIN = 75
_KINDS = {
    "bounce": "bounce",
    "delay": "delay",
    "receipt": "receipt",
    "out_of_office": "automatic reply",
    "challenge": "challenge-response request",
    "complaint": "complaint",
    "unsubscribe": "unsubscribe request",
    _NOT_UNDERSTOOD: "not understood",
}


@command.command("ingest")
@click.argument("files", nargs=-1, metavar="[FILE|-|DIR...]")
@click.option(
    "--imap", "by_imap", is_flag=True, help="Read the mailbox configured under delivery.imap in newsletter.yaml."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@with_log
def ingest(files: tuple[str, ...], by_imap: bool, as_json: bool) -> int:
    """Record returned mail, and stop sending to addresses that bounced.

    FILE is a message, an mbox file, or a folder (also a Maildir); - reads one message from a mail server's pipe. Each
    message is recorded once, no matter how often it is read. A subscriber changes only if the message contains the
    signed token that compose put into the original. Exit code 1 while bounces are held for your decision
    (`compose bounces held`); from a pipe, it is 0.
    """
    if not files and not by_imap:
        raise UsageError("no input given", "give a file or a folder, - to read from a pipe, or --imap")
    if files == ("-",) and not by_imap:
        try:
            return _ingest(files, by_imap=False, as_json=as_json)
        except ComposeError as error:
            # With any other code, the mail server would discard the message.
            console.stop(error)
            return _AGAIN
    if "-" in files:
        raise UsageError("- reads one message from a pipe, and cannot be combined with files or --imap")
    if missing := next((each for each in files if not Path(each).exists()), None):
        raise UsageError(f"file not found: {missing}")
    return _ingest(files, by_imap=by_imap, as_json=as_json)


def _ingest(files: tuple[str, ...], *, by_imap: bool, as_json: bool) -> int:
    from composer.app.context import open_newsletter
    from composer.app.people.bounce_intake import ingest_files, ingest_pipe

    is_pipe = files == ("-",)
    with open_newsletter() as context:
        if is_pipe:
            found = ingest_pipe(context, sys.stdin.buffer, now)
        else:
            found = ingest_files(context, [Path(each) for each in files], by_imap=by_imap, clock=now, tell=_tell)
    if as_json:
        console.answer_json(_summary_as_json(found.summary) | {"held": bounces_held.as_data(found.held)})
    else:
        for line in (*_summary(found.summary), *bounces_held.lines_of(found.held)):
            console.answer(line)
    # A mail server would treat any other code as a failure, and deliver the message again.
    return 1 if found.held and not is_pipe else 0


def _tell(done: int) -> None:
    """Print how many messages were read so far, on a terminal only."""
    if sys.stderr.isatty():
        console.talk(f"{done:,} messages read")


def _summary(total: "IngestSummary") -> Iterator[str]:
    from composer.bounces.record.bounce_policy import BounceEffect

    kinds = [
        f"{count:,} {_KINDS[kind]}" if kind == _NOT_UNDERSTOOD else _counted(count, _KINDS[kind])
        for kind, count in sorted(total.kinds.items(), key=lambda each: -each[1])
    ]
    yield f"{_counted(total.new, 'new message')}{': ' if kinds else ''}{', '.join(kinds)}"
    if total.known:
        yield f"  {_counted(total.known, 'message')} recorded before"
    words = {
        BounceEffect.SUPPRESSED: "{} suppressed a subscriber",
        BounceEffect.HELD: "{} held for your decision",
        BounceEffect.COUNTED: "{} counted against a subscriber, who is not suppressed yet",
        BounceEffect.UNPROVEN: "{} without a valid subscriber token: recorded, no subscriber changed",
        BounceEffect.KEPT: "{} kept for you to review",
    }
    for effect, text in words.items():
        if count := total.effects[effect]:
            yield f"  {text.format(count)}"
    for (domain, status), count in total.alerts.most_common(20):
        times = "" if count == 1 else f", {count} times"
        said = total.words[domain, status]
        text = said if said.startswith(status) else f"{status} {said}"
        yield f"SENDER REJECTED by {domain or 'other domains'}{times}: {text}"
    if total.alerts:
        yield "  no subscriber was affected; to find the cause:   compose doctor"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _summary_as_json(total: "IngestSummary") -> dict[str, object]:
    return {
        "new": total.new,
        "known": total.known,
        "kinds": {kind.value: count for kind, count in total.kinds.items()},
        "effects": {effect.value: count for effect, count in total.effects.items()},
        "alerts": [
            {"domain": key[0], "status": key[1] or None, "words": total.words[key], "count": count}
            for key, count in total.alerts.most_common()
        ],
    }


@command.command("explain")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, one object per line.")
def explain(files: tuple[str, ...], as_json: bool) -> int:
    """Show how messages are classified.

    Shows recipient, class, status and reason. Records nothing and affects no subscriber.

    FILE is a message, an mbox file, or a folder of messages (also a Maildir).
    """
    from composer.app.people.bounce_explanation import explain as explained

    for name in files:
        path = Path(name)
        if not path.exists():
            raise UsageError(f"file not found: {name}")
        for each in explained(path):
            _show(each.name, each.returned, as_json=as_json)
    return 0


def _show(name: str, returned: "Returned", *, as_json: bool) -> None:
    if as_json:
        console.answer_line(_as_json(name, returned))
        return
    console.answer(f"{name}: {_plain(returned.kind)}: {returned.why}")
    for line in _lines(returned):
        console.answer(f"    {line}")


def _lines(returned: "Returned") -> Iterator[str]:
    for each in returned.findings:
        facts = [each.recipient or "no recipient given", _plain(each.bounce or each.kind), each.status or "", each.why]
        yield ", ".join(filter(None, facts))
        if each.reply:
            yield f"  server's answer: {each.reply}"
    traces = returned.traces
    if found := (*traces.tokens, *traces.leaving, *traces.names):
        yield f"identifies a subscriber by: {', '.join(dict.fromkeys(found))}"


def _plain(code: str) -> str:
    """Return a code as text, as docs/explanation/how-bounces-are-judged.md writes it."""
    return code.replace("_", " ")


def _as_json(name: str, returned: "Returned") -> dict[str, object]:
    traces = returned.traces
    return {
        "file": name,
        "kind": returned.kind,
        "why": returned.why,
        "format": returned.format or None,
        "recipients": [_recipient(each) for each in returned.findings],
        "tokens": list(traces.tokens),
        "leaving": list(traces.leaving),
        "message_ids": list(traces.message_ids),
        "sender": returned.sender,
        "subject": returned.subject,
    }


def _recipient(finding: "BounceFinding") -> dict[str, object]:
    return {
        "recipient": finding.recipient or None,
        "kind": finding.kind,
        "class": finding.bounce,
        "meaning": finding.meaning,
        "status": finding.status,
        "code": finding.reply.code if finding.reply else None,
        "reply": finding.reply.text if finding.reply else None,
        "why": finding.why,
    }
