"""Replies parsed from bytes; their meaning and scope."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.transport.outcome import Scope, ServerReply, Stage
from composer.transport.replies.meanings import Meaning
from composer.transport.replies.reply_meaning import ends_session, meaning_of, queue_id_of, scope_of, weigh
from composer.transport.smtp.reply_parser import MAX_LINE, MAX_LINES, MAX_TEXT, GarbledError, ReplyParser, make_reply


def _read(data: bytes, size: int = 1) -> list[ServerReply]:
    subscriber, found = ReplyParser(), []
    for at in range(0, len(data), size):
        subscriber.feed(data[at : at + size])
        while (lines := subscriber.next()) is not None:
            found.append(make_reply(lines))
    return found


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_answers_in_pieces(size: int) -> None:
    """Several lines are one reply; a repeated enhanced code is kept once; a code alone is a reply, too."""
    data = b"550-5.1.1 no such user\r\n550 5.1.1 here\r\n250 fine\n354\r\n451 4.7.1 later\r\n250 5.1.1 lies\r\n"
    assert _read(data, size) == [
        ServerReply(code=550, enhanced="5.1.1", text="5.1.1 no such user / here"),
        ServerReply(code=250, text="fine"),
        ServerReply(code=354),
        ServerReply(code=451, enhanced="4.7.1", text="4.7.1 later"),
        ServerReply(code=250, text="5.1.1 lies"),
    ]
    data = b"550 5.1.1234 a\r\n550 5.1.1.1 b\r\n550 5.1.1: c\r\n550 5.1.1\r\n550 no 5.1.1\r\n550 3.1.1 d\r\n"
    assert [each.enhanced for each in _read(data, size)] == [None, None, "5.1.1", "5.1.1", None, None]


@settings(max_examples=500, deadline=None)
@given(pieces=st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b"250 ok\r\n", b"250-", b"\n", b"55"]))))
def test_any_bytes(pieces: list[bytes]) -> None:
    """Any bytes give a reply of one printable line, or none; how they are split does not matter."""

    def read(pieces: list[bytes]) -> list[ServerReply] | None:
        subscriber, found = ReplyParser(), []
        try:
            for piece in pieces:
                subscriber.feed(piece)
                while (lines := subscriber.next()) is not None:
                    found.append(make_reply(lines))
        except GarbledError:
            return None
        return found

    found = read(pieces)
    assert found == read([b"".join(pieces)])
    for reply in found or ():
        assert 200 <= reply.code < 600
        assert reply.text.isprintable() and len(reply.text) <= MAX_TEXT


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"150 x\r\n",
        b"600 x\r\n",
        b"2500 x\r\n",
        b"25\r\n",
        b"\r\n",
        b"250-a\r\n550 b\r\n",
        b"250 " + b"x" * MAX_LINE,
        b"250-x\r\n" * (MAX_LINES + 1),
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    """Another code within one reply, a line or a reply without an end, and a line without a code."""
    with pytest.raises(GarbledError):
        _read(data, 4096)


@pytest.mark.parametrize(
    ("code", "enhanced", "stage", "meaning", "scope"),
    [
        (550, "5.1.1", Stage.RCPT, Meaning.GONE, Scope.RECIPIENT),
        (550, "5.1.10", Stage.RCPT, Meaning.GONE, Scope.RECIPIENT),
        (550, "5.1.2", Stage.RCPT, Meaning.NO_DOMAIN, Scope.RECIPIENT),
        (452, "4.2.2", Stage.RCPT, Meaning.FULL, Scope.RECIPIENT),
        (552, None, Stage.RCPT, Meaning.FULL, Scope.RECIPIENT),
        (552, None, Stage.DOT, Meaning.TOO_LARGE, Scope.MESSAGE),
        (552, "5.3.4", Stage.MAIL, Meaning.TOO_LARGE, Scope.MESSAGE),
        (554, "5.6.0", Stage.DOT, Meaning.CONTENT, Scope.MESSAGE),
        (550, "5.7.515", Stage.DOT, Meaning.STANDING, Scope.SERVER),
        (550, "5.7.26", Stage.DOT, Meaning.STANDING, Scope.SERVER),
        (550, "5.7.1", Stage.RCPT, Meaning.POLICY, Scope.SERVER),
        (550, "5.7.1", Stage.DOT, Meaning.POLICY, Scope.MESSAGE),
        (421, "4.7.0", Stage.MAIL, Meaning.POLICY, Scope.SERVER),
        (553, "5.1.8", Stage.MAIL, Meaning.SENDER, Scope.SERVER),
        (503, "5.5.1", Stage.DATA, Meaning.PROTOCOL, Scope.SERVER),
        (535, None, Stage.MAIL, Meaning.STANDING, Scope.SERVER),
        (454, None, Stage.MAIL, Meaning.SYSTEM, Scope.SERVER),
        (550, None, Stage.RCPT, Meaning.UNSAID, Scope.RECIPIENT),
        (550, None, Stage.DOT, Meaning.UNSAID, Scope.MESSAGE),
        (450, None, Stage.DOT, Meaning.UNSAID, Scope.SERVER),
        (550, "5.99.1", Stage.RCPT, Meaning.UNSAID, Scope.RECIPIENT),
    ],
)
def test_what_is_meant(code: int, enhanced: str | None, stage: Stage, meaning: Meaning, scope: Scope) -> None:
    """A subscriber is responsible only for their own mailbox: not for the sender, the message or the server."""
    reply = ServerReply(code=code, enhanced=enhanced)
    assert (meaning_of(reply, stage), scope_of(reply, stage)) == (meaning, scope)


ENHANCED = {
    Meaning.GONE: "1.1 1.6 1.10 2.1",
    Meaning.NO_DOMAIN: "1.2 4.4",
    Meaning.FULL: "2.2",
    Meaning.RECIPIENT: "1.0 1.3 1.4 1.5 1.9 2.0 2.4 7.2 7.13 7.17 7.18",
    Meaning.SENDER: "1.7 1.8",
    Meaning.TOO_LARGE: "2.3 3.4",
    Meaning.SYSTEM: "3.0 3.1 3.2 3.3 3.5",
    Meaning.NETWORK: "4.0 4.1 4.2 4.3 4.5 4.6 4.7",
    Meaning.PROTOCOL: "5.0 5.1 5.2 5.3 5.4 5.5",
    Meaning.CONTENT: "6.0 6.1 6.2 6.3 6.4 6.5 6.6 6.7",
    Meaning.POLICY: "7.0 7.1",
    Meaning.STANDING: "7.3 7.4 7.5 7.7 7.8 7.9 7.20 7.23 7.25 7.26 7.27 7.30 7.515",
    Meaning.UNSAID: "0.0 0.1 8.1 9.9 99.1",
}
BARE = {
    Meaning.SYSTEM: (421, 452, 454),
    Meaning.PROTOCOL: (500, 501, 502, 503, 504, 555),
    Meaning.STANDING: (530, 534, 535, 538),
    Meaning.NO_DOMAIN: (556,),
    Meaning.UNSAID: (432, 450, 451, 541, 550, 551, 553),
}
ALWAYS = {
    Scope.RECIPIENT: {Meaning.GONE, Meaning.NO_DOMAIN, Meaning.FULL, Meaning.RECIPIENT},
    Scope.MESSAGE: {Meaning.TOO_LARGE, Meaning.CONTENT},
    Scope.SERVER: {Meaning.STANDING, Meaning.SENDER, Meaning.PROTOCOL, Meaning.SYSTEM},
}


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT])
@pytest.mark.parametrize("digit", [4, 5])
def test_every_code_has_one_meaning(digit: int, stage: Stage) -> None:
    """The registry's enhanced codes, temporary and permanent, and the bare ones; the scope of each at every stage."""
    replies = [
        (ServerReply(code=digit * 100 + 50, enhanced=f"{digit}.{code}"), meaning)
        for meaning, codes in ENHANCED.items()
        for code in codes.split()
    ]
    replies += [
        (ServerReply(code=code), meaning) for meaning, codes in BARE.items() for code in codes if code // 100 == digit
    ]
    is_at_end = stage in (Stage.BODY, Stage.DOT)
    replies += [
        (ServerReply(code=552), Meaning.FULL if stage is Stage.RCPT else Meaning.TOO_LARGE),
        (ServerReply(code=554), Meaning.POLICY if stage is Stage.RCPT else Meaning.UNSAID),
    ]
    for reply, by_code in replies:
        # Before RCPT, a rejection can only be about our own address.
        is_ours = stage is Stage.MAIL and digit == 5 and by_code in ALWAYS[Scope.RECIPIENT]
        meaning = Meaning.SENDER if is_ours else by_code
        assert meaning_of(reply, stage) is meaning, reply
        scope = next((scope for scope, meanings in ALWAYS.items() if meaning in meanings), None)
        if scope is None and meaning is not Meaning.POLICY and stage is Stage.RCPT:
            scope = Scope.RECIPIENT
        elif scope is None and meaning is not Meaning.NETWORK and is_at_end and reply.code >= 500:
            scope = Scope.MESSAGE
        assert scope_of(reply, stage) is (scope or Scope.SERVER), (reply, stage)


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        ("2.0.0 Ok: queued as 4Z1x2y3Bq", "4Z1x2y3Bq"),
        ("2.0.0 Ok: queued as <4Z1x.2y3Bq>.", "4Z1x.2y3Bq"),
        ("Ok: queued as 4Z1x2y3Bq.", "4Z1x2y3Bq"),
        ("OK id=1tABCD-0001Xy-2f", "1tABCD-0001Xy-2f"),
        ("2.6.0 <a@b> [InternalId=123456, Hostname=x] Queued mail for delivery", "123456"),
        ("Message Queued (A1B2-C3.1)", "A1B2-C3.1"),
        ("2.0.0 5AB12cd34 Message accepted for delivery", "5AB12cd34"),
        ("2.0.0 OK  1738195200 a1-20020a05.7 - gsmtp", "1738195200 a1-20020a05.7"),
        ("Ok 0102019abcdef012-12345678-90ab-cdef-1234", "0102019abcdef012-12345678-90ab-cdef-1234"),
        ("ok 1738195200 qp 12345", "12345"),
        ("2.0.0 fine", None),
    ],
)  # fmt: skip
def test_what_a_server_calls_a_message(text: str, queue_id: str | None) -> None:
    """The formats of Postfix, Exim, Exchange, Haraka, sendmail, Google, Amazon, qmail; None without one."""
    assert queue_id_of(ServerReply(code=250, text=text)) == queue_id


