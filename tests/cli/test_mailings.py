"""Settling, reporting and approving, on a mailing with every kind of failure."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from composer.audience.identity.token_secret import tokens_of
from composer.content.document.newsletter import read_newsletter
from composer.core.addresses import Address
from composer.core.environment import environment
from composer.database.engine import Database
from composer.database.tables.bounce_tables import returned
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.approval.approvals import approval_of
from composer.delivery.approval.recorded_editions import edition_of, record_test, sent_tests
from composer.delivery.approval.review_links import answer_by_link, message_in, question
from composer.delivery.approval.reviews import AnswerEffect, Review, ReviewAnswer, record_answer, review_of
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger.maintenance import retry_now
from composer.delivery.reporting.statistics import each_not_received, statistics_of
from composer.delivery.selection.freeze import freeze
from composer.editions.pipeline import variants_of
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.delivery.factories import NOW, add_subscribers, draft
from tests.fake_smtp import FakeSmtp, SmtpSession, says

ISSUE = "2031-01-30"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    with FakeSmtp({}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def _disaster(room: CliHarness, office: FakeSmtp) -> None:
    """Send to eight recipients: three unconfirmed (two of them accepted), one rejected, four accepted."""
    room.add(8)
    room.say("test", ISSUE)

    def rcpt(visit: SmtpSession) -> int:
        if b"<Reader4@" in visit.heard[-1]:
            return visit.say(b"550 5.1.1 <Reader4@example.net>: no such person\r\n")
        return visit.say(b"250 2.1.5 Ok\r\n")

    def dot(visit: SmtpSession) -> int:
        who = visit.recipient or b""
        if b"Reader1@" in who or b"Reader2@" in who:
            visit.take()
        if any(name in who for name in (b"Reader1@", b"Reader2@", b"Reader3@")):
            visit.connection.close()
            return 0
        return visit.say(b"250 2.0.0 Ok: queued as X1\r\n")

    office.script, office.offers = {"rcpt": rcpt, "dot": dot}, ()
    said = room.say("send", ISSUE, "--yes", "8", "--connections", "1")
    office.script = {}
    assert said.code == 3, said.all
    sums = room.sums(1)
    assert (sums[DeliveryState.ACCEPTED], sums[DeliveryState.UNKNOWN], sums[DeliveryState.REFUSED]) == (4, 3, 1)


def _log(office: FakeSmtp, tmp_path: Path) -> Path:
    """Return the log that Postfix would have written about the messages it accepted."""
    lines = []
    for number, (_, content) in enumerate(office.taken):
        identity = message_from_bytes(content)["Message-ID"]
        lines += [
            f"Jan 30 07:00:01 mx postfix/cleanup[7]: 4F{number:04X}AB: message-id={identity}",
            f"Jan 30 07:00:01 mx postfix/qmgr[3]: 4F{number:04X}AB: from=<desk@news.example.org>, size=9, nrcpt=1 (queue active)",
        ]
    path = tmp_path / "mail.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_settling_by_log_then_by_decision(room: CliHarness, office: FakeSmtp, tmp_path: Path) -> None:
    """The log proves two, a person decides about the third, which is sent again once; then the mailing ends."""
    _disaster(room, office)
    with room.open() as database, database.write() as connection:
        connection.execute(delete(subscribers).where(subscribers.c.id == 2))
    said = room.say("settle", "1")
    assert said.code == 3 and "delivery to 3 subscribers could not be confirmed" in said.out
    named = re.findall(r"^  (.+)   <[a-z2-7]{34}@news\.example\.org>$", said.out, re.MULTILINE)
    assert named == ["Reader1@example.net", "subscriber 2, erased", "Reader3@example.net"]
    # As listed by `compose status`.
    assert all(f"  {name}   unconfirmed" in room.say("status", "1").out for name in named)
    said = room.say("settle", "1", "--log", str(_log(office, tmp_path)))
    assert said.code == 3 and "still unconfirmed: 1" in said.out
    said = room.say("settle", "1", "--send-again")
    assert said.code == 2 and "not a terminal: confirm with --yes 1" in said.err
    for answer in ("--send-again", "--count-as-received"):
        said = room.say("settle", "1", answer, "--yes", "3")
        assert said.code == 1
        assert said.err == "error: --yes 3 does not match the number of recipients, 1: nothing was changed\n"
    said = room.say("settle", "1", "--send-again", "--yes", "1")
    assert said.code == 75 and "next: compose send 2031-01-30" in said.out
    assert "next: compose send 2031-01-30     (continues; 1 may receive it twice, as was decided)" in room.say().out
    office.script = {"rcpt": says(b"451 4.7.1 later\r\n")}
    said = room.say("send", ISSUE, "--yes", "1", "--limit", "1")
    assert said.code == 75 and "continues; 1 may receive it twice, as was decided" in said.out
    assert "1 may receive it twice" in room.say().out
    office.script = {}
    with room.open() as database, database.write() as connection:
        retry_now(connection, 1, datetime.now(UTC))
    assert room.say("send", ISSUE, "--yes", "1").code == 0
    assert sorted(recipients(office)) == [f"Reader{number}@example.net" for number in (1, 2, 3, 5, 6, 7, 8)]
    assert room.sums(1).is_complete
    assert room.say("settle", "1").code == 0


def test_settling_as_received(room: CliHarness, office: FakeSmtp) -> None:
    """A person's decision counts them as accepted; the mailing ends, and the person is on record."""
    _disaster(room, office)
    said = room.say("settle", "1", "--count-as-received", "--yes", "3")
    assert said.code == 0 and "7 accepted + 1 rejected = 8: all recipients are accounted for" in said.out
    assert ": ended 20" in room.say("status", "1").out
    decided = r"3 unconfirmed messages were counted as received by decision of .+, \d{4}-\d\d-\d\d \d\d:\d\d"
    assert re.search(f"  {decided}\n", room.say("status").out)
    (word,) = json.loads(room.say("status", "1", "--json").out)["mailings"][0]["counted_as_received"]
    assert word["count"] == 3 and word["who"] and datetime.fromisoformat(word["at"]).tzinfo is not None
    assert re.search(f"\n{decided}\\.\n", room.say("report", "1").out)
    folder = room.root / "outbox/mailings/1-report"
    assert re.search(f"\n{decided}\\.\n", (folder / "report.txt").read_text(encoding="utf-8"))
    assert re.search(f"<p>{decided}", unescape((folder / "report.html").read_text(encoding="utf-8")))
    with (folder / "domains.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["accepted"], row["counted_as_received"]) == ("7", "3")
    for arguments, words in (
        (["1", "--log", "nowhere.log"], "has no unconfirmed recipients"),
        (["9"], "there is no mailing 9"),
        (["1", "--send-again", "--count-as-received"], "cannot be combined"),
    ):
        assert words in room.say("settle", *arguments).all


class _Page(HTMLParser):
    """Collects the addresses that a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "srcset", "action")]


def test_the_report(room: CliHarness, office: FakeSmtp) -> None:
    """The numbers add up, the page fetches nothing, and a later bounce changes who did not receive it, and why."""
    _disaster(room, office)
    said = room.say("report", "1")
    assert said.code == 0 and "@example.net" not in said.out
    assert "        4  accepted" in said.out and "The numbers add up to 8" in said.out
    folder = room.root / "outbox/mailings/1-report"
    names = ["domains.csv", "events.jsonl", "not-received.csv", "report.html", "report.txt"]
    assert sorted(path.name for path in folder.iterdir()) == names
    with (folder / "not-received.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["address"], row["state"]) for row in rows] == [
        ("Reader1@example.net", "unconfirmed"),
        ("Reader2@example.net", "unconfirmed"),
        ("Reader3@example.net", "unconfirmed"),
        ("Reader4@example.net", "rejected"),
    ]
    assert "550 5.1.1" in rows[3]["words"] and "Reader4" not in rows[3]["words"]
    html = (folder / "report.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(html)
    assert page.fetched == [] and "script" not in page.tags and "polyline" in page.tags
    assert "8 recipients" in html and "Reader4@example.net" in html
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    kinds = [each["event"] for each in events]
    assert kinds[0] == "frozen" and kinds.count("accepted") == 4 and kinds.count("unknown") == 3
    assert "@" not in (folder / "events.jsonl").read_text(encoding="utf-8").replace("root@", "")
    row = {"hash": "h", "at": NOW, "source": "file", "kind": "bounce", "bounce": "hard", "effect": "suppressed"}
    with room.open() as database, database.write() as connection:
        connection.execute(
            insert(returned),
            [{**row, "subscriber_id": 5, "mailing_id": 1, "words": "550 mailbox <closed>", "domain": "x"}],
        )
    said = room.say("report", "1")
    assert "1 of the accepted messages bounced later; as far as is known, 3 were received." in said.out
    assert "Reader5@example.net" in (folder / "not-received.csv").read_text(encoding="utf-8")
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "bounced" in html and "550 mailbox &lt;closed&gt;" in html
    said = room.say("report", "1", "--output", str(room.root / "kept"))
    assert said.code == 0 and (room.root / "kept/1-report/report.html").is_file()
    assert room.say("report", "7").code == 1


def test_reasons_are_in_the_report(room: CliHarness, office: FakeSmtp) -> None:
    """The reasons for overriding a refusal and for sending again are the same on the screen, in the text and on the page."""
    room.add(2)
    allowed = ("--allow", "untested=Anna <read> it on paper")
    assert room.say("send", ISSUE, "--yes", "2", *allowed).code == 0
    assert room.say("send", ISSUE, "--yes", "2", *allowed, "--again", "the pictures were broken").code == 0
    for number, reasons in (
        ("1", {"allowed": "untested: Anna <read> it on paper"}),
        ("2", {"allowed": "untested: Anna <read> it on paper", "sent again": "the pictures were broken"}),
    ):
        said = room.say("report", number)
        folder = room.root / f"outbox/mailings/{number}-report"
        lines = "".join(f"{what:<17} {text}\n" for what, text in reasons.items())
        assert f"accounted for.\n\n{lines}\n" in said.out
        assert (folder / "report.txt").read_text(encoding="utf-8").endswith(f"accounted for.\n\n{lines}")
        html = unescape((folder / "report.html").read_text(encoding="utf-8"))
        for what, text in reasons.items():
            assert html.count(f"<td>{what}</td><td>{text}</td>") == html.count(text) == 1


def test_the_account_is_the_same_on_both_databases(database: Database) -> None:
    """Totals, domains, the curve and missing recipients are equal on both databases, for all states and an erased subscriber."""
    with database.write() as connection:
        add_subscribers(connection, 30)
        for number in range(15):
            add_subscribers(
                connection, 1, first=100 + number, normal=f"a@d{number}.example", address=f"a@d{number}.example"
            )
        mailing = freeze(connection, draft(), NOW)
        for state, low, high in (("accepted", 1, 20), ("refused", 21, 24), ("unknown", 25, 26)):
            connection.exec_driver_sql(
                f"UPDATE deliveries SET state = '{state}', changed = changed + subscriber_id * 1000"
                f" WHERE subscriber_id BETWEEN {low} AND {high}"
            )
        connection.exec_driver_sql("DELETE FROM subscribers WHERE id = 24")
    with database.read() as connection:
        account = statistics_of(connection, mailing.id, NOW)
        people = list(each_not_received(connection, mailing.id))
    assert account.sums.is_even and account.received == 20
    assert [each.total for each in account.domains[:2]] == [29, 1] and len(account.domains) == 12
    assert account.domains[-1].name.endswith("other domains")
    assert sum(each.total for each in account.domains) == 45
    assert account.progress[0][1] == 0 and account.progress[-1][1] == 20
    assert [count for _, count in account.progress] == sorted(count for _, count in account.progress)
    assert len(people) == 25 and people[3].name == "subscriber 24, erased" and people[0].state is DeliveryState.REFUSED


def test_answers_are_about_one_hash(room: CliHarness) -> None:
    """A change voids tests and approvals, and is named; if it is reverted, the earlier approvals are valid again."""
    room.configure("delivery:\n", "approvals:\n  needed: 1\n  by:\n    - anna@example.org\ndelivery:\n")
    anna = Address(address="anna@example.org")
    settings = settings_of(read_newsletter(room.workspace))

    def review() -> Review:
        return review_of([edition_of(variants_of(room.workspace, room.workspace.issue(ISSUE)))])

    first = review()
    room.write(body="Another letter, also with enough words in it that it can be read.")
    second = review()
    with room.open() as database, database.write() as connection:
        record_test(connection, first.editions[0], "anna@example.org", "250 Ok", NOW)
        record_answer(connection, first, anna, ReviewAnswer.NO, "a typo", "anna", NOW)
        assert approval_of(connection, first, settings).returned[0].comment == "a typo"
        record_answer(connection, first, anna, ReviewAnswer.YES, "", "anna", NOW)
        found = approval_of(connection, first, settings)
        assert found.is_enough and [each.address for each in found.approved] == ["anna@example.org"]
        assert len(sent_tests(connection, first.editions[0]).sent) == 1
        found = approval_of(connection, second, settings)
        assert not found.is_enough and found.changed_since == {ISSUE: ("letter",)}
        tests = sent_tests(connection, second.editions[0])
        assert (tests.sent, tests.changed_since) == ((), ("letter",))


def test_approving(room: CliHarness, office: FakeSmtp) -> None:
    """Two of three approvers must approve exactly this edition; a request for changes stops it.

    A change is reported by section.
    """
    names = "".join(f"    - {name}@example.org\n" for name in ("anna", "ben", "carla"))
    room.configure("delivery:\n", f"approvals:\n  needed: 2\n  by:\n{names}delivery:\n")
    room.add(1)
    room.say("test", ISSUE)
    for arguments, words in (
        (["--as", "dora@example.org"], "is not an approver"),
        (["--as", "nobody"], "--as:"),
        ([], "no approver given"),
        (["--as", "anna@example.org", "--return", ""], "--return needs a reason"),
        (["--ask"], "which are not set up"),
    ):
        said = room.say("approve", ISSUE, *arguments)
        assert said.code == 2 and words in said.err, said.all
    said = room.say("approve", ISSUE, "--as", "Anna@EXAMPLE.org")
    assert (
        said.code == 0
        and "anna@example.org approved 2031-01-30" in said.out
        and "1 of 2 required approvals" in said.out
    )
    assert room.say("approve", ISSUE, "--as", "anna@example.org").out.endswith("1 of 2 required approvals\n")
    room.say("approve", ISSUE, "--as", "ben@example.org", "--return", "a typo in the letter")
    said = room.say("send", ISSUE, "--yes", "1")
    assert "has 1 of 2 approvals; changes requested by ben@example.org: a typo in the letter" in said.err
    room.say("approve", ISSUE, "--as", "ben@example.org")
    assert "approved  2 of 2 required" in room.say("send", ISSUE, "--dry-run").out
    room.write(body="The letter without its typo, with enough words in it to be read by everybody who gets it.")
    room.say("test", ISSUE)
    said = room.say("send", ISSUE, "--yes", "1")
    assert "has 0 of 2 approvals; " in said.err and "changed since: letter  [unapproved]" in said.err
    said = room.say("approve", ISSUE, "--as", "anna@example.org")
    assert "changed since the last approval: letter" in said.out
    room.say("approve", ISSUE, "--as", "carla@example.org")
    assert room.say("send", ISSUE, "--yes", "1").code == 0


def test_asking_for_approvals_by_mail(room: CliHarness, office: FakeSmtp) -> None:
    """Each approver gets a personal link; an answer by link equals one by command; requests are sent once."""
    room.configure(
        "delivery:\n", "approvals:\n  needed: 1\n  by:\n    - anna@example.org\n    - ben@example.org\ndelivery:\n"
    )
    room.configure("delivery:\n", "delivery:\n  public_url: https://news.example.org/n\n")
    said = room.say("approve", ISSUE, "--ask")
    assert said.code == 0 and said.out.count("request sent") == 2
    links = {}
    for line, content in office.taken:
        message = message_from_bytes(content)
        text = message.get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
        found = re.search(r"https://news\.example\.org/n/approve/([a-z2-7]{42})", text)
        assert found is not None
        links[line] = found[1]
    assert len(set(links.values())) == 2
    token = next(iter(links.values()))
    with room.open() as database:
        tokens = tokens_of(database, environment())
        with database.write() as connection:
            now = datetime.now(UTC)
            asked = question(connection, tokens, token, now)
            assert asked is not None and asked.answer is None
            assert [(each.number, each.stem) for each in asked.messages] == [(1, ISSUE)]
            assert (message_in(connection, tokens, token, 1, now) or b"").startswith(b"compiled")
            assert message_in(connection, tokens, token, 2, now) is None
            forged = token[:-1] + ("a" if token[-1] != "a" else "b")
            assert question(connection, tokens, forged, now) is None
            assert answer_by_link(connection, tokens, "a" * 42, ReviewAnswer.YES, "", now) is None
            assert answer_by_link(connection, tokens, token, ReviewAnswer.YES, "", now) is AnswerEffect.RECORDED
    assert "approved  1 of 1 required" in room.say("send", ISSUE, "--dry-run").out
    assert room.say("approve", ISSUE, "--ask").out.count("request sent") == 1


def test_what_is_shown_online(room: CliHarness, office: FakeSmtp) -> None:
    """An edition is public once a server has accepted a copy of it, in each language, without any subscriber's values."""
    (room.root / "newsletter.de.yaml").write_text("name: Briefe vom Tisch\nlanguage: de\n", encoding="utf-8")
    room.write("2031-01-30.de", subject="Ein Brief")
    room.add(2)
    room.say("test", ISSUE)
    room.say("test", "2031-01-30.de")
    from composer.web.public.pages.repositories import EditionRepository

    with room.open() as database, database.read() as connection:
        assert EditionRepository().find(connection, ISSUE) is None
    assert room.say("send", ISSUE, "--yes", "2").code == 0
    with room.open() as database, database.read() as connection:
        shown = EditionRepository().find(connection, "2031-01-30.de")
        assert shown is not None and shown.subject == "Ein Brief" and "Dear reader," in shown.html
        assert EditionRepository().find(connection, "2031-01-31") is None


def test_compose_alone_without_a_server(room: CliHarness) -> None:
    """The next step is a test; if it was only written to files, `compose doctor`; for a past issue, neither."""
    room.say("build", ISSUE)
    room.say("check", ISSUE)
    assert f"next: compose test {ISSUE}" in room.say().out
    room.say("test", ISSUE)
    assert "next: compose doctor" in room.say().out
    (room.root / f"issues/{ISSUE}.yaml").unlink()
    room.write("2025-01-30")
    path = room.root / "issues/2025-01-30.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(ISSUE, "2025-01-30"), encoding="utf-8")
    room.say("build", "2025-01-30")
    assert "next: compose new" in room.say().out


def test_compose_alone_names_the_next_step(room: CliHarness, office: FakeSmtp) -> None:
    """From the first build to the report, compose names the next command, and finally the result of the mailing."""
    room.configure("delivery:\n", "approvals:\n  needed: 1\n  by:\n    - anna@example.org\ndelivery:\n")
    for step in (
        f"build {ISSUE}",
        f"check {ISSUE}",
        f"test {ISSUE}",
        f"approve {ISSUE} --as ADDRESS",
        f"send {ISSUE}",
    ):
        said = room.say()
        assert f"next: compose {step}" in said.out, said.all
        if not step.startswith("send"):
            room.say(*step.replace("ADDRESS", "anna@example.org").split())
    assert "built, checked: " in said.out and ", tested, approved" in said.out
    room.add(3)
    room.say("send", ISSUE, "--yes", "3", "--limit", "1")
    said = room.say()
    assert "mailing 1: 1 of 3 accepted; not finished" in said.out and "continues" in said.out
    room.say("send", ISSUE, "--yes", "2")
    said = room.say()
    assert "mailing 1: 3 of 3 accepted; finished" in said.out and "compose publish" not in said.out
    room.configure("delivery:\n", "archive:\n  url: https://news.example.org/archive\ndelivery:\n")
    assert "compose publish" in room.say().out
    (room.root / "newsletter.db").write_bytes(b"no database at all" * 300)
    said = room.say()
    assert said.code == 0 and "mailings could not be read" in said.err and "next: compose" in said.out
