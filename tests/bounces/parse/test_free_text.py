"""Bounces in sentences for people: the recipients, whether the server is retrying, and where our own text begins."""

import logging
from base64 import b64encode

import pytest

from composer.bounces.parse.free_text import read_freeform, text_of
from composer.bounces.parse.mime import parse
from composer.bounces.parse.vocabulary import BounceFinding, Class, ReturnedKind

HEAD = "From: MAILER-DAEMON@mx.example\nTo: bounces@news.example.org\nSubject: failure notice\n"
UNKNOWN = "<ann@reader.example>: 550 5.1.1 no such user\n"


def read(body: str, *fields: str) -> tuple[BounceFinding, ...]:
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
def test_our_own_text_is_not_read_as_the_reason(line: str) -> None:
    """After this line the message quotes ours: a full mailbox there is a story in the issue."""
    for each in (line, line.upper()):
        (finding,) = read(f"ann@reader.example: no such user\n\n{each}\n\nEvery mailbox is full, over quota.\n")
        assert finding.bounce is Class.HARD
        # If the message begins like this, no text is left to read.
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
def test_a_server_that_retries_reports_a_delay(words: str) -> None:
    """A delay of the named subscriber; a text about failure, or a list of failures, makes it a bounce."""
    for each in (words, words.upper()):
        found = read(f"{each}\nann@reader.example\n")
        assert [(one.kind, one.recipient) for one in found] == [(ReturnedKind.DELAY, "ann@reader.example")], each
        assert found[0].why
    assert [one.kind for one in read(words)] == [ReturnedKind.DELAY]
    (finding,) = read(f"{words}\nno such user\n", "X-Failed-Recipients: ann@reader.example")
    assert (finding.kind, finding.recipient) == (ReturnedKind.BOUNCE, "ann@reader.example")


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
def test_a_server_that_has_given_up_reports_a_failure(words: str) -> None:
    """A failure is a failure, whatever the text says about delays and earlier attempts."""
    for each in (words, words.upper()):
        found = read(f"Delivery was delayed, retried for five days. {each}\nann@reader.example: no such user\n")
        assert [(one.kind, one.recipient, one.bounce) for one in found] == [
            (ReturnedKind.BOUNCE, "ann@reader.example", Class.HARD)
        ]


def test_the_field_of_failed_recipients_names_them() -> None:
    """Exim's recipients: each once, in order, each with the sentences after their own name."""
    found = read(
        "ann@reader.example\n  mailbox is full\nbob@reader.example\n  no such user\n",
        "X-Failed-Recipients: ann@reader.example, <bob@reader.example>,",
        "X-Failed-Recipients: ann@reader.example",
    )
    assert [(each.recipient, each.bounce) for each in found] == [
        ("ann@reader.example", Class.FULL),
        ("bob@reader.example", Class.HARD),
    ]


def test_text_about_one_recipient_ends_at_the_next() -> None:
    """With the same names before or after, each recipient has the text after the first of their names."""
    found = read(
        "eve@reader.example\nann@reader.example\n  mailbox is full\nbob@reader.example\n  no such user\n"
        "ann@reader.example: over quota\n",
        "X-Failed-Recipients: eve@reader.example, ann@reader.example, bob@reader.example, xann@reader.example",
    )
    assert [(each.recipient, each.bounce) for each in found] == [
        ("eve@reader.example", Class.SOFT),
        ("ann@reader.example", Class.FULL),
        ("bob@reader.example", Class.HARD),
        # A recipient who is never named in the text: all of it counts.
        ("xann@reader.example", Class.FULL),
    ]
    # A name directly before ends nothing.
    found = read(
        "bob@reader.example ann@reader.example: no such user\n",
        "X-Failed-Recipients: ann@reader.example, bob@reader.example",
    )
    assert [each.bounce for each in found] == [Class.HARD, Class.SOFT]


