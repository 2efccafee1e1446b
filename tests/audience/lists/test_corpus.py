"""Hostile lists: good rows are imported, each bad row has a remark, nothing is lost; other files are rejected."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.audience.importing.staging import ListPart, stage
from composer.audience.lists.formats.detection import tables_in
from composer.audience.lists.formats.workbook import _judge_size as judge_size
from composer.audience.lists.list_table import ListError, Unreadable
from composer.audience.lists.meaning.columns import columns_of
from composer.audience.lists.meaning.rows import ListedPerson, read_row
from composer.audience.lists.meaning.subscription_status import Doubts
from composer.audience.subscribers import select_subscribers
from composer.core.errors import UsageError
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from tests.audience.list_factory import take, written
from tests.audience.lists.corpus import A, Case, archive, cases, lying, workbook
from tests.databases import clear

pytestmark = pytest.mark.slow

CORPUS = tuple(cases())


def test_the_corpus_is_large() -> None:
    """There are at least forty files with different names."""
    assert len({case.name for case in CORPUS}) == len(CORPUS) >= 40


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database into which all lists of the corpus are imported in turn."""
    if request.param == "sqlite":
        location = Location(path=tmp_path_factory.mktemp("corpus") / "newsletter.db")
    else:
        template = request.getfixturevalue("postgres_template")
        location = request.getfixturevalue("postgres").create(template)
    with open_database(location) as opened:
        yield opened


