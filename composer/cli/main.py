"""The start of `compose`.

Input: the command line. Output: an exit code (docs/reference/exit-codes.md lists them).
"""

import gc
import os
import sys
from contextlib import AbstractContextManager, nullcontext


def main() -> None:
    """Run the command line and exit with its code."""
    # Imports allocate nearly everything, and it is kept until the end. Collecting garbage every 700 objects would take
    # a tenth of the time of a build.
    gc.set_threshold(100_000)
    arguments = sys.argv[1:]
    with _code_kept(arguments):
        code = run(arguments)
    # Python would search for garbage twice more, although everything ends with the process.
    gc.freeze()
    sys.exit(code)


def _code_kept(arguments: list[str]) -> AbstractContextManager[None]:
    name = arguments[0] if arguments else "compose"
    if not name.isidentifier():
        # `--help` and `--version` compile less than it takes to read what was kept.
        return nullcontext()
    from composer.cli.compiled_code import code_kept

    return code_kept(name)


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; a user's mistake never ends in a traceback."""
    # Imported late, so that its code is kept, too.
    from composer.cli.command_group import execute

    try:
        code = execute(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has ended (`compose schema | head`), so stop without an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    main()
