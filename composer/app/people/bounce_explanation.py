"""Says of messages what they are: recipient, class, status, why.

Input: a message, an mbox file, or a folder. Output: what each message is understood as. Guarantees: records nothing, and opens no
database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from composer.bounces.intake.message_files import read_path
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.vocabulary import Returned


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedMessage:
    """One message."""

    #: Its file, and its number where that holds several.
    name: str
    returned: Returned


def explain(path: Path) -> Iterator[ExplainedMessage]:
    """Classify each message of a file or folder."""
    for each in read_path(path):
        yield ExplainedMessage(name=each.name, returned=classify(each.data))
