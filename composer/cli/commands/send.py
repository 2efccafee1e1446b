"""The command `compose send`: send an issue to its subscribers."""

from dataclasses import replace

import click

from composer.cli.ui.completions import issue_names
from composer.cli.ui.log_options import with_log
from composer.cli.ui.option_errors import issue_missing
from composer.core.errors import UsageError


@click.command("send")
@click.argument("issue", metavar="[ISSUE]", required=False, shell_complete=issue_names)
@click.option("--audience", metavar="NAME", help="Send to this audience of newsletter.yaml instead of all subscribers.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Send to N recipients now, and to the rest in later runs (warm-up).",
)
@click.option("--rate", metavar="RATE", help="Maximum speed, such as 600/min.  [default: delivery.rate]")
@click.option(
    "--connections", type=click.IntRange(1, 100), metavar="N", help="Number of parallel connections.  [default: 4]"
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what would be sent, and stop.")
@click.option(
    "--yes",
    type=click.IntRange(min=0),
    metavar="COUNT",
    help="Confirm without a prompt; must equal the number of recipients.",
)
@click.option(
    "--at",
    metavar="TIME",
    help="Schedule for 2025-01-30 07:00, or for 07:00; `compose work` or `compose send --due` sends it.",
)
@click.option("--due", "is_due", is_flag=True, help="Send scheduled mailings that are due (for cron).")
@click.option("--all", "is_all", is_flag=True, help="Rehearse for every subscriber instead of samples.")
@click.option(
    "--allow", "allowed", multiple=True, metavar='CODE="REASON"', help="Override a refusal; the reason is recorded."
)
@click.option(
    "--to-those-without", "is_rest", is_flag=True, help="Send only to subscribers who have not received the issue."
)
@click.option(
    "--to-those-who-got", "got", metavar="DATE", help="Send a correction to subscribers who received the issue of DATE."
)
@click.option(
    "--again", metavar="REASON", help="Also send to subscribers who already have the issue; the reason is recorded."
)
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
    """Send an issue to its subscribers, once to each of them.

    Shows what will be sent and to how many recipients, and asks you to type that number. If you run it again, it
    continues where it stopped. Without a mail server it is a rehearsal, which writes samples to outbox/mailings/.
    """
    from composer.app.context import open_newsletter
    from composer.app.issues.issue_lookup import folder_of_issue
    from composer.app.mailings.send_options import SendOptions
    from composer.cli.sending.due_view import send_due
    from composer.cli.sending.send_dialog import send
    from composer.cli.sending.send_flags import SendFlags
    from composer.delivery.config.delivery_settings import settings_of

    start = folder_of_issue(issue) if issue else None
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
        raise UsageError("--again cannot be combined with --to-those-without or --to-those-who-got", "use one of them")
    if at is not None and limit is not None:
        raise UsageError("--limit and --at cannot be combined", "leave out one of them")
    if is_rest and got:
        raise UsageError("--to-those-without and --to-those-who-got cannot be combined", "use one of them")
    with open_newsletter(start) as context:
        settings = settings_of(context.newsletter)
        settings = replace(
            settings,
            forced_rate=None if rate is None else _rate(rate),
            forced_connections=connections,
        )
        if is_due:
            if issue is not None:
                raise UsageError("--due sends all mailings that are due, and takes no issue", "leave out the issue")
            return send_due(context, settings, flags)
        if issue is None:
            raise issue_missing("send", options="--dry-run" if is_dry else "")
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
            raise UsageError(
                f"--allow: “{code}” is not the code of a refusal",
                f"did you mean {near}?" if near else "see   compose help send-refusals",
            )
        if code in list(Code) and code not in ALLOWABLE:
            raise UsageError(f"“{code}” cannot be overridden", "fix the cause: see   compose help send-refusals")
        if not reason:
            raise UsageError(f"--allow {code} needs a reason", f'write   --allow {code}="the reason"')
        found[code] = reason
    return found


def _again(reason: str | None) -> str | None:
    if reason is not None and not reason.strip():
        raise UsageError("--again needs a reason", 'write   --again "the reason"')
    return reason


def _rate(text: str) -> float:
    from composer.content.values.formats import RATE_SHAPE, messages_a_minute

    rate = messages_a_minute(text)
    if rate is None:
        raise UsageError(f"--rate: “{text}” is not a rate", RATE_SHAPE)
    return rate
