"""Checks of what is left of the sample newsletter, or of an empty one, when the sender's address is a real one."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.yaml.nodes import Scalar
from composer.core.errors import Level, Who

#: The settings that subscribers see, or that say where messages go.
_SEEN = ("sender", "editors", "brand", "delivery", "archive", "approvals", "social", "masthead", "imprint")
#: Domains that are reserved for examples (RFC 2606).
_DOMAIN = re.compile(
    r"(?:^|[@/.])(?:example\.(?:com|net|org|edu)|[\w-]+\.(?:example|test|invalid))(?=[/:?#>\s]|$)", re.IGNORECASE
)
#: The names of the sample newsletter, and the sign for a text that is missing.
_NAMES = re.compile(
    r"\bExample Institute\b|\bSample Street\b|\bMusterstraße 1\b"
    r"|^[A-E]\. (?:Example|Sample|Specimen|Placeholder|Pattern)$|^…$"
)
#: The subjects of the sample's issues.
SAMPLE_SUBJECTS = ("A cheap model shakes up the AI race", "Ein billiges Modell wirbelt das KI-Rennen durcheinander")


@check(
    "SET01",
    "No setting has a value of the sample newsletter",
    who=Who.IT,
    level=Level.BLOCKER,
    fix="write your own value, or delete the line",
    source="https://www.rfc-editor.org/rfc/rfc2606: example domains",
)
def settings(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for example domains and names in the settings that subscribers see."""
    if not _is_real(review):
        return
    for path, node in review.newsletter.nodes.items():
        if path and path[0] in _SEEN and isinstance(node, Scalar):
            text = " ".join(node.text.split())
            if _DOMAIN.search(text) or _NAMES.search(text):
                name = ".".join(str(part) for part in path if isinstance(part, str))
                yield CheckFinding(place=node.place, message=f"{name} has an example value: “{text}”", about=text)


@check(
    "SET02",
    "The issue is not the sample issue",
    level=Level.BLOCKER,
    fix="create an issue of your own: compose new",
    source="docs/tutorial/first-issue.md",
)
def issue(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the subject with those of the sample's issues."""
    if _is_real(review) and review.subject in SAMPLE_SUBJECTS:
        yield CheckFinding(place=review.issue.place("subject"), message="this is the issue of the sample newsletter")


def _is_real(review: ReviewedEdition) -> bool:
    """Return whether the newsletter could go out: its sender does not have an example domain."""
    return not _DOMAIN.search(review.newsletter.sender.address)
