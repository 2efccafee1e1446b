"""Replies and status codes are found where servers quote them, and only there."""

import pytest

from composer.bounces.parse.server_replies import before_copy, reply_in, status_in


@pytest.mark.parametrize(
    ("text", "code", "enhanced", "said"),
    [
        ("550 5.1.1 no such user", 550, "5.1.1", "5.1.1 no such user"),
        ("smtp; 550-5.1.1 no such user", 550, "5.1.1", "5.1.1 no such user"),
        ("550 #5.1.1 no such user", 550, "5.1.1", "5.1.1 no such user"),
        ("host mx.example said: 550 no", 550, None, "no"),
        ("host mx.example says: 451 later", 451, None, "later"),
        ("it responded: #552 full", 552, None, "full"),
        ("response:550", 550, None, ""),
        ("error: 550 no", 550, None, "no"),
        ("it replied: 550 no", 550, None, "no"),
        ("the answer was: 550 no", 550, None, "no"),
        ("<ann@reader.example>:550 no", 550, None, "no"),
        ("smtp;550 no", 550, None, "no"),
        ("550", 550, None, ""),
        # Anywhere, if a sentence or an address begins after it.
        ("not delivered (550 Mailbox unavailable)", 550, None, "Mailbox unavailable)"),
        ("not delivered: 550 <ann@reader.example> no", 550, None, "<ann@reader.example> no"),
        ("not delivered; 550-Mailbox unavailable", 550, None, "Mailbox unavailable"),
        ("not delivered>550 #1", 550, None, "1"),
        ("not delivered  550 Mailbox unavailable", 550, None, "Mailbox unavailable"),
        # Each line of a reply repeats the code.
        ("550-5.1.1 The account 550 5.1.1 does not 550-5.1.1 exist", 550, "5.1.1", "5.1.1 The account does not exist"),
        ("SAID: 550 NO", 550, None, "NO"),
    ],
)
def test_a_reply_is_found(text: str, code: int, enhanced: str | None, said: str) -> None:
    """A reply is found with its code, its enhanced code, and its text."""
    reply = reply_in(text)
    assert reply is not None
    assert (reply.code, reply.enhanced, reply.text) == (code, enhanced, said)


@pytest.mark.parametrize(
    "word",
    ["", "said:", "says:", "responded:", "response:", "error:", "replied:", "was:", "<ann@reader.example>:", "smtp;"],
)
def test_a_reply_begins_after_these_words(word: str) -> None:
    """A code after these words is a reply; a number in the middle of a sentence is not."""
    for text in (f"{word}550 9 no", f"{word} #550-9 no", f"{word.upper()} 550"):
        reply = reply_in(text)
        assert reply is not None and (reply.code, reply.text) == (550, text.rpartition("550")[2].strip(" -"))
    assert reply_in(f"other {word.rstrip(':;>')} 550 9 no") is None


@pytest.mark.parametrize(
    "text",
    [
        "it took 550 Seconds",
        "the answer was: 5501",
        "the answer was: 550.",
        "at 1550 5.1.1 Main Street",
        "version 1.550 5.1.1",
        "the answer was: 660 no",
        "the answer was: 560 no",
        "no such user",
        "x" * 4096 + "\n550 5.1.1 no",
    ],
)
def test_texts_without_a_reply(text: str) -> None:
    """Not a reply: numbers in sentences, addresses, other codes, and text after the first page."""
    assert reply_in(text) is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("it did not work (#5.1.1)", "5.1.1"),
        ("it did not work #5.1.1", "5.1.1"),
        ("it did not work (5.1.1)", "5.1.1"),
        ("it did not work [4.2.2]", "4.2.2"),
        ("Status: 5.1.1", "5.1.1"),
        ("STATUS CODE: 5.1.10", "5.1.10"),
        ("status code 5.1.1", "5.1.1"),
        ("it did not work 5.1.1", "5.1.1"),
        ("version-5.1.1", None),
        ("10.5.1.1", None),
        ("host 5.1.1.1", None),
        ("host 3.1.1", None),
        ("x" * 4096 + "\n(#5.1.1)", None),
    ],
)
def test_a_status_without_a_reply(text: str, status: str | None) -> None:
    """A status is found in brackets, after a number sign or a word; an IP address is not a status."""
    assert status_in(text) == status


@pytest.mark.parametrize(
    "name",
    ["Subject", "Betreff", "Objet", "Asunto", "Oggetto", "Assunto", "Onderwerp", "Тема", "主题", "主旨", "件名"],
)
def test_a_line_that_repeats_our_subject_is_left_out(name: str) -> None:
    """The title of an issue is not a reason; the sentences around it are."""
    for line in (f"{name}: mailbox full", f"  > {name.upper()} \t: mailbox full", f"{name}：mailbox full"):
        assert before_copy(f"Sorry.\n{line}\nno such user") == "Sorry.\n\nno such user"
    assert before_copy(f"The {name}: mailbox full") == f"The {name}: mailbox full"
