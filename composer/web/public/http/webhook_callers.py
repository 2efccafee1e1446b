"""Which providers may post bounces here, and how Amazon is asked for what its notifications point at. Values only."""

from collections.abc import Callable
from dataclasses import dataclass, field

from composer.bounces.record.bounce_settings import Webhooks
from composer.bounces.webhooks import sns


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Which providers may post here, and how Amazon is asked for what its notifications point at."""

    webhooks: Webhooks = field(default_factory=Webhooks)
    certificate: Callable[[str], bytes] = sns.certificate
    confirm: Callable[[str], bytes] = sns.get
