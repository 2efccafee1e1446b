"""The content of signatures: their tags, their coverage, their errors; bodies compared with a slow reference."""

import itertools
import pickle
import re
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from dkim.canonicalization import Relaxed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from composer.delivery.config.dkim_keys import generate, parse_key
from composer.mail.dkim_signing import (
    OVERSIGNED,
    SIGNED,
    Algorithm,
    Key,
    Profile,
    body_hash,
    headers_of,
    relaxed_body,
    sign,
    signatures,
)
from tests.sizes import sized

NOW = 1_738_195_200
RSA = parse_key(generate(Algorithm.RSA), selector="rsa-2025")
ED25519 = parse_key(generate(Algorithm.ED25519), selector="ed-2025")
BOTH = Profile(domain="news.example.org", keys=(RSA, ED25519))
FAST = Profile(domain="news.example.org", keys=(ED25519,))
MESSAGE = b"From: a@news.example.org\r\nSubject: x\r\n\r\nHello\r\n"

#: Bodies with all characters that matter for canonicalization, with CRLF line ends.
hostile = st.one_of(
    st.lists(
        st.sampled_from(
            [b" ", b"  ", b"\t", b" \t ", b"\r\n", b"\r\n\r\n", b"a", b"=", b".", b"\x0b", b"\x0c", b"\x00"]
        ),
        max_size=40,
    ).map(b"".join),
    st.lists(st.sampled_from([b" ", b"\t", b"\r\n"]), max_size=12).map(b"".join),
)


def tags(header: bytes) -> dict[str, str]:
    """Return a signature's tags (RFC 6376 section 3.2)."""
    value = re.sub(rb"\s", b"", header.partition(b":")[2]).decode()
    pairs = [tag.partition("=") for tag in value.split(";")]
    assert len({name for name, _, _ in pairs}) == len(pairs)
    return {name: text for name, _, text in pairs}


def signatures_of(signed: bytes) -> list[bytes]:
    """Return the lines of each signature."""
    head = signed.partition(b"\r\n\r\n")[0]
    return [field for field in re.split(rb"\r\n(?![ \t])", head) if field.startswith(b"DKIM-Signature:")]


def reference(body: bytes) -> bytes:
    """Canonicalize character by character, as in RFC 6376 section 3.4.4."""
    lines = body.split(b"\r\n")
    if not lines[-1]:
        lines.pop()
    done: list[bytes] = []
    for line in lines:
        kept = bytearray()
        for letter in line:
            if letter not in b" \t":
                kept.append(letter)
            elif not kept.endswith(b" "):
                kept += b" "
        done.append(bytes(kept).removesuffix(b" "))
    while done and not done[-1]:
        done.pop()
    return b"".join(line + b"\r\n" for line in done)


@settings(max_examples=sized(400, 1500), deadline=None)
@given(body=hostile)
@example(body=b"")
@example(body=b"\r\n")
@example(body=b" ")
@example(body=b" \t\r\n \r\n\t")
@example(body=b" \r\n")
@example(body=b"\t\r\n")
@example(body=b"a\r\n\r\n")
@example(body=b"a \r\n\r\n \r\n")
@example(body=b"a")
@example(body=b"a\r\n")
@example(body=b"\t a\t \t b\t\r\n")
@pytest.mark.slow
def test_bodies_are_canonicalised_as_the_rfc_says(body: bytes) -> None:
    """The fast and the slow implementation agree on every body, and so does another library, which gets complete lines."""
    assert relaxed_body(body) == reference(body)
    assert body_hash(body) == sha256(reference(body)).digest()
    whole = body if body.endswith(b"\r\n") else body + b"\r\n"
    assert relaxed_body(whole) == relaxed_body(body) == Relaxed.canonicalize_body(whole)


@pytest.mark.parametrize(
    "blanks", [b" " * 300_000, b" \t" * 150_000, b" \r\n" * 100_000, b"\r\n" * 150_000, b"x  " * 100_000]
)
def test_no_body_takes_long(blanks: bytes) -> None:
    """Hundreds of thousands of spaces are processed in one pass; quadratic time would take minutes."""
    assert relaxed_body(blanks + b"x") == reference(blanks + b"x")