@pytest.mark.parametrize(
    ("reply", "is_ended"),
    [
        # Clear sentences count with any code.
        (ServerReply(code=550, enhanced="5.7.0", text="Too many mails in one connection"), True),
        (ServerReply(code=450, enhanced="4.7.1", text="Too many mails in one connection"), True),
        # The end of a session counts only with a temporary code without a policy.
        (ServerReply(code=421, text="closing connection"), True),
        (ServerReply(code=421, enhanced="4.3.2", text="closing connection"), True),
        (ServerReply(code=421, enhanced="4.7.0", text="closing connection"), True),
        (ServerReply(code=421, enhanced="4.7.1", text="closing connection"), False),
        (ServerReply(code=421, enhanced="4.7.28", text="closing connection"), False),
        (ServerReply(code=499, text="closing connection"), True),
        (ServerReply(code=500, text="closing connection"), False),
        (ServerReply(code=554, text="closing connection"), False),
        # Too many recipients are too many in the session, because a message has one; not if a period is named.
        (ServerReply(code=452, enhanced="4.5.3", text="no"), True),
        (ServerReply(code=452, enhanced="4.5.3", text="too fast"), False),
        (ServerReply(code=452, enhanced="4.5.2", text="no"), False),
        (ServerReply(code=552, enhanced="5.5.3", text="no"), False),
    ],
)
def test_what_ends_a_session(reply: ServerReply, is_ended: bool) -> None:
    """So that a new one may help at once."""
    assert ends_session(reply) is is_ended


