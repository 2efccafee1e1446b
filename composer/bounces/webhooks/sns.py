"""Fetch what Amazon's notifications refer to: certificates, and addresses that confirm a subscription.

Input: an address, which must be SNS's own. Output: bytes, or a `CallError`. Guarantees: follows no redirects.
"""

import http.client
import ssl
from functools import lru_cache
from urllib.parse import urlsplit

from composer.bounces.webhooks.ses import is_amazons
from composer.bounces.webhooks.webhook_calls import CallError

_SECONDS, _MOST = 10, 64 * 1024


@lru_cache(maxsize=16)
def certificate(url: str) -> bytes:
    """Fetch a certificate and cache it, because SNS uses one for months. Raises CallError."""
    return get(url)


def get(url: str) -> bytes:
    """Fetch an address of SNS; fetching that of a `Subscription` confirms it. Raises CallError."""
    if not is_amazons(url):
        raise CallError("the address does not belong to Amazon")
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", timeout=_SECONDS, context=ssl.create_default_context()
    )
    try:
        connection.request("GET", parts._replace(scheme="", netloc="").geturl())
        answer = connection.getresponse()
        data = answer.read(_MOST)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallError(
            f"cannot connect to {parts.hostname}: {error}", "SNS will send the notification again later"
        ) from None
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise CallError(f"{parts.hostname} answered {answer.status}")
    return data
