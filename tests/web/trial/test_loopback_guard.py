"""After the guard is set, a process reaches this computer only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from composer.web.trial.loopback_guard import is_this_computer

#: Each attempt in a process of its own, because the guard cannot be removed.
_ATTEMPTS = """
import socket, smtplib, urllib.request
from composer.web.trial.loopback_guard import forbid_other_computers
forbid_other_computers()
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 25), 1),
    lambda: socket.create_connection(("2001:db8::1", 25), 1),
    lambda: socket.getaddrinfo("mail.example.org", 25),
    lambda: socket.gethostbyname("mail.example.org"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: smtplib.SMTP("smtp.example.org", 587, timeout=1),
):
    try:
        attempt()
    except OSError as error:
        print(error.args[1])
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), 5).close()
    print("this computer")
"""


def test_other_computers_cannot_be_reached() -> None:
    """Neither by name nor by address, by TCP or UDP; this computer can."""
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-c", _ATTEMPTS],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == ["compose trial reaches only this computer"] * 6 + ["this computer"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", b"localhost", None, ""])
def test_this_computer(host: object) -> None:
    assert is_this_computer(host)


@pytest.mark.parametrize("host", ["192.168.0.1", "10.0.0.1", "0.0.0.0", "::", "example.org", "localhost.example.org"])
def test_another_computer(host: object) -> None:
    assert not is_this_computer(host)
