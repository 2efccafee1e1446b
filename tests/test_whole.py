"""The whole chain, from a YAML file to a message: no text is lost or changed, and the same input gives the same bytes.

Other programs check it: fast-mail-parser parses the message, lxml.html parses its page.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import fast_mail_parser
import lxml.html
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.editions.pipeline import Built, build_issue
from tests.factories import ROOT, sample, sample_message
from tests.mail.bytecheck import problems

pytestmark = pytest.mark.slow

PLACES = ("subject", "preheader", "title", "alt", "caption", "body", "quoted", "item")
_ANY = st.text(max_size=60)
#: Text that people type, in any script.
_EMAILS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"]), min_size=1, max_size=60)
_SIGNS = """
a 文 ， “ ” < > & &amp; { } {{ }} \\ * _ [ ] ( ) # - ❤\ufe0f 👨\u200d👩 e\u0301 \u202e שלום عربي ' " | ]]> -- <b> </p> <!--
--> \u200b \ufeff \u00ad ... =?utf-8?q?a?= https://example.org/ \\u{3000} &#12345; {% 1. ] )
"""
_BLANKS = (" ", "  ", "\t", "\n", "\n\n", "\u00a0", "\u3000", "\n> ", "\n- ", ' class="section-mark-00"', ' src="')
#: Text that editors paste, and that causes problems in other programs.
_PASTED = st.lists(st.sampled_from([*_SIGNS.split(), *_BLANKS, "x" * 90, "文" * 50]), max_size=14).map("".join)


@pytest.fixture(scope="module")
def issue_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """An issue with a picture."""
    workspace = sample_message(tmp_path_factory.mktemp("letter"))
    shutil.copy(ROOT / "assets" / "logo.png", workspace.root / "issues" / "a.png")
    return workspace


def _written(texts: dict[str, str]) -> str:
    """Write the issue as JSON, which is also YAML, so that no text can change the structure.

    Controls are unescaped, unlike in JSON.
    """
    quoted = "\n".join(f"> {line}" for line in texts["quoted"].split("\n"))
    item = "\n".join(f"  {line}" for line in texts["item"].split("\n"))[2:]
    figure = {"image": "a.png", "alt": texts["alt"], "caption": texts["caption"]}
    body = f"{texts['body']}\n\n{quoted}\n\n- {item}"
    issue = {
        "date": "2025-01-30",
        "subject": texts["subject"],
        "preheader": texts["preheader"],
        "letter": {"title": texts["title"], "body": body, "figure": figure},
    }
    written = json.dumps(issue, ensure_ascii=False, indent=1)
    return re.sub(r"(?<!\\)((?:\\\\)*)\\([bfr]|u[0-9a-f]{4})", _raw, written)


def _raw(escape: re.Match[str]) -> str:
    return (
        escape[1] + {"b": "\b", "f": "\f", "r": "\r"}.get(escape[2], "")
        if escape[2] in "bfr"
        else (escape[1] + chr(int(escape[2][1:], 16)))
    )


def _plain(text: str) -> str:
    """Return a text in one Unicode form, without white space and without isolates and marks of direction."""
    return re.sub(r"[\s\u200e\u200f\u2066-\u2069]+", "", unicodedata.normalize("NFC", text))


def _check_lines(text: str) -> None:
    assert not [line for line in text.split("\n") if line != "-- " and line != line.rstrip(" ")]


def _read(built: Built) -> tuple[str, str, lxml.html.HtmlElement]:
    assert problems(built.message) == []
    mail = fast_mail_parser.parse_email(built.message, strict=True)
    assert len(mail.text_plain) == len(mail.text_html) == 1
    _check_lines(mail.text_plain[0].replace("\r\n", "\n"))
    return mail.subject, mail.text_plain[0], lxml.html.document_fromstring(mail.text_html[0])


@settings(max_examples=100, deadline=None)
@given(texts=st.fixed_dictionaries(dict.fromkeys(PLACES, (_EMAILS | _PASTED).filter(str.strip))))
@example(texts=dict.fromkeys(PLACES, ' class="section-mark-00"'))
@example(texts=dict.fromkeys(PLACES, "文本 “a”> b \\ \u3000 e\u0301 ❤\ufe0f"))
@example(texts={**dict.fromkeys(PLACES, "x"), "subject": "{{ first_name | default('') }}"})
@example(texts={**dict.fromkeys(PLACES, "x"), "item": "> a quote in a list"})
def test_texts_arrive_or_are_refused_at_their_place(issue_workspace: Workspace, texts: dict[str, str]) -> None:
    """Texts in any script are reported with a place inside the file, or are the same in every part."""
    _check(issue_workspace, texts)


@settings(max_examples=40, deadline=None)
@given(place=st.sampled_from(PLACES), text=_ANY)
def test_any_characters_arrive_or_are_refused(issue_workspace: Workspace, place: str, text: str) -> None:
    """Controls, half surrogates and unusual characters are reported, or are the same in every part."""
    _check(issue_workspace, {**dict.fromkeys(PLACES, "x"), place: text})


def _check_places(error: ContentError, source: str) -> None:
    rows = re.split("\r\n|\r|\n", unicodedata.normalize("NFC", source))
    assert error.problems
    for problem in error.problems:
        assert problem.path == "issues/2025-01-30.yaml", problem
        assert 1 <= problem.line <= len(rows) and 1 <= problem.column <= len(rows[problem.line - 1]) + 1, problem
        assert problem.message


def _check(issue_workspace: Workspace, texts: dict[str, str]) -> None:
    path = issue_workspace.root / "issues" / "2025-01-30.yaml"
    source = _written(texts)
    path.write_text(source, encoding="utf-8", errors="surrogatepass", newline="")
    try:
        built = build_issue(issue_workspace, path)
    except ContentError as error:
        _check_places(error, source)
        return
    subject, text, page = _read(built)
    html = _plain(page.body.text_content())
    # A quotation has > before each of its lines.
    unquoted = _plain(re.sub(r"(?m)^> ?", "", text))
    for place in ("title", "caption"):
        if "{{" not in texts[place]:
            assert _plain(texts[place]) in html, place
            assert _plain(texts[place]) in _plain(text), place
    if "{{" not in texts["alt"]:
        alts = [_plain(image.get("alt") or "") for image in page.iter("img")]
        assert _plain(texts["alt"]) in alts
    if "{{" not in texts["subject"]:
        assert _plain(texts["subject"]) == _plain(subject)
        assert _plain(texts["subject"]) == _plain(page.findtext(".//title") or "")
        assert _plain(texts["subject"]) in html and _plain(texts["subject"]) in _plain(text)
    for place in ("body", "quoted", "item"):
        # Markdown has special characters; text without any of them is unchanged.
        for line in texts[place].split("\n"):
            if re.fullmatch(r"[^\x00-\x7f\s][^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]*", line):
                assert _plain(line) in html and _plain(line) in (unquoted if place == "quoted" else _plain(text)), place


_BUILD = """
import hashlib, sys
from pathlib import Path
from composer.editions.pipeline import build_issue
from composer.core.workspace import Workspace
workspace = Workspace(root=Path(sys.argv[1]))
for path in workspace.issues():
    built = build_issue(workspace, path)
    print(path.stem, built.hash, hashlib.sha256(built.message + built.html.encode() + built.text.encode()).hexdigest())
