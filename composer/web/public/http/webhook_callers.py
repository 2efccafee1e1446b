"""Which providers may post bounces here, and how to fetch what Amazon's notifications refer to. Values only."""

from collections.abc import Callable
from dataclasses import dataclass, field

from composer.bounces.record.bounce_settings import Webhooks
from composer.bounces.webhooks import sns


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Which providers may post here, and how to fetch what Amazon's notifications refer to."""

    webhooks: Webhooks = field(default_factory=Webhooks)
    certificate: Callable[[str], bytes] = sns.certificate
    confirm: Callable[[str], bytes] = sns.get
