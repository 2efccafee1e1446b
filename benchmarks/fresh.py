"""Times commands in new processes, one after the other in every round, so that all have the same conditions.

Input: commands by name and a number of rounds. Output: wall times and processor times in seconds, by name, round by
round.
"""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import ROOT, SAMPLE
from benchmarks.peers import MJML_COMMAND

#: Names of the commands in the report.
BUILD = "compose build, in a fresh process"
BUILD_COLD = "the same, with nothing kept from earlier runs"
BUILD_OTHER = "the same with css-inline for premailer"
PEER = "node mjml 5 command line, same MJML"
HELP = "compose --help"
BARE = "python that does nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command, and what its environment has more."""

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    #: A folder that is removed before each run.
    removed: Path | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """What the runs of a command took, in seconds."""

    walls: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def builds(folder: Path, mjml: str) -> dict[str, Command]:
    """Return the compared commands, with their output below `folder`."""
    source, cache = folder / "sample.mjml", folder / "cache"
    source.write_text(mjml, encoding="utf-8")
    build = ("build", SAMPLE, "--output")
    ours = (sys.executable, "-m", "composer", *build, str(folder / "ours"))
    other = (sys.executable, "-m", "benchmarks.with_css_inline", *build, str(folder / "other"))
    return {
        BUILD: Command(words=ours),
        BUILD_COLD: Command(words=ours, environment={"XDG_CACHE_HOME": str(cache)}, removed=cache),
        PEER: Command(words=("node", str(MJML_COMMAND), str(source), "-o", str(folder / "peer.html"))),
        BUILD_OTHER: Command(words=other),
    }


def starts() -> dict[str, Command]:
    """Return the commands that show the cost of a start."""
    return {
        HELP: Command(words=(sys.executable, "-m", "composer", "--help")),
        BARE: Command(words=(sys.executable, "-c", "pass")),
    }


def interleaved(commands: Mapping[str, Command], rounds: int) -> dict[str, Spent]:
    """Run each command once per round, after one round that does not count.

    Raises CalledProcessError if a command fails, because a failed run must not be measured.
    """
    spent = {name: Spent() for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            if command.removed is not None:
                shutil.rmtree(command.removed, ignore_errors=True)
            environment = {**os.environ, **command.environment}
            before, begin = _of_children(), time.perf_counter()
            subprocess.run(
                command.words, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            if number:
                spent[name].walls.append(time.perf_counter() - begin)
                spent[name].processor.append(_of_children() - before)
    return spent


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
