"""Builds what the preview shows from an issue's file.

Input: a workspace and an issue's path. Output: an `Attempt`: the edition with its findings, or the errors that prevent it,
and the files that it depends on. Guarantees: writes nothing.
"""

import datetime
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from composer.content.build_memory import BuildMemory
from composer.content.document.issue import Issue, read_issue
from composer.content.document.newsletter import Newsletter
from composer.content.yaml.nodes import Nodes
from composer.core.errors import ComposeError, ContentError
from composer.core.workspace import ISSUES, NEWSLETTER, TEMPLATES, Workspace
from composer.editions.check_run import Checked, check_issue
from composer.editions.pipeline import BuiltVariant, pick
from composer.editions.web_build import build_web
from composer.web.preview.simulation.sample_subscribers import SampleSubscriber
from composer.web.preview.view_model import Attempt, PreviewModel, PublicEdition


def preview_builder(
    workspace: Workspace,
    path: Path,
    now: Callable[[], datetime.datetime],
    day: datetime.date | None = None,
    asked: SampleSubscriber | None = None,
) -> Callable[[], Attempt]:
    """Return a function that builds and checks the issue as it is now.

    `day` is the planned sending date, if not today; `asked` is the subscriber to show the issue for.
    """
    read: tuple[Path, ...] = ()
    memory: BuildMemory[Newsletter] = BuildMemory()

    def attempt() -> Attempt:
        nonlocal read
        inputs = tuple(dict.fromkeys((*always(workspace, path), *read)))
        try:
            checked = check_issue(workspace, path, now(), day, memory)
        except ContentError as error:
            return Attempt(model=None, problems=error.problems, inputs=inputs)
        except ComposeError as error:
            return Attempt(model=None, error=" ".join(filter(None, (error.message, error.hint))), inputs=inputs)
        memory.finish()
        read = (*memory.files, *_inputs(checked.built.issue))
        # A page shows the web edition less often than a file is saved.
        public = cache(partial(_public_edition, workspace, path))
        model = build_preview(checked, workspace.name(path), asked, public)
        return Attempt(model=model, inputs=tuple(dict.fromkeys((*inputs, *read))))

    return attempt


def always(workspace: Workspace, path: Path) -> tuple[Path, ...]:
    """Return the files to watch in any case: a build that fails does not read all of them.

    One name in a folder makes the whole folder watched: a file that the issue names can be added at any time.
    """
    root = workspace.root
    folders = (Path(folder) for top in (ISSUES, "assets", TEMPLATES) for folder, _, _ in os.walk(root / top))
    own = _files_in(root / TEMPLATES)
    return (path, root / NEWSLETTER, *root.glob("newsletter.*.yaml"), *own, *(folder / "any" for folder in folders))


def build_preview(
    checked: Checked,
    name: str,
    asked: SampleSubscriber | None = None,
    public: Callable[[], PublicEdition] = PublicEdition,
) -> PreviewModel:
    """Return what the preview shows of a build; `name` is the issue's file as people see it.

    `public` renders the web edition.
    """
    fullest, *others = (_build_preview(variant, name, asked) for variant in checked.variants)
    theirs = pick(checked.variants, asked.language, asked.tags).number if asked else 1
    return replace(fullest, findings=checked.problems, others=tuple(others), asked_variant=theirs, public=public)


def _public_edition(workspace: Workspace, path: Path) -> PublicEdition:
    try:
        newsletter, issue = read_issue(workspace, path)
        built = build_web(newsletter, issue, has_places=True)
    except ContentError as error:
        first = error.problems[0]
        return PublicEdition(error=f"{first.path}:{first.line}: {first.message}")
    except ComposeError as error:
        return PublicEdition(error=error.message)
    edition = built.edition
    return PublicEdition(
        newsletter=newsletter.name,
        language=edition.language,
        direction=edition.direction,
        body=edition.body,
        screen_css=edition.screen_css,
        print_css=edition.print_css,
        pictures={name: (picture.media_type, picture.data) for name, picture in built.pictures},
    )


def _build_preview(variant: BuiltVariant, name: str, asked: SampleSubscriber | None) -> PreviewModel:
    built = variant.built
    newsletter, edition = built.newsletter, built.edition
    head, _, _ = built.message.partition(b"\r\n\r\n")
    sender = newsletter.sender
    return PreviewModel(
        name=newsletter.name,
        issue=name,
        subject=edition.subject,
        preheader=edition.preheader,
        sender=sender.name or sender.address,
        html=built.annotated,
        text=edition.text,
        mailed=built.mailed.encode(),
        headers=head.decode("ascii", "replace").replace("\r\n", "\n") + "\n",
        fields=edition.fields,
        pictures={name: (picture.media_type, picture.data) for name, picture in built.pictures},
        sizes=edition.sizes,
        headings={
            section.spec.key: section.spec.heading or section.spec.key.replace("_", " ")
            for section in built.issue.sections
        },
        language=edition.language,
        samples=newsletter.samples,
        asked=asked,
        number=variant.number,
        subscribers=variant.subscribers,
    )


def _inputs(issue: Issue) -> Iterator[Path]:
    """Yield the files that an issue was read from: texts and pictures."""
    yield from _files(issue.nodes)
    yield from (picture.file for picture in issue.pictures)


def _files(nodes: Nodes) -> Iterable[Path]:
    return dict.fromkeys(node.source.path for node in nodes.values())


def _files_in(folder: Path) -> Iterator[Path]:
    return (Path(place, name) for place, _, names in os.walk(folder) for name in names)
