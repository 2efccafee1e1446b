"""A function runs the public pages: it reports their address, and returns when the process is stopped."""

import os
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.administration.public_pages import ServerAddress, public_settings, serve_pages
from composer.core.environment import Environment
from composer.core.workspace import Workspace
from composer.delivery.config.dkim_keys import KeyFileError
from composer.web.public.site.publication import PublicError
from tests.bounces.news import KEY
from tests.factories import sample


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(environment={"COMPOSE_SECRET_KEY": KEY.decode()}, folder=tmp_path / "config")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "publication"
    folder.mkdir()
    return sample(folder)


@pytest.fixture
def hangup() -> Iterator[None]:
    """Restore the handler of SIGHUP, which the pages replace while they run."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangup")
def test_pages_are_served_until_the_process_is_stopped(workspace: Workspace, environment: Environment) -> None:
    """A free port is reported once it answers; after SIGINT, the function returns and the port is free again."""
    said: list[str] = []
    answers: list[int] = []

    def ask(place: str) -> None:
        try:
            with urllib.request.urlopen(f"{place}n/health", timeout=20) as answer:
                answers.append(answer.status)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    def opened(places: tuple[str, ...]) -> None:
        said.extend(places)
        threading.Thread(target=ask, args=places).start()

    settings = public_settings(workspace, environment, _now())
    assert settings.outbox == workspace.root / "outbox" / "letters"
    log: list[str] = []
    serve_pages(settings, environment, ServerAddress(port=0), opened=opened, clock=_now, tell=log.append)
    assert answers == [200]
    (place,) = said
    port = int(place.rstrip("/").rpartition(":")[2])
    assert any(line.startswith("health GET 200") for line in log)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5).close()


def test_missing_settings_are_reported_before_a_port_is_opened(workspace: Workspace, environment: Environment) -> None:
    """A missing key, a port in use and an invalid host are errors, and no page is served."""
    settings = public_settings(workspace, environment, _now())

    def opened(_: tuple[str, ...]) -> None:
        pytest.fail("it answers")

    def run(address: ServerAddress) -> None:
        serve_pages(settings, environment, address, opened=opened, clock=_now, tell=lambda line: None)

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PublicError):
        run(ServerAddress(port=taken.getsockname()[1]))
    with pytest.raises(PublicError):
        run(ServerAddress(host="news.example.org"))
    path = workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("delivery:\n", "delivery:\n  dkim:\n    selectors:\n      - gone\n"), encoding="utf-8")
    with pytest.raises(KeyFileError):
        public_settings(workspace, environment, _now())
