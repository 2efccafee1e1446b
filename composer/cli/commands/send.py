"""`compose send`: an issue to its subscribers, each once."""

from dataclasses import replace
from pathlib import Path

import click

from composer.cli.ui.log_options import with_log
from composer.core.errors import UsageError


@click.command("send")
@click.argument("issue", metavar="[ISSUE]", required=False)
@click.option("--audience", metavar="NAME", help="To this audience of newsletter.yaml, not to all subscribers.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Freeze all, send to N now (warm-up).")
@click.option("--rate", metavar="RATE", help="How fast at most, such as 600/min.  [default: delivery.rate]")
@click.option(
    "--connections", type=click.IntRange(1, 100), metavar="N", help="Messages under way at once.  [default: 4]"
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what would happen, and end.")
@click.option("--yes", type=click.IntRange(min=0), metavar="COUNT", help="The number of subscribers, said beforehand.")
@click.option("--at", metavar="TIME", help="Not before then: 2025-01-30 07:00, or 07:00.")
@click.option("--due", "is_due", is_flag=True, help="Send what waits for a time that has come (cron, systemd timer).")
@click.option("--all", "is_all", is_flag=True, help="A rehearsal for every subscriber, not samples.")
@click.option("--allow", "allowed", multiple=True, metavar='CODE="REASON"', help="Let a refusal pass; it is recorded.")
@click.option("--to-those-without", "is_rest", is_flag=True, help="To those who never got it: late joiners, too.")
@click.option("--to-those-who-got", "got", metavar="DATE", help="A correction, to those who got that issue.")
@click.option("--again", metavar="REASON", help="Also to those who have it already; the reason is recorded.")
@with_log
def command(
    issue: str | None,
    audience: str | None,
    limit: int | None,
    rate: str | None,
    connections: int | None,
    is_dry: bool,
    yes: int | None,
    at: str | None,
    is_due: bool,
    is_all: bool,
    allowed: tuple[str, ...],
    is_rest: bool,
    got: str | None,
    again: str | None,
) -> int:
    """Send an issue to its subscribers, each of them once.

    Shows what would go out and to how many, and asks for that number to be typed. Run again, it goes on where it was.
    Without a mail server it is a rehearsal, and writes samples to outbox/mailings/.
    """
    from composer.app.context import open_newsletter
    from composer.app.mailings.send_options import SendOptions
    from composer.cli.sending.due_view import send_due
    from composer.cli.sending.send_dialog import send
    from composer.cli.sending.send_flags import SendFlags
    from composer.delivery.config.delivery_settings import settings_of

    start = Path(issue).parent if issue and Path(issue).is_file() else None
    options = SendOptions(
        audience=audience,
        limit=limit,
        is_all=is_all,
        allowed=_reasons(allowed),
        is_rest=is_rest,
        got=got,
        again=_again(again),
    )
    flags = SendFlags(options=options, is_dry=is_dry, yes=yes, at=at)
    if (is_rest or got) and again is not None:
        raise UsageError("--again goes to everybody who is meant: leave out the other one")
    if at is not None and limit is not None:
        raise UsageError("--limit is for a run that begins now, not for one at a time", "leave out --limit, or --at")
    if is_rest and got:
        raise UsageError("--to-those-without and --to-those-who-got are two different mailings", "choose one")
    with open_newsletter(start) as context:
        settings = settings_of(context.newsletter)
        settings = replace(
            settings,
            rate=settings.rate if rate is None else _rate(rate),
            connections=connections or settings.connections,
        )
        if is_due:
            if issue is not None:
                raise UsageError("--due sends what waits, and names no issue", "leave out the issue")
            return send_due(context, settings, flags)
        if issue is None:
            raise UsageError("which issue?", "compose send 2025-01-30")
        return send(context, settings, flags, issue)


def _reasons(written: tuple[str, ...]) -> dict[str, str]:
    from composer.checks.catalogue import catalogue
    from composer.content.schema.messages import nearest
    from composer.delivery.preflight.preflight import ALLOWABLE, Code

    known = [*(code.value for code in Code), *catalogue()]
    found: dict[str, str] = {}
    for text in written:
        code, _, reason = text.partition("=")
        code, reason = code.strip(), reason.strip().strip("\"'“”")
        if code not in known:
            near = nearest(code, tuple(known))
            raise UsageError(f"there is no refusal “{code}”", f"did you mean {near}?" if near else "docs/reference/send-refusals.md")
        if code in list(Code) and code not in ALLOWABLE:
            raise UsageError(f"“{code}” cannot be allowed", "mend it: docs/reference/send-refusals.md says how")
        if not reason:
            raise UsageError(f"--allow {code} needs a reason", f'write   --allow {code}="why it may pass this time"')
        found[code] = reason
    return found


def _again(reason: str | None) -> str | None:
    if reason is not None and not reason.strip():
        raise UsageError("--again needs a reason", 'write   --again "why they get it a second time"')
    return reason


def _rate(text: str) -> float:
    from composer.content.values.formats import RATE_SHAPE, messages_a_minute

    rate = messages_a_minute(text)
    if rate is None:
        raise UsageError(f"--rate: “{text}” is not a rate", RATE_SHAPE)
    return rate
