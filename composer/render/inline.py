"""Moves a theme's plain CSS rules into style attributes, for the clients that drop <style>.

Comes in: a compiled document and the rules of inline.css. Goes out: the document. The one place that knows premailer:
its traps (doctype lost, !important and media rules stripped, widths rewritten, @import fetched) are closed here.
"""

import logging
import re

_COMMENT = re.compile(r"(<!--.*?-->)", re.DOTALL)
_STYLE = re.compile(r"<style(?=[\s>])")

_FORBIDDEN = (
    (re.compile(r"@[a-z-]+", re.IGNORECASE), "an at-rule ({0}) belongs into head.css"),
    (re.compile(r"url\s*\(", re.IGNORECASE), "url() would fetch something when a reader opens the message"),
    (re.compile(r"expression\s*\(", re.IGNORECASE), "expression() is a program, not a style"),
    (re.compile(r"(?<![\w-])\*(?![^{}]*\})", re.IGNORECASE), "the selector * is not inlined; name the elements"),
    (re.compile(r":(?:nth|first|last|only|not|is|has|where|hover|active|focus|visited|root|before|after)[\w-]*"),
     "the pseudo class {0} belongs into head.css"),
    (re.compile(r"\[[^\]]*\](?=[^{}]*\{)"), "a selector with [ ] belongs into head.css"),
    (re.compile(r"rgba?\(\s*\d+\s+\d+"), "write rgb() with commas"),
    (re.compile(r"<"), "a < would end the style sheet"),
)  # fmt: skip
_FORBIDDEN_IN_HEAD = (
    (
        re.compile(r"@(?:import|font-face|charset|namespace)", re.IGNORECASE),
        "{0} would fetch something, or is not mail",
    ),
    (re.compile(r"url\s*\(", re.IGNORECASE), "url() would fetch something when a reader opens the message"),
    (re.compile(r"expression\s*\(", re.IGNORECASE), "expression() is a program, not a style"),
    (re.compile(r"<"), "a < would end the style sheet"),
)


def css_problems(css: str) -> tuple[tuple[int, int, str], ...]:
    """Find in inline.css what cannot be inlined safely: line, column (1-based) and what is wrong."""
    return _problems(css, _FORBIDDEN)


def head_css_problems(css: str) -> tuple[tuple[int, int, str], ...]:
    """Find in head.css what must not be in a message: line, column (1-based) and what is wrong."""
    return _problems(css, _FORBIDDEN_IN_HEAD)


def _problems(css: str, rules: tuple[tuple[re.Pattern[str], str], ...]) -> tuple[tuple[int, int, str], ...]:
    # A backslash could spell any of these otherwise; CSS in mail has no use for one.
    rules = (*rules, (re.compile(r"\\"), "a backslash is not needed here"))
    bare = re.sub(r"/\*.*?\*/", lambda comment: re.sub(r"[^\n]", " ", comment[0]), css, flags=re.DOTALL)
    found: list[tuple[int, int, str]] = []
    for pattern, message in rules:
        for match in pattern.finditer(bare):
            line = bare.count("\n", 0, match.start()) + 1
            column = match.start() - bare.rfind("\n", 0, match.start())
            found.append((line, column, message.format(match[0])))
    return tuple(sorted(found))


def inline_css(html: str, css: str) -> str:
    """Inline the rules. Run it once for a document: the marks that keep its own style blocks are used up.

    Style blocks in the document stay as they are, every byte: media rules, dark mode, !important.
    """
    from premailer import Premailer

    marked = "".join(
        piece if piece.startswith("<!--") else _STYLE.sub('<style data-premailer="ignore"', piece)
        for piece in _COMMENT.split(html)
    )
    # premailer keeps only the doctype that lxml reports, which is in capitals.
    marked = re.sub(r"^\s*<!doctype html>", "<!DOCTYPE html>", marked, count=1, flags=re.IGNORECASE)
    result = Premailer(
        marked,
        css_text=css,
        keep_style_tags=False,
        strip_important=False,
        remove_classes=False,
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        cache_css_parsing=True,
        cssutils_logging_level=logging.CRITICAL,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        align_floating_images=False,
        disable_link_rewrites=True,
        preserve_handlebar_syntax=False,
        exclude_pseudoclasses=True,
    ).transform(pretty_print=False)
    assert isinstance(result, str)
    return result
