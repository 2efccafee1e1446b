"""The commands `compose subscribers`, `who`, `suppression` and `db`: exit code, stdout, stderr, files."""

import json
import os
import pty
import re
import shlex
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from composer.cli.main import run
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.selection.freeze import freeze
from composer.delivery.selection.selection import Selection, count
from tests.audience.importing.test_import import BUTTONDOWN, LISTMONK, mailchimp
from tests.audience.list_factory import written
from tests.databases import PostgresServer, postgres_programs, with_tables
from tests.delivery.factories import NOW, draft
from tests.factories import ROOT, sample

LIST = (
    "Email;First Name;Company;Phone;Tags\n"
    "anna@example.org;Anna;ACME;1;press\n"
    "ANNA@example.org;Anna;;;\n"
    "ben@;Ben;;;\n"
    "Chen Li <chen@example.org>;Chen;;;vip, press\n"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample newsletter, on SQLite."""
    for name in ("COMPOSE_DATABASE_URL", "COMPOSE_SMTP_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "config"))
    folder = tmp_path / "mine"
    folder.mkdir()
    sample(folder)
    with_tables(folder / "newsletter.db")
    monkeypatch.chdir(folder)
    return folder


def _count(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    capsys.readouterr()
    assert run(["subscribers", "list", "--count", "--json"]) == 0
    counted: dict[str, int] = json.loads(capsys.readouterr().out)
    return counted


def test_import_says_first_what_would_happen(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run counts rows, lists bad ones with number and reason, writes the report, and changes nothing."""
    written(here, LIST, "list.csv")
    assert run(["subscribers", "import", "list.csv", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "4 rows",
        "          2 new       will be pending: to make them active, record their consent with --consent",
        "          2 bad       will not be imported",
        "ignored columns: Phone",
        "  read as: anna@example.org   Anna",
        "  read as: chen@example.org   Chen Li",
        "  row 3: the same address as row 2   ANNA@example.org",
        "  row 4: the address has no domain after the @   ben@",
        f"all rows that are not imported, and all remarks: {os.path.join('outbox', 'imports', 'list.rows.csv')}",  # noqa: PTH118
        "nothing was changed",
    ]
    report = here / "outbox/imports/list.rows.csv"
    assert (
        report.read_text(encoding="utf-8-sig").splitlines()[1]
        == "list.csv,3,bad,the same address as row 2,ANNA@example.org"
    )
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert _count(capsys) == {"total": 0}


def test_import_show_list_tag_and_undo(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Imported subscribers are shown, listed with the filters of audiences, tagged, and removed by --undo."""
    written(here, LIST, "list.csv")
    assert run(["subscribers", "import", "list.csv", "--yes", "--consent", "form 2024", "--tag", "Spring"]) == 0
    assert capsys.readouterr().out == "import 1: 2 new\n"
    assert run(["subscribers", "list", "--tag", "vip"]) == 0
    assert capsys.readouterr().out == "chen@example.org   active   Chen Li   #press #spring #vip\n"
    assert run(["subscribers", "show", "ANNA@example.org"]) == 0
    assert "company       ACME" in capsys.readouterr().out
    assert run(["subscribers", "tag", "staff", "anna@example.org"]) == 0
    assert run(["subscribers", "tag", "press", "anna@example.org", "--remove"]) == 0
    capsys.readouterr()
    assert run(["subscribers", "list", "--without-tag", "vip", "--json"]) == 0
    assert [json.loads(line)["tags"] for line in capsys.readouterr().out.splitlines()] == [["spring", "staff"]]
    assert run(["subscribers", "import", "--undo", "--yes"]) == 0
    assert _count(capsys) == {"total": 0}
    assert run(["subscribers", "import", "--undo", "--yes"]) == 1
    assert "no import can be undone" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["subscribers unsubscribe", "subscribers tag vip", "suppression add"])
def test_one_mistake_rolls_back_all_without_output(
    here: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """If one address is wrong, none is changed, and no change is reported."""
    written(here, "Email\nanna@example.org\n", "list.csv")
    assert run(["subscribers", "import", "list.csv", "--yes", "--consent", "form"]) == 0
    capsys.readouterr()
    assert run([*command.split(), "anna@example.org", "b@@x"]) != 0
    assert capsys.readouterr().out == ""
    assert run(["subscribers", "list", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert (json.loads(line)["status"], json.loads(line)["tags"]) == ("active", [])
    assert run([*command.split(), "anna@example.org"]) == 0
    assert capsys.readouterr().out.startswith("anna@example.org")


def test_undo_shows_what_happens_to_each_row(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Removed, unsubscribed and erased subscribers add up to the imported ones.

    An import without changes is reported as such.
    """
    written(here, "Email\n" + "".join(f"r{number}@example.org\n" for number in range(10)), "list.csv")
    assert run(["subscribers", "import", "list.csv", "--yes", "--consent", "form"]) == 0
    assert run(["subscribers", "unsubscribe", "r1@example.org"]) == 0
    assert run(["subscribers", "erase", "r2@example.org", "--yes"]) == 0
    capsys.readouterr()
    assert run(["subscribers", "import", "--undo", "--dry-run"]) == 0
    heading, *lines = capsys.readouterr().err.splitlines()
    assert heading.startswith("import 1 of ")
    assert lines == [
        "          8 subscribers added by it; will be removed",
        "          1 added by it and unsubscribed since; will stay unsubscribed",
        "          1 added by it and since erased, or confirmed by themselves; will not be changed",
        "nothing was changed",
    ]
    written(here, "Email\nr3@example.org\n", "same.csv")
    assert run(["subscribers", "import", "same.csv", "--yes", "--update"]) == 0
    capsys.readouterr()
    assert run(["subscribers", "import", "--undo", "--dry-run"]) == 0
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  there is nothing to undo",
        "nothing was changed",
    ]


def test_undo_says_who_received_what(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The preview, also as JSON, shows how many of them received which mailing. Afterwards they get nothing twice."""
    written(here, "Email\n" + "".join(f"r{number}@example.org\n" for number in range(3)), "list.csv")
    take = ["subscribers", "import", "list.csv", "--yes", "--consent", "form"]
    assert run(take) == 0
    with open_database(Location(path=here / "newsletter.db")) as database, database.write() as connection:
        freeze(connection, draft("2025-01-30"), NOW)
        first = select(func.min(subscribers.c.id)).scalar_subquery()
        connection.execute(update(deliveries).values(state="accepted"))
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id == first).values(state="unknown"))
        connection.execute(update(mailings).values(ended=NOW))
    capsys.readouterr()
    assert run(["subscribers", "import", "--undo", "--dry-run", "--json"]) == 0
    told = capsys.readouterr()
    assert "2 of those to be removed have received mailing 1 (2025-01-30)" in told.err
    assert "1 of them may have received it (unconfirmed)" in told.err
    data = json.loads(told.out)
    assert data["mailings"] == [{"mailing": 1, "issue": "2025-01-30", "received": 2, "unconfirmed": 1}]
    assert (data["came"], data["undone"]) == (3, False)
    assert run(["subscribers", "import", "--undo", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["undone"] is True
    # `who` still finds, by the hash, what was sent to an address that is no longer used.
    assert run(["who", "r1@example.org", "--json"]) == 0
    assert [each["issue"] for each in json.loads(capsys.readouterr().out)["mailings"]] == ["2025-01-30"]
    assert run(take) == 0
    with open_database(Location(path=here / "newsletter.db")) as database, database.read() as connection:
        assert count(connection, Selection(issue="2025-01-30", is_rest=True)).included == 0


def test_open_questions_for_programs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also with --json and --yes, the import stops with exit code 1 and returns the questions as data.

    --map answers them.
    """
    rows = "a@example.org,gold,03/04/2024\nb@example.org,gold,\nc@example.org,lapsed,soon\n"
    written(here, f"email,status,signup\n{rows}", "list.csv")
    command = ["subscribers", "import", "list.csv", "--yes", "--json", "--consent", "form"]
    assert run(command) == 1
    assert json.loads(capsys.readouterr().out) == {
        "questions": [
            {"kind": "value", "column": "status", "value": "gold", "rows": 2},
            {"kind": "value", "column": "status", "value": "lapsed", "rows": 1},
        ]
    }
    assert _count(capsys) == {"total": 0}
    command += ["--map", "gold=subscribed", "--map", "lapsed=subscribed"]
    assert run(command) == 1
    assert json.loads(capsys.readouterr().out) == {"questions": [{"kind": "date_order", "column": "signup", "rows": 1}]}
    assert run([*command, "--dates", "dmy"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["new"], result["lost_dates"]) == (3, {"signup": 1})


def test_another_address(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A subscriber moves to another address; an address in use is refused."""
    for address in ("a@example.org", "b@example.org"):
        assert run(["subscribers", "add", address, "--consent", "form"]) == 0
    capsys.readouterr()
    assert run(["subscribers", "move", "a@example.org", "New@example.org"]) == 0
    assert capsys.readouterr().out == "a@example.org is now New@example.org\n"
    assert run(["subscribers", "move", "new@example.org", "b@example.org"]) == 1
    assert "b@example.org already belongs to another subscriber" in capsys.readouterr().err
    assert run(["who", "new@example.org"]) == 0
    assert "address: a@example.org -> New@example.org" in capsys.readouterr().out


def test_a_person_from_adding_to_erasing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person is added, found by `who`, unsubscribed, not added again, and erased with a receipt without names."""
    add = [
        "subscribers",
        "add",
        "Anna.Li@example.org",
        "--first-name",
        "Anna",
        "--language",
        "de_at",
        "--field",
        "company=ACME",
    ]
    assert run([*add, "--tag", "press", "--consent", "asked at the fair, 2025-01-20"]) == 0
    assert capsys.readouterr().out == "Anna.Li@example.org: active\n"
    assert run(["subscribers", "add", "annali+x@example.org"]) == 0
    assert capsys.readouterr().out == "annali+x@example.org: pending\n"
    assert run(["subscribers", "unsubscribe", "anna.li@example.org"]) == 0
    capsys.readouterr()
    assert run(["who", "ANNA.LI@example.org"]) == 0
    page = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "DAY", capsys.readouterr().out)
    assert page.splitlines() == [
        "Anna.Li@example.org   unsubscribed",
        "  company       ACME",
        "  first_name    Anna",
        "  language      de-AT",
        "  tags          press",
        "  since         DAY",
        "  agreed        asked at the fair, 2025-01-20   (recorded DAY)",
        "  suppressed    since DAY: they unsubscribed (by hand)",
        "History",
        "  DAY   status: active   (by hand)",
        "  DAY   status: active -> unsubscribed   (by hand)",
        "Similar addresses (not merged; check whether they belong to the same person)",
        "  annali+x@example.org   pending",
    ]
    assert run(["subscribers", "add", "ANNA.LI@example.org", "--consent", "x"]) == 1
    capsys.readouterr()
    assert run(["subscribers", "erase", "anna.li@example.org", "--yes"]) == 0
    receipt = capsys.readouterr().out
    assert receipt.startswith("Receipt 1, China Briefing, ")
    assert "anna" not in receipt.lower()
    assert run(["who", "anna.li@example.org", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["suppression"]["reason"]) == (None, "erased")
    assert run(["who", "nobody@example.org"]) == 1
    assert "not a subscriber" in capsys.readouterr().out


def test_export_and_the_suppression_list(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Files are new and private; stdout is CSV; a suppressed address gets no more mail."""
    written(here, LIST, "list.csv")
    run(["subscribers", "import", "list.csv", "--yes", "--consent", "form"])
    assert run(["subscribers", "export", "out.csv"]) == 0
    assert run(["subscribers", "export", "out.csv"]) == 2
    assert stat.S_IMODE((here / "out.csv").stat().st_mode) == 0o600
    assert (here / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfemail,name,")
    assert run(["subscribers", "export", "out.jsonl", "--tag", "vip"]) == 0
    assert json.loads((here / "out.jsonl").read_text(encoding="utf-8"))["email"] == "chen@example.org"
    written(here, "email\nchen@example.org\n", "bad.csv")
    assert run(["suppression", "add", "dora@example.org"]) == 0
    assert run(["suppression", "import", "bad.csv", "--yes"]) == 0
    capfd.readouterr()
    done = subprocess.run([sys.executable, "-m", "composer", "suppression", "export"], capture_output=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    lines = done.stdout.decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["email", "dora@example.org", "chen@example.org"]
    assert [line.split(",")[2] for line in lines[1:]] == ["by_hand", "imported"]
    assert run(["subscribers", "list", "--status", "active"]) == 0
    assert "chen" not in capfd.readouterr().out


def test_an_audience_of_newsletter_yaml(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--audience selects the same subscribers as its filters."""
    with (here / "newsletter.yaml").open("a", encoding="utf-8") as file:
        file.write("audiences:\n  journalists:\n    tag: press\n    without_tag: vip\n")
    written(here, LIST, "list.csv")
    run(["subscribers", "import", "list.csv", "--yes"])
    capsys.readouterr()
    assert run(["subscribers", "list", "--audience", "journalists"]) == 0
    assert capsys.readouterr().out.startswith("anna@example.org   pending")
    assert run(["subscribers", "list", "--audience", "others"]) == 2
    assert "its audiences are: journalists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import"], "no file given"),
        (["import", "list.csv"], "not a terminal: confirm with --yes"),
        (["import", "list.csv", "--undo"], "takes no file"),
        (["import", "list.csv", "--dry-run", "--map", "Phone"], "there is no “=”"),
        (["import", "list.csv", "--dry-run", "--map", "Phone=fone"], "field “fone”"),
        (["import", "list.csv", "--dry-run", "--tag", "a,b"], "“,”: “a,b”"),
        (["import", "list.csv", "--dry-run", "--encoding", "utf-9"], "encoding “utf-9”"),
        (["import", "none.csv", "--dry-run"], "cannot be read"),
        (["add", "anna"], "has no @"),
        (["add", "a@example.org", "--field", "fone=1"], "field “fone”"),
        (["add", "a@example.org", "--name", "x" * 2001], "name is 2,001 characters long"),
        (["show", "nobody@example.org"], "is not a subscriber"),
        (["erase", "nobody@example.org", "--yes"], "no data is stored about"),
        (["export", "none/out.csv"], "cannot be written"),
    ],
)
def test_mistakes_are_explained(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    """Each mistake returns 1 or 2, is explained, and leaves no subscriber behind."""
    written(here, LIST, "list.csv")
    assert run(["subscribers", *arguments]) in (1, 2)
    assert words in capsys.readouterr().err
    assert _count(capsys) == {"total": 0}


def _answer(text: str, *arguments: str) -> tuple[int, str]:
    """Run a command on a terminal, and type an answer."""
    main, other = pty.openpty()
    running = subprocess.Popen([sys.executable, "-m", "composer", *arguments], stdin=other, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    os.close(other)
    os.write(main, text.encode())
    out, _ = running.communicate(timeout=60)
    os.close(main)
    return running.returncode, out.decode()


@pytest.mark.skipif(os.name != "posix", reason="asks at a pseudo-terminal")
def test_it_asks_and_takes_no_for_an_answer(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The question comes after the summary; “n” and Enter change nothing, “y” imports the list."""
    written(here, LIST, "list.csv")
    for answer, code, total in (("n\n", 1, 0), ("\n", 1, 0), ("y\n", 0, 2)):
        ended, said = _answer(answer, "subscribers", "import", "list.csv", "--consent", "form")
        assert (ended, "Import this list? [y/N]" in said) == (code, True)
        assert said.index("2 new") < said.index("Import this list?")
        assert _count(capsys)["total"] == total


def test_backup_is_a_whole_private_copy(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`compose db backup` copies the subscribers to a new private file, and overwrites nothing."""
    run(["subscribers", "add", "anna@example.org"])
    assert run(["db", "backup", "copy.db"]) == 0
    assert stat.S_IMODE((here / "copy.db").stat().st_mode) == 0o600
    with sqlite3.connect(here / "copy.db") as copy:
        assert copy.execute("SELECT address FROM subscribers").fetchall() == [("anna@example.org",)]
    copy.close()
    before = (here / "copy.db").read_bytes()
    assert run(["db", "backup", "copy.db"]) == 1
    assert "already exists" in capsys.readouterr().err
    assert (here / "copy.db").read_bytes() == before
    assert [path.name for path in here.iterdir() if path.suffix == ".new"] == []


def test_postgresql_by_url(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer
) -> None:
    """With COMPOSE_DATABASE_URL, the commands work on PostgreSQL once its tables exist; no file is created."""
    (here / "newsletter.db").unlink()
    monkeypatch.setenv("COMPOSE_DATABASE_URL", postgres.create().url.replace("+psycopg", ""))
    assert run(["subscribers", "list"]) == 1
    assert "run: compose db upgrade" in capsys.readouterr().err
    assert run(["db", "upgrade"]) == 0
    assert re.search(r"0 -> \d+$", capsys.readouterr().out.strip())
    written(here, LIST, "list.csv")
    assert run(["subscribers", "import", "list.csv", "--yes", "--consent", "form"]) == 0
    assert _count(capsys) == {"active": 2, "total": 2}
    # The server's own programs: an older pg_dump refuses.
    monkeypatch.setenv("PATH", str(postgres_programs()))
    assert run(["db", "backup", "copy.dump"]) == 0
    listed = subprocess.run(["pg_restore", "--list", "copy.dump"], capture_output=True, text=True, check=True).stdout
    assert "TABLE DATA public subscribers" in listed and "TABLE DATA public database_keys" not in listed
    assert (here / "copy.dump").stat().st_mode & 0o777 == 0o600
    assert run(["db", "backup", "copy.dump"]) == 1 and not list(here.glob("*.db"))


def test_three_services_in_under_five_commands(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exports of three services become one list of subscribers, with one command each."""
    mailchimp(here)
    written(here, LISTMONK, "listmonk.csv")
    written(here, BUTTONDOWN, "buttondown.csv")
    for name in ("audience_export_f00.zip", "listmonk.csv", "buttondown.csv"):
        assert run(["subscribers", "import", name, "--yes", "--consent", "double opt-in at the service before"]) == 0
    # Ben, Chen and Dora unsubscribed in one service: the other lists do not add them again.
    assert _count(capsys) == {"active": 2, "unsubscribed": 1, "total": 3}
    assert run(["subscribers", "list", "--status", "active", "--json"]) == 0
    people = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["email"] for each in people] == ["anna@example.org", "eve@example.org"]
    assert people[0]["company"] == "ACME"


def test_building_opens_no_database(here: Path) -> None:
    """`compose build` and `compose check` neither open nor create a database, nor import its modules."""
    (here / "newsletter.db").unlink()
    code = (
        "import sys; from composer.cli.main import run; code = run(sys.argv[1:]);"
        "print(code, sorted({'sqlalchemy', 'alembic', 'psycopg', 'python_calamine'} & set(sys.modules)))"
    )
    for command in (["build", "2025-01-30"], ["check", "2025-01-30"], ["--help"]):
        done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
        assert done.stdout.splitlines()[-1].endswith(" []")
    assert not list(here.glob("*.db"))


def test_the_session_in_the_docs_is_real(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The import session in docs/how-to/import-subscribers.md is what the command prints."""
    page = (ROOT / "docs/how-to/import-subscribers.md").read_text(encoding="utf-8")
    command, shown = page.split("```console\n$ ")[1].split("```")[0].split("\n", 1)
    mailchimp(here).rename("audience_export.zip")
    assert run(shlex.split(command)[1:]) == 0
    out, err = capsys.readouterr()
    assert (out + err).strip() == shown.strip()
