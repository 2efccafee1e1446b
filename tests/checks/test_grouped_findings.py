"""Findings of one check with one cause are shown as one, and their limits are those that people act on."""

import datetime
from pathlib import Path

import pytest
from PIL import Image

from composer.core.errors import Problem, grouped
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from tests.checks.test_precision import HEAD, LETTER, NEWSLETTER, PAGE, item, topic

pytestmark = pytest.mark.slow

NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)


def problems(folder: Path, text: str, *, language: str = "en", settings: str = "") -> tuple[Problem, ...]:
    (folder / "issues" / "assets").mkdir(parents=True, exist_ok=True)
    written = NEWSLETTER.replace("language: en", f"language: {language}") + settings
    (folder / "newsletter.yaml").write_text(written, encoding="utf-8")
    path = folder / "issues" / "2025-01-30.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return check_issue(Workspace(root=folder.resolve()), path, NOW).problems


LONG = "https://example.org/a-long-address-of-a-page"
#: Three findings of one check whose messages differ: in two sections, with three texts.
SAME_CAUSE = {
    "A11Y07": LETTER.format(f"{LONG}/1\n\n    {LONG}/2") + "topics:\n" + topic(1, f"{LONG}/3"),
    "A11Y16": "reading:\n" + "".join(item(f"{sign * 3} {sign}", f"{PAGE}/{sign}") for sign in "🎉🎈🎁"),
    "A11Y06": "topics:\n" + topic(1, "".join(
        f"We read [the report on {part}]({PAGE}/{part}/1) and [the report on {part}]({PAGE}/{part}/2) too. " for part in "abc")),
    "LINK01": LETTER.format("[a](https://todo.example.org) [b](https://tbd.example.org) [c](https://fixme.example.org)"),
    "LINK04": LETTER.format("[one](https://bit.ly/1), [two](https://t.co/2)") + "topics:\n" + topic(1, "[three](https://is.gd/3)"),
    "LINK05": LETTER.format("[one](https://93.184.215.14), [two](https://93.184.215.15), [three](https://93.184.215.16)"),
    "LINK08": "topics:\n" + topic(1, f"[one]({PAGE}?fbclid=1)") + topic(2, f"[two]({PAGE}?gclid=1), [three]({PAGE}?mc_eid=2)"),
    "LINK09": LETTER.format(f"[one]({PAGE}/1%E2%80%8B), [two]({PAGE}/2%E2%80%8B)")
        + "topics:\n" + topic(1, f"[three]({PAGE}/3%E2%80%8B)"),
    "DATE04": "dates:\n" + "".join(item(f"Event {n}", f"{PAGE}/{n}", f"    date: 2025-01-2{n}\n") for n in "123")
        + item("One more", f"{PAGE}/4", "    date: 2025-02-04\n"),
    "DATE05": LETTER.format("At 12:75 pm, at 11:65 am, at 10:85 am."),
    "EDIT05": LETTER.format("(one\n\n    （二\n\n    [three"),
    "EDIT07": LETTER.format("Here TODO, and there TBD.") + "topics:\n" + topic(1, "[quote to come]"),
    "EDIT09": LETTER.format("Bring: • a • b") + "topics:\n" + topic(1, "Bring: • c • d") + topic(2, "Bring: • e • f"),
    "EDIT10": LETTER.format("It is the the box of of wood and and iron."),
    "EDIT11": LETTER.format("See ”one” here.\n\n    See ”two” here.\n\n    See ”three” here."),
}  # fmt: skip


@pytest.mark.parametrize("code", SAME_CAUSE)
def test_findings_with_one_cause_are_shown_as_one(code: str, tmp_path: Path) -> None:
    """Three findings that differ only in what they quote are one group with all places."""
    found = [each for each in problems(tmp_path, SAME_CAUSE[code]) if each.code == code]
    assert len(found) >= 3
    assert len(grouped(found)) == 1


def test_two_findings_stay_two(tmp_path: Path) -> None:
    """Two findings are shown with what they quote."""
    found = problems(tmp_path, LETTER.format(f"{LONG}/1\n\n    {LONG}/2"))
    assert [each.code for each in found] == ["A11Y07"] * 2
    assert len(grouped(found)) == 2


def test_causes_are_kept_apart(tmp_path: Path) -> None:
    """Open and closed brackets, and weekdays with their dates, need different corrections."""
    text = "(one\n\n    (two\n\n    “three\n\n    Friday 2025-01-01\n\n    Friday 2025-01-02\n\n    Friday 2025-02-03"
    found = problems(tmp_path, LETTER.format(text))
    assert len(found) == len(grouped(found)) == 6


