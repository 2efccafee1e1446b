"""Sample subscribers to view an edition with: no subscriber (default values), and samples that show where a name does not fit.

Input: the newsletter's sample values. Output: subscribers, and the value of each merge-field token for them. Guarantees: a real
subscriber is included only if somebody named one by address (`--as`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from composer.content.values.merge_fields import RESERVED, MergeField

#: No subscriber: every merge field shows its default value.
DEFAULTS = "defaults"
#: The subscriber from the database that `--as` names.
ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSubscriber:
    """A subscriber to show an edition for. `key` is part of a frame's name, so it has only lower-case letters."""

    key: str
    label: str
    values: Mapping[str, str]
    tags: frozenset[str] = frozenset()

    @property
    def language(self) -> str:
        """Their language; empty if it is not known."""
        return self.values.get("language", "")


def sample_subscribers(samples: Mapping[str, str]) -> tuple[SampleSubscriber, ...]:
    """Return the sample subscribers, starting with “no subscriber”. `samples`: sample values of the newsletter's own fields."""
    hostile = '<b>Bo</b> & "Co"'
    return (
        SampleSubscriber(key=DEFAULTS, label="None (default values)", values={}),
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
            "Characters that can break pages",
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
    """Return the value of each token: the subscriber's own, or the default.

    Links that are different for each subscriber are not filled in.
    """
    return {
        field.token: value
        if field.name not in RESERVED and (value := subscriber.values.get(field.name, "")).strip()
        else field.stand_in
        for field in fields
    }
