"""Writes what the commands print now into the sessions of the docs: `make golden`, or `python -m scripts.walkthrough`.

Input: the pages. Output: the same pages, with today's output in each session. Guarantees: no other words change.
"""

import tempfile
from pathlib import Path

from tests.factories import ROOT
from tests.sessions import pages, read
from tests.walkthrough import PAGE, play


def main() -> None:
    """Rewrite the pages."""
    for name, run in pages().items():
        with tempfile.TemporaryDirectory() as folder:
            news = Path(folder) / "news"
            news.mkdir()
            (ROOT / name).write_text(run(read(name), news), encoding="utf-8", newline="\n")
    with tempfile.TemporaryDirectory() as folder:
        news = Path(folder) / "news"
        news.mkdir()
        PAGE.write_text(play(news), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
