"""The panels and views without frames: inbox rows, reading order, the state as JSON."""

import json
from dataclasses import replace

import pytest

from composer.core.errors import Problem
from composer.render.text_wrap import cells
from composer.web.preview.page_state import VIEWS, as_json, panels, state
from composer.web.preview.simulation.inbox_row import PROGRAMS, rows, shorten, signs
from composer.web.preview.simulation.reading_order import SpokenKind, reading_order
from composer.web.preview.view_model import PreviewModel, ShownVariant


def test_every_program_has_its_row() -> None:
    """Rows are cut to each program's widths, in cells, and list what was cut."""
    made = rows("China Briefing <briefing@example.org>", "中" * 60, "word " * 60)
    assert [row.program for row in made] == [program.name for program in PROGRAMS]
    for row, program in zip(made, PROGRAMS, strict=True):
        assert row.sender == "China Briefing"
        assert cells(row.subject) <= program.subject
        assert cells(row.preheader) <= program.preheader
        assert row.cut == ("subject", "preheader")
    assert rows("a@example.org", "Short", "Too")[0].sender == "a@example.org"
    assert rows("China Briefing", "Short", "Too")[0].cut == ()


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("ab cdefg", 4, "ab…"),
        ("中文中文", 8, "中文中文"),
        ("中文中文", 7, "中文中…"),
        ("中文中文", 6, "中文…"),
        ("e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301…"),
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 4, "👨‍👩‍👧…"),
        ("🇩🇪🇨🇳🇫🇷", 5, "🇩🇪🇨🇳…"),
        ("a\n b", 9, "a b"),
        ("", 9, ""),
    ],
)
def test_texts_are_cut_between_signs(text: str, width: int, shown: str) -> None:
    """Accents, joined emoji and flags stay whole; a wide character takes two cells."""
    assert shorten(text, width) == shown
    assert "".join(signs(text)) == text


ORDER = """
<html><body><div style="display:none">preheader</div><table role="presentation"><tr><td>
<h1 data-at="i:1:1">A <em>title</em></h1>
<p data-at="i:2:1">See <a href="https://e.org/x">this  report</a>, <span lang="zh">深度求索</span>.</p>
<img src="a.png" alt=""><img src="logo.png" alt="Our logo" data-at="n:3:1"><img src="dark.png" alt="no" style="display: none">
<ul data-at="i:4:1"><li data-at="i:5:1">One</li><li>Two<ul><li>Inner</li></ul>tail</li></ul>
<blockquote><p>Said</p></blockquote><span aria-hidden="true">ornament</span>
<table><tr><th>H</th></tr><tr><td>D</td></tr></table><img src="pictures/chart.png">
</td></tr></table></body></html>
"""


def test_reading_order() -> None:
    """Headings, links, languages, pictures and lists are included, with places; hidden and decorative ones are not."""
    lines = reading_order(ORDER, "en")
    assert [(line.kind, line.level, line.count, line.text, line.at) for line in lines] == [
        (SpokenKind.HEADING, 1, 0, "A title", "i:1:1"),
        (SpokenKind.TEXT, 0, 0, "See this report, 深度求索.", "i:2:1"),
        (SpokenKind.PICTURE, 0, 0, "Our logo", "n:3:1"),
        (SpokenKind.LIST, 1, 2, "", "i:4:1"),
        (SpokenKind.ITEM, 1, 0, "One", "i:5:1"),
        (SpokenKind.ITEM, 1, 0, "Two", "i:4:1"),
        (SpokenKind.LIST, 2, 1, "", "i:4:1"),
        (SpokenKind.ITEM, 2, 0, "Inner", "i:4:1"),
        (SpokenKind.ITEM, 1, 0, "tail", "i:4:1"),
        (SpokenKind.QUOTE, 0, 0, "Said", ""),
        (SpokenKind.TABLE, 0, 2, "", ""),
        (SpokenKind.TEXT, 0, 0, "H", ""),
        (SpokenKind.TEXT, 0, 0, "D", ""),
        (SpokenKind.PICTURE, 0, 0, "chart.png", ""),
    ]
    assert [(part.text, part.link, part.language) for part in lines[1].parts] == [
        ("See ", "", ""),
        ("this report", "https://e.org/x", ""),
        (", ", "", ""),
        ("深度求索", "", "zh"),
        (".", "", ""),
    ]


def test_the_sample_in_reading_order(model: PreviewModel) -> None:
    """The sample starts without preheader padding, with one logo and the subject as the first heading."""
    lines = reading_order(model.html, "en")
    assert next(line.text for line in lines if line.kind is SpokenKind.PICTURE) == "China Briefing"
    assert sum(line.text == "China Briefing" for line in lines) == 1
    assert (
        next(line for line in lines if line.kind is SpokenKind.HEADING).text
        == "A frugal Chinese model unsettles the AI race"
    )
    assert not any("\u034f" in line.text for line in lines)


def test_the_state_says_what_is_known(model: PreviewModel) -> None:
    """All views contain every subscriber, with their values filled in."""
    told = json.loads(as_json(state(ShownVariant(version=3, edition=2, model=model), panels(model))))
    assert (told["version"], told["edition"], told["isBroken"]) == (3, 2, False)
    subscribers = [subscriber["key"] for subscriber in told["look"]["subscribers"]]
    shown = {name: json.loads(as_json(view(model))) for name, view in VIEWS.items()}
    assert set(shown["text"]) == set(shown["inbox"]) == set(subscribers)
    assert "Dear Anna," in shown["text"]["anna"]
    assert model.fields[0].token not in json.dumps([told, shown])
    note = next(line for line in shown["order"] if line["parts"] and line["parts"][0]["text"].startswith("Dear"))
    assert note["for"]["liming"][0]["text"].startswith("Dear 明,")


def test_the_state_is_safe_in_a_page(model: PreviewModel) -> None:
    """No character of it ends a script or begins a comment."""
    hostile = "</script><!--\u2028&amp;\ud800"
    problem = Problem(path="i", line=1, column=1, code="x", message=hostile)
    written = as_json(
        state(ShownVariant(model=model, problems=(problem,)), panels(replace(model, subject=hostile[:-1])))
    )
    for sign in (b"<", b">", b"&", "\u2028".encode()):
        assert sign not in written
    assert json.loads(written)["problems"][0]["message"].startswith("</script><!--")


class Placed(str):
    """A text that knows its place in a file, as headings do; it cannot be copied."""

    def __new__(cls, text: str, place: str) -> "Placed":
        return super().__new__(cls, text)


def test_hidden_sections_are_named_by_heading(model: PreviewModel) -> None:
    """A hidden section is named by its heading, whatever kind of text that is."""
    html = f'<div data-section="one">{"word " * 30_000}</div>'
    mailed = html.replace(' data-section="one"', "").encode()
    given = replace(model, html=html, mailed=mailed, headings={"one": Placed("The one", "newsletter.yaml:3:1")})
    told = json.loads(as_json(panels(given)))["size"]
    assert told["sections"] == [{"key": "one", "heading": "The one", "size": told["hidden"], "is_whole": False}]


def test_without_a_preheader_the_edition_begins_the_row(model: PreviewModel) -> None:
    """Without a preheader, the row shows the beginning of the edition."""
    given = replace(model, preheader=None)
    assert panels(given)["hasPreheader"] is False
    inboxes = json.loads(as_json(VIEWS["inbox"](given)))
    assert inboxes["defaults"][0]["preheader"].startswith("China Briefing Issue 214")
