"""Times making a message for each subscriber: 60 KB of HTML, 12 KB of text, ten merge fields, every header of bulk
mail.

Input: a number of rounds. Output: messages per second of processor time, by program, round by round; they alternate.
Ours also makes the tokens of a subscriber: to unsubscribe, for bounces, and for the Message-ID.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from pathlib import Path

from mailmerge.template_message import TemplateMessage

from benchmarks.peers import FOLDER
from benchmarks.stages import sample
from composer.audience.identity.tokens import Purpose, Tokens
from composer.content.values.merge_fields import MergeField
from composer.core.addresses import Address
from composer.delivery.config.dkim_keys import generate, parse_key
from composer.mail.bulk_headers import verp
from composer.mail.compiled_message import Compiled, compile_message
from composer.mail.dkim_signing import Algorithm, Profile
from composer.mail.letterhead import Addressing, Letterhead

OURS, SIGNED, EMAIL_MESSAGE = "compose", "compose, signed (RSA-2048)", "EmailMessage"
MAILMERGE, NODEMAILER = "mailmerge", "nodemailer"
Rates = Mapping[str, list[float]]

_HTML, _TEXT = 60_000, 12_000
_FIELDS = ("first_name", "last_name", "company", "email", "unsubscribe_url")
_TOKENS = {name: f"qbcdfghj{number:04d}w10z" for number, name in enumerate(_FIELDS)}
_NOW = datetime(2025, 1, 30, 6, tzinfo=UTC)
_FROM, _SUBJECT = "China Briefing <briefing@news.example.org>", "A cheap model shakes up the AI race"
#: Messages in a row in a round: all take about as long.
_MANY = {OURS: 3000, SIGNED: 500, EMAIL_MESSAGE: 40, MAILMERGE: 40, NODEMAILER: 300}

#: Makes this many messages on request, and reports the time, without the start and compilation of node.
_NODE = """
const [modules, file] = process.argv.slice(1);
const found = require('module').createRequire(modules + '/')('nodemailer/lib/mail-composer');
const MailComposer = found.default || found;
const { html, text, subscribers } = JSON.parse(require('fs').readFileSync(file));
const filled = (page, values) => page.replace(/\\[\\[(\\w+)\\]\\]/g, (_, name) => values[name]);
const made = subscriber => new MailComposer({
    from: subscriber.from, to: { name: subscriber.values.first_name, address: subscriber.values.email },
    subject: subscriber.subject, date: new Date('2025-01-30T06:00:00Z'), messageId: subscriber.message_id,
    text: filled(text, subscriber.values), html: filled(html, subscriber.escaped), headers: subscriber.headers,
    textEncoding: 'quoted-printable',
}).compile().build();
require('readline').createInterface({ input: process.stdin }).on('line', async line => {
    const begin = process.cpuUsage();
    for (let number = 0; number < +line; number++) await made(subscribers[number % subscribers.length]);
    const { user, system } = process.cpuUsage(begin);
    console.log((user + system) / 1e6);
});
"""


def rates(rounds: int) -> Rates:
    """Make messages with each program alternately, `rounds` times, after one round that does not count."""
    html, text = _pages()
    subscribers = [_subscriber(number) for number in range(100)]
    compiled = _compiled(html, text)
    profile = Profile(domain="example.org", keys=(parse_key(generate(Algorithm.RSA), selector="rsa"),))
    tokens = Tokens((b"k" * 64,))
    with tempfile.TemporaryDirectory() as folder:
        template = _template(Path(folder), html, text)
        with _node(Path(folder), html, text, subscribers) as node:
            calls: dict[str, Callable[[int], object]] = {
                OURS: lambda number: _ours(compiled, tokens, subscribers[number % 100], number),
                SIGNED: lambda number: _ours(compiled, tokens, subscribers[number % 100], number, profile),
                EMAIL_MESSAGE: lambda number: _email_message(html, text, subscribers[number % 100]),
                MAILMERGE: lambda number: template.render(subscribers[number % 100])[2].as_bytes(),
            }
            found: dict[str, list[float]] = {name: [] for name in _MANY}
            for turn in range(rounds + 1):
                for name, many in _MANY.items():
                    took = _timed(calls[name], many) if name in calls else node(many)
                    if turn:
                        found[name].append(many / took)
    return found


def _timed(call: Callable[[int], object], many: int) -> float:
    begin = time.process_time()
    for number in range(many):
        call(number)
    return time.process_time() - begin


def _pages() -> tuple[str, str]:
    """Return the sample as HTML and text of these sizes, with merge fields as `[[first_name]]`."""
    edition = sample().edition
    html, text = edition.html, edition.text
    for field in edition.fields:
        html, text = html.replace(field.token, "x"), text.replace(field.token, "x")
    while len(html.encode()) < _HTML:
        html += edition.html
    html, text = html.encode()[:_HTML].decode(errors="ignore"), (text * 3).encode()[:_TEXT].decode(errors="ignore")
    html = (
        html[: html.rindex("<p ")]
        + '<a href="https://example.org/x?n=[[first_name]]">x</a><a href="[[unsubscribe_url]]">x</a>'
    )
    for number, name in enumerate(("first_name", "last_name", "company", "email")):
        at = html.index("<p ", (number + 1) * 12_000)
        html = f"{html[:at]}<p>Dear [[{name}]],</p>{html[at:]}"
    return html, f"Dear [[first_name]] [[last_name]],\n\n{text}\n[[company]], [[email]]\n<[[unsubscribe_url]]>\n"


def _subscriber(number: int) -> dict[str, str]:
    return {
        "first_name": f"Anna{number}",
        "last_name": "Schmidt" if number % 4 else "Müller & Söhne",
        "company": "ACME",
        "email": f"reader{number}@example.org",
        "unsubscribe_url": f"https://news.example.org/n/unsubscribe/{'a' * 31}{number:03d}",
        "message_id": f"<{'a' * 31}{number:03d}@news.example.org>",
    }


def _compiled(html: str, text: str) -> Compiled:
    for name, token in _TOKENS.items():
        html, text = html.replace(f"[[{name}]]", token), text.replace(f"[[{name}]]", token)
    return compile_message(
        Letterhead(
            sender=Address(name="China Briefing", address="briefing@news.example.org"),
            subject=_SUBJECT,
            language="en",
            list_id="briefing.news.example.org",
            list_name="China Briefing",
            feedback_id="compose",
        ),
        html=html,
        text=text,
        fields=tuple(MergeField(token=token, name=name, default="subscriber") for name, token in _TOKENS.items()),
    )


def _ours(
    compiled: Compiled, tokens: Tokens, subscriber: dict[str, str], number: int, profile: Profile | None = None
) -> tuple[str, bytes]:
    url = f"https://news.example.org/n/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, number, 17)}"
    bounces = verp("bounces@news.example.org", tokens.make(Purpose.BOUNCE, number, 17))
    addressing = Addressing(
        to=Address(name=subscriber["first_name"], address=subscriber["email"]),
        date=_NOW,
        message_id=tokens.message_id(17, number, "news.example.org"),
        unsubscribe=url,
        unsubscribe_mailto="mailto:off@news.example.org",
        feedback=("2025-01-30", "m17"),
    )
    values = {**subscriber, "unsubscribe_url": url}
    if profile is None:
        return bounces, compiled.fill(values, addressing)
    return bounces, compiled.signed(values, addressing, profile, now=int(_NOW.timestamp()))


def _headers(subscriber: dict[str, str]) -> dict[str, str]:
    return {
        "List-Id": "China Briefing <briefing.news.example.org>",
        "List-Unsubscribe": f"<{subscriber['unsubscribe_url']}>, <mailto:off@news.example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "2025-01-30:m17:compose",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "en",
    }


def _filled(page: str, values: Mapping[str, str]) -> str:
    for name in _FIELDS:
        page = page.replace(f"[[{name}]]", values[name])
    return page


def _escaped(subscriber: dict[str, str]) -> dict[str, str]:
    return {name: escape(value) for name, value in subscriber.items()}


def _email_message(html: str, text: str, subscriber: dict[str, str]) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = _FROM
    message["To"] = f"{subscriber['first_name']} <{subscriber['email']}>"
    message["Subject"] = _SUBJECT
    message["Date"] = format_datetime(_NOW)
    message["Message-ID"] = subscriber["message_id"]
    message.set_content(_filled(text, subscriber), cte="quoted-printable")
    message.add_alternative(_filled(html, _escaped(subscriber)), subtype="html", cte="quoted-printable")
    for name, value in _headers(subscriber).items():
        message[name] = value
    return message.as_bytes()


def _template(folder: Path, html: str, text: str) -> TemplateMessage:
    """Write a template for mailmerge: a whole message with `{{first_name}}`."""
    head = {"From": _FROM, "To": "{{first_name}} <{{email}}>", "Subject": _SUBJECT, "Message-ID": "{{message_id}}"}
    head |= _headers({"unsubscribe_url": "{{unsubscribe_url}}"})
    lines = "".join(f"{name}: {value}\n" for name, value in head.items())
    text, html = (page.replace("[[", "{{").replace("]]", "}}") for page in (text, html))
    parts = f"--x-x\nContent-Type: text/plain\n\n{text}\n--x-x\nContent-Type: text/html\n\n{html}\n--x-x--\n"
    path = folder / "template.txt"
    path.write_text(
        f'{lines}MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="x-x"\n\n{parts}', "utf-8"
    )
    return TemplateMessage(path)


@contextmanager
def _node(folder: Path, html: str, text: str, subscribers: list[dict[str, str]]) -> Iterator[Callable[[int], float]]:
    """Provide a node process that makes messages and reports the seconds."""
    told = [
        {
            "from": _FROM,
            "subject": _SUBJECT,
            "message_id": subscriber["message_id"],
            "values": subscriber,
            "escaped": _escaped(subscriber),
            "headers": _headers(subscriber),
        }
        for subscriber in subscribers
    ]
    file = folder / "edition.json"
    file.write_text(json.dumps({"html": html, "text": text, "subscribers": told}), "utf-8")
    command = ["node", "-e", _NODE, str(FOLDER / "node_modules"), str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        asking, answers = process.stdin, process.stdout

        def seconds(many: int) -> float:
            print(many, file=asking, flush=True)
            return float(answers.readline())

        yield seconds
        asking.close()
