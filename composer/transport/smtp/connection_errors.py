"""Says why there is no connection, and what a person can do about it.

Input: a server's settings and what happened. Output: a `TransportError`. Pure; no secret ever comes in.
"""

import socket
import ssl

from composer.transport.outcome import ServerReply, Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.wire import Fault

#: OpenSSL's numbers (X509_V_ERR_…) for what is wrong with a certificate, and what to do.
_ASK = "ask whoever runs the server to renew it; nothing was sent"
_TRUST = "if the server is your own, name its authority’s certificate as ca_file; nothing was sent"
_NAME = "is it the host name that the server’s operator gave you? nothing was sent"
_CERTIFICATE = {
    9: ("is not valid yet", "is this computer’s clock right? nothing was sent"),
    10: ("has expired", _ASK),
    18: ("is signed by itself, so nobody vouches for it", _TRUST),
    19: ("is signed by nobody that is trusted here", _TRUST),
    20: ("is signed by nobody that is trusted here", _TRUST),
    62: ("was made for another host", _NAME),
    64: ("was made for another host", _NAME),
}
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "PACKET_LENGTH_TOO_LONG",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
)
_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
_PORTS = "security: tls goes with port 465, security: starttls with port 587"
_ASKED = {
    Stage.GREETING: "greets with a refusal",
    Stage.EHLO: "does not take our greeting (EHLO)",
    Stage.STARTTLS: "does not start encryption (STARTTLS)",
}


def no_way_to(server: MailServer, error: OSError | UnicodeError) -> TransportError:
    """Say why a server could not be called."""
    where = f"{server.host}, port {server.port}"
    is_temporary = True
    match error:
        case socket.gaierror() if error.errno == socket.EAI_AGAIN:
            what = f"the name {server.host} cannot be looked up just now"
            hint = "is this computer online?"
        case socket.gaierror() | UnicodeError():
            what = f"there is no server with the name {server.host}"
            hint, is_temporary = "look for a slip in the host name; is this computer online?", False
        case ConnectionRefusedError():
            what = f"{where}, does not take connections"
            hint = f"is the port right, and is the server running? {_PORTS}"
        case TimeoutError():
            what = f"{where}, does not answer"
            hint = f"is the port right? many networks block port 25; {_PORTS}"
        case _:
            what = f"{where}, cannot be reached"
            hint = "is this computer online?"
    return TransportError(what, hint, stage=Stage.CONNECT, is_temporary=is_temporary)


def not_secure(server: MailServer, error: OSError) -> TransportError:
    """Say why no encrypted connection could be made."""
    what, hint, is_temporary = "no encrypted connection could be made", _PORTS, False
    match error:
        case ssl.SSLCertVerificationError():
            said = f"cannot be trusted: {error.verify_message.lower()}"
            wrong, hint = _CERTIFICATE.get(error.verify_code, (said, _TRUST))
            what = f"the server’s certificate {wrong}"
        case ssl.SSLEOFError() | ConnectionError():
            what, is_temporary = "the server hung up while the encrypted connection was being made", True
        case TimeoutError():
            what, is_temporary = "the server did not answer in time while the encrypted connection was being made", True
        case ssl.SSLError() if error.reason in _NOT_TLS:
            what = "the server does not speak TLS there"
        case ssl.SSLError() if error.reason in _OLD_TLS:
            what = "the server speaks outdated versions of TLS only"
            hint = "TLS 1.2 is the oldest that is safe: ask whoever runs the server"
        case _:
            pass
    return TransportError(f"{server.host}: {what}", hint, stage=Stage.TLS, is_temporary=is_temporary)


def no_authorities(server: MailServer, error: OSError) -> TransportError:
    """Say that the file of certificates is of no use."""
    reason = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror or str(error)
    return TransportError(
        f"{server.ca_file} cannot be used: {reason}", "ca_file names certificates in a PEM file", stage=Stage.TLS
    )


def broken(server: MailServer, stage: Stage, fault: Fault) -> TransportError:
    """Say that a connection broke before it could be used."""
    hint = ""
    if stage is Stage.GREETING and fault is Fault.LATE and server.security is not Security.TLS:
        hint = f"does the port expect encryption from the start? {_PORTS}"
    return TransportError(f"{server.host}: {fault.in_words} ({stage})", hint, stage=stage, is_temporary=True)


def turned_away(server: MailServer, stage: Stage, reply: ServerReply) -> TransportError:
    """Say that a server refused before anybody signed in."""
    if 400 <= reply.code < 500:
        hint, is_temporary = "try again later", True
    else:
        hint, is_temporary = "ask whoever runs the server; is this computer’s address allowed there?", False
    what = f"{server.host} {_ASKED[stage]}: {reply}"
    return TransportError(what, hint, stage=stage, reply=reply, is_temporary=is_temporary)


def not_signed_in(server: MailServer, reply: ServerReply) -> TransportError:
    """Say that a server did not let us in."""
    is_temporary = 400 <= reply.code < 500
    if is_temporary:
        what, hint = "cannot sign anybody in just now", "try again later"
    elif reply.enhanced == "5.7.139" or reply.code == 504:
        what, hint = "does not take this way of signing in", "many servers take tokens only: set up a token_command"
    elif server.is_token:
        what, hint = "refuses the user name or the token", "a token expires: is the one that came fresh, and for mail?"
    else:
        what = "refuses the user name or the password"
        hint = "check both; where signing in takes two steps, a password made for this program is needed"
    message = f"{server.host} {what}: {reply}"
    return TransportError(message, hint, stage=Stage.AUTH, reply=reply, is_temporary=is_temporary)
