"""What the ledger keeps, as the pages show it: editions that went out, and editions that wait for an editor's word.

Comes in: a connection, a stem or a token. Goes out: `Shown`, `Asked`, or None for what leads nowhere. An edition shows no
reader's values: merge fields have their stand-ins.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection

from composer.audience.tokens import Tokens
from composer.delivery import approvals as ledger
from composer.delivery.approvals import Word
from composer.mail.compiled import Compiled
from composer.mail.letterhead import Addressing
from composer.web.public.approvals import Answer, Asked
from composer.web.public.editions import Shown, shown_of

_WORDS = {Answer.YES: Word.YES, Answer.NO: Word.NO}
_ANSWERS = {Word.ASKED: None, Word.YES: Answer.YES, Word.NO: Answer.NO}
#: Nobody sees the headers of what is shown.
_NOBODY = Addressing(to=None, date=datetime(1970, 1, 1, tzinfo=UTC), message_id="<shown@compose.invalid>")


class KeptEditions:
    """Finds editions that have gone out."""

    def find(self, connection: Connection, stem: str) -> Shown | None:
        """Give the edition of an issue's stem, once a mailing of it has been accepted by a server; else None."""
        compiled = ledger.published(connection, stem)
        return None if compiled is None else _shown(compiled)


class KeptApprovals:
    """Keeps what editors say."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def look(self, connection: Connection, token: str, now: datetime) -> Asked | None:
        """Give what a token asks; None for one that leads nowhere."""
        found = ledger.question(connection, self._tokens, token, now)
        return None if found is None else Asked(edition=_shown(found.compiled), answer=_ANSWERS[found.word])

    def record(self, connection: Connection, token: str, answer: Answer, comment: str, now: datetime) -> bool:
        """Keep an answer, in the place of an earlier one; False for a token that leads nowhere."""
        return ledger.answer(connection, self._tokens, token, _WORDS[answer], comment, now)


def _shown(compiled: bytes) -> Shown:
    return shown_of(Compiled.from_bytes(compiled).specimen(_NOBODY))
