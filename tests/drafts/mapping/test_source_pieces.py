"""Several sources in one line."""

import datetime

import pytest

from composer.drafts.draft_document import Span
from composer.drafts.mapping.fields.source_entries import source_entry, source_pieces
from composer.drafts.mapping.text.publisher_lines import DateReading, publisher_in
from composer.drafts.mapping.text.span_text import Spans

DAY = datetime.date(2025, 1, 30)
A, B = "https://example.org/a", "https://example.org/b"


def _found(spans: Spans) -> list[tuple[str, str, str, str]]:
    entries = [source_entry(piece, "en", DAY) for piece in source_pieces(spans)]
    return [(each.outlet, each.title, each.url, str(each.date or "")) for each in entries]


@pytest.mark.parametrize(
    "text",
    [
        f"Reuters, 24 January 2025, {A}; Die Zeit, 25 January 2025, {B}",
        f"Reuters, 24 January 2025, {A}, Die Zeit, 25 January 2025, {B}",
        f"Reuters | 2025-01-24 | {A} | Die Zeit | 2025-01-25 | {B}",
        f"Reuters (24.1.2025) {A}\nDie Zeit (25.1.2025) {B}",
    ],
)
def test_outlet_date_and_address(text: str) -> None:
    """Each source has its date and address; without a title, the outlet is what readers see."""
    assert _found((Span(text),)) == [("", "Reuters", A, "2025-01-24"), ("", "Die Zeit", B, "2025-01-25")]


@pytest.mark.parametrize(
    ("spans", "outlet", "title", "date"),
    [
        ((Span("Reuters, "), Span("Gas storage", link=A)), "Reuters", "Gas storage", ""),
        (
            (Span("Council of the EU, "), Span("Gas", link=A), Span(", 20/01/2025")),
            "Council of the EU",
            "Gas",
            "2025-01-20",
        ),
        ((Span("Gas", link=A), Span(", Reuters, 20 January 2025")), "Reuters", "Gas", "2025-01-20"),
        ((Span("Reuters, 20 January 2025, "), Span("Gas", link=A)), "Reuters", "Gas", "2025-01-20"),
        ((Span("Conseil de l’UE, "), Span("Gaz : accord", link=A)), "Conseil de l’UE", "Gaz : accord", ""),
        ((Span(f"Reuters, “Gas storage”, {A}"),), "Reuters", "“Gas storage”", ""),
        ((Span(f"Euractiv, 20/01/2025, “Gas, oil” {A}"),), "Euractiv", "“Gas, oil”", "2025-01-20"),
        ((Span("After a long debate, "), Span("Gas", link=A)), "", "After a long debate, Gas", ""),
    ],
)
def test_outlet_before_or_after_a_comma(spans: Spans, outlet: str, title: str, date: str) -> None:
    """The name before a linked or quoted title is the outlet; other words before a comma are part of the title."""
    assert _found(spans) == [(outlet, title, A, date)]


@pytest.mark.parametrize(
    ("text", "outlet", "language"),
    [
        ("ACER (EN), Gas prices fall", "ACER", "en"),
        ("Le Monde (in French): Gaz", "Le Monde", "fr"),
        ("Der Standard (en allemand) : Gas", "Der Standard", "de"),
        ("El País (auf Spanisch): Gas", "El País", "es"),
        ("Post (in Washington): Gas", "Post (in Washington)", ""),
    ],
)
def test_language_after_the_outlet(text: str, outlet: str, language: str) -> None:
    """A language in brackets, as a code or spelled out."""
    entry = source_entry((Span(text),), "en", DAY)
    assert (entry.outlet, entry.language, entry.mark.lower()) == (outlet, language, language)


def test_language_in_words_after_a_comma() -> None:
    """`(Handelsblatt, in German)` in a digest."""
    found = publisher_in((Span("Handelsblatt, in German"),), DateReading(language="en", near=DAY))
    assert (found.name, found.language, found.words) == ("Handelsblatt", "de", "in German")


def test_other_lines() -> None:
    """Names alone, linked names, and titles with a semicolon of their own."""
    assert [title for _, title, *_ in _found((Span("Reuters; Die Zeit; AP"),))] == ["Reuters", "Die Zeit", "AP"]
    assert [title for _, title, *_ in _found((Span("Reuters, Die Zeit, AP"),))] == ["Reuters", "Die Zeit", "AP"]
    linked = (Span("Reuters", link=A), Span(", "), Span("Die Zeit", link=B))
    assert _found(linked) == [("", "Reuters", A, ""), ("", "Die Zeit", B, "")]
    commas = (Span("Reuters, "), Span("Gas", link=A), Span(", AP, "), Span("Oil", link=B))
    assert _found(commas) == [("Reuters", "Gas", A, ""), ("AP", "Oil", B, "")]
    title = (Span("AP: "), Span("Steel; and coal", link=A), Span("; Die Zeit: "), Span("Trade", link=B))
    assert _found(title) == [("AP", "Steel; and coal", A, ""), ("Die Zeit", "Trade", B, "")]
    assert _found((Span("EU: The 2024 budget, 12 pages"),)) == [("EU", "The 2024 budget, 12 pages", "", "")]
