"""Who published an item and when, as people write it in the digest or below a number."""

from pathlib import Path

import pytest

from tests.drafts.mapping.test_typed_addresses import drafted

DAY = "January 27, 2025\n\n"


@pytest.mark.parametrize(
    "line",
    [
        "Source: Reuters, 24 January 2025, https://example.org/steel",
        "Source: Reuters (24.01.2025), https://example.org/steel",
        "Source: [Reuters](https://example.org/steel), Friday, January 24, 2025",
        "Reuters, 24 January 2025, https://example.org/steel",
        "Reuters | 2025-01-24 | https://example.org/steel",
        "24 January 2025 – Reuters – https://example.org/steel",
        "(Reuters, 24 January, https://example.org/steel)",
        "*[Reuters](https://example.org/steel), 24/1/25*",
        "Reuters\n\n24 January 2025\n\nhttps://example.org/steel",
    ],
)
def test_publisher_date_and_address(tmp_path: Path, line: str) -> None:
    """Each part has its key, whether the line has a label, brackets, signs or three lines, above or below the text."""
    text = "Steel is cheaper than it was."
    for number, body in enumerate((f"{line}\n\n{text}", f"{text}\n\n{line}")):
        (folder := tmp_path / str(number)).mkdir()
        made, written = drafted(folder, f"{DAY}# China digest\n\n## Steel falls\n\n{body}\n")
        item = '  - title: "Steel falls"\n    outlet: "Reuters"\n    url: https://example.org/steel\n    date: 2025-01-24\n'
        assert f"{item}    body: |\n      {text}\n" in written
        assert made.words.left_over == 0


def test_source_of_a_number(tmp_path: Path) -> None:
    """A number has the same keys; an address that is not that of the item stays in the text with its publisher."""
    _, written = drafted(
        tmp_path, f"{DAY}# Metrix\n\n**49.1**\n\nOrders fell.\n\nSource: NBS, 24.1.2025, https://example.org/a\n"
    )
    assert '  outlet: "NBS"\n  url: https://example.org/a\n' in written
    two = "## [Steel](https://example.org/a)\n\nIt falls.\n\nSource: AP, https://example.org/b\n"
    (other := tmp_path / "other").mkdir()
    _, written = drafted(other, f"{DAY}# China digest\n\n{two}")
    assert "Source: AP, https://example.org/b\n" in written and "outlet" not in written


@pytest.mark.parametrize(
    "line",
    [
        "Talks begin on 24 January 2025",
        "They are open",
        "See https://example.org for more",
        "Berlin and many other cities agree",
    ],
)
def test_texts_that_are_no_publisher(tmp_path: Path, line: str) -> None:
    """A line with a verb in small letters stays text."""
    _, written = drafted(tmp_path, f"{DAY}# China digest\n\n## Ports\n\nThey are open again.\n\n{line}\n")
    assert f"{line}\n" in written and "outlet:" not in written


def test_bold_titles_beside_headings(tmp_path: Path) -> None:
    """In a digest, a bold line above the first heading, or after the publisher of an item, is a title as well."""
    items = (
        "**Steel**\n\nIt falls.\n\nReuters, 24 January 2025\n\n**Trade**\n\nIt rises.\n\n## Ports\n\nThey are open.\n"
    )
    _, written = drafted(tmp_path, f"{DAY}# China digest\n\n{items}")
    assert written.count("  - title: ") == 3 and "###" not in written


def test_publisher_above_each_title(tmp_path: Path) -> None:
    """Lines above the titles belong to the titles below them."""
    items = "Reuters, 24 January 2025\n\n## Steel\n\nIt falls.\n\nThe Times, 25 January 2025\n\n## Trade\n\nIt rises.\n"
    _, written = drafted(tmp_path, f"{DAY}# China digest\n\n{items}")
    assert 'title: "Steel"\n    outlet: "Reuters"\n    date: 2025-01-24\n' in written
    assert 'title: "Trade"\n    outlet: "The Times"\n    date: 2025-01-25\n' in written


def test_titles_without_style_above_publishers(tmp_path: Path) -> None:
    """Without any style, the line above a publisher with a date is a title."""
    items = "Steel falls\n\nReuters, 24 January 2025\n\nIt falls.\n\nTrade rises\n\nAP, 25 January 2025\n\nIt rises.\n"
    _, written = drafted(tmp_path, f"{DAY}# China digest\n\n{items}")
    assert (
        'title: "Steel falls"\n    outlet: "Reuters"\n' in written
        and 'title: "Trade rises"\n    outlet: "AP"\n' in written
    )


