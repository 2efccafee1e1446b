"""Times commands in new processes, one after the other in every round, so that all have the same conditions.

Input: commands by name and a number of rounds. Output: wall times in seconds, by name, round by round.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import ROOT, SAMPLE
from benchmarks.peers import MJML_COMMAND

#: Names of the commands in the report.
BUILD = "compose build, in a fresh process"
BUILD_OTHER = "the same with css-inline for premailer"
PEER = "node mjml 5 command line, same MJML"
HELP = "compose --help"
BARE = "python that does nothing"


def builds(folder: Path, mjml: str) -> dict[str, list[str]]:
    """Return the compared commands, with their output below `folder`."""
    source = folder / "sample.mjml"
    source.write_text(mjml, encoding="utf-8")
    build = ("build", SAMPLE, "--output")
    return {
        BUILD: [sys.executable, "-m", "composer", *build, str(folder / "ours")],
        PEER: ["node", str(MJML_COMMAND), str(source), "-o", str(folder / "peer.html")],
        BUILD_OTHER: [sys.executable, "-m", "benchmarks.with_css_inline", *build, str(folder / "other")],
    }


def starts() -> dict[str, list[str]]:
    """Return the commands that show the cost of a start."""
    return {
        HELP: [sys.executable, "-m", "composer", "--help"],
        BARE: [sys.executable, "-c", "pass"],
    }


def interleaved(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Run each command once per round, after one round that does not count.

    Raises CalledProcessError if a command fails, because a failed run must not be measured.
    """
    walls: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            begin = time.perf_counter()
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if number:
                walls[name].append(time.perf_counter() - begin)
    return walls
