"""A mail server that throws everything away and takes as little time as it can: `python -m benchmarks.sink [CERT KEY]`.

Prints its port. With a certificate it encrypts from the first byte. It looks at the last five bytes of what comes and at
nothing else, so that what is measured is the client: smtp-sink reads every byte, and is busier than who sends to it.
"""

import asyncio
import ssl
import sys

_ANSWERS = {
    b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_END = b"\r\n.\r\n"


class _Sink(asyncio.Protocol):
    def __init__(self) -> None:
        self._lines = b""
        self._end = b""
        self._is_in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        if self._is_in_message:
            self._end = (self._end + data[-len(_END) :])[-len(_END) :]
            if self._end == _END:
                self._is_in_message = False
                self._transport.write(b"250 2.0.0 Ok: queued as X\r\n")
            return
        *lines, self._lines = (self._lines + data).split(b"\r\n")
        verbs = [line[:4].upper() for line in lines]
        self._transport.write(b"".join(_ANSWERS.get(verb, b"250 fine\r\n") for verb in verbs))
        if b"DATA" in verbs:
            self._is_in_message, self._end = True, b""
        elif b"QUIT" in verbs:
            self._transport.close()


async def _serve(*paper: str) -> None:
    context = None
    if paper:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*paper)
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:3]))
