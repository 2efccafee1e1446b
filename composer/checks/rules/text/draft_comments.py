"""Checks of comments in the file of an issue: what is still to be done, and words of a draft without a field."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.yaml.nodes import Scalar
from composer.content.yaml.source import SourceText
from composer.core.errors import Level

_COMMENT = re.compile(r"(?<!\S)#[ \t]*(?:(?P<todo>TODO\b[:]?[ \t]*(?P<text>.*))|left over(?=[,:]).*)")


@check(
    "EDIT13",
    "No comments of a draft are left",
    level=Level.BLOCKER,
    fix="do what the comment says, and delete it",
    source="docs/how-to/start-from-a-draft.md",
)
def draft_comments(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for `# TODO` in the issue and in the files that it includes; words that are left over are a warning."""
    for source, scalars in _files(review):
        starts = [scalar.start for scalar in scalars]
        for match in _COMMENT.finditer(source.text):
            before = bisect_right(starts, match.start()) - 1
            if before >= 0 and match.start() < scalars[before].end:
                continue  # a line of a text
            place = source.place(match.start())
            if match["todo"] is None:
                message = "these words of the draft are in no section"
                hint = "move them to a section, or delete the comment"
                yield CheckFinding(place=place, message=message, level=Level.WARNING, hint=hint, kind="left-over")
            else:
                text = match["text"].strip()
                message = f"still to be done: {text}" if text else "something is still to be done"
                yield CheckFinding(place=place, message=message, about=text, kind="todo")


def _files(review: ReviewedEdition) -> Iterator[tuple[SourceText, list[Scalar]]]:
    """Yield the files of the issue that may have such comments, with their texts in order."""
    nodes = review.issue.nodes.values()
    for source in {node.source.name: node.source for node in nodes}.values():
        if _COMMENT.search(source.text):
            texts = [node for node in nodes if isinstance(node, Scalar) and node.source.name == source.name]
            yield source, sorted(texts, key=lambda scalar: scalar.start)