def test_what_a_signature_says() -> None:
    """Both algorithms over one body hash, with the time, without l= and i=, and an unchanged message."""
    signed = sign(MESSAGE, Profile(domain="news.example.org", keys=(RSA, ED25519), expires_after=864_000), now=NOW)
    assert signed.endswith(MESSAGE)
    first, second = map(tags, signatures_of(signed))
    assert list(first) == list(second) == ["v", "a", "c", "d", "s", "t", "x", "h", "bh", "b"]
    common = {"v": "1", "c": "relaxed/relaxed", "d": "news.example.org", "t": str(NOW), "x": str(NOW + 864_000)}
    # The output of   printf 'Hello\r\n' | openssl sha256 -binary | base64
    common["bh"] = "Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg="
    for one, key in ((first, RSA), (second, ED25519)):
        assert common.items() <= one.items()
        assert (one["a"], one["s"]) == (f"{key.algorithm}-sha256", key.selector)
    assert (len(b64decode(first["b"])), len(b64decode(second["b"]))) == (256, 64)
    assert "x" not in tags(signatures_of(sign(MESSAGE, BOTH, now=NOW))[0])


def test_the_same_input_gives_the_same_bytes() -> None:
    """Both algorithms are deterministic; the parts of a signature can be made separately."""
    head, _, body = MESSAGE.partition(b"\r\n\r\n")
    assert sign(MESSAGE, BOTH, now=NOW) == sign(MESSAGE, BOTH, now=NOW)
    first, *others = re.split(rb"\r\n(?![ \t])", head)
    for heads in ((head,), (head + b"\r\n",), (first, b"\r\n".join(others)), (first, *others)):
        above = signatures([headers_of(each) for each in heads], body_hash(body), BOTH, now=NOW)
        assert above + MESSAGE == sign(MESSAGE, BOTH, now=NOW)


def test_which_headers_are_signed() -> None:
    """Some once more than they occur, some as often, the others never."""
    never = (
        b"Return-Path: <b@example.org>\r\nReceived: by x\r\nBcc: a@example.org\r\nAuthentication-Results: x; none\r\n"
    )
    never += b"DKIM-Signature: v=1; d=example.net\r\nX-Mailer: compose\r\n"
    there = b"".join(f"{name}: x\r\n".encode() for name in (*OVERSIGNED, *SIGNED) if name not in ("Cc", "List-Help"))
    names = tags(signatures_of(sign(never + there + b"\r\n", FAST, now=NOW))[0])["h"].split(":")
    once_more = [name for name in OVERSIGNED for _ in range(1 if name == "Cc" else 2)]
    assert names == once_more + [name for name in SIGNED if name != "List-Help"]


def test_what_the_relay_rewrites_is_left_out_wholly() -> None:
    """Headers that a profile leaves out are not in h=, in any case."""
    relay = Profile(domain="example.org", keys=(ED25519,), unsigned=frozenset({"message-id", "Date"}))
    message = b"Message-ID: <1@example.org>\r\nDate: x\r\n" + MESSAGE
    names = tags(signatures_of(sign(message, relay, now=NOW))[0])["h"].split(":")
    assert set(OVERSIGNED) - set(names) == {"Message-ID", "Date"}


def test_lines_keep_to_78_characters() -> None:
    """With every header, long names, and the longest domain."""
    domain = ".".join(["a-long-label-" + "x" * 10] * 3)
    head = b"".join(f"{name}: x\r\n".encode() for name in (*OVERSIGNED, *OVERSIGNED, *SIGNED))
    key = Key(selector="s" * 63, private=RSA.private)
    made = signatures(
        (headers_of(head),), bytes(32), Profile(domain=domain, keys=(key, ED25519), expires_after=1), now=10**10
    )
    assert made.endswith(b"\r\n") and max(map(len, made.split(b"\r\n"))) <= 78
    assert all(line.startswith((b"DKIM-Signature: v=1;", b" ")) for line in made.split(b"\r\n")[:-1])
    assert made.count(b"\r\n b=") == 2


