"""The sample's MJML, damaged in 1,500 ways: every crash of the compiler is handled and noticed."""

import random
from functools import cache
from pathlib import Path

import pytest

from composer.content.document.issue import read_issue
from composer.core.errors import CompilerError
from composer.core.workspace import Workspace
from composer.render.edition import render
from composer.render.mjml.compiler import compile_mjml
from composer.render.mjml.lint import lint
from tests import processor_time
from tests.sizes import sized

ROOT = Path(__file__).parents[2]
_SIGNS = """< > 文> “ ”> " ' —> <!-- --> ]]> <p> </p> /> & \\ </mj-text> <mj-text> <![endif]--> <!--[if <? <! = </ <mj-raw> {"""
PIECES = (*_SIGNS.split(), "❤\ufe0f", "\u3000", "\n", " ", "<!--[if mso]>", "\0", "\udfff")


@cache
def sample() -> str:
    """The MJML of the sample issue."""
    workspace = Workspace(root=ROOT)
    newsletter, issue = read_issue(workspace, workspace.issue("2025-01-30"))
    return render(issue, newsletter).mjml


def mutant(chance: random.Random, source: str) -> str:
    """Insert, remove or repeat something, in one to four places."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(source))
        end = at + chance.choice((1, 2, 5, 40, 400))
        match chance.randrange(4):
            case 0:
                source = source[:at] + chance.choice(PIECES) + source[at:]
            case 1:
                source = source[:at] + source[end:]
            case 2:
                source = source[:at] + source[at:end] * 2 + source[end:]
            case _:
                other = chance.randrange(len(source))
                source = source[:at] + source[other : other + end - at] + source[end:]
    return source


def refused(mjml: str) -> str:
    """Compile, and return the compiler's error or an empty text."""
    try:
        html = compile_mjml(mjml)
    except CompilerError as error:
        return error.message
    assert html.endswith("</html>")
    return ""


@pytest.mark.slow
def test_mutants_end_in_a_page_or_an_error() -> None:
    """Each document is compiled, or raises a CompilerError that the lint expected; none takes a second."""
    chance = random.Random(214)
    outcomes = {"compiled": 0, "refused": 0}
    count = sized(150, 500)
    for number in range(count):
        damaged = mutant(chance, sample())
        with processor_time.at_most(1):
            refusal = refused(damaged)
            outcomes["refused" if refusal else "compiled"] += 1
            assert not refusal or lint(damaged), f"mutant {number}: {refusal}"
    assert min(outcomes.values()) > count / 7, outcomes
