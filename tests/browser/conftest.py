"""A headless Chromium, and the sample's two editions to open in it."""

import os
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import MISSING, chromium
from tests.browser.pages import Page, pages


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Start one Chromium with its own profile for all tests; without it, tests fail in CI and are skipped elsewhere."""
    try:
        with chromium(tmp_path_factory.mktemp("chromium")) as browser:
            yield browser
    except FileNotFoundError:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """Build the sample's editions, each with its inlined page and the pages to compare it with."""
    return pages(tmp_path_factory.mktemp("outbox"))
