"""The preview's server on a real port: which requests are answered, and that a save updates the page."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from composer.web.preview.file_watcher import matters
from composer.web.preview.preview_server import PreviewError, listen
from composer.web.preview.view_model import Attempt
from tests.factories import ROOT, sample_message
from tests.web.preview.conftest import Preview, running

pytestmark = pytest.mark.slow

PATHS = (
    "/",
    "/state.json",
    "/views/order.json",
    "/source.txt",
    "/static/page.js",
    "/edition/defaults-light-images-plain.html",
    "/edition/web-dark.html",
)


class Listener:
    """The event stream of one page."""

    def __init__(self, preview: Preview) -> None:
        self.connection = preview.ask("/events", {})
        self.answer = self.connection.getresponse()
        assert self.answer.getheader("Content-Type", "").startswith("text/event-stream")

    def line(self) -> str:
        """Return the next line that is not empty."""
        while True:
            line = self.answer.readline().decode()
            assert line, "the server has ended it"
            if line.strip() and not line.startswith("retry"):
                return line.strip()

    def version(self) -> int:
        """Return the next version, and skip heartbeats."""
        while True:
            line = self.line()
            if line.startswith("data: ") and line != "data: building":
                return int(line[6:])

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""])
def test_another_name_is_refused(shared: Preview, host: str) -> None:
    """A request for another host name that points to this computer is rejected (DNS rebinding)."""
    for path in PATHS:
        answer = shared.get(path, {"Host": host.format(port=shared.port)})
        assert answer.status == (421 if host else answer.status)
        assert answer.status in (400, 421)
        assert b"<" not in answer.body


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "LOCALHOST:{port}"])
def test_its_own_names_are_answered(shared: Preview, host: str) -> None:
    """The names of this computer are answered."""
    assert shared.get("/", {"Host": host.format(port=shared.port)}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_site_is_refused(shared: Preview, headers: dict[str, str]) -> None:
    """A page of another site cannot read the edition, nor can one on another port of this computer."""
    for path in PATHS:
        assert shared.get(path, headers).status == 403


def test_its_own_page_is_answered(shared: Preview) -> None:
    """The requests of the preview's own page are answered."""
    own = {"Sec-Fetch-Site": "same-origin", "Origin": f"http://127.0.0.1:{shared.port}"}
    assert shared.get("/state.json", own).status == 200
    assert shared.get("/", {"Sec-Fetch-Site": "none"}).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_it_is_read_only(shared: Preview, method: str) -> None:
    """Only GET and HEAD are allowed."""
    for path in PATHS:
        assert shared.get(path, method=method).status == 405


def test_head_is_answered_without_a_body(shared: Preview) -> None:
    """As in RFC 9110."""
    answer = shared.get("/", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/static/../serving.py", "/pictures/none.png"])
def test_every_answer_is_guarded(shared: Preview, path: str) -> None:
    """Every response has the same headers, and a policy that allows nothing by default."""
    answer = shared.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "allow-scripts" not in policy


def test_only_the_page_runs_scripts(shared: Preview) -> None:
    """The page runs only its own scripts, an edition none."""
    page = shared.get("/")
    assert "script-src 'self';" in (page.headers["content-security-policy"])
    assert b"<script>" not in page.body
    frame = shared.get("/edition/defaults-light-images-plain.html").headers["content-security-policy"]
    assert "script-src" not in frame
    assert frame.endswith("sandbox allow-same-origin")


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/page.html", "/static/none.js", "/pictures/..%2fnewsletter.yaml",
     "/edition/nobody-light-images-plain.html", "/edition/.html", "/issues/2025-01-30.yaml"],
)  # fmt: skip
def test_unknown_paths_are_not_found(shared: Preview, path: str) -> None:
    """Other paths than the page's files, the edition's frames and its pictures get a 404."""
    assert shared.get(path).status == 404


def test_pictures_are_the_editions(shared: Preview) -> None:
    """Pictures are served with their type, at the addresses in the frame."""
    answer = shared.get("/pictures/logo.png")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.body == (ROOT / "assets" / "logo.png").read_bytes()


def test_a_save_sends_an_event(preview: Preview) -> None:
    """The event has a version number; the state of that version contains the saved text."""
    listener = Listener(preview)
    before = listener.version()
    preview.save(preview.path.read_text(encoding="utf-8").replace("hello", "good morning"))
    assert listener.version() > before
    assert "good morning" in preview.text()
    assert b"good morning" in preview.get("/edition/defaults-light-images-plain.html").body
    listener.close()


