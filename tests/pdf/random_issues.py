"""Random issues with every section type, printed and judged: `python -m tests.pdf.random_issues [COUNT] [FIRST]`.

Each number makes the same issue. A finding other than a missing glyph, a lost character for poppler or more than ten
seconds of processor time is a failure.
"""

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from composer.app.issues.build import build
from composer.app.issues.issue_lookup import find_issue
from composer.content.document.issue import read_issue
from composer.editions.web_build import build_web
from composer.pdf.printed_words import printed_blocks
from composer.pdf.printer import PdfPrinter
from tests.factories import ROOT
from tests.pdf.foreign_readers import letters_of, text_of

_ENGLISH = """the ministry of trade said on Monday that exports to Europe rose by 4.2 percent while factories in Guangdong cut
orders and banks lent more than a year ago “nobody expected this” although well-known officials re-examined state-backed funds
(CNY 60 billion) and e-commerce platforms – for now – resist"""
_WORDS = {
    "en": _ENGLISH.split(),
    "de": ["Donaudampfschifffahrtsgesellschaft", "Einkaufsmanagerindex", "Über", "größere", "heißt", "„nein“"],
    "zh": ["国务院印发提振消费行动方案", "平台经济", "外贸", "房地产", "芯片，", "深度求索。", "《人民日报》"],
    "ja": ["日本語のテスト", "ひらがな", "カタカナ", "経済産業省"],
    "ar": ["عربي", "السلام", "الاقتصاد", "لا", "إلى", "(تقرير)", "2025"],
    "he": ["שלום", "כלכלה"],
    "odd": [
        "ﬁne",
        "①",
        "m²",
        "CO₂",
        "½",
        "don’t",
        "A‑1",
        "…",
        "©",
        "→",
        "Ελληνικά",
        "Москва",
        "x" * 70,
        "https://example.org/" + "a-b/" * 30,
    ],
}


class RandomIssue:
    """The text of an issue with every section type."""

    def __init__(self, seed: int, size: float | None = None) -> None:
        self._chance = random.Random(seed)
        self._size = size or self._chance.choice((0.15, 0.25, 0.4, 1.0))

    def _words(self, most: int) -> str:
        chance = self._chance
        found: list[str] = []
        count = max(1, int(chance.randint(1, most) * self._size))
        while len(found) < count:
            kind = chance.choices(list(_WORDS), weights=(80, 6, 6, 2, 2, 1, 3))[0]
            found += chance.choices(_WORDS[kind], k=chance.randint(1, 12 if kind == "en" else 3))
        return " ".join(found)

    def _title(self) -> str:
        return self._words(self._chance.choice((3, 8, 25))).replace('"', "”")

    def _paragraph(self) -> str:
        chance, words = self._chance, self._words(self._chance.choice((5, 40, 120, 200)))
        match chance.randint(0, 9):
            case 0:
                return f"**{self._title()}** {words} [{self._title()}](https://example.org/{chance.randint(1, 99)})."
            case 1:
                return "\n".join(f"- {self._words(25)}" for _ in range(chance.randint(1, 9)))
            case 2:
                return "\n".join(f"{number}. {self._words(25)}" for number in range(1, chance.randint(2, 9)))
            case 3:
                return f"> {words}"
            case 4:
                return f"### {self._title()}\n\n{words}"
            case 5:
                rows = "".join(
                    f"| {self._words(4)} | {self._words(9)} | 1,2{number} |\n"
                    for number in range(chance.randint(1, 30))
                )
                return f": {self._title()}\n| A | B | C |\n|---|---|--:|\n{rows}"
            case _:
                return words

    def _text(self, indent: str, most: int = 6) -> str:
        paragraphs = [self._paragraph() for _ in range(self._chance.randint(1, max(1, int(most * self._size))))]
        return "|\n" + "\n\n".join("\n".join(indent + line for line in each.split("\n")) for each in paragraphs)

    def _items(self, key: str, most: int, *fields: str) -> str:
        """Return a section that is a list; a field without ! may be absent."""
        lines = [f"{key}:"]
        for _ in range(self._chance.randint(1, max(1, int(most * self._size)))):
            given = [each for each in fields if each.endswith("!") or self._chance.random() < 0.7]
            first, *others = (self._field(each.rstrip("!"), "      ") for each in given)
            lines += [f"  - {first}", *(f"    {each}" for each in others)]
        return "\n".join(lines)

    def _field(self, name: str, indent: str) -> str:
        match name:
            case "url":
                return f"url: https://example.org/{self._chance.randint(1, 999)}/" + "long-" * self._chance.randint(
                    0, 30
                )
            case "date":
                return f"date: 2025-02-{self._chance.randint(10, 28)}"
            case "sources":
                rows = (
                    f"{indent}Outlet {number}: [{self._title()}](https://example.org/s/{number})"
                    for number in range(self._chance.randint(1, 9))
                )
                return "sources: |\n" + "\n".join(rows)
            case "body" | "facts" | "watch" | "analysis":
                return f"{name}: {self._text(indent)}"
            case _:
                return f'{name}: "{self._title()}"'

    def text(self) -> str:
        """Return the issue; whole sections may be absent."""
        sections = [
            f'letter:\n  title: "{self._title()}"\n  {self._field("body", "    ")}',
            f'lead:\n  title: "{self._title()}"\n  body: {self._text("    ", 12)}\n'
            f"  {self._field('analysis', '    ')}\n  {self._field('sources', '    ')}",
            f'metrix:\n  value: "49.1"\n  {self._field("body", "    ")}\n  outlet: AP',
            self._items("topics", 5, "title!", "facts!", "watch", "analysis", "sources"),
            f"voice:\n  quote: |\n    {self._words(40)}\n  author: Anna",
            self._items("press", 9, "title!", "outlet", "url", "date", "body!"),
            self._items("listen", 4, "title!", "url!", "body"),
            self._items("dates", 5, "title!", "date!", "url", "body"),
            self._items("team", 4, "name!", "url", "body"),
        ]
        kept = [each for each in sections if self._chance.random() < 0.8] or sections[:1]
        return f'date: 2025-02-06\nsubject: "{self._title()}"\n' + "\n".join(kept) + "\n"


