"""Attempts to get around approvals, with real commands, a real mail server and real pages.

No unapproved edition is sent.
"""

import os
import re
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update

from composer.audience.identity.token_secret import tokens_of
from composer.core.environment import environment
from composer.database.tables.mailing_tables import events, mailings
from composer.delivery.core.events import EventKind
from tests.cli_harness import BODY, CliHarness, Said, make_workspace, recipients
from tests.factories import ROOT
from tests.fake_smtp import Action, FakeSmtp, SmtpSession
from tests.web.public.running import Answer, Running, phrase, running

ISSUE = "2031-01-30"
GERMAN = f"{ISSUE}.de"
ANNA, BEN, CARLA = (f"{name}@example.org" for name in ("anna", "ben", "carla"))
#: The host of the public pages; it does not answer, so that no test uses the network.
HOST = "127.0.0.1:1"
SEND = ("send", ISSUE, "--yes", "2", "--allow", "no-pages=a test")
_VERSIONS = """\
  - title: "For the press"
    only:
      tag: press
    facts: |
      What the press may know.
  - title: "For the staff"
    only:
      tag: staff
      without_tag: press
    facts: |
      What the staff may know.
"""


@dataclass
class Desk:
    """A newsletter whose issues must be approved, with its mail server."""

    room: CliHarness
    office: FakeSmtp

    def needs(self, needed: int, *by: str) -> None:
        """Replace the approvers and the number of approvals in newsletter.yaml."""
        path = self.room.root / "newsletter.yaml"
        text = re.sub(r"approvals:\n(?:  .*\n)+", "", path.read_text(encoding="utf-8"))
        names = "".join(f"    - {each}\n" for each in by)
        path.write_text(f"{text}approvals:\n  needed: {needed}\n  by:\n{names}", encoding="utf-8")

    def approve(self, *who: str) -> None:
        for each in who:
            assert self.room.say("approve", ISSUE, "--as", each).code == 0

    def returns(self, who: str) -> None:
        assert self.room.say("approve", ISSUE, "--as", who, "--return", "a wrong number").code == 0

    def test(self, *stems: str) -> None:
        for stem in stems or (ISSUE,):
            assert self.room.say("test", stem).code == 0

    def send(self, *more: str) -> Said:
        return self.room.say(*SEND, *more)

    def sent(self) -> list[str]:
        """Return the subscribers who received it, without requests for approval."""
        return [each for each in recipients(self.office) if each.startswith("Reader")]

    def refused(self, *more: str) -> str:
        """Try to send, check that approvals prevent it and nothing was sent, and return the output."""
        said = self.send(*more)
        assert said.code == 1 and "[unapproved]" in said.err, said.all
        assert self.sent() == []
        return said.err

    def links(self) -> dict[str, str]:
        """Request approvals by mail, and return the token that each person was sent."""
        before = len(self.office.taken)
        assert self.room.say("approve", ISSUE, "--ask").code == 0
        found = {}
        for line, content in self.office.taken[before:]:
            text = message_from_bytes(content).get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
            token = re.search(r"/approve/([a-z2-7]{42})", text)
            assert token is not None
            found[line.decode().partition("<")[2].partition(">")[0].lower()] = token[1]
        return found

    @contextmanager
    def pages(self) -> "Iterator[Pages]":
        """Serve the public pages."""
        with self.room.open() as database:
            keys = tokens_of(database, environment()).keys
            with running(self.room.workspace, database, keys=keys) as served:
                served.clock.now = datetime.now(UTC)
                yield Pages(served)


@dataclass
class Pages:
    """The pages that approval links lead to."""

    served: Running

    def get(self, path: str) -> Answer:
        return self.served.ask("GET", f"/approve/{path}", host=HOST)

    def answer(self, token: str, answer: str, comment: str = "") -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.served.ask(
            "POST", f"/approve/{token}", f"answer={answer}&comment={comment}".encode(), kind, host=HOST
        )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    room = make_workspace(tmp_path, monkeypatch, capsys)
    with FakeSmtp() as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        room.configure("delivery:\n", f"delivery:\n  public_url: https://{HOST}/n\n")
        room.add(2)
        made = Desk(room, office)
        made.needs(1, ANNA, BEN)
        yield made


