"""The options that select subscribers: `--language de --tag press --without-tag staff`.

Input: a command. Output: the same command with the three options, passed to it as one `AudienceFilter`.
"""

import functools
from collections.abc import Callable

import click

from composer.cli.ui.completions import languages
from composer.core.audience_filter import WordError, audience_filter
from composer.core.errors import UsageError


def condition_flags(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options to a command, which gets them as `condition`."""

    @click.option(
        "--language",
        multiple=True,
        metavar="TAG",
        shell_complete=languages,
        help="Subscribers with this language (de includes de-AT); can be repeated.",
    )
    @click.option(
        "--tag", multiple=True, metavar="TAG", help="Subscribers with this tag; if repeated, with any of the tags."
    )
    @click.option(
        "--without-tag", multiple=True, metavar="TAG", help="Exclude subscribers with this tag; can be repeated."
    )
    @functools.wraps(command)
    def flagged(
        *arguments: object,
        language: tuple[str, ...],
        tag: tuple[str, ...],
        without_tag: tuple[str, ...],
        **options: object,
    ) -> int:
        try:
            made = audience_filter(language=language, tag=tag, without_tag=without_tag)
        except WordError as error:
            raise UsageError(str(error), error.hint) from None
        if made.is_impossible:
            raise UsageError(
                f"these options can never match a subscriber: {made.in_words}",
                "remove a tag from --tag or --without-tag",
            )
        return command(*arguments, condition=made, **options)

    return flagged
