"""Keeps drawn pictures between runs, in the user's own cache folder: drawing is the slowest part of a new archive.

Input: a `ShareCard`. Output: its PNG. Guarantees: a picture is found by everything that it shows; a damaged file
is not used.
"""

import contextlib
import os
import tempfile
from pathlib import Path

from composer.core.kept_results import cache_folder
from composer.publish.cards.share_card import ShareCard, draw_card

_PNG = b"\x89PNG\r\n\x1a\n"


def kept_card(card: ShareCard) -> bytes:
    """Return a picture: the one that was drawn in an earlier run, or a new one."""
    folder = cache_folder("cards")
    path = Path(folder) / f"{card.digest}.png" if folder is not None else None
    if path is not None:
        with contextlib.suppress(OSError):
            data = path.read_bytes()
            if data.startswith(_PNG) and data.endswith(b"IEND\xaeB`\x82"):
                return data
    data = draw_card(card)
    if path is not None:
        # If nothing can be kept, the picture is drawn again next time.
        with contextlib.suppress(OSError):
            descriptor, draft = tempfile.mkstemp(prefix=".card-", dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(draft).replace(path)
    return data
