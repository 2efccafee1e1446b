"""The results of the doctor, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from composer.delivery.config.dns_record import DnsRecord


class DiagnosisLevel(StrEnum):
    """The level of a result."""

    GOOD = "good"
    #: it works, and could be better
    WEAK = "weak"
    #: sending will fail, or do harm
    BAD = "bad"
    #: it could not be checked, or is not set up yet
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One result: its subject, its level, what was found, and the next step if there is one."""

    subject: str
    health: DiagnosisLevel
    seen: str
    step: str = ""
    #: The DNS record to publish.
    record: DnsRecord | None = None
    #: When the certificate expires that this is about.
    expires: datetime | None = None