def test_one_page_is_read_after_a_name() -> None:
    """Text 2,000 characters later is about something else."""
    for gap, bounce in ((1900, Class.HARD), (2100, Class.SOFT)):
        body = (
            f"ann@reader.example: sorry\n{'x' * 60 + chr(10)}" + ("y" * 60 + "\n") * (gap // 61 - 1) + "no such user\n"
        )
        (finding,) = read(body, "X-Failed-Recipients: ann@reader.example")
        assert finding.bounce is bounce


@pytest.mark.parametrize(("count", "kept"), [(50, 50), (51, 50)])
def test_fifty_are_named(count: int, kept: int) -> None:
    """Fifty recipients are read; a bounce of a message of ours has no more."""
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
    """If no recipient is certain, the first address that is neither ours nor the server's counts, or none."""
    assert [(each.recipient, each.bounce) for each in read(body)] == [("", bounce)]
    for address in ("bounces@news.example.org", "MAILER-DAEMON@mx.example"):
        assert [each.recipient for each in read(f"{address}\n{body}")] == [""]
    found = read(f"bounces@news.example.org, to bob@reader.example. and to eve@reader.example\n{body}")
    if len(body) < 4000:
        assert [(each.recipient, each.bounce) for each in found] == [("bob@reader.example", bounce)]


@pytest.mark.parametrize("body", ["", "Thank you for your letter.\n", "x" * 5000 + "\nno such user\n"])
def test_uncertain_texts_are_ignored(body: str) -> None:
    """A text without a known name, code or sentence is not a bounce."""
    assert read(body) == ()


def test_html_parts_are_read() -> None:
    """Without a plain text the text of an HTML part counts, with its breaks as line ends; otherwise it does not."""
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
    """Four texts are read: a bounce has no more, so the fifth is ignored."""
    parts = "".join(f"--b\nContent-Type: text/{kind}\n\npart{number}\n" for number in range(1, 6))
    data = f"{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n"
    assert text_of(parse(data.encode())).split() == ["part1", "part2", "part3", "part4"]


def test_a_sender_without_an_address_hides_nobody() -> None:
    """A sender without an address does not prevent recognition."""
    body = "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
    data = f"From: Mail Delivery System\nTo: x@news.example.org\nSubject: failure notice\n\n{body}{UNKNOWN}"
    (finding, other) = read_freeform(parse(f"{data}\n<bob@reader.example>: over quota\n".encode()))
    assert (finding.recipient, finding.status, finding.bounce) == ("ann@reader.example", "5.1.1", Class.HARD)
    assert (other.recipient, other.bounce) == ("bob@reader.example", Class.FULL)


def test_the_sender_is_part_of_the_shape_of_a_server() -> None:
    """The sentences of one server are expected only in its own bounces."""
    body = "Message from yahoo.com.\n\n"
    body += "<ann@reader.example>:\nno such user\n\n<bob@reader.example>:\nover quota\n"
    for sender, names in (
        ("yahoo.com", ["ann@reader.example", "bob@reader.example"]),
        ("a.example", ["ann@reader.example"]),
    ):
        data = f"From: MAILER-DAEMON@{sender}\nSubject: failure notice\n\n{body}"
        assert [each.recipient for each in read_freeform(parse(data.encode()))] == names


@pytest.mark.parametrize("is_in_parts", [False, True])
def test_each_of_several_is_known_by_the_shape_of_their_server(is_in_parts: bool) -> None:
    """qmail names several in a row, in a single text and in the first part of a message with several."""
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
def test_half_a_page_is_read_before_a_name(gap: int, bounce: Class) -> None:
    """If no text follows a name, the text directly before it counts."""
    body = "no such user\n" + ("y" * 60 + "\n") * (gap // 61) + "ann@reader.example\n"
    (finding,) = read(body, "X-Failed-Recipients: ann@reader.example")
    assert finding.bounce is bounce


def test_a_blank_text_does_not_count() -> None:
    """Then the text of the HTML part next to it counts."""
    parts = "--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>no such user</p>\n--b--\n"
    data = f"{HEAD}Content-Type: multipart/alternative; boundary=b\n\n{parts}"
    assert "no such user" in text_of(parse(data.encode()))


def test_errors_of_the_library_print_nothing() -> None:
    """The library that recognises servers would log its own errors: nothing is printed."""
    logging.getLogger("flufl.bounce").disabled = False
    read("no such user\n")
    assert logging.getLogger("flufl.bounce").disabled


FAILED = "X-Failed-Recipients: "


@pytest.mark.parametrize(("more", "found"), [(0, [ReturnedKind.DELAY]), (1, [])])
def test_sentences_are_at_the_beginning(more: int, found: list[ReturnedKind]) -> None:
    """Only the first 32 KB of text are read, to the last complete word."""
    words = "retried for"
    assert [each.kind for each in read("y" * (32 * 1024 - len(words) + more) + words)] == found


def test_the_field_of_names_is_limited() -> None:
    """4,096 characters of it are read, and only places with a name count."""
    name = "ann@reader.example"
    for field in (f"{',' * (4096 - len(name))}{name},bob@reader.example", f" , {name}, ,"):
        assert [each.recipient for each in read("no such user\n", FAILED + field)] == [name]


@pytest.mark.parametrize(("gap", "bounce"), [(4000, Class.HARD), (4100, Class.SOFT)])
def test_a_recipient_without_a_name_is_judged_by_the_beginning(gap: int, bounce: Class) -> None:
    """4,096 characters of it are read."""
    (finding,) = read(f"{'x' * gap}\nno such user\n", f"{FAILED}ann@reader.example")
    assert finding.bounce is bounce


def test_the_first_name_is_judged_by_the_text_after_it() -> None:
    """Not by the whole text, even without text before it."""
    found = read(
        "ann@reader.example: sorry\nbob@reader.example: no such user\n",
        f"{FAILED}ann@reader.example, bob@reader.example",
    )
    assert [each.bounce for each in found] == [Class.SOFT, Class.HARD]


@pytest.mark.parametrize(
    ("before", "behind", "status", "bounce"),
    [
        ("(#4.2.2)", "550 go away", None, Class.OURS),
        ("452 4.2.2 over quota", "(#5.1.1)", "5.1.1", Class.HARD),
        ("452 4.2.2 over quota", "no such user", None, Class.HARD),
        ("452 4.2.2 over quota", "sorry", "4.2.2", Class.FULL),
    ],
)
def test_text_before_a_name_counts_if_none_follows(before: str, behind: str, status: str | None, bounce: Class) -> None:
    """A reply, a code or a sentence after the name is enough."""
    (finding,) = read(f"{before}\nann@reader.example\n{behind}\n", f"{FAILED}ann@reader.example")
    assert (finding.status, finding.bounce) == (status, bounce)


@pytest.mark.parametrize(
    ("body", "names", "bounces"),
    [
        # The text before another name is about that one.
        ("no such user\nbob@reader.example\nann@reader.example\n", "ann bob", [Class.SOFT, Class.HARD]),
        ("bob@reader.example\nno such user\nann@reader.example\n", "ann bob", [Class.HARD, Class.HARD]),
        # A longer name with the same beginning ends nothing before the name itself.
        ("no such user\nann@reader.example.org\n", "ann@reader.example.org ann", [Class.HARD, Class.HARD]),
        # Nor does a name further on, or one that does not occur.
        ("no such user\nann@reader.example\nbob@reader.example\nover quota\n", "ann bob", [Class.HARD, Class.FULL]),
        ("no such user\nann@reader.example\n", "ann eve", [Class.HARD, Class.HARD]),
    ],
)
def test_text_before_a_name_begins_after_the_last_name(body: str, names: str, bounces: list[Class]) -> None:
    """With several names, the text before a name begins after the last one."""
    people = [each if "@" in each else f"{each}@reader.example" for each in names.split()]
    assert [each.bounce for each in read(body, FAILED + ", ".join(people))] == bounces


def test_the_first_word_before_a_name_counts_whole() -> None:
    """The text before a name is read from its first letter."""
    (finding,) = read("#5.1.1\nann@reader.example\n", f"{FAILED}ann@reader.example")
    assert finding.status == "5.1.1"


def test_an_uncertain_delay_names_one_address_at_most() -> None:
    """The first address in the first 4,096 characters of its sentences counts."""
    found = read("still trying\nann@reader.example and bob@reader.example\n")
    assert [each.recipient for each in found] == ["ann@reader.example"]
    for gap, names in ((4000, ["ann@reader.example"]), (4100, [""])):
        assert [each.recipient for each in read(f"still trying {'x' * gap} ann@reader.example\n")] == names


def test_a_reply_is_enough_and_its_own_code_counts() -> None:
    """A reply is enough without a known sentence; another code next to it does not outweigh its own."""
    (finding,) = read("It said: 554 sorry\n")
    assert (finding.status, finding.reply and finding.reply.code, finding.bounce) == (None, 554, Class.OURS)
    (finding,) = read("(#5.1.1) we asked, and they said: 452 4.2.2 mailbox is full\n")
    assert (finding.status, finding.bounce) == ("4.2.2", Class.FULL)


QMAIL = "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
NAMES = [f"{name}@reader.example" for name in ("ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal")]


def test_failed_recipients_are_in_order_of_their_names() -> None:
    """The same message gives the same findings each time."""
    body = QMAIL + "".join(f"<{name}>:\nno such user\n\n" for name in reversed(NAMES))
    assert [each.recipient for each in read(body)] == NAMES
    delay = "Your message has not yet been delivered to\n" + "".join(f"{each}\n" for each in NAMES)
    assert [each.recipient for each in read(f"{delay}No action is required on your part\n")] == NAMES


def test_a_server_that_names_someone_and_tries_again_is_believed_without_more_words() -> None:
    """A server that names failed recipients in a text about a delay reports a delay of these."""
    (finding,) = read('This is an advisory-only email\n"ann@reader.example"\nhas been postponed\n')
    assert (finding.kind, finding.recipient) == (ReturnedKind.DELAY, "ann@reader.example")
    (finding,) = read(f"{QMAIL}eve@reader.example\n<bob@reader.example>:\nIt has been delayed.\n")
    assert (finding.kind, finding.recipient) == (ReturnedKind.DELAY, "bob@reader.example")


def _in_parts(*parts: str, kind: str = "mixed", fields: str = "") -> bytes:
    return (
        f"{HEAD}{fields}Content-Type: multipart/{kind}; boundary=b\n\n"
        + "".join(f"--b\n{each}\n" for each in parts)
        + "--b--\n"
    ).encode()


PLAIN, PAGE = "Content-Type: text/plain\n\n", "Content-Type: text/html\n\n"


def test_which_parts_are_sentences() -> None:
    """Sentences are texts with uniform line ends; not files, not HTML parts next to a text, not a fifth text."""
    assert text_of(parse(_in_parts(f"{PLAIN}a\r\nb", f"{PLAIN} "))).split("\n")[:2] == ["a", "b"]
    file = "Content-Type: application/octet-stream\n\nno such user"
    assert text_of(parse(_in_parts(f"{PLAIN}a", file))).split() == ["a"]
    assert text_of(parse(_in_parts(file, f"{PAGE}a"))).split() == ["a"]
    # With a blank text next to a text with content, no HTML part is read.
    assert text_of(parse(_in_parts(f"{PLAIN} ", f"{PLAIN}a", f"{PAGE}b"))).split() == ["a"]
    # Breaks in upper case count too.
    assert text_of(parse(_in_parts(f"{PAGE}a<BR>b</P>c"))).split("\n")[:3] == ["a", "b", "c"]
    # A fifth text, or an HTML part, names nobody for certain.
    five = [f"{PLAIN}no such user"] * 4
    for more, name in ((f"{PLAIN}{QMAIL}{UNKNOWN}", "ann@reader.example"), (f"{PAGE}{QMAIL}{UNKNOWN}", "")):
        assert [each.recipient for each in read_freeform(parse(_in_parts(*five, more)))] == [""]
        assert [each.recipient for each in read_freeform(parse(_in_parts(more)))] == [name]


def test_the_names_in_a_page_are_known_by_the_shape_of_their_server() -> None:
    """A bounce with only an HTML part is read like a text."""
    lines = (QMAIL + UNKNOWN + "<bob@reader.example>: no such user\n").replace("<", "&lt;").replace("\n", "<br>")
    found = read_freeform(parse(f"{HEAD}{PAGE}{lines}\n".encode()))
    assert [each.recipient for each in found] == ["ann@reader.example", "bob@reader.example"]


def test_what_identifies_a_server_is_kept() -> None:
    """What identifies a server is kept: fields of the message, and the description of a part."""
    names = "bob@reader.example\n<ann@reader.example> user unknown\n"
    found = read_freeform(parse(_in_parts(f"{PLAIN}{names}", fields="X-Mailer: Novell GroupWise 5\n")))
    assert [each.recipient for each in found] == ["ann@reader.example", "bob@reader.example"]
    part = f"Content-Description: Notification\n{PLAIN}The Postfix program\n\n"
    found = read_freeform(parse(_in_parts(f"{part}<ann@reader.example>: no\n<bob@reader.example>: no\n")))
    assert [each.recipient for each in found] == ["ann@reader.example", "bob@reader.example"]


def test_line_ends_in_a_text_that_was_encoded_make_no_difference() -> None:
    """In base64 line ends are as the server wrote them: recipients and answers are the same with both."""
    body = "Delivery to the following recipients failed.\n*\nann@reader.example\nbob@reader.example\n"
    names = ["ann@reader.example", "bob@reader.example"]
    for ends in ("\n", "\r\n"):
        text = b64encode(body.replace("\n", ends).encode()).decode()
        part = f"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{text}"
        assert text_of(parse(f"{HEAD}{part}\n".encode())) == body
        for data in (f"{HEAD}{part}\n".encode(), _in_parts(part)):
            assert [each.recipient for each in read_freeform(parse(data))] == names
