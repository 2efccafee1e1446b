"""Lists are imported by functions, which return what was decided, and the result for each row."""

import csv
import stat
from collections import Counter
from pathlib import Path

import pytest

from composer.app.context import MailingContext
from composer.app.people.import_undo import import_to_undo, undo_import
from composer.app.people.list_import import (
    ImportPreview,
    ImportRequest,
    ListImport,
    import_list,
    import_suppressions,
)
from composer.audience.importing.apply import ImportResult
from composer.audience.lists.formats.detection import tables_in
from composer.audience.lists.meaning.dates import DateOrder
from composer.audience.subscribers import AudienceError, Status
from composer.audience.suppression import Reason, listed
from composer.core.errors import UsageError
from tests.audience.list_factory import written
from tests.audience.people import NOW, everybody, join

LIST = "Email,Name,Company,Phone,Tags\nanna@example.org,Anna,ACME,1,vip\nben@,Ben,,,\nchen@example.org,Chen,,,\n"


def _imported(context: MailingContext, path: Path, *, says: bool = True, **more: object) -> ListImport:
    request = ImportRequest(file=path, **more)  # type: ignore[arg-type]
    with tables_in(path) as tables:
        return import_list(context, tables, request, decide=lambda _: says, clock=lambda: NOW)


def _everybody(context: MailingContext) -> dict[str, Status]:
    with context.database.read() as connection:
        return everybody(connection)


def test_a_list_becomes_subscribers_and_a_report(context: MailingContext, tmp_path: Path) -> None:
    """The preview counts the rows; the result has a number; rows that are not imported are in a private file."""
    done = _imported(context, written(tmp_path, LIST), consent=" form  2024", tags=("Spring ",))
    assert done.doubts is None
    assert done.result == ImportResult(number=1, new=2, updated=0, agreed=0, suppressed=0)
    preview = done.preview
    assert preview is not None
    assert (preview.summary.new, preview.summary.bad, preview.summary.rows, preview.has_changes) == (2, 1, 3, True)
    assert [(each.name, each.kind, each.left_out) for each in preview.tables] == [("list.csv", "list", ("Phone",))]
    assert [each.address for each in preview.examples] == ["anna@example.org", "chen@example.org"]
    assert [each.number for each in preview.first_bad] == [3]
    report = preview.report
    assert report is not None and report.parent == context.workspace.root / "outbox" / "imports"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    rows = list(csv.DictReader(report.read_text(encoding="utf-8-sig").splitlines()))
    assert [(each["list"], each["row"], each["what"], each["written"]) for each in rows] == [
        ("list.csv", "3", "bad", "ben@")
    ]
    assert _everybody(context) == {"anna@example.org": Status.ACTIVE, "chen@example.org": Status.ACTIVE}


def test_the_callback_gets_the_preview_and_can_refuse(context: MailingContext, tmp_path: Path) -> None:
    """The callback gets the returned preview; after a no, nothing is changed, and no import is recorded."""
    seen: list[ImportPreview] = []
    path = written(tmp_path, LIST)

    def no(preview: ImportPreview) -> bool:
        seen.append(preview)
        return False

    with tables_in(path) as tables:
        done = import_list(context, tables, ImportRequest(file=path), decide=no, clock=lambda: NOW)
    assert done.result is None
    assert seen == [done.preview]
    assert (seen[0].summary.new, seen[0].summary.pending) == (0, 2)
    assert _everybody(context) == {}
    with pytest.raises(AudienceError):
        import_to_undo(context)


def test_a_list_without_changes_is_not_an_import(context: MailingContext, tmp_path: Path) -> None:
    """If a list only contains known subscribers, a yes does not create an import; with an update it does."""
    with context.database.write() as connection:
        join(connection, "anna@example.org")
    path = written(tmp_path, "Email,Name\nanna@example.org,Anna\n")
    done = _imported(context, path)
    assert done.preview is not None
    assert (done.preview.has_changes, done.preview.report, done.result) == (False, None, None)
    done = _imported(context, path, is_update=True)
    assert done.result is not None
    assert (done.result.number, done.result.updated) == (1, 1)


def test_unclear_values_are_asked_before_anything_is_written(context: MailingContext, tmp_path: Path) -> None:
    """An unknown status and an ambiguous date are returned as questions, before the callback is called."""
    path = written(
        tmp_path, "email,status\nanna@example.org,gold\nben@example.org,gone fishing\nchen@example.org,gold\n"
    )
    with tables_in(path) as tables:
        done = import_list(
            context, tables, ImportRequest(file=path), decide=lambda _: pytest.fail("asked"), clock=lambda: NOW
        )
    assert done.preview is None and done.result is None
    assert done.doubts is not None
    assert done.doubts.values == Counter({("status", "gold"): 2, ("status", "gone fishing"): 1})
    done = _imported(context, path, meanings={"gold": "subscribed", "gone fishing": "unsubscribed"}, consent="form")
    assert done.result is not None
    assert (done.result.new, done.result.suppressed) == (2, 1)


def test_an_order_of_dates_answers_the_question_about_them(context: MailingContext, tmp_path: Path) -> None:
    """03/04/2024 alone is a question; with the day first, it is not."""
    path = written(tmp_path, "email,consented\nanna@example.org,03/04/2024\n")
    done = _imported(context, path)
    assert done.doubts is not None and done.doubts.dates == Counter({"consented": 1})
    assert _imported(context, path, dates=DateOrder("dmy")).result is not None


def test_an_invalid_tag_is_reported_before_the_list_is_read(context: MailingContext, tmp_path: Path) -> None:
    """The request is checked first."""
    with pytest.raises(UsageError):
        _imported(context, written(tmp_path, LIST), tags=("a,b",))


def test_a_suppression_list_adds_no_subscribers(context: MailingContext, tmp_path: Path) -> None:
    """Its addresses are suppressed, whatever status it contains; subscribers among them get no more mail."""
    with context.database.write() as connection:
        join(connection, "anna@example.org")
    path = written(tmp_path, "Email,Status\nanna@example.org,active\nzoe@example.org,active\n")
    with tables_in(path) as tables:
        done = import_suppressions(context, tables, ImportRequest(file=path), decide=lambda _: True, clock=lambda: NOW)
    assert done.result is not None
    assert (done.result.new, done.result.suppressed) == (0, 2)
    assert _everybody(context) == {"anna@example.org": Status.UNSUBSCRIBED}
    with context.database.read() as connection:
        assert {each.normal: each.reason for each in listed(connection)} == {
            "anna@example.org": Reason.IMPORTED,
            "zoe@example.org": Reason.IMPORTED,
        }


def test_the_last_import_is_shown_and_undone(context: MailingContext, tmp_path: Path) -> None:
    """The subscribers it added are removed; an import that came in between is never undone."""
    _imported(context, written(tmp_path, LIST), consent="form")
    first = import_to_undo(context)
    assert (first.number, first.came, first.suppressed) == (1, 2, 0)
    _imported(context, written(tmp_path, "Email\nzoe@example.org\n", "more.csv"), consent="form")
    with pytest.raises(UsageError):
        undo_import(context, first.number, NOW)
    assert len(_everybody(context)) == 3
    undo_import(context, 2, NOW)
    undo_import(context, 1, NOW)
    assert _everybody(context) == {}
    with pytest.raises(AudienceError):
        import_to_undo(context)
