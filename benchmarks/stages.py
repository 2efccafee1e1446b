"""Times a build stage by stage, in one warm process: what a preview spends after each save.

Comes in: a number of rounds. Goes out: seconds by stage, round by round. Stages do not overlap; "the rest" is what a
build does between them.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import ParamSpec, TypeVar
from unittest.mock import patch

import composer.pipeline
import composer.render.edition
from benchmarks import ROOT, SAMPLE
from composer.pipeline import Built, build_issue
from composer.render.theme import Theme
from composer.workspace import Workspace

P = ParamSpec("P")
R = TypeVar("R")

READ = "read and validate"
TEMPLATES = "templates to MJML"
LINT = "lint the MJML"
COMPILE = "compile"
INLINE = "inline"
TEXT = "plain text"
MESSAGE = "message"
REST = "the rest"
TOTAL = "a warm build"

#: What each stage calls, by the name under which the pipeline knows it.
_CALLS = (
    (READ, composer.pipeline, "read_issue"),
    (LINT, composer.render.edition, "lint"),
    (LINT, composer.render.edition, "strip_origins"),
    (COMPILE, composer.render.edition, "compile_mjml"),
    (INLINE, composer.render.edition, "inline_css"),
    (TEXT, composer.render.edition, "tidy"),
    (MESSAGE, composer.pipeline, "edition_hash"),
    (MESSAGE, composer.pipeline, "build"),
)


def sample() -> Built:
    """Build the sample in memory."""
    workspace = Workspace.find(ROOT)
    return build_issue(workspace, workspace.issue(SAMPLE))


def stages(rounds: int) -> dict[str, list[float]]:
    """Build the sample again and again, after three builds that do not count."""
    spent: dict[str, float] = {}

    def timed(stage: str, call: Callable[P, R]) -> Callable[P, R]:
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            begin = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - begin

        return run

    by_kind = {kind: timed(kind, Theme.render) for kind in (TEMPLATES, TEXT)}

    def render(theme: Theme, name: str, context: dict[str, object]) -> str:
        return by_kind[TEXT if name.endswith(".txt.j2") else TEMPLATES](theme, name, context)

    walls: dict[str, list[float]] = {}
    with ExitStack() as patches:
        patches.enter_context(patch.object(Theme, "render", render))
        for stage, module, name in _CALLS:
            patches.enter_context(patch.object(module, name, timed(stage, getattr(module, name))))
        for number in range(rounds + 3):
            spent.clear()
            begin = time.perf_counter()
            sample()
            total = time.perf_counter() - begin
            if number < 3:
                continue
            spent[REST] = total - sum(spent.values())
            for stage in (READ, TEMPLATES, LINT, COMPILE, INLINE, TEXT, MESSAGE, REST):
                walls.setdefault(stage, []).append(spent[stage])
            walls.setdefault(TOTAL, []).append(total)
    return walls
