"""Finds and renders a theme's templates, and reports their mistakes with file and line.

Input: a theme's files and the values of an edition. Output: MJML, CSS and plaintext. Guarantees: templates are
sandboxed; HTML is escaped unless a filter printed it; an unknown name is an error.
"""

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache, partial
from urllib.parse import urlsplit

from jinja2 import (
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    pass_eval_context,
)
from jinja2.filters import do_join, do_replace
from jinja2.nodes import EvalContext
from jinja2.sandbox import SandboxedEnvironment

from composer.content.document.phrase_files import PhraseGroup, Phrases, phrase_languages, read_phrases
from composer.content.document.section_types import read_settled
from composer.content.values.field_values import Group, group_in, merged, text_in
from composer.content.values.source_map import SourceStr
from composer.core.errors import ContentError, Problem
from composer.core.language_tags import direction
from composer.core.workspace import ThemeFiles, stamp
from composer.render.bidi import isolated
from composer.render.html_printer import HtmlPrinter
from composer.render.templating.localization import language_name, written_date, written_range
from composer.render.templating.template_cache import TemplateCache
from composer.render.templating.template_sandbox import TemplateSandbox
from composer.render.text_printer import TextPrinter

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:\S+|[^\s@]+@\S+", re.IGNORECASE)
_NOTHING = Group({})
_MJML_TAG = re.compile(r"<(mj-[a-z-]+|mjml)(?=[\s>/])")


@dataclass(frozen=True)
class Theme:
    """A theme for one edition's language (BCP 47)."""

    files: ThemeFiles
    language: str
    #: What a newsletter wants to look different (`design` in newsletter.yaml).
    design: Group = _NOTHING

    @cached_property
    def values(self) -> Group:
        """The values in theme.yaml, with the design of the newsletter merged into them. Raises ContentError."""
        path = self.files.find("theme.yaml")
        if path is None:
            raise ContentError(
                (self.problem("theme.yaml", 1, "theme", f"the theme “{self.files.name}” has no theme.yaml"),)
            )
        value = read_settled(self.files, path, "theme")
        assert isinstance(value, Group)
        return merged(value, self.design)

    @property
    def fonts(self) -> Mapping[str, str]:
        """The font lists in theme.yaml. Raises ContentError."""
        return _texts(group_in(self.values, "fonts"))

    def colours(self, mode: str) -> Mapping[str, str]:
        """Return the colours in theme.yaml for light or dark mode. Raises ContentError."""
        return _texts(group_in(group_in(self.values, "colors"), mode))

    @cached_property
    def _found_phrases(self) -> Phrases | None:
        return read_phrases(self.files, PhraseGroup.EDITION, self.language)

    @property
    def _colon(self) -> str:
        """The language's colon, for what printers put together."""
        return self._found_phrases.get("colon", ": ") if self._found_phrases else ": "

    @property
    def phrases(self) -> Phrases:
        """The theme's phrases in the edition's language. Raises ContentError if it does not have the language."""
        if self._found_phrases is not None:
            return self._found_phrases
        known = ", ".join(phrase_languages(self.files, PhraseGroup.EDITION))
        problem = self.problem(
            f"phrases/{self.language}.yaml",
            1,
            "language",
            f"the theme “{self.files.name}” has no phrases in “{self.language}”, only in {known}",
            f"copy phrases/en.yaml to templates/{self.files.name}/phrases/{self.language}.yaml and translate it",
        )
        raise ContentError((problem,))

    def render(self, name: str, context: Mapping[str, object], *, is_directed: bool = False) -> str:
        """Render a template; a text template puts values between isolates if it `is_directed`.

        Raises ContentError with the template's line.
        """
        templates = _templates(self.files, self.language, is_directed, self._colon)
        environment = templates.environment_for(name)
        try:
            return environment.get_template(name).render(context)
        except ContentError:
            raise
        except TemplateSyntaxError as error:
            where = error.filename or self._display(error.name or name)
            raise self._stop(where, error.lineno, error.message or "this line cannot be read") from None
        except Exception as error:
            # Any error raised while a template ran is a mistake in the template.
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if self._is_template(frame.filename)]
            if isinstance(error, TemplateNotFound) and not frames:
                raise self._stop(self._display(name), 1, f"template not found: “{error.name}”") from None
            if not frames:
                raise
            raise self._stop(frames[-1].filename, frames[-1].lineno or 1, _explain(error)) from None

    def _stop(self, path: str, line: int, message: str) -> ContentError:
        problem = Problem(path=path, line=line, column=1, code="template", message=message)
        return ContentError((problem,))

    def problem(self, name: str, line: int, code: str, message: str, hint: str = "", *, column: int = 1) -> Problem:
        """Return a problem in one of the theme's files."""
        return Problem(path=self._display(name), line=line, column=column, code=code, message=message, hint=hint)

    def _display(self, name: str) -> str:
        path = self.files.find(name)
        return self.files.display(path) if path else f"templates/{self.files.name}/{name}"

    def _is_template(self, filename: str) -> bool:
        return filename.endswith((".j2", ".css")) and not filename.endswith(".py")


def _texts(group: Group) -> dict[str, str]:
    return {name: text for name in group if (text := text_in(group, name))}


