"""`make golden`: writes the expected files anew. Look at the diff before you commit it."""

import tempfile
from pathlib import Path

from tests.content import test_mistakes


def main() -> None:
    """Rewrite all of them."""
    with tempfile.TemporaryDirectory() as folder:
        test_mistakes.rewrite(Path(folder))


if __name__ == "__main__":
    main()
