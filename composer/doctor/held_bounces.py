"""Check whether bounces wait for a decision.

Input: a connection. Output: diagnoses. Guarantees: changes nothing.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from composer.audience.bounce_holds import open_holds
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel


def look_at_held_bounces(connection: Connection) -> Iterator[Diagnosis]:
    """Report each group of bounces on hold: its subscribers get nothing until somebody decides."""
    for each in open_holds(connection):
        what = f"at {each.key}" if each.kind == "provider" else "with the same reply"
        yield Diagnosis(
            subject="bounces",
            health=DiagnosisLevel.BAD,
            seen=f"{each.count:,} of {each.recipients:,} recipients of {each.issue} bounced {what} and are on hold",
            step="decide: compose bounces held",
        )