@dataclass(frozen=True)
class _Templates:
    """A theme's templates for one language; each is compiled again only if its file changes."""

    files: ThemeFiles
    language: str
    is_directed: bool
    colon: str

    def _load(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        path = self.files.find(name)
        if path is None:
            return None
        display = self.files.display(path)
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            problem = Problem(
                path=display, line=1, column=1, code="encoding", message="this file is not saved as UTF-8"
            )
            raise ContentError((problem,)) from None
        if name.endswith(".mjml.j2"):
            source = _with_origins(source, display)
        read = stamp(path)
        return source, display, lambda: stamp(path) == read

    def environment_for(self, name: str) -> SandboxedEnvironment:
        """Return the environment of a template, by its name."""
        if name.endswith(".html.j2"):
            return self.web
        return self.html if name.endswith((".mjml.j2", ".css")) else self.text

    @cached_property
    def web(self) -> SandboxedEnvironment:
        from composer.render.web.web_printer import WebPrinter

        printer = WebPrinter(self.language, self.colon)
        environment = self._environment(autoescape=True, isolate=isolated)
        environment.filters |= {"html": printer.html, "html_inline": printer.inline}
        return environment

    @cached_property
    def html(self) -> SandboxedEnvironment:
        printer = HtmlPrinter(self.language, self.colon)
        environment = self._environment(autoescape=True, isolate=isolated)
        environment.filters |= {"html": printer.html, "html_inline": printer.inline}
        return environment

    @cached_property
    def text(self) -> SandboxedEnvironment:
        base = direction(self.language) if self.is_directed else None
        printer = TextPrinter(base, language=self.language, colon=self.colon)
        environment = self._environment(autoescape=False, isolate=printer.isolate)
        environment.filters |= {"text": printer.text, "line": printer.line, "heading": printer.heading}
        if self.is_directed:
            environment.finalize = lambda value: _value(value, printer.isolate)
            environment.bytecode_cache = TemplateCache(self.language, "directed")
        return environment

    def _environment(self, *, autoescape: bool, isolate: Callable[[str], str]) -> SandboxedEnvironment:
        environment = TemplateSandbox(
            loader=FunctionLoader(self._load),
            undefined=StrictUndefined,
            autoescape=autoescape,
            trim_blocks=True,
            keep_trailing_newline=True,
            cache_size=200,
            bytecode_cache=TemplateCache(self.language, "plain"),
        )
        environment.filters |= {
            "date": partial(self._date, isolate),
            "date_parts": lambda day, pattern, until: written_range(self.language, day, pattern or "long", until),
            "language_name": lambda tag: isolate(language_name(self.language, tag)),
            "host": lambda url: isolate((urlsplit(str(url)).hostname or "").removeprefix("www.")),
            "isolate": isolate,
            "minutes": self._minutes,
            "join": _joining(isolate),
            "replace": _replacing(isolate),
        }
        return environment

    def _date(
        self, isolate: Callable[[str], str], day: date, pattern: str | None = None, until: date | None = None
    ) -> str:
        return isolate(written_date(self.language, day, pattern or "long", until))

    def _minutes(self, texts: Iterable[object]) -> int:
        from composer.content.document.reading_minutes import reading_minutes

        return reading_minutes(texts, self.language)


@lru_cache(maxsize=8)
def _templates(files: ThemeFiles, language: str, is_directed: bool, colon: str) -> _Templates:
    return _Templates(files, language, is_directed, colon)


def _value(value: object, isolate: Callable[[str], str]) -> object:
    """Return what is inserted for a value: a text of an editor is isolated, addresses and everything else are as they are."""
    return isolate(value) if isinstance(value, SourceStr) and not _ADDRESS.fullmatch(value) else value


def _joining(isolate: Callable[[str], str]) -> Callable[..., str]:
    """Return the filter `join` that isolates the texts of editors."""

    @pass_eval_context
    def join(context: EvalContext, values: Iterable[object], between: str = "", attribute: str | None = None) -> str:
        joined: str = do_join(context, (_value(each, isolate) for each in values), between, attribute)
        return joined

    return join


def _replacing(isolate: Callable[[str], str]) -> Callable[..., str]:
    """Return the filter `replace` that isolates a text of an editor."""

    @pass_eval_context
    def replace(context: EvalContext, text: str, old: str, new: str, count: int | None = None) -> str:
        return do_replace(context, text, old, isolate(new) if isinstance(new, SourceStr) else new, count)

    return replace


def _explain(error: Exception) -> str:
    """Return the message for an error in a template, without the names of our classes."""
    if isinstance(error, TemplateNotFound):
        return f"template not found in this theme: “{error.name}”"
    if isinstance(error, UndefinedError):
        text = error.message or ""
        if match := re.search(r"(?:^|attribute )'(\w+)'(?: is undefined)?$", text):
            return f"unknown name “{match[1]}”"
    if isinstance(error, TemplateError):
        return error.message or type(error).__name__
    return f"{type(error).__name__}: {error}" if not isinstance(error, AttributeError) else str(error)


def _with_origins(source: str, display: str) -> str:
    """Return a template with the place of each MJML element, so that mistakes in the output lead to the template."""
    lines = source.split("\n")
    for row, line in enumerate(lines):
        lines[row] = _MJML_TAG.sub(
            lambda match, row=row: f'<{match[1]} data-at="{display}:{row + 1}:{match.start() + 1}"',  # type: ignore[misc]
            line,
        )
    return "\n".join(lines)
