"""Findings as Markdown, for comments and summaries.

Input: placed findings. Output: Markdown that GitHub and GitLab show alike. Guarantees: pure; every text is inert.
"""

from collections.abc import Iterable, Iterator

from composer.app.forges.inert_markdown import inert
from composer.app.forges.placed_findings import PlacedFinding
from composer.core.errors import Who

#: How many findings a comment lists.
_MOST = 40


def findings_markdown(findings: Iterable[PlacedFinding]) -> str:
    """Return a list of the findings, the most serious first, with those that are allowed at the end."""
    found = tuple(findings)
    lines = [line for each in found[:_MOST] for line in _item(each)]
    if len(found) > _MOST:
        lines.append(f"- and {len(found) - _MOST} more: `compose check` lists all of them")
    return "\n".join(lines) if lines else "No problems found."


def _item(finding: PlacedFinding) -> Iterator[str]:
    level = "allowed" if finding.allowed else finding.level.value
    person = "" if finding.who is Who.EDITOR else f" (for: {finding.who})"
    place = inert(f"{finding.path}:{finding.line}")
    yield f"- **{level}** {inert(finding.code)} in {place}{person}<br>{inert(finding.message)}"
    if remark := finding.allowed or finding.hint:
        yield f"  <br>{'because: ' if finding.allowed else ''}{inert(remark)}"
