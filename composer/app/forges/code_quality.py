"""Findings as a Code Quality report, which GitLab shows in merge requests.

Input: placed findings. Output: JSON. Guarantees: pure. GitLab has no columns, and ignores findings with the fingerprint
of another one.
"""

from collections.abc import Iterable

from composer.app.forges.placed_findings import PlacedFinding
from composer.core.errors import Level

_SEVERITIES = {Level.ERROR: "blocker", Level.BLOCKER: "critical", Level.WARNING: "minor", Level.INFO: "info"}


def code_quality(findings: Iterable[PlacedFinding]) -> list[dict[str, object]]:
    """Return an entry for each finding that is not allowed."""
    return [
        {
            "description": finding.text,
            "check_name": finding.code,
            "fingerprint": finding.fingerprint,
            "severity": _SEVERITIES[finding.level],
            "location": {"path": finding.path, "lines": {"begin": finding.line}},
        }
        for finding in findings
        if not finding.allowed
    ]
