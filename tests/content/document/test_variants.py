"""The editions that `only:` produces."""

import datetime
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator

from composer.app.scaffold.issue_skeleton import skeleton
from composer.app.scaffold.issue_translation import translation
from composer.app.scaffold.next_issue import NextIssue
from composer.app.text_editors.editor_schemas import editor_schemas
from composer.content.document.issue import Issue, read_issue, select_variant
from composer.content.document.newsletter import read_newsletter
from composer.content.document.section_types import read_document
from composer.content.document.variants import MOST_VARIANTS, ConditionalBlock, kept_for, variants_of
from composer.content.yaml.nodes import Mapping
from composer.content.yaml.source import SourcePlace
from composer.core.audience_filter import AudienceFilter, audience_filter
from composer.core.workspace import Workspace
from tests.content.issue_factory import issue_workspace
from tests.content.test_mistakes import Edit, apply, n, r

HERE = SourcePlace(path="issue.yaml", line=1, column=1)
TAGS = ("press", "radio", "staff", "board", "east", "west")


def blocks(*conditions: AudienceFilter, around: tuple[int | None, ...] = ()) -> tuple[ConditionalBlock, ...]:
    return tuple(
        ConditionalBlock(
            path=(f"passage{number}",),
            trail=(),
            condition=each,
            place=HERE,
            around=around[number] if number < len(around) else None,
        )
        for number, each in enumerate(conditions)
    )


_TAG_SETS = st.lists(st.sampled_from(TAGS), max_size=3, unique=True)


@st.composite
def _blocks(draw: st.DrawFn) -> tuple[ConditionalBlock, ...]:
    made: list[ConditionalBlock] = []
    for number in range(draw(st.integers(1, 6))):
        outer = [None, *(at for at, block in enumerate(made) if block.around is None)]
        made.append(
            ConditionalBlock(
                path=(str(number),),
                trail=(),
                condition=audience_filter(tag=draw(_TAG_SETS), without_tag=draw(_TAG_SETS)),
                place=HERE,
                around=draw(st.sampled_from(outer)),
                is_hollow=draw(st.booleans()),
            )
        )
    return tuple(made)


@given(_blocks())
@settings(max_examples=300, deadline=None)
def test_variants_are_those_of_all_subscribers(given: tuple[ConditionalBlock, ...]) -> None:
    """Trying all sets of tags finds the same variants, each once, with the fewest tags and its own description."""
    fewest: dict[frozenset[int], int] = {}
    for count in range(len(TAGS) + 1):
        for tags in itertools.combinations(TAGS, count):
            fewest.setdefault(kept_for(given, tags), count)
    found = variants_of(given)
    if len(fewest) > MOST_VARIANTS:
        assert len(found) > MOST_VARIANTS
        return
    assert {variant.kept: len(variant.tags) for variant in found} == fewest
    assert all(kept_for(given, variant.tags) == variant.kept for variant in found)
    assert len({variant.subscribers for variant in found}) == len(found)
    assert [len(variant.kept) for variant in found] == sorted((len(each.kept) for each in found), reverse=True)


@pytest.mark.parametrize(
    ("given", "subscribers"),
    [
        ((), ["all subscribers"]),
        ((audience_filter(tag="press"),), ["subscribers tagged press", "subscribers not tagged press"]),
        ((audience_filter(without_tag="press"),), ["subscribers not tagged press", "subscribers tagged press"]),
        (
            (audience_filter(tag=["press", "radio"]),),
            ["subscribers tagged press or radio", "subscribers not tagged press or radio"],
        ),
        # Two conditions that exclude each other make two editions, not four.
        (
            (audience_filter(tag="press"), audience_filter(without_tag="press")),
            ["subscribers not tagged press", "subscribers tagged press"],
        ),
        (
            (audience_filter(tag="press"), audience_filter(tag=["press", "radio"])),
            [
                "subscribers tagged press",
                "subscribers tagged radio, not tagged press",
                "subscribers not tagged press or radio",
            ],
        ),
        (
            (audience_filter(tag="press", without_tag="staff"),),
            ["subscribers tagged press, not tagged staff", "subscribers tagged staff if tagged press"],
        ),
        (
            (audience_filter(tag="east"), audience_filter(tag="west")),
            [
                "subscribers tagged east and west",
                "subscribers tagged east, not tagged west",
                "subscribers tagged west, not tagged east",
                "subscribers not tagged east or west",
            ],
        ),
    ],
)
def test_description_of_subscribers(given: tuple[AudienceFilter, ...], subscribers: list[str]) -> None:
    """The description of an edition's subscribers is as short as possible."""
    assert sorted(variant.subscribers for variant in variants_of(blocks(*given))) == sorted(subscribers)


def test_an_item_of_an_omitted_section_makes_no_difference() -> None:
    """Three editions, not four: without the section, its item makes no difference."""
    found = variants_of(blocks(audience_filter(tag="press"), audience_filter(tag="radio"), around=(None, 0)))
    assert [variant.subscribers for variant in found] == [
        "subscribers tagged press and radio",
        "subscribers tagged press, not tagged radio",
        "subscribers not tagged press",
    ]


