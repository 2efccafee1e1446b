"""Sends random hostile requests to running pages: no 500, no leak, no personal data in the log.

make fuzz                                        100,000 requests
python -m tests.web.public.fuzz --requests N --seed S
"""

import argparse
import contextlib
import random
import re
import socket
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from composer.audience.identity.tokens import Purpose, Tokens
from composer.audience.subscribers import Status, Subscriber
from composer.core.workspace import Workspace
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.transport.envelope import Envelope
from composer.transport.memory_transport import MemoryTransport
from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage
from tests.factories import sample
from tests.web.public.page_harness import STEM, TOKEN, Desk, frozen
from tests.web.public.running import FOREIGN_KEY, Running, running

#: Values of a subscriber that no request may reveal or change.
MARKS = ("victim@example.net", "Victoria-Zq81", "Acme-Zq82", "tag-zq83")
LINE = re.compile(r"[a-z_]+ (GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|other) (\d{3}|gone) \d+ ms")
STATUSES = {200, 400, 404, 405, 408, 413, 421, 422, 429}
_METHODS = (*("GET",) * 20, *("POST",) * 20, "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW", "get")
_FIELDS = (
    *("email", "name", "edition", "language", "website", "tag", "field-company", "reason", "comment", "answer"),
    *("List-Unsubscribe", "status", "id", "__proto__", "", "email[]", "field-", "token"),
)
_WORDS = (
    *(
        "One-Click",
        "yes",
        "no",
        "en",
        "de",
        "ar",
        "xx-" * 20,
        "press",
        "anna@example.net",
        "",
        " ",
        "\x00",
        "\r\nX: y",
        "\n",
    ),
    *(
        "'",
        '"',
        "' OR 1=1 --",
        "'; DROP TABLE subscribers; --",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "%s%n",
        "%00",
        "%",
        "%zz",
    ),
    *("../" * 8, "\\", "\u2028", "\u202e", "😀" * 30, "𝔘", "\ud7ff", "é" * 300, "a" * 3000, "0", "-1", "1e309", "null"),
)


@dataclass(slots=True, kw_only=True)
class Fuzz:
    """One run: the number of requests, and the failures."""

    pages: Running
    random: random.Random
    anna: Subscriber
    victim: Subscriber
    counts: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def word(self) -> str:
        """Return a word: a known attack, a part of one, or random characters."""
        draw = self.random
        match draw.randrange(5):
            case 0 | 1:
                return draw.choice(_WORDS)
            case 2:
                return draw.choice(_WORDS)[: draw.randrange(8)] + draw.choice(_WORDS)
            case 3:
                return "".join(chr(draw.randrange(0x20, 0x7F)) for _ in range(draw.randrange(40)))
            case _:
                points = (draw.randrange(0x110000) for _ in range(draw.randrange(12)))
                return "".join(chr(each) for each in points if not 0xD800 <= each < 0xE000)

    def address(self) -> str:
        """Return an email address; half of them are valid."""
        if self.random.random() < 0.5:
            return f"r{self.random.randrange(500)}@example.net"
        return self.random.choice((MARKS[0], f"{self.word()}@{self.word()}", f"{self.word()}@example.net", self.word()))

    def token(self, purpose: Purpose) -> str:
        """Return a token: a valid one of another subscriber, a forged one of the victim, or a cut or changed one."""
        draw, tokens = self.random, self.pages.tokens
        purpose = purpose if draw.random() < 0.8 else draw.choice(list(Purpose))
        good = tokens.make(purpose, self.anna.id, draw.randrange(5))
        match draw.randrange(9):
            case 0 | 6 | 7 | 8:
                return good
            case 1:
                return Tokens((FOREIGN_KEY,)).make(purpose, self.victim.id)
            case 2:
                at = draw.randrange(len(good))
                return good[:at] + draw.choice("abcdefghijklmnopqrstuvwxyz234567") + good[at + 1 :]
            case 3:
                return good[: draw.randrange(len(good))]
            case 4:
                return draw.choice((good.upper(), good * 40, f"{good}/", f"{good}%00"))
            case _:
                return self.quoted(self.word())

    def quoted(self, text: str) -> str:
        """Quote a word for a path, mostly correctly."""
        if self.random.random() < 0.8:
            return urllib.parse.quote(text.encode("utf-8", "replace"), safe="")
        return "".join(each for each in text if "!" <= each <= "~")[:200]

    def path(self) -> str:
        """Return a path."""
        draw = self.random
        own = draw.choice(("", "", "/data", "/leave", "/erase", f"/{self.quoted(self.word())}"))
        other = self.quoted(self.word())
        path = draw.choice(
            (
                *("/", "/subscribe", "/subscribe", "/preferences", "/unsubscribe", "/health", f"/{STEM}"),
                f"/unsubscribe/{self.token(Purpose.UNSUBSCRIBE)}",
                f"/confirm/{self.token(Purpose.CONFIRM)}",
                f"/preferences/{self.token(Purpose.PREFERENCES)}{own}",
                f"/approve/{draw.choice((TOKEN, self.token(Purpose.APPROVE)))}{draw.choice(('', '', '/edition/1'))}",
                *(
                    f"/{folder}/{other}"
                    for folder in (f"{STEM}/pictures", "probe", "brand", "unsubscribe", "preferences")
                ),
                *(f"/{other}", f"/{other}/{self.token(Purpose.UNSUBSCRIBE)}"),
            )
        )
        if draw.random() < 0.3:
            path += f"?{draw.choice(('language', 'x', ''))}={self.quoted(self.word())}"
        return draw.choice(("/n",) * 12 + ("", "//", "/n/..")) + path

    def body(self) -> tuple[str, bytes]:
        """Return a body and its Content-Type."""
        draw = self.random
        pairs = [(draw.choice(_FIELDS), self.word()) for _ in range(draw.randrange(6))]
        if draw.random() < 0.6:
            pairs.append(("email", self.address()))
        if draw.random() < 0.3:
            pairs.append(("List-Unsubscribe", "One-Click"))
        match draw.randrange(5):
            case 0 | 1 | 2:
                quoted = [(name, value.encode("utf-8", "replace")) for name, value in pairs]
                return "application/x-www-form-urlencoded", urllib.parse.urlencode(quoted).encode()
            case 3:
                parts = "".join(
                    f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs
                )
                data = f"{parts}--b--\r\n".encode("utf-8", "replace")
                cut = draw.randrange(len(data)) if draw.random() < 0.3 else len(data)
                return draw.choice(
                    ("multipart/form-data; boundary=b", 'Multipart/Mixed; boundary="b"', "multipart/x")
                ), data[:cut]
            case _:
                return self.header(), draw.randbytes(draw.randrange(400))

    def header(self) -> str:
        """Return a header value that HTTP allows."""
        return "".join(each for each in self.word() if " " <= each <= "~").strip()[:2000] or "x"

    def request(self) -> tuple[bytes, bool]:
        """Return a request, and whether it is complete; one in ten is damaged and may not even be HTTP."""
        draw = self.random
        kind, body = self.body()
        method = draw.choice(_METHODS)
        headers = {
            "Host": draw.choice(("news.example.org",) * 40 + (self.header(), "evil.example")),
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Forwarded-For": f"198.{draw.randrange(256)}.{draw.randrange(256)}.1",
        }
        for name in (
            "Accept-Language",
            "Origin",
            "User-Agent",
            "Cookie",
            "Referer",
            "X-Forwarded-Host",
            "Forwarded",
            "Range",
        ):
            if draw.random() < 0.2:
                headers[name] = self.header()
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made = f"{method} {self.path()} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "replace") + body
        if draw.random() < 0.1:
            at = draw.randrange(len(made))
            return made[:at] + draw.randbytes(draw.randrange(9)) + made[at + draw.randrange(9) :], False
        return made, True

    def judge(self, sent: bytes, answer: bytes) -> None:
        """Check a response; failures are recorded with the request."""
        if not answer:
            self.counts[0] += 1
            return
        status = int(answer[9:12]) if re.match(rb"HTTP/1\.1 \d{3}", answer) else -1
        self.counts[status] += 1
        text = answer.decode("utf-8", "replace")
        faults = [f"shows {mark}" for mark in MARKS[1:] if mark in text]
        # The form that is shown again contains the submitted address.
        if MARKS[0] in text and MARKS[0].encode() not in urllib.parse.unquote_to_bytes(sent):
            faults.append(f"shows {MARKS[0]}")
        if status not in STATUSES:
            faults.append(f"status {status}")
        if "set-cookie:" in text.lower() or "\nlocation:" in text.lower() or "Traceback" in text:
            faults.append("a cookie, a redirect or a traceback")
        self.wrong += [f"{fault}\n{sent[:600]!r}\n{answer[:300]!r}" for fault in faults]