def _add(room: CliHarness, text: str, stem: str = ISSUE) -> None:
    with (room.root / f"issues/{stem}.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


def _german(room: CliHarness) -> None:
    (room.root / "newsletter.de.yaml").write_text("name: Briefe vom Tisch\nlanguage: de\n", encoding="utf-8")
    room.write(GERMAN, subject="Ein Brief für Sie")


def _logo(room: CliHarness, colour: str) -> None:
    (room.root / "assets").mkdir(exist_ok=True)
    Image.new("RGB", (600, 200), colour).save(room.root / "assets" / "logo.png")


def _change_theme(room: CliHarness) -> None:
    own = room.root / "templates" / "briefing" / "sections"
    own.mkdir(parents=True)
    shutil.copytree(ROOT / "templates/briefing/sections/text", own / "text")
    path = own / "text" / "section.mjml.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("<mj-text", '<mj-text letter-spacing="3px"', 1), encoding="utf-8")


def _change_condition(room: CliHarness) -> None:
    path = room.root / f"issues/{ISSUE}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("tag: press", "tag: radio", 1), encoding="utf-8")


def _change_german(room: CliHarness) -> None:
    room.write(GERMAN, subject="Ein anderer Brief für Sie")


@pytest.mark.parametrize(
    ("prepare", "change", "named"),
    [
        (None, lambda room: room.write(subject="Another subject for you"), "changed since: subject"),
        (None, lambda room: room.write(body=f"{BODY} More."), "changed since: letter"),
        (None, lambda room: room.write(body=BODY.replace('"reader"', '"you"')), "changed since"),
        (None, _change_theme, "outside the texts: the theme"),
        (None, lambda room: room.configure("The Desk <desk@", "The Boss <desk@"), "outside the texts"),
        (None, lambda room: room.configure("Sample Street 1", "Sample Street 2"), "outside the texts"),
        (None, lambda room: room.configure("Letters from the Desk", "Letters from a Desk"), "changed since"),
        (None, lambda room: _add(room, _VERSIONS), "changed since"),
        (lambda room: _add(room, _VERSIONS), _change_condition, "changed since: topics, which subscribers"),
        (lambda room: _logo(room, "#9b1c1c"), lambda room: _logo(room, "#1c1c9b"), "changed since"),
        (None, _german, f"{GERMAN}: the file is new"),
        (_german, lambda room: (room.root / f"issues/{GERMAN}.yaml").unlink(), f"{GERMAN}: the file no longer exists"),
        (_german, _change_german, f"{GERMAN}: subject"),
        (
            _german,
            lambda room: (room.root / "newsletter.de.yaml").write_text("name: Post\nlanguage: de\n", encoding="utf-8"),
            f"{GERMAN}: ",
        ),
    ],
    ids=[
        "subject", "text", "default of a merge field", "theme", "sender", "imprint", "newsletter", "a variant added",
        "who gets a variant", "picture", "a language added", "a language removed", "a text in another language",
        "newsletter.yaml of another language",
    ],
)  # fmt: skip
def test_whatever_subscribers_get_voids_approvals(
    desk: Desk, prepare: Callable[[CliHarness], None] | None, change: Callable[[CliHarness], None], named: str
) -> None:
    """A change in any part of what subscribers get voids the approvals, and is named.

    If it is reverted, the issue can be sent.
    """
    room = desk.room
    _logo(room, "#9b1c1c")
    room.configure("sender:\n", "brand:\n  logo:\n    light: assets/logo.png\n    alt: The Desk\nsender:\n")
    if prepare is not None:
        prepare(room)
    desk.approve(ANNA)
    kept = {path: path.read_bytes() for path in room.root.rglob("*") if path.suffix in (".yaml", ".png", ".j2")}
    change(room)
    desk.test(*(path.stem for path in sorted((room.root / "issues").iterdir())))
    assert named in desk.refused()
    for path in {*room.root.rglob("*.yaml"), *room.root.rglob("*.j2")} - {*kept}:
        path.unlink()
    shutil.rmtree(room.root / "templates", ignore_errors=True)
    for path, content in kept.items():
        path.write_bytes(content)
    desk.test(*(path.stem for path in sorted((room.root / "issues").iterdir())))
    assert desk.send().code == 0


def test_what_subscribers_do_not_get_voids_nothing(desk: Desk) -> None:
    """A comment in the file, another audience or a slower rate does not change the edition, which stays approved."""
    desk.approve(ANNA)
    desk.test()
    _add(desk.room, "# a note among colleagues\n")
    desk.room.configure("delivery:\n", "audiences:\n  everybody:\n    language: en\ndelivery:\n  rate: 6000/min\n")
    assert desk.send("--audience", "everybody").code == 0
    assert len(desk.sent()) == 2


def test_languages_are_approved_together(desk: Desk) -> None:
    """One answer, given for any of the files, covers the issue in all its languages.

    Each language is still tested separately.
    """
    _german(desk.room)
    said = desk.room.say("approve", GERMAN, "--as", ANNA)
    assert f"{ANNA} approved {ISSUE}, {GERMAN}" in said.out
    desk.test(ISSUE, GERMAN)
    assert desk.send().code == 0
    status = desk.room.say("status", "1").out
    assert f"edition    {said.out.split('edition ', 1)[1].split()[0]}" in status


def _waits(desk: Desk) -> None:
    """Freeze an approved, scheduled mailing, and advance the clock to its time."""
    desk.approve(ANNA)
    desk.test()
    assert desk.send("--at", "2031-01-30 07:00").code == 0
    with desk.room.open() as database, database.write() as connection:
        connection.execute(update(mailings).values(due=datetime.now(UTC) - timedelta(minutes=1)))


@pytest.mark.parametrize("way", ["by command", "by link"])
def test_a_return_keeps_a_frozen_mailing_back(desk: Desk, way: str) -> None:
    """A request for changes to a scheduled mailing stops --due, which reports why.

    Once withdrawn, the mailing is sent by itself.
    """
    token = desk.links()[BEN]
    _waits(desk)
    if way == "by command":
        desk.returns(BEN)
    else:
        with desk.pages() as pages:
            page = pages.answer(token, "no", "a+wrong+number")
            assert page.title == phrase("returned_title") and phrase("returned_held_text") in page.body
    before = len(desk.office.taken)
    said = desk.room.say("send", "--due")
    assert said.code == 1 and f"changes requested by {BEN}: a wrong number  [unapproved]" in said.err, said.all
    said = desk.room.say("send", ISSUE, "--yes", "2")
    assert said.code == 1 and "frozen version" in said.err and len(desk.office.taken) == before
    status = desk.room.say("status", "1").out
    assert f"{ISSUE} has 1 of 1 approvals" in status and f"changes    {BEN}, " in status
    assert "no longer approved" in desk.room.say().out
    if way == "by command":
        desk.approve(BEN)
    else:
        with desk.pages() as pages:
            assert pages.answer(token, "yes").title == phrase("approved_title")
    assert desk.room.say("send", "--due").code == 0
    assert len(desk.office.taken) == before + 2


def _at_the_prompt(desk: Desk, do: Callable[[], None]) -> tuple[int, str]:
    """Run `compose send` on a terminal, do something else while it asks for the count, and then type the count."""
    import pty

    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "composer", "send", ISSUE, "--allow", "no-pages=a test"],
        cwd=desk.room.root,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    seen, is_typed, end = b"", False, time.monotonic() + 60
    with selectors.DefaultSelector() as terminal:
        terminal.register(leader, selectors.EVENT_READ)
        while time.monotonic() < end:
            if not terminal.select(1):
                continue
            try:
                seen += os.read(leader, 4096)
            except OSError:
                break
            if not is_typed and b"days before its date, to 2 subscribers" in seen:
                is_typed = True
                do()
                os.write(leader, b"2\r")
        else:
            child.kill()
    os.close(leader)
    return child.wait(60), seen.decode()


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.returns(BEN),
        lambda desk: desk.needs(1, BEN, CARLA),
        lambda desk: desk.needs(2, ANNA, BEN),
    ],
    ids=["returned", "the approver removed", "more are needed"],
)
def test_answers_count_until_the_mailing_is_frozen(desk: Desk, act: Callable[[Desk], None]) -> None:
    """An answer that is given while the prompt waits is respected: nothing is frozen and nothing is sent."""
    desk.approve(ANNA)
    desk.test()
    code, seen = _at_the_prompt(desk, lambda: act(desk))
    assert code == 1 and "[unapproved]" in seen and "the approvals have changed since the prompt" in seen, seen
    assert desk.room.mailings() == [] and desk.sent() == []


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_what_was_shown_is_what_goes_out(desk: Desk) -> None:
    """If issue, theme and logo are replaced while the prompt waits, the approved edition is sent, and no other."""
    desk.approve(ANNA)
    desk.test()
    approved = desk.room.say("approve", ISSUE, "--as", ANNA).out.split("edition ", 1)[1].split()[0]

    def replace_all() -> None:
        desk.room.write(subject="Another subject", body="Another text, which nobody has approved or even seen so far.")
        _change_theme(desk.room)

    code, seen = _at_the_prompt(desk, replace_all)
    assert code == 0, seen
    assert len(desk.sent()) == 2
    assert not any(b"Another" in content for _, content in desk.office.taken)
    assert desk.room.mailings()[0].edition == approved


