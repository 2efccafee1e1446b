"""`compose serve`: the public pages."""

import contextlib
import datetime
import ipaddress
import logging
import os
from pathlib import Path

import click

from composer.cli.ui import console
from composer.cli.ui.log_options import with_log
from composer.core.errors import UsageError
from composer.core.workspace import Workspace

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
@with_log
def command(host: str, port: int, proxies: tuple[str, ...], check: bool) -> int:
    """Answer subscribers: leave, join, change, be forgotten, read online.

    The pages answer at `delivery.public_url`, behind a reverse proxy that does the encryption (docs/server.md). Messages
    that they send, to confirm an address or with a link, go out from here. SIGHUP reads the settings again; a socket that
    systemd passes is used instead of --host and --port.
    """
    # Late: only this command needs a web server and a database.
    from composer.audience.identity.token_secret import tokens_of
    from composer.audience.suppression import erasure_key
    from composer.core.environment import environment
    from composer.core.event_log import emit, said_to
    from composer.database.schema_upgrade import open_database
    from composer.web.public.http.webhook_callers import Callers
    from composer.web.public.http.write_executor import WriteExecutor
    from composer.web.public.pages.page_context import Site
    from composer.web.public.pages.repositories import EditionRepository, ReviewRepository
    from composer.web.public.server import systemd
    from composer.web.public.server.public_server import listen, serve
    from composer.web.public.server.reload import Alert, Reloader
    from composer.web.public.site.public_settings import read_public_settings
    from composer.web.public.transactional.worker import TransactionalWorker

    workspace = Workspace.find(Path.cwd())
    trusted = _networks(proxies)
    configured = read_public_settings(workspace, environment(), _now())
    if check:
        console.answer("the settings can be used")
        return 0
    if configured.outbox is not None:
        name = workspace.name(configured.outbox)
        console.talk(f"Nothing leaves this computer: letters to subscribers are written to {name}/")
    log = logging.getLogger("compose.serve")
    with contextlib.ExitStack() as stack:
        stack.enter_context(said_to(_tell))
        database = stack.enter_context(open_database(configured.location))
        listeners = systemd.passed_sockets(os.environ) or (listen(host, port),)
        for listener in listeners:
            stack.enter_context(listener)
        with database.read() as connection:
            # Told now, and not by each page that asks whether somebody was erased.
            erasure_key(connection)
        tokens, executor = tokens_of(database, environment()), WriteExecutor(database)
        worker = TransactionalWorker(executor=executor, mailer=configured.mailer, tokens=tokens, clock=_now, log=log)
        site = Site(
            publication=configured.publication,
            executor=executor,
            tokens=tokens,
            approvals=ReviewRepository(tokens, workspace, configured.publication.main),
            editions=EditionRepository(),
            clock=_now,
            wake=worker.wake,
            is_posting=lambda: worker.is_alive,
            callers=Callers(webhooks=configured.webhooks),
            alerts=lambda: tuple(
                code for code, is_up in ((Alert.SETTINGS, reload.is_stale), (Alert.QUEUED, worker.is_holding)) if is_up
            ),
        )
        reload = Reloader(
            site,
            worker,
            configured.location,
            read=lambda: read_public_settings(workspace, environment(), _now()),
            tokens=lambda: tokens_of(database, environment()),
            log=log,
        )

        def opened() -> None:
            worker.start()
            for listener in listeners:
                console.answer(systemd.where(listener))
            console.talk(f"subscribers find these pages at {configured.publication.address.url}; Ctrl-C ends them")
            emit(log, "server.ready")
            systemd.ready("answering")

        try:
            serve(site, listeners, proxies=trusted, opened=opened, log=log, reload=reload)
        finally:
            worker.stop(_LAST_LETTER)
            executor.close()
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
