"""A mailing under torture whose messages are made by message workers, and a list of their processes.

Input: a mailing of `frozen_personal`. Output: its messages as `compose send` makes those of a large mailing, signed and
in processes of their own; and a `Roll`, a file in which a run lists these processes.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from composer.audience.identity.tokens import Tokens
from composer.content.values.merge_fields import MergeField
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.delivery.config.dkim_keys import generate, parse_key
from composer.delivery.core.mailing import FrozenVariant, Mailing, mailing_of, variants_of
from composer.delivery.messages.message_factory import FrozenSettings, JobPayload
from composer.delivery.messages.message_worker_pool import MessageWorkerPool, messages_of
from composer.delivery.messages.outgoing import MessageSource
from composer.mail.compiled_message import compile_message
from composer.mail.dkim_signing import Algorithm, Profile
from composer.mail.letterhead import Letterhead
from tests.delivery.factories import frozen
from tests.delivery.message_workers import are_ready, is_gone, pids

#: How many messages are announced, so that a mailing of any size has workers.
_LARGE = 1_000
_NUMBER = MergeField(token="mfx0x0tok", name="last_name", default=None)
_PROFILE = Profile(domain="example.org", keys=(parse_key(generate(Algorithm.ED25519), selector="s"),))


def frozen_personal(database: Database, count: int) -> Mailing:
    """Add subscribers and freeze a mailing to all of them, with a personal text in both parts."""
    words = f"Dear reader number {_NUMBER.token}, good morning."
    head = Letterhead(
        sender=Address(name="News", address="news@example.org"),
        subject="Hello",
        language="en",
        list_id="news.example.org",
    )
    compiled = compile_message(head, html=f"<p>{words}</p>", text=words, fields=(_NUMBER,))
    settings = FrozenSettings(sender="news@example.org", domain="example.org")
    return frozen(
        database,
        count,
        variants=(FrozenVariant(number=0, language="en", compiled=compiled.to_bytes()),),
        edition=compiled.hash,
        frozen_settings=settings.to_json(),
    )


def is_for(number: int, message: bytes) -> bool:
    """Return whether a message was written for this subscriber, and signed."""
    head, _, body = message.partition(b"\r\n\r\n")
    return (
        head.startswith(b"DKIM-Signature: ")
        and b"<Reader%d@example.net>\r\n" % number in head
        # Between soft line breaks (quoted-printable).
        and body.count(b"=\r\n%d=\r\n," % number) == 2
    )


class Roll:
    """A file with the processes of message workers."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, *words: object) -> None:
        """Add words; a line is written at once, so runs can share the file."""
        with self.path.open("a") as file:
            file.write("".join(f"{word}\n" for word in words))

    @property
    def _words(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []

    @property
    def pids(self) -> list[int]:
        return [int(word) for word in self._words if word.isdigit()]

    @property
    def is_ready(self) -> bool:
        """Whether the workers of a run have started."""
        return "ready" in self._words

    @property
    def killed(self) -> int:
        """How many workers were killed."""
        return self._words.count("killed")

    def kill(self) -> None:
        """Kill all workers that are alive."""
        for pid in self.pids:
            if not is_gone(pid):
                os.kill(pid, signal.SIGKILL)
                self.note("killed")


@contextmanager
def message_source(database: Database, mailing_id: int, roll: Roll, *, is_warm: bool) -> Iterator[MessageSource]:
    """Yield what makes the rest of the messages; with `is_warm` it waits until the workers have started."""
    with database.read() as connection:
        mailing, variants = mailing_of(connection, mailing_id), variants_of(connection, mailing_id)
    payload = JobPayload.of(mailing, variants, Tokens((b"k" * 32,)), profile=_PROFILE)
    with messages_of(payload, _LARGE, None) as made:
        if isinstance(made, MessageWorkerPool):
            roll.note(*pids(made))
            # Another run may be killed meanwhile, and these workers with it.
            while is_warm and not are_ready(made) and not any(map(is_gone, pids(made))):
                time.sleep(0.01)
        roll.note("ready")
        yield made
