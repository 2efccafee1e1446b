"""Prints the sample as PDF: in a fresh process, and in one that has printed before.

Input: a number of rounds. Output: seconds of processor time, and the size of the PDF. A PDF is also read back.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT, SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """The measurements: seconds of processor time of each round, and the PDF."""

    #: The whole command `compose build --pdf`.
    fresh: list[float]
    warm: list[float]
    pages: int
    #: In bytes.
    size: int


def printing(rounds: int) -> Printing:
    """Measure both."""
    from composer.content.document.issue import read_issue
    from composer.core.workspace import Workspace
    from composer.editions.pdf_edition import issue_job
    from composer.pdf.print_job import PrintedPdf
    from composer.pdf.print_process import printed

    with tempfile.TemporaryDirectory() as folder:
        fresh = [_build(folder) for _ in range(rounds)]
    workspace = Workspace(root=ROOT)
    job = issue_job(*read_issue(workspace, workspace.issue(SAMPLE)))
    result, warm = printed(job), []
    for _ in range(rounds):
        begin = time.process_time()
        result = printed(job)
        warm.append(time.process_time() - begin)
    assert isinstance(result, PrintedPdf), result
    return Printing(fresh=fresh, warm=warm, pages=result.pages, size=len(result.data))


def _build(folder: str) -> float:
    """Return the processor time of a build."""
    before = os.times()
    command = [sys.executable, "-m", "composer", "build", SAMPLE, "--output", str(Path(folder) / "out"), "--pdf"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