def test_32_editions_and_no_more() -> None:
    """Five tags make 32 editions; six or a thousand are too many, which is found quickly."""
    assert len(variants_of(blocks(*(audience_filter(tag=f"t{at}") for at in range(5))))) == MOST_VARIANTS
    for many in (6, 1000):
        assert len(variants_of(blocks(*(audience_filter(tag=f"t{at}") for at in range(many))))) > MOST_VARIANTS
    # Any number of conditions on the same few tags is allowed.
    assert len(variants_of(blocks(*(audience_filter(tag=TAGS[at % 5]) for at in range(200))))) == MOST_VARIANTS


def _read(folder: Path, *edits: Edit) -> Issue:
    workspace: Workspace = issue_workspace(folder)
    apply(workspace, list(edits))
    return read_issue(workspace, workspace.issue("2025-01-30"))[1]


def _titles(issue: Issue) -> dict[str, list[object]]:
    return {section.spec.key: [item["title"] for item in section.items] for section in issue.sections}


FOR_PRESS = r('  - title: "First topic"', '  - title: "First topic"\n    only:\n      tag: Press')


def test_an_issue_without_only_is_one_edition(tmp_path: Path) -> None:
    """An issue without `only:` has one edition for everyone."""
    issue = _read(tmp_path)
    assert [variant.subscribers for variant in issue.variants] == ["all subscribers"]
    assert select_variant(issue, issue.variants[0]) is issue


def test_remaining_items_keep_their_places(tmp_path: Path) -> None:
    """An item after an omitted one is reported at its own line."""
    issue = _read(tmp_path, FOR_PRESS)
    full, rest = (select_variant(issue, variant) for variant in issue.variants)
    assert _titles(full)["topics"] == ["First topic", "Second topic"]
    assert _titles(rest)["topics"] == ["Second topic"]
    section = next(section for section in rest.sections if section.spec.key == "topics")
    (path, _), *_ = section.pieces
    assert path == ("topics", 1)
    assert rest.place(*path) == full.place("topics", 1)


def test_a_section_of_newsletter_yaml_for_some(tmp_path: Path) -> None:
    """`only` in newsletter.yaml removes a whole list for some subscribers, even if the section is required."""
    issue = _read(tmp_path, n("    max: 2", "    max: 2\n    required: true\n    only:\n      tag: press"))
    assert [variant.subscribers for variant in issue.variants] == [
        "subscribers tagged press",
        "subscribers not tagged press",
    ]
    rest = select_variant(issue, issue.variants[1])
    assert list(_titles(rest)) == ["top_story", "metrix", "chart"]


def test_a_list_without_items_is_omitted(tmp_path: Path) -> None:
    """Subscribers without any item of a list do not get its heading."""
    second = r('  - title: "Second topic"', '  - title: "Second topic"\n    only:\n      tag: press')
    issue = _read(tmp_path, FOR_PRESS, second)
    assert [list(_titles(select_variant(issue, each))) for each in issue.variants] == [
        ["top_story", "topics", "metrix", "chart"],
        ["top_story", "metrix", "chart"],
    ]


def test_the_maximum_is_checked_for_each_edition(tmp_path: Path) -> None:
    """Three items with a limit of two are allowed if no edition contains all three."""
    third = '  - title: "Third topic"\n    only:\n      without_tag: press\n    facts: |\n      Facts.\nmetrix:'
    issue = _read(tmp_path, FOR_PRESS, r("metrix:", third))
    assert [len(_titles(select_variant(issue, each))["topics"]) for each in issue.variants] == [2, 2]


def test_the_schemas_include_only(tmp_path: Path) -> None:
    """Text editors accept `only` in sections and items, without a language, and a language in `audiences`."""
    schemas = editor_schemas(issue_workspace(tmp_path))
    issue, newsletter = (Draft7Validator(schemas[name]) for name in ("issue", "newsletter"))

    def wrong(validator: Draft7Validator, part: object) -> list[str]:
        return [str(error.message) for error in validator.iter_errors(part) if error.kind.name != "required"]

    for only in ({"tag": "press"}, {"without_tag": ["press", 2024]}):
        assert not wrong(issue, {"top_story": {"only": only, "title": "x", "body": "y"}})
        assert not wrong(issue, {"topics": [{"only": only, "title": "x", "facts": "y"}]})
    assert wrong(issue, {"top_story": {"only": {"language": "de"}, "title": "x", "body": "y"}})
    assert not wrong(newsletter, {"audiences": {"friends": {"language": "de"}}})
    assert not wrong(newsletter, {"sections": {"one": {"type": "text", "only": {"tag": "press"}}}})


def test_only_is_not_in_a_skeleton_but_in_a_translation(tmp_path: Path) -> None:
    """The skeleton of an issue does not include `only`; a translation keeps it."""
    workspace = issue_workspace(tmp_path)
    newsletter = read_newsletter(workspace)
    assert "only" not in skeleton(newsletter, NextIssue(date=datetime.date(2025, 2, 6), number=1))
    apply(workspace, FOR_PRESS)
    source = read_document(workspace.issue("2025-01-30"), "issue.yaml")[0]
    assert isinstance(source, Mapping)
    assert "    only:\n      tag: Press\n" in translation(newsletter, source)
