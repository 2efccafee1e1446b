"""The command `compose events`: print what happens to mailings, for other programs."""

import sys

import click

from composer.cli.ui import console


@click.command("events")
@click.option("--follow", "-f", "is_followed", is_flag=True, help="Continue with new events until you press Ctrl-C.")
@click.option(
    "--after", type=click.IntRange(min=1), metavar="ID", help="Begin after this event.  [default: with the first]"
)
@click.option("--mailing", "mailing_id", type=click.IntRange(min=1), metavar="N", help="Only events of this mailing.")
@click.option("--texts", "has_texts", is_flag=True, help="Also print who did it, and servers' replies.")
def command(is_followed: bool, after: int | None, mailing_id: int | None, has_texts: bool) -> int:
    """Print the events of mailings for other programs, one JSON object per line.

    Events contain numbers, codes and times; no address, name or token. To continue after an interruption, pass the `id`
    of the last event as --after. With PostgreSQL, any machine can read the events of all machines.
    """
    from composer.app.context import open_newsletter
    from composer.app.work.event_stream import events
    from composer.cli.ui.signals import listen

    stop = listen()
    with open_newsletter() as context:
        found = events(context, after=after or 0, mailing_id=mailing_id, is_followed=is_followed, stop=stop)
        for each in found:
            console.answer_line(each.whole() if has_texts else each.codes())
            if is_followed:
                # The reader waits for this line.
                sys.stdout.flush()
            if stop.level:
                break
    return 0