def test_every_open_tab_gets_events(preview: Preview) -> None:
    """Of two listening pages, one is closed; the other still gets events."""
    listeners = [Listener(preview), Listener(preview)]
    assert listeners[0].version() == listeners[1].version()
    assert preview.session.listeners == 2
    listeners[0].close()
    _eventually(lambda: preview.session.listeners == 1)
    preview.save(preview.path.read_text(encoding="utf-8") + "    More.\n")
    assert listeners[1].version() >= 2
    listeners[1].close()
    _eventually(lambda: preview.session.listeners == 0)


def test_a_page_gets_heartbeats(shared: Preview) -> None:
    """A listening page gets a comment from time to time."""
    listener = Listener(shared)
    listener.version()
    assert listener.line() == ": still here"
    listener.close()


def test_fifty_saves_in_a_second_end_in_the_last(preview: Preview) -> None:
    """Builds are combined; the last state is shown, and no further build follows."""
    source = preview.path.read_text(encoding="utf-8")
    before = preview.state()["version"]
    for number in range(50):
        preview.save(source.replace("hello", f"save {number} of fifty"))
        time.sleep(0.02)
    preview.until(lambda told: "save 49 of fifty" in preview.text())
    # The events of the last saves may still come.
    time.sleep(0.7)
    told = preview.state()
    assert told["version"] - before <= 52
    time.sleep(0.7)
    assert preview.state()["version"] == told["version"] and "save 49 of fifty" in preview.text()


def test_a_broken_issue_leaves_the_last_good_edition(preview: Preview) -> None:
    """The problems are listed with their places, and disappear when they are fixed."""
    source = preview.path.read_text(encoding="utf-8")
    preview.save(source.replace("subject:", "subjekt:"))
    told = preview.until(lambda told: told["isBroken"])
    assert told["problems"][0]["path"] == "issues/2025-01-30.yaml"
    assert told["edition"] < told["version"]
    assert b"hello" in preview.get("/edition/defaults-light-images-plain.html").body
    preview.save(source.replace("hello", "mended"))
    told = preview.until(lambda told: not told["isBroken"])
    assert "error" not in {each["level"] for each in told["problems"]}
    assert told["edition"] == told["version"]


def test_findings_do_not_break_an_edition(preview: Preview) -> None:
    """The findings of the checks are listed with the edition, at their lines."""
    preview.save(preview.path.read_text(encoding="utf-8").replace("A letter", "Re: A letter!!"))
    told = preview.until(lambda told: "Re: A letter" in told["look"]["subject"])
    assert not told["isBroken"]
    assert {"SUBJ02": 2}.items() <= {each["code"]: each["line"] for each in told["problems"]}.items()


def test_a_deleted_file_comes_back(preview: Preview) -> None:
    """A deleted file is a problem until a new one has its name."""
    source = preview.path.read_text(encoding="utf-8")
    preview.path.unlink()
    preview.until(lambda told: told["isBroken"])
    preview.path.write_text(source.replace("hello", "back again"), encoding="utf-8")
    preview.until(lambda told: not told["isBroken"] and "back again" in preview.text())


def test_a_deleted_folder_comes_back(preview: Preview) -> None:
    """A folder is deleted and created again, as when switching branches."""
    folder = preview.path.parent
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    shutil.rmtree(folder)
    preview.until(lambda told: told["isBroken"])
    kept.rename(folder)
    preview.until(lambda told: not told["isBroken"])
    preview.save(preview.path.read_text(encoding="utf-8").replace("hello", "and goes on"))
    preview.until(lambda told: "and goes on" in preview.text())


