"""A small valid newsletter, for tests that break one thing in it."""

from pathlib import Path

from PIL import Image

from composer.core.errors import ContentError, Problem
from composer.core.workspace import Workspace
from composer.editions.pipeline import build_issue

NEWSLETTER = """\
name: Test Letter
language: en
timezone: UTC
brand:
  accent: "#9b1c1c"
sender:
  from: The Desk <desk@example.org>
sections:
  top_story:
    type: story
    heading: Top story
    required: true
  topics:
    type: briefs
    heading: Topics
    max: 2
  metrix:
    type: metric
  chart:
    type: image
fields:
  company:
    sample: ACME
"""

ISSUE = """\
date: 2025-01-30
number: 214
subject: "A subject"
preheader: "A preheader"
top_story:
  title: "A title"
  body: |
    First paragraph.

    Second paragraph.
  sources: |
    Reuters: [One](https://example.org/1)
    AP (CN): [Two](https://example.org/2) (中文)
topics:
  - title: "First topic"
    facts: |
      Facts.
  - title: "Second topic"
    facts: |
      Facts.
metrix:
  value: 49.10
  body: |
    A number.
chart:
  image: assets/chart.png
  alt: "A chart"
"""


def issue_workspace(folder: Path) -> Workspace:
    """Write the valid newsletter."""
    assets = folder / "issues/assets"
    assets.mkdir(parents=True)
    (folder / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    (folder / "issues/2025-01-30.yaml").write_text(ISSUE, encoding="utf-8")
    Image.new("RGB", (8, 4), "red").save(assets / "chart.png")
    return Workspace(root=folder.resolve())


def problems(workspace: Workspace, stem: str = "2025-01-30") -> tuple[Problem, ...]:
    """Build the issue and return the problems; none if it builds."""
    try:
        build_issue(workspace, workspace.issue(stem))
    except ContentError as error:
        return error.problems
    return ()
