"""A newsletter's whole life with random events: commands, pages, a mail server that counts, files copied and restored.

Input: a folder, and the location of the database. Output: a `Life` whose every step keeps the promises, or an
AssertionError: no mailbox has two copies of an issue, no unsubscribed person is active, every page is correct, every
mailing can be ended.

The witness is the mail server: it counts the accepted messages by issue and mailbox, whatever it answered.
"""

import asyncio
import contextlib
import csv
import email
import email.policy
import io
import json
import logging
import os
import re
import shutil
import threading
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from composer.audience.identity.tokens import Purpose, Tokens
from composer.cli.main import run
from composer.core.addresses import Address, normal_address
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.location import URL, Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import mailings
from composer.database.tables.subscriber_tables import subscribers, suppressions
from composer.database.tables.transactional_tables import transactional_emails
from composer.web.public.http.webhook_callers import Callers
from composer.web.public.http.write_executor import WriteExecutor
from composer.web.public.pages.page_context import Site
from composer.web.public.pages.repositories import EditionRepository, ReviewRepository
from composer.web.public.server.public_app import application
from composer.web.public.site.publication import read_publication
from composer.web.public.transactional.mail_requests import CONFIRM_FOR, EmailKind, EmailRequest, request_email
from tests.bounces.news import complaint, report
from tests.cli_harness import ISSUE, NEWSLETTER
from tests.fake_smtp import FakeSmtp, HangUp, SmtpSession
from tests.web.public.running import texts

KEY = "k" * 64
#: Two spellings that are easily confused and are two people here; upper and lower case are the same.
PEOPLE = (
    "anna@example.net",
    "anna+x@example.net",
    "Bo@example.net",
    "b.o@example.net",
    "cy@example.org",
    "dee@example.com",
)
ISSUES = ("2031-01-30", "2031-02-06")
CORRECTION = "2031-02-13"
_NUMBER = re.compile(r"number of recipients, ([\d,]+)")
_LINK = re.compile(r"https://leave\.example\.org/([a-z2-7]{34})")
#: The public address of the pages.
_PUBLIC = "https://news.example.org/n"


@dataclass(frozen=True, slots=True)
class Said:
    """The result of a command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that the mail server accepted."""

    issue: str
    mailbox: str
    sender: str
    header: str
    token: str


@dataclass
class Fate:
    """What the mail server does with the next messages to a mailbox."""

    lost: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


