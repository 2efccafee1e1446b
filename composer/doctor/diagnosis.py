"""What the doctor finds: values, nothing else."""

from dataclasses import dataclass
from enum import StrEnum


class DiagnosisLevel(StrEnum):
    """How something stands."""

    GOOD = "good"
    #: it works, and could be better
    WEAK = "weak"
    #: sending will fail, or harm
    BAD = "bad"
    #: it could not be looked at, or is not set up yet
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing looked at: what it is, how it stands, what was seen, and the next step where there is one."""

    subject: str
    health: DiagnosisLevel
    seen: str
    step: str = ""
