"""Reads from the ledger what the pages show: editions that were sent, and issues to review.

Input: a connection, and a stem or a token. Output: `EditionPage`, `RequestedReview`, or None. Guarantees: an edition contains no
subscriber's values: merge fields show their default values.
"""

from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Connection

from composer.audience.identity.tokens import Tokens
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.errors import ComposeError
from composer.core.workspace import Workspace
from composer.delivery.approval import review_links
from composer.delivery.approval.archive_records import withdrawal_of
from composer.delivery.approval.recorded_editions import published
from composer.delivery.config.delivery_settings import settings_of
from composer.mail.compiled_message import Compiled
from composer.mail.letterhead import Addressing
from composer.web.public.pages.edition_pages import EditionPage, shown_of
from composer.web.public.pages.review_pages import AnswerEffect, RequestedReview, ReviewAnswer

#: Placeholder headers, which are not shown.
_NOBODY = Addressing(to=None, date=datetime(1970, 1, 1, tzinfo=UTC), message_id="<shown@compose.invalid>")


class EditionRepository:
    """Finds editions that have been sent."""

    def find(self, connection: Connection, stem: str) -> EditionPage | None:
        """Return the edition of an issue's stem if a server has accepted a message of it, else None."""
        compiled = published(connection, stem)
        return None if compiled is None else _shown(compiled)

    def withdrawn(self, connection: Connection, stem: str) -> str | None:
        """Return why an issue that was sent was withdrawn, as of the last `compose publish`; None if it was not."""
        return withdrawal_of(connection, stem)


class ReviewRepository:
    """Keeps editors' answers. Who may approve is read for each request, so a change of newsletter.yaml applies at once."""

    def __init__(self, tokens: Tokens, workspace: Workspace, newsletter: Newsletter) -> None:
        """`newsletter` is used while newsletter.yaml cannot be read."""
        self._tokens, self._workspace, self._newsletter = tokens, workspace, newsletter

    def look(self, connection: Connection, token: str, now: datetime) -> RequestedReview | None:
        """Return the review that a token belongs to, or None."""
        found = review_links.question(connection, self._tokens, token, now)
        if found is None:
            return None
        return RequestedReview(
            messages=found.messages, answer=found.answer, is_approver=self._is_approver(found.address)
        )

    def show(self, connection: Connection, token: str, number: int, now: datetime) -> EditionPage | None:
        """Return a message of the review; None if it does not exist or the editor may no longer approve."""
        found = review_links.question(connection, self._tokens, token, now)
        if found is None or not self._is_approver(found.address):
            return None
        compiled = review_links.message_in(connection, self._tokens, token, number, now)
        return None if compiled is None else _shown(compiled)

    def record(
        self, connection: Connection, token: str, answer: ReviewAnswer, comment: str, now: datetime
    ) -> AnswerEffect | None:
        """Record an answer, which replaces an earlier one, and return its effect; None for an invalid token."""
        return review_links.answer_by_link(connection, self._tokens, token, answer, comment, now)

    def _is_approver(self, address: str) -> bool:
        # The file may have errors while somebody edits it.
        with suppress(ComposeError, OSError):
            self._newsletter = read_newsletter(self._workspace)
        return settings_of(self._newsletter).approver(address) is not None


def _shown(compiled: bytes) -> EditionPage:
    return shown_of(Compiled.from_bytes(compiled).specimen(_NOBODY))