def test_an_answer_may_be_as_long_as_is_said() -> None:
    """A line of 2,048 bytes with its end, a hundred lines, five hundred stored characters."""
    assert (MAX_LINE, MAX_LINES, MAX_TEXT) == (2048, 100, 500)
    assert _read(b"250 " + b"x" * 2043 + b"\n", 4096)[0].code == 250
    with pytest.raises(GarbledError):
        _read(b"250 " + b"x" * 2044 + b"\n", 4096)
    assert _read(b"250 " + b"x" * 2043, 4096) == []
    assert len(_read(b"250-x\r\n" * 99 + b"250 x\r\n", 4096)) == 1
    for length, text in ((500, "x" * 500), (501, "x" * 499 + "…")):
        assert make_reply((250, [b"x" * length])) == ServerReply(code=250, text=text)


def test_what_is_left_over_is_noticed() -> None:
    """A part of a line, or a line of an incomplete reply."""
    subscriber = ReplyParser()
    for data, is_empty in ((b"", True), (b"250-a", False), (b"\r\n", False), (b"250 b\r\n", True), (b"2", False)):
        subscriber.feed(data)
        subscriber.next()
        assert subscriber.is_empty is is_empty, data


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        ([b"5.1.1 no", b"5.1.1 such", b"user"], ServerReply(code=550, enhanced="5.1.1", text="5.1.1 no / such / user")),
        ([b"5.1.1 no", b"5.1.2 such"], ServerReply(code=550, enhanced="5.1.1", text="5.1.1 no / 5.1.2 such")),
        ([b"5.1.1 a 5.1.1", b"5.1.1 5.1.1 b"], ServerReply(code=550, enhanced="5.1.1", text="5.1.1 a 5.1.1 / 5.1.1 b")),
        ([b"no", b"5.1.1 no"], ServerReply(code=550, text="no / 5.1.1 no")),
        ([b"4.1.1 no", b"4.1.1 no"], ServerReply(code=550, text="4.1.1 no / 4.1.1 no")),
        ([b"", b"no", b""], ServerReply(code=550, text="no")),
        ([b" a \t b\x00c\xe2\x80\xaed \xff"], ServerReply(code=550, text="a b c d \ufffd")),
    ],
)
def test_several_lines_are_one_text(lines: list[bytes], reply: ServerReply) -> None:
    """With one space between words, and no control characters for a terminal."""
    assert make_reply((550, lines)) == reply


