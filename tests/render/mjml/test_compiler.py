"""Compiling MJML: the content is kept, and failures of the compiler are handled. The real compiler runs."""

import os
import random
import re
import signal
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from mjml import mjml2html

from composer.core.errors import CompilerError
from composer.render.mjml.compiler import compile_mjml, normalise
from composer.render.mjml.lint import lint, strip_origins
from tests.render.documents import DOCUMENT, compiled, with_body, with_head, with_text

AWKWARD = [
    "\u00a0", "\u202f", "\u2002", "\u3000", "👨\u200d👩\u200d👧", "❤\ufe0f",
    "\u200b", "\u200f", "\u00ad", "\ufeff", "e\u0301", "が",
    "か\u3099", "한국어", "ไทย", "हिन्दी", "עברית", "العربية",
    "\\", "C:\\new", "a\nb", "a\tb", "“c”—文", "文>本",
    "a>b", "𠀀",
]  # fmt: skip


@pytest.mark.parametrize("value", AWKWARD, ids=[ascii(value) for value in AWKWARD])
def test_attribute_values_are_kept(value: str) -> None:
    r"""Attribute values are kept; the compiler alone would print `\u{3000}` or similar, or crash."""
    out = compile_mjml(with_text(f'<a title="{value}" lang=\'{value}"\'>{value}</a>'))
    assert unescape(re.findall('title="([^"]*)"', out)[0]) == value
    assert unescape(re.findall(' lang="([^"]*)">', out)[-1]) == value + '"'
    assert f">{value}</a>" in out


def test_the_compiler_still_needs_the_workarounds() -> None:
    """The compiler still has the bugs that we work around: if one of these checks fails, it was fixed."""
    assert r"\u{3000}" in mjml2html(with_text('<a title="\u3000">x</a>'))
    assert "fonts.googleapis.com" in mjml2html(with_text("x"))
    assert mjml2html(with_text("x<mj-foo></mj-foo>"))
    assert "\ufffd" not in mjml2html(with_text("文 &gt; 本"))
    revealed = mjml2html(with_text("<!--[if !mso]><!-- --><b>x</b><!--<![endif]-->"), disable_comments=True)
    assert "<!--[if !mso]><b>" in revealed
    unbalanced = with_body(
        "<mj-raw><!--[if mso]><td><![endif]--></mj-raw><mj-raw><!--[if mso]></td><![endif]--></mj-raw>"
    )
    assert "<mj-raw>" in mjml2html(unbalanced)


def test_a_bare_greater_than_sign_next_to_chinese_compiles() -> None:
    """`文> 本`, which crashes the compiler, is text like any other."""
    for text in ("文> 本", "文 > 本", "—>", "“c”>", "<b>文</b>>文", "文>"):
        assert text in compile_mjml(with_text(text))
    assert ".文 > b" in compile_mjml(with_head("<mj-style>.文 > b {color: red}</mj-style>"))


def test_blanks_between_elements_are_not_text() -> None:
    """The compiler rejects ` <mj-title>` after another head element, unless there is a newline first."""
    spaced = (
        "<mj-attributes> <mj-all color='red'/>\t <mj-text align='left'/> \r\n </mj-attributes> <mj-title>x</mj-title> "
    )
    with pytest.raises(ValueError, match="unexpected token"):
        mjml2html(with_head(spaced))
    assert "<title>x</title>" in compile_mjml(with_head(spaced))


def test_the_head_is_kept() -> None:
    """Title, preview and styles keep every character; an author's references keep their meaning."""
    html = compiled()
    assert "<title>Issue 214 — “中文” ❤️</title>" in html
    assert "What the line means, and a > b" in html and ".文 > b { color: blue }" in html
    assert "<!--[if mso]><b>mso</b><![endif]--><!--[if !mso]><!--><i>o</i><!--<![endif]-->" in html
    assert "data-at" not in html and "mjml" not in html
    assert "a&#60;b &lt; &#128; \u2014" in compile_mjml(with_text("a&#60;b &lt; &#128; &#8212;"))


def test_nothing_is_loaded_from_other_hosts() -> None:
    """Without our own fonts, MJML would load one from Google; with our settings, it loads nothing."""
    html = compile_mjml(with_text("x"))
    assert "Ubuntu" in html and "googleapis" not in html and "<link" not in html.lower() and "@import" not in html


