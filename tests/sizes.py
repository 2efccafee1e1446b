"""How much a test does: enough to notice a mistake with `make test`, several times as much with `make soak`."""

import os
from typing import TypeVar

T = TypeVar("T")

IS_SOAK = bool(os.environ.get("COMPOSE_TEST_SOAK"))


def sized(usual: T, soak: T) -> T:
    """Return the usual size, or the one of `make soak`."""
    return soak if IS_SOAK else usual
