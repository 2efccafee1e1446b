"""The pages' log events contain no address, name, token or secret, whatever people and servers do."""

import json
import logging
import re

from composer.audience.identity.tokens import Purpose
from composer.core.event_log import JsonFormatter
from tests.fake_smtp import once, says
from tests.web.public.running import KEY, OLD_KEY, Running, phrase


class _Lines(logging.Handler):
    """Keeps the logged lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def test_a_sign_up_names_nobody(pages: Running) -> None:
    """A sign-up that is rejected once by a server that repeats the address, then sent, confirmed and ended by unsubscribing."""
    kept = _Lines()
    pages.log.addHandler(kept)
    address = "Anna.Schmidt@example.net"
    pages.script["rcpt"] = once(says(b"450 4.2.1 <Anna.Schmidt@example.net> is busy\r\n"), b"250 2.1.5 Ok\r\n")
    form = {"email": address, "name": "Anna Schmidt", "website": ""}
    assert pages.post_form("/subscribe", form).status == 200
    pages.until(lambda: "delivery.deferred" in "".join(kept.lines))
    pages.clock.pass_by(minutes=10)
    pages.until(lambda: pages.letter_states() == ["accepted"])
    [message] = pages.mail()
    link = pages.link_in(message)
    assert pages.post_form(link).title == phrase("welcome_title")
    subscriber = pages.subscriber(address)
    assert subscriber is not None
    token = pages.token(Purpose.UNSUBSCRIBE, subscriber)
    assert pages.post_form(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"}).status == 200
    assert pages.get(f"/unsubscribe/{token}?email={address}", {"User-Agent": "spy", "X-Forwarded-For": "198.51.100.7"})
    pages.until(lambda: sum('"unsubscribe"' in line for line in kept.lines) == 2)

    events = [json.loads(line) for line in kept.lines]
    assert {each["event"] for each in events} == {"request", "delivery.deferred", "delivery.accepted"}
    assert {each["page"] for each in events if each["event"] == "request"} == {"subscribe", "confirm", "unsubscribe"}
    deferred, accepted = (each for each in events if each["event"].startswith("delivery."))
    assert (deferred["code"], deferred["status"], deferred["stage"]) == (450, "4.2.1", "rcpt")
    assert (accepted["mail"], accepted["queue_id"]) == ("confirm", "Q1")
    everything = "\n".join(kept.lines).lower()
    secrets = [token, link.rpartition("/")[2], *(key.decode() for key in (KEY, OLD_KEY)), message["Message-ID"]]
    for word in ("@", "anna", "schmidt", "example.net", "198.51", "spy", *(each.lower() for each in secrets)):
        assert word not in everything
    assert re.search(r"[a-z0-9_-]{24}", everything) is None


def test_a_bug_names_nobody(pages: Running) -> None:
    """A bug is logged with its type and place, without its message."""
    kept = _Lines()
    pages.log.addHandler(kept)

    def broken() -> bool:
        raise ValueError("anna@example.net")

    object.__setattr__(pages.site, "is_posting", broken)
    assert pages.get("/health").status == 500
    pages.until(lambda: len(kept.lines) == 2)
    bug = json.loads(kept.lines[0])
    assert (bug["event"], bug["level"], bug["error"]) == ("request.bug", "error", "ValueError")
    assert not any("anna" in line for line in kept.lines)
