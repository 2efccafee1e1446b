"""The pages of an archive: which there are, what is on them, and that links and anchors work."""

import re
from pathlib import Path
from shutil import rmtree

import pytest

from composer.core.errors import ContentError
from tests.publish.archives import (
    NEWSLETTER,
    URL,
    broken_links,
    files,
    letters,
    page,
    parts,
    publish,
    sample_archive,
    write_issue,
)
from tests.render.web.html_rules import html_problems

pytestmark = pytest.mark.slow

LETTER = 'subject: "{0}"\nletter:\n  body: "Dear all, {0}."\n'


def test_the_sample(tmp_path: Path) -> None:
    """Every page of the sample exists in both languages, links lead somewhere, and nothing is loaded from elsewhere."""
    workspace = sample_archive(tmp_path)
    result = publish(workspace)
    found = files(result.folder)
    assert (result.issues, result.languages, result.rendered) == (2, 2, 2)
    for folder in ("", "de/"):
        for name in (
            "index.html",
            "2025/index.html",
            "2025/01-30/index.html",
            "sections/metrix/index.html",
            "feed.xml",
        ):
            assert f"{folder}{name}" in found
    assert not list(broken_links(result.folder))
    issue = found["2025/01-30/index.html"].decode()
    assert f'<link rel="alternate" hreflang="de" href="{URL}/de/2025/01-30/">' in issue
    assert f'<link rel="canonical" href="{URL}/2025/01-30/">' in issue
    assert "Dear reader" in issue and "{{" not in issue and "unsubscribe" not in issue.lower()
    loaded = re.findall(r'<(?:img|script|source)\b[^>]*\b(?:src|srcset)="([^"]+)"', issue)
    loaded += re.findall(r'<link rel="stylesheet" href="([^"]+)"', issue)
    assert loaded and all(address.startswith("../../files/") for address in loaded)


def test_the_markup_is_valid(tmp_path: Path) -> None:
    """Every page of the sample follows the rules of HTML, and its page for unknown addresses too."""
    result = publish(sample_archive(tmp_path))
    pages = list(result.folder.rglob("*.html"))
    assert len(pages) > 20
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("<!DOCTYPE html>\n<html lang=")
        body = re.sub("<picture>.*?</picture>", "", text[text.index("<body>") + 6 : text.index("</body>")])
        assert html_problems(body) == [], path


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Two archives of the same files are the same, also if one of them grew step by step."""
    workspace = letters(tmp_path / "a", d2025_01_30=LETTER.format("one"))
    publish(workspace)
    write_issue(workspace, "2025-02-06", LETTER.format("two"))
    publish(workspace)
    other = letters(tmp_path / "b", d2025_01_30=LETTER.format("one"), d2025_02_06=LETTER.format("two"))
    publish(other)
    assert files(workspace.root / "public") == files(other.root / "public")


def test_only_what_changed_is_made_again(tmp_path: Path) -> None:
    """A second run makes nothing; a new issue is rendered, and its neighbour's page and the lists are made again."""
    texts = {f"d2024_0{month}_01": LETTER.format(month) for month in range(1, 10)}
    workspace = letters(tmp_path, **texts)
    assert publish(workspace).rendered == 9
    again = publish(workspace)
    assert (again.rendered, again.written) == (0, 0)
    write_issue(workspace, "2024-10-01", LETTER.format("ten"))
    assert publish(workspace).rendered == 1
    assert "ten" in page(workspace, "2024/09-01/")
    write_issue(workspace, "2024-03-01", LETTER.format("three"))
    changed = publish(workspace)
    assert changed.rendered == 1 and changed.written > 3  # also the links to it on the pages before and after it
    assert 'href="../03-01/"' not in page(workspace, "2024/02-01/")
    assert "three" in page(workspace, "2024/02-01/")


