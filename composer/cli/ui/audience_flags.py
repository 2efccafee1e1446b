"""The flags that say which subscribers are meant: `--language de --tag press --without-tag staff`.

Input: a command. Output: the same with the three flags, which are handed to it as one `AudienceFilter`.
"""

import functools
from collections.abc import Callable

import click

from composer.core.audience_filter import WordError, audience_filter
from composer.core.errors import UsageError


def condition_flags(command: Callable[..., int]) -> Callable[..., int]:
    """Return a command the flags of a condition; it takes them as `condition`."""

    @click.option(
        "--language",
        multiple=True,
        metavar="TAG",
        help="Subscribers in this language: de is de-AT, too; may be repeated.",
    )
    @click.option("--tag", multiple=True, metavar="TAG", help="Subscribers with this tag, or one of several.")
    @click.option("--without-tag", multiple=True, metavar="TAG", help="Leave out subscribers with this tag.")
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
                f"no subscriber can be meant: {made.in_words}", "take a tag out of --tag or of --without-tag"
            )
        return command(*arguments, condition=made, **options)

    return flagged
