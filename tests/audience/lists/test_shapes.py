"""Lists from elsewhere: nobody who unsubscribed, bounced, complained or has not confirmed becomes active."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.audience.lists.meaning.status_words import is_about_leaving
from composer.audience.subscribers import Status
from composer.audience.suppression import listed
from composer.cli.main import run
from composer.database.engine import Database
from composer.database.schema_upgrade import open_database
from tests.audience.list_factory import written
from tests.audience.lists.shapes import Shape, shapes
from tests.audience.people import everybody
from tests.databases import clear, with_tables
from tests.factories import sample_message

pytestmark = pytest.mark.slow

SHAPES = tuple(shapes())
#: A remark for each pattern.
REMARKS = (
    "un-subscribed by phone", "UNSUBSCRIBE", "opted out", "Opt-Out", "does not want it", "do not e-mail", "don't contact",
    "don’t send", "no more emails", "no newsletter", "stop sending", "remove him", "left the list", "hard bounce",
    "soft-bounced", "bounced twice", "undeliverable", "marked as spam", "hat sich abgemeldet", "Abmeldung per Telefon",
    "abbestellt", "ausgetragen", "bitte austragen", "gekündigt", "Einwilligung widerrufen", "unzustellbar",
    "keinen Newsletter", "keine Mails", "keine weiteren E-Mails", "nicht mehr anschreiben", "nicht kontaktieren",
    "will nichts mehr", "möchte keine Post", "désinscrite", "désabonné", "ne plus envoyer", "ne pas contacter",
    "ne souhaite plus rien", "dado de baja", "pidió la baja", "desuscrito", "no enviar", "no desea nada", "已退订",
    "取消订阅", "不要再发", "不再寄", "拒收",
)  # fmt: skip
#: The output for each list: `make golden` writes it.
READ = Path(__file__).parent / "shapes.txt"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A newsletter into which all lists are imported in turn."""
    folder = tmp_path_factory.mktemp("shapes")
    sample_message(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COMPOSE_DATABASE_URL", "COMPOSE_SMTP_URL"):
            patch.delenv(name, raising=False)
        patch.chdir(folder)
        yield folder


def _database(folder: Path) -> contextlib.AbstractContextManager[Database]:
    return open_database(with_tables(folder / "newsletter.db"))


def _imported(folder: Path, shape: Shape) -> tuple[int, str]:
    """Import a list with --yes; return the exit code and the output."""
    written(folder, shape.data, shape.file)
    buffer = io.BytesIO()
    err = io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        code = run(["subscribers", "import", shape.file, "--yes", "--consent", "form", *shape.options])
    return code, buffer.getvalue().decode()


def _section(shape: Shape, read: str) -> str:
    return f"== {shape.name} {' '.join(shape.options)}".rstrip() + f"\n{read}"


def test_there_are_many_shapes() -> None:
    """There are at least thirty lists with different names."""
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) >= 30


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_unsubscribed_people_stay_excluded(folder: Path, shape: Shape) -> None:
    """Only the right people are active; nobody is imported while a value about unsubscribing is not understood."""
    with _database(folder) as database:
        clear(database)
    code, read = _imported(folder, shape)
    with _database(folder) as database, database.read() as connection:
        found = {address.partition("@")[0]: status for address, status in everybody(connection).items()}
        out = {address.partition("@")[0] for address in (each.normal or "" for each in listed(connection))}
    if shape.asked:
        assert (code, found, out) == (1, {}, set())
        assert all(f"“{part}”" in read for asked in shape.asked for part in asked.split(": "))
    else:
        assert code == 0
        assert {name for name, status in found.items() if status is Status.ACTIVE} == _people(shape, "in")
        assert {name for name, status in found.items() if status is Status.PENDING} == _people(shape, "wait")
        assert out == _people(shape, "out")
    assert _section(shape, read.replace(os.sep, "/")) in READ.read_text(encoding="utf-8")


def test_every_remark_passes_the_quick_search() -> None:
    """The quick search before the patterns misses none of them: the sample sentence of each is found."""
    for sentence in REMARKS:
        assert is_about_leaving(sentence), sentence


def _people(shape: Shape, kind: str) -> set[str]:
    return {name for name in shape.names if name.rstrip("0123456789") == kind}


def rewrite(folder: Path) -> None:
    """Rewrite the file of outputs."""
    sample_message(folder)
    sections = []
    with contextlib.chdir(folder):
        for shape in SHAPES:
            Path("newsletter.db").unlink(missing_ok=True)
            sections.append(_section(shape, _imported(folder, shape)[1]))
    READ.write_text("\n".join(sections), encoding="utf-8")
