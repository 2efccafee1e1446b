"""The values that the preview shows.

Input: none. Output: classes for the result of a build (`PreviewModel`, `Attempt`) and for the page's state (`ShownVariant`).
Guarantees: reads no file and renders nothing.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from composer.content.values.merge_fields import MergeField
from composer.core.errors import Problem
from composer.web.preview.simulation.sample_subscribers import SampleSubscriber, sample_subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEdition:
    """An issue as the public sees it; without a body, `error` says why it cannot be shown."""

    newsletter: str = ""
    language: str = "en"
    direction: str = "ltr"
    body: str = ""
    screen_css: str = ""
    print_css: str = ""
    #: File name -> media type and data; addresses are `pictures/<name>`.
    pictures: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewModel:
    """An edition as the preview shows it, with its parts."""

    #: The newsletter's name.
    name: str
    #: The issue's file as people see it: `issues/2025-01-30.yaml`.
    issue: str
    subject: str
    preheader: str | None
    sender: str
    #: The edition with merge-field tokens in it and pictures as `pictures/<name>`. Elements carry `data-at`
    #: (`issues/2025-01-30.yaml:12:7`, where the content comes from), `data-from` (the place in the theme), and the
    #: outermost element of each section `data-section`, the section's key.
    html: str
    #: Plain text, with tokens.
    text: str
    #: The HTML part as it is sent, with default values: Gmail's limit applies to this.
    mailed: bytes
    #: The message's header block as it is sent.
    headers: str
    fields: tuple[MergeField, ...]
    #: File name -> media type and data.
    pictures: Mapping[str, tuple[str, bytes]]
    #: Bytes by section, in the edition's order; "page" is the part around the sections.
    sizes: Mapping[str, int]
    #: Section key -> heading to display.
    headings: Mapping[str, str]
    language: str
    #: Merge field -> its sample value in newsletter.yaml.
    samples: Mapping[str, str] = field(default_factory=dict)
    #: The findings of all variants.
    findings: tuple[Problem, ...] = ()
    #: The variant's number and who gets it. The first variant contains the others.
    number: int = 1
    subscribers: str = "all subscribers"
    others: tuple["PreviewModel", ...] = ()
    #: Renders the web edition, which is not needed for every build.
    public: Callable[[], PublicEdition] = field(default=PublicEdition, compare=False, repr=False)
    #: The subscriber that `--as` names, and the number of the variant they get.
    asked: SampleSubscriber | None = None
    asked_variant: int = 1

    @property
    def people(self) -> tuple[SampleSubscriber, ...]:
        """The sample subscribers to choose from, starting with “no subscriber”."""
        nobody, *samples = sample_subscribers(self.samples)
        is_sample = self.asked is None or any(each.key == self.asked.key for each in samples)
        return (nobody, *samples) if is_sample or self.asked is None else (nobody, self.asked, *samples)

    @property
    def variants(self) -> tuple["PreviewModel", ...]:
        """All variants, this one first."""
        return (self, *self.others)

    def variant(self, number: int) -> "PreviewModel | None":
        """Return the variant with a number, or None."""
        return next((each for each in self.variants if each.number == number), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The result of a build. `model` is None if the issue has errors; `problems` or `error` then say why."""

    model: PreviewModel | None
    problems: tuple[Problem, ...] = ()
    #: An error without a place in a file.
    error: str = ""
    #: The files that were read or missing: a change to one of them requires another build.
    inputs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVariant:
    """What the page shows: the last edition without errors, and the problems of the last build."""

    #: Counts builds; 0 while the first is running.
    version: int = 0
    #: The version that produced `model`.
    edition: int = 0
    model: PreviewModel | None = None
    problems: tuple[Problem, ...] = ()
    error: str = ""
    is_broken: bool = False
    built: datetime.datetime | None = None
    #: Duration of the build in milliseconds.
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIssue:
    """An issue to choose: its name without the ending, its date as ISO 8601 (empty without one), and its language."""

    stem: str
    date: str
    language: str
