"""`compose`: the commands, each imported only when it is called.

Input: the command line. Output: an exit code (docs/reference/exit-codes.md lists them).
"""

import gc
import importlib
import os
import sys

import click

from composer.cli.ui import console
from composer.core.command_lines import command_line
from composer.core.errors import ComposeError
from composer.core.issue_names import is_issue_file

#: Command, module, and the line in `compose --help` (so that help imports none of them).
_COMMANDS = {
    "init": "Make a new newsletter in DIR, with a sample issue.",
    "new": "Write the skeleton of a new issue.",
    "preview": "Show an issue in the browser while it is written.",
    "check": "Read issues as a careful colleague would, and point at the line.",
    "build": "Build issues into the outbox: HTML, plaintext, message.",
    "subscribers": "Keep the subscribers: take lists in, add, find, tag, let go, erase.",
    "who": "Show all that is known of one person.",
    "suppression": "Keep the list of addresses that get nothing, whatever else is said.",
    "db": "Look after the database: bring it up to date, copy it.",
    "keys": "Back up the keys that a copy of the database does not hold, and restore them.",
    "test": "Send an issue to its editors, as subscribers will get it.",
    "approve": "Approve an issue, or request changes.",
    "send": "Send an issue to its subscribers, each of them once.",
    "status": "Say how mailings stand, in sums that add up.",
    "stop": "Stop a mailing, from wherever it is being sent.",
    "settle": "Settle those of whom nobody can know whether they have it.",
    "report": "Write what became of a mailing: a page, a text, tables.",
    "serve": "Answer subscribers: leave, join, change, be forgotten, read online.",
    "audience": "Look at the subscribers as a whole.",
    "bounces": "Read what comes back: bounces, complaints, subscribers who leave by mail.",
    "dkim": "Make the keys that sign messages, and print their DNS records.",
    "doctor": "Look at everything that sending needs, and name the next step.",
    "schema": "Write the JSON Schemas that editors' autocompletion reads.",
}


class _Commands(click.Group):
    """Looks commands up by name and imports them late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"composer.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], _COMMANDS, 1)
            if not near and is_issue_file(args[0]):
                raise click.UsageError(
                    f"“{args[0]}” is an issue, not a command; did you mean: {command_line('build', args[0])}"
                )
            hint = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(_COMMANDS)}"
            raise click.UsageError(f"there is no command “{args[0]}”; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="compose-newsletter", prog_name="compose", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Compose a newsletter from text files, and deliver it.

    Without a command: where the current issue stands, and the next step.
    """
    if context.invoked_subcommand is None:
        from composer.cli.commands.overview import show

        show()


def main() -> None:
    """Run the command line and exit with its code."""
    # Nearly everything is allocated by imports and lives to the end; looking for garbage among it every 700 objects
    # takes a tenth of a build.
    gc.set_threshold(50_000)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command; a person's mistake never ends in a traceback."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The subscriber of our answer went away (`compose schema | head`): nothing is left to say, nor to complain about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(arguments: list[str]) -> int:
    try:
        code = cli.main(args=arguments, prog_name="compose", standalone_mode=False)
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
    """Name the command that is called, as far as the words on the command line name one."""
    words = ["compose"]
    command: click.Command = cli
    for each in arguments:
        inner = command.get_command(click.Context(command), each) if isinstance(command, click.Group) else None
        if inner is None:
            break
        words.append(each)
        command = inner
    return " ".join(words)


if __name__ == "__main__":
    main()
