"""Moves the rules of inline.css into style attributes, with premailer, whose traps it keeps away.

Comes in: the compiled HTML document and the text of inline.css. Goes out: the document with style attributes, its own
<style> blocks untouched. Never fetches or reads anything; must run once only on a document.
"""

import logging
import re
import sys
import threading
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from composer.core.errors import CompilerError
from composer.render.theme_css import css_problems, head_css_problems

if TYPE_CHECKING:
    from premailer import Premailer

__all__ = ["css_problems", "head_css_problems", "inline_css"]

_IGNORE = ' data-premailer="ignore"'
_STYLE = re.compile(r"<style(?=[\s/>])", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*<!doctype html>", re.IGNORECASE)
# cssutils keeps its state in its modules, and its parsers are not made for threads.
_ONE_AT_A_TIME = threading.Lock()
#: What premailer made of the last style sheets; its options are always the same.
_RULES: dict[tuple[str, int], tuple[tuple[object, ...], tuple[object, ...]]] = {}
_KEPT = 16


def _refuse(url: str) -> None:
    raise CompilerError(f"a style sheet asks for {url}", "nothing is fetched during a build")


@cache
def _premailer() -> "type[Premailer]":
    """Import premailer without the parts that cost the most and that we forbid it to use.

    - What it and cssutils import only to load style sheets from the network or from disk: `requests`,
      `urllib.request`, and cssutils' fetcher. Empty modules stand in during the import, and a fetcher that refuses:
      even if a rule slipped through `css_problems`, nothing could be fetched.
    - cssutils' tables of what CSS 2.1 allows: with no profile registered it compiles none of them. They only feed
      warnings that we silence; values are kept or dropped by its grammar, not by these tables.
    """
    fetcher = ModuleType("cssutils._fetchgae")
    fetcher.__dict__["_defaultFetcher"] = _refuse
    stand_ins = {module.__name__: module for module in (fetcher, ModuleType("requests"), ModuleType("urllib.request"))}
    stand_ins = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        from premailer import Premailer
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
    import cssutils

    cssutils.profile.removeProfile(all=True)

    class Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
        """Premailer that reads a style sheet once: a preview inlines the same one at every save."""

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

    A rule loses against a style attribute that is there already, even with !important. Raises CompilerError if `css`
    has problems (see `css_problems`), if `html` is no document, or if premailer fails.
    """
    problems = css_problems(css)
    if problems:
        line, column, message = problems[0]
        raise CompilerError(f"inline.css:{line}:{column}: {message}", "only simple rules can be inlined")
    doctype = _DOCTYPE.match(html)
    if doctype is None:
        raise CompilerError("the HTML to be styled has no doctype", "it must come from the MJML compiler")
    # premailer keeps a doctype in capitals only, and browsers treat a document without one as a relic of 1998.
    document = "<!DOCTYPE html>" + html[doctype.end() :]
    # Every style element is marked, those in comments too: what premailer does not parse it cannot fetch or rewrite.
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
                # A width taken from a style would replace the pixels that Outlook needs.
                disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
                align_floating_images=False,
                disable_link_rewrites=True,
                preserve_handlebar_syntax=False,
                exclude_pseudoclasses=True,
            ).transform(pretty_print=False)
        except Exception as error:
            # premailer, cssutils, cssselect and lxml share no base class; what they refuse, a theme's author must see.
            raise CompilerError(
                f"inline.css cannot be applied: {type(error).__name__}: {error}", "simplify the rules of inline.css"
            ) from error
    return out.replace(_IGNORE, "")
