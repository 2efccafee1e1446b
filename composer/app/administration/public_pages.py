"""Runs the public pages until the process is told to end.

Input: a workspace, where secrets come from, an address and a port. Output: nothing; log lines go to a function. Guarantees: what
is missing in the settings is told before a port is taken, and a message that is being sent at the end is waited for.
"""

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from composer.audience.identity.token_secret import tokens_of
from composer.audience.suppression import erasure_key
from composer.core.environment import Environment
from composer.core.event_log import emit, said_to
from composer.core.workspace import Workspace
from composer.database.schema_upgrade import open_database
from composer.web.public.http.webhook_callers import Callers
from composer.web.public.http.write_executor import WriteExecutor
from composer.web.public.pages.page_context import Site
from composer.web.public.pages.repositories import EditionRepository, ReviewRepository
from composer.web.public.server import systemd
from composer.web.public.server.public_server import HOST, PORT, listen, serve
from composer.web.public.server.reload import Alert, Reloader
from composer.web.public.site.public_settings import PublicSettings, read_public_settings
from composer.web.public.transactional.worker import TransactionalWorker

#: Seconds that a message on its way may take when the server is told to end.
_LAST_MESSAGE = 20
#: Proxies on this computer.
_OWN = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """Where the pages answer. Sockets that systemd passes are used instead of host and port."""

    host: str = HOST
    port: int = PORT
    #: Addresses and networks of proxies that are believed when they tell who asks.
    proxies: tuple[str, ...] = _OWN


def public_settings(workspace: Workspace, environment: Environment, now: datetime) -> PublicSettings:
    """Read the settings of the pages, and try what can be tried without the network.

    Raises ContentError, SettingsError, KeyFileError, DatabaseError, PublicError.
    """
    return read_public_settings(workspace, environment, now)


def serve_pages(
    settings: PublicSettings,
    environment: Environment,
    address: ServerAddress,
    *,
    opened: Callable[[tuple[str, ...]], None],
    clock: Callable[[], datetime],
    tell: Callable[[str], None],
) -> None:
    """Answer until SIGINT or SIGTERM; SIGHUP reads the settings again.

    `opened` is called once the pages answer, with where; `tell` with each line that people read. Events for programs
    go to the log
    `compose.serve`. Raises DatabaseError, SettingsError,
    and PublicError for an address that cannot be used.
    """
    workspace, log = settings.workspace, logging.getLogger("compose.serve")
    with contextlib.ExitStack() as stack:
        stack.enter_context(said_to(tell))
        database = stack.enter_context(open_database(settings.location))
        listeners = systemd.passed_sockets(os.environ) or (listen(address.host, address.port),)
        for listener in listeners:
            stack.enter_context(listener)
        with database.read() as connection:
            # Told now, and not by each page that asks whether somebody was erased.
            erasure_key(connection)
        tokens, executor = tokens_of(database, environment), WriteExecutor(database)
        worker = TransactionalWorker(executor=executor, mailer=settings.mailer, tokens=tokens, clock=clock, log=log)
        site = Site(
            publication=settings.publication,
            executor=executor,
            tokens=tokens,
            approvals=ReviewRepository(tokens, workspace, settings.publication.main),
            editions=EditionRepository(),
            clock=clock,
            wake=worker.wake,
            is_posting=lambda: worker.is_alive,
            callers=Callers(webhooks=settings.webhooks),
            alerts=lambda: tuple(
                code for code, is_up in ((Alert.SETTINGS, reload.is_stale), (Alert.QUEUED, worker.is_holding)) if is_up
            ),
        )
        reload = Reloader(
            site,
            worker,
            settings.location,
            read=lambda: read_public_settings(workspace, environment, clock()),
            tokens=lambda: tokens_of(database, environment),
            log=log,
        )

        def ready() -> None:
            worker.start()
            opened(tuple(systemd.where(listener) for listener in listeners))
            emit(log, "server.ready")
            systemd.ready("answering")

        try:
            serve(site, listeners, proxies=address.proxies, opened=ready, log=log, reload=reload)
        finally:
            worker.stop(_LAST_MESSAGE)
            executor.close()
