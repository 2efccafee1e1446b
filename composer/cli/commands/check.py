"""The command `compose check`: check an issue before it is sent."""

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.completions import issue_names
from composer.core.errors import Level, UsageError

if TYPE_CHECKING:
    from composer.editions.check_reports import CheckReport


@click.command("check")
@click.argument("issues", nargs=-1, metavar="[ISSUE...]", shell_complete=issue_names)
@click.option("--links", is_flag=True, help="Also check that every link works (needs the network).")
@click.option("--strict", is_flag=True, help="Return exit code 1 for warnings, too.")
@click.option(
    "--allow", "allowances", multiple=True, metavar='CODE="REASON"', help="Accept a finding; the reason is recorded."
)
@click.option("--on", "day", metavar="DATE", help="The date on which the issue will be sent.  [default: today]")
@click.option("--list", "is_list", is_flag=True, help="List all checks with their levels and limits.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--format", "format_name", type=click.Choice(("github", "gitlab", "sarif", "markdown")),
    help="Print the findings for GitHub, GitLab, programs that read SARIF, or a comment.",
)  # fmt: skip
def command(
    issues: tuple[str, ...],
    links: bool,
    strict: bool,
    allowances: tuple[str, ...],
    day: str | None,
    is_list: bool,
    as_json: bool,
    format_name: str | None,
) -> int:
    """Check issues for problems, and show the line of each one.

    Without ISSUE, checks the current issue in all its languages. An error stops a build, and a blocker stops a send.
    Look at each warning; notes are for information. Nothing is sent, and nothing is written except a record of the
    check in .compose/.
    """
    from composer.app.issues.check import check
    from composer.app.issues.issue_lookup import find_current_issue, find_issues

    if format_name and (as_json or is_list):
        raise UsageError(f"--format cannot be used with {'--json' if as_json else '--list'}")
    if is_list:
        _list(as_json)
        return 0
    allowed = _allowed(allowances)
    found, on = find_issues(issues) if issues else find_current_issue(), _day(day)
    reports = []
    for issue in found:
        with console.progress("checking links") as tell:
            reports.append(check(issue, day=on, links=links, allowed=allowed, progress=tell))
    if as_json:
        console.answer_json({"issues": [made.to_json() for made in reports]})
    elif format_name:
        # Imported late: for forges only.
        from composer.app.forges.finding_formats import FindingFormat, format_reports

        placed = zip((issue.workspace for issue in found), reports, strict=True)
        if text := format_reports(FindingFormat(format_name), placed):
            console.answer(text)
    else:
        for made in reports:
            _show(made)
    is_fine = all(made.is_ready and not (strict and made.counts[Level.WARNING]) for made in reports)
    return 0 if is_fine else 1


def _day(text: str | None) -> datetime.date | None:
    if text is None:
        return None
    from composer.content.values.formats import date_hint, iso_date

    day = iso_date(text)
    if isinstance(day, str):
        raise UsageError(day, date_hint(text))
    return day


def _allowed(written: tuple[str, ...]) -> dict[str, str]:
    from composer.app.issues.check import find_check

    allowed: dict[str, str] = {}
    for text in written:
        code, _, reason = text.partition("=")
        code, reason = code.strip(), reason.strip().strip("\"'“”")
        find_check(code)
        if not reason:
            raise UsageError(f"--allow {code} needs a reason", f'write   --allow {code}="the reason"')
        allowed[code] = reason
    return allowed


def _show(made: "CheckReport") -> None:
    for line in console.problem_lines(made.problems):
        console.answer(line)
    for problem, reason in made.allowed:
        console.answer(f"{problem.path}:{problem.line}:{problem.column}: allowed: {problem.message}  [{problem.code}]")
        console.answer(f"    because: {reason}")
    console.talk(f"{made.issue}: {verdict(made)}")


def verdict(made: "CheckReport") -> str:
    """Return the number of findings of each level, and what they prevent."""
    said = counts_in_words(made.counts)
    if Level.ERROR in made.stopping:
        return f"{said}; it cannot be built or sent like this"
    if Level.BLOCKER in made.stopping:
        return f"{said}; it cannot be sent like this"
    return said if made.is_ready else f"{said}; correct the links before you send it"


def counts_in_words(counts: Mapping[Level, int]) -> str:
    """Return the number of findings of each level: `1 blocker, 2 warnings`."""
    names = {Level.ERROR: "error", Level.BLOCKER: "blocker", Level.WARNING: "warning"}
    parts = [
        f"{counts[level]} {name}{'' if counts[level] == 1 else 's'}" for level, name in names.items() if counts[level]
    ]
    if counts[Level.INFO]:
        parts.append(f"{counts[Level.INFO]} note{'' if counts[Level.INFO] == 1 else 's'}")
    return ", ".join(parts) or "no problems found"


def _list(as_json: bool) -> None:
    from composer.app.issues.check import all_checks

    checks = all_checks()
    if as_json:
        console.answer_json(
            {
                "checks": [
                    {
                        "code": each.code,
                        "what": each.what,
                        "level": each.level.value,
                        "limits": {level.value: limit for level, limit in each.limits.items()},
                        "unit": each.unit or None,
                        "who": each.who.value,
                        "fix": each.fix,
                        "source": each.source,
                    }
                    for each in checks
                ]
            }
        )
        return
    for each in checks:
        console.answer(f"{each.code:<9} {each.levels_in_words:<44} {each.who:<9} {each.what}")
