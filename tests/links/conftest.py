from collections.abc import Iterator

import pytest

from tests.links.web import Web, small_web


@pytest.fixture
def web() -> Iterator[Web]:
    with small_web() as web:
        yield web
