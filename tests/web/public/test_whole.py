"""End to end: a mailing to a real server, its unsubscribe header is posted, and who is excluded from it and the next."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from composer.audience.identity.tokens import Purpose, Tokens
from composer.audience.subscribers import Status, Subscriber
from composer.core.addresses import Address
from composer.core.workspace import Workspace
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.approval.recorded_editions import edition_of
from composer.delivery.approval.review_links import LINK_DAYS, ask
from composer.delivery.approval.reviews import last_answers, link_to_mailing, review_of
from composer.delivery.core.mailing import FrozenVariant, Mailing
from composer.delivery.core.mailing import variants_of as frozen_variants
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import Ending
from composer.delivery.messages.message_factory import FrozenSettings, JobPayload, MailingMessages
from composer.delivery.selection.freeze import Draft, freeze
from composer.delivery.selection.selection import Selection
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, send
from composer.delivery.worker.stop_request import Stop
from composer.editions.pipeline import pick, variants_of
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.factories import sample
from tests.fake_smtp import SmtpSession
from tests.transport.setup import PATIENT
from tests.web.public.running import FOREIGN_KEY, HOST, PREFIX, Running, phrase, words_in

pytestmark = pytest.mark.slow

BASE = f"https://{HOST}{PREFIX}"


def mailing(pages: Running, workspace: Workspace, *stems: str, again: str = "") -> Mailing:
    """Freeze a mailing of an issue, in one or several languages, as `compose send` does; `again` is another issue's key."""
    files = [variants_of(workspace, workspace.issue(stem)) for stem in stems]
    made = variants_of(workspace, *(workspace.issue(stem) for stem in stems))
    draft = Draft(
        selection=Selection(issue=again or made[0].built.issue.key),
        variants=tuple(
            FrozenVariant(
                number=each.number,
                language=each.built.issue.language,
                compiled=each.compiled.to_bytes(),
            )
            for each in made
        ),
        pick=(lambda language, tags: pick(made, language, tags).number) if len(made) > 1 else None,
        edition="e" * 64,
        subject="Hello",
        frozen_settings=FrozenSettings(
            sender="briefing@news.example.org", domain="news.example.org", public_url=BASE, page=stems[0]
        ).to_json(),
        made_by="anna",
        program="0",
    )
    now = datetime.now(UTC)
    with pages.database.write() as connection:
        frozen = freeze(connection, draft, now)
        link_to_mailing(connection, frozen.id, review_of([edition_of(each) for each in files]), now)
        return frozen


def run(pages: Running, frozen: Mailing, *, connections: int = 1) -> Ending:
    """Send the mailing over SMTP to the mail server of the pages."""
    with pages.database.read() as connection:
        variants = frozen_variants(connection, frozen.id)
    message_source = MailingMessages(JobPayload.of(frozen, variants, pages.tokens))
    server = MailServer(host="127.0.0.1", port=pages.office.port, security=Security.NONE, limits=PATIENT)
    job = MailingJob(
        database=pages.database,
        mailing_id=frozen.id,
        routes=(Route(transport=SmtpTransport(server), connections=connections),),
        message_source=message_source,
        policy=RetryPolicy(),
    )
    return send(job, Stop()).ending


def one_click(pages: Running, content: bytes) -> int:
    """Post the unsubscribe header of a delivered message, as a mail provider does."""
    head = content.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n ", " ")
    [address] = re.findall(r"^List-Unsubscribe: <(https://[^>]+)>", head, re.MULTILINE)
    [body] = re.findall(r"^List-Unsubscribe-Post: (.*)$", head, re.MULTILINE)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return pages.ask("POST", address.removeprefix(BASE), body.strip().encode(), kind).status


def states(pages: Running, frozen: Mailing) -> Mapping[int, str]:
    """Return the state of each subscriber's message."""
    with pages.database.read() as connection:
        rows = connection.execute(
            select(deliveries.c.subscriber_id, deliveries.c.state).where(deliveries.c.mailing_id == frozen.id)
        )
        return {row.subscriber_id: row.state for row in rows}


def test_unsubscribed_people_are_excluded(publication: Workspace, pages: Running) -> None:
    """A provider posts for the last subscriber while a mailing runs, and the last one gets no message.

    The delivered header works; the next mailing excludes both who have unsubscribed.
    """
    # Messages are sent in the order of ids, which are random.
    subscribers = sorted(
        (pages.join(f"r{number}@example.net") for number in range(6)), key=lambda subscriber: subscriber.id
    )
    frozen = mailing(pages, publication, "2025-01-30")
    first, last = subscribers[0], subscribers[-1]

    def arrived(visit: SmtpSession) -> int:
        """After the first message, two people unsubscribe: its subscriber by its header, and one who has not received it."""
        visit.take()
        pages.script.pop("dot")
        recipient, content = pages.office.taken[0]
        assert recipient.startswith(f"RCPT TO:<{first.address}>".encode())
        assert one_click(pages, content) == 200
        late = f"/unsubscribe/{pages.tokens.make(Purpose.UNSUBSCRIBE, last.id, frozen.id)}"
        assert pages.post_form(late, {"List-Unsubscribe": "One-Click"}).status == 200
        visit.say(b"250 2.0.0 Ok\r\n")
        return 0

    pages.script["dot"] = arrived
    assert run(pages, frozen) is Ending.DONE
    assert states(pages, frozen) == {
        **{subscriber.id: "accepted" for subscriber in subscribers[:-1]},
        last.id: "suppressed",
    }
    assert len(pages.mail()) == 5
    following = mailing(pages, publication, "2025-01-30", again="2025-02-06")
    assert following.frozen == 4
    assert run(pages, following) is Ending.DONE
    assert set(states(pages, following)) == {subscriber.id for subscriber in subscribers[1:-1]}
    gone = [_now(pages, each).status for each in (first, last)]
    assert gone == [Status.UNSUBSCRIBED, Status.UNSUBSCRIBED]


