"""`compose serve` with a passed socket, as under systemd: it stops without losing a request, and reloads its settings."""

import contextlib
import http.client
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from composer.web.public.http.request_limits import NetworkLimiter
from composer.web.public.server.systemd import passed_sockets
from composer.web.public.site.publication import PublicError
from tests.restarts import HOST, Unit, active, publication, unit

pytestmark = pytest.mark.slow

_MAX_WAIT = 60


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Unit, list[str]]]:
    """Running pages, and the tokens of ten subscribers."""
    folder = tmp_path / "publication"
    folder.mkdir()
    tokens = publication(folder, 10)
    with unit(folder, tmp_path / "log") as running:
        assert get(running, "/health") == (200, "ok\n")
        yield running, tokens


def get(running: Unit, path: str) -> tuple[int, str]:
    """Send a request as a proxy does."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=_MAX_WAIT)
    with contextlib.closing(connection):
        connection.request("GET", f"/n{path}", headers={"Host": HOST})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def until(holds: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + _MAX_WAIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def request(token: str) -> bytes:
    """Return a one-click request that keeps the connection open."""
    body = b"List-Unsubscribe=One-Click"
    head = f"POST /n/unsubscribe/{token} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body


def status(connection: socket.socket) -> int:
    """Read one complete response and return its status; the connection stays open."""
    connection.settimeout(_MAX_WAIT)
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def everything(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    connection.settimeout(_MAX_WAIT)
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def test_a_request_on_its_way_is_answered(served: tuple[Unit, list[str]]) -> None:
    """A request that arrives after SIGTERM on an open connection is answered, with `Connection: close`.

    A connection that is opened afterwards waits for the next process.
    """
    running, tokens = served
    address = ("127.0.0.1", running.port)
    with socket.create_connection(address) as new, socket.create_connection(address) as kept:
        kept.sendall(request(tokens.pop()))
        assert status(kept) == 200
        running.process.send_signal(signal.SIGTERM)
        until(lambda: "no new connections" in running.said())
        with socket.create_connection(address) as waiting:
            waiting.sendall(request(tokens.pop()))
            for connection in (new, kept):
                connection.sendall(request(tokens.pop()))
                answer = everything(connection)
                assert answer.startswith(b"HTTP/1.1 200 ")
                assert b"\r\nconnection: close\r\n" in answer.partition(b"\r\n\r\n")[0].lower() + b"\r\n"
            assert running.process.wait(_MAX_WAIT) == 0
            running.start()
            assert status(waiting) == 200
    assert active(running.folder) == 6


def test_requests_that_wait_at_the_socket_are_answered(served: tuple[Unit, list[str]]) -> None:
    """Eleven hundred requests that arrive without a running process are all answered by the next one."""
    running, _ = served
    running.stop()
    with contextlib.ExitStack() as stack:
        waiting = [
            stack.enter_context(socket.create_connection(("127.0.0.1", running.port), _MAX_WAIT)) for _ in range(1100)
        ]
        for connection in waiting:
            connection.sendall(f"GET /n/health HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        running.start()
        assert {status(connection) for connection in waiting} == {200}


def test_a_request_that_waits_for_the_database_is_answered(served: tuple[Unit, list[str]]) -> None:
    """If another command blocks the database during SIGTERM, the unsubscribe request is still saved before the server stops."""
    running, tokens = served
    writing = sqlite3.connect(running.folder / "newsletter.db", isolation_level=None)
    with contextlib.closing(writing), socket.create_connection(("127.0.0.1", running.port)) as connection:
        writing.execute("BEGIN IMMEDIATE")
        connection.sendall(request(tokens.pop()))
        # The response cannot arrive before the database is free.
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        running.process.send_signal(signal.SIGTERM)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        writing.execute("COMMIT")
        assert everything(connection).startswith(b"HTTP/1.1 200 ")
    assert running.process.wait(_MAX_WAIT) == 0
    assert active(running.folder) == 9


def test_settings_are_read_again(served: tuple[Unit, list[str]]) -> None:
    """After SIGHUP, the same process shows a new name; a mistake is logged with its place and changes nothing."""
    running, _ = served
    path = running.folder / "newsletter.yaml"
    good = path.read_text(encoding="utf-8")
    assert "name: China Briefing" in good

    def reload(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)

    reload(good.replace("name: China Briefing", "name: Asia Briefing"))
    until(lambda: "Subscribe to Asia Briefing" in get(running, "/subscribe")[1])
    reload(good.replace("name: China Briefing", "name: [China"))
    until(lambda: "settings not reloaded" in running.said())
    assert "newsletter.yaml:" in running.said()
    assert "Subscribe to Asia Briefing" in get(running, "/subscribe")[1]
    assert get(running, "/health") == (200, "ok\nalert: settings-not-reloaded\n")
    path.unlink()
    running.process.send_signal(signal.SIGHUP)
    until(lambda: running.said().count("settings not reloaded") == 2)
    reload(f"{good}\ndatabase: other.db\n")
    until(lambda: "Subscribe to China Briefing" in get(running, "/subscribe")[1])
    assert "another database" in running.said()
    assert get(running, "/health") == (200, "ok\n")
    assert running.process.poll() is None
    assert "Traceback" not in running.said()


def test_a_reload_keeps_the_request_limits(served: tuple[Unit, list[str]]) -> None:
    """A reload does not reset the request limits of networks."""
    running, _ = served

    def subscribe(number: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=_MAX_WAIT)
        with contextlib.closing(connection):
            headers = {"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/n/subscribe", f"email=s{number}%40example.net", headers)
            return connection.getresponse().status

    assert [subscribe(number) for number in range(21)] == [200] * 20 + [429]
    running.process.send_signal(signal.SIGHUP)
    until(lambda: "settings reloaded" in running.said())
    assert subscribe(22) == 429


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready, reloading, failed reload and stopping are reported, as `systemctl status` shows them."""
    folder = tmp_path / "publication"
    folder.mkdir()
    publication(folder, 0)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(_MAX_WAIT)
        with unit(folder, tmp_path / "log") as running:
            assert systemd.recv(1000) == b"READY=1\nSTATUS=answering"
            running.process.send_signal(signal.SIGHUP)
            assert systemd.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert systemd.recv(1000) == b"READY=1\nSTATUS=answering"
            (folder / "newsletter.yaml").write_text("name: [\n", encoding="utf-8")
            running.process.send_signal(signal.SIGHUP)
            assert systemd.recv(1000).startswith(b"RELOADING=1\n")
            assert systemd.recv(1000).startswith(b"READY=1\nSTATUS=answering with the earlier settings")
            running.process.send_signal(signal.SIGTERM)
            assert systemd.recv(1000) == b"STOPPING=1"
            assert running.process.wait(_MAX_WAIT) == 0


