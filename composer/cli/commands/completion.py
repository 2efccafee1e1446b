"""The command `compose completion`: completion in shells."""

import click

from composer.cli.program_name import program_name
from composer.cli.ui import console


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the script that completes commands and issues in your shell.

    It completes commands, options, issues, languages, section types and topics of the help. To use it in this session,
    run: eval "$(compose completion bash)". To use it always, write that line into ~/.bashrc.

    For zsh, do the same with zsh and ~/.zshrc. For fish, save the script as ~/.config/fish/completions/compose.fish.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root, name = context.find_root(), program_name()
    variable = f"_{name.replace('-', '_')}_COMPLETE".upper()
    console.answer(kind(root.command, {}, name, variable).source().strip())
    return 0
