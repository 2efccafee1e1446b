"""Email addresses, as people write them and in the form for mail servers.

Input: `Name <a@b>` or `a@b`. Output: an `Address`, or an `AddressError` that an editor understands. Guarantees: does
not use the network, so an address may not exist.

The grammar is RFC 5321 section 4.1.2 without quoted local parts and address literals. It is implemented here because
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
#: Characters that are forbidden in headers: C0 and C1 controls, the Unicode line ends, halves of surrogate pairs.
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_QUOTED_NAME = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*(.*)', re.DOTALL)


class AddressError(ValueError):
    """The text is not an address that this program can send to; the message says why, and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox: a display name (may be empty) and an address. An invalid one raises AddressError."""

    name: str = ""
    #: As written; the domain may be in any script.
    address: str

    def __post_init__(self) -> None:
        _refuse_forbidden(self.name)
        _wire(self.address)

    @property
    def wire(self) -> str:
        """The address in ASCII, with its domain as A-labels (RFC 5891): the form for headers and servers."""
        return _wire(self.address)

    @property
    def domain(self) -> str:
        """The domain in ASCII."""
        return self.wire.rpartition("@")[2]


def parse_address(text: str) -> Address:
    """Return a mailbox from `Name <a@b>` or `a@b` (RFC 5322 section 3.4 without comments and groups).

    A name with a comma or another special character must be in double quotes. Raises AddressError.
    """
    _refuse_forbidden(text)
    text = text.strip()
    quoted = _QUOTED_NAME.fullmatch(text)
    if quoted and not quoted[2].startswith("@"):
        name, rest = re.sub(r"\\(.)", r"\1", quoted[1]), quoted[2]
        if not (rest.startswith("<") and rest.endswith(">")):
            raise AddressError(f"after the quotes, write the address in angle brackets: {_suggest(name, rest)}")
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
        what = "comments in parentheses are not allowed" if parentheses else f"a name with {special[0]} must be quoted"
        raise AddressError(f"{what}: write {_suggest(name, inside)}")
    return Address(name=name, address=inside.strip())


@lru_cache(maxsize=1024)
def domain_to_ascii(domain: str) -> str:
    """Return a domain as A-labels, with ASCII labels as written; UTS 46, IDNA 2008 (RFC 5891). Raises AddressError."""
    if not domain:
        raise AddressError("the address has no domain after the @")
    result = domain
    if not domain.isascii() or "xn--" in domain.lower():
        import idna

        try:
            result = idna.encode(domain, uts46=True).decode("ascii")
        except UnicodeError:  # idna.IDNAError is one
            raise AddressError(f"{domain} is not a valid domain name") from None
    labels = result.split(".")
    if "" in labels:
        raise AddressError(f"the domain {domain} has an extra dot")
    if len(labels) < 2:
        raise AddressError(f"the domain {domain} has no dot: add the ending, such as {domain}.org")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise AddressError(
                f"{domain} is not a valid domain name: between dots, use 1 to 63 letters, digits and inner hyphens"
            )
    if labels[-1].isdigit():
        raise AddressError(f"{domain} is not a valid domain name: it ends with a number")
    return result


#: A simple valid address: only ASCII, no label in another script. `Address` accepts more, but most addresses of a list
#: match, so the inner loop of an import checks only this.
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)(?=.{1,254}\Z)(?!.*xn--)(?!.*=\?)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.IGNORECASE | re.ASCII,
)


def host_label(text: str) -> str:
    """Return a text as one part of a host name: letters a to z, digits and -. It may be empty."""
    plain = unicodedata.normalize("NFKD", text.lower())
    words = re.sub(r"[^a-z0-9]+", "-", "".join(c for c in plain if not unicodedata.combining(c)))
    return words[:40].strip("-")


def normal_address(address: str) -> str:
    """Return the form for comparing addresses: the domain as A-labels, everything in lower case.

    Case is ignored, although RFC 5321 (2.3.11) leaves it to the receiving server: in practice, addresses that differ
    only in case belong to one person. Raises AddressError.
    """
    if _PLAIN.fullmatch(address):
        return address.lower()
    return _wire(unicodedata.normalize("NFC", address)).casefold()


#: Hosts that ignore dots in addresses, and one common name for them.
_WITHOUT_DOTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_of(address: str) -> str:
    """Return a key for the mailbox of an address: the same for `anna@` and `anna+news@`, at Gmail also for `an.na@`.

    Use it to count people only once, never as an address to send to. Raises AddressError.
    """
    local, _, domain = normal_address(address).rpartition("@")
    host = _WITHOUT_DOTS.get(domain, domain)
    bare = local.partition("+")[0] or local
    return f"{bare.replace('.', '') if domain in _WITHOUT_DOTS else bare}@{host}"


@lru_cache(maxsize=64)
def _wire(address: str) -> str:
    """Return the address in ASCII. Raises AddressError for the first problem."""
    _refuse_forbidden(address)
    if "\N{FULLWIDTH COMMERCIAL AT}" in address:
        raise AddressError(f"{address} has a full-width \N{FULLWIDTH COMMERCIAL AT}: type a normal @")
    if not address:
        raise AddressError("the address is empty")
    if "@" not in address:
        raise AddressError(f"{address} has no @: an address looks like name@example.org")
    local, _, domain = address.rpartition("@")
    if "@" in local:
        raise AddressError(f"{address} has more than one @: write one address")
    if re.search(r"\s", address):
        raise AddressError(f"{address} contains a space: remove it")
    if "(" in address or ")" in address:
        raise AddressError(f"{address} contains parentheses: remove the comment")
    if not local:
        raise AddressError(f"{address} has nothing before the @")
    if "=?" in local:
        # Some mail programs and servers decode anything like an encoded-word (RFC 2047), even here, and get another
        # address.
        raise AddressError(f"{address} has =? before the @, which some programs misread")
    if not local.isascii():
        raise AddressError(
            f"{address} has letters before the @ that many mail servers reject (SMTPUTF8): use only a to z there"
        )
    if not _LOCAL.fullmatch(local):
        if local.startswith(".") or local.endswith(".") or ".." in local:
            raise AddressError(f"{address} has an extra dot before the @")
        if local.startswith('"'):
            raise AddressError(f"{address} has quotes before the @, which are not supported")
        wrong = _LOCAL.sub("", local).replace(".", "")[:1]
        raise AddressError(f"{address} has a {wrong} before the @, which is not allowed there")
    if len(local) > MAX_LOCAL:
        raise AddressError(
            f"{address} is too long before the @: {len(local)} characters; at most {MAX_LOCAL} are allowed"
        )
    wire = f"{local}@{domain_to_ascii(domain)}"
    if len(wire) > MAX_ADDRESS:
        raise AddressError(
            f"{address} is too long: {len(wire)} characters in ASCII form; at most {MAX_ADDRESS} are allowed"
        )
    return wire


def _refuse_forbidden(text: str) -> None:
    if found := forbidden_in(text):
        raise AddressError(f"an address must not contain {describe(found)}")


def _refuse_second(text: str) -> None:
    if re.search(r"@[^,;]*[,;][^@]*@", text) or text.count("<") > 1:
        raise AddressError("there is more than one address: write only one")


def _suggest(name: str, rest: str) -> str:
    name = name.replace('"', "").replace("\\", "")
    return f'"{name}" <{rest.strip().strip("<>").strip() or "name@example.org"}>'


def forbidden_in(text: str) -> str | None:
    """Return the first character of a text that is forbidden in headers, or None."""
    # Forbidden characters are not printable, and that check takes a tenth of the time.
    found = None if text.isprintable() else FORBIDDEN.search(text)
    return found[0] if found else None


def describe(character: str) -> str:
    """Return the name of a forbidden character for a message, because it cannot be shown."""
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return f"half of a surrogate pair (U+{code:04X})"
    breaks = "\n\v\f\r\x85\u2028\u2029"
    kind = "line break" if character in breaks else "tab" if character == "\t" else "control character"
    return f"a {kind} (U+{code:04X})"
