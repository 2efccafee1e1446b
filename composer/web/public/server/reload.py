"""Reads the settings again while the pages answer; settings that cannot be used change nothing.

Input: a call, and the server to give the new settings to. Output: a newer site, or log lines that say what is wrong. Guarantees:
never raises; requests and letters that have begun keep the settings they began with.
"""

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from composer.audience.identity.tokens import Tokens
from composer.core.errors import ComposeError, ContentError
from composer.core.event_log import emit
from composer.database.location import Location
from composer.web.public.pages.page_context import Site
from composer.web.public.pages.repositories import ReviewRepository
from composer.web.public.server import systemd
from composer.web.public.server.public_server import PublicServer
from composer.web.public.site.public_settings import PublicSettings
from composer.web.public.transactional.worker import TransactionalWorker


class Alert(StrEnum):
    """What somebody should look at, as /health names it."""

    #: the settings were read again and cannot be used; the earlier ones are in use
    SETTINGS = "settings-not-reloaded"
    #: more sign-up mail is asked for than may be sent in an hour
    QUEUED = "sign-up-mail-queued"


class Reloader:
    """Called after SIGHUP."""

    def __init__(
        self,
        site: Site,
        worker: TransactionalWorker,
        location: Location,
        *,
        read: Callable[[], PublicSettings],
        tokens: Callable[[], Tokens],
        log: logging.Logger,
    ) -> None:
        """`location` is the database that is open: another one needs a restart."""
        self._site, self._worker, self._location = site, worker, location
        self._read, self._tokens, self._log = read, tokens, log
        self.is_stale = False

    def __call__(self, server: PublicServer) -> None:
        """Read the settings, and use them if all of them can be used."""
        systemd.reloading()
        try:
            self._use(server, self._read(), self._tokens())
            self.is_stale = False
            emit(self._log, "settings.reloaded", said="settings read again")
            systemd.ready("answering")
        except Exception as error:
            self.is_stale = True
            said = (*_lines(error), "alert: settings not read again: the earlier ones stay in use")
            for each in said[:-1]:
                emit(self._log, "settings.rejected", level=logging.ERROR, said=each, error=type(error).__name__)
            emit(self._log, "alert", level=logging.WARNING, said=said[-1], alert=Alert.SETTINGS)
            systemd.ready("answering with earlier settings: the new ones cannot be used, see the log")

    def _use(self, server: PublicServer, configured: PublicSettings, tokens: Tokens) -> None:
        if configured.location != self._location:
            said = "another database is named: it is used after a restart"
            emit(self._log, "settings.restart_needed", level=logging.WARNING, said=said)
        publication, callers = configured.publication, replace(self._site.callers, webhooks=configured.webhooks)
        approvals = ReviewRepository(tokens, configured.workspace, publication.main)
        self._site = replace(self._site, publication=publication, tokens=tokens, approvals=approvals, callers=callers)
        self._worker.use(configured.mailer, tokens)
        server.use(self._site)


def _lines(error: Exception) -> list[str]:
    """Say what is wrong: every problem at its place, or a stop with its hint; of a bug only where it happened."""
    if isinstance(error, ContentError):
        return [line for each in error.problems for line in str(each).splitlines()]
    if isinstance(error, ComposeError):
        return [error.message, *([f"    {error.hint}"] if error.hint else [])]
    return [f"bug: {type(error).__name__}", *"".join(traceback.format_tb(error.__traceback__)).splitlines()]
