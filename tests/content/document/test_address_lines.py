"""The address of the publisher, as people write it."""

from pathlib import Path

import pytest

from composer.content.document.newsletter import read_newsletter
from composer.content.values.field_values import value_in
from composer.core.errors import ContentError
from tests.factories import sample_message


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (" Pier 1, Hamburg", ("Pier 1, Hamburg",)),
        (" |\n    Pier 1\n    20457 Hamburg\n", ("Pier 1", "20457 Hamburg")),
        ("\n    - Pier 1\n    - 20457 Hamburg\n", ("Pier 1", "20457 Hamburg")),
        ("", ()),
    ],
)
def test_forms(tmp_path: Path, written: str, lines: tuple[str, ...]) -> None:
    """One line, lines below a |, and a list are the same for a theme."""
    workspace = sample_message(tmp_path)
    settings = workspace.root / "newsletter.yaml"
    settings.write_text(
        f"{settings.read_text(encoding='utf-8')}\nimprint:\n  name: Harbour\n  address:{written}\n", encoding="utf-8"
    )
    imprint = read_newsletter(workspace).imprint
    assert imprint is not None and value_in(imprint, "address") == lines


def test_group(tmp_path: Path) -> None:
    """Keys in place of the lines are a mistake, at their place."""
    workspace = sample_message(tmp_path)
    settings = workspace.root / "newsletter.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}\nimprint:\n  name: Harbour\n  address:\n    street: Pier 1\n", encoding="utf-8")
    with pytest.raises(ContentError) as told:
        read_newsletter(workspace)
    assert told.value.problems[0].line == len(text.splitlines()) + 4 + 1
