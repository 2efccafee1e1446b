"""The options `--log-format` and `--log-file` of commands that run unattended.

Input: a command. Output: the command with both options, which make it log events. Without them, nothing is logged.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import click


def with_log(command: Callable[..., int]) -> Callable[..., int]:
    """Add both options to a command."""

    @click.option(
        "--log-format",
        type=click.Choice(["text", "json", "none"]),
        help="Log events as key=value text or as JSON lines.  [default: none; text with --log-file]",
    )
    @click.option("--log-file", metavar="PATH", help="Append log events to this file.  [default: stderr]")
    @functools.wraps(command)
    def logged(*, log_format: str | None, log_file: str | None, **more: object) -> int:
        if log_format is None and log_file is None:
            return command(**more)
        from composer.core.event_log import LogFormat, written

        path = None if log_file is None else Path(log_file)
        with written(LogFormat(log_format or "text"), path):
            return command(**more)

    return logged
