"""`compose bounces`: what comes back."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli import console
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.bounces.vocabulary import Finding, Returned


@click.group("bounces")
def command() -> None:
    """Read what comes back: bounces, complaints, readers who leave by mail."""


@command.command("explain")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print what is understood as JSON, one object a line.")
def explain(files: tuple[str, ...], as_json: bool) -> int:
    """Say of messages what they are: recipient, class, status, why. Records nothing, acts on nobody.

    FILE is a message, an mbox file, or a folder of messages (Maildir too).
    """
    from composer.bounces.sources import read_path
    from composer.bounces.understanding import understand

    for name in files:
        path = Path(name)
        if not path.exists():
            raise UsageError(f"there is no file “{name}”")
        for each in read_path(path):
            _show(each.name, understand(each.data), as_json=as_json)
    return 0


def _show(name: str, returned: "Returned", *, as_json: bool) -> None:
    if as_json:
        console.answer_line(_as_json(name, returned))
        return
    console.answer(f"{name}: {returned.kind}: {returned.why}")
    for line in _lines(returned):
        console.answer(f"    {line}")


def _lines(returned: "Returned") -> "Iterator[str]":
    for each in returned.findings:
        facts = [each.recipient or "nobody is named", each.bounce or each.kind, each.status or "", each.why]
        yield ", ".join(filter(None, facts))
        if each.reply:
            yield f"  their words: {each.reply}"
    traces = returned.traces
    if found := (*traces.tokens, *traces.leaving, *traces.names):
        yield f"names a reader by: {', '.join(dict.fromkeys(found))}"


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


def _recipient(finding: "Finding") -> dict[str, object]:
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
