"""The short form of `make fuzz`."""

from pathlib import Path

import pytest

from composer.core.workspace import Workspace
from tests.web.public.fuzz import fuzzing, run

pytestmark = pytest.mark.slow


def test_two_thousand_hostile_requests(publication: Workspace, tmp_path: Path) -> None:
    """No 500, no leak, no personal data in the log; and the attacked subscriber is unchanged."""
    with fuzzing(publication, tmp_path, seed=20250130) as fuzz:
        assert run(fuzz, 2000) == []
        assert {200, 400, 404, 405, 421, 422} <= set(fuzz.counts)