def test_files_that_a_failed_build_did_not_read_are_watched(tmp_path: Path) -> None:
    """A theme with errors and an overlay are watched: fixing them starts a build."""
    letters = sample_message(tmp_path)
    folder = letters.root / "templates" / "briefing"
    shutil.copytree(ROOT / "templates" / "briefing", folder)
    page = folder / "page.mjml.j2"
    source = page.read_text(encoding="utf-8")
    page.write_text(source.replace("<mj-title>", "<mj-titel>"), encoding="utf-8")
    with running(letters) as preview:
        assert preview.state()["problems"][0]["path"] == "templates/briefing/page.mjml.j2"
        page.write_text(source, encoding="utf-8")
        preview.until(lambda told: not told["isBroken"])
    overlay = letters.root / "newsletter.de.yaml"
    overlay.write_text("name: [", encoding="utf-8")
    shutil.copy(letters.issue("2025-01-30"), letters.root / "issues" / "2025-01-30.de.yaml")
    with running(letters, "2025-01-30.de") as preview:
        assert preview.state()["problems"][0]["path"] == "newsletter.de.yaml"
        overlay.write_text("name: Briefe\n", encoding="utf-8")
        preview.until(lambda told: not told["isBroken"] and told["look"]["name"] == "Briefe")


def test_a_picture_in_a_new_folder(sampled: Preview) -> None:
    """A picture in a new folder within a new folder is found, although the issue named it before."""
    source = sampled.path.read_text(encoding="utf-8")
    sampled.save(source.replace("assets/chip-efficiency.png", "pictures/week/chart.png"))
    told = sampled.until(lambda told: told["isBroken"])
    assert "file not found" in told["problems"][0]["message"]
    folder = sampled.path.parent / "pictures" / "week"
    folder.mkdir(parents=True)
    time.sleep(0.3)
    shutil.copy(sampled.path.parent / "assets" / "chip-efficiency.png", folder / "chart.png")
    sampled.until(lambda told: not told["isBroken"])


def test_a_bug_does_not_end_the_preview(preview: Preview, capfd: pytest.CaptureFixture[str]) -> None:
    """A bug is shown on the page, with its traceback in the terminal; the next save builds again."""
    build = preview.session._rebuild

    def rebuild() -> Attempt:
        if "bug" in preview.path.read_text(encoding="utf-8"):
            raise RuntimeError("what nobody thought of")
        return build()

    preview.session._rebuild = rebuild
    source = preview.path.read_text(encoding="utf-8")
    preview.save(source.replace("hello", "a bug"))
    told = preview.until(lambda told: told["isBroken"])
    assert "what nobody thought of" in told["error"]
    assert "RuntimeError" in capfd.readouterr().err
    preview.save(source.replace("hello", "fine"))
    preview.until(lambda told: not told["isBroken"] and not told["error"])


@pytest.mark.parametrize(
    ("name", "is_reason"),
    [("2025-01-30.yaml", True), ("chart.png", True), (".2025-01-30.yaml.swp", False), ("2025-01-30.yaml~", False),
     ("4913", False), ("#x.yaml#", False), (".git", False), ("outbox", False), ("a.tmp", False)],
)  # fmt: skip
def test_temporary_files_do_not_start_a_build(name: str, is_reason: bool) -> None:
    """Swap files, hidden files and the outbox do not start a build; a file that was read always does."""
    path = Path("/n/issues") / name
    assert matters(path, ()) is is_reason
    assert matters(path, (path,))


def test_a_port_in_use() -> None:
    """A given port that is in use is an error; without one, the next free port is used."""
    with listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PreviewError, match=f"port {port} ") as stop:
            listen(port)
        assert stop.value.hint
        assert taken.getsockname()[0] == "127.0.0.1"
    with listen(None) as first, listen(None) as second:
        assert first.getsockname()[1] != second.getsockname()[1]


SCRIPT = """
import sys
from pathlib import Path
from composer.web.preview.issue_sessions import IssueSessions
from composer.web.preview.preview_server import serve
from composer.web.preview.preview_session import PreviewSession
from composer.core.workspace import Workspace
from composer.web.preview.build_preview import preview_builder
from tests.web.preview.conftest import now
workspace = Workspace(root=Path(sys.argv[1]))
build = preview_builder(workspace, workspace.issue("2025-01-30"), now)
serve(IssueSessions(PreviewSession(build)), port=None, opened=lambda url: print(url, flush=True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_ends_it_quietly(preview: Preview) -> None:
    """With a listening page, Ctrl-C ends the preview with exit code 0 and no output."""
    program = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(preview.workspace.root)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with _ended(program):
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=60)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        assert answer.readline()
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
        answer.close()
        connection.close()
        assert (program.returncode, out, err) == (0, "", "")


@contextlib.contextmanager
def _ended(program: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        if program.poll() is None:
            program.kill()
            program.communicate()


def _eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