def test_names_are_written_as_a_labels() -> None:
    """A domain and a selector in any script (RFC 8616 section 4)."""
    key = Key(selector="b\u00fcro.eins", private=ED25519.private)
    found = tags(signatures_of(sign(MESSAGE, Profile(domain="m\u00fcnchen.example", keys=(key,)), now=NOW))[0])
    assert (found["d"], found["s"]) == ("xn--mnchen-3ya.example", "xn--bro-hoa.eins")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n" + MESSAGE,
        MESSAGE.replace(b"From:", b"X-From:"),
        MESSAGE.replace(b"From: ", b"From "),
        MESSAGE.replace(b"From:", b"Fr om:"),
        MESSAGE.replace(b"Subject:", b"Subject :"),
        MESSAGE.replace(b"Subject", b" Subject", 1).replace(b"From", b" From"),
        MESSAGE.replace(b"\r\n", b"\n"),
        MESSAGE.replace(b"x\r\n", b"x\n"),
        MESSAGE.replace(b"x\r\n", b"x\r"),
        MESSAGE.replace(b"x\r\n\r\n", b"x\r\r\n\r\n"),
        MESSAGE.replace(b"Hello\r\n", b"Hello\n"),
        MESSAGE.replace(b"Hello\r\n", b"Hello\r"),
        MESSAGE.replace(b"Hello", b"\nHello"),
        MESSAGE.replace(b"Hello", b"\rHello"),
        # No colon, a name with an invalid character, an empty name.
        b"abc\r\n" + MESSAGE,
        b"\x01X: 1\r\n" + MESSAGE,
        b": 1\r\n" + MESSAGE,
        MESSAGE.replace(b"Hello", "\u00fc".encode()),
        MESSAGE.replace(b"x", "\u00fc".encode()),
    ],
)
def test_what_cannot_be_signed(message: bytes) -> None:
    """No From, invalid headers, a single CR or LF, 8-bit: bugs of the program."""
    with pytest.raises(ValueError, match=r"From|header|single CR|ASCII"):
        sign(message, FAST, now=NOW)


def test_wrong_profiles() -> None:
    """No key, two of one type, one selector for two, From unsigned, an expiry before the start, names that inject."""
    private = Ed25519PrivateKey.generate()
    wrong: list[tuple[str, tuple[Key, ...], frozenset[str], int | None]] = [
        ("example.org", (), frozenset(), None),
        ("example.org", (ED25519, Key(selector="b", private=private)), frozenset(), None),
        ("example.org", (RSA, Key(selector=RSA.selector, private=private)), frozenset(), None),
        ("example.org", (RSA,), frozenset({"From"}), None),
        ("example.org", (RSA,), frozenset(), 0),
        ("example", (RSA,), frozenset(), None),
        ("example.org; l=1", (RSA,), frozenset(), None),
        *(
            ("example.org", (Key(selector=bad, private=private),), frozenset[str](), None)
            for bad in ("", "a_b", "a;l=1", "a.")
        ),
    ]
    for domain, keys, unsigned, expires_after in wrong:
        with pytest.raises(ValueError):
            Profile(domain=domain, keys=keys, unsigned=unsigned, expires_after=expires_after)


def test_keys_show_no_content() -> None:
    """Neither a key nor a profile shows its content."""
    assert repr(RSA) == "Key(selector='rsa-2025')"
    assert "private" not in repr(BOTH)
    assert (RSA.bits, ED25519.bits) == (2048, 256)


