"""A message for one recipient: whom it is for, what is handed over, and who makes it.

Values, and the base of those who make messages: here (message_factory.py), or in processes of their own (message_worker_pool.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.transport.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecipient:
    """Who gets a message, as they were when the mailing was frozen."""

    subscriber_id: int
    variant: int
    address: str = field(repr=False)
    name: str = field(repr=False)
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    language: str
    #: The newsletter's own merge fields, as JSON.
    fields: str = field(repr=False)
    #: Of a correction: the mailing whose message it answers, and the id that it went to.
    answered_mailing: int | None = None
    answered_subscriber: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message for one recipient, ready to be handed over."""

    envelope: Envelope
    message: bytes


class MessageSource(ABC):
    """Makes the messages of a mailing; threads share it."""

    @abstractmethod
    def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
        """Make one. Raises ComposeError where that cannot be: it is then refused, and three running stop the run."""

    def expect(self, recipients: Sequence[MessageRecipient]) -> None:  # noqa: B027  # most have nothing to prepare
        """Know who comes next, in their order. Never waits."""
