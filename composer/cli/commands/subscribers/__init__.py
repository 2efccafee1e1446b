"""`compose subscribers`: the subscribers."""

import click

from composer.cli.commands.subscribers import import_list, people


@click.group("subscribers")
def command() -> None:
    """Keep the subscribers: take lists in, add, find, tag, let go, erase."""


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
