"""Check whether bounces reach us: some relays do not return them by mail, and only report them through webhooks.

Input: the mail server's host, which webhooks are set up. Output: a diagnosis, or None. Guarantees: changes nothing.
"""

from composer.bounces.record.bounce_settings import POSTMARK, Webhooks
from composer.bounces.webhooks.webhook_registry import WEBHOOKS
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.mail.relays import relay_at


def look_at_bounce_route(host: str, webhooks: Webhooks) -> Diagnosis | None:
    """Report a relay that does not return bounces by mail; None for all others."""
    relay = relay_at(host)
    if relay is None:
        return None
    is_set_up = relay.webhook in webhooks.secrets or (relay.webhook == "postmark" and webhooks.postmark is not None)
    if is_set_up:
        seen = f"{relay.name} reports bounces to /hooks/{relay.webhook}"
        return Diagnosis(subject="bounces", health=DiagnosisLevel.GOOD, seen=seen)
    variable = POSTMARK if relay.webhook == "postmark" else WEBHOOKS[relay.webhook].variable
    return Diagnosis(
        subject="bounces",
        health=DiagnosisLevel.WEAK,
        seen=f"{relay.name} does not return bounces by mail",
        step=f"set it up to post to public_url + /hooks/{relay.webhook}, and set {variable}: "
        "compose help handle-bounces",
    )
