"""HTTP connections with an end to their patience: a client that sends or reads too slowly is hung up on.

Input: bytes from a client. Output: requests to the application, as uvicorn makes them. It only keeps time: uvicorn
gives a request's head as long as it likes, and a client that does not read its answer, too; and when the server ends, it
closes connections whose request is on its way, and the proxy would have to answer with an error.
"""

import asyncio

from composer.web.http_server import H11Protocol, ServerState

#: Seconds for the head of a request, from its first byte or from the connection's beginning.
HEAD = 10.0
#: Seconds for the rest: body, work and answer.
REQUEST = 60.0
#: Seconds in which a request may still arrive, on a connection that was taken before the server was told to end.
LAST_HEAD = 2.0
_CLOSE = (b"connection", b"close")


class RequestState(ServerState):
    """What the connections of a server share: whether it is ending, too."""

    is_ending = False


class SlowClientProtocol(H11Protocol):
    """One connection; one deadline at a time. Between two requests uvicorn's own limit holds."""

    head_seconds, request_seconds, last_head_seconds = HEAD, REQUEST, LAST_HEAD
    server_state: RequestState
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

    def shutdown(self) -> None:
        """Answer what has arrived, and what is arriving; then close. A proxy may have sent a request a moment ago."""
        if self._is_answering:
            self._close_after_answer()
        elif not self.transport.is_closing():
            self._expect(self.last_head_seconds)

    def _look(self) -> None:
        if self._is_answering or self.cycle is None or self.cycle.response_complete:
            return
        self._is_answering = True
        self._expect(self.request_seconds)
        # A body whose length is given in two ways may be a second request for one of the two who read it (RFC 9112 section 6.1).
        names = {name for name, _ in self.headers}
        if self.server_state.is_ending or {b"content-length", b"transfer-encoding"} <= names:
            self._close_after_answer()

    def _close_after_answer(self) -> None:
        self.cycle.keep_alive = False
        if not self.cycle.response_started:
            # Said as well as done: a proxy must not send another request over this connection.
            self.cycle.default_headers = [*self.cycle.default_headers, _CLOSE]

    def _expect(self, seconds: float) -> None:
        self._rest()
        if self.server_state.is_ending and not self._is_answering:
            seconds = min(seconds, self.last_head_seconds)
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