def test_a_return_stops_a_mailing_that_is_being_sent(desk: Desk) -> None:
    """A request for changes by link after the first message stops the mailing, and it is on record who stopped it."""
    token = desk.links()[BEN]
    desk.approve(ANNA)
    desk.test()
    with desk.pages() as pages:

        def dot(visit: SmtpSession) -> int:
            script.clear()
            page = pages.answer(token, "no", "stop+it")
            assert page.title == phrase("returned_title") and phrase("returned_stopped_text") in page.body
            visit.take()
            visit.say(b"250 2.0.0 Ok\r\n")
            return 0

        script: dict[str, Action] = {"dot": dot}
        desk.office.script = script
        said = desk.send("--connections", "1")
    assert said.code == 75 and f"changes requested by {BEN}: stop it" in said.err, said.all
    assert len(desk.sent()) == 1
    with desk.room.open() as database, database.read() as connection:
        [row] = connection.execute(select(events).where(events.c.kind == EventKind.STOPPED)).all()
    assert row.who == BEN
    for command in (["send", "--due"], ["send", ISSUE, "--yes", "1"]):
        desk.room.say(*command)
        assert len(desk.sent()) == 1
    assert desk.room.say("send", ISSUE, "--yes", "1").code == 1
    desk.approve(BEN)
    assert desk.room.say("send", ISSUE, "--yes", "1").code == 0
    assert len(desk.sent()) == 2


