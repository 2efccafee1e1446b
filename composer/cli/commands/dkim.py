"""`compose dkim`: the keys that sign messages."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.errors import UsageError
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.content.document.newsletter import Newsletter

_DOMAIN = click.option("--domain", metavar="DOMAIN", help="The domain that signs.  [default: the sender's]")


@click.group("dkim")
def command() -> None:
    """Make the keys that sign messages, and print their DNS records."""


@command.command("keygen")
@_DOMAIN
@click.option("--selector", default="compose", metavar="NAME", help="How the keys' names begin.  [default: compose]")
def keygen(domain: str | None, selector: str) -> int:
    """Make two keys, one RSA and one Ed25519, and print what to publish."""
    import re

    from composer.core.environment import environment
    from composer.delivery.config.dkim_keys import generate, write_key
    from composer.delivery.config.resolve import key_path
    from composer.mail.dkim_signing import Algorithm

    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,50}[A-Za-z0-9])?", selector):
        raise UsageError(f"“{selector}” cannot be a selector", "letters, digits and - only, such as   compose")
    newsletter = _newsletter()
    domain = _domain(domain, newsletter)
    made = {f"{selector}-rsa": Algorithm.RSA, f"{selector}-ed": Algorithm.ED25519}
    paths = {name: key_path(environment(), domain, name) for name in made}
    if taken := next((path for path in paths.values() if path.exists()), None):
        raise UsageError(f"there is a key already: {taken}", "name others:   compose dkim keygen --selector compose2")
    for name, algorithm in made.items():
        write_key(paths[name], generate(algorithm))
        console.talk(f"written: {paths[name]}")
    console.talk("")
    console.talk("Publish these DNS records, as they stand in a zone file:")
    _show(domain, made)
    console.talk("")
    console.talk("and write into newsletter.yaml:")
    _say_selectors(made, domain, newsletter)
    return 0


@command.command("show")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR...]")
@_DOMAIN
def show(selectors: tuple[str, ...], domain: str | None) -> int:
    """Print the DNS records of keys; without names, of those in newsletter.yaml, or of all there are."""
    from composer.core.environment import environment
    from composer.delivery.config.resolve import selectors_of, signing_of

    newsletter = _newsletter()
    signing = None if selectors else signing_of(newsletter)
    domain = _domain(domain or (signing.domain if signing else None), newsletter)
    if named := selectors or (signing.selectors if signing else ()):
        _show(domain, named)
        return 0
    found = selectors_of(environment(), domain)
    if not found:
        raise UsageError(
            f"newsletter.yaml names no selectors, and there is no key for {domain}", "make keys:   compose dkim keygen"
        )
    console.talk("newsletter.yaml names no selectors; these keys are there. Their DNS records:")
    _show(domain, found)
    console.talk("")
    console.talk("To sign with them, one RSA and one Ed25519, write into newsletter.yaml:")
    _say_selectors(found, domain, newsletter)
    return 0


def _newsletter() -> "Newsletter":
    from composer.content.document.newsletter import read_newsletter

    return read_newsletter(Workspace.find(Path.cwd()))


def _domain(given: str | None, newsletter: "Newsletter") -> str:
    from composer.core.addresses import AddressError, domain_to_ascii

    try:
        return domain_to_ascii(given) if given else newsletter.sender.domain
    except AddressError as error:
        raise UsageError(f"--domain: {error}", "it looks like   news.example.org") from None


def _say_selectors(selectors: Iterable[str], domain: str, newsletter: "Newsletter") -> None:
    console.talk("  delivery:\n    dkim:\n      selectors:")
    for each in selectors:
        console.talk(f"        - {each}")
    if domain != newsletter.sender.domain:
        console.talk(f"      domain: {domain}")
    console.talk("then:   compose doctor")


def _show(domain: str, selectors: Iterable[str]) -> None:
    from composer.core.environment import environment
    from composer.delivery.config.dkim_keys import read_key, zone_line
    from composer.delivery.config.resolve import key_path

    for selector in selectors:
        console.answer(zone_line(read_key(key_path(environment(), domain, selector), selector=selector), domain))
