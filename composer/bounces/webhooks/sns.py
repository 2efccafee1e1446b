"""Gets what Amazon's notifications point at: certificates, and the address that begins a subscription.

Input: an address, which must be SNS's own. Output: bytes, or `CallError`. No redirects are followed.
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
    """Get a certificate; it is kept, for SNS signs for months with one. Raises CallError."""
    return get(url)


def get(url: str) -> bytes:
    """Get what is at an address of SNS: getting a `Subscription`'s confirms it. Raises CallError."""
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
