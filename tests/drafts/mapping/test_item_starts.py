"""Where a new item begins although its title does not look like the first one."""

from pathlib import Path

import pytest

from tests.drafts.mapping.test_typed_addresses import drafted

TOPIC = "**The facts:** Sales fall.\n\n**What to watch:** A vote.\n\n**Media coverage and sources**\n\n- AP: Sales\n\n"


@pytest.mark.parametrize("title", ["**Small reactors**", "### Small reactors", "**2. Small reactors**"])
def test_label_that_comes_again(tmp_path: Path, title: str) -> None:
    """The bold line above a label that the topic has already is the title of the next topic."""
    first = "## 1. Heat" if "2." in title else "## Heat"
    made, written = drafted(tmp_path, f"# Topics\n\n{first}\n\n{TOPIC}{title}\n\n{TOPIC}")
    assert '  - title: "Heat"\n' in written and '  - title: "Small reactors"\n' in written
    assert written.count("    watch: |\n      A vote.\n") == 2 and not made.unknown_labels


def test_bold_line_with_the_next_number(tmp_path: Path) -> None:
    """`2. …` in bold letters after the heading `1. …` is a title, with any labels below it."""
    _, written = drafted(
        tmp_path, f"# Topics\n\n## 1. Heat\n\n{TOPIC}**2. Reactors**\n\n**Our analysis:** They are small.\n"
    )
    assert '  - title: "Reactors"\n' in written


def test_bold_line_without_a_number(tmp_path: Path) -> None:
    """A bold line whose text has no label is a subhead of the topic."""
    _, written = drafted(tmp_path, "# Topics\n\n## Heat\n\n**The facts:** It is hot.\n\n**Reactors**\n\nSmall ones.\n")
    assert "### Reactors\n" in written


@pytest.mark.parametrize(
    "link", ["[Spain pays](https://example.org/a) (El País)", "[Spain pays a record sum](https://example.org/a)"]
)
def test_linked_headline_between_bold_ones(tmp_path: Path, link: str) -> None:
    """A paragraph that is only a link, perhaps with its outlet, is a headline as the bold lines around it are."""
    text = (
        "# China digest\n\n**Ports (AP)**\n\nThey are open again.\n\n"
        + link
        + "\n\nThe cost has doubled.\n\n**Rail (BBC)**\n\nIt runs.\n"
    )
    _, written = drafted(tmp_path, text)
    assert written.count("  - title: ") == 3 and "    url: https://example.org/a\n" in written


def test_short_link_below_a_text(tmp_path: Path) -> None:
    """A link of a few words belongs to the item above it."""
    text = "# China digest\n\n**Ports (AP)**\n\nOpen.\n\n[Read the report](https://example.org/a)\n\nIt is long and free.\n"
    _, written = drafted(tmp_path, text)
    assert written.count("  - title: ") == 1
