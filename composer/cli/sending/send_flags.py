"""The options of `compose send`: those of the mailing itself, and the others.

Input: nothing. Output: a value that the dialogs share. Guarantees: reads nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composer.app.mailings.send_options import SendOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFlags:
    """The options of the command line."""

    options: "SendOptions"
    is_dry: bool
    #: The number of recipients, for confirmation without a prompt.
    yes: int | None
    #: The time, as it was typed.
    at: str | None
