"""The public pages of the sample newsletter, on SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest

from composer.core.workspace import Workspace
from composer.database.engine import Database
from tests.browser.conftest import driver
from tests.factories import sample
from tests.web.public.running import Running, running

__all__ = ["driver", "pages", "publication"]


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample newsletter, with two tags to choose, a field to fill in, an approver, and an Arabic edition."""
    workspace = sample(tmp_path_factory.mktemp("publication"))
    path = workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('    default: ""\n', '    default: ""\n    label: Company\n')
    offers = 'offers:\n  press: "Press releases"\n  events: "Events in Berlin"\n'
    approvals = "approvals:\n  needed: 1\n  by:\n    - anna@example.org\n"
    path.write_text(f"{text}\n{offers}{approvals}", encoding="utf-8")
    overlay = "name: نشرة الصين\nlanguage: ar\n"
    (workspace.root / "newsletter.ar.yaml").write_text(overlay, encoding="utf-8")
    return workspace


@pytest.fixture
def pages(publication: Workspace, database: Database) -> Iterator[Running]:
    """Running pages, on a new database of each kind."""
    with running(publication, database) as made:
        yield made
