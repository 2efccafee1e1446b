"""Makes the messages of a mailing in separate processes, so that all processors are used.

Input: the data of a mailing's messages (`JobPayload`), then recipients. Output: an `OutgoingMessage` for each.
Guarantees: it is the same message that `MailingMessages` makes in this process; if no worker answers, it is made in
this process.

A signature takes longer than the rest of a message, and Python runs one thread at a time. With workers, the threads of
a run only have to send (docs/decisions/0007).
"""

import os
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Self

from composer.core.environment import processors
from composer.delivery.messages.message_factory import JobPayload, MailingMessages, MessageError
from composer.delivery.messages.message_worker import MessageWorker
from composer.delivery.messages.outgoing import MessageRecipient, MessageSource, OutgoingMessage

#: Workers are worth it from this number of messages on, and from this number of messages per minute on.
_MANY, _QUICK = 1_000, 6_000.0
#: More workers would make more messages than one run can send.
_MOST = 4


@contextmanager
def messages_of(payload: JobPayload, count: int, rate: float | None) -> Iterator[MessageSource]:
    """Yield the source of messages: with workers if the number and the rate are high enough. Raises FrozenError."""
    is_worth_it = payload.profile is not None and count >= _MANY and (rate is None or rate >= _QUICK)
    if not is_worth_it or processors() == 1 or os.name != "posix":
        yield MailingMessages(payload)
        return
    with MessageWorkerPool(payload, min(processors(), _MOST)) as pool:
        yield pool


class MessageWorkerPool(MessageSource):
    """The running workers; threads share them."""

    def __init__(self, payload: JobPayload, count: int) -> None:
        """Raises FrozenError."""
        self._here = MailingMessages(payload)
        self._pool: list[MessageWorker] = []
        data = pickle.dumps(payload)
        for _ in range(count):
            # If a process cannot be started, the messages are made in this one.
            with suppress(OSError):
                self._pool.append(MessageWorker(data))

    def expect(self, recipients: Sequence[MessageRecipient]) -> None:
        """Request these messages, as far ahead as possible."""
        for number, message_worker in enumerate(self._pool):
            message_worker.expect([each for each in recipients if each.subscriber_id % len(self._pool) == number])

    def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
        """Return a message from a worker, or make it in this process. Raises ComposeError, as MailingMessages does."""
        reply = None
        if self._pool:
            reply = self._pool[recipient.subscriber_id % len(self._pool)].reply(recipient)
        if reply is None:
            return self._here.outgoing(recipient)
        if isinstance(reply.found, MessageError):
            raise reply.found
        return self._here.joined(recipient.variant, *reply.found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for each in self._pool:
            each.close()
