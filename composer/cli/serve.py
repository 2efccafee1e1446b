"""`compose serve`: the readers' pages."""

import datetime
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli import console
from composer.errors import UsageError
from composer.workspace import OUTBOX, Workspace

if TYPE_CHECKING:
    from composer.surroundings import Surroundings
    from composer.transport.transport import Transport
    from composer.web.public.letters import Stationery
    from composer.web.public.publication import Publication

#: Seconds that a letter on its way may take when the server is told to end.
_LAST_LETTER = 20


@click.command("serve")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="Address to answer on.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8800, metavar="N", help="Port to answer on.  [default: 8800]"
)
@click.option(
    "--proxy", "proxies", multiple=True, metavar="ADDRESS",
    help="Address or network of a proxy that tells who asks; may be repeated.  [default: this computer]",
)  # fmt: skip
def command(host: str, port: int, proxies: tuple[str, ...]) -> int:
    """Answer readers: leave, join, change, be forgotten, read online.

    The pages answer at `delivery.public_url`, behind a reverse proxy that does the encryption (docs/server.md). Messages
    that they send, to confirm an address or with a link, go out from here.
    """
    # Late: only this command needs a web server and a database.
    from composer.audience.secret import tokens_of
    from composer.bounces.configured import webhooks_of
    from composer.database.engine import open_database
    from composer.database.location import location_of
    from composer.surroundings import surroundings
    from composer.web.public.hooks import Callers
    from composer.web.public.kept import KeptApprovals, KeptEditions
    from composer.web.public.letters import Stationery
    from composer.web.public.post import Post
    from composer.web.public.publication import read_publication
    from composer.web.public.serving import listen, serve
    from composer.web.public.site import Site
    from composer.web.public.turns import Turns

    workspace = Workspace.find(Path.cwd())
    trusted = _networks(proxies)
    publication = read_publication(workspace)
    around = surroundings()
    webhooks = webhooks_of(publication.main, around)
    stationery = Stationery(publication=publication)
    transport, sign = _way_out(publication, stationery, workspace, around)
    with (
        open_database(location_of(publication.main, workspace, around.environment)) as database,
        listen(host, port) as listener,
    ):
        tokens, turns = tokens_of(database, around), Turns(database)
        post = Post(
            turns=turns,
            stationery=stationery,
            tokens=tokens,
            transport=transport,
            sign=sign,
            clock=_now,
            tell=_tell,
        )
        site = Site(
            publication=publication,
            turns=turns,
            tokens=tokens,
            approvals=KeptApprovals(tokens),
            editions=KeptEditions(),
            clock=_now,
            wake=post.wake,
            is_posting=lambda: post.is_alive,
            callers=Callers(webhooks=webhooks),
        )

        def opened() -> None:
            post.start()
            console.answer(f"http://{host}:{port}/")
            console.talk(f"readers find these pages at {publication.address.url}; Ctrl-C ends them")

        try:
            serve(site, listener, proxies=trusted, opened=opened, tell=_tell)
        finally:
            post.stop(_LAST_LETTER)
            turns.close()
    console.talk("the pages have ended")
    return 0


def _way_out(
    publication: "Publication", stationery: "Stationery", workspace: Workspace, around: "Surroundings"
) -> "tuple[Callable[[], Transport], Callable[[bytes, datetime.datetime], bytes]]":
    """Give how letters leave, and what signs them; whatever is wrong with either is told before the first reader asks."""
    from composer.content.addresses import Address
    from composer.delivery.configured import server_of, signer_of, transport_name
    from composer.web.public.letters import Text
    from composer.web.public.words import choose

    newsletter = publication.main
    transport: Callable[[], Transport]
    if transport_name(newsletter, around) == "outbox":
        from composer.transport.files import FileTransport

        folder = workspace.root / OUTBOX / "letters"
        console.talk(f"Nothing leaves this computer: letters to readers are written to {workspace.name(folder)}/")
        transport, host = (lambda: FileTransport(folder)), ""
    else:
        from composer.transport.smtp import SmtpTransport

        host = server_of(newsletter, workspace, around).host
        transport = lambda: SmtpTransport(server_of(newsletter, workspace, around))  # noqa: E731 - one of two

    def sign(message: bytes, now: datetime.datetime) -> bytes:
        return signer_of(newsletter, around, host, int(now.timestamp()))(message)

    to = Address(address=newsletter.sender.address)
    specimen = stationery.write(
        Text.CONFIRM, choose((publication.language,)), to, publication.address.url, message_id="specimen", now=_now()
    )
    sign(specimen, _now())
    return transport, sign


def _networks(proxies: tuple[str, ...]) -> tuple[str, ...]:
    for each in proxies:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise UsageError(
                f"--proxy: “{each}” is no address and no network", "write 10.0.0.2 or 10.0.0.0/24"
            ) from None
    return proxies or ("127.0.0.1", "::1")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _tell(line: str) -> None:
    console.talk(f"{_now():%Y-%m-%dT%H:%M:%SZ} {line}")
