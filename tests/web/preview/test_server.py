"""A real server on a real port: who is answered, what is told, and that saving is enough."""

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
)


class Listener:
    """One page's events."""

    def __init__(self, preview: Preview) -> None:
        self.connection = preview.ask("/events", {})
        self.answer = self.connection.getresponse()
        assert self.answer.getheader("Content-Type", "").startswith("text/event-stream")

    def line(self) -> str:
        """Return the next line that says something."""
        while True:
            line = self.answer.readline().decode()
            assert line, "the server has ended it"
            if line.strip() and not line.startswith("retry"):
                return line.strip()

    def version(self) -> int:
        """Return the next version, past heartbeats."""
        while True:
            line = self.line()
            if line.startswith("data: "):
                return int(line[6:])

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""])
def test_another_name_is_refused(shared: Preview, host: str) -> None:
    """A site whose name leads to this computer gets nothing (DNS rebinding)."""
    for path in PATHS:
        answer = shared.get(path, {"Host": host.format(port=shared.port)})
        assert answer.status == (421 if host else answer.status)
        assert answer.status in (400, 421)
        assert b"<" not in answer.body


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "LOCALHOST:{port}"])
def test_its_own_names_are_answered(shared: Preview, host: str) -> None:
    """The names under which a browser on this computer knows it."""
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
    """No page of another site reads the edition, on another port of this computer either."""
    for path in PATHS:
        assert shared.get(path, headers).status == 403


def test_its_own_page_is_answered(shared: Preview) -> None:
    """What a browser sends for our own page."""
    own = {"Sec-Fetch-Site": "same-origin", "Origin": f"http://127.0.0.1:{shared.port}"}
    assert shared.get("/state.json", own).status == 200
    assert shared.get("/", {"Sec-Fetch-Site": "none"}).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_it_takes_nothing(shared: Preview, method: str) -> None:
    """There is nothing to change."""
    for path in PATHS:
        assert shared.get(path, method=method).status == 405


