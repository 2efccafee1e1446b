"""Addresses as editors write them: how they are parsed, and the message of each error."""

import subprocess
import sys

import pytest

from composer.core.addresses import (
    FORBIDDEN,
    Address,
    AddressError,
    describe,
    domain_to_ascii,
    forbidden_in,
    mailbox_of,
    normal_address,
    parse_address,
)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("anna@example.org", "", "anna@example.org"),
        ("<anna@example.org>", "", "anna@example.org"),
        ("  Ben Li <ben@example.org> ", "Ben Li", "ben@example.org"),
        ("John Q. Public <john@example.org>", "John Q. Public", "john@example.org"),
        ('"Li, Ben" <ben@example.org>', "Li, Ben", "ben@example.org"),
        (r'"The \"B\" \\ desk"<b@example.org>', r'The "B" \ desk', "b@example.org"),
        ('"ben@bank.example" <ben@example.org>', "ben@bank.example", "ben@example.org"),
        ("Ben <  ben@example.org >", "Ben", "ben@example.org"),
        ("O'Neil <o'neil+news@example.org>", "O'Neil", "o'neil+news@example.org"),
        ("Jürgen <j@münchen.example>", "Jürgen", "j@münchen.example"),
    ],
)
def test_reads_what_people_write(text: str, name: str, address: str) -> None:
    """A name is optional and may be quoted; the address stays as written."""
    assert parse_address(text) == Address(name=name, address=address)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("Anna <>", "is empty"),
        ("anna.example.org", "has no @"),
        ("Anna <anna>", "has no @"),
        ("@example.org", "nothing before the @"),
        ("anna@", "no domain after the @"),
        ("anna@example", "no dot"),
        ("anna@example..org", "extra dot"),
        ("anna@example.org.", "extra dot"),
        (".anna@example.org", "extra dot before the @"),
        ("an na@example.org", "a space"),
        ("anna@exam ple.org", "a space"),
        ("anna@example.org, ben@example.org", "more than one address"),
        ("Anna <anna@example.org>; Ben <ben@example.org>", "more than one address"),
        ("<anna@example.org> <ben@example.org>", "more than one address"),
        ("anna@@example.org", "more than one @"),
        ("a:b;c@example.org", "has a : before the @"),
        ("Li, Ben <ben@example.org>", '"Li, Ben" <ben@example.org>'),
        ("Ben (desk) <ben@example.org>", "comments in parentheses"),
        ("ben@example.org(Ben)", "remove the comment"),
        ("Desk: <ben@example.org>", '"Desk:" <ben@example.org>'),
        ("Ben <ben@example.org", "brackets do not match"),
        ("Ben ben@example.org>", "brackets do not match"),
        ("Ben <ben@example.org> x", "brackets do not match"),
        ('"Ben" ben@example.org', '"Ben" <ben@example.org>'),
        ('"a b"@example.org', "a space"),
        ('"ab"@example.org', "quotes before the @"),
        ("jürgen@example.org", "(SMTPUTF8)"),
        ("anna\N{FULLWIDTH COMMERCIAL AT}example.org", "full-width"),
        ("=?utf-8?q?anna?=@example.org", "=? before the @"),
        ("an:na@example.org", "has a : before the @"),
        ("anna@[127.0.0.1]", "is not a valid domain name"),
        ("anna@127.0.0.1", "ends with a number"),
        ("anna@news.example.9", "ends with a number"),
        ("anna@-example.org", "is not a valid domain name"),
        ("anna@exa_mple.org", "is not a valid domain name"),
        ("anna@xn--zzzz-.org", "is not a valid domain name"),
        ("anna@\u2615.example.org", "is not a valid domain name"),
        ("a" * 65 + "@example.org", "65 characters; at most 64"),
        ("a@" + "b." * 125 + "example", "at most 254"),
        ("a@" + "b." * 123 + "example", "255 characters"),
        ("a@" + "b" * 64 + ".example", "1 to 63 letters"),
        ("ben@example.org(", "remove the comment"),
        ("ben)@example.org", "remove the comment"),
        ("anna@example.org\nBcc: x@example.org", "a line break (U+000A)"),
        ("anna@example.org\n", "a line break (U+000A)"),
        ("an\x07na@example.org", "a control character (U+0007)"),
        ("An\0na <anna@example.org>", "a control character (U+0000)"),
        ("An\ud800na <anna@example.org>", "half of a surrogate pair (U+D800)"),
    ],
)
def test_errors_say_what_to_write(text: str, words: str) -> None:
    """Every error has its own message, also for lists of addresses; control characters never appear in a message."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    with pytest.raises(AddressError) as caught:
        normal_address(text)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "a" * 64 + "@example.org",
        "a@" + "b." * 122 + "cexample",
        "a@" + "b" * 63 + ".example",
        "a@b.ab",
        "a.b-c+d@1.example",
        "a@news.9.example",
    ],
)
def test_an_address_may_be_as_long_as_the_rules_allow(text: str) -> None:
    """64 characters before the @, 63 between dots, 254 in total; the form for comparing has the same length."""
    assert parse_address(text).address == normal_address(text) == text
    with pytest.raises(AddressError):
        parse_address(f"{'a' * 65}{text}")


def test_an_invalid_address_raises_an_error() -> None:
    """The value itself raises the error, so that header writers need not check again."""
    with pytest.raises(AddressError):
        Address(name="Anna\r\nBcc: x@example.org", address="anna@example.org")
    with pytest.raises(AddressError):
        Address(address="anna@example.org>\r\nBcc: <x@example.org")


@pytest.mark.parametrize(
    ("domain", "ascii_domain"),
    [
        ("News.Example.org", "News.Example.org"),
        ("M\u00fcnchen.example", "xn--mnchen-3ya.example"),
        ("fa\u00df.example", "xn--fa-hia.example"),
        ("\u4f8b\u3048\u3002jp", "xn--r8jz45g.jp"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
    ],
)
def test_domains_become_a_labels(domain: str, ascii_domain: str) -> None:
    """IDNA 2008 after UTS 46 mapping (sharp s is a separate letter); ASCII domains stay as written."""
    assert domain_to_ascii(domain) == ascii_domain
    assert Address(address=f"a@{domain}").wire == f"a@{ascii_domain}"
    assert Address(address=f"a@{domain}").domain == ascii_domain


def test_ascii_addresses_import_no_heavy_library() -> None:
    """Parsing an ASCII address imports neither idna nor email_validator nor a resolver."""
    code = (
        "import sys; from composer.core.addresses import parse_address; parse_address('A <a@example.org>');"
        "print(sorted({'idna', 'email_validator', 'dns', 'email', 'socket'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_forbidden_characters_are_found() -> None:
    """No printable character is forbidden, so the fast check misses none."""
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert FORBIDDEN.search(printable) is None and len(printable) > 100_000
    assert forbidden_in("a\u200d\u2028b\n") == "\u2028" and forbidden_in("") is None


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [("Anna+news@Example.net", "anna@example.net"), ("a.n.na+x+y@GoogleMail.com", "anna@gmail.com"),
     ("an.na@gmail.com", "anna@gmail.com"), ("an.na@example.net", "an.na@example.net"), ("+x@example.net", "+x@example.net"),
     ("anna+x@bücher.example", "anna@xn--bcher-kva.example")],
)  # fmt: skip
def test_mailboxes(address: str, mailbox: str) -> None:
    """A +tag is the same mailbox, and Gmail ignores dots; other hosts do not."""
    assert mailbox_of(address) == mailbox


@pytest.mark.parametrize("domain", ["xn--zzzzzz.example", "xn--.example", "xn--0.example", "sub.XN--A.example"])
def test_an_invalid_a_label_is_rejected(domain: str) -> None:
    """Also in the fast check that most addresses of a list pass."""
    with pytest.raises(AddressError, match="is not a valid domain name"):
        normal_address(f"anna@{domain}")
    assert normal_address("Anna@XN--Bcher-KVA.example") == "anna@xn--bcher-kva.example"


def test_a_letter_that_changes_with_case_is_a_different_letter() -> None:
    """A long s is not an s before the @; in a domain it becomes one (UTS 46)."""
    with pytest.raises(AddressError, match="letters before the @"):
        normal_address("\u017fam@example.org")
    assert normal_address("anna@\u017fam.example") == "anna@sam.example"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        *((each, f"a line break (U+{ord(each):04X})") for each in "\n\v\f\r\x85\u2028\u2029"),
        ("\t", "a tab (U+0009)"),
        ("\x07", "a control character (U+0007)"),
        ("\x9f", "a control character (U+009F)"),
        ("\ud7ff", "a control character (U+D7FF)"),
        ("\ud800", "half of a surrogate pair (U+D800)"),
        ("\udfff", "half of a surrogate pair (U+DFFF)"),
        ("\ue000", "a control character (U+E000)"),
    ],
)
def test_invisible_characters_are_named(character: str, name: str) -> None:
    """By its type and its number."""
    assert describe(character) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("anna.@example.org", "has an extra dot before the @"),
        ("an..na@example.org", "has an extra dot before the @"),
        ("a.:b;c@example.org", "has a : before the @"),
        ('"Ben" <ben@example.org', "in angle brackets"),
        ('"Ben" ben@example.org>', "in angle brackets"),
        ('"Ben"', '"Ben" <name@example.org>'),
        (r'"B\"en" x', '"Ben" <x>'),
        ('"Ben" <ben@example.org>, <li@example.org>', "more than one address"),
        ("<<ben@example.org>", "more than one address"),
        ("Ben > <ben@example.org>", "brackets do not match"),
        ("Ben > ben@example.org", "brackets do not match"),
        ("a@example.org;b@example.org", "more than one address"),
        ('B\\e"n Li <ben@example.org>', 'write "Ben Li" <ben@example.org>'),
        *((f"Ben {each} Li <ben@example.org>", f"a name with {each} must be quoted") for each in '[]:;\\,"'),
        *((f"Ben {each} Li <ben@example.org>", "comments in parentheses are not allowed") for each in "()"),
        ("ben@bank <ben@example.org>", "a name with @ must be quoted"),
    ],
)
def test_problems_around_an_address_are_reported(text: str, words: str) -> None:
    """Each character has its own message, with what to write instead."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert words in str(caught.value)


def test_an_address_has_one_normal_form() -> None:
    """For any spelling; spaces around a name are removed."""
    assert (
        normal_address("Anna@Mu\u0308nchen.example")
        == normal_address("anna@M\u00fcnchen.Example")
        == "anna@xn--mnchen-3ya.example"
    )
    assert normal_address("ANNA@EXAMPLE.ORG") == "anna@example.org"
    assert parse_address('" Ben " < ben@example.org >') == Address(name="Ben", address="ben@example.org")
    assert parse_address('"Ben"<ben@example.org>').name == "Ben"
