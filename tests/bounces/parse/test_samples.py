"""Returned messages of many mail servers are understood; what only looks like a bounce is not treated as one.

The messages were written for these tests in the formats that servers document; no address in them belongs to anybody.
"""

import email
import email.policy
from collections import Counter

import pytest

from composer.bounces.parse.classifier import classify
from composer.bounces.parse.mime import MimePart, parse
from composer.bounces.parse.vocabulary import BounceFinding, Class, Returned, ReturnedKind
from tests.bounces.samples import FOLDER, SAMPLES, Sample

#: The token in the samples' envelope, and the left side of the samples' Message-ID.
TOKEN, NAME = "kq7v2mzd4xw3hn6cjp5taryb2gs4lfe3ua", "c3ydn7kq2pzv5xw4hm6tjrabu2gs3lfe7i"


def first(returned: Returned) -> BounceFinding | None:
    return next((each for each in returned.findings if each.kind is returned.kind), None)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_samples_are_understood(sample: Sample) -> None:
    """Kind, recipient, class and status are those of the message."""
    returned = classify(sample.data)
    found = first(returned)
    bounce, status = (found.bounce, found.status) if found else (None, None)
    said = (returned.kind, (found.recipient if found else "") or "-", bounce or "-", status or "-")
    assert said == (sample.kind, sample.recipient, sample.bounce, sample.status)
    assert returned.why


def test_there_are_many_samples() -> None:
    """At least 60 bounces of every class, and 20 messages that are not bounces; each file is in the table."""
    kinds = Counter(sample.kind for sample in SAMPLES)
    assert kinds["bounce"] >= 60
    assert kinds["out_of_office"] + kinds["challenge"] + kinds["not_understood"] >= 20
    assert {sample.bounce for sample in SAMPLES} == {*Class, "-"}
    assert {sample.kind for sample in SAMPLES} == set(ReturnedKind)
    assert {path.stem for path in FOLDER.glob("*.eml")} == {sample.name for sample in SAMPLES}


def test_the_token_is_found_wherever_servers_leave_it() -> None:
    """Each report on a message of ours identifies its subscriber, by its own recipient or by the returned header."""
    for sample in SAMPLES:
        traces = classify(sample.data).traces
        if sample.kind in ("bounce", "delay", "complaint", "out_of_office") and not sample.name.startswith(
            ("microsoft-junk-mail", "apple-unsubscribe")
        ):
            assert traces.tokens[0] == TOKEN, sample.name
        if b"\nX-Compose-ID: " in sample.data and not sample.name.startswith(("our-own", "person")):
            assert NAME in traces.names, sample.name


@pytest.mark.parametrize(
    "address",
    [
        f"bounces+{TOKEN.upper()}@NEWS.example.org",
        f'"bounces+{TOKEN}@news.example.org" <bounces+{TOKEN}@news.example.org>',
        f"prvs=2134abcdef=bounces+{TOKEN}@news.example.org",
        f"SRS0=HHH=TT=news.example.org=bounces+{TOKEN}@forwarder.example",
        f"SRS1=HHH=forwarder.example==HHH=TT=news.example.org=bounces+{TOKEN}@other.example",
    ],
)
def test_rewritten_senders_still_carry_the_token(address: str) -> None:
    """The token is read despite upper case, quotes, BATV and SRS in the address."""
    message = f"Return-Path: <>\nTo: {address}\nSubject: x\n\nx\n"
    assert classify(message.encode()).traces.tokens == (TOKEN,)


def test_a_message_id_of_the_relay_leaves_our_own_header() -> None:
    """Amazon SES writes its own Message-ID; X-Compose-ID in the returned part still identifies the message."""
    traces = classify((FOLDER / "ses-unknown.eml").read_bytes()).traces
    assert traces.message_ids == ("<0102019a-4f1e@eu-west-1.amazonses.example>",)
    assert NAME in traces.names


def test_the_text_of_the_issue_is_not_the_reason() -> None:
    """The returned message speaks of full mailboxes and unknown users; only the server's answer before it counts."""
    found = first(classify((FOLDER / "exim-timeout.eml").read_bytes()))
    assert b"mailbox is full and 550 5.1.1 user unknown" in (FOLDER / "exim-timeout.eml").read_bytes()
    assert found is not None
    assert found.bounce is Class.SOFT


def test_each_recipient_of_a_report_has_a_finding() -> None:
    """One delayed, one failed: both are reported, and the failed one classifies the whole."""
    returned = classify((FOLDER / "postfix-two-recipients.eml").read_bytes())
    assert [(each.recipient, each.kind) for each in returned.findings] == [
        ("slow@reader.example", ReturnedKind.DELAY),
        ("ann@reader.example", ReturnedKind.BOUNCE),
    ]


def test_line_ends_and_mailboxes_change_nothing() -> None:
    """A message with CRLF, as from IMAP, is the same as with LF."""
    for sample in SAMPLES:
        assert classify(sample.data.replace(b"\n", b"\r\n")) == classify(sample.data), sample.name


def test_another_parser_finds_the_same_parts() -> None:
    """The standard library's parser finds the same parts, types and texts in every sample."""
    for sample in SAMPLES:
        if sample.name in ("broken-report-by-a-gateway", "person-forwards-a-bounce"):
            continue  # the boundary is not the announced one; of an attached message only the header is read
        theirs = email.message_from_bytes(sample.data, policy=email.policy.compat32)
        assert list(_outline(parse(sample.data))) == list(_their_outline(theirs)), sample.name


def _outline(part: MimePart) -> list[tuple[str, str]]:
    if part.parts:
        return [(part.type, ""), *(each for inner in part.parts for each in _outline(inner))]
    return [(part.type, part.data().decode("latin-1").strip())] if part.type.startswith("text/") else [(part.type, "")]


def _their_outline(part: email.message.Message) -> list[tuple[str, str]]:
    kind = part.get_content_type()
    if part.is_multipart() and (kind == "message/rfc822" or not kind.startswith("message/")):
        inner = part.get_payload()
        assert isinstance(inner, list)
        return [(kind, ""), *(each for one in inner for each in _their_outline(one))]  # type: ignore[arg-type]
    payload = part.get_payload(decode=True)
    text = payload.decode("latin-1").strip() if isinstance(payload, bytes) and kind.startswith("text/") else ""
    return [(kind, text)]