def test_head_is_answered_without_a_body(shared: Preview) -> None:
    """As RFC 9110 has it."""
    answer = shared.get("/", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/static/../serving.py", "/pictures/none.png"])
def test_every_answer_is_guarded(shared: Preview, path: str) -> None:
    """The same headers on every answer, and a policy that starts from nothing."""
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
    """The page runs its own files only, an edition none."""
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
def test_there_is_nothing_else(shared: Preview, path: str) -> None:
    """Only the page's own files, the edition's frames and its pictures."""
    assert shared.get(path).status == 404


def test_pictures_are_the_editions(shared: Preview) -> None:
    """With their type; a frame finds them."""
    answer = shared.get("/pictures/logo.png")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.body == (ROOT / "assets" / "logo.png").read_bytes()


def test_a_save_is_told(preview: Preview) -> None:
    """The event names a version; the state of that version holds what was saved."""
    listener = Listener(preview)
    before = listener.version()
    preview.save(preview.path.read_text(encoding="utf-8").replace("hello", "good morning"))
    assert listener.version() > before
    assert "good morning" in preview.text()
    assert b"good morning" in preview.get("/edition/defaults-light-images-plain.html").body
    listener.close()


def test_every_tab_is_told_and_a_closed_one_forgotten(preview: Preview) -> None:
    """Two pages listen; one goes away; the other goes on."""
    listeners = [Listener(preview), Listener(preview)]
    assert listeners[0].version() == listeners[1].version()
    assert preview.session.listeners == 2
    listeners[0].close()
    _eventually(lambda: preview.session.listeners == 1)
    preview.save(preview.path.read_text(encoding="utf-8") + "    More.\n")
    assert listeners[1].version() >= 2
    listeners[1].close()
    _eventually(lambda: preview.session.listeners == 0)


def test_a_page_hears_that_the_preview_is_there(shared: Preview) -> None:
    """A comment now and then."""
    listener = Listener(shared)
    listener.version()
    assert listener.line() == ": still here"
    listener.close()


def test_fifty_saves_in_a_second_end_in_the_last(preview: Preview) -> None:
    """Builds collapse; the last state wins, and then it is quiet."""
    source = preview.path.read_text(encoding="utf-8")
    before = preview.state()["version"]
    for number in range(50):
        preview.save(source.replace("hello", f"save {number} of fifty"))
        time.sleep(0.02)
    told = preview.until(lambda told: "save 49 of fifty" in preview.text())
    assert told["version"] - before <= 51
    time.sleep(0.7)
    assert preview.state()["version"] - told["version"] <= 1


def test_a_broken_issue_leaves_the_last_good_edition(preview: Preview) -> None:
    """The problems stand beside it, with their places; when they are mended, all is well."""
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
    """What the checks say is told with it, at its line."""
    preview.save(preview.path.read_text(encoding="utf-8").replace("A letter", "Re: A letter!!"))
    told = preview.until(lambda told: "Re: A letter" in told["look"]["subject"])
    assert not told["isBroken"]
    assert {"SUBJ02": 2}.items() <= {each["code"]: each["line"] for each in told["problems"]}.items()


def test_a_deleted_file_comes_back(preview: Preview) -> None:
    """A file that is gone is a problem; a new one of the name mends it."""
    source = preview.path.read_text(encoding="utf-8")
    preview.path.unlink()
    preview.until(lambda told: told["isBroken"])
    preview.path.write_text(source.replace("hello", "back again"), encoding="utf-8")
    preview.until(lambda told: not told["isBroken"] and "back again" in preview.text())


def test_a_deleted_folder_comes_back(preview: Preview) -> None:
    """A branch may be changed, with folders that are only there in one."""
    folder = preview.path.parent
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    shutil.rmtree(folder)
    preview.until(lambda told: told["isBroken"])
    kept.rename(folder)
    preview.until(lambda told: not told["isBroken"])
    preview.save(preview.path.read_text(encoding="utf-8").replace("hello", "and goes on"))
    preview.until(lambda told: "and goes on" in preview.text())


def test_what_a_broken_build_never_read_is_watched(tmp_path: Path) -> None:
    """A theme of one's own that was broken from the start, and an overlay: mending them is enough."""
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


def test_a_picture_may_come_in_a_new_folder(sampled: Preview) -> None:
    """A folder within a folder, made after the issue named it, and the picture after that."""
    source = sampled.path.read_text(encoding="utf-8")
    sampled.save(source.replace("assets/chip-efficiency.png", "pictures/week/chart.png"))
    told = sampled.until(lambda told: told["isBroken"])
    assert "there is no file" in told["problems"][0]["message"]
    folder = sampled.path.parent / "pictures" / "week"
    folder.mkdir(parents=True)
    time.sleep(0.3)
    shutil.copy(sampled.path.parent / "assets" / "chip-efficiency.png", folder / "chart.png")
    sampled.until(lambda told: not told["isBroken"])


def test_a_bug_ends_nothing(preview: Preview, capfd: pytest.CaptureFixture[str]) -> None:
    """It is shown in the page, its traceback where the preview runs; the next save builds again."""
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
def test_what_programs_leave_beside_a_file_is_no_reason(name: str, is_reason: bool) -> None:
    """Swap files, hidden files and the outbox build nothing; a file that was read always does."""
    path = Path("/n/issues") / name
    assert matters(path, ()) is is_reason
    assert matters(path, (path,))


def test_a_port_that_is_taken_is_said() -> None:
    """A port that was asked for is not replaced; without one the next is taken."""
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
from composer.web.preview.preview_server import serve
from composer.core.workspace import Workspace
from composer.web.preview.build_preview import preview_builder
from tests.web.preview.conftest import now
workspace = Workspace(root=Path(sys.argv[1]))
build = preview_builder(workspace, workspace.issue("2025-01-30"), now)
serve(build, port=None, opened=lambda url: print(url, flush=True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_ends_it_quietly(preview: Preview) -> None:
    """Exit code 0, nothing said, though a page is listening: its connection ends with it."""
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