@pytest.mark.parametrize(
    ("address", "is_reported"),
    [
        ("https://api.example.org/swaggerui", False),
        ("www.example.org/advent/2025", False),
        ("https://example.org/a?b=1", True),
        ("https://example.org/a-page-with-a-long-path", True),
        ("www.example.org/a-page-with-a-very-long-path", True),
    ],
)
def test_short_addresses_may_be_printed(address: str, is_reported: bool, tmp_path: Path) -> None:
    """A11Y07 reports long addresses and those with parameters."""
    found = problems(
        tmp_path, LETTER.format(f"The data is at [{address}](https://{address.removeprefix('https://')}).")
    )
    assert [each.code for each in found] == (["A11Y07"] if is_reported else [])


@pytest.mark.parametrize(("language", "hint"), [("en", "“…”"), ("de", "„…“"), ("de-CH", "„…“"), ("zh", "“…”")])
def test_the_quotation_marks_of_the_language(language: str, hint: str, tmp_path: Path) -> None:
    """EDIT12 suggests the marks of the issue's language."""
    text = LETTER.format('“Open Source” "so".')
    (found,) = (each for each in problems(tmp_path, text, language=language) if each.code == "EDIT12")
    assert hint in found.hint


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("Friday 2024-01-31", "2025"),
        ("Sunday, 1 February 2025", "2026"),
        ("Wednesday, 31 January 2025", "2024"),
        ("Thursday, 31 January 2025", ""),
        ("Friday, 1 February", ""),
    ],
)
def test_the_year_in_which_a_weekday_is_right(written: str, year: str, tmp_path: Path) -> None:
    """DATE03 names a year next to the issue's, if the text names a wrong one."""
    (found,) = (each for each in problems(tmp_path, LETTER.format(f"Come on {written}.")) if each.code == "DATE03")
    assert found.message.partition("; in ")[2][:4] == year


@pytest.mark.parametrize(
    "text",
    [
        "The Stacks #64: <fill in later>",
        "TEXT GOES HERE",
        "<hier Zitat einfügen>",
        "Your text goes here.",
        "<title to come>",
    ],
)
def test_placeholders_of_templates(text: str, tmp_path: Path) -> None:
    """EDIT07 reports what templates and editors leave."""
    found = problems(tmp_path, "reading:\n" + item(text, PAGE))
    assert [each.code for each in found] == ["EDIT07"]


def test_the_level_of_short_links(tmp_path: Path) -> None:
    """LINK04 can be info or off for newsletters with short links of their own."""
    text, settings = LETTER.format("See [it](https://bit.ly/our-own)."), "checks:\n  LINK04:\n    level: {}\n"
    assert [each.level for each in problems(tmp_path / "1", text, settings=settings.format("info"))] == ["info"]
    assert problems(tmp_path / "2", text, settings=settings.format("off")) == ()


ALT = [
    ("ssi-fellowship", True),
    ("363582737-05f6397b-4519-4edd-a595-a0cac135c00b", True),
    ("05F6397B-4519-4EDD-A595-A0CAC135C00B", True),
    ("chart_final_2", True),
    ("IMG_2041", True),
    ("DSC01234", True),
    ("screenshot 2025", True),
    ("chart.webp", True),
    ("word " * 81, True),
    ("word " * 79, False),
    ("Alt: Three people at a table", True),
    ("Alt text：三个人", True),
    ("Altar: a drawing", False),
    ("Coca-Cola", False),
    ("e-mail", False),
    ("", False),
    ("Logo of the Alfred-Wegener-Institut", False),
    ("Oxford", False),
    ("中国", False),
    ("A photo of 2025", False),
]


@pytest.mark.parametrize(("alt", "is_reported"), ALT)
def test_alternative_texts(alt: str, is_reported: bool, tmp_path: Path) -> None:
    """A11Y03 reports names of files, labels, and texts of more than 400 characters."""
    (tmp_path / "issues" / "assets").mkdir(parents=True)
    Image.linear_gradient("L").resize((1184, 400)).save(tmp_path / "issues" / "assets" / "chart.png")
    text = LETTER.format("A text. " * 30) + f'  figure:\n    image: assets/chart.png\n    alt: "{alt.strip()}"\n'
    found = problems(tmp_path, text)
    assert [each.code for each in found] == (["A11Y03"] if is_reported else [])