def test_whatever_is_edited(tmp_path: Path) -> None:
    """After any edit, the archive is what it would be if every file were made anew."""
    workspace = letters(tmp_path, **{f"d2024_0{month}_01": LETTER.format(month) for month in range(1, 8)})
    (tmp_path / "newsletter.de.yaml").write_text("language: de\n", encoding="utf-8")
    public = publish(workspace).folder
    third = tmp_path / "issues" / "2024-03-01.yaml"
    edits = (
        ("2024-03-01", LETTER.format("another title")),
        ("2024-03-01.de", LETTER.format("a translation")),
        ("2024-03-01", LETTER.format("another title") + "number: 7\n"),
        ("2024-04-01", LETTER.format("hidden") + "archive: unlisted\n"),
        ("2024-03-01.de", LETTER.format("a translation") + "archive: unlisted\n"),
        ("2024-05-01", LETTER.format("gone") + 'withdrawn: "It was wrong."\n'),
        ("2024-03-01.de", LETTER.format("a translation") + 'withdrawn: "It was wrong."\n'),
        ("2024-04-01", LETTER.format("back again")),
        ("2024-03-01", None),
    )
    for stem, text in edits:
        if text is None:
            third.unlink()
        else:
            write_issue(workspace, stem, text)
        publish(workspace)
        step_by_step = files(public)
        rmtree(public)
        publish(workspace)
        assert files(public) == step_by_step, stem


def test_a_page_that_was_edited_by_hand(tmp_path: Path) -> None:
    """The article of an unchanged issue is taken from its page only if it is there as it was rendered."""
    workspace = letters(tmp_path, d2024_01_01=LETTER.format("one"), d2024_02_01=LETTER.format("two"))
    own = publish(workspace).folder / "2024" / "01-01" / "index.html"
    own.write_text(own.read_text().replace("Dear all", "Bye"))
    write_issue(workspace, "2024-02-01", LETTER.format("three"))
    assert publish(workspace).rendered == 2
    assert "Bye" not in own.read_text() and "three" in own.read_text()


def test_modes(tmp_path: Path) -> None:
    """An unlisted issue has a page that nothing leads to; one with `none` has no page; the newsletter has a default."""
    workspace = letters(
        tmp_path,
        d2025_01_01=LETTER.format("listed"),
        d2025_01_02=LETTER.format("hidden") + "archive: unlisted\n",
        d2025_01_03=LETTER.format("absent") + "archive: none\n",
    )
    result = publish(workspace)
    assert result.issues == 2
    assert '<meta name="robots" content="noindex">' in page(workspace, "2025/01-02/")
    assert not (result.folder / "2025" / "01-03").exists()
    others = {name: data for name, data in files(result.folder).items() if name != "2025/01-02/index.html"}
    assert not [name for name, data in others.items() if b"hidden" in data or b"01-02" in data or b"absent" in data]
    path = workspace.root / "newsletter.yaml"
    path.write_text(NEWSLETTER + "  issues: none\n", encoding="utf-8")
    assert publish(workspace).issues == 1


def test_withdrawn(tmp_path: Path) -> None:
    """A withdrawn issue keeps its address, with the reason instead of its text; feeds replace the entry."""
    workspace = letters(tmp_path, d2025_01_01=LETTER.format("wrong"), d2025_01_08=LETTER.format("right"))
    publish(workspace)
    before = (workspace.root / "public" / "feed.xml").read_text(encoding="utf-8")
    write_issue(workspace, "2025-01-01", LETTER.format("wrong") + 'withdrawn: "The figures <b> were wrong."\n')
    result = publish(workspace)
    shown = page(workspace, "2025/01-01/")
    assert "The figures &lt;b&gt; were wrong." in shown and "Dear all, wrong" not in shown
    assert "This issue was withdrawn." in page(workspace, "")
    feed = (result.folder / "feed.xml").read_text(encoding="utf-8")
    assert re.findall("<id>.*?</id>", feed) == re.findall("<id>.*?</id>", before)
    assert "Dear all, wrong" not in feed and "figures" in feed and not list(broken_links(result.folder))
    assert "01-01" not in (result.folder / "sitemap.xml").read_text(encoding="utf-8")


def test_numbers_as_a_table(tmp_path: Path) -> None:
    """The page of a section of numbers is a table with dates; links lead to the issue."""
    number = 'subject: s\nletter:\n  body: b\nnumbers:\n  value: "{0}"\n  body: "It was **{0}**."\n  outlet: AP\n'
    workspace = letters(tmp_path, d2024_12_30=number.format("1.5"), d2025_01_06=number.format("49.10"))
    publish(workspace)
    table = page(workspace, "sections/numbers/")
    assert (
        'role="rowheader"><time datetime="2025-01-06">' in table and ">49.10</a>" in table and "It was 49.10." in table
    )
    assert "1.5" not in table and ">1.5</a>" in page(workspace, "sections/numbers/2024/")


