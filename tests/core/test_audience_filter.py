"""The conditions that select subscribers."""

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from composer.cli.ui.audience_flags import condition_flags
from composer.core.audience_filter import AudienceFilter, WordError, audience_filter, normal_language, normal_tag
from composer.core.errors import UsageError

TAGS = st.sampled_from(["press", "radio", "staff", "board"])


@pytest.mark.parametrize(
    ("made", "language", "tags", "is_meant"),
    [
        (audience_filter(), "", (), True),
        (audience_filter(language="de"), "de", (), True),
        (audience_filter(language="de"), "de-AT", (), True),
        (audience_filter(language="de"), "DE-at", (), True),
        (AudienceFilter(language=("DE-at",)), "de-AT", (), True),
        (audience_filter(language="de"), "den", (), False),
        (audience_filter(language="de-AT"), "de", (), False),
        (audience_filter(language="de"), "", (), False),
        (audience_filter(language="zh-Hant"), "zh-TW", (), True),
        (audience_filter(language="zh-TW"), "zh-Hant", (), True),
        (audience_filter(language="zh-TW"), "zh-tw", (), True),
        (audience_filter(language="zh-HK"), "zh-Hant", (), False),
        (audience_filter(language="zh-Hant"), "zh-CN", (), False),
        (audience_filter(language="zh"), "zh-TW", (), True),
        (audience_filter(language=["de", "fr"]), "fr", (), True),
        (audience_filter(tag="press"), "en", ("press", "staff"), True),
        (audience_filter(tag="press"), "en", ("pressed",), False),
        (audience_filter(tag=["press", "radio"]), "en", ("radio",), True),
        (audience_filter(without_tag="staff"), "en", (), True),
        (audience_filter(without_tag=["staff", "board"]), "en", ("board",), False),
        (audience_filter(tag="press", without_tag="staff"), "en", ("press", "staff"), False),
        (audience_filter(language="de", tag="press"), "en", ("press",), False),
    ],
)
def test_the_filter_selects_subscribers(
    made: AudienceFilter, language: str, tags: tuple[str, ...], is_meant: bool
) -> None:
    """Any of the languages, any of the tags, and none of the excluded tags, all together."""
    assert made.matches(language, tags) is is_meant


@given(st.sets(TAGS), st.sets(TAGS), st.sets(TAGS))
def test_conditions_on_tags_follow_set_theory(tag: set[str], without: set[str], tags: set[str]) -> None:
    """A condition on tags follows set theory; a condition that no subscriber can meet is marked."""
    made = audience_filter(tag=sorted(tag), without_tag=sorted(without))
    assert made.matches("en", tags) is ((not tag or bool(tag & tags)) and not without & tags)
    if made.is_impossible:
        assert not made.matches("en", tags)


def test_a_tag_has_one_normal_form() -> None:
    """All spellings of a tag become one tag."""
    written = ["Press Office", "press  office", " PRESS\toffice ", "press\u00a0office"]
    assert {normal_tag(each) for each in written} == {"press office"}
    assert normal_tag("Cafe\u0301") == normal_tag("CAFÉ") == "café"
    assert normal_tag("#Straße/媒体") == "#straße/媒体"
    assert normal_tag("x" * 60) == "x" * 60


@pytest.mark.parametrize("text", ["", "  ", "press, radio", "a;b", 'a"b', "a\x00b", "a\u200bb", "a\u202eb", "x" * 61])
def test_invalid_tags_are_rejected(text: str) -> None:
    """A tag is distinct in a list, on a line and by eye."""
    with pytest.raises(WordError, match="tag") as stop:
        normal_tag(text)
    assert stop.value.hint


def test_a_separator_in_a_tag_is_named() -> None:
    """The message has no hint in it; the hint depends on the character."""
    for sign in ",;":
        with pytest.raises(WordError) as stop:
            normal_tag(f'a{sign}b"')
        assert f'“{sign}”: “a{sign}b"”' in str(stop.value) and "separately" in stop.value.hint
    with pytest.raises(WordError) as stop:
        normal_tag('a"b,')
    assert "“" not in str(stop.value) and "separately" not in stop.value.hint


def test_a_language_has_one_normal_form() -> None:
    """Languages are written as RFC 5646 recommends."""
    assert [normal_language(each) for each in ("DE", "de_at", "zh-hant-tw", " en ")] == [
        "de",
        "de-AT",
        "zh-Hant",
        "en",
    ]
    for text in ("", "german", "d", "de-", "de at"):
        with pytest.raises(WordError):
            normal_language(text)


def test_in_words() -> None:
    """The filter as text."""
    assert audience_filter().in_words == "all subscribers"
    assert audience_filter(tag=["Press", "radio", "press"]).in_words == "subscribers tagged press or radio"
    whole = audience_filter(language=["de", "fr"], tag="press", without_tag=["staff", "board"])
    assert whole.in_words == "subscribers in de or fr, tagged press, not tagged staff or board"
    assert not audience_filter()
    assert (
        whole
        and audience_filter(language="de")
        and audience_filter(tag="press")
        and audience_filter(without_tag="staff")
    )


def test_the_stored_form() -> None:
    """It is read back unchanged, does not depend on the order of words, and differs for different conditions."""
    whole = audience_filter(language=["fr", "de"], tag=["press", "媒体"], without_tag=["staff", "board"])
    same = audience_filter(language=["de", "fr"], tag=["媒体", "press"], without_tag=["board", "staff"])
    assert whole.code == same.code
    assert whole.code == '{"language": ["de", "fr"], "tag": ["press", "媒体"], "without_tag": ["board", "staff"]}'
    assert AudienceFilter.from_code(whole.code) == AudienceFilter(
        language=("de", "fr"), tag=("press", "媒体"), without_tag=("board", "staff")
    )
    assert audience_filter().code == "{}"
    assert AudienceFilter.from_code("{}") == audience_filter()
    assert (
        len(
            {
                each.code
                for each in (audience_filter(tag="x"), audience_filter(without_tag="x"), audience_filter(language="xx"))
            }
        )
        == 3
    )


@click.command()
@condition_flags
def _who(condition: AudienceFilter) -> int:
    click.echo(condition.in_words)
    return 0


def test_the_command_line_options() -> None:
    """The options of the command line use the same words."""
    arguments = ["--language", "de", "--tag", "Press", "--tag", "radio", "--without-tag", "staff"]
    answer = CliRunner().invoke(_who, arguments, standalone_mode=False)
    assert answer.output == "subscribers in de, tagged press or radio, not tagged staff\n"
    assert answer.return_value == 0
    for wrong in (["--tag", ""], ["--language", "german"], ["--tag", "press", "--without-tag", "press"]):
        assert isinstance(CliRunner().invoke(_who, wrong, standalone_mode=False).exception, UsageError)


def test_a_condition_has_one_code() -> None:
    """The order of words does not matter; the code is read back, and a tag may look like a sentence."""
    one = audience_filter(language=["de", "en"], tag=["black or white", "press"], without_tag="not tagged")
    other = audience_filter(language=["en", "de"], tag=["press", "black or white"], without_tag="not tagged")
    assert one.code == other.code and AudienceFilter.from_code(one.code).code == one.code
    assert (
        one.code
        != audience_filter(language=["de", "en"], tag=["black", "white", "press"], without_tag="not tagged").code
    )
    assert AudienceFilter.from_code(AudienceFilter().code) == AudienceFilter()
