"""Real runs of the reverse proxies in deploy/, in front of public pages on this computer."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.factories import ROOT

DEPLOY = ROOT / "deploy"
#: Writes a proxy's settings into a folder, for its own port and the port of the pages; returns the command.
Proxy = Callable[[Path, int, int], list[str]]
_PAGES = "127.0.0.1:8800"


def needed(program: str, package: str) -> str:
    """Return a program that CI installs; a missing one is a failure only in CI."""
    if found := shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
        return found
    reason = f"needs {program}: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """Return an unused port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def nginx(folder: Path, port: int, pages: int) -> list[str]:
    """Configure nginx as in docs/how-to/run-the-public-pages.md, on this computer and without TLS."""
    program = needed("nginx", "nginx-light")
    for name in ("newsletter.conf", "newsletter-upstream.conf"):
        ours = (DEPLOY / "nginx" / name).read_text(encoding="utf-8")
        (folder / name).write_text(ours.replace(_PAGES, f"127.0.0.1:{pages}"), encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    # Debian's own nginx.conf logs requests and errors at this level.
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}"
        f"access_log {folder}/access.log;\ninclude {folder}/newsletter-upstream.conf;\n"
        f"server {{\nlisten 127.0.0.1:{port};\nserver_name news.example.org;\n"
        f"include {folder}/newsletter.conf;\n}}\n}}\n",
        encoding="utf-8",
    )
    return [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def caddy(folder: Path, port: int, pages: int) -> list[str]:
    """Configure Caddy as in docs/how-to/run-the-public-pages.md, on this computer and without TLS."""
    program = needed("caddy", "caddy")
    ours = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8").replace(_PAGES, f"127.0.0.1:{pages}")
    ours = ours.replace("news.example.org {", f"http://news.example.org:{port} {{\n\tbind 127.0.0.1")
    ours = ours.replace("\n{\n", "\n{\n\tadmin off\n\tauto_https off\n", 1)
    assert "admin off" in ours
    (folder / "Caddyfile").write_text(ours, encoding="utf-8")
    return [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@contextlib.contextmanager
def in_front(proxy: Proxy, folder: Path, pages: int) -> Iterator[int]:
    """Run a proxy in front of the pages; yield its port. All its files are in the folder."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    command = proxy(folder, port, pages)
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    said = folder / "stderr"
    with (
        said.open("wb") as stderr,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=stderr, stderr=stderr) as process,
    ):
        try:
            end = time.monotonic() + 20
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert process.poll() is None, said.read_text(encoding="utf-8", errors="replace")
                assert time.monotonic() < end
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def written(folder: Path) -> str:
    """Return everything that was written in a folder, as one text."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)
