"""Times the stages of a preview after each save, in one warm process.

Input: a number of rounds. Output: seconds of processor time by stage, round by round. Every round changes a word of the
issue, so that only the preview's own caches are used. The page shows the edition in a frame; other views are built when
they are opened. Stages do not overlap; "the rest" is the time between them.
"""

import datetime
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar
from unittest.mock import patch

import composer.editions.check_run
import composer.editions.pipeline
import composer.render.edition
from benchmarks import ROOT, SAMPLE
from composer.core.workspace import Workspace
from composer.editions.pipeline import Built, build_issue
from composer.render.templating.theme import Theme
from composer.web.preview.build_preview import preview_builder
from composer.web.preview.page_state import as_json, panels, state
from composer.web.preview.view_model import ShownVariant
from composer.web.preview.views import edition, frames
from tests.render.roundup import write_roundup

P = ParamSpec("P")
R = TypeVar("R")

READ = "read and validate"
TEMPLATES = "templates to MJML"
LINT = "lint the MJML"
COMPILE = "compile"
INLINE = "inline"
TEXT = "plain text"
MESSAGE = "message"
PLACES = "places on the page"
CHECKS = "checks"
PAGE = "what the page is told"
REST = "the rest"
TOTAL = "from a save to the page"

_STAGES = (READ, TEMPLATES, LINT, COMPILE, INLINE, TEXT, MESSAGE, PLACES, CHECKS, PAGE, REST)
#: The function of each stage, by the name in its caller.
_CALLS = (
    (READ, composer.editions.pipeline, "read_issue"),
    (LINT, composer.render.edition, "lint"),
    (LINT, composer.render.edition, "strip_origins"),
    (COMPILE, composer.render.edition, "compile_mjml"),
    (INLINE, composer.render.edition, "inline_css"),
    (TEXT, composer.render.edition, "tidy"),
    (MESSAGE, composer.editions.pipeline, "compile_message"),
    (PLACES, composer.editions.pipeline, "annotate"),
    (CHECKS, composer.editions.check_run, "review_problems"),
)
#: Writes a newsletter into a folder that does not exist; returns it, and a word of its issue that is changed.
Write = Callable[[Path], tuple[Workspace, str]]


def write_sample(folder: Path) -> tuple[Workspace, str]:
    """Copy the sample."""
    folder.mkdir()
    for name in ("newsletter.yaml", "newsletter.de.yaml"):
        shutil.copyfile(ROOT / name, folder / name)
    for name in ("assets", "issues"):
        shutil.copytree(ROOT / name, folder / name)
    return Workspace(root=folder.resolve()), "turned the mood on Wall Street"


def write_large(folder: Path) -> tuple[Workspace, str]:
    """Write a round-up of 150 links."""
    return write_roundup(folder), "Compiler "


def sample() -> Built:
    """Build the sample in memory."""
    workspace = Workspace.find(ROOT)
    return build_issue(workspace, workspace.issue(SAMPLE))


def stages(rounds: int, write: Write = write_sample) -> dict[str, list[float]]:
    """Save and update repeatedly, after three times that do not count."""
    spent: dict[str, float] = {}

    def timed(stage: str, call: Callable[P, R]) -> Callable[P, R]:
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            begin = time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                spent[stage] = spent.get(stage, 0.0) + time.process_time() - begin

        return run

    by_kind = {kind: timed(kind, Theme.render) for kind in (TEMPLATES, TEXT)}

    def render(theme: Theme, name: str, context: dict[str, object], *, is_directed: bool = False) -> str:
        kind = TEXT if name.endswith(".txt.j2") else TEMPLATES
        return by_kind[kind](theme, name, context, is_directed=is_directed)

    walls: dict[str, list[float]] = {}
    with ExitStack() as patches:
        patches.enter_context(patch.object(Theme, "render", render))
        for stage, module, name in _CALLS:
            patches.enter_context(patch.object(module, name, timed(stage, getattr(module, name))))
        save = patches.enter_context(saving(write))
        for number in range(rounds + 3):
            spent.clear()
            begin, told, end = save(number)
            if number < 3:
                continue
            spent[PAGE] = end - told
            spent[REST] = end - begin - sum(spent.values())
            for stage in _STAGES:
                walls.setdefault(stage, []).append(spent[stage])
            walls.setdefault(TOTAL, []).append(end - begin)
    return walls


@contextmanager
def saving(write: Write = write_sample) -> Iterator[Callable[[int], tuple[float, float, float]]]:
    """Yield a function that saves an issue with a number in it, and updates the page.

    It returns three times of `time.process_time`: when it began to read, when it began to tell the page, and the end.
    """
    with tempfile.TemporaryDirectory() as folder:
        workspace, word = write(Path(folder) / "newsletter")
        issue = workspace.issue(SAMPLE)
        text = issue.read_text(encoding="utf-8")
        assert word in text
        moment = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)
        attempt = preview_builder(workspace, issue, lambda: moment)

        def save(number: int) -> tuple[float, float, float]:
            issue.write_text(text.replace(word, f"{word} {number}", 1), encoding="utf-8")
            begin = time.process_time()
            model = attempt().model
            assert model is not None
            told = time.process_time()
            shown = ShownVariant(version=number, edition=number, model=model, problems=model.findings)
            as_json(state(shown, panels(model)))
            edition(model, next(iter(frames(model))))
            return begin, told, time.process_time()

        yield save
