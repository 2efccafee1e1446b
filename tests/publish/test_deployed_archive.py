"""The archive behind real web servers, with the files that compose deploy writes for them."""

import contextlib
import http.client
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from composer.cli.main import run
from composer.core.workspace import Workspace
from tests.factories import ROOT
from tests.proxies import deployed, free_port, needed
from tests.publish.archives import URL, publish, sample_archive

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "how-to" / "put-the-archive-online.md"


def caddy(folder: Path, port: int, root: Path, files: Mapping[str, str]) -> list[str]:
    program = needed("caddy", "caddy")
    ours = files["caddy/Caddyfile"].replace("/var/www/news.example.org", str(root))
    ours = ours.replace("news.example.org {", f"http://127.0.0.1:{port} {{", 1)
    ours = ours.replace("\n{\n", "\n{\n\tadmin off\n", 1)
    (folder / "Caddyfile").write_text(ours, encoding="utf-8")
    return [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def nginx(folder: Path, port: int, root: Path, files: Mapping[str, str]) -> list[str]:
    program = needed("nginx", "nginx-light")
    ours = files["nginx/compose-archive.conf"].replace("/var/www/news.example.org", str(root))
    (folder / "archive.conf").write_text(ours, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    types = Path("/etc/nginx/mime.types")
    included = f"include {types};\n" if types.is_file() else "types { text/html html; text/xml xml; }\n"
    (folder / "nginx.conf").write_text(
        f"user root;\ndaemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}{included}"
        f"access_log off;\nserver {{\nlisten 127.0.0.1:{port};\ninclude {folder}/archive.conf;\n}}\n}}\n",
        encoding="utf-8",
    )
    return [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


@contextlib.contextmanager
def served(command: list[str], folder: Path, port: int) -> Iterator[None]:
    environment = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PATH": "/usr/bin:/usr/sbin",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(60)


def requested(port: int, path: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("at", ["", "/archive"])
@pytest.mark.parametrize("server", [caddy, nginx])
def test_the_files_for_web_servers(tmp_path: Path, server: object, at: str) -> None:
    """Pages, redirects, the page for an unknown address, hidden files, lasting files, earlier addresses.

    The archive is at the root of the host, or below it.
    """
    workspace = sample_archive(tmp_path / "news")
    settings = workspace.root / "newsletter.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace(URL, f"https://news.example.org{at}"), encoding="utf-8"
    )
    root = tmp_path / "www"
    shutil.copytree(publish(workspace).folder, f"{root}{at}")
    folder, port = tmp_path / "server", free_port()
    folder.mkdir()
    assert callable(server)

    def get(port: int, path: str) -> tuple[int, dict[str, str], bytes]:
        return requested(port, path if path.startswith("/n/") else f"{at}{path}")

    with served(server(folder, port, root, deployed(workspace)), folder, port):
        for path in ("/", "/2025/01-30/", "/de/sections/metrix/"):
            status, headers, body = get(port, path)
            assert status == 200 and headers["content-type"].startswith("text/html") and b"<main" in body
        status, headers, _ = get(port, "/2025/01-30")
        assert status in (301, 308) and headers["location"].endswith("/2025/01-30/")
        for path in (
            "/nothing",
            "/.compose-archive.json",
            "/files/",
            "/files/none.png",
            "/2025/..%2f..%2fnewsletter.yaml",
        ):
            status, _, body = get(port, path)
            assert status in (400, 404, 403) and b"sections:" not in body, path
        assert get(port, "/nothing")[0] == 404 and b"Page not found" in get(port, "/nothing")[2]
        for path, language in (("/de/nothing", b"de"), ("/de/2025/01-31/", b"de"), ("/sections/nothing", b"en")):
            status, _, body = get(port, path)
            assert status == 404 and b'<html lang="%s"' % language in body, path
        style = re.search(rb'href="\.\./\.\./(files/[^"]+\.css)"', get(port, "/2025/01-30/")[2])
        assert style is not None
        status, headers, _ = get(port, f"/{style[1].decode()}")
        assert (
            status == 200 and "immutable" in headers["cache-control"] and headers["content-type"].startswith("text/css")
        )
        assert (
            "json" in get(port, "/feed.json")[1]["content-type"] and "xml" in get(port, "/feed.xml")[1]["content-type"]
        )
        for old, new in (("/n/2025-01-30", "/2025/01-30/"), ("/n/2025-01-30.de", "/de/2025/01-30/")):
            status, headers, _ = get(port, old)
            assert status == 301 and headers["location"].endswith(f"{at}{new}")


def test_the_commands_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of “In four commands” put the sample online with a local Caddy."""
    needed("caddy", "caddy")
    text = PAGE.read_text(encoding="utf-8").partition("## With compose serve")[0]
    commands = re.findall(r"^ +((?:compose|caddy|rsync) .*)$", text, re.MULTILINE)
    assert len(commands) == 4
    settings = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert settings is not None
    monkeypatch.chdir(tmp_path)
    assert run(shlex.split(commands[0])[1:]) == 0
    workspace = Workspace(root=tmp_path / "news")
    path = workspace.root / "newsletter.yaml"
    added = "\n".join(line.removeprefix("   ") for line in settings[1].splitlines())
    path.write_text(f"{path.read_text(encoding='utf-8')}{added}\n", encoding="utf-8")
    monkeypatch.chdir(workspace.root)
    assert run(shlex.split(commands[1])[1:]) == 0
    port = free_port()
    serve = shlex.split(commands[2].replace("8080", str(port)))
    folder = tmp_path / "server"
    folder.mkdir()
    words = [str(workspace.root / "public") if word == "public" else word for word in serve[1:]]
    with served([needed("caddy", "caddy"), *words], folder, port):
        status, _, body = requested(port, "/2025/01-30/")
        assert status == 200 and b'<link rel="canonical" href="https://news.example.org/2025/01-30/">' in body


@pytest.mark.parametrize("name", ["github-pages.yml", "gitlab-pages.yml"])
def test_the_files_for_forges(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are YAML, and the command in them publishes the sample to the folder that the forge takes."""
    text = (ROOT / "deploy" / "pages" / name).read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    command = re.search(r"compose (publish .*)$", text, re.MULTILINE)
    assert command is not None
    workspace = sample_archive(tmp_path)
    monkeypatch.chdir(workspace.root)
    assert run(shlex.split(command[1])) == 0
    assert (workspace.root / "public" / "index.html").is_file()
