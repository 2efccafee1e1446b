"""Nothing outside the newsletter's folder is read, and nothing is downloaded, for any issue or theme.

Each attack is built in one process whose audit hook sees every file that Python opens; other accesses by libraries
would show as a connection to our listener, or as the secret in the output.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories import ROOT, sample_message

pytestmark = pytest.mark.slow

SECRET = "the-secret-of-the-house"
THEME = "templates/briefing"
ISSUE = "issues/2025-01-30.yaml"

_BUILDS = """
import json, sys
from pathlib import Path
import composer.cli.commands.build, composer.editions.pipeline, composer.editions.outbox, composer.render.inline
composer.render.inline._premailer()
seen = []
def audit(event, arguments):
    if event in ("open", "os.listdir", "os.scandir"):
        seen.append((event, "" if arguments[0] is None else str(arguments[0])))
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec",
                   "urllib.Request", "ftplib.connect", "http.client.connect"):
        seen.append((event, str(arguments[1:])))
        raise PermissionError(event)
sys.addaudithook(audit)
from composer.core.errors import ComposeError, ContentError
from composer.editions.outbox import write
from composer.editions.pipeline import build_issue
from composer.core.workspace import Workspace
for name in sys.argv[1:]:
    workspace = Workspace(root=Path(name))
    said = []
    seen.clear()
    try:
        write(build_issue(workspace, workspace.root / "issues" / "2025-01-30.yaml"), workspace.root / "outbox")
    except ContentError as error:
        said = [(problem.path, problem.line, problem.message) for problem in error.problems]
    except ComposeError as error:
        said = [("", 0, error.message)]
    print(json.dumps({"said": said, "seen": seen}))
