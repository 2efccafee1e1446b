"""What to do with tracked changes that are neither accepted nor rejected."""

from enum import StrEnum


class ChangeDecision(StrEnum):
    """A person's decision about all open changes of a draft."""

    ACCEPT = "accept"
    REJECT = "reject"
