"""What the preview shows: values, nothing else.

Input: nothing. Output: the shapes of what a rebuild gives (`PreviewModel`, `Attempt`) and of what the page is told of
(`Shown`). Never reads a file, never renders.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from composer.content.values.merge_fields import MergeField
from composer.core.errors import Problem
from composer.web.preview.simulation.sample_subscribers import SampleSubscriber, sample_subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewModel:
    """An edition as the preview shows it: the parts, and what is known of them."""

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
    #: Plaintext, with tokens.
    text: str
    #: The HTML part as it is mailed, with stand-ins: what Gmail's limit counts.
    mailed: bytes
    #: The message's header block as it is sent.
    headers: str
    fields: tuple[MergeField, ...]
    #: File name -> media type and data.
    pictures: Mapping[str, tuple[str, bytes]]
    #: Bytes by section, in the edition's order; "page" is what surrounds them.
    sizes: Mapping[str, int]
    #: Section key -> heading for people.
    headings: Mapping[str, str]
    language: str
    #: Merge field -> what the newsletter gives as its sample.
    samples: Mapping[str, str] = field(default_factory=dict)
    #: Of all variants.
    findings: tuple[Problem, ...] = ()
    #: Which variant it is, and who gets it; the looks at the others stand with the first.
    number: int = 1
    subscribers: str = "all subscribers"
    others: tuple["PreviewModel", ...] = ()
    #: Whom `--as` names, and the number of the variant that this subscriber gets.
    asked: SampleSubscriber | None = None
    asked_variant: int = 1

    @property
    def people(self) -> tuple[SampleSubscriber, ...]:
        """The subscribers to look at it with, the one who is none first."""
        nobody, *samples = sample_subscribers(self.samples)
        is_sample = self.asked is None or any(each.key == self.asked.key for each in samples)
        return (nobody, *samples) if is_sample or self.asked is None else (nobody, self.asked, *samples)

    @property
    def variants(self) -> tuple["PreviewModel", ...]:
        """The looks at all variants, this one first."""
        return (self, *self.others)

    def variant(self, number: int) -> "PreviewModel | None":
        """Return the look at a variant, where there is one of that number."""
        return next((each for each in self.variants if each.number == number), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a rebuild gave. `model` is None when the issue is broken; then `problems` or `error` say why."""

    model: PreviewModel | None
    problems: tuple[Problem, ...] = ()
    #: A stop that has no place in a file.
    error: str = ""
    #: The files that were read, and those that were missed: a change to one of them is a reason to build again.
    inputs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVariant:
    """What the page is told of: the last good edition, and the problems of the last attempt."""

    #: Counts attempts; 0 while the first is still running.
    version: int = 0
    #: The version that `model` came with.
    edition: int = 0
    model: PreviewModel | None = None
    problems: tuple[Problem, ...] = ()
    error: str = ""
    is_broken: bool = False
    built: datetime.datetime | None = None
    #: Milliseconds from the start of the rebuild to its end.
    milliseconds: float = 0.0
