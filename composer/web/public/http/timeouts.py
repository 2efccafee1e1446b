"""HTTP connections with deadlines: a client that sends or reads too slowly is disconnected.

Input: bytes from a client. Output: requests to the application, as uvicorn makes them. This module only adds deadlines: uvicorn
does not limit the time for a request's head or for reading a response. And when uvicorn stops, it closes connections whose
request is still arriving, so that the proxy would have to respond with an error.
"""

import asyncio

from composer.web.http_server import H11Protocol, ServerState

#: Seconds for the head of a request, from its first byte or the start of the connection.
HEAD = 10.0
#: Seconds for the rest: body, processing and response.
REQUEST = 60.0
#: Seconds in which a request can still arrive on an open connection after the server was told to stop.
LAST_HEAD = 2.0
_CLOSE = (b"connection", b"close")


class RequestState(ServerState):
    """The state that the connections of a server share, including whether it is stopping."""

    is_ending = False


class SlowClientProtocol(H11Protocol):
    """One connection with one deadline at a time. Between two requests, uvicorn's own limit applies."""

    head_seconds, request_seconds, last_head_seconds = HEAD, REQUEST, LAST_HEAD
    server_state: RequestState
    _deadline: asyncio.TimerHandle | None = None
    _is_answering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start waiting for a head."""
        super().connection_made(transport)
        self._expect(self.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Handle bytes; on an idle connection, the first of them start a head."""
        if self._deadline is None:
            self._expect(self.head_seconds)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """End the deadline, unless the client has already sent the next request."""
        self._is_answering = False
        self._rest()
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadline."""
        self._rest()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Answer requests that have arrived or are arriving, then close: a proxy may have just sent one."""
        if self._is_answering:
            self._close_after_answer()
        elif not self.transport.is_closing():
            self._expect(self.last_head_seconds)

    def _look(self) -> None:
        if self._is_answering or self.cycle is None or self.cycle.response_complete:
            return
        self._is_answering = True
        self._expect(self.request_seconds)
        # A body with two lengths may look like a second request to one of two readers (RFC 9112 section 6.1).
        names = {name for name, _ in self.headers}
        if self.server_state.is_ending or {b"content-length", b"transfer-encoding"} <= names:
            self._close_after_answer()

    def _close_after_answer(self) -> None:
        self.cycle.keep_alive = False
        if not self.cycle.response_started:
            # Announce it as well: a proxy must not send another request over this connection.
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
