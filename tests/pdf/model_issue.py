"""An issue with the structure and the lengths of a real one of eight pages, in invented sentences.

A top story of nine paragraphs with eight sources, a number, three topics with facts, outlook, analysis and sources, four
headlines, two podcasts, the team by role and the publisher with street, telephone, mail and web.
"""

from itertools import cycle, islice
from pathlib import Path

from composer.core.workspace import Workspace

_SENTENCES = """\
The harbor office of Lindau counted fewer barges in spring than in any spring before, and nobody on the quay was surprised.
A clerk who has kept the ledger since 1998 says that “numbers never shout, they only stop whispering” when a season turns.
Behind the figures stands a quarrel about tolls (EUR 4.7 million a year) that two councils have carried on for a decade.
Rivers, unlike roads, cannot be widened by a vote; what can be changed is who waits at which lock, and for how long.
The association of skippers (船员协会 in the translation of its guests) asks for night hours, pilots and a common timetable.
Its chair, Mei Lin (林梅), met the transport committee twice and left both times with a promise and without a date.
Merchants upstream have meanwhile bought trucks, which are faster on paper and slower on every Friday afternoon.
Insurers re-examine their tables every autumn, and a state-backed fund covers what they no longer want to cover.
It would be a mistake to read the decline as a verdict on water; it is a verdict on waiting.
Three towns have shown since January that a shared crane pays for itself within two years of careful use."""
_WORDS = _SENTENCES.split()

NEWSLETTER = """\
name: "Lindau River Essentials"
language: en
timezone: Europe/Berlin
brand:
  accent: "#0b4f6c"
sender:
  from: Lindau River Institute <rivers@example.org>
sections:
  top_story:
    type: story
    heading: Top story
  metrix:
    type: metric
    heading: Metrix
  topics:
    type: briefs
    heading: Topics
  digest:
    type: digest
    heading: River digest
    contents: heading
    date_format: yy/MM/dd
  podcasts:
    type: media
    heading: Our latest podcasts
    contents: heading
masthead:
  - heading: Managing editor
    people:
      - name: Carla Winter
        title: Director of Publications, Lindau River Institute
  - heading: Editors
    people:
      - name: Elif Thal
        title: Freelance editor
      - name: Gero Wies
        title: Freelance editor
      - name: Hedda Seil
        title: Senior Publications Manager, Lindau River Institute
  - heading: Graphics
    people:
      - name: Alba Hirsch
        title: Graphic designer
imprint:
  heading: Publisher
  name: Lindau River Institute
  address:
    - Alte Werft 85–86
    - 88131 Lindau
  phone: "+49 30 00000 0"
  email: info@example.org
  website: https://www.example.org
"""


class _Text:
    """Takes words from the sentences, again and again."""

    def __init__(self) -> None:
        self._words = cycle(_WORDS)

    def words(self, count: int) -> str:
        """Return the next words, as a sentence."""
        text = " ".join(islice(self._words, count)).rstrip(".,;:")
        return f"{text[0].upper()}{text[1:]}.".replace('"', "”")

    def title(self, count: int) -> str:
        """Return the next words, as a title."""
        return self.words(count).rstrip(".").replace("“", "").replace("”", "")

    def sources(self, *counts: int) -> str:
        """Return a list of sources with titles of these lengths; the last has no link."""
        rows = [
            f"    Gazette of Ports {n}: [{self.title(count)}](https://example.org/s/{n})"
            for n, count in enumerate(counts)
        ]
        rows[0] += " (内河航运管理办法征求意见稿公开发布)"
        rows[-1] = f"    Printed Almanac: {self.title(counts[-1])}"
        return "\n".join(rows)


def issue_text() -> str:
    """Return the issue."""
    text = _Text()
    lines = [
        "date: 2025-01-30",
        'subject: "Lindau River Essentials"',
        "top_story:",
        f'  title: "{text.title(7)}"',
        "  body: |",
    ]
    lines += [f"    {text.words(count)}\n" for count in (64, 62, 78, 44, 42, 80, 62, 48)]
    lines += ["  analysis: |", f"    {text.words(76)}", "  sources: |", text.sources(22, 4, 8, 8, 14, 4, 13, 7)]
    lines += [
        "metrix:",
        '  value: "49.1"',
        "  body: |",
        f"    {text.words(84)}",
        "  outlet: AP",
        "  url: https://example.org/ap",
    ]
    lines += ["topics:"]
    for facts, watch, analysis, sources in (
        (112, 104, 66, (7, 11, 9, 14)),
        (104, 88, 46, (9, 12, 11)),
        (98, 92, 54, (24, 11, 10)),
    ):
        lines += [f'  - title: "{text.title(9)}"', "    facts: |", f"      {text.words(facts)}"]
        lines += ["    watch: |", f"      {text.words(watch)}", "    analysis: |", f"      {text.words(analysis)}"]
        lines += ["    sources: |", text.sources(*sources).replace("    ", "      ")]
    lines += ["digest:"]
    for number, count in enumerate((64, 54, 54, 70)):
        lines += [
            f'  - title: "{text.title(10)}"',
            f"    outlet: Daily {number}",
            f"    url: https://example.org/d/{number}",
        ]
        lines += [f"    date: 2025-01-2{number}", "    body: |", f"      {text.words(count)}"]
    lines += ["podcasts:"]
    for number, count in enumerate((66, 62)):
        lines += [
            f'  - title: "{text.title(7)}"',
            f"    url: https://example.org/p/{number}",
            "    body: |",
            f"      {text.words(count)}",
        ]
    return "\n".join(lines) + "\n"


def model_newsletter(folder: Path, more: str = "") -> Workspace:
    """Write the newsletter and its issue 2025-01-30; `more` is added to newsletter.yaml."""
    (folder / "issues").mkdir()
    (folder / "newsletter.yaml").write_text(NEWSLETTER + more, encoding="utf-8")
    (folder / "issues" / "2025-01-30.yaml").write_text(issue_text(), encoding="utf-8")
    return Workspace(root=folder.resolve())