def _now(pages: Running, subscriber: Subscriber) -> Subscriber:
    found = pages.subscriber(subscriber.address)
    assert found is not None
    return found


def test_every_link_of_a_message_leads_somewhere(publication: Workspace, pages: Running) -> None:
    """Unsubscribe, preferences and web copy links are answered; a forwarded one opens no personal data."""
    pages.join("anna@example.net", name="Anna Schmidt", company="ACME")
    assert run(pages, mailing(pages, publication, "2025-01-30")) is Ending.DONE
    [message] = pages.mail()
    html = next(part for part in message.walk() if part.get_content_type() == "text/html").get_content()
    links = sorted(set(re.findall(rf'href="{re.escape(BASE)}(/[^"]+)"', html)))
    assert [link.split("/")[1] for link in links] == ["2025-01-30", "preferences", "subscribe", "unsubscribe"]
    for link in links:
        answer = pages.get(link)
        assert answer.status == 200
        assert not any(word in answer.body for word in ("Anna", "anna@", "ACME"))
    online = pages.get("/2025-01-30")
    assert "A cheap model shakes up the AI race" in online.body
    assert "Read this issue in your browser" in html
    assert "Read this issue in your browser" not in online.body
    assert f'href="{BASE}/unsubscribe"' in online.body
    assert pages.get("/2025-01-30.de").status == 404
    assert pages.get("/2025-01-31").status == 404


def test_editions_in_several_languages(publication: Workspace, pages: Running) -> None:
    """Each edition has its own page; without a language, it is the newsletter's."""
    pages.join("anna@example.net", language="de")
    pages.join("boris@example.net", language="en")
    assert run(pages, mailing(pages, publication, "2025-01-30", "2025-01-30.de")) is Ending.DONE
    german, english = pages.get("/2025-01-30.de"), pages.get("/2025-01-30")
    assert '<html lang="de"' in german.body
    assert '<html lang="en"' in english.body
    assert pages.get("/2025-01-30.en").status == 404
    assert pages.get("/2025-01-30.zh").status == 404


def test_nothing_is_shown_before_it_has_gone_out(publication: Workspace, pages: Running) -> None:
    """A frozen mailing that the server rejected has no page."""
    pages.join("anna@example.net")
    frozen = mailing(pages, publication, "2025-01-30")
    assert pages.get("/2025-01-30").status == 404
    pages.script["rcpt"] = lambda visit: visit.say(b"550 5.1.1 nobody here\r\n")
    run(pages, frozen)
    assert pages.get("/2025-01-30").status == 404


def test_a_passage_for_some_is_not_on_the_web_page(pages: Running, tmp_path: Path) -> None:
    """A passage for the press is in the press's mail and in the review, but not on the web page."""
    workspace = sample(tmp_path)
    issue = workspace.issue("2025-01-30")
    text = issue.read_text(encoding="utf-8")
    assert "\nmetrix:\n" in text
    issue.write_text(text.replace("\nmetrix:\n", "\nmetrix:\n  only:\n    tag: press\n"), encoding="utf-8")
    [press, everybody] = variants_of(workspace, issue)
    words = "Metrix"
    assert words in press.built.text
    assert words not in everybody.built.text
    pages.join("anna@example.net", "press")
    pages.join("boris@example.net")
    assert run(pages, mailing(pages, workspace, "2025-01-30")) is Ending.DONE
    got = {str(message["To"]): words in " ".join(words_in(message)) for message in pages.mail()}
    assert got == {"anna@example.net": True, "boris@example.net": False}
    online = pages.get("/2025-01-30")
    assert (online.status, words in online.body) == (200, False)


def test_an_editor_answers_by_a_link(publication: Workspace, pages: Running) -> None:
    """A review requested by mail is answered on the page and recorded; the link expires, and no other token works."""
    review = review_of([edition_of(variants_of(publication, publication.issue("2025-01-30")))])
    who, now = Address(address="anna@example.org"), pages.clock.now
    with pages.database.write() as connection:
        token = ask(connection, review, who, pages.tokens, now)
    assert "A cheap model shakes up the AI race" in pages.get(f"/approve/{token}/edition/1").body
    assert pages.post_form(f"/approve/{token}", {"answer": "no", "comment": "Line 2"}).title == (
        phrase("returned_title")
    )
    with pages.database.read() as connection:
        [said] = last_answers(connection, 1).values()
    assert (said.address, said.answer, said.comment) == ("anna@example.org", "no", "Line 2")
    foreign = Tokens((FOREIGN_KEY,)).make(Purpose.APPROVE, 1, expires=now + timedelta(days=1))
    assert pages.post_form(f"/approve/{foreign}", {"answer": "yes"}).status == 404
    pages.clock.pass_by(days=LINK_DAYS + 1)
    assert pages.get(f"/approve/{token}").status == 404
