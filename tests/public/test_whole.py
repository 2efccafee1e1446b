"""From compose's own message to a reader who is left out: the header that arrived is the header that works."""

import re
from datetime import datetime

from composer.audience.readers import Status, select_readers
from composer.audience.tokens import Purpose
from composer.content.addresses import Address
from composer.mail.letterhead import Addressing
from composer.pipeline import build_issue
from composer.transport.envelope import Envelope
from composer.transport.outcome import State
from composer.transport.server import Security, Server
from composer.transport.smtp import SmtpTransport
from composer.workspace import Workspace
from tests.public.running import HOST, PREFIX, Running
from tests.transport.setup import PATIENT


def test_the_header_that_arrived(publication: Workspace, pages: Running) -> None:
    """Each reader's message goes through SMTP; a provider takes its header and posts; that reader is gone, the other is not."""
    compiled = build_issue(publication, publication.issue("2025-01-30")).compiled
    server = Server(host="127.0.0.1", port=pages.office.port, security=Security.NONE, limits=PATIENT)
    connection = SmtpTransport(server).connect()
    base = f"https://{HOST}{PREFIX}"
    for address in ("anna@example.net", "boris@example.net"):
        reader = pages.join(address)
        link = f"{base}/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, reader, 1)}"
        own = Addressing(
            to=Address(address=address),
            date=datetime.now().astimezone(),
            message_id=pages.tokens.message_id(1, reader.id, "news.example.org"),
            unsubscribe=link,
        )
        values = {"unsubscribe_url": link, "preferences_url": f"{base}/preferences", "web_url": f"{base}/2025-01-30"}
        envelope = Envelope(sender="briefing@news.example.org", recipient=address)
        assert connection.hand_over(envelope, compiled.fill(values, own)).state is State.ACCEPTED
    connection.close()
    for message in pages.mail():
        if message["To"] != "anna@example.net":
            continue
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        [address] = re.findall(r"<(https://[^>]+)>", message["List-Unsubscribe"])
        path = address.removeprefix(base)
        body = message["List-Unsubscribe-Post"].encode()
        answer = pages.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 200
        # The link that people see leads to the same page.
        assert all(address in part.get_content() for part in message.walk() if part.get_content_type() == "text/html")
    with pages.database.read() as read:
        everybody = {reader.address: reader.status for reader in select_readers(read, status=())}
        active = [reader.address for reader in select_readers(read)]
    assert everybody == {"anna@example.net": Status.UNSUBSCRIBED, "boris@example.net": Status.ACTIVE}
    assert active == ["boris@example.net"]
