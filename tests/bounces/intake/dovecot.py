"""A Dovecot server for a test: a mailbox that the test can fill, and a connection that it can cut at any byte."""

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.handover import make_certificate
from composer.bounces.intake.imap import ImapMailbox, MailboxError
from composer.bounces.record.bounce_settings import MailboxAccount
from composer.transport.server_settings import MailServer, Secret, Security

USER, PASSWORD = "bounces@news.example.org", 'Geheim-秘密 "5ecret'
_CONFIG = """\
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/certificate.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = yes
mail_location = maildir:{home}/mail
mail_fsync = never
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
auth_mechanisms = plain
first_valid_uid = 0
first_valid_gid = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{more}
"""


def is_there() -> bool:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


@dataclass(frozen=True)
class Dovecot:
    """A running server with its mailbox below `home`."""

    home: Path
    port: int
    tls_port: int

    def account(
        self, *, security: Security = Security.TLS, port: int | None = None, password: str = PASSWORD
    ) -> MailboxAccount:
        return MailboxAccount(
            server=MailServer(
                host="127.0.0.1",
                port=port or (self.tls_port if security is Security.TLS else self.port),
                security=security,
                username=USER,
                secret=Secret(password),
                ca_file=self.home / "certificate.pem",
            )
        )

    def put(self, number: int, data: bytes) -> None:
        """Deliver a message into the mailbox, as a mail server does."""
        (self.home / "mail" / "new" / f"{1738224000 + number}.{number}.test").write_bytes(data)

    def clear(self) -> None:
        """Start over with an empty mailbox without folders."""
        mail = self.home / "mail"
        owner = mail.stat()
        for path in mail.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for part in ("new", "cur", "tmp"):
            (mail / part).mkdir()
            os.chown(mail / part, owner.st_uid, owner.st_gid)

    def folder(self, name: str = "") -> list[bytes]:
        """Return the messages of a folder."""
        base = self.home / "mail" / (f".{name}" if name else "")
        return [
            path.read_bytes() for part in ("new", "cur") if (base / part).is_dir() for path in (base / part).iterdir()
        ]


@contextmanager
def dovecot(more: str = "") -> Iterator[Dovecot]:
    """Run Dovecot, with additional lines of configuration.

    Its folder is not one of pytest's: a second pytest closes those to the user that root's Dovecot runs as, and from
    then on every sign-in fails ("temporary authentication failure").
    """
    home = Path(tempfile.mkdtemp(prefix="compose-dovecot-"))
    try:
        with _running(home, more) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _running(home: Path, more: str) -> Iterator[Dovecot]:
    for part in ("run", "state", "mail/new", "mail/cur", "mail/tmp"):
        (home / part).mkdir(parents=True)
    make_certificate(home / "certificate.pem", home / "key.pem")
    (home / "users").write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
    is_root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
    internal = pwd.getpwnam("dovecot") if is_root else owner
    if is_root:
        for path in (home, *home.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        # The user who checks passwords is not the owner of the mailbox.
        home.chmod(0o755)
    ports = _free_ports()
    group = _group(internal.pw_gid)
    config = home / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            home=home, user=internal.pw_name, group=group, uid=owner.pw_uid, gid=owner.pw_gid, port=ports[0],
            tls_port=ports[1], more=more,
        )
    )  # fmt: skip
    binary = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert binary is not None
    process = subprocess.Popen([binary, "-F", "-c", str(config)], stderr=subprocess.PIPE)
    try:
        server = Dovecot(home, *ports)
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.communicate()


def _wait(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    """Wait until sign-in works: on a busy machine that is long after the first greeting."""
    said: object = None
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            ImapMailbox.open(server.account()).close()
            return
        except MailboxError as error:
            said = error
        if process.poll() is not None:
            assert process.stderr is not None
            raise RuntimeError(process.stderr.read().decode())
        time.sleep(0.05)
    raise RuntimeError(said)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _group(number: int) -> str:
    import grp

    return grp.getgrgid(number).gr_name


@contextmanager
def cut(server: Dovecot, after: int) -> Iterator[int]:
    """Relay between client and server, and hang up after this many bytes from the server; return the port."""
    trust = ssl.create_default_context(cafile=server.home / "certificate.pem")
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(server.home / "certificate.pem", server.home / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_relay, args=(listener, inside, trust, server.tls_port, after), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join(60)


def _relay(listener: socket.socket, inside: ssl.SSLContext, trust: ssl.SSLContext, port: int, after: int) -> None:
    raw, _ = listener.accept()
    with inside.wrap_socket(raw, server_side=True) as client:
        behind = trust.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
        with behind:
            threading.Thread(target=_pump, args=(client, behind, None), daemon=True).start()
            _pump(behind, client, after)


def _pump(source: socket.socket, sink: socket.socket, left: int | None) -> None:
    try:
        while data := source.recv(4096):
            if left is not None:
                data, left = data[:left], left - len(data[:left])
            sink.sendall(data)
            if left == 0:
                break
    except OSError:
        pass
    finally:
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
