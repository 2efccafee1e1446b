"""Sentences of servers: every known sentence is understood, with the meaning in the tables."""

from pathlib import Path

import pytest

from composer.bounces.parse.bounce_classes import class_of, judge, why
from composer.bounces.parse.vocabulary import Class
from composer.transport.outcome import ServerReply
from composer.transport.replies.meanings import Meaning
from composer.transport.replies.phrases import is_about_us, masked, meaning_in

SENTENCES = [
    line.split(" | ")
    for line in (Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def _meaning(said: str) -> Meaning | None:
    return None if said == "none" else Meaning[said.replace(" ", "_").upper()]


def test_each_sentence_is_understood() -> None:
    """In lower and upper case, at the beginning and in the middle of a text: the meaning is the one in the table."""
    wrong = [
        (text, said)
        for said, text in SENTENCES
        for each in (text, text.upper(), f"550 The server said: {text}. Please see https://mail.example/help")
        if (meaning_in(masked(each)), is_about_us(masked(each)) is Meaning.STANDING)
        != (_meaning(said), said == "standing")
    ]
    assert wrong == []


def test_the_senders_own_fault_comes_first() -> None:
    """A sentence about a mailbox and about our reputation counts against nobody, whatever the code."""
    for text in (
        "no such user, and your host is blocked",
        "mailbox full; see spamhaus",
        "unknown host, too many messages",
    ):
        assert meaning_in(masked(text)) is Meaning.STANDING
        assert judge("5.1.1", ServerReply(code=550, enhanced="5.1.1", text=text)) == (Class.OURS, Meaning.STANDING)


CLASSES = {
    Meaning.GONE: Class.HARD,
    Meaning.NO_DOMAIN: Class.BAD_DOMAIN,
    Meaning.FULL: Class.FULL,
    Meaning.RECIPIENT: Class.SOFT,
    Meaning.SYSTEM: Class.SOFT,
    Meaning.NETWORK: Class.SOFT,
    Meaning.UNSAID: Class.SOFT,
    Meaning.TOO_LARGE: Class.OURS,
    Meaning.CONTENT: Class.OURS,
    Meaning.POLICY: Class.OURS,
    Meaning.STANDING: Class.OURS,
    Meaning.SENDER: Class.OURS,
    Meaning.PROTOCOL: Class.OURS,
}


def test_every_meaning_has_a_class_and_a_reason() -> None:
    """Every meaning has a class, and a reason as text for people."""
    assert {meaning: class_of(meaning) for meaning in Meaning} == CLASSES
    assert all(why(meaning) for meaning in Meaning)
    assert len({why(meaning) for meaning in Meaning}) == len(Meaning)


@pytest.mark.parametrize(
    ("status", "reply", "text", "meaning"),
    [
        # The status of a report alone.
        ("5.1.1", None, "", Meaning.GONE),
        ("4.3.2", None, "", Meaning.SYSTEM),
        ("5.3.0", None, "", Meaning.SYSTEM),
        ("5.1.7", None, "", Meaning.SENDER),
        ("5.1.8", None, "", Meaning.SENDER),
        ("5.5.1", None, "", Meaning.PROTOCOL),
        ("5.4.4", None, "", Meaning.NO_DOMAIN),
        ("5.4.1", None, "", Meaning.NETWORK),
        ("5.6.1", None, "", Meaning.CONTENT),
        ("5.2.3", None, "", Meaning.TOO_LARGE),
        (None, None, "", Meaning.UNSAID),
        # A code alone, without further information.
        (None, ServerReply(code=421, text="closing"), "", Meaning.SYSTEM),
        (None, ServerReply(code=500, text="what?"), "", Meaning.PROTOCOL),
        (None, ServerReply(code=556, text="no"), "", Meaning.NO_DOMAIN),
        (None, ServerReply(code=552, text="no"), "", Meaning.FULL),
        (None, ServerReply(code=552, text="no (in reply to end of DATA command)"), "", Meaning.TOO_LARGE),
        # A sentence with a status that has little meaning.
        ("5.0.0", None, "no such user", Meaning.GONE),
        ("5.1.0", None, "no such user", Meaning.GONE),
        ("4.4.7", ServerReply(code=452, text="mailbox full"), "", Meaning.FULL),
        ("5.3.0", None, "mailbox full", Meaning.FULL),
        ("5.5.0", None, "mailbox full", Meaning.FULL),
        # A clear status outweighs a sentence, except one about us, a full mailbox or a closed one.
        ("5.1.1", None, "mailbox full", Meaning.FULL),
        ("5.2.2", None, "no such user", Meaning.FULL),
        ("5.2.2", None, "blocked using spamhaus", Meaning.STANDING),
        # The first clear code of two.
        ("5.0.0", ServerReply(code=550, enhanced="5.1.1"), "", Meaning.GONE),
        ("5.1.0", ServerReply(code=550, enhanced="5.2.2"), "", Meaning.FULL),
        ("5.2.2", ServerReply(code=550, enhanced="5.1.1"), "", Meaning.FULL),
        ("5.1.0", ServerReply(code=550, enhanced="5.3.0"), "", Meaning.RECIPIENT),
        # Our reputation, from either code (RFC 3463, section 3.8); "no such user" there counts like a bad domain.
        ("5.7.1", ServerReply(code=550, enhanced="5.1.1"), "", Meaning.POLICY),
        ("5.1.1", ServerReply(code=550, enhanced="5.7.26"), "", Meaning.STANDING),
        ("5.7.1", ServerReply(code=550, enhanced="5.1.1"), "no such user", Meaning.NO_DOMAIN),
        ("5.1.1", ServerReply(code=550, enhanced="5.7.26"), "no such user", Meaning.NO_DOMAIN),
        ("5.7.13", None, "", Meaning.STANDING),
        ("5.0.0", ServerReply(code=550, enhanced="5.7.2", text="no"), "", Meaning.STANDING),
        ("5.7.13", None, "user temporarily disabled", Meaning.RECIPIENT),
        # Missing mailboxes at Microsoft; with other codes the sentence only means a policy.
        (
            "5.4.1",
            ServerReply(code=550, enhanced="5.4.1", text="Recipient address rejected: Access denied"),
            "",
            Meaning.GONE,
        ),
        ("5.5.0", ServerReply(code=550, text="Requested action not taken: mailbox unavailable"), "", Meaning.GONE),
        ("5.5.0", ServerReply(code=550, text="REQUESTED ACTION NOT TAKEN: MAILBOX UNAVAILABLE"), "", Meaning.GONE),
        ("4.2.0", ServerReply(code=450, text="Requested action not taken: mailbox unavailable"), "", Meaning.RECIPIENT),
        # Only one page of a text is read.
        (None, None, "x" * 4000 + " no such user", Meaning.GONE),
        (None, None, "x" * 4096 + " no such user", Meaning.UNSAID),
    ],
)
def test_codes_and_sentences_together(
    status: str | None, reply: ServerReply | None, text: str, meaning: Meaning
) -> None:
    """Which of several signs counts, and the class that follows."""
    assert judge(status, reply, text) == (CLASSES[meaning], meaning)
