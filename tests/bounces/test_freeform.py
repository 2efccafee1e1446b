"""Bounces that are sentences for people: who is named, whether they are trying again, and where our own words begin."""

import logging

import pytest

from composer.bounces.freeform import read_freeform, text_of
from composer.bounces.mime import parse
from composer.bounces.vocabulary import Class, Finding, Kind

HEAD = "From: MAILER-DAEMON@mx.example\nTo: bounces@news.example.org\nSubject: failure notice\n"
UNKNOWN = "<ann@reader.example>: 550 5.1.1 no such user\n"


def read(body: str, *fields: str) -> tuple[Finding, ...]:
    head = HEAD + "".join(f"{each}\n" for each in fields)
    return read_freeform(parse(f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}".encode()))


@pytest.mark.parametrize(
    "line",
    [
        "--- Below this line is a copy of the message.",
        "------ This is the original message ------",
        "== Returned message ==",
        "__ unsent message",
        "--- header of the message",
        "--- Ursprüngliche Nachricht",
        "--- Mensaje devuelto",
        "--- messaggio inviato",
        "--- Mensagem devolvida",
        "--- 原邮件",
        "--- 元のメッセージ",
        "> --- original message",
        "Return-Path: <news@example.org>",
        "Received: from x",
        "DKIM-Signature: v=1",
        "Message-ID: <x@news.example.org>",
        "X-Mailer: x",
        "> * Received: from x",
        "A copy of the original message follows.",
        "Copy of your message:",
        "copy of your original message",
        "A copy of the message",
        "Message header follow",
        "Message text follows:",
        "Message headers follow:",
        "Message texts follow:",
        "Your message is attached.",
        "Your original message follows.",
        "Your message reads:",
    ],
)
def test_our_own_words_are_not_read_as_the_reason(line: str) -> None:
    """Behind this line the message speaks of what came back: a full mailbox there is a story in the issue."""
    for each in (line, line.upper()):
        (finding,) = read(f"ann@reader.example: no such user\n\n{each}\n\nEvery mailbox is full, over quota.\n")
        assert finding.bounce is Class.HARD
        # Nothing is left to read where it begins so.
        assert read(f"{each}\n\nEvery mailbox is full, over quota.\n") == ()


@pytest.mark.parametrize(
    "words",
    [
        "We are still trying.",
        "It is still being retried.",
        "still retrying",
        "still being trying",
        "We will keep trying.",
        "We will continue to try.",
        "It will be retried.",
        "The server will keep retrying.",
        "It is not yet delivered.",
        "It has not yet been delivered.",
        "It hasn't yet been delivered.",
        "This is a warning message only.",
        "You do not need to resend it.",
        "You do not need to re-send it.",
        "You do not need to take any action.",
        "No action is required.",
        "Your message has been delayed.",
        "Delivery to ann is delayed.",
        "It is retried for five days.",
        "Es wird weiter versucht.",
        "Es wird weiterhin versucht.",
        "Die Zustellung ist verzögert.",
        "Le message est retardé.",
        "Il sera retenté.",
        "Está retrasado.",
        "Se seguirá intentando.",
        "La consegna è ritardata.",
        "De levering is vertraagd.",
        "邮件延迟",
        "配送に遅延が生じています",
        "再送を試みます",
        "Доставка задерживается",
    ],
)
def test_who_tries_again_has_not_given_up(words: str) -> None:
    """A delay, of the reader who is named; with a word of giving up beside it, or a list of failures, it is none."""
    for each in (words, words.upper()):
        found = read(f"{each}\nann@reader.example\n")
        assert [(one.kind, one.recipient) for one in found] == [(Kind.DELAY, "ann@reader.example")], each
        assert found[0].why
    assert [one.kind for one in read(words)] == [Kind.DELAY]
    (finding,) = read(f"{words}\nno such user\n", "X-Failed-Recipients: ann@reader.example")
    assert (finding.kind, finding.recipient) == (Kind.BOUNCE, "ann@reader.example")


@pytest.mark.parametrize(
    "words",
    [
        "We have given up.",
        "We are giving up.",
        "permanent error",
        "permanent failure",
        "permanent fatal errors",
        "It failed permanently.",
        "I'm not going to try again.",
        "endgültig",
        "It could not be delivered.",
    ],
)
def test_who_has_given_up_tries_no_more(words: str) -> None:
    """Whatever is said of delays and of trying before."""
    for each in (words, words.upper()):
        found = read(f"Delivery was delayed, retried for five days. {each}\nann@reader.example: no such user\n")
        assert [(one.kind, one.recipient, one.bounce) for one in found] == [
            (Kind.BOUNCE, "ann@reader.example", Class.HARD)
        ]


def test_the_field_of_failed_recipients_names_them() -> None:
    """Exim's: each once, in their order, each with the sentences behind its own name."""
    found = read(
        "ann@reader.example\n  mailbox is full\nbob@reader.example\n  no such user\n",
        "X-Failed-Recipients: ann@reader.example, <bob@reader.example>,",
        "X-Failed-Recipients: ann@reader.example",
    )
    assert [(each.recipient, each.bounce) for each in found] == [
        ("ann@reader.example", Class.FULL),
        ("bob@reader.example", Class.HARD),
    ]


def test_what_is_said_of_one_ends_where_the_next_is_named() -> None:
    """Whoever is named twice in a row, before or behind the others: to each what stands behind the first of their names."""
    found = read(
        "eve@reader.example\nann@reader.example\n  mailbox is full\nbob@reader.example\n  no such user\n"
        "ann@reader.example: over quota\n",
        "X-Failed-Recipients: eve@reader.example, ann@reader.example, bob@reader.example, xann@reader.example",
    )
    assert [(each.recipient, each.bounce) for each in found] == [
        ("eve@reader.example", Class.SOFT),
        ("ann@reader.example", Class.FULL),
        ("bob@reader.example", Class.HARD),
        # Never named in the text: all of it counts.
        ("xann@reader.example", Class.FULL),
    ]
    # One that is named right before ends nothing.
    found = read(
        "bob@reader.example ann@reader.example: no such user\n",
        "X-Failed-Recipients: ann@reader.example, bob@reader.example",
    )
    assert [each.bounce for each in found] == [Class.HARD, Class.SOFT]


def test_no_more_than_a_page_is_read_behind_a_name() -> None:
    """What stands 2,000 characters further on is about something else."""
    for gap, bounce in ((1900, Class.HARD), (2100, Class.SOFT)):
        body = (
            f"ann@reader.example: sorry\n{'x' * 60 + chr(10)}" + ("y" * 60 + "\n") * (gap // 61 - 1) + "no such user\n"
        )
        (finding,) = read(body, "X-Failed-Recipients: ann@reader.example")
        assert finding.bounce is bounce


@pytest.mark.parametrize(("count", "kept"), [(50, 50), (51, 50)])
def test_fifty_are_named(count: int, kept: int) -> None:
    """More are in no bounce of a message of ours."""
    names = [f"r{number}@reader.example" for number in range(count)]
    found = read("no such user\n", f"X-Failed-Recipients: {','.join(names)}")
    assert [each.recipient for each in found] == names[:kept]


@pytest.mark.parametrize(
    ("body", "bounce"),
    [
        ("It did not work: 550 5.2.2 over\n", Class.FULL),
        ("It did not work (#5.2.2)\n", Class.FULL),
        ("There is no such user.\n", Class.HARD),
        ("x" * 4000 + "\nThere is no such user.\n", Class.HARD),
    ],
)
def test_a_code_or_a_plain_sentence_is_enough(body: str, bounce: Class) -> None:
    """Where nobody is named for certain the first address that is neither ours nor theirs counts, or none."""
    assert [(each.recipient, each.bounce) for each in read(body)] == [("", bounce)]
    for address in ("bounces@news.example.org", "MAILER-DAEMON@mx.example"):
        assert [each.recipient for each in read(f"{address}\n{body}")] == [""]
    found = read(f"bounces@news.example.org, to bob@reader.example. and to eve@reader.example\n{body}")
    if len(body) < 4000:
        assert [(each.recipient, each.bounce) for each in found] == [("bob@reader.example", bounce)]


@pytest.mark.parametrize("body", ["", "Thank you for your letter.\n", "x" * 5000 + "\nno such user\n"])
def test_what_is_not_certain_is_nothing(body: str) -> None:
    """No name, no code and no sentence that is known: not a bounce."""
    assert read(body) == ()


def test_what_is_said_in_a_page_is_read() -> None:
    """Without a plain text the words of a page count, its breaks as line ends; with one they do not."""
    page = "<p>Sorry,</p><div>no&nbsp;such <b>user</b></div>ann@reader.example<br>mailbox&amp;full"
    data = f"{HEAD}Content-Type: text/html\n\n{page}\n".encode()
    assert [each.strip() for each in text_of(parse(data)).splitlines() if each.strip()] == [
        "Sorry,",
        "no\u00a0such  user",
        "ann@reader.example",
        "mailbox&full",
    ]
    both = (
        f"{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\r\n\r\n"
        f"mailbox full\r\nof ann\r\n--b\nContent-Type: text/html\n\n{page}\n--b\nContent-Type: text/rfc822-headers\n\n"
        "Subject: no such user\n--b--\n"
    )
    assert text_of(parse(both.encode())).split() == ["mailbox", "full", "of", "ann"]


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_first_four_texts_are_read(kind: str) -> None:
    """More are in no bounce: what a fifth part says is not looked at."""
    parts = "".join(f"--b\nContent-Type: text/{kind}\n\npart{number}\n" for number in range(1, 6))
    data = f"{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n"
    assert text_of(parse(data.encode())).split() == ["part1", "part2", "part3", "part4"]


def test_a_sender_without_an_address_hides_nobody() -> None:
    """A server that writes only a name is understood like any other."""
    body = "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
    data = f"From: Mail Delivery System\nTo: x@news.example.org\nSubject: failure notice\n\n{body}{UNKNOWN}"
    (finding,) = read_freeform(parse(data.encode()))
    assert (finding.recipient, finding.status, finding.bounce) == ("ann@reader.example", "5.1.1", Class.HARD)


@pytest.mark.parametrize("is_in_parts", [False, True])
def test_each_of_several_is_known_by_the_shape_of_their_server(is_in_parts: bool) -> None:
    """qmail names one behind the other, in a text alone and in the first part of a message with others."""
    body = (
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<ann@reader.example>:\n550 5.1.1 no such user\n\n<bob@reader.example>:\n552 5.2.2 mailbox full\n"
    )
    if is_in_parts:
        body = f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n{body}\n--b--\n"
    else:
        body = f"Content-Type: text/plain\n\n{body}"
    found = read_freeform(parse(f"{HEAD}{body}".encode()))
    assert [(each.recipient, each.bounce) for each in found] == [
        ("ann@reader.example", Class.HARD),
        ("bob@reader.example", Class.FULL),
    ]


@pytest.mark.parametrize(("gap", "bounce"), [(900, Class.HARD), (1100, Class.SOFT)])
def test_no_more_than_half_a_page_is_read_before_a_name(gap: int, bounce: Class) -> None:
    """Where nothing is said behind a name what stands right before it counts."""
    body = "no such user\n" + ("y" * 60 + "\n") * (gap // 61) + "ann@reader.example\n"
    (finding,) = read(body, "X-Failed-Recipients: ann@reader.example")
    assert finding.bounce is bounce


def test_a_text_without_words_is_none() -> None:
    """The words of the page beside it count then."""
    parts = "--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>no such user</p>\n--b--\n"
    data = f"{HEAD}Content-Type: multipart/alternative; boundary=b\n\n{parts}"
    assert "no such user" in text_of(parse(data.encode()))


def test_what_trips_over_a_bounce_prints_nothing() -> None:
    """The library that knows the shapes of servers would write down what it does not understand."""
    logging.getLogger("flufl.bounce").disabled = False
    read("no such user\n")
    assert logging.getLogger("flufl.bounce").disabled
