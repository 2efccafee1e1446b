"""The command `compose help`: the documentation, without a network."""

import shutil
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.completions import topics
from composer.core.command_lines import command_line
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.app.manual import ManualPage


@click.command("help")
@click.argument("words", nargs=-1, metavar="[TOPIC]", shell_complete=topics)
def command(words: tuple[str, ...]) -> int:
    """Show a page of the documentation, without the network.

    TOPIC is the name of a page or of a command, the code of a check or a problem, or words of a title. Without TOPIC:
    list the pages. On a terminal, the page is formatted; otherwise, it is printed as Markdown.
    """
    from composer.app.manual import find_code, find_page

    wanted = " ".join(words)
    if not wanted:
        _list_pages()
        return 0
    found = find_page(wanted)
    if found.page is not None:
        _show(found.page)
        return 0
    if own := _command_help(words):
        console.answer(own)
        return 0
    if (entry := find_code(wanted)) is not None:
        _show_text(f"{entry.text}\n\nFor the page:   {command_line('help', entry.page.topic)}")
        return 0
    near = "".join(f"\n      {command_line('help', page.topic):<40} {page.title}" for page in found.near)
    raise UsageError(
        f"no page is named “{wanted}”",
        f"did you mean one of these?{near}" if near else "to list the pages, run   compose help",
    )


def _list_pages() -> None:
    from composer.app.manual import GROUPS, manual_pages

    pages = manual_pages()
    width = max(len(page.topic) for page in pages)
    for group, title in GROUPS.items():
        console.answer(title)
        for page in pages:
            if page.group == group:
                console.answer(f"  {page.topic:<{width}}  {page.title}")
        console.answer("")
    console.answer("To read a page:      compose help TOPIC")
    console.answer("About a command:     compose COMMAND --help")


def _show(page: "ManualPage") -> None:
    from composer.app.manual import pages_linked

    lines = [f"- `{command_line('help', each.topic)}`: {each.title}" for each in pages_linked(page)]
    more = "\n".join(["", "## More pages", "", *lines, ""]) if lines else ""
    _show_text(page.text, more)


def _show_text(text: str, more: str = "") -> None:
    """Print Markdown; on a terminal formatted, with `more` after it."""
    from composer.cli.ui.manual_view import is_shown_rendered, rendered

    if is_shown_rendered():
        console.answer_page(rendered(text + more, shutil.get_terminal_size().columns))
    else:
        console.answer(text.rstrip())


def _command_help(words: tuple[str, ...]) -> str:
    """Return the help of a command, such as `db backup`, or an empty text if no command has this name."""
    context = click.get_current_context().find_root()
    for word in words:
        group = context.command
        inner = group.get_command(context, word) if isinstance(group, click.Group) else None
        if inner is None:
            return ""
        context = click.Context(inner, info_name=word, parent=context)
    return context.get_help()
