"""Hostile messages to the bounce address: classified in limited time and memory, and nobody is suppressed by mistake."""

import random
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.bounces.parse.classifier import classify
from composer.bounces.parse.mime import MAX_DEPTH, MAX_PARTS, parse
from composer.bounces.parse.vocabulary import Returned, ReturnedKind
from tests import processor_time
from tests.bounces.samples import SAMPLES

MEGABYTE = 1024 * 1024
_MAILER = b"Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n"
_REPORT = _MAILER + b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
#: First lines of many servers, so that every later pattern is tried.
_BEGINNINGS = b"""here is your list of failed recipients
the following addresses had
this message was created automatically by mail delivery software
failed addresses follow:
Delivery to the following recipient failed
A message that you sent could not be delivered
Delivery to the following recipients failed
Your message
Unable to deliver message to
Sorry, unable to deliver your message to
Your message could not be delivered
Your message has encountered delivery problems
The following recipient(s) could not be reached
"""
_NESTED = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(10_000))
HOSTILE: dict[str, Callable[[], bytes]] = {
    "50 MB of text": lambda: _MAILER + b"\n" + b"user unknown mailbox " * (50 * MEGABYTE // 21),
    "50 MB in one line": lambda: _MAILER + b"\n" + b"a" * (50 * MEGABYTE),
    "lines for a heuristic": lambda: _MAILER + b"\n" + _BEGINNINGS + (b"a" * 199 + b"\n") * 5000,
    "addresses for a heuristic": lambda: _MAILER + b"\n" + _BEGINNINGS + (b"a@" * 99 + b"\n") * 5000,
    "spaces for a heuristic": lambda: _MAILER + b"\n" + _BEGINNINGS + (b" " * 199 + b"\n") * 5000,
    "10,000 parts": lambda: (
        _MAILER + b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\nContent-Type: text/plain\n\nhi\n" * 10_000
    ),
    "10,000 parts within parts": lambda: _MAILER + b"Content-Type: multipart/mixed; boundary=b0\n\n" + _NESTED,
    "one boundary for all": lambda: (
        _MAILER
        + b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 10_000
    ),
    "messages within messages": lambda: _MAILER + b"Content-Type: message/rfc822\n\n" * 10_000,
    "a million fields": lambda: _MAILER + b"X-A: b\n" * 1_000_000,
    "a field of 10 MB": lambda: _MAILER + b"X-A: b\n" + b" c\n" * 3_000_000,
    "angle brackets": lambda: _MAILER + b"Content-Type: text/html\n\n" + b"<br " * (MEGABYTE // 4),
    "plus signs": lambda: _MAILER + b"\n" + b"+abcdefghijklmnopqrst" * (MEGABYTE // 20),
    "Message-IDs": lambda: _MAILER + b"\n" + b"message-id:\n<" * (MEGABYTE // 13),
    "dashes": lambda: _MAILER + b"\n" + b"=-_" * (MEGABYTE // 3),
    "20,000 recipients": lambda: (
        _REPORT + b"Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.1.1\n\n" * 20_000
    ),
    "a diagnostic of codes": lambda: (
        _REPORT + b"Final-Recipient: rfc822;a@b.example\nDiagnostic-Code: smtp; " + b"550 " * 100_000
    ),
    "parameters": lambda: _MAILER + b"Content-Type: multipart/mixed; " + b';a="' * 100_000 + b"\n\nx",
    "encoded words": lambda: _MAILER.replace(b"failure notice", b"=?utf-8?q?a?= " * 100_000) + b"\nx",
    "signs before a subject": lambda: _MAILER.replace(b"failure notice", b"<" * 8000) + b"\nx",
    "spaces before a subject": lambda: _MAILER.replace(b"failure notice", b". " * 4000 + b"re" + b" ." * 4000) + b"\nx",
    "equals signs": lambda: _MAILER + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * MEGABYTE,
    "half of base64": lambda: _MAILER + b"Content-Transfer-Encoding: base64\n\n" + b"A" * (MEGABYTE + 1),
    "a slow charset": lambda: _MAILER + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * MEGABYTE,
    "noise": lambda: random.Random(1).randbytes(2 * MEGABYTE),
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_and_memory_are_limited(name: str) -> None:
    """Every kind of hostile message is classified in far less than two seconds, with less than 20 MB of extra memory."""
    data = HOSTILE[name]()
    with processor_time.at_most(2):
        returned = classify(data)
    assert len(returned.findings) <= 50 and len(returned.traces.tokens) <= 20
    tracemalloc.start()
    classify(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MEGABYTE


def test_parts_and_depth_are_limited() -> None:
    """Of 10,000 parts 100 are read, of 10,000 levels eight."""
    wide = parse(HOSTILE["10,000 parts"]())
    assert len(wide.parts) == MAX_PARTS
    part, depth = parse(HOSTILE["10,000 parts within parts"]()), 0
    while part.parts:
        part, depth = part.parts[0], depth + 1
    assert depth == MAX_DEPTH


@pytest.mark.parametrize(
    "charset",
    ["", "x-unknown", "unknown-8bit", "hex", "idna", "utf-16", "utf-7", "unicode_escape", "ü", "a" * 4000, "\\"],
)
def test_broken_charsets_hide_nothing(charset: str) -> None:
    """A report is read whatever charset its sentences claim."""
    sample = next(each for each in SAMPLES if each.name == "postfix-unknown").data
    broken = sample.replace(b"charset=us-ascii", f'charset="{charset}"'.encode())
    assert classify(broken) == classify(sample)


def _check(returned: Returned) -> None:
    """Check what is true of every result."""
    texts = [returned.sender, returned.subject, returned.why]
    texts += [text for each in returned.findings for text in (each.recipient, each.original, each.why)]
    texts += [each.reply.text for each in returned.findings if each.reply]
    assert all(text.isprintable() for text in texts)
    for each in returned.findings:
        assert (each.bounce is None) == (each.kind is not ReturnedKind.BOUNCE)
        assert each.status is None or len(each.status) <= 9
        if each.status and each.status.split(".")[1] == "7":
            # "No such user" with a policy code counts like a bad domain; a full or busy mailbox does not change.
            assert each.bounce != "hard"


@given(st.data())
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_mutated_samples_never_fail(data: st.DataObject) -> None:
    """A sample with bytes cut, doubled, replaced and swapped for another's is still classified."""
    mutated = bytearray(data.draw(st.sampled_from(SAMPLES)).data)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(mutated)))
        end = data.draw(st.integers(start, min(len(mutated), start + 400)))
        match data.draw(st.sampled_from(["cut", "double", "replace", "graft"])):
            case "cut":
                del mutated[start:end]
            case "double":
                mutated[start:start] = mutated[start:end]
            case "replace":
                mutated[start:end] = data.draw(st.binary(max_size=40))
            case _:
                other = data.draw(st.sampled_from(SAMPLES)).data
                mutated[start:end] = other[start : start + 600]
    _check(classify(bytes(mutated)))


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_classified(data: bytes) -> None:
    """No bytes cause an exception, and without the words of a mail server none are a bounce."""
    _check(classify(data))
    _check(classify(_MAILER + data))
    _check(classify(_REPORT + b"Final-Recipient: rfc822; a@b.example\n" + data))