@pytest.mark.parametrize(
    ("mjml", "reason"),
    [
        (with_head("<mj-style>@import url(x.css);</mj-style>"), "@import"),
        (with_head('<mj-raw><link rel="x" href="y"/></mj-raw>'), "<link>"),
        (with_head("<mj-style>a{}</mj-style>") + "x", "rejected the document"),
        (with_text("<a title='\x7f'>x</a>"), "u{7f}"),
        (
            with_body("<mj-section><mj-column><mj-social><mj-social-element name='facebook'>x</mj-social-element>"
                      "</mj-social></mj-column></mj-section>"),
            "www.mailjet.com",
        ),
    ],
)  # fmt: skip
def test_unsafe_output_is_rejected(mjml: str, reason: str) -> None:
    """The compiled document is checked again, for mistakes that the lint missed."""
    with pytest.raises(CompilerError, match=re.escape(reason)):
        compile_mjml(mjml)


def test_an_error_names_the_line_as_written() -> None:
    """The compiler counts bytes of its input; the error has the line that the author sees."""
    mjml = '\n<mjml>\n<mj-body><mj-raw><p title="中\n文">中文</p>\n\n<?php ?></mj-raw></mj-body></mjml>'
    with pytest.raises(CompilerError, match="at line 6"):
        compile_mjml(mjml)


INTERRUPTED = """
import os, signal, sys
from composer.render.mjml.compiler import compile_mjml
document = sys.stdin.read()
compile_mjml(document)
for number in range(60):
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        # Inside: on a busy machine the alarm may ring before the next line runs.
        signal.setitimer(signal.ITIMER_REAL, 0.002 + number / 10000)
        while True:
            compile_mjml(document)
    except KeyboardInterrupt:
        pass
os.write(2, b"still here")
print(len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no timer here to interrupt with")
def test_keyboard_interrupt_passes() -> None:
    """Only crashes become errors: Ctrl-C still works at any moment, and stderr works afterwards."""
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        input=strip_origins(DOCUMENT),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert ran.stderr == "still here"
    assert int(ran.stdout) < 12


PANIC = """
import composer.render.mjml.compiler as m
m.normalise = lambda text: text
from composer.core.errors import CompilerError
try:
    m.compile_mjml("<mjml><mj-body><mj-raw>\\u6587> \\u672c</mj-raw></mj-body></mjml>")
except CompilerError as error:
    print(error.message)
import sys; print("still here", file=sys.stderr)
"""


@pytest.mark.parametrize("backtrace", ["0", "1"])
def test_a_panic_is_an_error_and_prints_nothing(backtrace: str) -> None:
    """Without our workaround the compiler crashes: one CompilerError, no Rust backtrace, stderr works afterwards."""
    ran = subprocess.run(
        [sys.executable, "-c", PANIC],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RUST_BACKTRACE": backtrace, "PYTHONPATH": str(Path.cwd())},
    )
    assert ran.stdout.startswith("the MJML compiler crashed: start byte index")
    assert ran.stderr == "still here\n"


def test_normalise_is_ascii_and_keeps_text_lines() -> None:
    """The compiler gets only ASCII, so its byte offsets are never inside a character."""
    assert normalise(DOCUMENT).isascii()


@pytest.mark.slow
def test_mutants_are_compiled_or_rejected() -> None:
    """1,000 damaged documents: each compiles, is a finding, or raises CompilerError; no crash escapes."""
    source = strip_origins(DOCUMENT)
    chance = random.Random(20250130)
    pieces = ["<", ">", "文>", "“", "”>", '"', "'", "—>", "❤️", "\u3000", "<!--", "-->", "]]>", "<p>", "</p>", "/>", "&",
              "\\", "</mj-text>", "<mj-text>", "<![endif]-->", "<?", "\x00", "=", " "]  # fmt: skip
    outcomes = {"compiled": 0, "refused": 0, "found": 0}
    gaps = []
    for _ in range(1000):
        mutant = source
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(mutant))
            match chance.randrange(3):
                case 0:
                    mutant = mutant[:at] + chance.choice(pieces) + mutant[at:]
                case 1:
                    mutant = mutant[:at] + mutant[at + chance.randint(1, 6) :]
                case _:
                    end = at + chance.randint(1, 40)
                    mutant = mutant[:at] + mutant[at:end] * 2 + mutant[end:]
        found = lint(mutant)
        try:
            compile_mjml(mutant)
            outcomes["found" if found else "compiled"] += 1
        except CompilerError as error:
            outcomes["refused"] += 1
            if not found:
                gaps.append((error.message, mutant))
    # If the lint accepts what the compiler rejects, the author gets an error without a place in the template.
    assert gaps == []
    assert min(outcomes.values()) > 50, outcomes
