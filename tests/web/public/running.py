"""Runs public pages for tests: a server on its own port, a database, a mail server and subscribers."""

import asyncio
import contextlib
import email
import email.message
import logging
import re
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import select

from composer.audience.changes import add_subscriber
from composer.audience.identity.tokens import Purpose, Tokens
from composer.audience.subscribers import Subscriber, find
from composer.content.document.newsletter_config import SIGNUP_MAIL_PER_HOUR
from composer.core.addresses import Address
from composer.core.event_log import SaidHandler
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.states import OPEN
from composer.transport.protocol import Transport
from composer.transport.server_settings import MailServer as MailServer
from composer.transport.server_settings import Security
from composer.transport.smtp.smtp_transport import SmtpTransport
from composer.web.public.http.webhook_callers import Callers
from composer.web.public.http.write_executor import WriteExecutor
from composer.web.public.pages.archive_files import ArchiveFiles
from composer.web.public.pages.edition_pages import Editions
from composer.web.public.pages.page_context import Site
from composer.web.public.pages.repositories import EditionRepository, ReviewRepository
from composer.web.public.pages.review_pages import ReviewPages
from composer.web.public.server.public_server import PublicServer, listen
from composer.web.public.server.reload import Alert
from composer.web.public.site.email_renderer import EmailRenderer
from composer.web.public.site.public_settings import Mailer
from composer.web.public.site.publication import read_publication
from composer.web.public.site.translations import PageTexts, read_translations
from composer.web.public.transactional.queue import waiting
from composer.web.public.transactional.worker import TransactionalWorker
from tests.factories import ROOT
from tests.fake_smtp import Action, FakeSmtp
from tests.transport.setup import PATIENT

#: A form: names with their values, or pairs if a name occurs twice.
Fields = Mapping[str, str] | Sequence[tuple[str, str]]

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
KEY, OLD_KEY, FOREIGN_KEY = (email * 64 for email in (b"a", b"b", b"c"))
HOST, PREFIX = "news.example.org", "/n"
#: The sample newsletter's name, by language.
NAMES = {"en": "China Briefing", "de": "China-Briefing", "ar": "نشرة الصين"}


def phrase(name: str, language: str = "en") -> str:
    """Return a phrase of the pages as the sample newsletter shows it."""
    return texts(language).about(name, NAMES[language])


