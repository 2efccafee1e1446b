"""Findings as commands of GitHub's workflows, which it shows next to the lines of a change.

Input: placed findings. Output: a line for each. Guarantees: pure; nothing in a finding begins another command.
"""

from collections.abc import Iterable

from composer.app.forges.placed_findings import PlacedFinding
from composer.core.errors import Level

_COMMANDS = {Level.ERROR: "error", Level.BLOCKER: "error", Level.WARNING: "warning", Level.INFO: "notice"}


def github_commands(findings: Iterable[PlacedFinding]) -> str:
    """Return a command for each finding that is not allowed."""
    return "\n".join(_command(each) for each in findings if not each.allowed)


def _command(finding: PlacedFinding) -> str:
    properties = {"file": finding.path, "line": finding.line, "col": finding.column, "title": finding.code}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.level]} {written}::{_data(finding.text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
