"""`compose serve`: the readers' pages."""

import contextlib
import datetime
import ipaddress
import os
from pathlib import Path

import click

from composer.cli import console
from composer.errors import UsageError
from composer.workspace import Workspace

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
@click.option("--check", is_flag=True, help="Check the settings and stop: as compose serve reads them, at no port.")
def command(host: str, port: int, proxies: tuple[str, ...], check: bool) -> int:
    """Answer readers: leave, join, change, be forgotten, read online.

    The pages answer at `delivery.public_url`, behind a reverse proxy that does the encryption (docs/server.md). Messages
    that they send, to confirm an address or with a link, go out from here. SIGHUP reads the settings again; a socket that
    systemd passes is used instead of --host and --port.
    """
    # Late: only this command needs a web server and a database.
    from composer.audience.secret import tokens_of
    from composer.audience.suppression import erasure_key
    from composer.database.engine import open_database
    from composer.surroundings import surroundings
    from composer.web.public import systemd
    from composer.web.public.configured import read_configured
    from composer.web.public.hooks import Callers
    from composer.web.public.kept import KeptApprovals, KeptEditions
    from composer.web.public.post import Post
    from composer.web.public.reloading import Alert, Reloader
    from composer.web.public.serving import listen, serve
    from composer.web.public.site import Site
    from composer.web.public.turns import Turns

    workspace = Workspace.find(Path.cwd())
    trusted = _networks(proxies)
    configured = read_configured(workspace, surroundings(), _now())
    if check:
        console.answer("the settings can be used")
        return 0
    if configured.outbox is not None:
        name = workspace.name(configured.outbox)
        console.talk(f"Nothing leaves this computer: letters to readers are written to {name}/")
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(open_database(configured.location))
        listeners = systemd.passed_sockets(os.environ) or (listen(host, port),)
        for listener in listeners:
            stack.enter_context(listener)
        with database.read() as connection:
            # Told now, and not by each page that asks whether somebody was erased.
            erasure_key(connection)
        tokens, turns = tokens_of(database, surroundings()), Turns(database)
        post = Post(turns=turns, mailer=configured.mailer, tokens=tokens, clock=_now, tell=_tell)
        site = Site(
            publication=configured.publication,
            turns=turns,
            tokens=tokens,
            approvals=KeptApprovals(tokens, workspace, configured.publication.main),
            editions=KeptEditions(),
            clock=_now,
            wake=post.wake,
            is_posting=lambda: post.is_alive,
            callers=Callers(webhooks=configured.webhooks),
            alerts=lambda: tuple(
                code for code, is_up in ((Alert.SETTINGS, reload.is_stale), (Alert.QUEUED, post.is_holding)) if is_up
            ),
        )
        reload = Reloader(
            site,
            post,
            configured.location,
            read=lambda: read_configured(workspace, surroundings(), _now()),
            tokens=lambda: tokens_of(database, surroundings()),
            tell=_tell,
        )

        def opened() -> None:
            post.start()
            for listener in listeners:
                console.answer(systemd.where(listener))
            console.talk(f"readers find these pages at {configured.publication.address.url}; Ctrl-C ends them")
            systemd.ready("answering")

        try:
            serve(site, listeners, proxies=trusted, opened=opened, tell=_tell, reload=reload)
        finally:
            post.stop(_LAST_LETTER)
            turns.close()
    console.talk("the pages have ended")
    return 0


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
