"""Reloads the settings while the server runs; invalid settings change nothing.

Input: the server that gets the new settings. Output: a new site, or log lines with the errors. Guarantees: does not raise;
requests and mails in progress keep their settings.
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
    """A problem that needs attention, as /health names it."""

    #: the new settings are invalid; the earlier ones are in use
    SETTINGS = "settings-not-reloaded"
    #: more sign-up mail is requested than may be sent per hour
    QUEUED = "sign-up-mail-queued"


class Reloader:
    """Reloads the settings after SIGHUP."""

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
        """`location` is the open database; a different one needs a restart."""
        self._site, self._worker, self._location = site, worker, location
        self._read, self._tokens, self._log = read, tokens, log
        self.is_stale = False

    def __call__(self, server: PublicServer) -> None:
        """Read the settings, and use them if all of them are valid."""
        systemd.reloading()
        try:
            self._use(server, self._read(), self._tokens())
            self.is_stale = False
            emit(self._log, "settings.reloaded", said="settings reloaded")
            systemd.ready("answering")
        except Exception as error:
            self.is_stale = True
            said = (*_lines(error), "alert: settings not reloaded, the earlier ones stay in use")
            for each in said[:-1]:
                emit(self._log, "settings.rejected", level=logging.ERROR, said=each, error=type(error).__name__)
            emit(self._log, "alert", level=logging.WARNING, said=said[-1], alert=Alert.SETTINGS)
            systemd.ready("answering with the earlier settings: the new ones are invalid, see the log")

    def _use(self, server: PublicServer, configured: PublicSettings, tokens: Tokens) -> None:
        if configured.location != self._location:
            said = "the settings name another database, which is used after a restart"
            emit(self._log, "settings.restart_needed", level=logging.WARNING, said=said)
        publication, callers = configured.publication, replace(self._site.callers, webhooks=configured.webhooks)
        approvals = ReviewRepository(tokens, configured.workspace, publication.main)
        self._site = replace(self._site, publication=publication, tokens=tokens, approvals=approvals, callers=callers)
        self._worker.use(configured.mailer, tokens)
        server.use(self._site)


def _lines(error: Exception) -> list[str]:
    """Return the lines of an error: every problem with its place, or a message and its hint; of a bug only the traceback."""
    if isinstance(error, ContentError):
        return [line for each in error.problems for line in str(each).splitlines()]
    if isinstance(error, ComposeError):
        return [error.message, *([f"    {error.hint}"] if error.hint else [])]
    return [f"bug: {type(error).__name__}", *"".join(traceback.format_tb(error.__traceback__)).splitlines()]
