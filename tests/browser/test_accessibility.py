"""Every edition passes the automated accessibility checks, in light and dark mode."""

import os
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from composer.core.workspace import Workspace
from composer.editions import outbox
from composer.editions.pipeline import build_issue
from tests.browser.tools import AXE
from tests.golden.test_golden import CASES, ROOT, Case

pytestmark = pytest.mark.browser

#: The golden editions, and one edition of each newsletter in the gallery of designs.
EDITIONS = [
    *CASES,
    *(
        Case(name=folder.name, root=folder, stem="first", why="a design of its own")
        for folder in sorted((ROOT / "examples" / "brands").iterdir())
    ),
]


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    if not AXE.is_file():
        reason = "needs axe-core: make test-tools"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("case", EDITIONS, ids=[case.name for case in EDITIONS])
def test_axe_finds_nothing_serious(driver: Chrome, axe: str, case: Case, scheme: str, tmp_path: Path) -> None:
    """axe-core has no serious or critical finding; only landmarks are missing, which mail programs remove."""
    workspace = Workspace(root=case.root.resolve())
    page = outbox.write(build_issue(workspace, workspace.issue(case.stem)), tmp_path)[0]
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.as_uri())
    driver.execute_script(axe)
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']})"
        ".then(result => done(result.violations.map(each => [each.id, each.impact])))"
    )
    assert {tuple(each) for each in found} <= {("landmark-one-main", "moderate"), ("region", "moderate")}