def test_lines_of_a_signature_are_as_long_as_they_may_be() -> None:
    """The first word of a line did not fit on the previous one; the value of b= fills its lines."""
    head = b"".join(f"{name}: x\r\n".encode() for name in (*OVERSIGNED, *SIGNED))
    made = signatures((headers_of(head),), bytes(32), BOTH, now=NOW)
    for each in re.split(rb"\r\n(?=DKIM)", made.removesuffix(b"\r\n")):
        lines, value = each.split(b"\r\n b=")
        for line, behind in itertools.pairwise(lines.split(b"\r\n")):
            assert len(line) + len(re.match(rb" [^:;]+[:;]", behind)[0].removeprefix(b" " * (b"h=" in line))) > 78  # type: ignore[index]
        *whole, last = value.split(b"\r\n ")
        assert [len(line) for line in whole] == [75, 77, 77, 77][: len(whole)] and 0 < len(last) <= 77
        assert len(b64decode(b"".join([*whole, last]))) in (64, 256)


def test_a_key_goes_to_another_process() -> None:
    """With its selector; its signatures there are the same."""
    for key in (RSA, ED25519):
        there = pickle.loads(pickle.dumps(key))
        profile = Profile(domain="example.org", keys=(there,))
        assert sign(MESSAGE, profile, now=NOW) == sign(MESSAGE, replace(profile, keys=(key,)), now=NOW)


def test_an_rsa_key_is_long_enough() -> None:
    """1024 bits are the minimum of verifiers (RFC 8301)."""
    for bits, is_enough in ((1024, True), (1023, False)):
        shown = SimpleNamespace(selector="x", bits=bits, algorithm=Algorithm.RSA)
        if is_enough:
            Key.__post_init__(shown)  # type: ignore[arg-type]
        else:
            with pytest.raises(ValueError, match="1023 bits"):
                Key.__post_init__(shown)  # type: ignore[arg-type]


def test_which_headers_are_listed() -> None:
    """Headers that people see or mail programs use, once more than they occur; others as often."""
    listed = tags(
        signatures_of(
            sign(b"From: x\r\n" + b"".join(f"{name}: x\r\n".encode() for name in SIGNED) + b"\r\n", FAST, now=NOW)
        )[0]
    )
    assert listed["h"].split(":") == [
        *("From", "From", "To", "Cc", "Subject", "Date", "Reply-To", "Sender", "Message-ID", "List-Unsubscribe"),
        *("List-Unsubscribe-Post", "Content-Type", "MIME-Version", "List-Id", "List-Help", "Feedback-ID"),
        *("CFBL-Address", "Auto-Submitted", "Precedence", "Content-Language", "Content-Transfer-Encoding"),
    ]


def test_what_a_signature_covers() -> None:
    """Each header in relaxed form, in the order of h=, of equal ones the last first; then its own without the value of b=."""
    message = (
        b"From: \t a@news.example.org \r\nX: 1\r\nSUBJECT:  one\ttwo  three\r\n\t four\r\nTo:b@example.org\r\n"
        b"Precedence: a\tb\r\nsubject: above  it \r\n"
    )
    (header,) = signatures_of(sign(message + b"\r\nHello\r\n", FAST, now=NOW))
    start, end, value = header.rpartition(b"b=")
    own = re.sub(rb"[ \t]+", b" ", start.partition(b":")[2].replace(b"\r\n", b"")).strip()
    covered = (
        b"from:a@news.example.org\r\nto:b@example.org\r\nsubject:above it\r\nsubject:one two three four\r\n"
        b"precedence:a b\r\ndkim-signature:" + own + b" " + end
    )
    assert isinstance(ED25519.private, Ed25519PrivateKey)
    ED25519.private.public_key().verify(b64decode(value), sha256(covered).digest())


def test_equal_headers_in_several_parts_are_signed_from_the_lowest_on() -> None:
    """As if they were in one part."""
    head, _, body = MESSAGE.partition(b"\r\n\r\n")
    more = b"Subject: 2\r\nSubject: 3\r\n"
    apart = signatures([headers_of(head), headers_of(more)], body_hash(body), FAST, now=NOW)
    assert apart + head + b"\r\n" + more + b"\r\n" + body == sign(head + b"\r\n" + more + b"\r\n" + body, FAST, now=NOW)
