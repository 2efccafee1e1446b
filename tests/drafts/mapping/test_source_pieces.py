"""Several sources in one line."""

import datetime

import pytest

from composer.drafts.draft_document import Span
from composer.drafts.mapping.fields.source_entries import source_entry, source_pieces
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


def test_other_lines() -> None:
    """Names alone, linked names, and titles with a semicolon of their own."""
    assert [title for _, title, *_ in _found((Span("Reuters; Die Zeit; AP"),))] == ["Reuters", "Die Zeit", "AP"]
    assert [title for _, title, *_ in _found((Span("Reuters, Die Zeit, AP"),))] == ["Reuters", "Die Zeit", "AP"]
    linked = (Span("Reuters", link=A), Span(", "), Span("Die Zeit", link=B))
    assert _found(linked) == [("", "Reuters", A, ""), ("", "Die Zeit", B, "")]
    title = (Span("AP: "), Span("Steel; and coal", link=A), Span("; Die Zeit: "), Span("Trade", link=B))
    assert _found(title) == [("AP", "Steel; and coal", A, ""), ("Die Zeit", "Trade", B, "")]
    assert _found((Span("EU: The 2024 budget, 12 pages"),)) == [("EU", "The 2024 budget, 12 pages", "", "")]
