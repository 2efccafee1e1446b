"""Moves the rules of inline.css into style attributes, with premailer.

Input: the compiled HTML document and the text of inline.css. Output: the document with style attributes; its own
<style> blocks do not change. Guarantees: loads nothing; no other module imports premailer or cssutils
(tests/test_libraries.py checks their behaviour). What they make of a text is kept between runs (core/kept_results.py). Run
it only once on a document.
"""

import builtins
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

from composer.core.errors import CompilerError
from composer.core.kept_results import keep, recall
from composer.render.templating.theme_css import css_problems, head_css_problems

if TYPE_CHECKING:
    from lxml.etree import XPath
    from premailer import Premailer

__all__ = ["css_problems", "head_css_problems", "inline_css"]

_IGNORE = ' data-premailer="ignore"'
_STYLE = re.compile(r"<style(?=[\s/>])", re.IGNORECASE)
_STYLES = re.compile(r'\sstyle="[^"]*"')
_DOCTYPE = re.compile(r"\s*<!doctype html>", re.IGNORECASE)
# cssutils keeps state in its modules, and its parsers are not thread-safe.
_ONE_AT_A_TIME = threading.Lock()
#: The maximum number of style sheets in memory, and of styles of elements that are kept with one.
_MOST_SHEETS, _MOST_STYLES = 16, 2_000


def _refuse(url: str) -> None:
    raise CompilerError(
        f"a style sheet tries to load {url}", "copy its rules into the theme: a build does not load anything"
    )


class _Value(NamedTuple):
    """The value of a declaration, as cssutils prints it."""

    cssText: str


class _Property(NamedTuple):
    """A declaration, as premailer reads it from cssutils."""

    name: str
    priority: str
    propertyValue: _Value


