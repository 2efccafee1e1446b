"""The first half of making an archive: a record of each issue, and the articles of those that have changed.

Input: sources and the records of the last run. Output: records; articles and pictures as files. Guarantees: an
unchanged issue is not read; memory holds one article at a time; the problems of all issues are reported together.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from composer.content.document.newsletter import Newsletter
from composer.core.errors import ContentError, Problem
from composer.publish.issue_reading import IssueReader, IssueResult
from composer.publish.publication_source import IssueSource
from composer.publish.site.site_folder import SiteFolder
from composer.publish.summary_cache import IssueRecord

#: After so many pages, memory of earlier pages is freed: commands collect garbage only rarely (cli/main.py).
FREED = 50
#: Issues to read with their records of the last run, and their results: None if this process has to read an issue.
Jobs = Sequence[tuple[IssueSource, IssueRecord | None]]
Results = Iterable[IssueResult | None]


@dataclass(frozen=True, kw_only=True)
class ArchiveRequest:
    """What an archive is made of."""

    sources: Sequence[IssueSource]
    #: The newsletter by the language in file names, the main language (“”) first.
    newsletters: Mapping[str, Newsletter]
    #: The digest of what all pages are made with: settings, theme, program.
    common: str
    #: What is known from the last run, by stem.
    records: Mapping[str, IssueRecord] = field(default_factory=dict, repr=False)
    now: datetime
    #: Called with each text before it is used; raises ContentError if something private is in it.
    inspect: Callable[[IssueSource, str], None] = lambda source, text: None
    #: Called with how many issues of all are done.
    progress: Callable[[int, int], None] = lambda done, total: None
    #: Reads many issues in processes of their own, into the same folder; None to read all of them in this process.
    pool: Callable[[Jobs, SiteFolder], AbstractContextManager[Results]] | None = None


class ArchiveReader:
    """Reads the issues of an archive."""

    def __init__(self, request: ArchiveRequest, folder: SiteFolder) -> None:
        """The folder is the new archive."""
        self.request, self.folder = request, folder
        self._issue_reader = IssueReader(request.common, request.now, folder)
        #: How many issues were rendered, and what is wrong with PDFs.
        self.rendered = 0
        self.findings: list[Problem] = []

    def close(self) -> None:
        """End the process that prints, if there is one."""
        self._issue_reader.close()

    def read_all(self) -> Mapping[str, IssueRecord]:
        """Return the record of each issue by stem. Raises ContentError with the problems of all issues."""
        found: dict[str, IssueRecord | None] = {each.stem: self._unchanged(each) for each in self.request.sources}
        changed = [each for each in self.request.sources if found[each.stem] is None]
        done, total = len(found) - len(changed), len(found)
        problems: list[Problem] = []
        for source, result in self._results(changed):
            try:
                found[source.stem] = self._accepted(source, result)
            except ContentError as error:
                problems += error.problems
            done += 1
            if done % FREED == 0:
                gc.collect()
            self.request.progress(done, total)
        if problems:
            raise ContentError(tuple(problems))
        return {stem: record for stem, record in found.items() if record is not None}

    def article(self, source: IssueSource, *, is_original: bool = False) -> str:
        """Return the article of an issue; it is rendered if only its surroundings have changed."""
        place = self._issue_reader.article_place(source, is_original=is_original)
        if not place.exists():
            self._accepted(source, self._issue_reader.result(source, None))
        return place.read_text(encoding="utf-8")

    def _unchanged(self, source: IssueSource) -> IssueRecord | None:
        """Return the record of an unchanged issue, and take its files from the old archive."""
        before = self.request.records.get(source.stem)
        if before is None or before.source != self._issue_reader.made_of(source, before.inputs):
            return None
        taken = [self.folder.keep(path, made_of) for path, made_of in before.summary.files.items()]
        return before if all(taken) else None

    def _results(self, changed: Sequence[IssueSource]) -> Iterator[tuple[IssueSource, IssueResult]]:
        jobs = [(source, self.request.records.get(source.stem)) for source in changed]
        if self.request.pool is None:
            for source, before in jobs:
                yield source, self._issue_reader.result(source, before)
            return
        with self.request.pool(jobs, self.folder) as results:
            for (source, before), result in zip(jobs, results, strict=True):
                if result is not None and result.record is not None:
                    for path, made_of in result.record.summary.files.items():
                        self.folder.register(path, made_of)
                yield source, result or self._issue_reader.result(source, before)

    def _accepted(self, source: IssueSource, result: IssueResult) -> IssueRecord:
        """Return the record of an issue that was read. Raises ContentError if it has problems."""
        if result.record is None:
            raise ContentError(result.problems)
        for text in result.texts:
            self.request.inspect(source, text)
        self.rendered += result.is_rendered
        self.findings += result.problems
        return result.record
