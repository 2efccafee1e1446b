"""A message for one recipient: the recipient, the message, and the interface of its source.

Input: nothing. Output: values, and the base class of the sources of messages: in this process (message_factory.py), or
in separate processes (message_worker_pool.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.transport.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecipient:
    """The recipient of a message, with the values at the time when the mailing was frozen."""

    subscriber_id: int
    variant: int
    address: str = field(repr=False)
    name: str = field(repr=False)
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    language: str
    #: The newsletter's own merge fields, as JSON.
    fields: str = field(repr=False)
    #: Of a correction: the mailing whose message it replies to, and the subscriber id of that message.
    answered_mailing: int | None = None
    answered_subscriber: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message for one recipient, ready to send."""

    envelope: Envelope
    message: bytes


class MessageSource(ABC):
    """Makes the messages of a mailing; threads share it."""

    @abstractmethod
    def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
        """Return one message. Raises ComposeError if it cannot be made. Three rejections in a row stop the run."""

    def expect(self, recipients: Sequence[MessageRecipient]) -> None:  # noqa: B027  # most have nothing to prepare
        """Prepare for the next recipients, in their order. Never waits."""