@cache
def texts(language: str) -> PageTexts:
    """Return the texts of the pages that ship with the program."""
    return read_translations({language: Workspace(root=ROOT).theme("briefing")}).texts[language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response; header names are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def title(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.body)
        return found[1] if found else ""


@dataclass(slots=True, kw_only=True)
class Clock:
    """A clock that tests can set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclass(slots=True, kw_only=True)
class Running:
    """The pages, with their database, mail server and clock."""

    site: Site
    worker: TransactionalWorker
    server: PublicServer
    database: Database
    office: FakeSmtp
    clock: Clock
    port: int
    #: What the mail server does, by command; it accepts everything else.
    script: dict[str, Action]
    told: list[str] = field(default_factory=list)
    #: The logger of their events.
    log: logging.Logger

    @property
    def tokens(self) -> Tokens:
        return self.site.tokens

    def raw(self, data: bytes) -> bytes:
        """Send bytes over a connection, and return everything until the server closes it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(data)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    answer += piece
            return answer

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, host: str = HOST
    ) -> Answer:
        """Send a request as a reverse proxy does."""
        given = {"Host": host, "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        answer = self.raw(f"{method} {PREFIX}{path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        top, _, rest = answer.partition(b"\r\n\r\n")
        first, *lines = top.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        return Answer(
            status=int(first.split(" ")[1]),
            headers=[(name.lower(), value) for name, value in pairs],
            body=rest.decode(),
        )

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post_form(self, path: str, fields: Fields = (), headers: dict[str, str] | None = None) -> Answer:
        body = urllib.parse.urlencode(fields).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, {**kind, **(headers or {})})

    def join(self, address: str, *tags: str, **values: str) -> Subscriber:
        """Add an active subscriber."""
        with self.database.write() as connection:
            return add_subscriber(
                connection, Address(address=address), values, source="test", now=NOW, consent="a card", tags=tags
            )

    def subscriber(self, address: str) -> Subscriber | None:
        with self.database.read() as connection:
            return find(connection, address)

    def token(self, purpose: Purpose, subscriber: Subscriber, mailing_id: int = 0) -> str:
        return self.tokens.make(purpose, subscriber.id, mailing_id)

    def own_link(self, subscriber: Subscriber) -> str:
        token = self.tokens.make(Purpose.PREFERENCES, subscriber.id, expires=self.clock.now + timedelta(hours=1))
        return f"/preferences/{token}"

    def letter_states(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.scalars(select(transactional_emails.c.state).order_by(transactional_emails.c.id)))

    def settled(self) -> list[str]:
        """Wait until no mail is queued or in progress; return their states."""
        end = time.monotonic() + 60
        while OPEN.intersection(states := self.letter_states()):
            assert time.monotonic() < end, states
            time.sleep(0.01)
        return states

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until a condition holds, and wake the mail worker meanwhile, since its clock may have been set."""
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, self.letter_states()
            self.worker.wake()
            time.sleep(0.01)

    def waiting(self) -> int:
        """Return the number of mails that wait for their first attempt."""
        with self.database.read() as connection:
            return waiting(connection)[0]

    def mail(self) -> list[email.message.EmailMessage]:
        """Return the messages that the mail server accepted."""
        parser = email.message_from_bytes
        made = [parser(content, policy=email.policy.default) for _, content in self.office.taken]
        assert all(isinstance(each, email.message.EmailMessage) for each in made)
        return made

    def link_in(self, message: email.message.EmailMessage) -> str:
        """Return the path of the link in a mail, which is the same in both parts."""
        text, html = (part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
        found = re.search(rf"<https://{re.escape(HOST + PREFIX)}(/\S+)>", text)
        assert found is not None
        assert f'href="https://{HOST}{PREFIX}{found[1]}"' in html
        return found[1]


def words_in(message: email.message.EmailMessage) -> list[str]:
    """Return the text of a message's two parts, each on one line."""
    parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return [" ".join(part.split()) for part in parts]


@contextlib.contextmanager
def running(
    workspace: Workspace,
    database: Database,
    *,
    keys: tuple[bytes, ...] = (KEY, OLD_KEY),
    approvals: ReviewPages | None = None,
    editions: Editions | None = None,
    transport: Transport | None = None,
    callers: Callers | None = None,
    per_hour: int = SIGNUP_MAIL_PER_HOUR,
    archive: ArchiveFiles | None = None,
) -> Iterator[Running]:
    """Run the pages of a newsletter as `compose serve` does."""
    with contextlib.ExitStack() as stack:
        script: dict[str, Action] = {}
        office = stack.enter_context(FakeSmtp())
        office.script = script
        clock, executor, tokens = Clock(), WriteExecutor(database), Tokens(keys)
        told: list[str] = []
        # A separate logger, since other pages may run at the same time.
        log = logging.Logger("pages", logging.INFO)
        log.addHandler(SaidHandler(told.append))
        publication = read_publication(workspace)
        mail = MailServer(host="127.0.0.1", port=office.port, security=Security.NONE, limits=PATIENT)
        mailer = Mailer(
            renderer=EmailRenderer(publication=publication),
            transport=lambda: transport or SmtpTransport(mail),
            sign=lambda message, now: message,
            per_hour=per_hour,
        )
        worker = TransactionalWorker(
            database=database, executor=executor, mailer=mailer, tokens=tokens, clock=clock, log=log
        )
        site = Site(
            publication=publication,
            executor=executor,
            tokens=tokens,
            approvals=approvals or ReviewRepository(tokens, workspace, publication.main),
            editions=editions or EditionRepository(),
            clock=clock,
            wake=worker.wake,
            is_posting=lambda: worker.is_alive,
            callers=callers or Callers(),
            archive=archive,
            alerts=lambda: (Alert.QUEUED,) if worker.is_holding else (),
        )
        listener = stack.enter_context(listen("127.0.0.1", 0))
        ready = threading.Event()
        server = PublicServer(site, proxies=("127.0.0.1",), opened=ready.set, log=log)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        assert ready.wait(60)
        worker.start()
        try:
            yield Running(
                site=site, worker=worker, server=server, database=database, office=office, clock=clock,
                port=listener.getsockname()[1], script=script, told=told, log=log,
            )  # fmt: skip
        finally:
            worker.stop(60)
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()
            executor.close()
