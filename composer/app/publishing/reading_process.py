"""The process that reads issues for an archive.

Input: a `ReadingSetup` on standard input, then names of issues with their records of the last run. Output: a
`ReadingReply` for each on standard output, or None if it has to be read elsewhere. Guarantees: ends when standard
input is closed.
"""

import gc
import os
import pickle
from collections.abc import Iterator
from contextlib import closing, contextmanager

from composer.app.publishing.archive_issues import ArchiveIssues
from composer.app.publishing.reading_pool import ReadingReply, ReadingSetup
from composer.core.workspace import Workspace
from composer.publish.archive_reading import FREED
from composer.publish.issue_reading import IssueReader
from composer.publish.publication_source import IssueSource
from composer.publish.records.issue_record import IssueRecord


def serve() -> None:
    """Read issues until standard input is closed."""
    # As the program itself does (cli/main.py).
    gc.set_threshold(50_000)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # From the process that started this one.
    setup: ReadingSetup = pickle.load(requests)  # noqa: S301
    with _opened(setup) as issues:
        sources = {each.stem: each for each in issues.sources}
        with closing(IssueReader(setup.common, setup.now, setup.folder)) as issue_reader:
            for number, (stem, before) in enumerate(_jobs(requests), 1):
                replies.write(_reply(issues, issue_reader, sources[stem], before))
                replies.flush()
                if number % FREED == 0:
                    gc.collect()


def _jobs(requests: object) -> Iterator[tuple[str, IssueRecord | None]]:
    try:
        while True:
            yield pickle.load(requests)  # type: ignore[arg-type]  # noqa: S301
    except EOFError:
        return


def _reply(issues: ArchiveIssues, issue_reader: IssueReader, source: IssueSource, before: IssueRecord | None) -> bytes:
    try:
        return pickle.dumps(
            ReadingReply(result=issue_reader.result(source, before), version=issues.new_version(source.stem))
        )
    except Exception:
        # The process that started this one tries it again, and reports what is wrong.
        return pickle.dumps(None)


@contextmanager
def _opened(setup: ReadingSetup) -> Iterator[ArchiveIssues]:
    if setup.environment is None:
        from composer.app.publishing.issue_file_archive import FileIssues

        yield FileIssues(Workspace(root=setup.root), setup.now)
        return
    from composer.app.context import open_newsletter
    from composer.app.publishing.sent_archive import SentIssues

    with open_newsletter(setup.root, setup.environment) as context:
        issues = SentIssues(context, setup.now)
        try:
            yield issues
        finally:
            issues.close()
