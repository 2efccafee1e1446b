"""Newsletters for tests: the sample, and one without any section of the sample."""

import shutil
from pathlib import Path

from composer.core.workspace import Workspace

ROOT = Path(__file__).parent.parent

LETTER = """\
name: Letters from the Desk
language: en
timezone: UTC
sender:
  from: The Desk <desk@example.org>
sections:
  letter:
    type: text
    required: true
"""


def sample(folder: Path) -> Workspace:
    """Copy the sample newsletter."""
    for name in ("newsletter.yaml", "newsletter.de.yaml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "assets", folder / "assets")
    shutil.copytree(ROOT / "issues", folder / "issues")
    return Workspace(root=folder.resolve())


def sample_message(folder: Path, body: str = "Dear subscribers, hello.", newsletter: str = LETTER) -> Workspace:
    """Create a newsletter with one text, and an issue 2025-01-30."""
    (folder / "issues").mkdir(parents=True, exist_ok=True)
    (folder / "newsletter.yaml").write_text(newsletter, encoding="utf-8")
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    issue = f'date: 2025-01-30\nsubject: "A letter"\nletter:\n  body: |\n{lines}'
    (folder / "issues" / "2025-01-30.yaml").write_text(issue, encoding="utf-8")
    return Workspace(root=folder.resolve())
