"""The messages for failed connections, with hints.

Input: a server's settings and the error. Output: a `TransportError`. Guarantees: pure; uses no secret.
"""

import socket
import ssl

from composer.transport.outcome import ServerReply, Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.wire import Fault

#: Problems of a certificate by OpenSSL's numbers (X509_V_ERR_…), with hints.
_ASK = "ask the server’s operator to renew it; nothing was sent"
_TRUST = "if the server is your own, set ca_file to the certificate of its authority; nothing was sent"
_NAME = "check that host is the name you got from the server’s operator; nothing was sent"
_CERTIFICATE = {
    9: ("is not valid yet", "check this computer’s clock; nothing was sent"),
    10: ("has expired", _ASK),
    18: ("is self-signed, so it is not trusted", _TRUST),
    19: ("is not signed by a trusted authority", _TRUST),
    20: ("is not signed by a trusted authority", _TRUST),
    62: ("is for a different host", _NAME),
    64: ("is for a different host", _NAME),
}
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "PACKET_LENGTH_TOO_LONG",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
)
_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
_PORTS = "port 465 needs security: tls, port 587 needs security: starttls"
_ASKED = {
    Stage.GREETING: "refused the connection",
    Stage.EHLO: "rejected the greeting (EHLO)",
    Stage.STARTTLS: "refused to start encryption (STARTTLS)",
}


def no_way_to(server: MailServer, error: OSError | UnicodeError) -> TransportError:
    """Return the error for a server that cannot be reached."""
    where = f"{server.host}, port {server.port}"
    is_temporary = True
    match error:
        case socket.gaierror() if error.errno == socket.EAI_AGAIN:
            what = f"the name {server.host} cannot be looked up at the moment"
            hint = "check that this computer is online"
        case socket.gaierror() | UnicodeError():
            what = f"there is no server with the name {server.host}"
            hint, is_temporary = "check the spelling of the host name, and that this computer is online", False
        case ConnectionRefusedError():
            what = f"{where}: the server does not accept connections"
            hint = f"check the port, and that the server is running; {_PORTS}"
        case TimeoutError():
            what = f"{where}: the server does not answer"
            hint = f"check the port; many networks block port 25; {_PORTS}"
        case _:
            what = f"{where}: the server cannot be reached"
            hint = "check that this computer is online"
    return TransportError(what, hint, stage=Stage.CONNECT, is_temporary=is_temporary)


def not_secure(server: MailServer, error: OSError) -> TransportError:
    """Return the error for a connection that cannot be encrypted."""
    what, hint, is_temporary = "the connection could not be encrypted", _PORTS, False
    match error:
        case ssl.SSLCertVerificationError():
            said = f"is not trusted: {error.verify_message.lower()}"
            wrong, hint = _CERTIFICATE.get(error.verify_code, (said, _TRUST))
            what = f"the server’s certificate {wrong}"
        case ssl.SSLEOFError() | ConnectionError():
            what, is_temporary = "the server closed the connection before it was encrypted", True
        case TimeoutError():
            what, is_temporary = "the server did not answer in time, before the connection was encrypted", True
        case ssl.SSLError() if error.reason in _NOT_TLS:
            what = "the server does not use TLS on this port"
        case ssl.SSLError() if error.reason in _OLD_TLS:
            what = "the server supports only outdated versions of TLS"
            hint = "TLS 1.2 is the oldest version that is safe: ask the server’s operator"
        case _:
            pass
    return TransportError(f"{server.host}: {what}", hint, stage=Stage.TLS, is_temporary=is_temporary)


def no_authorities(server: MailServer, error: OSError) -> TransportError:
    """Return the error for a file of certificates that cannot be used."""
    reason = "it contains no certificates" if isinstance(error, ssl.SSLError) else error.strerror or str(error)
    return TransportError(
        f"{server.ca_file} cannot be used: {reason}", "ca_file must name a PEM file with certificates", stage=Stage.TLS
    )


def broken(server: MailServer, stage: Stage, fault: Fault) -> TransportError:
    """Return the error for a connection that failed before it could be used."""
    hint, what = "", fault.in_words
    if stage is Stage.GREETING and fault is Fault.LATE and server.security is not Security.TLS:
        hint = f"the port may require encryption from the start; {_PORTS}"
    return TransportError(f"{server.host}: {what} ({stage})", hint, stage=stage, is_temporary=True)


def turned_away(server: MailServer, stage: Stage, reply: ServerReply) -> TransportError:
    """Return the error for a server that refused before the sign-in."""
    if 400 <= reply.code < 500:
        hint, is_temporary = "try again later", True
    else:
        hint, is_temporary = "ask the server’s operator whether this computer’s address is allowed", False
    what = f"{server.host} {_ASKED[stage]}: {reply}"
    return TransportError(what, hint, stage=stage, reply=reply, is_temporary=is_temporary)


def not_signed_in(server: MailServer, reply: ServerReply) -> TransportError:
    """Return the error for a failed sign-in."""
    is_temporary = 400 <= reply.code < 500
    if is_temporary:
        what, hint = "does not accept sign-ins at the moment", "try again later"
    elif reply.enhanced == "5.7.139" or reply.code == 504:
        what, hint = "does not accept this sign-in method", "many servers accept only tokens: set up a token_command"
    elif server.is_token:
        what, hint = "rejected the user name or the token", "check that the token is for mail and has not expired"
    else:
        what = "rejected the user name or the password"
        hint = "check both; an account with two-step sign-in needs an app password"
    message = f"{server.host} {what}: {reply}"
    return TransportError(message, hint, stage=Stage.AUTH, reply=reply, is_temporary=is_temporary)
