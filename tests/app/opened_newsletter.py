"""A newsletter with its database, opened as a script would open it, independent of this process's environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.app.context import MailingContext, open_newsletter
from composer.core.environment import Environment
from tests.bounces.news import KEY
from tests.databases import with_tables
from tests.factories import LETTER, sample_message

NEWSLETTER = f"""\
{LETTER}fields:
  company:
    sample: ACME
audiences:
  press:
    tag: press
"""


@pytest.fixture
def context(tmp_path: Path) -> Iterator[MailingContext]:
    """A newsletter with its own merge field and without subscribers."""
    workspace = sample_message(tmp_path / "news", newsletter=NEWSLETTER)
    with_tables(workspace.root / "newsletter.db")
    secrets = {
        "COMPOSE_SECRET_KEY": KEY.decode(),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "LOCALAPPDATA": str(tmp_path / "state"),
    }
    environment = Environment(environment=secrets, folder=tmp_path / "config")
    with open_newsletter(workspace.root, environment) as opened:
        yield opened
