"""The notes about corrections: what is different on the page since the issue was sent.

Input: the texts that the page has shown, the earliest first. Output: corrections. Guarantees: pure; there is no note
if the text of today is the one that was sent, and none about a change that was undone.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from composer.publish.archive_model import Correction
from composer.publish.sources.public_source import PublicSource
from composer.publish.sources.source_changes import changes_between


def corrections_of(shown: Sequence[tuple[datetime, PublicSource]]) -> tuple[Correction, ...]:
    """Return a note for each text that led to the one of today; `shown` are times and texts, what was sent first."""
    line: list[tuple[datetime, PublicSource]] = []
    for at, source in shown:
        earlier = next((number for number, (_, each) in enumerate(line) if each.digest == source.digest), None)
        if earlier is None:
            line.append((at, source))
        else:
            del line[earlier + 1 :]
    if len(line) < 2:
        return ()
    different = {_part(change) for change in changes_between(line[0][1].texts, line[-1][1].texts)}
    found = []
    for (_, old), (at, new) in pairwise(line):
        changes = tuple(each for each in changes_between(old.texts, new.texts) if _part(each) in different)
        if changes:
            found.append(Correction(at=at, changes=changes))
    return tuple(found)


def _part(change: tuple[str, str]) -> str:
    """Return what a change is about: the key of a section, or else the kind of the change."""
    kind, key = change
    return key or kind