def test_sockets_that_cannot_be_used(tmp_path: Path) -> None:
    """A UNIX socket, a socket that does not listen and a file each give an error. Another process's sockets are not used."""

    def passed(descriptor: int, meant: int) -> tuple[socket.socket, ...]:
        return passed_sockets({"LISTEN_PID": str(meant), "LISTEN_FDS": "1"}, os.dup(descriptor))

    with socket.socket(socket.AF_UNIX) as local, socket.socket() as silent, (tmp_path / "file").open("w") as file:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        for wrong in (local, silent):
            with pytest.raises(PublicError, match="must listen on an IP address and a port"):
                passed(wrong.fileno(), os.getpid())
        with pytest.raises(PublicError, match="is not a socket"):
            passed(file.fileno(), os.getpid())
        assert passed(local.fileno(), 1) == ()
    assert passed_sockets({}) == ()


def test_networks_take_turns() -> None:
    """The first request of a network has turn 0. Networks within a larger network count together, with less weight."""
    executor = NetworkLimiter()
    assert [executor.next("198.51.100.7", 0) for _ in range(3)] == [0, 1, 2]
    assert [executor.next(address, 1) for address in ("203.0.113.1", "2001:db8::1", "unknown")] == [0, 0, 0]
    assert executor.next("198.51.100.8", 90_000) == 0
    small = [executor.next(f"2001:db8:1:{number:x}00::1", 2) for number in range(64)]
    assert (small[0], small[-1]) == (0, 63 // 4)
    large = [executor.next(f"2001:db9:{number:x}::1", 2) for number in range(320)]
    assert (large[0], large[-1]) == (0, 319 // 32)
    assert [executor.next(f"10.1.{number}.1", 2) for number in range(65)][-1] == 2
