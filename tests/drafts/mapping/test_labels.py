"""Labels in a draft that the edition prints with other words."""

from composer.drafts.draft_document import Span
from composer.drafts.mapping.names.known_names import FieldName
from composer.drafts.mapping.names.label_match import find_label

NAMES = (
    FieldName("watch", "What to watch", True),
    FieldName("watch", "watch", True),
    FieldName("outlet", "source", False),
)


def test_a_label_has_the_words_that_are_printed() -> None:
    """They are the first name of the field, whichever of its names is like the label; a word of drafts only is not printed."""
    for label, key, printed in (("To watch", "watch", "What to watch"), ("Source", "outlet", "")):
        found = find_label((Span(f"{label}:", is_bold=True), Span(" Rain.")), NAMES, has_level=False)
        assert found is not None and (found.key, found.label, found.name) == (key, label, printed)
