"""The settings of checks in newsletter.yaml: `checks: {SUBJ01: {warn: 70}}`.

Input: the newsletter. Output: a `Setting` for each check that is named there, or problems with their places.
"""

from collections.abc import Mapping

from composer.checks.catalogue import catalogue
from composer.checks.registry import Check, Setting
from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import CheckConfig
from composer.content.schema.messages import nearest
from composer.core.errors import ContentError, Level, Problem

_LIMITS = {"info": Level.INFO, "warn": Level.WARNING, "block": Level.BLOCKER}


def read_settings(newsletter: Newsletter) -> Mapping[str, Setting]:
    """Return the settings by code. Raises ContentError with every problem."""
    known = catalogue()
    settings: dict[str, Setting] = {}
    problems: list[Problem] = []
    for code, given in newsletter.checks.items():
        place = newsletter.place("checks", code)
        check = known.get(code)
        if check is None:
            near = nearest(code, tuple(known))
            hint = f"did you mean {near}?" if near else "list all checks with   compose check --list"
            problems.append(place.problem("check", f"checks: unknown check “{code}”", hint))
            continue
        settings[code] = _setting(newsletter, check, given, problems)
    if problems:
        raise ContentError(tuple(sorted(problems)))
    return settings


def _setting(newsletter: Newsletter, check: Check, given: CheckConfig, problems: list[Problem]) -> Setting:
    limits: dict[Level, int] = {}
    for name, limit in given.limits.items():
        if check.limits:
            limits[_LIMITS[name]] = limit
        else:
            place = newsletter.place("checks", check.code, name)
            hint = "set its level instead:   level: info"
            problems.append(place.problem("check", f"checks, {check.code}: this check has no limits", hint))
    level = given.level if given.level != "off" else None
    if level is not None and check.limits:
        place = newsletter.place("checks", check.code, "level")
        names = ", ".join(name for name, each in _LIMITS.items() if each in check.limits)
        message = f"checks, {check.code}: its level depends on its limits"
        problems.append(place.problem("check", message, f"set   {names}   or turn it off with   level: off"))
    return Setting(
        level=Level(level) if level is not None else None,
        is_off=given.level == "off",
        limits=limits,
    )
