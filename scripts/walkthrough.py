"""Writes what the commands print into docs/walkthrough.md: `make golden`."""

import tempfile
from pathlib import Path

from tests.walkthrough import PAGE, play


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        news = Path(folder) / "news"
        news.mkdir()
        PAGE.write_text(play(news), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