def judge(seed: int, folder: Path, printer: PdfPrinter, size: float | None = None) -> tuple[int, list[str]]:
    """Print an issue; return its number of pages and what is wrong."""
    (folder / "issues").mkdir(exist_ok=True)
    newsletter = (ROOT / "examples/gallery/newsletter.yaml").read_text(encoding="utf-8")
    (folder / "newsletter.yaml").write_text(newsletter, encoding="utf-8")
    path = folder / "issues" / "2025-02-06.yaml"
    path.write_text(RandomIssue(seed, size).text(), encoding="utf-8")
    result = build(find_issue("2025-02-06", folder), printer=printer)
    if result.pdf is None:
        return 0, [result.error, *map(str, result.problems)]
    wrong = [str(problem) for problem in result.problems if problem.code != "PDF02"]
    issue = find_issue("2025-02-06", folder)
    page = build_web(*read_issue(issue.workspace, issue.path)).edition.body
    lost: Counter[str] = letters_of("".join(block.text for block in printed_blocks(page))) - letters_of(
        text_of(result.pdf)
    )
    return result.pdf_pages, wrong + ([f"poppler does not find {dict(lost)}"] if lost else [])


def main() -> None:
    """Print many issues, and what is wrong with them."""
    count, first = (int(each) for each in (sys.argv[1:] + ["200", "0"][len(sys.argv) - 1 :]))
    pages, longest, failures = 0, 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            with PdfPrinter() as printer:
                begin = time.monotonic()
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                number, wrong = judge(seed, Path(folder), printer)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            pages, longest = pages + number, max(longest, took)
            failures += bool(wrong) or took > 10
            for each in wrong:
                print(f"{seed}: {number} pages, {took:.1f} s ({time.monotonic() - begin:.0f}): {each}", flush=True)
            if seed % 20 == 19:
                print(
                    f"{seed + 1 - first} issues, {pages} pages, {failures} with faults, at most {longest:.1f} s",
                    flush=True,
                )
    print(f"{count} issues, {pages} pages, {failures} with faults, at most {longest:.1f} s of processor time")


if __name__ == "__main__":
    main()
