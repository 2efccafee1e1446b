"""Text from outside does not control a terminal or hide text on a page; what scripts and emoji need stays."""

import io
import json
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.bounces.health.audience_health import AudienceHealth
from composer.bounces.health.health_page import page
from composer.cli.main import run
from composer.cli.ui import console
from composer.cli.ui.console import as_line
from composer.core.errors import Problem
from composer.core.untrusted.untrusted_text import finished, in_json, tame, visible
from composer.render.bidi import without_isolates
from composer.web.preview.page_state import state
from composer.web.preview.view_model import ShownVariant
from composer.web.public.site.page_templates import HTML
from tests.cli_harness import CliHarness, make_workspace
from tests.factories import sample_message

#: Text that must never be shown unchanged on a terminal or a page.
HARMFUL = (
    "\x1b\x07\x9b\x08\x7f\r\x85\u202e\u202a\u2066\u2067\u2068\u2069\u200b\u2060\ufeff\u2028\u2029"
    "\U000e0041\U000e007f\u3164\ud800"
)
#: Text that must not change: joiners of scripts and emoji, a flag made of tags, marks in Arabic, rare Chinese
#: characters.
LEGITIMATE = (
    "می‌خواهم",
    "क्‍ष",
    "👩‍💻 👨🏽‍🚀 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "الرقم ‎+966 11‏ (هاتف)",
    "葛󠄀城",
    "a tab\tand\nlines",
    "Zürich – “naïve” … \u00a0€",
)


@pytest.mark.parametrize("character", sorted(set(HARMFUL)))
def test_harmful_characters(character: str) -> None:
    """Shown as their code on a terminal, removed on a page, escaped in JSON without loss."""
    text = f"invoice{character}gpj.exe"
    assert visible(text).isascii() and visible(text).isprintable() and "\\" in visible(text)
    assert tame(text) == "invoicegpj.exe"
    written = json.dumps(text, ensure_ascii=False)
    assert in_json(written).isascii() and json.loads(in_json(written)) == text


@pytest.mark.parametrize("text", LEGITIMATE)
def test_normal_text_does_not_change(text: str) -> None:
    """Normal text does not change."""
    assert visible(text) == tame(text) == text


def test_joiners_and_marks_elsewhere() -> None:
    """Between Latin letters, at an end, or in text without Arabic or Hebrew letters, they only hide text."""
    assert tame("pay\u200cpal") == "paypal" and visible("a\u200d") == "a\\u200d" and visible("\u200db") == "\\u200db"
    assert tame("user\u200f@example.org\u200e") == "user@example.org"
    assert tame("👩\u200dx") == "👩x" and tame("🏴\U000e0068\U000e0069") == "🏴"


def test_every_control_and_direction_character_is_harmful() -> None:
    """Every control, every character that reverses text and every Unicode tag is harmful, except tab and line feed."""
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        is_control = unicodedata.category(character) == "Cc" and character not in "\t\n"
        is_turning = unicodedata.bidirectional(character) in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )
        if is_control or is_turning or 0xE0000 <= point < 0xE0080:
            assert visible(f"a{character}b") != f"a{character}b", hex(point)
            assert tame(f"a{character}b") == "ab", hex(point)


def test_templates_remove_harmful_characters() -> None:
    """Every value that a template prints, except our own markup."""
    template = HTML.from_string("{{ a }}|{{ b | safe }}|{{ 3 }}")
    assert template.render(a="x\u202e\x1b<", b="y\u2066") == "x&lt;|y\u2066|3"
    assert finished(3) == 3


def test_the_page_about_the_audience() -> None:
    """Domains and server replies are shown without harmful characters."""
    health = AudienceHealth(now=datetime(2025, 3, 15, tzinfo=UTC), subscribers={"active": 1})
    refusal = ("bad\u202e.example", "5.7.1", "no\x1b[31m way\u200b", 2)
    shown = page(replace(health, refusals=(refusal,)), "Letters\u2067")
    assert "bad.example" in shown and "no[31m way" in shown and tame(shown) == shown


def test_the_preview() -> None:
    """Its page shows problems and their places like a terminal."""
    problem = Problem(path="a\u202e.yaml", line=1, column=1, code="x", message="“b\x1b[2J”", hint="c\u2066")
    told = json.dumps(state(ShownVariant(problems=(problem,), error="d\u200b"), None), ensure_ascii=False)
    assert tame(told) == told


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


def test_commands(room: CliHarness) -> None:
    """File names, cells, addresses and subjects do not control the terminal; JSON contains them unchanged."""
    room.write("2031-01-30", subject="A \u202eturned subject of a letter")
    name = "people\u202e\x1b[31m.csv"
    (room.root / name).write_text(
        'email,first_name\nann@x.example,"A\u202enn\x9b"\nno\u200baddress\x1b[2J,B\n', encoding="utf-8"
    )
    room.add(1, name="Eve\u2066", first_name="E\u202e\x1b[31mve")
    says: tuple[tuple[str, ...], ...] = (
        ("subscribers", "import", name, "--dry-run"),
        ("subscribers", "import", name, "--yes", "--consent", "they said so"),
        ("subscribers", "list"),
        ("subscribers", "show", "reader1@example.net"),
        ("who", "reader1@example.net"),
        ("build", "2031-01-30"),
        ("check", "2031-01-30"),
        ("send", "2031-01-30", "--dry-run"),
        ("check", "2031\u202e\x1b[2J"),
        ("subscribers", "show", "x\u202e\x9b@example.org"),
        ("\x1b]0;x\x07",),
    )
    for each in says:
        said = room.say(*each)
        assert visible(said.all) == said.all, each
    found = json.loads(room.say("who", "reader1@example.net", "--json").out)
    assert found["values"]["first_name"] == "E\u202e\x1b[31mve"
    assert json.loads(as_line({"name": "\x9b\U000e0041"})) == {"name": "\x9b\U000e0041"}


def test_a_list_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Escaped for a terminal; unchanged for another program."""
    for is_terminal, expected in ((True, "a\\u202eb\n"), (False, "a\u202eb\r\n")):
        out = io.StringIO()
        monkeypatch.setattr(out, "isatty", lambda is_terminal=is_terminal: is_terminal)
        monkeypatch.setattr(sys, "stdout", out)
        console.ConsoleTable().write("a\u202eb\r\n")
        assert out.getvalue() == expected


def test_editions_do_not_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Joiners and marks that an editor wrote are sent unchanged."""
    body = " ".join(LEGITIMATE[:4])
    workspace = sample_message(tmp_path, body)
    monkeypatch.chdir(tmp_path)
    assert run(["build", "2025-01-30"]) == 0
    # Isolates around phone numbers in right-to-left text are added, and take nothing away.
    text = without_isolates((workspace.root / "outbox/2025-01-30/issue.txt").read_text(encoding="utf-8"))
    for each in LEGITIMATE[:4]:
        assert "".join(each.split()) in "".join(text.split())