"""


def _prints(folder: Path, **environment: str) -> str:
    """Build the issues of a folder in a separate process."""
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    assert done.stderr == ""
    return done.stdout


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """The run, the folder, the hash seed, the time zone, the language and a cache do not change a byte."""
    here, there = tmp_path / "a", tmp_path / "somewhere else, 另"
    for folder in (here, there):
        folder.mkdir()
        sample(folder)
    workspaces = [Workspace(root=here), Workspace(root=here), Workspace(root=there)]
    builds = [build_issue(each, each.root / "issues" / "2025-01-30.yaml") for each in workspaces]
    assert len({(built.hash, built.message, built.html, built.text) for built in builds}) == 1
    for _, picture in builds[0].pictures:
        assert picture.data in (path.read_bytes() for path in here.rglob("*.png"))
    cache = str(tmp_path / "cache")
    first = _prints(here, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C", XDG_CACHE_HOME=cache)
    second = _prints(there, PYTHONHASHSEED="2", TZ="Pacific/Kiritimati", LC_ALL="C.UTF-8", XDG_CACHE_HOME=cache)
    assert first == second
    assert f"2025-01-30 {builds[0].hash} " in first and "2025-01-30.de " in first


def test_sample_is_read_by_others() -> None:
    """The sample's message contains its text and HTML, and every shown picture once."""
    workspace = Workspace(root=ROOT)
    built = build_issue(workspace, ROOT / "issues" / "2025-01-30.yaml")
    subject, text, page = _read(built)
    assert subject == built.edition.subject
    assert text.replace("\r\n", "\n") == built.text
    parts = fast_mail_parser.parse_email(built.message, strict=True).attachments
    shown = {(image.get("src") or "").removeprefix("cid:") for image in page.iter("img")}
    assert shown == {(part.content_id or "").strip("<>") for part in parts}
    assert len(parts) == len(built.pictures) == len(shown)
    assert sorted(bytes(part.content) for part in parts) == sorted(picture.data for _, picture in built.pictures)
