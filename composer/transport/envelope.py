"""The envelope: the sender and the recipient that a server gets with the message (RFC 5321 section 2.3.1).

Input: an envelope, the size of the message, the server's extensions. Output: the lines MAIL and RCPT, or why they
cannot be written. Guarantees: no character that could end a line or an address gets into them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from composer.core.addresses import MAX_ADDRESS, AddressError, domain_to_ascii
from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage

#: Longest ENVID and ORCPT (RFC 3461, sections 4.4 and 4.2).
_MAX_ENVID, _MAX_ORCPT = 100, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope for one recipient. A domain may be in any script; the part before the @ must be ASCII."""

    #: The address for bounces; empty for a message that must not bounce.
    sender: str
    recipient: str
    #: The id in a delivery status notification (DSN's ENVID): printable ASCII, at most 100 octets when encoded.
    id: str = ""
    #: Whether to request a notification of failure with this id, if the server offers it (DSN, RFC 3461).
    wants_notice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The lines that start a transaction, with their line ends."""

    mail: bytes
    rcpt: bytes


def addresses(envelope: Envelope) -> tuple[str, str] | Outcome:
    """Return the sender and the recipient in ASCII, or why they cannot be used."""
    try:
        sender = _wire(envelope.sender) if envelope.sender else ""
    except AddressError as error:
        reason = f"the sender’s address cannot be used: {error}"
        return Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.MAIL, reason=reason, scope=Scope.SERVER)
    try:
        return sender, _wire(envelope.recipient)
    except AddressError as error:
        reason = f"the address cannot be used: {error}"
        return Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.RCPT, reason=reason, scope=Scope.RECIPIENT)


def commands(
    envelope: Envelope, addressed: tuple[str, str], size: int, extensions: Mapping[str, str]
) -> Commands | Outcome:
    """Return MAIL and RCPT for a server with these extensions, or a rejection if the message is larger than its limit.

    SIZE counts octets before dots are doubled (RFC 1870, section 3). Raises ValueError for an id that is not a valid
    ENVID.
    """
    sender, recipient = addressed
    mail, rcpt = f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"
    if "SIZE" in extensions:
        most = extensions["SIZE"].strip()
        # 0 or not a number: the limit is not known.
        if most.isascii() and most.isdigit() and 0 < int(most[:19]) < size:
            reason = f"the message is too large: {size:,} bytes; the server accepts at most {int(most[:19]):,}"
            return Outcome(state=OutcomeState.REFUSED, stage=Stage.MAIL, reason=reason, scope=Scope.MESSAGE)
        mail += f" SIZE={size}"
    if envelope.wants_notice and "DSN" in extensions:
        mail += " RET=HDRS"
        if envelope.id:
            mail += f" ENVID={_envid(envelope.id)}"
        rcpt += " NOTIFY=FAILURE"
        original = f"rfc822;{_xtext(recipient)}"
        if len(original) <= _MAX_ORCPT:
            rcpt += f" ORCPT={original}"
    return Commands(mail=f"{mail}\r\n".encode("ascii"), rcpt=f"{rcpt}\r\n".encode("ascii"))


def _wire(address: str) -> str:
    """Return an address in ASCII. Raises AddressError; its message does not contain the address."""
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise AddressError("it needs text before and after the @")
    if not local.isascii():
        raise AddressError(
            "before the @, only a to z, digits and ASCII symbols are allowed (SMTPUTF8 is not supported)"
        )
    if not domain.isascii():
        try:
            domain = domain_to_ascii(domain)
        except AddressError:
            raise AddressError("the part after the @ is not a domain name") from None
    wire = f"{local}@{domain}"
    if not wire.isprintable() or any(character in wire for character in "<> "):
        raise AddressError("it contains a space, an angle bracket or a control character")
    if len(wire) > MAX_ADDRESS:
        raise AddressError(f"it is too long: {len(wire)} characters in ASCII form; at most {MAX_ADDRESS} are allowed")
    return wire


def _envid(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or len(encoded := _xtext(text)) > _MAX_ENVID:
        raise ValueError(f"an envelope's id must be printable ASCII, at most {_MAX_ENVID} octets when encoded")
    return encoded


def _xtext(text: str) -> str:
    """Return a text encoded for a parameter (RFC 3461, section 4)."""
    return "".join(each if "!" <= each <= "~" and each not in "+=" else f"+{ord(each):02X}" for each in text)
