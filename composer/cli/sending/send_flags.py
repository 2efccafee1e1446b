"""What the command line of `compose send` says beside the options of the mailing itself.

Input: nothing. Output: a value that the dialogs share. Never reads anything.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composer.app.mailings.send_options import SendOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFlags:
    """What the command line says."""

    options: "SendOptions"
    is_dry: bool
    #: The count, said beforehand.
    yes: int | None
    #: A time, as it was typed.
    at: str | None