def test_a_return_by_command_stops_the_next_start(desk: Desk) -> None:
    """A request for changes by command stops a partly sent mailing, until it is withdrawn or overridden."""
    desk.approve(ANNA)
    desk.test()
    assert desk.send("--limit", "1").code == 75
    said = desk.room.say("approve", ISSUE, "--as", BEN, "--return", "a wrong number")
    assert "its mailing had started and is now stopped" in said.out
    assert f"by {BEN}: changes were requested" in desk.room.say("status", "1").out
    said = desk.room.say("send", ISSUE, "--yes", "1")
    assert said.code == 1 and "[unapproved]" in said.err and len(desk.sent()) == 1
    said = desk.room.say("send", ISSUE, "--yes", "1", "--allow", "unapproved=Ben means another issue")
    assert said.code == 0, said.all
    assert desk.room.mailings()[0].allowed["unapproved"] == "Ben means another issue"
    said = desk.room.say("approve", ISSUE, "--as", BEN, "--return", "too late")
    assert "it was already sent" in said.out


def test_only_those_who_may_approve_now_count(desk: Desk) -> None:
    """A person removed from approvals.by neither completes "2 of 2" nor prevents sending; another approver is needed."""
    desk.needs(2, ANNA, BEN)
    desk.approve(ANNA, BEN)
    desk.test()
    assert "approved  2 of 2 required" in desk.send("--dry-run").out
    desk.needs(2, ANNA, CARLA)
    refused = desk.refused()
    assert "has 1 of 2 approvals; " in refused and f"not in approvals.by: {BEN}" in refused
    desk.returns(CARLA)
    assert f"changes requested by {CARLA}" in desk.refused()
    desk.needs(2, ANNA, BEN)
    assert desk.send("--dry-run").code == 0
    assert desk.room.say("approve", ISSUE, "--as", CARLA).code == 2