@pytest.mark.parametrize(
    ("titles", "kept"),
    [
        (("1. Steel", "2. Trade", "3. Ports"), False),
        (("(4) Steel", "(5) Trade", "(6) Ports"), False),
        (("I. Steel", "II. Trade", "III. Ports"), False),
        (("a) Steel", "b) Trade", "c) Ports"), False),
        (("1. FC Steel", "Trade", "Ports"), True),
        (("3. Steel", "1. Trade", "2. Ports"), True),
        (("22. January: Steel", "23. January: Trade", "24. January: Ports"), True),
    ],
)
def test_numbers_of_titles(tmp_path: Path, titles: tuple[str, ...], *, kept: bool) -> None:
    """Numbers that count up are not a part of the titles; a club and a date are."""
    items = "".join(f"## {title}\n\nThis is a text.\n\n" for title in titles)
    _, written = drafted(tmp_path, f"{DAY}# China digest\n\n{items}")
    for title in titles:
        assert (f'title: "{title}"' in written) is kept
        assert (f'title: "{title.split()[-1]}"' in written) is (not kept or " " not in title)


@pytest.mark.parametrize(
    "item",
    [
        "## Steel falls – Le Soir, 24.1.2025\n\nIt is so.\n",
        "## Steel falls | Le Soir | 24 January 2025\n\nIt is so.\n",
        "## Steel falls (24.1.2025)\n\nLe Soir\n\nIt is so.\n",
        "## Steel falls\n\nPublished in: Le Soir, 24 January 2025\n\nIt is so.\n",
    ],
)
def test_other_places_of_the_publisher(tmp_path: Path, item: str) -> None:
    """After a title, below a title with a date, and after `Published in:`."""
    _, written = drafted(tmp_path, f"{DAY}# China digest\n\n{item}")
    assert (
        'title: "Steel falls"\n    outlet: "Le Soir"\n    date: 2025-01-24\n    body: |\n      It is so.\n' in written
    )


def test_labeled_number(tmp_path: Path) -> None:
    """`Number: 37 %` is the value of a number, not its publisher."""
    _, written = drafted(tmp_path, f"{DAY}# Metrix\n\nNumber: 37 %\n\nMore people ride trains.\n")
    assert 'metrix:\n  value: "37 %"\n  body: |\n    More people ride trains.\n' in written and "outlet" not in written


def test_unknown_labels(tmp_path: Path) -> None:
    """A label that the newsletter does not have is reported with its field, and with a field that may be meant."""
    topic = "## Heat\n\n**The facts:** Sales fall.\n\n**Our view:** This is good.\n\n"
    made, written = drafted(tmp_path, f"{DAY}# Topics\n\n{topic}{topic}")
    assert "**Our view:** This is good.\n" in written
    assert [(each.label, each.section, each.field, each.wanted) for each in made.unknown_labels] == [
        ("Our view", "topics", "facts", "watch")
    ] * 2
    assert ("analysis", "Our analysis") in made.unknown_labels[0].known


@pytest.mark.parametrize(
    "text", ["At 10:30 it began.", "There are two reasons: rain and snow.", "**Three ships** came.", "He said: no."]
)
def test_texts_that_are_no_label(tmp_path: Path, text: str) -> None:
    """Bold words in a sentence and sentences with a colon are not reported."""
    made, _ = drafted(tmp_path, f"{DAY}# Topics\n\n## Heat\n\n**The facts:** Sales fall.\n\n{text}\n")
    assert not made.unknown_labels


def test_full_stop_after_the_brackets(tmp_path: Path) -> None:
    """The full stop after `(AP, 20/1/25)` stays at the end of the sentence."""
    items = (
        "# China digest\n\n## Ports\n\nThey say: “not surprised” (AP, 20/1/25).\n\n## Rail\n\nIt runs. (AP, 20/1/25).\n"
    )
    _, written = drafted(tmp_path, items)
    assert "      They say: “not surprised”.\n" in written and "      It runs.\n" in written


def test_bullets_of_several_sentences(tmp_path: Path) -> None:
    """`Headline. Text. (Outlet, date)` in a list: the first sentence is the title; an abbreviation does not end it."""
    bullets = (
        "- The E.U. is late again. It wanted to begin in May. (Post, 20/01/2025)\n- Is it over? Nobody knows. (AP)\n"
    )
    _, written = drafted(tmp_path, f"# China digest\n\n{bullets}")
    assert 'title: "The E.U. is late again"\n    outlet: "Post"\n    date: 2025-01-20\n' in written
    assert "      It wanted to begin in May.\n" in written
    assert 'title: "Is it over?"\n    outlet: "AP"\n' in written and "      Nobody knows.\n" in written
