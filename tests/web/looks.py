"""Looks at the sample: an edition with the places of its blocks, as a build for the preview gives it."""

import re
from pathlib import Path

from lxml import html as lxml_html

from composer.content.values import text_in
from composer.errors import ContentError, Problem
from composer.pipeline import Built, build_issue
from composer.web.preview.look import Attempt, Look
from composer.workspace import Workspace

THEME = "templates/briefing/page.mjml.j2"


def look_at(workspace: Workspace, path: Path) -> Look:
    """Build an issue, and mark its blocks with the line on which their text is found."""
    built = build_issue(workspace, path)
    html = built.edition.html
    for name, picture in built.pictures:
        html = html.replace(f'"{picture.src}"', f'"pictures/{name}"')
    head, _, _ = built.message.partition(b"\r\n\r\n")
    return Look(
        name=text_in(built.newsletter.values, "name") or "",
        issue=workspace.name(path),
        subject=built.edition.subject,
        preheader=built.edition.preheader,
        sender=f"{built.newsletter.sender.name} <{built.newsletter.sender.address}>",
        html=_marked(html, built, workspace.name(path), path.read_text(encoding="utf-8")),
        text=built.edition.text,
        mailed=built.html.encode(),
        headers=head.decode("ascii"),
        fields=built.edition.fields,
        pictures={name: (picture.media_type, picture.data) for name, picture in built.pictures},
        sizes=built.edition.sizes,
        headings={section.spec.key: section.spec.heading or "" for section in built.issue.sections},
        language=built.edition.language,
        samples={"company": "ACME"},
    )


def attempt(workspace: Workspace, path: Path, findings: tuple[Problem, ...] = ()) -> Attempt:
    """Build as the command does: problems are told, and the files that were read."""
    inputs = (path, workspace.root / "newsletter.yaml")
    try:
        look = look_at(workspace, path)
    except ContentError as stop:
        return Attempt(look=None, problems=stop.problems, inputs=inputs)
    except OSError:
        gone = Problem(path=workspace.name(path), line=1, column=1, code="gone", message="the file is gone")
        return Attempt(look=None, problems=(gone,), inputs=inputs)
    return Attempt(look=look, problems=findings, inputs=inputs)


def _marked(html: str, built: Built, name: str, source: str) -> str:
    """Write places onto paragraphs, headings and pictures whose first words stand in the issue."""
    lines = [re.sub(r"[*\[\]\"“”]", "", line) for line in source.splitlines()]
    sections = {section.spec.anchor: section.spec.key for section in built.issue.sections}

    def mark(found: re.Match[str]) -> str:
        words = re.sub(r"<[^>]*>|\s+", " ", html[found.end() : found.end() + 600].partition(f"</{found[1]}>")[0])
        begin = " ".join(words.split()[:3])
        at = next((number for number, line in enumerate(lines, 1) if begin and begin in line), None)
        given = f' data-at="{name}:{at}:{lines[at - 1].index(begin) + 1}"' if at else ""
        return f'{found[0][:-1]}{given} data-from="{THEME}:40:2">'

    marked = re.sub(r"<(p|h1|h2|h3|li)(?=[\s>])[^>]*>", mark, html)
    for anchor, key in sections.items():
        place = re.search(rf'<[a-z0-9]+ [^>]*(?:id|name)="{anchor}"', marked)
        if place is not None:
            start = marked.rfind("<div", 0, marked.rfind('<div style="margin:0px auto;max-width', 0, place.start()) + 4)
            marked = f'{marked[: start + 4]} data-section="{key}"{marked[start + 4 :]}'
    assert lxml_html.fromstring(marked) is not None
    return marked