def test_a_removed_person_can_no_longer_answer_by_link(desk: Desk) -> None:
    """The link of a removed approver says so and records nothing.

    A frozen mailing that they had approved waits for another approval.
    """
    token = desk.links()[ANNA]
    _waits(desk)
    desk.needs(1, BEN)
    with desk.pages() as pages:
        for page in (pages.get(token), pages.answer(token, "yes"), pages.answer(token, "no", "why")):
            assert (page.status, page.title) == (403, phrase("approve_former_title"))
        # They do not see an unpublished edition either.
        assert [pages.get(f"{token}/edition/1{end}").status for end in ("", "/text")] == [404, 404]
    before = len(desk.office.taken)
    said = desk.room.say("send", "--due")
    assert said.code == 1 and "frozen version" in said.err and "has 0 of 1 approval" in said.err
    assert len(desk.office.taken) == before
    desk.approve(BEN)
    assert desk.room.say("send", "--due").code == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@example.org", "anna+news@example.org"),
        ("anna+a@example.org", "anna+b@example.org"),
        ("anna@example.org", "ANNA@Example.ORG"),
        ("anna@example.org", "Anna <anna@example.org>"),
        ("an.na@gmail.com", "anna@gmail.com"),
        ("anna@gmail.com", "a.nna+x@googlemail.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
    ],
)
def test_one_mailbox_is_one_approver(desk: Desk, one: str, other: str) -> None:
    """Two spellings of one mailbox are one person, and cannot be two of two approvals."""
    desk.needs(2, one, other)
    said = desk.room.say("approve", ISSUE, "--as", one)
    assert said.code == 1 and "2 needed, but only 1 person may approve" in said.err
    desk.needs(2, one, BEN)
    desk.approve(one)
    desk.needs(2, other, BEN)
    assert desk.room.say("approve", ISSUE, "--as", other).out.endswith("1 of 2 required approvals\n")
    desk.test()
    assert "has 1 of 2 approvals" in desk.refused()
    # The last answer of the mailbox counts.
    assert desk.room.say("approve", ISSUE, "--as", one, "--return", "no").code == 0
    assert "has 0 of 2 approvals" in desk.refused()


def test_dots_tell_people_apart_elsewhere(desk: Desk) -> None:
    """Only Gmail ignores dots: at other hosts, two addresses with different dots are two people."""
    desk.needs(2, "an.na@example.org", "anna@example.org")
    desk.approve("an.na@example.org", "anna@example.org")
    desk.test()
    assert desk.send("--dry-run").code == 0


def test_an_old_link_after_a_restored_backup(desk: Desk) -> None:
    """An old link is void if a restored backup assigns its row to another edition and person.

    If the same person is asked about the same edition again, the same link works again.
    """
    database = desk.room.root / "newsletter.db"
    with desk.room.open() as opened:
        # From now on, the key is the same.
        tokens_of(opened, environment())
    kept = database.read_bytes()
    edition = (desk.room.root / f"issues/{ISSUE}.yaml").read_text(encoding="utf-8")
    desk.needs(1, ANNA)
    old = desk.links()[ANNA]
    for path in desk.room.root.glob("newsletter.db*"):
        path.unlink()
    database.write_bytes(kept)
    desk.room.write(body=f"{BODY} This is what somebody would like to have approved.")
    desk.needs(1, BEN)
    new = desk.links()[BEN]
    desk.test()
    with desk.pages() as pages:
        for page in (pages.get(old), pages.answer(old, "yes"), pages.get(f"{old}/edition/1")):
            assert (page.status, page.title) == (404, "This link does not lead to an edition")
        assert "has 0 of 1 approvals" in desk.refused()
        assert pages.answer(new, "yes").status == 200
    assert desk.send("--dry-run").code == 0
    (desk.room.root / f"issues/{ISSUE}.yaml").write_text(edition, encoding="utf-8")
    desk.needs(1, ANNA)
    assert desk.links().keys() == {ANNA}
    with desk.pages() as pages:
        assert pages.answer(old, "yes").status == 200
    desk.test()
    assert f"1 of 1 required: {ANNA}" in desk.send("--dry-run").out


def test_an_allowed_mailing_is_stopped_by_a_later_return(desk: Desk) -> None:
    """`--allow unapproved` covers only the answers known at that time.

    A later request for changes needs another reason.
    """
    desk.returns(BEN)
    desk.test()
    reason = ("--allow", "unapproved=Ben is on holiday")
    assert desk.send("--at", "2031-01-30 07:00", *reason).code == 0
    assert "held" not in desk.room.say("status", "1").out
    desk.returns(ANNA)
    assert "held" in desk.room.say("status", "1").out
    with desk.room.open() as database, database.write() as connection:
        connection.execute(update(mailings).values(due=datetime.now(UTC) - timedelta(minutes=1)))
    for more in ((), reason):
        assert desk.room.say("send", "--due", *more).code == 1
    assert desk.sent() == []
    said = desk.room.say("send", ISSUE, "--yes", "2", "--allow", "unapproved=Anna agrees now")
    assert said.code == 0, said.all
    assert desk.room.mailings()[0].allowed["unapproved"] == "Ben is on holiday; Anna agrees now"


