"""The command `compose subscribers`: manage subscribers."""

import click

from composer.cli.commands.subscribers import import_list, people


@click.group("subscribers")
def command() -> None:
    """Manage subscribers: import, add, list, tag, unsubscribe, erase."""


for _each in (
    import_list.take_list,
    people.add,
    people.show,
    people.list_them,
    people.export,
    people.tag,
    people.move,
    people.unsubscribe,
    people.erase,
):
    command.add_command(_each)
