"""Other issues on the same page, what a page is told while it builds, and places in the editor's own program."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from composer.app.issues.issue_lookup import IssueFile
from composer.app.issues.preview import list_issues
from composer.core.environment import SettingsError
from composer.web.preview.editor_links import KNOWN, editor_links, editor_template
from composer.web.preview.simulation.reading_time import lengths
from tests.web.preview.conftest import Preview
from tests.web.preview.test_server import Listener

PATHS = ("/", "/state.json", "/issues.json", "/static/page.js", "/edition/defaults-light-images-plain.html")


@pytest.mark.slow
def test_each_issue_has_its_own_paths(shared: Preview) -> None:
    """The German edition is below /issue/, the first issue at both places; other names are not found."""
    for path in PATHS:
        assert shared.get(f"/issue/2025-01-30{path}").status == 200
    other = shared.session_of("2025-01-30.de")
    assert other["look"]["language"] == "de" and shared.state()["look"]["language"] == "en"
    frame = shared.get("/issue/2025-01-30.de/edition/defaults-light-images-plain.html")
    assert b'lang="de"' in frame.body and "sandbox allow-same-origin" in frame.headers["content-security-policy"]
    for name in ("2025-02-30", "newsletter", "..%2Fnewsletter", "%2e%2e", "2025-01-30.yaml", "<script>"):
        assert shared.get(f"/issue/{quote(name, safe='%')}/").status == 404, name
    told = json.loads(shared.get("/issue/2025-01-30.de/issues.json").body)
    assert told == {
        "current": "2025-01-30.de",
        "issues": [
            {"stem": "2025-01-30", "date": "2025-01-30", "language": "en"},
            {"stem": "2025-01-30.de", "date": "2025-01-30", "language": "de"},
        ],
    }
    assert json.loads(shared.get("/issues.json").body)["current"] == "2025-01-30"
    for headers, status in (({"Sec-Fetch-Site": "cross-site"}, 403), ({"Host": "evil.example"}, 421)):
        assert shared.get("/issue/2025-01-30.de/state.json", headers).status == status


@pytest.mark.slow
def test_issues_that_no_page_shows_are_given_up(preview: Preview) -> None:
    """Three other issues are kept up to date; the one that was used least recently is built again when it is opened."""
    text = preview.path.read_text(encoding="utf-8")
    names = [f"2025-02-0{day}" for day in range(1, 6)]
    for name in names:
        preview.path.with_name(f"{name}.yaml").write_text(text.replace("2025-01-30", name), encoding="utf-8")
        assert preview.session_of(name)["look"]["issue"] == f"issues/{name}.yaml"
    kept = preview.server.sessions
    assert list(kept._others) == names[2:] and len(kept._tasks) == 4
    assert preview.session_of(names[0])["look"]["issue"] == f"issues/{names[0]}.yaml"
    assert list(kept._others) == [names[3], names[4], names[0]]


@pytest.mark.slow
def test_a_page_is_told_when_a_build_begins(preview: Preview) -> None:
    """Before each new version, the event stream says that it is being built; also to a page that opens meanwhile."""
    listener = Listener(preview)
    assert listener.version() == 1
    with preview.held():
        preview.save(preview.path.read_text(encoding="utf-8").replace("hello", "good day"))
        assert [listener.line(), listener.line()] == ["event: building", "data: building"]
        late = Listener(preview)
        assert [late.line() for _ in range(3)] == ["data: 1", "event: building", "data: building"]
    # A system may report one save twice.
    assert listener.version() >= 2 and late.version() >= 2
    listener.close()
    late.close()


def test_issues_are_listed_newest_first(preview: Preview) -> None:
    """With their languages; a file with another name only if it is the one that is shown."""
    odd = preview.path.with_name("draft.yaml")
    for path in (odd, preview.path.with_name("2025-02-06.yaml"), preview.path.with_name("2025-02-06 (1).yaml")):
        path.write_text("", encoding="utf-8")
    listed = list_issues(IssueFile(workspace=preview.workspace, path=odd))
    assert [(each.stem, each.date, each.language) for each in listed] == [
        ("2025-02-06", "2025-02-06", "en"),
        ("2025-01-30", "2025-01-30", "en"),
        ("draft", "", "en"),
    ]
    (preview.workspace.root / "newsletter.yaml").write_text("nam: x\n", encoding="utf-8")
    assert {each.language for each in list_issues(IssueFile(workspace=preview.workspace, path=odd))} == {""}


def test_addresses_for_the_editors_program(tmp_path: Path) -> None:
    """Only files inside the workspace; their names cannot change the address."""
    root = tmp_path.resolve()
    for name in ("a.yaml", "Neue Ausgabe {line}#?.yaml"):
        (root / name).write_text("", encoding="utf-8")
    (tmp_path.parent / "outside.yaml").write_text("", encoding="utf-8")
    names = ["a.yaml", "a.yaml", "Neue Ausgabe {line}#?.yaml", "missing.yaml", "../outside.yaml", "", "/etc/hostname"]
    found = editor_links(editor_template(""), root, names)
    assert found == {
        "a.yaml": f"vscode://file{root.as_posix()}/a.yaml:{{line}}:{{column}}",
        "Neue Ausgabe {line}#?.yaml": f"vscode://file{root.as_posix()}/Neue%20Ausgabe%20%7Bline%7D%23%3F.yaml:{{line}}:{{column}}",
    }
    assert editor_links(editor_template("none"), root, names) == {}
    assert editor_template(" Cursor ") == KNOWN["cursor"]
    own = "my-editor://open?path={path}&at={line}"
    assert editor_template(own) == own


@pytest.mark.parametrize(
    "value",
    ["emacs", "code -g {path}", "vscode://file", "javascript:alert('{path}')", "DATA:text/html,{path}", "{path}"],
)
def test_a_wrong_setting_is_refused(value: str) -> None:
    """A program without an address of its own, a command, an address without the path, a script."""
    with pytest.raises(SettingsError, match="COMPOSE_EDITOR"):
        editor_template(value)


def test_words_and_minutes() -> None:
    """Characters count in Chinese and Japanese, words elsewhere; hidden words and the page around sections do not."""
    html = (
        '<html><head><title>no</title></head><body><p>around</p><div data-section="a"><p>Don’t s<b>t</b>op: 49.1 %</p>'
        '<p style="display:none">hidden words</p></div><div data-section="b"><p>深度求索 R1</p></div></body></html>'
    )
    one, two = lengths(html, "en")
    assert (one.key, one.words) == ("a", 3) and one.minutes == pytest.approx(3 / 228)
    assert (two.key, two.words) == ("b", 5) and two.minutes == pytest.approx(1 / 228 + 4 / 255)
    assert lengths(html, "ja")[1].minutes == pytest.approx(1 / 200 + 4 / 357)
    assert lengths("<p>x</p>", "en") == ()
