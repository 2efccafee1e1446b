"""Counts the function calls of commands and of a save, in new processes: the same on every machine, quiet or busy.

Input: nothing. Output: calls by name, Python's and those of built-in functions. Why not instructions: counting them needs
valgrind, takes twenty times as long, and depends on the processor and on how Python was built. Both fell by the same
share when compiled style sheets were first kept between runs (docs/decisions/0012).
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ROOT, SAMPLE

#: The most calls that each may take: a quarter more than on the day of the last change here. If a change takes a count
#: past its limit, look at what is imported and read, and make it late; raise the limit only for what every run needs.
LIMITS = {
    "compose --help": 61_000,
    "compose send --help": 57_000,
    "compose build, nothing kept": 2_520_000,
    "compose build": 485_000,
    "a save in preview": 169_000,
    "a save in an issue of 150 links": 409_000,
}
_COUNT = """\
import json, sys
from contextlib import redirect_stdout, redirect_stderr
calls = 0
def count(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")
"""
_COMMAND = f"""{_COUNT}
sys.argv[1:] = json.loads(sys.argv[1])
sys.setprofile(count)
try:
    from composer.cli.main import main
    with redirect_stdout(sys.stderr):
        main()
except SystemExit as end:
    sys.setprofile(None)
    assert end.code == 0
print(calls)
"""
_SAVE = f"""{_COUNT}
from benchmarks import stages
with stages.saving(getattr(stages, sys.argv[1])) as save:
    for number in range(4):
        save(number)
    sys.setprofile(count)
    save(4)
    sys.setprofile(None)
print(calls)
"""


def counted() -> Iterator[tuple[str, int]]:
    """Yield the calls by name, in the order of LIMITS."""
    with tempfile.TemporaryDirectory() as folder:
        build = ("build", SAMPLE, "--output", str(Path(folder) / "out"))
        _run(folder, _COMMAND, json.dumps(("send", "--help")))
        commands = (("--help",), ("send", "--help"), build, build)
        for name, command in zip(LIMITS, commands, strict=False):
            yield name, _run(folder, _COMMAND, json.dumps(command))
        yield "a save in preview", _run(folder, _SAVE, "write_sample")
        yield "a save in an issue of 150 links", _run(folder, _SAVE, "write_large")


def _run(folder: str, code: str, *arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": folder, "LOCALAPPDATA": folder},
        capture_output=True,
        text=True,
    )
    return int(done.stdout)
