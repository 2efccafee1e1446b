"""Every check has an edition with a finding and an edition without one."""

import datetime
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from composer.checks.catalogue import catalogue
from composer.checks.registry import CheckLimits
from composer.checks.review import ReviewedEdition
from composer.checks.rules.message.example_settings import SAMPLE_SUBJECTS
from composer.content.yaml.nodes import Mapping
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourceText
from composer.core.addresses import Address
from composer.core.errors import Problem
from composer.core.issue_files import SameIssue, Shared
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from tests.factories import ROOT, sample

DAY = datetime.date(2025, 1, 30)
NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)

SOUND = """\
date: 2025-01-30
number: 7
subject: "A sound issue with a plain subject"
preheader: "What else is in it, said in a line that fills the inbox"
story:
  title: "A title"
  body: |
    A first paragraph with [the report of the institute](https://example.org/report), long enough to be a paragraph,
    and with **中文** in it.
  figure:
    image: assets/chart.png
    alt: "A line that rises from 2 to 4"
    caption: "What rose"
  sources:
    - outlet: "South China Morning Post"
      title: "The first source"
      url: https://example.org/first
      date: 2025-01-28
digest:
  - title: "A headline"
    outlet: "Reuters"
    url: https://example.org/digest
    date: 2025-01-27
    body: |
      What happened, in a sentence or two.
voice:
  quote: |
    Something that was said.
  author: "Someone"
dates:
  - title: "Spring"
    date: 2025-02-03
    time: "18:00–19:30 CET"
partner:
  sponsor: "Example Bank"
  body: |
    Accounts for associations.
"""

NEWSLETTER = """\
name: Sound
language: en
timezone: UTC
sender:
  from: Sound <sound@example.org>
  postal_address: Sample Street 1, 10115 Berlin
  privacy_url: https://example.org/privacy
sections:
  story:
    type: story
    heading: Story
    words: 100
  digest:
    type: digest
    heading: Digest
  voice:
    type: quote
    heading: Voice
  dates:
    type: events
    heading: Dates
  partner:
    type: sponsor
delivery:
  public_url: https://example.org/n
imprint:
  name: Example Institute
"""

EARLIER = SOUND.replace("date: 2025-01-30", "date: 2025-01-23").replace("number: 7", "number: 6")
for _word in ("subject", "first", "report", "digest"):
    EARLIER = EARLIER.replace(f"plain {_word}", f"earlier {_word}").replace(f"org/{_word}", f"org/earlier/{_word}")


