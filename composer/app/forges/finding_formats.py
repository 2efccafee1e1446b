"""The formats in which `compose check` prints findings for forges.

Input: the name of a format, and reports of checks with their newsletter's folder. Output: text to print. Guarantees: prints
nothing; JSON has only ASCII characters.
"""

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from importlib.metadata import version

from composer.app.forges.code_quality import code_quality
from composer.app.forges.findings_markdown import findings_markdown
from composer.app.forges.github_commands import github_commands
from composer.app.forges.placed_findings import PlacedFinding, place_findings
from composer.app.forges.sarif_log import sarif_log
from composer.checks.catalogue import catalogue
from composer.core.workspace import Workspace
from composer.editions.check_reports import CheckReport


class FindingFormat(StrEnum):
    """Who reads the findings."""

    #: GitHub, from the output of a workflow
    GITHUB = "github"
    #: GitLab, as a Code Quality report
    GITLAB = "gitlab"
    #: any program that reads SARIF
    SARIF = "sarif"
    #: people, in a comment or a summary
    MARKDOWN = "markdown"


def format_reports(format: FindingFormat, reports: Iterable[tuple[Workspace, CheckReport]]) -> str:
    """Return the findings of reports in a format; an empty text if there is nothing to print."""
    return format_findings(format, place_findings(reports))


def format_findings(format: FindingFormat, found: Sequence[PlacedFinding]) -> str:
    """Return findings in a format; an empty text if there is nothing to print."""
    match format:
        case FindingFormat.GITHUB:
            return github_commands(found)
        case FindingFormat.GITLAB:
            return json.dumps(code_quality(found), indent=2)
        case FindingFormat.SARIF:
            return json.dumps(sarif_log(found, catalogue(), version("compose-newsletter")), indent=2)
        case FindingFormat.MARKDOWN:
            return findings_markdown(found)
