"""The command `compose dkim`: the keys that sign messages."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.app.administration.dkim_pair import DkimRecords
    from composer.content.document.newsletter import Newsletter

_DOMAIN = click.option("--domain", metavar="DOMAIN", help="The signing domain.  [default: the sender's]")


@click.group("dkim")
def command() -> None:
    """Create the DKIM keys that sign messages, and print their DNS records."""


@command.command("keygen")
@_DOMAIN
@click.option(
    "--selector", default="compose", metavar="NAME", help="What the names of the keys begin with.  [default: compose]"
)
def keygen(domain: str | None, selector: str) -> int:
    """Create an RSA and an Ed25519 key, and print their DNS records."""
    from composer.app.administration.dkim_pair import make_dkim_keys
    from composer.core.environment import environment

    newsletter = _newsletter()
    made = make_dkim_keys(newsletter, environment(), selector=selector, domain=domain, written=_tell_written)
    console.talk("")
    console.talk("Publish these DNS records:")
    _show(made)
    console.talk("")
    console.talk("Then add to newsletter.yaml:")
    _say_selectors(made, newsletter)
    return 0


@command.command("show")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR...]")
@_DOMAIN
def show(selectors: tuple[str, ...], domain: str | None) -> int:
    """Print the DNS records of keys.

    Without SELECTOR, print the records of the selectors in newsletter.yaml, or of all keys if it names none.
    """
    from composer.app.administration.dkim_pair import dkim_records
    from composer.core.environment import environment

    newsletter = _newsletter()
    found = dkim_records(newsletter, environment(), selectors, domain=domain)
    if found.is_named:
        _show(found)
        return 0
    console.talk("newsletter.yaml lists no selectors. DNS records of the keys that were found:")
    _show(found)
    console.talk("")
    console.talk("To sign with them, one RSA and one Ed25519 key, add to newsletter.yaml:")
    _say_selectors(found, newsletter)
    return 0


def _newsletter() -> "Newsletter":
    from composer.content.document.newsletter import read_newsletter

    return read_newsletter(Workspace.find(Path.cwd()))


def _tell_written(path: Path) -> None:
    console.talk(f"written: {path}")


def _say_selectors(keys: "DkimRecords", newsletter: "Newsletter") -> None:
    console.talk("  delivery:\n    dkim:\n      selectors:")
    for each in keys.selectors:
        console.talk(f"        - {each}")
    if keys.domain != newsletter.sender.domain:
        console.talk(f"      domain: {keys.domain}")
    console.talk("To check the records, run   compose doctor")


def _show(keys: "DkimRecords") -> None:
    console.answer("\n\n".join("\n".join(each.lines) for each in keys.records))
