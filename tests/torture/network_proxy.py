"""The way from one machine to one server, which can be slow, break, or be unplugged.

Input: a socket on which the machine's connections arrive, a function that reaches the server, a delay. Output: a `Proxy`.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable


class Proxy:
    """Passes bytes between a machine and a server, with a delay.

    `cut` breaks every connection in the middle. Between `unplug` and `plug_in` nothing passes, not even the end of a connection.
    """

    def __init__(self, listening: socket.socket, reach: Callable[[], socket.socket], delay: float) -> None:
        self._listening, self._reach, self._delay = listening, reach, delay
        self._open = set[socket.socket]()
        self._far = set[socket.socket]()
        self._lock = threading.Lock()
        self._plugged = threading.Event()
        self._plugged.set()
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Break all connections at once."""
        self._end(self._open)

    def drop_server_side(self) -> None:
        """End all connections for the server; while the proxy is unplugged, the machine does not notice."""
        self._end(self._far)

    def unplug(self) -> None:
        """Pass nothing on."""
        self._plugged.clear()

    def plug_in(self) -> None:
        """Pass on what was held back, and all that follows."""
        self._plugged.set()

    def _end(self, connections: set[socket.socket]) -> None:
        with self._lock:
            for each in connections:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        while True:
            near, _ = self._listening.accept()
            self._plugged.wait()
            try:
                far = self._reach()
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
                self._far.add(far)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self._delay)
                self._plugged.wait()
                target.sendall(data)
        self._plugged.wait()
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
            self._far.discard(source)
        source.close()