"""


@dataclass(frozen=True)
class Attack:
    """The files of an attack, and the expected message: a file, a line, some words."""

    name: str
    attack: Callable[["Place"], None]
    path: str
    line: int
    words: str


@dataclass(frozen=True)
class Place:
    """A newsletter with its own theme, a file outside it, and an address of our listener."""

    folder: Path
    outside: Path
    url: str

    def append(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(path.read_text(encoding="utf-8") + self.fill(text), encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, self.fill(new), 1), encoding="utf-8")

    def issue(self, letter: str) -> None:
        text = f'date: 2025-01-30\nsubject: "A letter"\nletter:\n{self.fill(letter)}'
        (self.folder / ISSUE).write_text(text, encoding="utf-8")

    def fill(self, text: str) -> str:
        return text.replace("URL", self.url).replace("OUTSIDE", str(self.outside))

    def link(self, name: str, target: str) -> None:
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.symlink_to(self.outside / target)


FIGURE = "  body: Hello\n  figure:\n    image: {}\n    alt: A picture\n"
PAGE = f"{THEME}/page.mjml.j2"
TEXT = f"{THEME}/sections/text/section.mjml.j2"


def _linked_issue_part(place: Place) -> None:
    place.issue("  from: part.yaml\n")
    place.link("issues/part.yaml", "letter.yaml")


def _linked_picture(place: Place) -> None:
    place.issue(FIGURE.format("a.png"))
    place.link("issues/a.png", "secret.png")


def _linked_folder(place: Place) -> None:
    place.issue(FIGURE.format("assets/secret.png"))
    place.link("issues/assets", ".")


ATTACKS = (
    Attack("head imports http", lambda at: at.append(f"{THEME}/head.css", "\n@import url(URL/x);"),
           f"{THEME}/head.css", 0, "@import would load"),
    Attack("head imports file", lambda at: at.append(f"{THEME}/head.css", "\n@import url(file://OUTSIDE/secret.css);"),
           f"{THEME}/head.css", 0, "@import would load"),
    Attack("inline imports http", lambda at: at.append(f"{THEME}/inline.css", "\n@import url(URL/x);"),
           f"{THEME}/inline.css", 0, "@import would load"),
    Attack("inline imports file", lambda at: at.append(f"{THEME}/inline.css", "\n@import 'file://OUTSIDE/secret.css';"),
           f"{THEME}/inline.css", 0, "@import would load"),
    Attack("inline hides an import", lambda at: at.append(f"{THEME}/inline.css", "\n@\\69mport 'file://OUTSIDE/secret.css';"),
           f"{THEME}/inline.css", 0, "escapes"),
    Attack("style sheet link", lambda at: at.replace(PAGE, "</mj-raw>", '<link rel="stylesheet" href="URL/x" /></mj-raw>'),
           PAGE, 0, "<link> is not allowed"),
    Attack("style block", lambda at: at.replace(PAGE, "</mj-raw>", "<STYLE>@import url(URL/x);</STYLE></mj-raw>"),
           "", 0, "loads a style sheet with @import"),
    Attack("entity", lambda at: at.replace(
        PAGE, "<mjml ", '<!DOCTYPE mjml [<!ENTITY x SYSTEM "file://OUTSIDE/secret.txt">]><mjml '), PAGE, 0, "doctype"),
    Attack("mj-include", lambda at: at.replace(PAGE, "<mj-title>", '<mj-include path="OUTSIDE/secret.txt" /><mj-title>'),
           PAGE, 0, "<mj-include> is not allowed"),
    Attack("include above", lambda at: at.append(TEXT, '\n{% include "../../../../outside/secret.txt" %}'),
           TEXT, 8, "template not found"),
    Attack("include absolute", lambda at: at.append(TEXT, '\n{% include "OUTSIDE/secret.txt" %}'),
           TEXT, 8, "template not found"),
    Attack("include the newsletter", lambda at: at.append(TEXT, '\n{% include "../../newsletter.yaml" %}'),
           TEXT, 8, "template not found"),
    Attack("import above", lambda at: at.append(TEXT, '\n{% import "../../../../outside/secret.txt" as x %}'),
           TEXT, 8, "template not found"),
    Attack("classes", lambda at: at.append(TEXT, "\n{{ ''.__class__.__mro__ }}"), TEXT, 8, "__class__"),
    Attack("globals", lambda at: at.append(TEXT, "\n{{ m.body.__globals__ }}"), TEXT, 8, "__globals__"),
    Attack("format string", lambda at: at.append(TEXT, "\n{{ '{0.__class__}'.format(section) }}"), TEXT, 8, "__class__"),
    Attack("linked head", lambda at: at.link(f"{THEME}/head.css", "secret.css"),
           f"{THEME}/head.css", 1, "template not found"),
    Attack("linked template", lambda at: at.link(TEXT, "secret.txt"),
           f"{THEME}/sections/text/schema.yaml", 1, "has no section.mjml"),
    Attack("linked picture", _linked_picture, ISSUE, 6, "outside the newsletter's folder"),
    Attack("linked folder", _linked_folder, ISSUE, 6, "outside the newsletter's folder"),
    Attack("picture above", lambda at: at.issue(FIGURE.format("../../outside/secret.png")),
           ISSUE, 6, "outside the newsletter's folder"),
    Attack("picture absolute", lambda at: at.issue(FIGURE.format("OUTSIDE/secret.png")), ISSUE, 6, "one computer only"),
    Attack("picture on the web", lambda at: at.issue(FIGURE.format("URL/secret.png")), ISSUE, 6, "must be a file"),
    Attack("part above", lambda at: at.issue("  from: ../../outside/letter.yaml\n"),
           ISSUE, 4, "outside the newsletter's folder"),
    Attack("part absolute", lambda at: at.issue("  from: OUTSIDE/letter.yaml\n"), ISSUE, 4, "one computer only"),
    Attack("linked part", _linked_issue_part, ISSUE, 4, "outside the newsletter's folder"),
    Attack("schema on the web", lambda at: at.replace(
        f"{THEME}/sections/text/schema.yaml", "#/$defs/figure", "URL/schema.json"),
           f"{THEME}/sections/text/schema.yaml", 23, "unknown definition"),
    Attack("schema in a file", lambda at: at.replace(
        f"{THEME}/sections/text/schema.yaml", "#/$defs/figure", "file://OUTSIDE/secret.json"),
           f"{THEME}/sections/text/schema.yaml", 23, "unknown definition"),
    Attack("theme above", lambda at: at.append("newsletter.yaml", "theme: ../../outside\n"),
           "newsletter.yaml", 10, "unknown theme"),
    Attack("theme absolute", lambda at: at.append("newsletter.yaml", "theme: OUTSIDE\n"),
           "newsletter.yaml", 10, "unknown theme"),
)  # fmt: skip


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[list[str]]]]:
    """Build every attack in one process; the listener must not get a connection."""
    base = tmp_path_factory.mktemp("attacks")
    outside = base / "outside"
    outside.mkdir()
    for name in ("secret.txt", "secret.css", "secret.png", "secret.json"):
        (outside / name).write_text(SECRET, encoding="utf-8")
    (outside / "letter.yaml").write_text(f"body: {SECRET}\n", encoding="utf-8")
    (outside / "theme.yaml").write_text(f"title: {SECRET}\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        places = []
        for number, attack in enumerate(("none", *ATTACKS)):
            folder = base / f"{number:02}"
            sample_message(folder)
            shutil.copytree(ROOT / "templates", folder / "templates")
            place = Place(folder=folder.resolve(), outside=outside, url=f"http://127.0.0.1:{listener.getsockname()[1]}")
            if isinstance(attack, Attack):
                attack.attack(place)
            places.append(place)
        done = subprocess.run(
            [sys.executable, "-c", _BUILDS, *(str(place.folder) for place in places)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(base / "cache")},
        )
        assert done.stderr == ""
        results = [json.loads(line) for line in done.stdout.splitlines()]
        with pytest.raises(TimeoutError):
            listener.accept()
    for place, result in zip(places, results, strict=True):
        own = [place.folder, ROOT / "composer", ROOT / "templates", base / "cache"]
        own += (Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve(), Path("/usr/share/zoneinfo"))
        result["strange"] = [each for each in result["seen"] if not _is_ours(each, own)]
        result["secrets"] = [
            str(path) for path in (place.folder / "outbox").rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
        ]  # fmt: skip
    return {attack.name: result for attack, result in zip(ATTACKS, results[1:], strict=True)} | {"none": results[0]}


def _is_ours(event: list[str], own: list[Path]) -> bool:
    kind, name = event
    if not kind.startswith(("open", "os.listdir", "os.scandir")):
        return False
    # A number is an open file; Rust's panics go to the null device.
    return name.isdigit() or name == os.devnull or any(Path(name).resolve().is_relative_to(folder) for folder in own)


def test_without_an_attack_it_builds(outcome: dict[str, dict[str, list[list[str]]]]) -> None:
    """The same newsletter with its own theme is built, and uses only its own files."""
    assert outcome["none"]["said"] == [] and outcome["none"]["strange"] == []
    assert any(name.endswith("head.css") for _, name in outcome["none"]["seen"])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attacks_are_refused(attack: Attack, outcome: dict[str, dict[str, list[list[str]]]]) -> None:
    """An attack is reported with its place; no file outside is opened, nothing is downloaded, no secret is written."""
    result = outcome[attack.name]
    assert result["strange"] == [] and result["secrets"] == []
    assert SECRET not in json.dumps(result["said"])
    said = [each for each in result["said"] if each[0] == attack.path and attack.words in each[2]]
    assert said, result["said"]
    assert attack.line in (0, *(each[1] for each in said)), said