class Life:
    """One newsletter with its database, its public pages and its mail server."""

    def __init__(self, folder: Path, location: Location | None = None) -> None:
        self.root = folder / "news"
        self.folder = folder
        self.path = self.root / "newsletter.db"
        self.location = location or Location(path=self.path)
        #: The number of copies after which the mail server waits for `free`; None for no limit.
        self.most: int | None = None
        self.free = threading.Event()
        (self.root / "issues").mkdir(parents=True)
        (self.root / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
        for name in (*ISSUES, CORRECTION):
            text = ISSUE.replace("2031-01-30", name).replace("{subject}", f"Issue {name}")
            body = "This is a letter with enough words in it to be read."
            (self.root / "issues" / f"{name}.yaml").write_text(text.replace("{body}", body), encoding="utf-8")
        self.fate = Fate()
        self.copies: list[Copy] = []
        #: Copies by (issue, mailbox), to which the promise applies.
        self.counts: Counter[tuple[str, str]] = Counter()
        #: People who unsubscribed, and have not subscribed again themselves.
        self.left: set[str] = set()
        self.tokens = Tokens((KEY.encode(),))
        self.now = datetime.now(UTC)
        self.number = 0
        #: The last backup of the keys.
        self.keys = folder / "none"
        self.office = FakeSmtp({"rcpt": self._rcpt, "dot": self._dot})

    # The mail server.

    def _rcpt(self, visit: SmtpSession) -> int:
        mailbox = _mailbox(visit.heard[-1])
        if mailbox in self.fate.gone:
            return visit.say(b"550 5.1.1 no such user\r\n")
        return visit.say(b"250 2.1.5 Ok\r\n")

    def _dot(self, visit: SmtpSession) -> int:
        assert visit.recipient is not None and visit.sender is not None
        mailbox = _mailbox(visit.recipient)
        if self.most is not None and len(self.copies) >= self.most:
            self.free.wait(60)
        content = visit.content.replace(b"\r\n", b"\n").decode()
        head = content.partition("\n\n")[0]
        message = email.message_from_string(content, policy=email.policy.default)
        subject = str(message["Subject"])
        if not subject.startswith("[Test]"):
            issue = subject.removeprefix("Issue ")
            token = _LINK.search(head.replace("\n ", "").replace("\n\t", ""))
            assert token is not None, head
            sender = _mailbox(visit.sender)
            self.copies.append(Copy(issue=issue, mailbox=mailbox, sender=sender, header=head, token=token[1]))
            self.counts[issue, mailbox] += 1
            if mailbox in self.fate.lost:
                raise HangUp
        return visit.say(b"250 2.0.0 Ok: queued as Q1\r\n")

    # Commands by a person.

    def say(self, *arguments: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.chdir(self.root):
            code = run(list(arguments))
        assert "Traceback" not in err.getvalue(), err.getvalue()
        return Said(code, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def open(self) -> Iterator[Database]:
        with open_database(self.location) as database:
            yield database

    def take_list(self, who: Sequence[str]) -> None:
        self.number += 1
        path = self.folder / f"list-{self.number}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["email"])
            writer.writerows([each] for each in who)
        said = self.say("subscribers", "import", str(path), "--consent", "a card", "--yes")
        assert said.code in (0, 1), said

    def undo(self) -> None:
        said = self.say("subscribers", "import", "--undo", "--yes")
        assert said.code in (0, 1), said

    def erase(self, who: str) -> None:
        if self.say("subscribers", "erase", who, "--yes").code == 0:
            self.left.add(normal_address(who))

    def move(self, old: str, new: str) -> None:
        # Refused if the old address is unknown or the new one is in use; any other exit code is a bug.
        assert self.say("subscribers", "move", old, new).code in (0, 1)

    def send(self, issue: str, *more: str) -> Said:
        """Test and send an issue, or continue it; the number is read from the refusal, as a person reads it."""
        assert self.say("test", issue).code == 0
        return self._send(issue, *more)

    def _send(self, issue: str, *more: str) -> Said:
        said = self.say("send", issue, *more, "--yes", "0", "--connections", "1")
        if found := _NUMBER.search(said.err + said.out):
            said = self.say("send", issue, *more, "--yes", found[1].replace(",", ""), "--connections", "1")
        return said

    def settle(self, *how: str) -> None:
        for number in self._mailings():
            said = self.say("settle", str(number), *how, "--yes", "0")
            if found := _NUMBER.search(said.err + said.out):
                self.say("settle", str(number), *how, "--yes", found[1].replace(",", ""))

    def end_all(self) -> None:
        """Every mailing can be ended, at any time."""
        for number in self._mailings():
            self.say("stop", str(number), "--for-good")
        with self.open() as database, database.read() as connection:
            left = connection.scalars(select(mailings.c.id).where(mailings.c.ended.is_(None))).all()
        assert not left, f"mailings that cannot be ended: {left}"

    def _mailings(self) -> list[int]:
        found = json.loads(self.say("status", "--json").out)["mailings"]
        return [each["mailing"] for each in found]

    # Subscribers.

    def unsubscribe(self, copy: Copy) -> None:
        """Unsubscribe with one click in a delivered message: then the mailbox is not active, or the page says why."""
        status, body = self._ask("POST", f"/unsubscribe/{copy.token}", {"List-Unsubscribe": "One-Click"})
        active = self.status_of(copy.mailbox) == "active"
        assert status in (200, 404, 410), status
        assert not active, f"{copy.mailbox} clicked to leave, was answered {status}, and is active"
        if texts("en")["left_title"] in body:
            assert (
                self.status_of(copy.mailbox) in ("unsubscribed", "bounced", "complained")
                or copy.mailbox in self._listed()
            )
        if self.status_of(copy.mailbox) is not None:
            self.left.add(copy.mailbox)

    def sign_up(self, who: str) -> None:
        """Sign up by the form, and follow the link in the message."""
        self._ask("POST", "/subscribe", {"email": who, "language": "en"})
        with self.open() as database:
            with database.write() as connection:
                kept = connection.execute(
                    select(transactional_emails).order_by(
                        transactional_emails.c.asked.desc(), transactional_emails.c.id.desc()
                    )
                ).first()
                if kept is None or kept.normal != normal_address(who):
                    request_email(
                        connection,
                        EmailRequest(
                            kind=EmailKind.CONFIRM, address=Address(address=who), language="en", asked=self.now
                        ),
                    )
                    kept = connection.execute(
                        select(transactional_emails).where(transactional_emails.c.normal == normal_address(who))
                    ).first()
            assert kept is not None
            token = self.tokens.make(Purpose.CONFIRM, kept.id, expires=kept.asked + CONFIRM_FOR)
        status, body = self._ask("POST", f"/confirm/{token}", {"agree": "yes"})
        assert status == 200, (status, body)
        assert self.status_of(normal_address(who)) == "active", body
        self.left.discard(normal_address(who))

    def come_back(self, copy: Copy, *, is_complaint: bool) -> None:
        """Return a message as undeliverable, or as a complaint."""
        self.number += 1
        path = self.folder / f"back-{self.number}.eml"
        data = (
            complaint(copy.header, number=self.number)
            if is_complaint
            else report(copy.sender, copy.mailbox, returned=copy.header, number=self.number)
        )
        path.write_bytes(data)
        said = self.say("bounces", "ingest", str(path))
        assert said.code == 0, said
        if is_complaint:
            assert self.status_of(copy.mailbox) != "active"
            if self.status_of(copy.mailbox) is not None:
                self.left.add(copy.mailbox)

    def _ask(self, method: str, path: str, form: dict[str, str]) -> tuple[int, str]:
        """Send a request to the public pages, as a proxy forwards it."""
        with self.open() as database:
            executor = WriteExecutor(database)
            try:
                workspace = Workspace(root=self._pages())
                publication = read_publication(workspace)
                site = Site(
                    publication=publication, executor=executor, tokens=self.tokens,
                    approvals=ReviewRepository(self.tokens, workspace, publication.main),
                    editions=EditionRepository(), clock=lambda: datetime.now(UTC),
                    wake=lambda: None, is_posting=lambda: True, callers=Callers(),
                )  # fmt: skip
                return asyncio.run(_request(site, method, path, urllib.parse.urlencode(form).encode()))
            finally:
                executor.close()

    def _pages(self) -> Path:
        """The public pages of the same newsletter."""
        folder = self.folder / "pages"
        if not folder.exists():
            shutil.copytree(self.root, folder, ignore=shutil.ignore_patterns("*.db*", "outbox"))
            text = (folder / "newsletter.yaml").read_text(encoding="utf-8")
            own = text.replace("  unsubscribe_url: https://leave.example.org/{token}", f"  public_url: {_PUBLIC}")
            (folder / "newsletter.yaml").write_text(own, encoding="utf-8")
        return folder

    # Files.

    def back_up(self, *, is_by_command: bool) -> Path:
        """Store a copy made by the command or by cp, and the keys in a separate file."""
        self.number += 1
        kept = self.folder / f"backup-{self.number}"
        kept.mkdir()
        if is_by_command:
            assert self.say("db", "backup", str(kept / "newsletter.db")).code == 0
        else:
            for path in self.root.glob("newsletter.db*"):
                if not path.name.endswith("-sending"):
                    shutil.copy2(path, kept / path.name)
        self.keys = self.folder / f"keys-{self.number}"
        said = self.say("keys", "backup", str(self.keys))
        assert said.code == 0, said
        return kept

    def restore(self, kept: Path, how: str) -> None:
        """Restore a copy as docs/how-to/back-up-and-restore.md says: the keys, then those who unsubscribed since."""
        damaged = self.folder / f"damaged-{len(list(self.folder.glob('damaged-*')))}"
        damaged.mkdir()
        for path in self.root.glob("newsletter.db*"):
            if not path.name.endswith("-sending"):
                path.rename(damaged / path.name)
        os.environ[URL] = f"sqlite:///{damaged / 'newsletter.db'}"
        listed = damaged / "left.csv"
        said = self.say("suppression", "export", str(listed))
        del os.environ[URL]
        assert said.code == 0, said
        for path in sorted(kept.iterdir()):
            here, twin = self.root / path.name, damaged / f"twin-{path.name}"
            shutil.copy2(path, twin)
            match how:
                case "cp":
                    shutil.copyfile(twin, here)
                case "mv":
                    twin.replace(here)
                case "rsync":
                    part = here.with_name(f".{path.name}.part")
                    shutil.copy2(twin, part)
                    part.rename(here)
                case _:
                    raise ValueError(how)
        for command in (
            ("keys", "restore", str(self.keys)),
            ("suppression", "import", str(listed), "--yes"),
            ("db", "restored", "--yes"),
        ):
            said = self.say(*command)
            assert said.code == 0, (command, said)

    def copy_issue(self, issue: str, name: str) -> None:
        """Copy an issue file as a sync program does: neither the copy nor the original may be sent to everyone again."""
        path = self.root / "issues" / name
        shutil.copy2(self.root / "issues" / f"{issue}.yaml", path)
        before = len(self.copies)
        try:
            for each in (path.stem, issue):
                said = self._send(each)
                assert said.code != 0, said
            assert len(self.copies) == before, "a copied file was sent"
        finally:
            path.unlink()

    # Invariants.

    def status_of(self, normal: str) -> str | None:
        with self.open() as database, database.read() as connection:
            return connection.scalar(select(subscribers.c.status).where(subscribers.c.normal == normal))

    def _listed(self) -> set[str]:
        with self.open() as database, database.read() as connection:
            return {each for each in connection.scalars(select(suppressions.c.normal)) if each}

    def check(self) -> None:
        twice = {key: number for key, number in self.counts.items() if number > 1}
        assert not twice, f"second copies: {twice}"
        if self.left:
            with self.open() as database, database.read() as connection:
                active = set(connection.scalars(select(subscribers.c.normal).where(subscribers.c.status == "active")))
            assert not active & self.left, f"left, and active: {active & self.left}"


def _mailbox(line: bytes) -> str:
    found = re.search(rb"<(.*?)>", line)
    assert found is not None, line
    return normal_address(found[1].decode()) if found[1] else ""


async def _request(site: Site, method: str, path: str, body: bytes) -> tuple[int, str]:
    app = application(site, logging.getLogger("compose.serve"))
    given = urllib.parse.urlsplit(_PUBLIC)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": given.path + path, "raw_path": (given.path + path).encode(), "root_path": "", "query_string": b"",
        "headers": [
            (b"host", (given.hostname or "").encode()), (b"content-length", str(len(body)).encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    answer: list[dict[str, object]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        answer.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]
    status = next(each["status"] for each in answer if each["type"] == "http.response.start")
    parts = [each.get("body", b"") for each in answer if each["type"] == "http.response.body"]
    assert isinstance(status, int)
    return status, b"".join(part for part in parts if isinstance(part, bytes)).decode()