GONE_UNLESS = "no such user, "


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "meaning"),
    [
        (550, "5.1.1", GONE_UNLESS, Meaning.GONE),
        # A permanent rejection that quotes a temporary one is not permanent, in any format.
        *(
            (550, "5.1.1", f"{GONE_UNLESS}{quotes} 450 4.1.1 no", Meaning.RECIPIENT)
            for quotes in (
                *("->", "returned", "RETURNED", "response was:", "response was", "said:", "said", "error:", "error"),
                *('said: "', "said: '", "said -"),
            )
        ),
        (550, "5.1.1", f"{GONE_UNLESS}said: 450-no", Meaning.RECIPIENT),
        (550, "5.1.1", f"{GONE_UNLESS}said: 4501 no", Meaning.GONE),
        (550, "5.1.1", f"{GONE_UNLESS}said: 550 no", Meaning.GONE),
        (550, "5.1.1", f"{GONE_UNLESS}at 450 Main Street", Meaning.GONE),
        # Microsoft's sentences, with codes that mean something else, and not with others.
        (550, "5.4.1", "RECIPIENT address rejected: Access denied", Meaning.GONE),
        (550, "5.4.1", "Access denied", Meaning.POLICY),
        (550, "5.5.0", "Requested action not taken: mailbox unavailable", Meaning.GONE),
        (550, "5.5.1", "Requested action not taken: mailbox unavailable", Meaning.PROTOCOL),
        # A gateway's text around a rejection.
        (550, None, "Unknown address error 550-'5.1.1 no such user'", Meaning.RECIPIENT),
        (550, None, "unknown Address error 552-'mailbox is full'", Meaning.FULL),
        (550, None, "Unknown address error 554-'blocked using'", Meaning.STANDING),
        # A rejection of the whole message, although it is the reply to a recipient.
        (552, None, "end of DATA", Meaning.TOO_LARGE),
        (552, None, "no", Meaning.FULL),
        (554, None, "end of DATA", Meaning.UNSAID),
        (554, None, "no", Meaning.POLICY),
    ],
)
def test_what_a_sentence_makes_of_a_code(code: int, enhanced: str | None, text: str, meaning: Meaning) -> None:
    """At the recipient; a failure that is not permanent does not suppress a subscriber."""
    assert meaning_of(ServerReply(code=code, enhanced=enhanced, text=text), Stage.RCPT) is meaning


