"""The command `compose`: its subcommands are imported only when they are called.

Input: the command line. Output: an exit code (docs/reference/exit-codes.md lists them).
"""

import importlib
from typing import TYPE_CHECKING

import click

from composer.cli.program_name import program_name, with_called_name
from composer.cli.ui import console
from composer.core.errors import ComposeError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Each command with its line in `compose --help`; listed here so that the help needs no imports.
COMMANDS = {
    "init": "Create a newsletter in the folder DIR, with an empty first issue.",
    "new": "Create the skeleton of a new issue.",
    "draft": "Make an issue from a draft in Word, Google Docs, LibreOffice, HTML or Markdown.",
    "preview": "Preview an issue in the browser while you write it.",
    "check": "Check issues for problems, and show the line of each one.",
    "review": "Show what a change makes of issues, as Markdown for a comment.",
    "build": "Build issues into the outbox: HTML, plain text, message.",
    "publish": "Write the online archive: pages, feeds and calendar files, for any web server.",
    "subscribers": "Manage subscribers: import, add, list, tag, unsubscribe, erase.",
    "who": "Show everything on record about one person.",
    "suppression": "Manage the suppression list: addresses that never get mail.",
    "db": "Manage the database: upgrade, back up, continue after a restore.",
    "keys": "Back up and restore the keys, which database backups do not contain.",
    "test": "Send a test of an issue to its editors, as subscribers will get it.",
    "trial": "Try a mailing from sign-up to report, on this computer only.",
    "approve": "Approve an issue, or request changes.",
    "send": "Send an issue to its subscribers, once to each of them.",
    "status": "Show the delivery status and totals of mailings.",
    "stop": "Stop a mailing, whichever process or computer is sending it.",
    "settle": "Decide what to do about recipients whose delivery could not be confirmed.",
    "report": "Write the report of a mailing: web page, text, tables.",
    "events": "Print the events of mailings for other programs, one JSON object per line.",
    "serve": "Serve the public pages: sign-up, preferences, unsubscribe, erasure, online editions.",
    "work": "Do everything that is scheduled: mailings, bounces, archive, backups.",
    "metrics": "Print figures for monitoring, in the OpenMetrics format.",
    "audience": "Show how the audience develops: growth, bounces, complaints.",
    "bounces": "Process returned mail: bounces, complaints, unsubscribe requests.",
    "deploy": "Write the files for a server into DIR: systemd, nginx, Caddy, DNS, secrets.",
    "dkim": "Create the DKIM keys that sign messages, and print their DNS records.",
    "doctor": "Check everything that sending needs, and show the next steps.",
    "schema": "Write the JSON Schemas for autocompletion in text editors.",
    "sections": "Show the section types: what they are for, their fields, an example.",
    "help": "Show a page of the documentation, without the network.",
    "completion": "Print the script that completes commands and issues in your shell.",
}


class _Commands(click.Group):
    """Looks up commands by name, and imports them when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"composer.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return with_called_name(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            from composer.core.issue_names import is_issue_file

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            if not near and is_issue_file(args[0]):
                from composer.core.command_lines import command_line

                raise click.UsageError(
                    f"“{args[0]}” is an issue, not a command; did you mean: {command_line('build', args[0])}"
                )
            hint = f"did you mean “{near[0]}”?" if near else f"the commands are: {', '.join(COMMANDS)}"
            raise click.UsageError(f"unknown command “{args[0]}”; {hint}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete the name of a command without importing all of them."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _print_version(context: click.Context, option: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        from composer.cli.version_view import version_lines

        console.answer(version_lines())
        context.exit()


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version and the formats that it can read.",
)  # fmt: skip
@click.pass_context
def cli(context: click.Context) -> None:
    """Create a newsletter from text files, and send it.

    Without a command: show the state of the current issue, and the next step.
    """
    if context.invoked_subcommand is None:
        from composer.cli.commands.overview import show

        show()


def execute(arguments: list[str]) -> int:
    """Run a command and return its exit code; a user's mistake never ends in a traceback."""
    try:
        code = cli.main(args=arguments, prog_name=program_name(), standalone_mode=False)
    except ComposeError as error:
        console.stop(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        console.answer(error.format_message())
        return 2
    except click.ClickException as error:
        console.talk(f"error: {error.format_message()}")
        console.talk(f"    see: {_called(arguments)} --help")
        return 2
    except (click.Abort, KeyboardInterrupt):
        console.talk("stopped")
        return 130
    return code if isinstance(code, int) else 0


def _called(arguments: list[str]) -> str:
    """Return the name of the command that was called, if the command line contains one."""
    words = [program_name()]
    command: click.Command = cli
    for each in arguments:
        inner = command.get_command(click.Context(command), each) if isinstance(command, click.Group) else None
        if inner is None:
            break
        words.append(each)
        command = inner
    return " ".join(words)