@dataclass(slots=True, kw_only=True)
class _Sheet:
    """What premailer, cssutils and cssselect make of inline.css and of the styles that it meets: it depends on texts alone."""

    #: The rules of a text with its number in the document: those that are inlined, and the others.
    rules: dict[tuple[str, int], tuple[list[object], list[object]]] = field(default_factory=dict)
    #: The XPath of each selector.
    paths: dict[str, str] = field(default_factory=dict)
    styles: dict[tuple[str, bool], tuple[_Property, ...]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How much is known: it only grows."""
        return len(self.rules) + len(self.paths) + len(self.styles)


#: The style sheets used last, by their text; the last one is in use.
_SHEETS: dict[str, _Sheet] = {}


def _in_use() -> _Sheet:
    return next(reversed(_SHEETS.values()))


def _parse_style(text: str, validate: bool = True) -> tuple[_Property, ...]:
    """Parse declarations as `cssutils.parseStyle` does, each text once."""
    known = _in_use().styles
    if (text, validate) not in known:
        known[text, validate] = tuple(
            _Property(each.name, each.priority, _Value(each.propertyValue.cssText))
            for each in _cssutils().parseStyle(text, validate=validate)
        )
    return known[text, validate]


def _parse_string(text: str, validate: bool = True) -> object:
    return _cssutils().parseString(text, validate=validate)


def _selector(selector: str) -> "XPath":
    """Compile a selector as `lxml.cssselect.CSSSelector` does, whose path is kept."""
    paths = _in_use().paths
    if selector not in paths:
        from lxml.cssselect import CSSSelector

        paths[selector] = CSSSelector(selector).path
    return _compiled(paths[selector])


@lru_cache(maxsize=512)
def _compiled(path: str) -> "XPath":
    from lxml.etree import XPath

    return XPath(path)


#: What premailer gets instead of the modules that it imports.
_STAND_INS = {
    "cssutils": SimpleNamespace(parseStyle=_parse_style, parseString=_parse_string),
    "requests": SimpleNamespace(),
    "lxml.cssselect": SimpleNamespace(CSSSelector=_selector),
    "premailer.cache": SimpleNamespace(function_cache=lambda: lambda function: function),
}


def _import(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> object:
    """Import modules for premailer and cssutils, except those that they need only to load style sheets.

    premailer gets stand-ins for what parses, so that cssutils and cssselect are imported only for a text that is new.
    """
    if level and name in ("_fetch", "_fetchgae"):
        return SimpleNamespace(_defaultFetcher=_refuse)
    if not level and name == "urllib.request":
        return SimpleNamespace() if fromlist else builtins.__import__("urllib")
    if not level and name in _STAND_INS and str((globals or {}).get("__name__")).startswith("premailer."):
        return _STAND_INS[name]
    return builtins.__import__(name, globals, locals, fromlist or (), level)


class _Loader(SourceFileLoader):
    """Loads a module with our own import function. Other modules and `sys.modules` are not affected."""

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


class _Finder:
    """Finds the modules of premailer and cssutils, for our loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in ("premailer", "cssutils", "encutils"):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


@contextmanager
def _adapting() -> Iterator[None]:
    """Import premailer and cssutils with our own import function."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@cache
def _cssutils() -> ModuleType:
    """Import cssutils without its slowest parts, which we do not allow it to use.

    - What it imports only to load style sheets from the network or from disk: `urllib.request`, and its fetcher, which
    takes three times as long as all the rest. A fetcher that refuses replaces it: even if `css_problems` missed a rule,
    nothing could be loaded. - Its tables of valid CSS 2.1 values: without a registered profile, it does not compile
    them. They are used only for warnings, which we turn off; its grammar, not these tables, decides which values are
    kept.
    """
    with _adapting():
        import cssutils
    cssutils.profile.removeProfile(all=True)
    cssutils.log.setLevel(logging.CRITICAL)
    module: ModuleType = cssutils
    return module


@cache
def _premailer() -> "type[Premailer]":
    """Import premailer with our stand-ins for what it imports."""
    with _adapting():
        from premailer import Premailer

    class Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
        """Premailer that parses each style sheet only once: a preview inlines the same one at every save."""

        def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[object], list[object]]:
            known = _in_use().rules
            if (css_body, ruleset_index) not in known:
                known[css_body, ruleset_index] = super()._parse_style_rules(css_body, ruleset_index)
            rules, leftover = known[css_body, ruleset_index]
            return list(rules), list(leftover)

    return Inliner


@contextmanager
def _using(css: str) -> Iterator[None]:
    """Use what is known of a style sheet, and keep what is learned for later runs."""
    sheet = _SHEETS.pop(css, None) or _recalled(css)
    if len(sheet.styles) > _MOST_STYLES:
        sheet.styles.clear()
    _SHEETS[css] = sheet
    if len(_SHEETS) > _MOST_SHEETS:
        del _SHEETS[next(iter(_SHEETS))]
    before = sheet.size
    yield
    if sheet.size != before:
        keep("inline", (css,), sheet)


def _recalled(css: str) -> _Sheet:
    found = recall("inline", (css,))
    return found if isinstance(found, _Sheet) else _Sheet()


def inline_css(html: str, css: str) -> str:
    """Return `html` with the rules of `css` written into style attributes.

    An existing style attribute overrides a rule, even one with !important. Raises CompilerError if `css` has problems
    (see `css_problems`), if `html` is not a document, or if premailer fails.
    """
    problems = css_problems(css)
    if problems:
        line, column, message = problems[0]
        raise CompilerError(f"inline.css:{line}:{column}: {message}", "only simple rules can be inlined")
    doctype = _DOCTYPE.match(html)
    if doctype is None:
        raise CompilerError("the HTML to be styled has no doctype", "it must come from the MJML compiler")
    # premailer keeps a doctype only in capitals, and browsers show a document without one in quirks mode.
    document = "<!DOCTYPE html>" + html[doctype.end() :]
    # Every style element is marked, also in comments: what premailer does not parse, it cannot load or rewrite.
    document = _STYLE.sub(lambda match: match[0] + _IGNORE, document)
    with _ONE_AT_A_TIME:
        try:
            with _using(css):
                out: str = _premailer()(
                    document,
                    css_text=css,
                    keep_style_tags=False,
                    strip_important=False,
                    remove_classes=False,
                    allow_network=False,
                    allow_loading_external_files=False,
                    disable_validation=True,
                    cache_css_parsing=True,
                    # A width from a style would replace the pixels that Outlook needs.
                    disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
                    align_floating_images=False,
                    disable_link_rewrites=True,
                    preserve_handlebar_syntax=False,
                    exclude_pseudoclasses=True,
                ).transform(pretty_print=False)
        except Exception as error:
            # premailer, cssutils, cssselect and lxml have no common base class for errors; report all of them.
            raise CompilerError(
                f"inline.css cannot be applied: {type(error).__name__}: {error}", "simplify the rules of inline.css"
            ) from error
    return _STYLES.sub(lambda match: match[0].replace("; ", ";"), out.replace(_IGNORE, ""))
