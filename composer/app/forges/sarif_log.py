"""Findings as a SARIF log (2.1.0), for forges and editors that read the results of any checker.

Input: placed findings, the checks, and the program's version. Output: JSON. Guarantees: pure; columns are UTF-16 code
units.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from composer.app.forges.placed_findings import PlacedFinding
from composer.checks.registry import Check
from composer.core.command_lines import command_line
from composer.core.errors import Level

_LEVELS = {Level.ERROR: "error", Level.BLOCKER: "error", Level.WARNING: "warning", Level.INFO: "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: The name of our fingerprints. Another number means that they are computed differently.
_FINGERPRINT = "codeAndLine/v1"
#: What the base of all paths is called: the root of the repository.
_BASE = "%SRCROOT%"


def sarif_log(findings: Iterable[PlacedFinding], checks: Mapping[str, Check], version: str) -> dict[str, object]:
    """Return a log with one run; findings that are allowed are suppressed, with their reason."""
    found = tuple(findings)
    codes = tuple(dict.fromkeys(each.code for each in found))
    driver = {"name": "compose", "version": version, "rules": [_rule(code, checks.get(code)) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the repository."}}},
        "results": [_result(each, codes.index(each.code)) for each in found],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, check: Check | None) -> dict[str, object]:
    """Return what GitHub requires of a rule. One without a check is a problem in what was written."""
    what = check.what if check else f"A mistake in a file ({code})"
    fix = check.fix if check else f"run   {command_line('help', code)}"
    link = {"helpUri": check.source} if check and check.source.startswith("https://") else {}
    return {
        "id": code,
        "shortDescription": {"text": what},
        "fullDescription": {"text": what},
        "help": {"text": fix},
        "defaultConfiguration": {"level": _LEVELS[check.level if check else Level.ERROR]},
        **link,
    }


def _result(finding: PlacedFinding, rule: int) -> dict[str, object]:
    accepted = {"suppressions": [{"kind": "external", "justification": finding.allowed}]} if finding.allowed else {}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.level],
        "message": {"text": finding.text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.path), "uriBaseId": _BASE},
                    "region": {"startLine": finding.line, "startColumn": finding.column},
                }
            }
        ],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": {"level": finding.level.value, "who": finding.who.value},
        **accepted,
    }
