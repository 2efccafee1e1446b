"""A mail server that discards everything, as fast as possible: `python -m benchmarks.sink [CERT KEY]`.

Prints its port. With a certificate it encrypts from the first byte; with `--late SECONDS` it delays every answer, like
a distant server; with `--log FILE` it records when each message arrived. It reads only the last five bytes of its
input, so that the client is measured: smtp-sink reads every byte, and is busier than the client.
"""

import argparse
import asyncio
import ssl
import time
from pathlib import Path
from typing import TextIO

_ANSWERS = {
    b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_END = b"\r\n.\r\n"


class _Sink(asyncio.Protocol):
    def __init__(self, late: float, log: TextIO | None) -> None:
        self._late, self._log = late, log
        self._lines = b""
        self._end = b""
        self._is_in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._answer(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        if self._is_in_message:
            self._end = (self._end + data[-len(_END) :])[-len(_END) :]
            if self._end == _END:
                self._is_in_message = False
                if self._log is not None:
                    print(f"{time.time():.3f}", file=self._log, flush=True)
                self._answer(b"250 2.0.0 Ok: queued as X\r\n")
            return
        *lines, self._lines = (self._lines + data).split(b"\r\n")
        verbs = [line[:4].upper() for line in lines]
        self._answer(b"".join(_ANSWERS.get(verb, b"250 fine\r\n") for verb in verbs))
        if b"DATA" in verbs:
            self._is_in_message, self._end = True, b""
        elif b"QUIT" in verbs:
            self._transport.close()

    def _answer(self, answer: bytes) -> None:
        if self._late:
            asyncio.get_running_loop().call_later(self._late, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def _serve(paper: list[str], late: float, log: TextIO | None) -> None:
    context = None
    if paper:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*paper)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Sink(late, log), "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sink")
    parser.add_argument("paper", nargs="*", metavar="CERT KEY")
    parser.add_argument("--late", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--log", type=Path, metavar="FILE")
    given = parser.parse_args()
    asyncio.run(_serve(given.paper, given.late, given.log.open("w") if given.log else None))
