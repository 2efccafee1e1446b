"""Subscribers to look at an edition with: none (stand-ins), and samples that show where a name does not fit.

Input: the newsletter's sample values. Output: subscribers, and what each merge-field token becomes for them. A real
subscriber is among them only when a person has asked for one by address (`--as`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from composer.content.values.merge_fields import RESERVED, MergeField

#: The subscriber who is none: every field shows its stand-in.
DEFAULTS = "defaults"
#: The subscriber of the database whom `--as` names.
ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSubscriber:
    """A subscriber to look with. `key` stands in a frame's name: small letters only."""

    key: str
    label: str
    values: Mapping[str, str]
    tags: frozenset[str] = frozenset()

    @property
    def language(self) -> str:
        """Their language; nothing where it is not known."""
        return self.values.get("language", "")


def sample_subscribers(samples: Mapping[str, str]) -> tuple[SampleSubscriber, ...]:
    """Return the sample subscribers, the one who is none first. `samples`: values of the newsletter's own fields."""
    hostile = '<b>Bo</b> & "Co"'
    return (
        SampleSubscriber(key=DEFAULTS, label="Nobody (stand-ins)", values={}),
        _subscriber("anna", "Anna Schmidt", ("Anna", "Schmidt", "anna.schmidt@example.org", "en"), samples),
        _subscriber("liming", "李明 (Chinese name)", ("明", "李", "li.ming@example.org", "zh"), samples, name="李明"),
        _subscriber(
            "long",
            "A very long name",
            (
                "Maximiliane-Alexandra Wilhelmina",
                "von Hohenlohe-Waldenburg-Schillingsfürst",
                "maximiliane-alexandra.von-hohenlohe-waldenburg-schillingsfuerst@long-department-name.example.org",
                "de",
            ),
            samples,
        ),
        _subscriber(
            "hostile",
            "Signs that break pages",
            (hostile, hostile, "o'brien&<i>@example.org", "en"),
            {name: f"{sample} {hostile}".strip() for name, sample in samples.items()},
            name=f"{hostile}<script>alert(1)</script>",
        ),
    )


def _subscriber(
    key: str, label: str, person: tuple[str, str, str, str], samples: Mapping[str, str], name: str = ""
) -> SampleSubscriber:
    first, last, email, language = person
    built_in = {"first_name": first, "last_name": last, "email": email, "language": language}
    return SampleSubscriber(key=key, label=label, values={**samples, **built_in, "name": name or f"{first} {last}"})


def values_for(subscriber: SampleSubscriber, fields: Iterable[MergeField]) -> dict[str, str]:
    """Return what each token becomes: the subscriber's value, else what stands there without one.

    Links that are made for each subscriber are for nobody here.
    """
    return {
        field.token: value
        if field.name not in RESERVED and (value := subscriber.values.get(field.name, "")).strip()
        else field.stand_in
        for field in fields
    }
