"""Real runs of the reverse proxies of compose deploy, in front of public pages on this computer."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from composer.app.deployment.server_files import server_files
from composer.app.deployment.server_place import place_elsewhere
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.workspace import Workspace
from tests.factories import ROOT, sample

#: The newsletter's folder, as in the documentation.
FOLDER = PurePosixPath("/var/lib/newsletter/briefing")
_SAMPLE = Workspace(root=ROOT)
#: Writes a proxy's settings into a folder, for its own port and the port of the pages; returns the command.
Proxy = Callable[[Path, int, int], list[str]]


def deployed(workspace: Workspace = _SAMPLE, *, port: int = 8800, unit: str = "compose") -> Mapping[str, str]:
    """Return the files that compose deploy writes for a newsletter, by default for the sample."""
    place = replace(place_elsewhere(FOLDER), port=port, unit=unit)
    environment = Environment(environment={}, folder=Path("/nonexistent"))
    return server_files(read_newsletter(workspace), workspace, environment, place)


def with_bounces(folder: Path, more: str = "") -> Workspace:
    """Copy the sample with a bounce mailbox, and more settings below `delivery:` or after it."""
    workspace = sample(folder)
    path = workspace.root / "newsletter.yaml"
    own = "delivery:\n  bounces: bounces@bounces.example.org\n  imap:\n    host: imap.example.org\n"
    path.write_text(path.read_text(encoding="utf-8").replace("delivery:\n", own + more, 1), encoding="utf-8")
    return workspace


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
    files = deployed(port=pages)
    for name in ("compose-pages.conf", "compose-upstream.conf"):
        (folder / name).write_text(files[f"nginx/{name}"], encoding="utf-8")
    site = files["nginx/compose-site.conf"].replace("/etc/nginx/snippets", str(folder))
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("    listen [::]:80;\n", "")
    (folder / "compose-site.conf").write_text(site, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    # Debian's own nginx.conf logs requests and errors at this level.
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}"
        f"access_log {folder}/access.log;\ninclude {folder}/compose-upstream.conf;\n"
        f"include {folder}/compose-site.conf;\n}}\n",
        encoding="utf-8",
    )
    return [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def caddy(folder: Path, port: int, pages: int) -> list[str]:
    """Configure Caddy as in docs/how-to/run-the-public-pages.md, on this computer and without TLS."""
    program = needed("caddy", "caddy")
    ours = deployed(port=pages)["caddy/Caddyfile"]
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
