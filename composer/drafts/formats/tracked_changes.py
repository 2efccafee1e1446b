"""What to do with changes that nobody has accepted or rejected yet."""

from enum import StrEnum


class ChangeDecision(StrEnum):
    """A person's decision about all open changes of a draft."""

    ACCEPT = "accept"
    REJECT = "reject"
