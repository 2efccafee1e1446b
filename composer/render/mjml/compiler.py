"""Compiles MJML to HTML with mjml-python (mrml), and works around its bugs.

Input: linted MJML as a string. Output: one HTML document as a string, or CompilerError. Guarantees: loads and reads
nothing; a crash of the compiler becomes a CompilerError and prints no backtrace.
"""

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from composer.core.errors import CompilerError
from composer.render.mjml.tokenizer import START

_VALUE = re.compile(r"=[ \t\r\n]*+(\"[^\"]*+\"|'[^']*+')")
_REFERENCE = re.compile("&#([0-9]{3,7});")
_BLANK = re.compile(r"(?<=>)[ \t\r]++(?=\n|</?mj-)")
_POSITION = re.compile(r" at position (\d+):\d+")
#: What the compiler writes on cells against gaps that it leaves none of; spam filters take it for hidden text.
_ZERO_SIZE = re.compile(r"(?<=[\";])font-size:0px;(?!mso-)")
#: Between two conditions for Outlook that are one: node mjml joins them, this compiler does not.
_PARTED = "<![endif]--><!--[if mso | IE]>"
_LEAKED = re.compile(r"\\u\{[0-9a-f]+\}")
_IMPORT = re.compile(r"<style[^>]*+>[^<]*?@import", re.IGNORECASE)
#: Replaces a newline in an attribute value; the longer form differs from an author's own `&#10;`.
_NEWLINE = "&#x000a;"
_ESCAPES = str.maketrans({"\\": "&#x5c;", '"': "&#34;", "\n": _NEWLINE, "\t": "&#9;", "\r": "&#13;"})
#: The hosts of MJML's default pictures and fonts, which could track subscribers.
_REMOTE = ("fonts.googleapis.com", "fonts.gstatic.com", "www.mailjet.com", "i.imgur.com")
_REASONS = {
    "unexpected end of stream": "a tag is never closed",
    "unexpected token": "this is not allowed here",
    "unexpected element": "this element is not allowed here",
    "unable to parse next template": "a bare <, an attribute without quotes, or a control character",
}
_STDERR = threading.Lock()


def normalise(mjml: str) -> str:
    r"""Return MJML in the subset of its syntax that the compiler reads and prints correctly.

    All characters except ASCII become decimal references (a `>` next to such a character crashes the compiler, and it
    prints many of them in attribute values as `\\u{3000}`); so do backslashes, quotes, newlines and tabs in values.
    """
    text = mjml.strip().encode("ascii", "xmlcharrefreplace").decode("ascii")
    # Between the elements of a head, the compiler reads a blank as text, but not a newline with blanks after it.
    return _BLANK.sub("", START.sub(_escape_values, text))


def _escape_values(tag: re.Match[str]) -> str:
    text = tag[0]
    if not (tag[2] and ("\\" in text or "\n" in text or "'" in text or "\t" in text or "\r" in text)):
        return text
    head = len(tag[1]) + 1
    return text[:head] + _VALUE.sub(lambda value: f'="{value[1][1:-1].translate(_ESCAPES)}"', text[head:])


def restore(html: str) -> str:
    """Replace the references from `normalise` with characters."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1])
        # In HTML, &#128; to &#159; are not the characters with these numbers, and surrogates are not characters.
        return chr(code) if 160 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF else match[0]

    return _REFERENCE.sub(character, html)


def compile_mjml(mjml: str) -> str:
    """Compile MJML, and check the output.

    Use `lint` and `strip_origins` first: the compiler itself overlooks most mistakes. Raises CompilerError, with the
    line if the compiler reports one. A crash of the compiler also raises CompilerError; to hide its backtrace, stderr
    is closed for the whole process for the millisecond that compiling takes.
    """
    from mjml import mjml2html

    text = normalise(mjml)
    try:
        with _quiet_stderr():
            html = mjml2html(text, disable_comments=True, fonts={})
    except ValueError as error:
        raise _refused(str(error), mjml, text) from error
    except BaseException as error:
        # pyo3's PanicException cannot be imported, and is derived from BaseException.
        if type(error).__name__ != "PanicException":
            raise
        raise CompilerError(
            f"the MJML compiler crashed: {str(error).splitlines()[0][:200] if str(error) else 'no reason given'}",
            "this is a bug in the compiler; undo the last change to the template",
        ) from None
    html = _ZERO_SIZE.sub("", restore(html)).replace(_PARTED, "")
    _check(html, mjml)
    return html


def _refused(reason: str, mjml: str, text: str) -> CompilerError:
    words = next((plain for known, plain in _REASONS.items() if known in reason), reason)
    position = _POSITION.search(reason)
    if position is None:
        return CompilerError(f"the MJML compiler rejected the document: {words}", "the compiler does not report a line")
    before = text[: int(position[1])]
    skipped = mjml[: len(mjml) - len(mjml.lstrip())].count("\n")
    line = 1 + skipped + before.count("\n") + before.count(_NEWLINE)
    return CompilerError(f"the MJML compiler rejected the document at line {line}: {words}", reason)


def _check(html: str, mjml: str) -> None:
    problem = ""
    if not html[:15].lower().startswith("<!doctype html>"):
        problem = "it has no doctype"
    elif (leaked := _LEAKED.search(html)) and leaked[0] not in mjml:
        problem = f"a character was changed to {leaked[0]}"
    elif "<link" in html.lower():
        problem = "it loads a style sheet with <link>"
    elif _IMPORT.search(html):
        problem = "it loads a style sheet with @import"
    elif remote := next((host for host in _REMOTE if host in html and host not in mjml), ""):
        problem = f"it loads something from {remote}"
    if problem:
        raise CompilerError(f"the compiled document is not safe to send: {problem}", "check the theme's page template")


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Close file descriptor 2 temporarily: Rust prints a crash there even without RUST_BACKTRACE."""
    with _STDERR, _undisturbed() as let_signals_in:
        try:
            kept = os.dup(2)
            nowhere = os.open(os.devnull, os.O_WRONLY)
        except OSError:
            # The process has no stderr that must be closed.
            let_signals_in()
            yield
            return
        try:
            os.dup2(nowhere, 2)
            let_signals_in()
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


@contextmanager
def _undisturbed() -> Iterator[Callable[[], None]]:
    """Delay signals until the function is called: Ctrl-C between a call and its assignment would lose a descriptor."""
    if not hasattr(signal, "pthread_sigmask"):
        yield lambda: None
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def let_in() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        # Inside the try block: a signal that arrived just before may still be handled after this call.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        yield let_in
    finally:
        let_in()
