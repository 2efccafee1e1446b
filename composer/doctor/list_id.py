"""Check the List-Id (RFC 2919), by which mail programs recognize the newsletter.

Input: the newsletter. Output: a diagnosis.
"""

from composer.content.document.newsletter import Newsletter
from composer.core.addresses import host_label
from composer.delivery.config.dns_record import is_own_host
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.mail.bulk_headers import is_list_id


def look_at_list_id(newsletter: Newsletter) -> Diagnosis:
    """Check that there is one, that it is valid, and that it is in a domain of the sender."""
    found, domain = newsletter.delivery.list_id, newsletter.sender.domain
    wanted = f"{host_label(newsletter.name) or 'newsletter'}.{domain}"
    step = f"in newsletter.yaml, below delivery:, write   list_id: {wanted}   and do not change it later"
    if found is None:
        seen = "not set: mail programs cannot recognize the newsletter to sort it or to filter it"
        return _diagnosis(DiagnosisLevel.WEAK, seen, step)
    if not is_list_id(found):
        return _diagnosis(DiagnosisLevel.BAD, f"“{found}” is not valid (RFC 2919): no message can be made", step)
    if not is_own_host(found, domain):
        seen = f"“{found}” is not in the domain of the sender, {domain}: another list may have the same ID"
        return _diagnosis(DiagnosisLevel.WEAK, seen, f"if the domain is not yours either: {step}")
    return _diagnosis(DiagnosisLevel.GOOD, found)


def _diagnosis(health: DiagnosisLevel, seen: str, step: str = "") -> Diagnosis:
    return Diagnosis(subject="List-Id", health=health, seen=seen, step=step)
