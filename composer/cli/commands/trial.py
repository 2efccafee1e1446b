"""The command `compose trial`: try a mailing from end to end, on this computer only."""

from pathlib import Path

import click

from composer.cli.ui import console


@click.command("trial")
@click.argument("issue", metavar="[ISSUE]", required=False)
@click.option(
    "--subscribers",
    type=click.IntRange(1, 1000),
    default=12,
    metavar="N",
    help="How many subscribers are invented.  [default: 12]",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Port of the pages.  [default: 8900, or the next free one]",
)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option(
    "--send",
    "is_unattended",
    is_flag=True,
    help="Send at once, print the report, and end (for scripts); takes about a minute.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the trial to this new folder, and keep it.  [default: a temporary folder]",
)
def command(
    issue: str | None, subscribers: int, port: int | None, no_open: bool, is_unattended: bool, keep: Path | None
) -> int:
    """Try a mailing from sign-up to report, on this computer only.

    Sends the current issue, or ISSUE, from a copy of the newsletter to invented subscribers. A mail server on this
    computer accepts, defers, rejects or bounces each message. In the browser you read the messages and follow their
    links. The newsletter's database, keys and outbox are not used. Press Ctrl-C to stop.
    """
    # Imported late: only this command needs two servers and a database.
    from composer.app.trial.trial_run import TrialRequest, issue_to_try, run_trial
    from composer.web.trial.loopback_guard import forbid_other_computers
    from composer.web.trial.trial_pages import Stage

    forbid_other_computers()
    request = TrialRequest(
        issue=issue_to_try(issue),
        subscribers=subscribers,
        port=port,
        keep=keep,
        is_unattended=is_unattended,
    )

    def opened(url: str) -> None:
        console.answer(url)
        console.talk("this is a trial: no message leaves this computer; press Ctrl-C to stop")
        if is_unattended:
            console.talk(
                "sending; this takes about a minute, because one of the addresses accepts mail only on a second attempt"
            )
        elif not no_open:
            import webbrowser

            webbrowser.open(url)

    mailing = run_trial(request, opened, console.talk)
    for line in mailing.lines:
        console.answer(line)
    is_refused = mailing.stage is Stage.REFUSED
    for words, route in mailing.refusals:
        console.talk(f"{'refused' if is_refused else 'a real mailing would be refused'}: {words}")
        if route:
            console.talk(f"    {route}")
    console.talk("trial ended" + (f"; its folder is {keep}" if keep else ""))
    return 1 if is_refused else 0
