"""Shows how messages are classified: recipient, class, status, reason.

Input: a message, an mbox file, or a folder. Output: the classification of each message. Guarantees: records nothing,
and opens no database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from composer.bounces.intake.message_files import read_path
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.vocabulary import Returned


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedMessage:
    """One classified message."""

    #: Its file, with its number if the file contains several messages.
    name: str
    returned: Returned


def explain(path: Path) -> Iterator[ExplainedMessage]:
    """Classify each message of a file or folder."""
    for each in read_path(path):
        yield ExplainedMessage(name=each.name, returned=classify(each.data))
