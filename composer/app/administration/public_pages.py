"""Runs the public pages until the process is stopped.

Input: a workspace, the environment with the secrets, an address and a port. Output: nothing; log lines go to a
function. Guarantees: missing settings are reported before a port is opened, and a message that is being sent is
finished at the end.
"""

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.audience.identity.token_secret import tokens_of
from composer.audience.suppression import erasure_key
from composer.core.command_lines import command_line
from composer.core.environment import Environment
from composer.core.event_log import emit, said_to
from composer.core.workspace import Workspace
from composer.database.schema_upgrade import open_database
from composer.web.public.http.webhook_callers import Callers
from composer.web.public.http.write_executor import WriteExecutor
from composer.web.public.pages.archive_files import PREFIX, ArchiveFiles
from composer.web.public.pages.page_context import Site
from composer.web.public.pages.repositories import EditionRepository, ReviewRepository
from composer.web.public.server import systemd
from composer.web.public.server.public_server import HOST, PORT, listen, serve
from composer.web.public.server.reload import Alert, Reloader
from composer.web.public.site.public_settings import PublicSettings, read_public_settings
from composer.web.public.site.publication import PublicError
from composer.web.public.transactional.worker import TransactionalWorker

#: The seconds that a message being sent may take when the server is stopped.
_LAST_MESSAGE = 20
#: Proxies on this computer.
_OWN = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """The address of the pages. Sockets that systemd passes are used instead of host and port."""

    host: str = HOST
    port: int = PORT
    #: Addresses and networks of trusted proxies, whose information about the client is used.
    proxies: tuple[str, ...] = _OWN


def public_settings(workspace: Workspace, environment: Environment, now: datetime) -> PublicSettings:
    """Read the settings of the pages, and check what can be checked without the network.

    Raises ContentError, SettingsError, KeyFileError, DatabaseError, PublicError.
    """
    return read_public_settings(workspace, environment, now)


def archive_files(settings: PublicSettings, folder: Path) -> ArchiveFiles:
    """Return the archive that is served below the public address; its folder may appear later, with the first mailing.

    Raises PublicError if it has another address, or if the folder contains something else.
    """
    expected = f"{settings.publication.address.url.rstrip('/')}{PREFIX}"
    if settings.publication.main.archive.url != expected:
        raise PublicError(
            "newsletter.yaml has another address for the archive",
            f"to serve it with these pages, write   archive:   and below it   url: {expected}",
        )
    if folder.exists() and not (folder / "index.html").is_file():
        raise PublicError(f"{folder} is not an archive", "write it with: " + command_line("publish --out", str(folder)))
    return ArchiveFiles(folder=folder, url=expected)


def serve_pages(
    settings: PublicSettings,
    environment: Environment,
    address: ServerAddress,
    *,
    opened: Callable[[tuple[str, ...]], None],
    clock: Callable[[], datetime],
    tell: Callable[[str], None],
    archive: Path | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; SIGHUP reloads the settings.

    `opened` is called with the addresses once the pages are served; `tell` with each line for people. Events for
    programs go to the log `compose.serve`. Raises DatabaseError, SettingsError, and PublicError for an address that
    cannot be used.
    """
    workspace, log = settings.workspace, logging.getLogger("compose.serve")
    with contextlib.ExitStack() as stack:
        stack.enter_context(said_to(tell))
        database = stack.enter_context(open_database(settings.location))
        listeners = systemd.passed_sockets(os.environ) or (listen(address.host, address.port),)
        for listener in listeners:
            stack.enter_context(listener)
        with database.read() as connection:
            # Checked now, and not only by the first page that asks whether someone was erased.
            erasure_key(connection)
        tokens, executor = tokens_of(database, environment), WriteExecutor(database)
        worker = TransactionalWorker(
            database=database, executor=executor, mailer=settings.mailer, tokens=tokens, clock=clock, log=log
        )
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
            archive=archive_files(settings, archive) if archive is not None else None,
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
