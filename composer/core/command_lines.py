"""Command lines that are shown to people, who may copy them into a shell.

Input: the words of a command, and values such as file names, issue keys and addresses. Output: one line in which every
value is quoted for a POSIX shell. Guarantees: the shell passes exactly these values to the program.
"""

import shlex


def command_line(words: str, *values: str, options: str = "") -> str:
    """Return `compose WORDS VALUES OPTIONS` with the values quoted.

    A value that starts with a dash would be read as an option, so the options then come first, followed by `--`.
    """
    quoted = [shlex.quote(value) for value in values]
    if any(value.startswith("-") for value in values):
        parts = ["compose", words, options, "--", *quoted]
    else:
        parts = ["compose", words, *quoted, options]
    return " ".join(part for part in parts if part)


def shell_line(*words: str) -> str:
    """Return the command line of another program, such as `mv OLD NEW`, with every word quoted."""
    return shlex.join(words)
