"""The first half of making an archive: a summary of each issue, and the articles of those that have changed.

Input: sources and the records of the last run. Output: summaries; records, articles and pictures as files. Guarantees:
an unchanged issue is not read; memory holds the article, the record and the items of one issue at a time; the problems
of all issues are reported together.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from composer.content.document.newsletter import Newsletter
from composer.core.errors import ContentError, Problem
from composer.publish.archive_model import IssueSummary
from composer.publish.issue_reading import IssueReader, IssueResult
from composer.publish.publication_source import IssueSource
from composer.publish.records.issue_record import IssueRecord
from composer.publish.records.record_file import RecordFile
from composer.publish.site.page_article import article_in
from composer.publish.site.page_frame import file_of
from composer.publish.site.site_folder import SiteFolder
from composer.publish.site.site_manifest import digest_of

#: After so many pages, memory of earlier pages is freed: commands collect garbage only rarely (cli/main.py).
FREED = 20
#: The results of issues: None if this process has to read an issue.
Results = Iterable[IssueResult | None]


@dataclass(frozen=True, slots=True)
class Jobs:
    """Issues to read, and where their records of the last run are found."""

    sources: Sequence[IssueSource]
    before: Callable[[str], IssueRecord | None]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.sources)

    def __iter__(self) -> Iterator[tuple[IssueSource, IssueRecord | None]]:
        """Yield each issue with its record."""
        return ((source, self.before(source.stem)) for source in self.sources)


@dataclass(frozen=True, kw_only=True)
class ArchiveRequest:
    """What an archive is made of."""

    sources: Sequence[IssueSource]
    #: The newsletter by the language in file names, the main language (“”) first.
    newsletters: Mapping[str, Newsletter]
    #: The digest of what all pages are made with: settings, theme, program.
    common: str
    #: What is known from the last run, and what the next one has to know.
    records: RecordFile = field(repr=False)
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

    def read_all(self) -> Sequence[IssueSummary]:
        """Return the summary of each issue. Raises ContentError with the problems of all issues."""
        found: dict[str, IssueSummary | None] = {each.stem: self._unchanged(each) for each in self.request.sources}
        changed = [each for each in self.request.sources if found[each.stem] is None]
        done, total = len(found) - len(changed), len(found)
        problems: list[Problem] = []
        for source, result in self._results(changed):
            try:
                found[source.stem] = self._added(source, result)
            except ContentError as error:
                problems += error.problems
            done += 1
            if done % FREED == 0:
                gc.collect()
            self.request.progress(done, total)
        if problems:
            raise ContentError(tuple(problems))
        return [summary for summary in found.values() if summary is not None]

    def article(self, source: IssueSource, *, is_original: bool = False) -> str:
        """Return the article of an issue: of one that has not changed, from its page in the old archive."""
        place = self._issue_reader.article_place(source, is_original=is_original)
        if not place.exists():
            published = None if is_original else self._published_article(source)
            if published is not None:
                return published
            self._expect_publishable(source, self._issue_reader.result(source, None))
        return place.read_text(encoding="utf-8")

    def _published_article(self, source: IssueSource) -> str | None:
        """Return the article in the old page of an unchanged issue; None if it is not there as it was rendered."""
        before = self.request.records.before(source.stem)
        if before is None:
            return None
        page = self.folder.read_old(file_of(before.summary.address)).decode(errors="replace")
        article = article_in(page)
        return article if digest_of(article) == before.article else None

    def _unchanged(self, source: IssueSource) -> IssueSummary | None:
        """Return the summary of an unchanged issue; take its files from the old archive, and its record."""
        before = self.request.records.before(source.stem)
        if before is None or before.summary.made_of != self._issue_reader.made_of(source, before.inputs):
            return None
        taken = [self.folder.keep(path, made_of) for path, made_of in before.files.items()]
        if not all(taken):
            return None
        self.request.records.keep(source.stem)
        return before.summary

    def _results(self, changed: Sequence[IssueSource]) -> Iterator[tuple[IssueSource, IssueResult]]:
        jobs = Jobs(changed, self.request.records.before)
        if self.request.pool is None:
            for source, before in jobs:
                yield source, self._issue_reader.result(source, before)
            return
        with self.request.pool(jobs, self.folder) as results:
            for source, result in zip(changed, results, strict=True):
                if result is not None and result.record is not None:
                    for path, made_of in result.record.files.items():
                        self.folder.register(path, made_of)
                yield source, result or self._issue_reader.result(source, jobs.before(source.stem))

    def _added(self, source: IssueSource, result: IssueResult) -> IssueSummary:
        """Return the summary of an issue that was read, and store its record. Raises ContentError if it has problems."""
        record = self._expect_publishable(source, result)
        self.request.records.add(record, result.parts)
        return record.summary

    def _expect_publishable(self, source: IssueSource, result: IssueResult) -> IssueRecord:
        """Return the record of an issue that was read. Raises ContentError if it has problems."""
        if result.record is None:
            raise ContentError(result.problems)
        for text in result.texts:
            self.request.inspect(source, text)
        self.rendered += result.is_rendered
        self.findings += result.problems
        return result.record
