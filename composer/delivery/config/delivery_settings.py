"""The delivery settings in newsletter.yaml: speed, unsubscribing, approvals.

Input: a `Newsletter`. Output: `Settings`. Guarantees: reads no secret (resolve.py does).
"""

from dataclasses import dataclass

from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import CONNECTIONS
from composer.core.addresses import Address, mailbox_of, parse_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a newsletter is delivered."""

    #: Messages per minute; None for no limit.
    rate: float | None = None
    connections: int = CONNECTIONS
    #: Messages in any 24 hours; None for no limit.
    daily_quota: int | None = None
    #: From the command line: for every server, whatever its own limits are.
    forced_rate: float | None = None
    forced_connections: int | None = None
    #: Without a slash at the end.
    public_url: str | None = None
    #: With `{token}` in it.
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None
    #: The address that bounces are sent to.
    bounces: str | None = None
    #: The base address of linked pictures; None if the pictures are in the message.
    assets_url: str | None = None
    #: How many of `approvers` must approve.
    approvals: int = 0
    approvers: tuple[Address, ...] = ()

    @property
    def is_leaving_ours(self) -> bool:
        """Whether subscribers unsubscribe on our public pages, which must then be running."""
        return self.unsubscribe_url is None and self.public_url is not None

    def approver(self, address: str) -> Address | None:
        """Return the approver with this mailbox, in any spelling; None if there is no such approver. Raises AddressError."""
        mailbox = mailbox_of(parse_address(address).address)
        return next((each for each in self.approvers if mailbox_of(each.address) == mailbox), None)


def settings_of(newsletter: Newsletter) -> Settings:
    """Return the settings of a newsletter."""
    delivery = newsletter.delivery
    # The first address of a mailbox is the one that receives requests.
    approvers = {mailbox_of(each.address): each for each in reversed(newsletter.approvals.by)}
    public, mailto, bounces = delivery.public_url, delivery.unsubscribe_mailto, delivery.bounces
    return Settings(
        rate=delivery.rate,
        connections=delivery.connections,
        daily_quota=delivery.daily_quota,
        public_url=public.rstrip("/") if public else None,
        unsubscribe_url=delivery.unsubscribe_url,
        unsubscribe_mailto=mailto.wire if mailto else None,
        bounces=bounces.wire if bounces else None,
        assets_url=newsletter.brand.assets_url,
        approvals=newsletter.approvals.needed,
        approvers=tuple(reversed(approvers.values())),
    )
