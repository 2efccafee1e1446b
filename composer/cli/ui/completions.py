"""Completes what people type after a command in their shell: issues, languages, section types, topics of the help.

Input: the beginning of a word. Output: the words that it may become, with a description if the shell shows one.
Guarantees: no errors: outside a newsletter, or with a mistake in newsletter.yaml, nothing is completed.
"""

from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from composer.core.errors import ComposeError


def issue_names(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Complete the name of an issue, the latest first; a path is completed by the shell."""
    from composer.core.workspace import Workspace

    if "/" in start or start.startswith("."):
        return [CompletionItem(start, type="file")]
    try:
        found = Workspace.find(Path.cwd()).issues()
    except ComposeError:
        return []
    return _starting(start, ((path.stem, "") for path in reversed(found)))


def languages(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Complete a language of the newsletter: its own, and those of newsletter.LANGUAGE.yaml."""
    from composer.content.document.newsletter import read_newsletter
    from composer.core.workspace import Workspace

    try:
        workspace = Workspace.find(Path.cwd())
        own = read_newsletter(workspace).language
    except ComposeError:
        return []
    return _starting(start, ((tag, "") for tag in (own, *sorted(workspace.languages()))))


def section_types(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Complete a section type."""
    from composer.app.section_guide import section_guide

    try:
        guides = section_guide(Path.cwd())
    except ComposeError:
        return []
    return _starting(start, ((kind.name, kind.description) for kind in guides.types))


def topics(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Complete the name of a page of the documentation."""
    from composer.app.manual import manual_pages

    return _starting(start, ((page.topic, page.title) for page in manual_pages()))


def _starting(start: str, words: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    return [CompletionItem(word, help=text or None) for word, text in words if word.startswith(start)]