def ask(port: int, sent: bytes, *, is_whole: bool) -> bytes:
    """Send bytes and read the whole response; close the sending side if the server might wait for more."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(sent)
        if not is_whole:
            connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            answer += piece
    return answer


@contextlib.contextmanager
def fuzzing(workspace: Workspace, folder: Path, seed: int) -> Iterator[Fuzz]:
    """Run pages for a fuzz run; the mail server rejects all their mails."""
    refused = Outcome(state=OutcomeState.REFUSED, stage=Stage.RCPT, reason="no", scope=Scope.RECIPIENT)

    def refuse(envelope: Envelope) -> Outcome:
        return refused

    desk = Desk(edition=frozen(workspace))
    with (
        open_database(Location(path=folder / "fuzz.db")) as database,
        running(workspace, database, approvals=desk, editions=desk, transport=MemoryTransport(refuse)) as pages,
    ):
        victim = pages.join(MARKS[0], MARKS[3], name=MARKS[1], company=MARKS[2])
        anna = pages.join("anna@example.net")
        yield Fuzz(pages=pages, random=random.Random(seed), anna=anna, victim=victim)


def run(fuzz: Fuzz, requests: int, *, tell: bool = False) -> list[str]:
    """Send a number of requests; return the failures."""
    for number in range(requests):
        sent, is_whole = fuzz.request()
        fuzz.judge(sent, ask(fuzz.pages.port, sent, is_whole=is_whole))
        if tell and (number + 1) % 10_000 == 0:
            print(
                f"{number + 1:,} requests: {dict(sorted(fuzz.counts.items()))}, wrong: {len(fuzz.wrong)}",
                file=sys.stderr,
            )
    fuzz.wrong += [
        line for line in fuzz.pages.told if not (LINE.fullmatch(line) or re.fullmatch(r"mail \w+ \w+", line))
    ]
    found = fuzz.pages.subscriber(MARKS[0])
    if found is None or found.status is not Status.ACTIVE or found.name != MARKS[1]:
        fuzz.wrong.append("the victim was changed")
    return fuzz.wrong


def main() -> int:
    """Run the fuzzer and print the failures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        workspace = sample(Path(folder))
        with fuzzing(workspace, Path(folder), arguments.seed) as fuzz:
            wrong = run(fuzz, arguments.requests, tell=True)
            counts = dict(sorted(fuzz.counts.items()))
    for each in wrong[:20]:
        print(each)
    print(
        f"{arguments.requests:,} requests in {time.monotonic() - begun:.0f} s, by status (0: hung up) {counts}; "
        f"wrong: {len(wrong)}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
