import pytest

from tests.transport.paper import Papers
from tests.transport.paper import papers as make


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make(tmp_path_factory.mktemp("papers"))
