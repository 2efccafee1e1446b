"""Mail addresses as people write them and as mail servers take them.

Input: `Name <a@b>` or `a@b`. Output: an `Address`, or an `AddressError` in words an editor understands.
Never asks the network whether an address exists.

The grammar is RFC 5321 section 4.1.2 without quoted local parts and address literals. It is written out here because
importing email-validator takes 58 ms; `idna` (18 ms) is imported only for a domain that needs it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: Longest local part and longest whole address, in octets (RFC 5321 section 4.5.3.1).
MAX_LOCAL = 64
MAX_ADDRESS = 254

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
#: What no header may carry: C0 and C1 controls, the Unicode line ends, halves of surrogate pairs.
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_QUOTED_NAME = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*(.*)', re.DOTALL)


class AddressError(ValueError):
    """The text is not an address that this program can send to; the message says why and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox: a display name (may be empty) and an address. Making a wrong one raises AddressError."""

    name: str = ""
    #: As written; the domain may be in any script.
    address: str

    def __post_init__(self) -> None:
        _refuse_forbidden(self.name)
        _wire(self.address)

    @property
    def wire(self) -> str:
        """The address in ASCII, its domain as A-labels (RFC 5891): what goes into headers and to the server."""
        return _wire(self.address)

    @property
    def domain(self) -> str:
        """The domain in ASCII."""
        return self.wire.rpartition("@")[2]


def parse_address(text: str) -> Address:
    """Read one mailbox, `Name <a@b>` or `a@b` (RFC 5322 section 3.4 without comments and groups).

    A name with a comma or another special character stands in double quotes. Raises AddressError.
    """
    _refuse_forbidden(text)
    text = text.strip()
    quoted = _QUOTED_NAME.fullmatch(text)
    if quoted and not quoted[2].startswith("@"):
        name, rest = re.sub(r"\\(.)", r"\1", quoted[1]), quoted[2]
        if not (rest.startswith("<") and rest.endswith(">")):
            raise AddressError(f"behind the quotes an address in angle brackets is expected: {_suggest(name, rest)}")
        _refuse_second(rest)
        return Address(name=name.strip(), address=rest[1:-1].strip())
    _refuse_second(text)
    if "<" not in text and ">" not in text:
        return Address(address=text)
    before, _, rest = text.partition("<")
    inside, bracket, after = rest.partition(">")
    if not bracket or after or ">" in before:
        raise AddressError("the angle brackets do not match: write Name <name@example.org>")
    name = before.strip()
    if special := re.search(r'[()\[\]:;@\\,"]', name):
        parentheses = special[0] in "()"
        what = "comments in parentheses are" if parentheses else f"{special[0]} in a name without double quotes is"
        raise AddressError(f"{what} not allowed: write {_suggest(name, inside)}")
    return Address(name=name, address=inside.strip())


@lru_cache(maxsize=1024)
def domain_to_ascii(domain: str) -> str:
    """Return a domain as A-labels, ASCII ones as written; UTS 46, IDNA 2008 (RFC 5891). Raises AddressError."""
    if not domain:
        raise AddressError("the address has no domain after the @")
    result = domain
    if not domain.isascii() or "xn--" in domain.lower():
        import idna

        try:
            result = idna.encode(domain, uts46=True).decode("ascii")
        except UnicodeError:  # idna.IDNAError is one
            raise AddressError(f"{domain} is not a domain name") from None
    labels = result.split(".")
    if "" in labels:
        raise AddressError(f"the domain {domain} has a dot too many")
    if len(labels) < 2:
        raise AddressError(f"the domain {domain} has no dot: is the ending missing, as in {domain}.org?")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise AddressError(f"{domain} is not a domain name: letters, digits, inner hyphens, 63 in a row at most")
    if labels[-1].isdigit():
        raise AddressError(f"{domain} is not a domain name: it ends in a number")
    return result


#: An address that is in order as it stands: all ASCII, no label in another script. A part of what `Address` takes, and
#: most of what a list holds; the hot loop of an import asks nothing else of it.
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)(?=.{1,254}\Z)(?!.*xn--)(?!.*=\?)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.IGNORECASE | re.ASCII,
)


def normal_address(address: str) -> str:
    """Return the form by which addresses are compared: the domain as A-labels, all of it in small letters.

    Case is no part of it although RFC 5321 (2.3.11) leaves it to the receiving server: nobody is two people by case.
    Raises AddressError.
    """
    if _PLAIN.fullmatch(address):
        return address.lower()
    return _wire(unicodedata.normalize("NFC", address)).casefold()


#: Hosts that take an address with and without dots for the same mailbox, and the name that stands for all of them.
_WITHOUT_DOTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_of(address: str) -> str:
    """Return what addresses of one mailbox have in common: `anna@` and `anna+news@` are one, at Gmail `an.na@` as well.

    For counting people who could otherwise count twice; never for deciding where mail goes. Raises AddressError.
    """
    local, _, domain = normal_address(address).rpartition("@")
    host = _WITHOUT_DOTS.get(domain, domain)
    bare = local.partition("+")[0] or local
    return f"{bare.replace('.', '') if domain in _WITHOUT_DOTS else bare}@{host}"


@lru_cache(maxsize=64)
def _wire(address: str) -> str:
    """Return the address in ASCII, or raise AddressError with the first thing that is wrong."""
    _refuse_forbidden(address)
    if "\N{FULLWIDTH COMMERCIAL AT}" in address:
        raise AddressError(f"{address} has a full-width \N{FULLWIDTH COMMERCIAL AT}: type an ordinary @")
    if not address:
        raise AddressError("the address is empty")
    if "@" not in address:
        raise AddressError(f"{address} has no @: an address looks like name@example.org")
    local, _, domain = address.rpartition("@")
    if "@" in local:
        raise AddressError(f"{address} has more than one @: write one address")
    if re.search(r"\s", address):
        raise AddressError(f"{address} has a space in it")
    if "(" in address or ")" in address:
        raise AddressError(f"{address} has parentheses: comments are not allowed in an address")
    if not local:
        raise AddressError(f"{address} has nothing before the @")
    if "=?" in local:
        # Some subscribers and servers decode what looks like an encoded-word (RFC 2047), even here, and see another address.
        raise AddressError(f"{address} has =? before the @, which some programs take for a code")
    if not local.isascii():
        raise AddressError(
            f"{address} has letters before the @ that many mail servers refuse (SMTPUTF8): use only a to z there"
        )
    if not _LOCAL.fullmatch(local):
        if local.startswith(".") or local.endswith(".") or ".." in local:
            raise AddressError(f"{address} has a dot too many before the @")
        if local.startswith('"'):
            raise AddressError(f"{address} has quotes before the @: such addresses are not supported")
        wrong = _LOCAL.sub("", local).replace(".", "")[:1]
        raise AddressError(f"{address} has a {wrong} before the @, which is not allowed there")
    if len(local) > MAX_LOCAL:
        raise AddressError(f"{address} is too long before the @: {len(local)} characters, {MAX_LOCAL} are allowed")
    wire = f"{local}@{domain_to_ascii(domain)}"
    if len(wire) > MAX_ADDRESS:
        raise AddressError(f"{address} is too long: {len(wire)} characters on the wire, {MAX_ADDRESS} are allowed")
    return wire


def _refuse_forbidden(text: str) -> None:
    if found := forbidden_in(text):
        raise AddressError(f"an address must not hold {describe(found)}")


def _refuse_second(text: str) -> None:
    if re.search(r"@[^,;]*[,;][^@]*@", text) or text.count("<") > 1:
        raise AddressError("these are two addresses or more: write one")


def _suggest(name: str, rest: str) -> str:
    name = name.replace('"', "").replace("\\", "")
    return f'"{name}" <{rest.strip().strip("<>").strip() or "name@example.org"}>'


def forbidden_in(text: str) -> str | None:
    """Return the first character of a text that no header may carry."""
    # None of them is printable, and to ask that takes a tenth of the time.
    found = None if text.isprintable() else FORBIDDEN.search(text)
    return found[0] if found else None


def describe(character: str) -> str:
    """Name a forbidden character for a message: it cannot be shown."""
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return f"half of a surrogate pair (U+{code:04X})"
    breaks = "\n\v\f\r\x85\u2028\u2029"
    kind = "line break" if character in breaks else "tab" if character == "\t" else "control character"
    return f"a {kind} (U+{code:04X})"
