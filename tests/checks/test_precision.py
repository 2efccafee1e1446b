"""Findings in newsletters of other kinds, and texts that must have no findings."""

import datetime
from pathlib import Path

import pytest

from composer.checks.catalogue import catalogue
from composer.checks.repeated_findings import SPEAKS_FOR
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue

pytestmark = pytest.mark.slow

NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)
NEWSLETTER = """\
name: Sound
language: en
timezone: UTC
sender:
  from: Sound <sound@example.org>
  postal_address: Sample Street 1, 10115 Berlin
  privacy_url: https://example.org/privacy
imprint:
  name: Example Institute
delivery:
  public_url: https://example.org/n
sections:
  letter:
    type: text
  topics:
    type: briefs
  press:
    type: digest
  reading:
    type: links
  dates:
    type: events
  join:
    type: button
  partners:
    type: links
    heading: Advertisements
"""
HEAD = """\
date: 2025-01-30
subject: "A sound issue with a plain subject"
preheader: "What else is in it, said in a line that fills the inbox"
"""
LETTER = """\
letter:
  body: |
    {}
"""
PAGE = "https://example.org/page"


def findings(folder: Path, text: str, *earlier: str) -> list[tuple[str, int]]:
    """Return the codes and lines of all findings; the text starts in line 4, which counts as line 1."""
    (folder / "issues").mkdir()
    (folder / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    for day, other in enumerate(earlier, 1):
        head = HEAD.replace("2025-01-30", f"2025-01-{day:02}").replace("sound issue", f"sound issue of {day}")
        (folder / "issues" / f"2025-01-{day:02}.yaml").write_text(head + other, encoding="utf-8")
    path = folder / "issues" / "2025-01-30.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    problems = check_issue(Workspace(root=folder.resolve()), path, NOW).problems
    return [(each.code, each.line - 3) for each in problems]


def topic(number: int, facts: str, sources: str = "") -> str:
    text = f'  - title: "Topic number {number}"\n    facts: |\n      {facts}\n'
    return text + (f"    sources: |\n      {sources}\n" if sources else "")


def item(title: str, url: str, more: str = "") -> str:
    return f'  - title: "{title}"\n    url: {url}\n{more}'


#: Texts that other newsletters contain on purpose: none of them may have a finding.
SILENT = {
    "a text links what its sources name": "topics:\n" + topic(1, f"See [the study]({PAGE}).", f"Daily: [A study]({PAGE})"),
    "one source for two topics": "topics:\n"
    + topic(1, "One.", f"Daily: [A study]({PAGE})")
    + topic(2, "Two.", f"Daily: [A study]({PAGE})"),
    "events on one page": "dates:\n"
    + item("One", PAGE, "    date: 2025-02-03\n")
    + item("One", f"{PAGE}/2", "    date: 2025-02-04\n")
    + item("Two", PAGE, "    date: 2025-02-05\n"),
    "a button to a page of the letter": LETTER.format(f"Take part in [our survey]({PAGE}).")
    + f"join:\n  text: Take part\n  url: {PAGE}\n",
    "an item whose text links its page": "reading:\n" + item("One", PAGE, f"    body: |\n      With [a video]({PAGE}).\n"),
    "home pages": "reading:\n" + item("One", "https://example.org") + item("Two", "https://www.example.org/"),
    "parts of one page": "reading:\n" + item("One", f"{PAGE}#one") + item("Two", f"{PAGE}#two"),
    "tickets for each event": "topics:\n" + topic(1, f"[Tickets]({PAGE}/1)") + topic(2, f"[Tickets]({PAGE}/2)"),
    "a report for each topic": "topics:\n"
    + topic(1, f"[Read the report]({PAGE}/1)")
    + topic(2, f"[Read the report]({PAGE}/2)"),
    "the same title at two outlets": "topics:\n"
    + topic(1, "One.", f"Daily: [A study]({PAGE}/1)\n      Weekly: [A study]({PAGE}/2)"),
    "read more, below its title": "topics:\n"
    + topic(1, f"A long story. [Read more]({PAGE}/1)")
    + topic(2, f"[Weiterlesen …]({PAGE}/2)"),
    "read more, after a sentence": LETTER.format(
        f"**Paris.** A long story. [Lire la suite]({PAGE}/1)\n\n    **Rome.** Another. [Read more]({PAGE}/2) or leave it."
    ),
    "read more, after its topic": LETTER.format(f"A long story.\n\n    [阅读全文]({PAGE}/1)"),
    "labels after names": LETTER.format(
        f"Jane Li ([Twitter thread]({PAGE}/1)), Tom Ho: [Twitter thread]({PAGE}/2), and Ann Yu [Twitter thread]({PAGE}/3)."
    ),
    "labels of an owner": LETTER.format(
        f"See Li's [Twitter thread]({PAGE}/1) and 李明的[推特上的长文]({PAGE}/2), 王伟的[推特上的长文]({PAGE}/3)."),
    "labels before a name": LETTER.format(
        f"There is a [Twitter thread]({PAGE}/1) by Li and a [Twitter thread]({PAGE}/2) by Ho."
    ),
    "the same title for two sources of a ministry": "topics:\n"
    + topic(1, "One.", f"Ministry: [Pressemitteilung]({PAGE}/1)")
    + topic(2, "Two.", f"Ministry: [Pressemitteilung]({PAGE}/2)"),
    "one page at two addresses": LETTER.format(f"See [the new study]({PAGE}). And [the new study]({PAGE}/?utm_source=x)."),
    "vacancies": "reading:\n"
    + item("Senior research analyst", f"{PAGE}/1", "    body: |\n      Berlin.\n")
    + item("Senior research analyst", f"{PAGE}/2", "    body: |\n      London.\n"),
    "vacancies at two places, below one employer": "reading:\n"
    + item("Senior research analyst, China", f"{PAGE}/1", "    outlet: Institute\n    body: |\n      Berlin.\n")
    + item("Senior research analyst, China", f"{PAGE}/2", "    outlet: Institute\n    body: |\n      London.\n"),
    "vacancies at two employers": "reading:\n"
    + item("研究员", f"{PAGE}/1", "    outlet: 北京大学\n")
    + item("研究员", f"{PAGE}/2", "    outlet: 清华大学\n")
    + item("Wissenschaftlicher Mitarbeiter", f"{PAGE}/3", "    outlet: Institut\n")
    + item("Wissenschaftlicher Mitarbeiter", f"{PAGE}/4", "    outlet: Universität\n"),
    "calls to action after their topic": LETTER.format(
        f"We look for two analysts. [Apply here]({PAGE}/1).\n\n    Eine Tagung. [Weitere Informationen]({PAGE}/2)\n\n"
        f"    年会。[点击报名]({PAGE}/3)"
    ),
    "calls to action before their topic": LETTER.format(f"[More information]({PAGE}) is in our report."),
    "calls to action below a title": "topics:\n" + topic(1, f"[Find out more here]({PAGE})"),
    "addresses that are only mentioned": LETTER.format("Open http://localhost:8000 or http://192.168.0.1/ in a browser."),
    "a title between two emoji": "reading:\n" + item("💜 This month: our community 💜", PAGE),
    "an emoji for each subject of a round-up": "reading:\n" + item("🗳️ Elections, 🏀 sports", PAGE),
    "pages of other publishers on one platform": LETTER.format(
        "See [one](http://one.substack.com/1) and [two](https://two.substack.com/2), [three](http://a.blogspot.com/), "
        "[four](https://b.blogspot.com/)."
    ),
    "an event of several days": "dates:\n"
    + item("One", PAGE, "    date: 2025-01-20\n    body: |\n      On show until 2 March.\n")
    + item("Two", PAGE, "    date: 2025-02-04\n"),
    "past events that are reported on": "dates:\n"
    + item("One", PAGE, "    date: 2025-01-20\n")
    + item("Two", PAGE, "    date: 2025-01-21\n"),
    "link texts after a sentence": "topics:\n"
    + topic(1, f"It is so. [Download the whole report]({PAGE}/1)")
    + topic(2, f"It is not. [Download the whole report]({PAGE}/2)"),
    "short words in one text": LETTER.format(f"This ([via]({PAGE}/1)), and that ([via]({PAGE}/2))."),
    "lists of files": "reading:\n" + item("A report", f"{PAGE}.pdf"),
    "a file type after the link": LETTER.format(f"Here is [the budget]({PAGE}.pdf) (PDF, 4 MB)."),
    "short addresses": LETTER.format("More on [www.example.org/advent](https://www.example.org/advent)."),
    "short addresses with https": LETTER.format(
        "The description is at https://api.example.org/swaggerui or at http://data.example.org/matches, if you need it."
    ),
    "a bracket over two paragraphs": LETTER.format("（题图：虎跑后山。\n\n    摄于杭州。）"),
    "a quotation over two paragraphs": LETTER.format("“It rose,\n\n    and then it fell”, they said."),
    "one point with a time range": LETTER.format(f"- Thursday 12 Dec (15:00 - 16:30) - [In your time zone]({PAGE})"),
    "one point with ranges": LETTER.format("- Monday 9 am - 5 pm, 3 - 5 February - free"),
    "bold in emphasis": LETTER.format("So 😲_**Get your magical unicorn!**_😲 now."),
    "a doubled word of two clauses": LETTER.format("What she deals with with care; we had had it, and that that is so."),
    "cited titles with a doubled word": "topics:\n"
    + topic(1, "One.", f"Daily: [Logistic regression regression?]({PAGE}/1)")
    + "reading:\n" + item("Logistic regression regression?", f"{PAGE}/2"),
    "inches and quotation marks": LETTER.format('A “screen” of 27" is sold.'),
    "a quotation in each style, in two texts": LETTER.format('He said "so".') + "reading:\n" + item("“So”", PAGE),
    "a sentence that ends in a Chinese word": LETTER.format(
        "The word for China is 中国.\n\n    一. 引言\n\n    表一. 各省的增长\n\n    中文...然后"
    ),
    "hyphens in prose": LETTER.format("- London - Paris: a journey\n    - by train"),
    "one point with a hyphen": LETTER.format("- London - Paris: a journey by train"),
    "separators": LETTER.format("9 am • Hall • free"),
    "a letter to a person": LETTER.format("Write [to the desk](mailto:desk@example.org?subject=A%20question)."),
    "pages of others that are not encrypted": LETTER.format("See [one page](http://example.net/1), [one more](http://x.co.uk)."),
    "letters of another script in an address": LETTER.format("See [the page](https://example.org/%E0%A4%95%E0%A5%8D%E2%80%8D%E0%A4%B7)."),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_no_findings(name: str, tmp_path: Path) -> None:
    """Texts that other newsletters contain on purpose have no findings."""
    assert findings(tmp_path, SILENT[name]) == []


#: Texts with a mistake, and the code and line of each finding.
REPORTED = {
    "the same article in two sections": (
        "press:\n" + item("One", PAGE, "    body: |\n      A sentence.\n") + "reading:\n" + item("Two", f"{PAGE}/"),
        [("EDIT01", 8)],
    ),
    "the same article, copied from a post": (
        "reading:\n" + item("One", f"{PAGE}?id=7") + item("Two", f"{PAGE}?utm_source=x&id=7&fbclid=q"),
        [("EDIT01", 5), ("LINK08", 5)],
    ),
    "a source twice below one text": (
        "topics:\n" + topic(1, "One.", f"Daily: [A study]({PAGE})\n      Weekly: [That study]({PAGE}#:~:text=a)"),
        [("EDIT01", 7)],
    ),
    "one title, two pages": (
        "reading:\n" + item("The same", f"{PAGE}/1") + item("The same", f"{PAGE}/2"),
        [("A11Y06", 5)],
    ),
    "the same words in one text": (
        LETTER.format(f"See [the new study]({PAGE}/1).\n\n    And [the new study]({PAGE}/2)."),
        [("A11Y06", 5)],
    ),
    "the same words in sentences of two topics": (
        "topics:\n"
        + topic(1, f"It follows [the new law on the climate]({PAGE}/1) closely.")
        + topic(2, f"Under [the new law on the climate]({PAGE}/2) it is not."),
        [("A11Y06", 7)],
    ),
    "one article of an outlet at two addresses": (
        "topics:\n"
        + topic(1, "One.", f"Daily: [A study of the new law]({PAGE}/1)")
        + topic(2, "Two.", f"Daily: [A study of the new law]({PAGE}/2)"),
        [("A11Y06", 11)],
    ),
    "empty words, reported once": (
        "topics:\n" + topic(1, f"[Ici]({PAGE}/1)") + topic(2, f"Voyez [ici]({PAGE}/2)"),
        [("A11Y05", 4)],
    ),
    "more, in the middle of a sentence": (
        LETTER.format(f"To learn [more]({PAGE}) about it, come by."),
        [("A11Y05", 3)],
    ),
    "read more, of what": (
        LETTER.format(f"[Read more]({PAGE})"),
        [("A11Y05", 3)],
    ),
    "find out more, of what": (
        LETTER.format(f"[Find out more here]({PAGE})"),
        [("A11Y05", 3)],
    ),
    "apply, for what": (
        LETTER.format(f"Interested? [Apply here]({PAGE})."),
        [("A11Y05", 3)],
    ),
    "read more, after a question": (
        LETTER.format(f"Interesse? [Mehr lesen]({PAGE})"),
        [("A11Y05", 3)],
    ),
    "weitere Informationen, worüber": (
        LETTER.format(f"[Weitere Informationen]({PAGE})."),
        [("A11Y05", 3)],
    ),
    "报名什么": (
        LETTER.format(f"感兴趣吗？[点击报名]({PAGE})"),
        [("A11Y05", 3)],
    ),
    "one title at one outlet, two pages": (
        "reading:\n"
        + item("A study of the new law", f"{PAGE}/1", "    outlet: Daily\n")
        + item("A study of the new law", f"{PAGE}/2", "    outlet: Daily\n"),
        [("A11Y06", 6)],
    ),
    "three emoji": (
        "reading:\n" + item("🎉 Elections 🎉🎉", PAGE),
        [("A11Y16", 2)],
    ),
    "the same short address twice": (
        LETTER.format("See [it](https://bit.ly/3abc).\n\n    And [it](https://bit.ly/3abc) again."),
        [("LINK04", 3)],
    ),
    "an address of Canada that leads elsewhere": (
        LETTER.format("See [open.canada.ca](https://example.org/data)."),
        [("LINK06", 3)],
    ),
    "a bare address of a shortener": (
        LETTER.format("See https://bit.ly/3abc for it."),
        [("LINK04", 3)],
    ),
    "filler text": (
        LETTER.format("Lorem ipsum dolor sit amet, lorem ipsum.\n\n    Lorem ipsum."),
        [("EDIT07", 3), ("EDIT07", 5)],
    ),
    "one event that is over": (
        "dates:\n" + item("One", PAGE, "    date: 2025-01-20\n") + item("Two", f"{PAGE}/2", "    date: 2025-02-05\n"),
        [("DATE04", 4)],
    ),
    "links without https, reported once": (
        LETTER.format(
            "See [one](http://example.com/1), [another](http://www.example.com/2), [a third](https://example.com/)."
        ),
        [("LINK03", 3)],
    ),
    "Latin commas, reported once": (
        LETTER.format("中文,中文。\n\n    中文,中文。") + "reading:\n" + item("中文:中文", PAGE),
        [("EDIT06", 3)],
    ),
    "a Latin full stop at the end of a Chinese sentence": (
        LETTER.format("今天下雨.我们在家。"),
        [("EDIT06", 3)],
    ),
    "a Latin full stop at the end of a Chinese paragraph": (
        LETTER.format("第一段。\n\n    今天下雨."),
        [("EDIT06", 5)],
    ),
    "two styles of quotation marks, reported once": (
        LETTER.format('He said "so".\n\n    She said “no”.') + "topics:\n" + topic(1, 'It is “so” or "so".'),
        [("EDIT12", 3)],
    ),
    "a doubled word in a headline": (
        "press:\n" + item("A budget budget", PAGE, "    body: |\n      One.\n"),
        [("EDIT10", 2)],
    ),
    "points below a list's only hyphen": (
        LETTER.format("- a pen - paper - a friend"),
        [("EDIT09", 3)],
    ),
    "points in a paragraph": (
        LETTER.format("Agenda: • money • staff"),
        [("EDIT09", 3)],
    ),
    "a zero-width space at the end of an address": (
        LETTER.format(f"See [the page]({PAGE}%E2%80%8B)."),
        [("LINK09", 3)],
    ),
    "files in a text, reported once": (
        LETTER.format(f"Here is [the budget of the year]({PAGE}.pdf).\n\n    And [the plan]({PAGE}/2.pdf)."),
        [("A11Y08", 3)],
    ),
    "an address of the own computer": (
        LETTER.format("See http://localhost:8000/page for it."),
        [("LINK01", 3)],
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_each_mistake_is_reported_once(name: str, tmp_path: Path) -> None:
    """Each mistake has one finding, at its line."""
    text, expected = REPORTED[name]
    assert findings(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "sign", "around"),
    [
        ("经济增长放缓,出口下降。", ",", "增长放缓,出口下降"),
        ("第一段。\n\n    问题是:为什么?", ":", "问题是:为什么"),
        ("Die Firma 华为,技术 wächst.", ",", "华为,技术"),
        ("In English 你好;再见 is greeted.", ";", "你好;再见"),
        ("In English 下雨.我们 is greeted.", ".", "下雨.我们"),
        ("今天下雨. 我们在家。", ".", "今天下雨."),
        ("“今天下雨.”他说。", ".", "今天下雨.”他说"),
    ],
)
def test_the_place_of_a_latin_sign(text: str, sign: str, around: str, tmp_path: Path) -> None:
    """EDIT06 points to the sign and quotes the words around it."""
    (tmp_path / "issues").mkdir()
    (tmp_path / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    path = tmp_path / "issues" / "2025-01-30.yaml"
    path.write_text(HEAD + LETTER.format(text), encoding="utf-8")
    problems = check_issue(Workspace(root=tmp_path.resolve()), path, NOW).problems
    (found,) = (each for each in problems if each.code == "EDIT06")
    assert around in found.message
    line = path.read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert line[found.column :].startswith(sign)


def test_one_finding_lists_all_lines(tmp_path: Path) -> None:
    """EDIT06 and EDIT12 are reported once for the issue, and list the other lines."""
    (tmp_path / "issues").mkdir()
    (tmp_path / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    path = tmp_path / "issues" / "2025-01-30.yaml"
    text = LETTER.format('中文,中文，"好"“好”。\n\n    中文:中文，下雨.')
    path.write_text(HEAD + text + "topics:\n" + topic(1, '中文,中文，"好"“好”。'), encoding="utf-8")
    problems = check_issue(Workspace(root=tmp_path.resolve()), path, NOW).problems
    found = {each.code: each.message for each in problems if each.code in ("EDIT06", "EDIT12")}
    assert "(also in lines 8, 12)" in found["EDIT06"]
    assert "(also in line 12)" in found["EDIT12"]


def test_advertisements_may_repeat(tmp_path: Path) -> None:
    """EDIT02 skips sections for advertisements."""
    first, second = item("Our partner's course", f"{PAGE}/course"), item("An article", f"{PAGE}/article")
    assert findings(tmp_path, f"reading:\n{second}partners:\n{first}", f"reading:\n{second}partners:\n{first}") == [
        ("EDIT02", 3)
    ]


def test_repeated_articles(tmp_path: Path) -> None:
    """EDIT02 reports an article of one earlier issue; items of several issues and links in texts may repeat."""
    standing, article = item("How to take part", f"{PAGE}/standing"), item("An article", f"{PAGE}/article")
    letter = LETTER.format(f"Take part in [our survey]({PAGE}/survey).")
    found = findings(
        tmp_path,
        f"{letter}reading:\n{standing}{article}",
        f"{letter}reading:\n{standing}",
        f"{letter}reading:\n{standing}{article}",
    )
    assert found == [("EDIT02", 8)]


def test_a_preheader_that_repeats_the_subject_is_reported_once(tmp_path: Path) -> None:
    """PRE02 replaces PRE03, unless PRE02 is off or PRE03 is more severe."""
    (tmp_path / "issues").mkdir()
    path = tmp_path / "issues" / "2025-01-30.yaml"
    path.write_text(
        'date: 2025-01-30\nsubject: "A plain one"\npreheader: "A plain one"\nletter:\n  body: Hello.\n',
        encoding="utf-8",
    )
    for checks, expected in (
        ("", ["PRE02"]),
        ("checks:\n  PRE02:\n    level: off\n", ["PRE03"]),
        ("checks:\n  PRE03:\n    block: 40\n", ["PRE03", "PRE02"]),
    ):
        (tmp_path / "newsletter.yaml").write_text(NEWSLETTER + checks, encoding="utf-8")
        problems = check_issue(Workspace(root=tmp_path.resolve()), path, NOW).problems
        assert [each.code for each in problems] == expected


def test_the_list_of_replaced_findings() -> None:
    """All codes in the list are checks, and no two checks replace each other."""
    for code, others in SPEAKS_FOR.items():
        assert {code, *others} <= set(catalogue())
        assert not [other for other in others if code in SPEAKS_FOR.get(other, ())]


@pytest.mark.parametrize(
    ("sender", "link", "is_reported"),
    [
        ("desk@institute.org", "[the programme](https://www.example.com/programme)", True),
        ("desk@institute.org", "[write to us](mailto:name@example.com)", True),
        ("desk@institute.org", "https://example.com/link", True),
        ("desk@institute.org", "[das Programm](http://localhost:8000/)", True),
        ("desk@institute.org", "[节目单](https://example.org)", True),
        ("desk@institute.org", "[you@example.com](mailto:you@example.com)", False),
        ("desk@institute.org", "https://example.com", True),
        ("desk@institute.org", "[example.com](https://example.com)", False),
        ("desk@institute.org", "[our examples](https://examples.com)", False),
        ("desk@news.example.org", "[the programme](https://www.example.com/programme)", False),
    ],
)
def test_example_addresses(sender: str, link: str, is_reported: bool, tmp_path: Path) -> None:
    """LINK01 reports example addresses, unless the newsletter itself is a sample."""
    (tmp_path / "issues").mkdir()
    (tmp_path / "newsletter.yaml").write_text(NEWSLETTER.replace("sound@example.org", sender), encoding="utf-8")
    path = tmp_path / "issues" / "2025-01-30.yaml"
    path.write_text(HEAD + LETTER.format(f"See {link} on the day."), encoding="utf-8")
    problems = check_issue(Workspace(root=tmp_path.resolve()), path, NOW).problems
    # Its settings are a sample, too, which SET01 says.
    assert [each.code for each in problems if each.code != "SET01"] == (["LINK01"] if is_reported else [])
