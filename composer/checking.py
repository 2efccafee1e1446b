"""A build under review: what check and preview share.

Comes in: a workspace, an issue's path, the day it is meant to go out. Goes out: a `Checked` value in memory. Apart from
the pipeline, so that a build need not know the checks. Never writes.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path

from composer.archive import earlier_issues
from composer.checks.catalogue import review_problems
from composer.checks.review import Review
from composer.checks.settings import read_settings
from composer.content.fields import stand_ins
from composer.errors import Problem
from composer.mail.merge import fill_html, fill_text
from composer.pipeline import Built, build_issue
from composer.render.theme import Theme
from composer.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A build, and what the checks say of it, the heaviest first."""

    built: Built
    review: Review
    problems: tuple[Problem, ...]


def check_issue(workspace: Workspace, path: Path, now: datetime.datetime, day: datetime.date | None = None) -> Checked:
    """Build an issue in memory and run the checks for the day it is meant to go out: today where the editors are.

    Raises what build_issue raises, and ContentError for `checks:` in newsletter.yaml.
    """
    built = build_issue(workspace, path)
    settings = read_settings(built.newsletter)
    review = _review(workspace, built, day or now.astimezone(built.newsletter.zone).date())
    return Checked(built=built, review=review, problems=review_problems(review, settings))


def _review(workspace: Workspace, built: Built, today: datetime.date) -> Review:
    values = stand_ins(built.edition.fields)
    return Review(
        issue=built.issue,
        newsletter=built.newsletter,
        edition=built.edition,
        theme=Theme(built.newsletter.theme, built.issue.language).values,
        subject=fill_text(built.edition.subject, values),
        html=fill_html(built.annotated, values),
        text=built.text,
        size=len(built.mailed.encode()),
        pictures=built.pictures,
        earlier=earlier_issues(workspace, built.issue),
        today=today,
    )
