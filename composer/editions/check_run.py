"""Builds an issue and runs the checks, for the commands check and preview.

Input: a workspace, an issue's path, the planned day of sending. Output: a `Checked` value in memory. Separate from the
pipeline, so that builds do not depend on the checks. Guarantees: writes nothing.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path

from composer.checks.catalogue import catalogue, review_problems
from composer.checks.check_settings import read_settings
from composer.checks.merged_findings import MergedFinding, merged
from composer.checks.registry import Setting, problems_of, to_problem
from composer.checks.review import ReviewedEdition
from composer.checks.rules.text.issue_copies import SAME_ISSUE
from composer.checks.rules.text.untranslated_texts import TRANSLATED, untranslated
from composer.content.build_memory import BuildMemory
from composer.content.document.conditional_blocks import BlockSpan, spans_of
from composer.content.document.newsletter import Newsletter
from composer.content.values.merge_fields import stand_ins
from composer.core.errors import Problem
from composer.core.issue_files import same_issue_files
from composer.core.workspace import Workspace
from composer.editions.earlier_issues import earlier_issues
from composer.editions.original_issue import original_of
from composer.editions.pipeline import Built, BuiltVariant, hash_of, variants_of
from composer.mail.merge_slots import fill_html, fill_text
from composer.render.templating.theme import Theme


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A build and its findings, the most serious first."""

    #: The variants, the fullest first, and the review of each.
    variants: tuple[BuiltVariant, ...]
    reviews: tuple[ReviewedEdition, ...]
    problems: tuple[Problem, ...]

    @property
    def built(self) -> Built:
        """The fullest edition."""
        return self.variants[0].built

    @property
    def review(self) -> ReviewedEdition:
        """The review of the fullest edition."""
        return self.reviews[0]

    @property
    def hash(self) -> str:
        """The hash of everything that subscribers may get."""
        return hash_of(self.variants)


def check_issue(
    workspace: Workspace,
    path: Path,
    now: datetime.datetime,
    day: datetime.date | None = None,
    memory: BuildMemory[Newsletter] | None = None,
) -> Checked:
    """Build every variant of an issue in memory, and run the checks for a day (default: today in the editors' time zone).

    A `memory` saves time when the issue is checked again. Raises the errors of variants_of, and
    ContentError for `checks:` in newsletter.yaml.
    """
    variants = variants_of(workspace, path, memory=memory)
    newsletter = variants[0].built.newsletter
    settings = read_settings(newsletter)
    today = day or now.astimezone(newsletter.zone).date()
    reviews = tuple(_review(workspace, variant.built, today) for variant in variants)
    said = [
        MergedFinding(subscribers=variant.subscribers, lost=_lost(variant), problems=review_problems(review, settings))
        for variant, review in zip(variants, reviews, strict=True)
    ]
    return Checked(variants=variants, reviews=reviews, problems=merged(said))


def same_issue_problems(workspace: Workspace, built: Built) -> tuple[Problem, ...]:
    """Return findings only about other files of the same issue, for commands that run no other check.

    Raises ContentError for `checks:` in newsletter.yaml.
    """
    if not same_issue_files(workspace, built.issue.path, built.issue.date, built.issue.number):
        return ()
    review = _review(workspace, built, built.issue.date)
    setting = read_settings(built.newsletter).get(SAME_ISSUE)
    return tuple(problems_of(catalogue()[SAME_ISSUE], review, setting))


def untranslated_problems(workspace: Workspace, built: Built) -> tuple[Problem, ...]:
    """Return the texts of a translation that are still missing, for commands that run no other check.

    Raises ContentError for `checks:` in newsletter.yaml.
    """
    original = original_of(workspace, built.issue.path)
    setting = read_settings(built.newsletter).get(TRANSLATED) or Setting()
    if original is None or setting.is_off:
        return ()
    found = untranslated(built.issue, built.newsletter, original)
    return tuple(to_problem(catalogue()[TRANSLATED], finding, setting.level) for finding in found)


def _lost(variant: BuiltVariant) -> tuple[BlockSpan, ...]:
    issue = variant.built.issue
    lost = (block for number, block in enumerate(issue.blocks) if number not in variant.issue_variant.kept)
    return tuple(span for block in lost for span in spans_of(block, issue.nodes))


def _review(workspace: Workspace, built: Built, today: datetime.date) -> ReviewedEdition:
    values = stand_ins(built.edition.fields)
    return ReviewedEdition(
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
        same_issue=same_issue_files(workspace, built.issue.path, built.issue.date, built.issue.number),
        original=original_of(workspace, built.issue.path),
        today=today,
    )
