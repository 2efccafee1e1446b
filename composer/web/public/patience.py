"""HTTP connections with an end to their patience: a client that sends or reads too slowly is hung up on.

Comes in: bytes from a client. Goes out: requests to the application, as uvicorn makes them. It only keeps time: uvicorn
gives a request's head as long as it likes, and a client that does not read its answer, too.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds for the head of a request, from its first byte or from the connection's beginning.
HEAD = 10.0
#: Seconds for the rest: body, work and answer.
REQUEST = 60.0


class PatientProtocol(H11Protocol):
    """One connection; one deadline at a time. Between two requests uvicorn's own limit holds."""

    head_seconds, request_seconds = HEAD, REQUEST
    _deadline: asyncio.TimerHandle | None = None
    _is_answering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._expect(self.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Take bytes; on a kept connection the first of them begin a head."""
        if self._deadline is None:
            self._expect(self.head_seconds)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Be at rest, unless the client has more to send of what has been answered already."""
        self._is_answering = False
        self._rest()
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._rest()
        super().connection_lost(exc)

    def _look(self) -> None:
        if self._is_answering or self.cycle is None or self.cycle.response_complete:
            return
        self._is_answering = True
        self._expect(self.request_seconds)

    def _expect(self, seconds: float) -> None:
        self._rest()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
