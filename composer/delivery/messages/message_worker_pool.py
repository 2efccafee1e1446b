"""Makes the messages of a mailing in processes of their own, so that every processor has something to do.

Input: what a mailing's messages are made from (`JobPayload`), then recipients. Output: a `Letter` for each, the same that
`MailingMessages` makes here. A signature takes longer than all else about a message, and Python lets one thread compute at a
time: beside workers the threads of a run have little left to do but hand over (docs/decisions/0007). What no press answers is
made here.
"""

import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Self

from composer.delivery.messages.message_factory import JobPayload, MailingMessages
from composer.delivery.messages.message_worker import MessageWorker, message_of
from composer.delivery.messages.outgoing import MessageRecipient, MessageSource, OutgoingMessage

#: From so many messages on, and from so many a minute, workers pay.
_MANY, _QUICK = 1_000, 6_000.0
#: More would make more messages than one run can hand over.
_MOST = 4


@contextmanager
def messages_of(payload: JobPayload, count: int, rate: float | None) -> Iterator[MessageSource]:
    """Provide what makes so many messages, at so many a minute: workers where they pay. Raises FrozenError."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    is_worth_it = payload.profile is not None and count >= _MANY and (rate is None or rate >= _QUICK)
    if not is_worth_it or processors == 1 or os.name != "posix":
        yield MailingMessages(payload)
        return
    with MessageWorkerPool(payload, min(processors, _MOST)) as pool:
        yield pool


class MessageWorkerPool(MessageSource):
    """Presses at work; threads share them."""

    def __init__(self, payload: JobPayload, count: int) -> None:
        """Raises FrozenError."""
        self._here = MailingMessages(payload)
        self._pool: list[MessageWorker] = []
        data = pickle.dumps(payload)
        for _ in range(count):
            # Where no process can be had, the messages are made here.
            with suppress(OSError):
                self._pool.append(MessageWorker(data))

    def expect(self, recipients: Sequence[MessageRecipient]) -> None:
        """Have these made, as far ahead as may be."""
        for number, message_worker in enumerate(self._pool):
            message_worker.expect([each for each in recipients if each.subscriber_id % len(self._pool) == number])

    def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
        """Return one that was made, or have it made. Raises ComposeError, as MailingLetters does."""
        reply = None
        if self._pool:
            reply = self._pool[recipient.subscriber_id % len(self._pool)].reply(recipient)
        return self._here.outgoing(recipient) if reply is None else message_of(reply)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for each in self._pool:
            each.close()