@pytest.mark.parametrize("case", CORPUS, ids=[case.name for case in CORPUS])
def test_good_rows_are_imported_and_others_have_a_remark(shared: Database, tmp_path: Path, case: Case) -> None:
    """Exactly the people of the list are subscribers, and exactly the other rows have a remark."""
    database = shared
    clear(database)
    done = take(database, written(tmp_path, case.data, case.file), encoding=case.encoding)
    with database.read() as connection:
        found = {subscriber.address: subscriber.first_name for subscriber in select_subscribers(connection)}
    assert found == dict(case.people)
    bad = done.bad
    assert set(bad) == set(case.bad)
    for number, reason in case.bad.items():
        assert bad[number].startswith(reason), (number, bad[number])
    assert all(each.written.isprintable() and len(each.written) <= 90 for each in done.said)
    assert done.summary.rows == len(case.people) + len(case.bad) + done.summary.leaving


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.csv", b"", "is empty"),
        ("x.csv", b"\n\n , \n", "contains no rows"),
        (
            "x.csv",
            b"first name,company\nAnna,ACME\n",
            "no column contains addresses; the columns are: first name, company",
        ),
        ("x.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is not a list"),
        ("x.csv", b"x" * (40 << 20), "has no line breaks"),
        ("x.json", b'[{"email": "a@example.org"}]', "is a single JSON array"),
        ("x.jsonl", b'{"email": "a@example.org"', "contains no JSON objects"),
        ("x.zip", archive({"readme.md": "hello"}), "contains no list"),
        ("x.zip", archive({"a.csv": "email\na@example.org\n"})[:60], "is damaged"),
        ("x.xlsx", workbook([["email"], [A]])[:400], "is damaged"),
        ("x.xlsx", archive({"xl/workbook.xml": "<nonsense"}), "cannot be read"),
        ("x.xlsx", lying(workbook([["email"], [A]]), 900 << 20), "unpacks to 4,500 MB"),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be read"),
        ("x.zip", lying(archive({"a.csv": "email\na@example.org\n"}), 4_294_967_000), "unpacks to"),
        (
            "x.zip",
            archive({f"{number}.csv": "email\n" for number in range(201)}),
            "contains 201 lists; the limit is 200",
        ),
        ("x.zip", lying(archive({"a.csv": f"email\n{A}\n", "b.csv": "email\n"}), 1_100_000_000), "unpacks to 2,098 MB"),
        ("x.csv", b"email," + b"x," * 5500 + b"\na@example.org\n", "has 5,502 columns; the limit is 5,000"),
    ],
    ids=lambda given: given if isinstance(given, str) else "data",  # an archive contains the time
)
def test_other_files_are_rejected(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """No file causes a traceback: the message says what is wrong with it."""
    path = written(tmp_path, data, name)

    def read() -> None:
        with tables_in(path) as tables:
            for table in tables:
                for _ in read_row(table.rows, columns_of(table, (), {}), (), Doubts()):
                    pass

    with pytest.raises(ListError, match=words) as stop:
        read()
    # The message names the list in an archive if the error is in one list.
    assert stop.value.message.startswith("a.csv" if words == "unpacks to" else name)


def test_an_archive_with_a_false_size_is_rejected(tmp_path: Path) -> None:
    """A workbook that is larger than its directory says is not unpacked beyond that size."""
    bomb = lying(workbook([["email"], [A]], padding=200 << 20), 1000)
    assert len(bomb) < 1 << 20
    with pytest.raises(ListError, match="cannot be read"), tables_in(written(tmp_path, bomb, "x.xlsx")):
        raise AssertionError


def _with_a_cell(reference: str, quote: str = '"', name: str = "xl/worksheets/sheet1.xml") -> bytes:
    """Return a small workbook with one more cell, at any place, and its sheet in a file of any name."""
    with zipfile.ZipFile(io.BytesIO(workbook([["email"], [A]]))) as inside:
        files = {each: inside.read(each).decode() for each in inside.namelist()}
    sheet = files.pop("xl/worksheets/sheet1.xml")
    files[name] = sheet.replace("</sheetData>", f"<row><c r={quote}{reference}{quote}><v>1</v></c></row></sheetData>")
    relations = "xl/_rels/workbook.xml.rels"
    files[relations] = files[relations].replace("worksheets/sheet1.xml", name.removeprefix("xl/"))
    return archive(files)


@pytest.mark.parametrize(
    "data",
    [
        _with_a_cell("XFD1048576"),
        _with_a_cell("xfd1048576", "'"),
        _with_a_cell("AZ1048576"),
        _with_a_cell("XFD9000", name="xl/other.XML"),
    ],
)
def test_a_cell_far_away_is_rejected(data: bytes, tmp_path: Path) -> None:
    """Every cell between it and the list would need memory: gigabytes for a file of a kilobyte."""
    with pytest.raises(ListError, match="far from the others"), tables_in(written(tmp_path, data, "x.xlsx")):
        raise AssertionError


@pytest.mark.parametrize("reference", ["AF1048576", "IV100000"])
def test_a_cell_at_the_limit_is_accepted(reference: str, tmp_path: Path) -> None:
    """A note at the very bottom is accepted; reading everything above it takes seconds."""
    judge_size(written(tmp_path, _with_a_cell(reference), "x.xlsx"))


@pytest.mark.parametrize("data", [_with_a_cell("AF9999"), _with_a_cell("XFD9")])
def test_a_cell_within_the_limit_is_read(data: bytes, tmp_path: Path) -> None:
    """A note at the bottom or far to the right is accepted."""
    with tables_in(written(tmp_path, data, "x.xlsx")) as (table,):
        assert next(row[1][0] for row in table.rows if not isinstance(row, Unreadable)) == A


def test_progress_is_reported_for_all_rows(database: Database, tmp_path: Path) -> None:
    """Progress is reported every few thousand rows to the end, also for a list in an archive and for bad rows."""
    for rows in ("r{}@x.example", "nobody {}"):
        text = "email\n" + "".join(f"{rows.format(number)}\n" for number in range(9000))
        told: list[tuple[int, int]] = []
        path = written(tmp_path, archive({"list.csv": text}), "list.zip")
        with tables_in(path) as tables, database.stage() as connection:
            with connection.begin():
                parts = [ListPart(table=each, columns=columns_of(each, (), {})) for each in tables]
            stage(connection, parts, (), lambda done, total, told=told: told.append((done, total)))  # type: ignore[misc]
        assert len(told) >= 4 and told == sorted(told) and told[-1] == (len(text), len(text))


def test_a_folder_and_a_missing_file_are_rejected(tmp_path: Path) -> None:
    """A folder and a missing file have an error message."""
    with pytest.raises(ListError, match="is a folder"), tables_in(tmp_path):
        raise AssertionError
    with pytest.raises(ListError, match="cannot be read: No such file"), tables_in(tmp_path / "none.csv"):
        raise AssertionError


@pytest.mark.parametrize(
    ("given", "words", "hint"),
    [
        ({"Telephone": "company"}, "the column “Telephone” does not exist", "did you mean Phone?"),
        ({"Zzz": "company"}, "the column “Zzz” does not exist", "the columns are: email, Phone"),
        ({"Phone": "telephone"}, "the field “telephone” does not exist", "the fields are: email, name, "),
        ({"Phone": "compny"}, "the field “compny” does not exist", "did you mean company?"),
    ],
)
def test_a_map_that_does_not_fit(tmp_path: Path, given: dict[str, str], words: str, hint: str) -> None:
    """An unknown column or field is named, with a similar one or with the existing ones."""
    with (
        tables_in(written(tmp_path, f"email,Phone\n{A},1\n")) as (table,),
        pytest.raises(UsageError, match=words) as stop,
    ):
        columns_of(table, ("company",), given)
    assert stop.value.hint.startswith(hint)


def test_columns_are_mapped_by_name_or_number(tmp_path: Path) -> None:
    """--map sets the target of a column by its name in any spelling, or by its number; or leaves it out."""
    path = written(tmp_path, f"Kontakt,First Name,Phone Number,status\n{A},Anna,123,gold\n")
    with tables_in(path) as (table,):
        given = {"kontakt": "email", "PHONE number": "company", "status": "", "2": "name"}
        columns = columns_of(table, ("company",), given)
        (person,) = read_row(table.rows, columns, ("company",), Doubts())
    assert isinstance(person, ListedPerson)
    assert (person.address, person.name, person.first_name, person.fields) == (A, "Anna", "", '{"company":"123"}')
    assert columns.left_out == ()
