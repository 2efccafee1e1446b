"""Nothing that an editor writes is missing from the web edition."""

import html as html_entities
import re
import string
from pathlib import Path

import lxml.html
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.content.document.issue import read_issue
from composer.content.document.newsletter import read_newsletter
from composer.content.document.section_types import read_section_type
from composer.core.workspace import Workspace
from tests.factories import LETTER, ROOT, sample
from tests.render.web.html_rules import html_problems
from tests.render.web.pages import web_edition
from tests.render.web.schema_samples import SchemaSamples

TYPES = Workspace(root=ROOT).theme("briefing").section_types()
_ABOVE = LETTER.partition("sections:")[0]


class _Dumper(yaml.SafeDumper):
    """Writes texts as editors do: with | if they have several lines."""


_Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else '"')
)


def _yaml(value: object) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100_000)
    return re.sub(r'(?m)^([- ]*)"(\w+)": ', r"\1\2: ", text)


def _words(html: str) -> str:
    """Return the text of an article, and what is in its `alt` attributes."""
    tree = lxml.html.fragment_fromstring(html, create_parent="div")
    return " ".join((*map(str, tree.itertext()), *(each.get("alt", "") for each in tree.iter("img"))))


def _write(workspace: Workspace, sections: dict[str, object], issue: dict[str, object]) -> None:
    (workspace.root / "newsletter.yaml").write_text(_ABOVE + _yaml({"sections": sections}), encoding="utf-8")
    (workspace.root / "newsletter.de.yaml").unlink(missing_ok=True)
    content = {"date": "2025-02-01", "subject": "All fields", **issue}
    (workspace.root / "issues/2025-02-01.yaml").write_text(_yaml(content), encoding="utf-8")


@pytest.mark.parametrize("derived", [False, True], ids=["template", "derived"])
@pytest.mark.parametrize("name", TYPES)
def test_every_field_of_every_type_is_shown(name: str, derived: bool, tmp_path: Path) -> None:
    """Texts, addresses, dates and pictures; by the type's template, and by the schema alone."""
    workspace = sample(tmp_path)
    theme = workspace.theme("briefing")
    kind = read_section_type(theme, name)
    assert kind is not None
    samples = SchemaSamples(read_newsletter(workspace).definitions)
    section = {"type": name, "heading": "The heading", **({} if derived else samples.options(kind))}
    _write(workspace, {"part": section}, {"part": samples.content(kind)})
    if derived:
        folder = tmp_path / "templates/briefing/sections" / name
        folder.mkdir(parents=True)
        for file in (ROOT / "templates/briefing/sections" / name).iterdir():
            if file.name != "section.html.j2":
                (folder / file.name).write_bytes(file.read_bytes())
    built = web_edition(workspace, "2025-02-01")
    body = built.edition.body
    assert html_problems(body) == []
    words = _words(body)
    assert [each for each in samples.words if each not in words] == []
    links = [html_entities.unescape(each) for each in re.findall(r'(?:href|cite)="([^"]*)"', body)]
    assert [each for each in samples.addresses if not {each, f"mailto:{each}"} & set(links)] == []
    assert [each for each in samples.dates if f'datetime="{each}"' not in body] == []
    assert body.count("<img ") == samples.pictures


def test_every_text_around_the_sections_is_shown(tmp_path: Path) -> None:
    """The note, the preheader, every field of masthead and imprint; the way to subscribe and the privacy policy."""
    workspace = sample(tmp_path)
    issue = workspace.issue("2025-01-30")
    schema = read_issue(workspace, issue)[0].issue_schema()
    samples = SchemaSamples(schema.definitions)
    values = {name: samples.value(name, schema.definitions[name]) for name in ("masthead", "imprint")}
    text = issue.read_text(encoding="utf-8")
    issue.write_text(text + _yaml(values), encoding="utf-8")
    edition = web_edition(workspace).edition
    words = _words(edition.body)
    assert len(samples.words) > 6
    assert [each for each in samples.words if each not in words] == []
    assert [each for each in samples.addresses if each not in edition.body] == []
    for shown in (
        edition.title,
        edition.description,
        "Dear reader, the Year of the Snake",
        "Issue 214",
        "January 30, 2025",
    ):
        assert shown and shown in words
    assert 'href="https://news.example.org/n/subscribe"' in edition.body
    assert 'href="https://news.example.org/privacy"' in edition.body


#: Words in several scripts, and signs that mean something in HTML, YAML, Markdown and Jinja.
_WORD = st.one_of(
    st.text(alphabet=string.ascii_letters, min_size=1, max_size=30),
    st.sampled_from(
        [
            "<script>alert(1)</script>", "</article>", '"quoted"', "O’Hara", "a&b", "&lt;", "{{ '{{' }}", "深度求索", "العربية",
            "שלום", "🐍", "x" * 90, "50%", "1.", "a_b", "](x)", "<!--", "-->", "{% raw %}", "\u2067right", "\u202eevil",
            'class="subhead"', '<h4 class="subhead">', "-of-text-1",
        ]
    ),
)  # fmt: skip
_LINE = st.lists(_WORD, min_size=1, max_size=8).map(lambda words: " ".join(["Start", *words, "end"]))


def _plain(text: str) -> str:
    """Return the words of a text without signs: Markdown and typography change those."""
    return re.sub(r"[\W_]+", "", text)


@given(titles=st.lists(_LINE, min_size=1, max_size=4), subject=_LINE, author=_LINE)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_of_generated_issues_is_shown(
    titles: list[str], subject: str, author: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Hostile lines stay words: the HTML is valid, and every word of a title is in the article and in its item's title."""
    folder = tmp_path_factory.mktemp("issue")
    workspace = sample(folder)
    unusual = re.compile("[\u2067\u202e]")
    titles, subject, author = (
        [unusual.sub("", each) for each in titles],
        unusual.sub("", subject),
        unusual.sub("", author),
    )
    _write(
        workspace,
        {"news": {"type": "digest", "heading": subject}, "voice": {"type": "quote", "contents": "none"}},
        {
            "subject": subject,
            "news": [{"title": title, "outlet": author, "body": "Text."} for title in titles],
            "voice": {"quote": "A quotation.", "author": author, "role": subject},
        },
    )
    edition = web_edition(workspace, "2025-02-01").edition
    assert html_problems(edition.body) == []
    shown = _plain(_words(edition.body))
    for line in (*titles, subject, author):
        assert _plain(line.replace("{{ '{{' }}", "{{")) in shown
    assert [item.title for item in edition.items][: len(titles)] == [
        " ".join(title.replace("{{ '{{' }}", "{{").split()) for title in titles
    ]
    assert "<script" not in edition.body