def test_only_is_never_published(tmp_path: Path) -> None:
    """Parts for some subscribers are on no page and in no feed, also those for people without a tag; fields have defaults."""
    issue = (
        'subject: "Hello {{ first_name | default(\\"friend\\") }}"\nletter:\n  body: "Public {{ first_name }}."\n'
        'topics:\n  - title: "For all"\n    facts: "Open."\n  - title: Secret1\n    facts: Secret2\n    only:\n      tag: press\n'
        "  - title: Secret3\n    facts: Secret4\n    only:\n      without_tag: press\n# Secret5\n"
    )
    workspace = letters(tmp_path, d2025_01_01=issue)
    result = publish(workspace)
    assert not [name for name, data in files(result.folder).items() if b"Secret" in data]
    assert "Hello friend" in page(workspace, "2025/01-01/")


def test_an_issue_without_public_parts(tmp_path: Path) -> None:
    """An issue that is for some subscribers as a whole is an error that says what to write."""
    newsletter = NEWSLETTER.replace("    required: true\n", "")
    only = "only:\n{0}  tag: press\n"
    issue = f"subject: s\ntopics:\n  - title: t\n    facts: f\n    {only.format('    ')}"
    issue += f"numbers:\n  value: '1'\n  body: b\n  {only.format('  ')}"
    workspace = letters(
        tmp_path, newsletter, d2025_01_01=issue + "letter:\n  body: b\n  only:\n    without_tag: press\n"
    )
    with pytest.raises(ContentError) as caught:
        publish(workspace)
    [problem] = caught.value.problems
    assert problem.code == "archive" and not (workspace.root / "public").exists()


def test_hostile_texts(tmp_path: Path) -> None:
    """Texts are data on every page, in feeds and in scripts of the head."""
    evil = "</script><script>alert(1)</script> \" ' & <img onerror=x>"
    quoted = evil.replace("\\", "\\\\").replace('"', '\\"')
    issue = f'subject: "{quoted}"\npreheader: "{quoted}"\nletter:\n  body: b\ntopics:\n  - title: "{quoted}"\n    facts: "f"\n'
    workspace = letters(tmp_path, d2025_01_01=issue)
    result = publish(workspace)
    for name, data in files(result.folder).items():
        if name.endswith(".html"):
            assert b"<script>alert" not in data and b"<img onerror" not in data, name
    assert not list(broken_links(result.folder))


def test_a_private_text_blocks_publication(tmp_path: Path) -> None:
    """A token or a link to unsubscribe in a text is an error at its line, and nothing is written."""
    token = "a2b3c4d5e6f7g2h3" * 2 + "ab"
    body = f'letter:\n  body: "See https://example.org/x/{token} please."\n'
    workspace = letters(tmp_path, d2025_01_01="subject: s\n" + body)
    with pytest.raises(ContentError) as caught:
        publish(workspace)
    [problem] = caught.value.problems
    assert (problem.code, problem.path, problem.line) == ("private", "issues/2025-01-01.yaml", 4)
    assert not (workspace.root / "public").exists()
    path = workspace.root / "newsletter.yaml"
    path.write_text(NEWSLETTER + "delivery:\n  public_url: https://news.example.org/n\n", encoding="utf-8")
    write_issue(
        workspace, "2025-01-01", 'subject: s\nletter:\n  body: "[out](https://news.example.org/n/unsubscribe)"\n'
    )
    with pytest.raises(ContentError) as caught:
        publish(workspace)
    assert [each.code for each in caught.value.problems] == ["private"]


def test_anchors_of_all_scripts(tmp_path: Path) -> None:
    """An item has an anchor in its own script, and each link to it is valid."""
    issue = "subject: s\nletter:\n  body: b\ntopics:\n  - title: 深度求索\n    facts: f\n  - title: مرحبا بالعالم\n    facts: f\n"
    workspace = letters(tmp_path, d2025_01_01=issue)
    result = publish(workspace)
    _, ids = parts(page(workspace, "2025/01-01/"))
    assert {"topics-深度求索", "topics-مرحبا-بالعالم"} <= set(ids)
    assert not list(broken_links(result.folder))


def test_without_an_address(tmp_path: Path) -> None:
    """Without `archive: url:` there are pages, but no feeds, no sitemap and no canonical addresses."""
    workspace = letters(tmp_path, NEWSLETTER.partition("archive:")[0], d2025_01_01=LETTER.format("x"))
    result = publish(workspace)
    found = files(result.folder)
    assert result.url is None and not [name for name in found if name.endswith((".xml", ".json")) and name[0] != "."]
    assert b"canonical" not in found["2025/01-01/index.html"] and not list(broken_links(result.folder, None))