def _newsletter(folder: Path) -> Workspace:
    (folder / "issues" / "assets").mkdir(parents=True)
    (folder / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    (folder / "issues" / "2025-01-30.yaml").write_text(SOUND, encoding="utf-8")
    (folder / "issues" / "2025-01-23.yaml").write_text(EARLIER, encoding="utf-8")
    Image.linear_gradient("L").resize((1184, 400)).save(folder / "issues" / "assets" / "chart.png")
    return Workspace(root=folder.resolve())


def _check(workspace: Workspace, stem: str = "2025-01-30", day: datetime.date = DAY) -> tuple[Problem, ...]:
    return check_issue(workspace, workspace.issue(stem), NOW, day).problems


def _review(workspace: Workspace) -> ReviewedEdition:
    return check_issue(workspace, workspace.issue("2025-01-30"), NOW, DAY).review


# One edit for each check -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edit:
    """A replacement in a file of the newsletter; `line` is a part of the line that the finding must point to."""

    old: str
    new: str
    line: str = ""
    file: str = "issues/2025-01-30.yaml"


def newsletter(old: str, new: str, line: str = "") -> Edit:
    return Edit(old, new, line, "newsletter.yaml")


def theme(name: str, old: str, new: str) -> Edit:
    return Edit(old, new, "", f"templates/briefing/{name}")


PAGE, HEAD, INLINE = "page.mjml.j2", "head.css", "inline.css"
SUBJECT, PREHEADER = "A sound issue with a plain subject", "What else is in it, said in a line that fills the inbox"
BODY = "    A first paragraph with"
FRENCH = (
    "Le pont vers le vieux port est ouvert depuis le 3 mai, et le bac ne circule plus que le week-end, mais la ville dit "
    "que les habitants du quartier sont très contents de cette solution pour les vélos."
)

EDITS: dict[str, Edit] = {
    "SUBJ01": Edit(SUBJECT, "中文" * 20, "subject:"),
    "SUBJ02": Edit(SUBJECT, "Re: A SOUND ISSUE", "subject:"),
    "SUBJ03": Edit(SUBJECT, "a sound issue with a EARLIER subject", "subject:"),
    "SUBJ04": Edit(SUBJECT, "{{ first_name | default('') }}", "subject:"),
    "PRE01": Edit(f'preheader: "{PREHEADER}"\n', "", "subject:"),
    "PRE02": Edit(PREHEADER, f"{SUBJECT}!  ", "preheader:"),
    "PRE03": Edit(PREHEADER, "Too short", "preheader:"),
    "PRE04": Edit(PREHEADER, "Too long " * 20, "preheader:"),
    "FROM01": newsletter("sound@", "no-reply@", "from:"),
    "FROM02": newsletter("Sound <", "The Sound Newsletter of the Institute <", "from:"),
    "FIELD01": Edit(BODY, f"    Dear\n    {{{{ first_name }}}},\n\n{BODY}", "{{ first_name"),
    "FIELD02": Edit("A headline", "A headline for *|FNAME|*", "FNAME"),
    "TEXT01": theme("sections/digest/section.txt.j2", "item.url", "none"),
    "TEXT02": theme("page.txt.j2", "", "{{ links.unsubscribe }}\n"),
    "TEXT03": theme("page.txt.j2", '{{- "\\n-- \\n" }}', '{{- "wide " * 20 }}{{- "\\n-- \\n" }}'),
    "UNS01": newsletter("delivery:\n  public_url: https://example.org/n\n", ""),
    "UNS02": newsletter("  postal_address: Sample Street 1, 10115 Berlin\n", "", "from:"),
    "LAW01": newsletter("  privacy_url: https://example.org/privacy\n", "", "from:"),
    "LAW02": newsletter("imprint:\n  name: Example Institute\n", "", "from:"),
    "LANG01": newsletter("language: en", "language: fr", "language:"),
    "SET01": newsletter("sound@example.org", "sound@harbour-letter.eu", "postal_address:"),
    "LANG03": Edit(BODY, f"    {FRENCH}\n\n{BODY}", "Le pont"),
    "DATE02": Edit("date: 2025-01-27", "date: 2024-01-27", "date: 2024-01-27"),
    "DATE03": Edit("long enough to be", "from Thursday, 31 January 2025, to be", "from Thursday"),
    "DATE04": Edit(
        '  - title: "Spring"\n    date: 2025-02-03', '  - title: "Spring"\n    date: 2025-01-29', "date: 2025-01-29"
    ),
    "LAW03": theme(
        "sections/sponsor/section.mjml.j2", '<strong class="advertising-label">{{ phrases.advertisement }}</strong>', ""
    ),
    "DATE06": Edit("    date: 2025-02-03\n", "    date: 2025-02-03\n    end: 2025-02-02\n", "end:"),
    "DATE05": Edit("18:00–19:30", "18:00–19:75", "19:75"),
    "EDIT01": Edit("https://example.org/digest", "https://www.example.org/first/", "url: https://www"),
    "EDIT02": Edit("https://example.org/digest", "https://example.org/earlier/first#top", "url: https://example.org/e"),
    "EDIT03": Edit('"Reuters"', '"SCMP"', 'outlet: "SCMP"'),
    "EDIT04": Edit(BODY, f"    {'word ' * 100}\n{BODY}", "title:"),
    "EDIT05": Edit(BODY, f"    Here (something is open.\n\n{BODY}", "Here ("),
    "EDIT06": Edit("**中文**", "**中文,中文**", "**中文,"),
    "EDIT07": Edit("A headline", "A headline, TODO", "TODO"),
    "EDIT08": Edit("number: 7", "number: 9", "number: 9"),
    "EDIT10": Edit("long enough", "long and\n    and enough", "long and"),
    "EDIT13": Edit("digest:\n", "# TODO Anna: check the figures\ndigest:\n", "# TODO"),
    "EDIT14": Edit(f'"{SUBJECT}"', f"“{SUBJECT}”", "“A sound"),
    "EDIT12": Edit("long enough", 'long "enough" for “all”', '"enough"'),
    "EDIT11": Edit("long enough", "”long“ enough", "”long"),
    "MARK01": Edit(BODY, f"    **Bold without end.\n\n{BODY}", "**Bold"),
    "EDIT09": Edit(BODY, f"    Bring: • a pen • paper • a friend\n\n{BODY}", "Bring:"),
    "LINK01": Edit("https://example.org/digest", "http://192.168.0.10/digest", "192.168"),
    "LINK03": Edit("https://example.org/digest", "http://example.org/digest", "http://"),
    "LINK04": Edit("https://example.org/digest", "https://bit.ly/3abc", "bit.ly"),
    "LINK05": Edit("https://example.org/digest", "https://93.184.215.14/digest", "93.184"),
    "LINK06": Edit("[the report of the institute]", "[www.example.com]", "www.example.com"),
    "LINK07": Edit("https://example.org/digest", f"https://example.org/{'x' * 2001}", "xxx"),
    "LINK08": Edit("https://example.org/digest", "https://example.org/digest?fbclid=abc", "fbclid"),
    "LINK09": Edit("https://example.org/digest", "https://example.org/di%E2%80%8Bgest", "%E2%80%8B"),
    "IMG04": theme("macros.mjml.j2", 'width="{{ shown }}"', 'width="{{ shown * 3 }}"'),
    "IMG07": Edit(
        "  sources:\n",
        "  figures:\n    lost:\n      image: assets/chart.png\n      alt: A fall from 4 to 2\n  sources:\n",
        "image:",
    ),
    "A11Y03": Edit("A line that rises from 2 to 4", "chart.png", "image:"),
    "A11Y04": theme("theme.yaml", 'quiet: "#5c6166"', 'quiet: "#aaaaaa"'),
    "A11Y05": Edit("[the report of the institute]", "[here]", "[here]"),
    "A11Y06": Edit(BODY, f"    See [the report of the institute](https://example.org/other).\n\n{BODY}", "A first"),
    "A11Y07": Edit(
        "[the report of the institute]", "[https://example.org/reports/2025/the-report-of-the-institute]", "[https"
    ),
    "A11Y08": Edit("https://example.org/report", "https://example.org/report.pdf", ".pdf"),
    "A11Y09": theme("macros.mjml.j2", "(3 if section.heading else 2) +", "5 +"),
    "A11Y10": theme("macros.mjml.j2", '<a name="{{ name }}" id="{{ name }}"></a>', '<a id="{{ name }}"></a>'),
    "A11Y11": theme("sections/story/section.mjml.j2", '<h1 class="lead">', '<p>中文字</p><h1 class="lead">'),
    "A11Y12": theme(INLINE, "{{ light.quiet }}; font-size: 14px", "{{ light.quiet }}; font-size: 11px"),
    "A11Y13": theme(INLINE, "p { margin: 0 0 16px }", "p { margin: 0 0 16px; text-align: justify }"),
    "A11Y14": theme(PAGE, "<mj-title>{{ issue.subject }}", "<mj-title>Newsletter"),
    "A11Y15": theme(INLINE, "p a { color: {{ accent }} }", "p a { color: #333333; text-decoration: none }"),
    "A11Y16": Edit("A headline", "A headline 🎉🎉🎉", "🎉🎉🎉"),
    "DARK01": theme(PAGE, '<meta name="color-scheme" content="light dark" />', ""),
    "DARK02": theme(HEAD, "{{ on }}.kicker, ", ""),
    "DARK03": theme(INLINE, ".meta { margin: 0 0 6px;", ".meta { background-color: #ffffff; margin: 0 0 6px;"),
    "SIZE02": theme(HEAD, ":root {", f"{'.no-such-class { color: red } ' * 700}:root {{"),
    "SIZE04": theme(
        "macros.mjml.j2",
        '<h2 class="kicker">',
        f"{'<table role=presentation><tr><td>' * 9}".replace("=presentation", '="presentation"')
        + "x"
        + "</td></tr></table>" * 9
        + '<h2 class="kicker">',
    ),
    "SIZE05": theme("macros.mjml.j2", '<h2 class="kicker">', "<br />" * 1100 + '<h2 class="kicker">'),
    "CLIENT01": theme(INLINE, "p { margin: 0 0 16px }", "p { margin: 0 0 16px; clip-path: circle(40%) }"),
}


def _apply(workspace: Workspace, edit: Edit) -> None:
    path = workspace.root / edit.file
    if edit.file.startswith("templates/"):
        # A section type is always used as a whole folder.
        shutil.copytree(ROOT / "templates" / "briefing", workspace.root / "templates" / "briefing")
    text = path.read_text(encoding="utf-8")
    assert edit.old in text, edit.old
    path.write_text(text.replace(edit.old, edit.new) if edit.old else edit.new, encoding="utf-8")


@pytest.mark.parametrize("code", EDITS)
def test_each_check_reports_its_edit(code: str, tmp_path: Path) -> None:
    """The check reports one edit of a correct newsletter, at the line that must change."""
    workspace = _newsletter(tmp_path)
    edit = EDITS[code]
    _apply(workspace, edit)
    found = [problem for problem in _check(workspace) if problem.code == code]
    assert found
    for problem in found:
        lines = (workspace.root / problem.path).read_text(encoding="utf-8").split("\n")
        assert 1 <= problem.line <= len(lines)
        assert problem.message
        assert problem.hint
    if edit.line:
        assert edit.line in lines[found[0].line - 1] and found[0].path == edit.file
    elif edit.file.startswith("templates/") and code != "IMG04":
        assert found[0].path.startswith("templates/briefing/")


def _picture(size: int) -> Callable[[ReviewedEdition], ReviewedEdition]:
    def heavier(review: ReviewedEdition) -> ReviewedEdition:
        (name, picture), *rest = review.pictures
        return replace(review, pictures=((name, replace(picture, data=bytes(size))), *rest))

    return heavier


def _transparent(review: ReviewedEdition) -> ReviewedEdition:
    """Return a review of the same page with a picture that is dark and has no background."""
    image, out = Image.new("RGBA", (40, 40), (0, 0, 0, 0)), io.BytesIO()
    image.paste((20, 20, 20, 255), (10, 10, 30, 30))
    image.save(out, format="PNG")
    (name, picture), *rest = review.pictures
    return replace(review, pictures=((name, replace(picture, data=out.getvalue())), *rest))


def _sample_from_a_real_sender(review: ReviewedEdition) -> ReviewedEdition:
    """Return a review of the sample issue, sent from a domain that somebody owns."""
    sender = Address(address="letter@harbour-letter.eu")
    return replace(review, newsletter=replace(review.newsletter, sender=sender), subject=SAMPLE_SUBJECTS[0])


def _tree(text: str, name: str = "issue.yaml") -> Mapping:
    root, _ = parse(SourceText.of(text, name=name))
    assert isinstance(root, Mapping)
    return root


def _in_another_language(review: ReviewedEdition) -> ReviewedEdition:
    """Return a review of an edition whose language has a file without one of the headings."""
    sections = _tree("sections:\n  story:\n    heading:\n", "newsletter.fr.yaml").get("sections")
    assert sections is not None
    return replace(review, newsletter=replace(review.newsletter, nodes={("sections",): sections}))


def _html(old: str, new: str) -> Callable[[ReviewedEdition], ReviewedEdition]:
    def other(review: ReviewedEdition) -> ReviewedEdition:
        assert old in review.html
        edition = replace(review.edition, html=review.edition.html.replace(old, new))
        return replace(review, html=review.html.replace(old, new), edition=edition)

    return other


#: Mistakes that cannot be written in a newsletter, because earlier steps prevent them.
CHANGES: dict[str, Callable[[ReviewedEdition], ReviewedEdition]] = {
    "DATE01": lambda review: replace(review, today=DAY + datetime.timedelta(days=1)),
    "SET02": _sample_from_a_real_sender,
    "LANG04": _in_another_language,
    "LANG05": lambda review: replace(review, original=_tree(SOUND)),
    "LANG02": lambda review: replace(review, newsletter=replace(review.newsletter, language="sw")),
    "FILE01": lambda review: replace(
        review, same_issue=(SameIssue(name="issues/copy.yaml", key="copy", shared=Shared.DATE),)
    ),
    "FILE02": lambda review: replace(review, issue=replace(review.issue, date=datetime.date(2025, 1, 31))),
    "SIZE01": lambda review: replace(review, size=102_401),
    "SIZE03": _html("A headline", "A head\ufffdline"),
    "HTML01": _html("<!--[if mso", "<!--["),
    "HTML02": _html("A headline", "A <script>1</script>headline"),
    "HTML03": _html(":root {", "@import url(https://example.org/x.css); :root {"),
    "HTML04": _html('src="pictures/', 'src="data:image/png;base64,'),
    "IMG01": _html(' width="592"', ""),
    "IMG02": _picture(250_000),
    "IMG03": _picture(900_000),
    "A11Y01": _html(' dir="ltr"', ""),
    "DARK04": _transparent,
    "A11Y02": _html(' role="presentation"', ""),
}


@pytest.mark.parametrize("code", CHANGES)
def test_each_check_reports_its_change_of_a_review(code: str, tmp_path: Path) -> None:
    """The check reports a mistake in the page that a newsletter cannot contain if it builds."""
    review = _review(_newsletter(tmp_path))
    check = catalogue()[code]
    assert list(check.run(review, CheckLimits(check.limits))) == []
    assert list(check.run(CHANGES[code](review), CheckLimits(check.limits)))


def test_images_without_text_are_reported(tmp_path: Path) -> None:
    """IMG05 reports an issue of images and titles, but not one image with a text."""
    workspace = _newsletter(tmp_path)
    (workspace.root / "newsletter.yaml").write_text(
        NEWSLETTER[: NEWSLETTER.index("sections:")] + "sections:\n  chart:\n    type: image\n", encoding="utf-8"
    )
    issue = 'date: 2025-01-30\nsubject: "Look"\nchart:\n  image: assets/chart.png\n  alt: "A line"\n'
    (workspace.root / "issues" / "2025-01-30.yaml").write_text(issue, encoding="utf-8")
    assert "IMG05" in {problem.code for problem in _check(workspace)}


def test_an_animation_with_an_empty_first_frame_is_reported(tmp_path: Path) -> None:
    """IMG06: Outlook shows only the first frame."""
    workspace = _newsletter(tmp_path)
    chart = workspace.root / "issues" / "assets" / "chart.gif"
    blank, drawn = Image.new("P", (600, 200), 255), Image.linear_gradient("L").resize((600, 200)).convert("P")
    for first, second, expected in ((blank, drawn, 1), (drawn, blank, 0)):
        first.save(chart, save_all=True, append_images=[second], duration=500)
        path = workspace.root / "issues" / "2025-01-30.yaml"
        path.write_text(SOUND.replace("chart.png", "chart.gif"), encoding="utf-8")
        assert sum(problem.code == "IMG06" for problem in _check(workspace)) == expected


@pytest.mark.parametrize(
    ("paragraphs", "message"),
    [
        ("It rose (source: AP), as in the EU (and in the US).", ""),
        ("Two ways: a) this one, b) that one :-) and so on ;)", ""),
        ("“Said over\n\n“two paragraphs”, they add.", ""),
        ("“Said over\n\ntwo paragraphs”, they add.", ""),
        ("（题图：虎跑后山。\n\n摄于杭州。）", ""),
        ('A screen of 27" is sold.', ""),
        ("„Deutsch“ and “English” and 《中文》（都有）", ""),
        ("It rose (source: AP, as in the EU.", "“(” is not closed"),
        ("It rose source: AP), as in the EU.", "“)” has no opening bracket"),
        ("It rose (source: AP], as in the EU.", "“(” is closed by “]”"),
        ("“Said over\n\nno second mark, they add.", "a quotation mark is missing"),
        ('He "said so, as they add.', "a quotation mark is missing"),
    ],
)
def test_unclosed_brackets_and_quotation_marks(paragraphs: str, message: str, tmp_path: Path) -> None:
    """EDIT05 accepts abbreviations in brackets, list numbers, smileys and quotations of several paragraphs."""
    workspace = _newsletter(tmp_path)
    body = paragraphs.replace("\n\n", "\n\n    ")
    _apply(workspace, Edit(BODY, f"    {body}\n\n{BODY}"))
    found = [problem.message for problem in _check(workspace) if problem.code == "EDIT05"]
    assert [each.rpartition(": ")[2] for each in found][:1] == ([message] if message else [])


@pytest.mark.parametrize(
    ("code", "old", "width", "is_reported"),
    [
        ("SUBJ01", SUBJECT, 75, False),
        ("SUBJ01", SUBJECT, 76, True),
        ("PRE03", PREHEADER, 35, False),
        ("PRE03", PREHEADER, 34, True),
        ("PRE04", PREHEADER, 160, False),
        ("PRE04", PREHEADER, 161, True),
    ],
)
def test_lengths_have_a_margin(code: str, old: str, width: int, is_reported: bool, tmp_path: Path) -> None:
    """Inboxes differ: a check warns well beyond the recommended length, and its message names that length."""
    workspace = _newsletter(tmp_path)
    _apply(workspace, Edit(old, ("wide words " * 15)[: width - 1] + "x"))
    found = [problem.message for problem in _check(workspace) if problem.code == code]
    assert bool(found) == is_reported
    recommended = {"SUBJ01": "70", "PRE03": "40", "PRE04": "110"}[code]
    assert all(str(width) in message and recommended in message for message in found)


def test_the_hint_for_a_short_chinese_preheader(tmp_path: Path) -> None:
    """A short preheader may already list several topics, so the hint does not ask for a second one."""
    workspace = _newsletter(tmp_path)
    _apply(workspace, Edit(PREHEADER, "外贸、房地产、芯片"))
    (found,) = (problem for problem in _check(workspace) if problem.code == "PRE03")
    assert "second" not in found.hint


def test_every_check_is_tested() -> None:
    """Every check has an edit or a change; LINK02 and those of the PDF have their own test files."""
    tested = {*EDITS, *CHANGES, "IMG05", "IMG06", "LINK02", "PDF01", "PDF02", "PDF03", "PDF04"}
    assert tested == set(catalogue())


def test_the_correct_issue_has_no_findings(tmp_path: Path) -> None:
    """No check reports anything in the issue that all edits start from."""
    assert [str(problem) for problem in _check(_newsletter(tmp_path))] == []


def test_the_samples_have_no_findings(tmp_path: Path) -> None:
    """No check reports anything in the sample in both languages or in the gallery."""
    workspace = sample(tmp_path)
    gallery = Workspace(root=ROOT / "examples" / "gallery")
    found = [*_check(workspace, "2025-01-30"), *_check(workspace, "2025-01-30.de"), *_check(gallery, "gallery")]
    assert [str(problem) for problem in found] == []


@pytest.mark.parametrize(("purpose", "stem"), [("town", "2025-02-06"), ("letter", "2025-02-02")])
def test_newsletters_for_a_purpose_are_sound(purpose: str, stem: str) -> None:
    """The events letter and the personal letter are made of the theme's types; no check reports anything."""
    workspace = Workspace(root=ROOT / "examples" / "purposes" / purpose)
    assert [str(problem) for problem in _check(workspace, stem, datetime.date.fromisoformat(stem))] == []


@pytest.mark.parametrize("brand", sorted(path.name for path in (ROOT / "examples" / "brands").iterdir()))
def test_every_brand_is_silent(brand: str) -> None:
    """The gallery of designs: whatever colours, fonts and layouts a newsletter sets, no check finds anything."""
    assert [str(problem) for problem in _check(Workspace(root=ROOT / "examples" / "brands" / brand), "first")] == []