def test_a_reason_that_nothing_needed_allows_nothing(desk: Desk) -> None:
    """After an unnecessary --allow, a later request for changes or a removed approver still prevents sending."""
    desk.approve(ANNA)
    desk.test()
    assert desk.send("--at", "2031-01-30 07:00", "--allow", "unapproved=just in case").code == 0
    desk.needs(1, CARLA)
    assert "held" in desk.room.say("status", "1").out
    desk.needs(1, ANNA, BEN)
    assert "held" not in desk.room.say("status", "1").out
    desk.returns(BEN)
    assert "held" in desk.room.say("status", "1").out


def test_only_reasons_that_mattered_are_kept(desk: Desk) -> None:
    """Of six codes that were allowed, one was refused: only that one is in status and report."""
    desk.approve(ANNA)
    allowed = [part for code in ("untested", "unapproved", "changed", "no-address", "SIZE01", "UNS02")
               for part in ("--allow", f"{code}=just in case")]  # fmt: skip
    assert desk.send(*allowed).code == 0
    assert desk.room.mailings()[0].allowed == {"untested": "just in case", "no-pages": "a test"}
    for command in ("status", "report"):
        text = desk.room.say(command, "1").out
        assert "untested: just in case" in text and "no-address" not in text and "SIZE01" not in text


def test_status_and_report_name_who_approved(desk: Desk) -> None:
    """Status, JSON and report show who approved, when and how, also if they are no longer approvers."""
    desk.needs(2, ANNA, BEN)
    token = desk.links()[BEN]
    desk.approve(ANNA)
    with desk.pages() as pages:
        assert pages.answer(token, "yes").status == 200
    desk.test()
    assert desk.send().code == 0
    desk.needs(1, CARLA)
    for command in ("status", "report"):
        text = desk.room.say(command, "1").out
        assert re.search(rf"^ *approved +{ANNA}, \d{{4}}-\d\d-\d\d \d\d:\d\d, entered by ", text, re.MULTILINE), text
        assert re.search(rf"^ *approved +{BEN}, \d{{4}}-\d\d-\d\d \d\d:\d\d, by link$", text, re.MULTILINE), text
    page = (desk.room.root / "outbox/mailings/1-report/report.html").read_text(encoding="utf-8")
    assert ANNA in page and BEN in page
    assert '"who": "anna@example.org", "answer": "yes"' in re.sub(r"\s+", " ", desk.room.say("status", "--json").out)


def test_the_page_shows_every_variant_and_language(desk: Desk) -> None:
    """Three variants in two languages are shown in six frames, each with its subscribers and text, and as plain text."""
    _german(desk.room)
    for stem in (ISSUE, GERMAN):
        _add(desk.room, _VERSIONS, stem)
    token = desk.links()[ANNA]
    with desk.pages() as pages:
        page = pages.get(token)
        assert page.status == 200 and "one of these 6 versions" in page.body
        assert re.findall(r'src="/n/approve/[a-z2-7]+/edition/(\d+)"', page.body) == list("123456")
        names = [re.sub(r"<[^>]+>", "", each) for each in re.findall(r"<h2[^>]*>(.*?)</h2>", page.body)]
        subscribers = (
            "readers tagged staff, not tagged press", "readers tagged press", "readers not tagged press or staff",
        )  # fmt: skip
        assert names == [
            f"{number}/6 {language}: {who}"
            for number, (language, who) in enumerate(
                ((language, who) for language in ("English", "Deutsch") for who in subscribers), 1
            )
        ]
        german = pages.get(f"{token}?language=de").body
        assert "Deutsch</span>: Leserinnen und Leser ohne das Schlagwort press oder staff" in german
        assert page.body.count("A letter for you") == page.body.count("Ein Brief für Sie") == 3
        for number in range(1, 7):
            frame, plain = (pages.get(f"{token}/edition/{number}{end}") for end in ("", "/text"))
            for shown in (frame, plain):
                assert shown.status == 200
                assert ("What the press may know" in shown.body) == (number in (2, 5))
                assert ("What the staff may know" in shown.body) == (number in (1, 4))
            assert plain.header("content-type") == "text/plain; charset=utf-8"
        assert pages.get(f"{token}/edition/7").status == pages.get(f"{token}/edition/0").status == 404
        assert pages.answer(token, "yes").title == phrase("approved_title")
    desk.test(ISSUE, GERMAN)
    assert desk.send().code == 0
