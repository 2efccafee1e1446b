"""`make golden`: rewrite the expected files. Check the diff before you commit it."""

import tempfile
from pathlib import Path

from tests.audience.lists import test_shapes
from tests.content import test_mistakes
from tests.golden import test_golden, web_editions


def main() -> None:
    """Rewrite all of them."""
    with tempfile.TemporaryDirectory() as folder:
        test_mistakes.rewrite(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        test_shapes.rewrite(Path(folder))
    test_golden.rewrite()
    with tempfile.TemporaryDirectory() as folder:
        web_editions.rewrite(Path(folder))


if __name__ == "__main__":
    main()
