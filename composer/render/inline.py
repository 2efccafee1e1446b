"""Moves the rules of inline.css into style attributes, with premailer.

Input: the compiled HTML document and the text of inline.css. Output: the document with style attributes; its own
<style> blocks do not change. Guarantees: loads and reads nothing; no other module imports premailer or cssutils
(tests/test_libraries.py checks their behaviour). Run it only once on a document.
"""

import builtins
import logging
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

from composer.core.errors import CompilerError
from composer.render.templating.theme_css import css_problems, head_css_problems

if TYPE_CHECKING:
    from premailer import Premailer

__all__ = ["css_problems", "head_css_problems", "inline_css"]

_IGNORE = ' data-premailer="ignore"'
_STYLE = re.compile(r"<style(?=[\s/>])", re.IGNORECASE)
_STYLES = re.compile(r'\sstyle="[^"]*"')
_DOCTYPE = re.compile(r"\s*<!doctype html>", re.IGNORECASE)
# cssutils keeps state in its modules, and its parsers are not thread-safe.
_ONE_AT_A_TIME = threading.Lock()
#: The rules that premailer made from the last style sheets; its options never change.
_RULES: dict[tuple[str, int], tuple[tuple[object, ...], tuple[object, ...]]] = {}
_KEPT = 16


def _refuse(url: str) -> None:
    raise CompilerError(
        f"a style sheet tries to load {url}", "copy its rules into the theme: a build does not load anything"
    )


def _import(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> object:
    """Import modules for premailer and cssutils, except those that they need only to load style sheets."""
    if level and name in ("_fetch", "_fetchgae"):
        return SimpleNamespace(_defaultFetcher=_refuse)
    if not level and name == "requests":
        return SimpleNamespace()
    if not level and name == "urllib.request":
        return SimpleNamespace() if fromlist else builtins.__import__("urllib")
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


@cache
def _premailer() -> "type[Premailer]":
    """Import premailer without its slowest parts, which we do not allow it to use.

    - What it and cssutils import only to load style sheets from the network or from disk: `requests`, `urllib.request`,
    and cssutils' fetcher, which takes three times as long as all the rest. A fetcher that refuses replaces it: even if
    `css_problems` missed a rule, nothing could be loaded. - cssutils' tables of valid CSS 2.1 values: without a
    registered profile, it does not compile them. They are used only for warnings, which we turn off; its grammar, not
    these tables, decides which values are kept.
    """
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        from premailer import Premailer
    finally:
        sys.meta_path.remove(finder)
    import cssutils

    cssutils.profile.removeProfile(all=True)

    class Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
        """Premailer that parses each style sheet only once: a preview inlines the same one at every save."""

        def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[object], list[object]]:
            key = (css_body, ruleset_index)
            if key not in _RULES:
                if len(_RULES) >= _KEPT:
                    _RULES.clear()
                rules, leftover = super()._parse_style_rules(css_body, ruleset_index)
                _RULES[key] = (tuple(rules), tuple(leftover))
            rules, leftover = _RULES[key]
            return list(rules), list(leftover)

    return Inliner


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
                cssutils_logging_level=logging.CRITICAL,
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