@pytest.mark.parametrize(
    ("code", "enhanced", "stage", "scope"),
    [
        (500, "5.7.1", Stage.DOT, Scope.MESSAGE),
        (499, "4.7.1", Stage.DOT, Scope.SERVER),
        (500, "5.7.1", Stage.BODY, Scope.MESSAGE),
        (500, "5.7.1", Stage.DATA, Scope.SERVER),
        (500, "5.1.1", Stage.RCPT, Scope.RECIPIENT),
        (500, "5.1.1", Stage.MAIL, Scope.SERVER),
        (499, "4.1.1", Stage.MAIL, Scope.RECIPIENT),
        (500, "5.4.0", Stage.RCPT, Scope.RECIPIENT),
        (500, "5.4.0", Stage.DOT, Scope.SERVER),
    ],
)
def test_whom_a_reply_concerns_from_the_first_code_of_a_class(
    code: int, enhanced: str, stage: Stage, scope: Scope
) -> None:
    """500 is permanent, 499 is not."""
    assert scope_of(ServerReply(code=code, enhanced=enhanced), stage) is scope


@pytest.mark.parametrize(
    ("codes", "code", "said", "meaning"),
    [
        ([], 500, "no such user", Meaning.GONE),
        ([], 499, "no such user", Meaning.RECIPIENT),
        ([], None, "no such user", Meaning.GONE),
        (["4.1.1"], 550, "", Meaning.RECIPIENT),
        (["5.1.1", "4.4.7"], 550, "", Meaning.RECIPIENT),
        # A reply that a relay generated itself has no meaning.
        (["5.1.1", "4.0.0"], 550, "", Meaning.GONE),
        (["5.1.1"], 550, "no such user, it returned 450 later", Meaning.RECIPIENT),
        (["5.1.2"], 550, "", Meaning.NO_DOMAIN),
        (["5.1.2"], 450, "", Meaning.RECIPIENT),
        (["5.7.1"], 550, "no such user", Meaning.NO_DOMAIN),
        (["5.7.1"], 450, "no such user", Meaning.RECIPIENT),
    ],
)
def test_nothing_temporary_is_permanent(codes: list[str], code: int | None, said: str, meaning: Meaning) -> None:
    """The reply, an additional code, or a quoted code."""
    assert weigh(codes, None if code is None else ServerReply(code=code, text=said), said) is meaning


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        *((vague, Meaning.GONE) for vague in ("5.1.3", "5.3.2", "5.4.1", "5.9.9", "5.5.4", "5.0.0")),
        ("5.2.2", Meaning.FULL),
        ("5.2.3", Meaning.TOO_LARGE),
        ("5.6.1", Meaning.CONTENT),
        ("5.1.8", Meaning.SENDER),
    ],
)
def test_a_sentence_tells_more_than_a_vague_code(code: str, meaning: Meaning) -> None:
    """About the recipient, the system, the network, the protocol, or nothing; a clear code stays."""
    assert weigh([code], ServerReply(code=550, enhanced=code, text="no such user"), "no such user") is meaning
