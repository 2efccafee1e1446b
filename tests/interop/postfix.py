"""Sends the sample to a real Postfix with STARTTLS, and reads what arrived: `make interop`.

Input: nothing; needs Postfix and root, which Postfix requires. Output: a sentence, and exit code 0 if the received
message is byte for byte what was built. It is separate from `make test`, which runs on any machine.
"""

import contextlib
import datetime
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import fast_mail_parser

from benchmarks.handover import make_certificate
from composer.core.addresses import Address
from composer.core.workspace import Workspace
from composer.delivery.messages.editor_test import messages, send_test
from composer.editions.check_run import check_issue
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.smtp_transport import SmtpTransport

ROOT = Path(__file__).parent.parent.parent
_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
myhostname = interop.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = interop.example
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {home}/certificate.pem
smtpd_tls_key_file = {home}/key.pem
smtpd_tls_security_level = encrypt
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
"""


@contextlib.contextmanager
def postfix(more: str = "") -> Iterator[tuple[int, Path, Path]]:
    """Run a separate Postfix with additional configuration lines; yield its port, certificate, and mailbox."""
    with tempfile.TemporaryDirectory(prefix="interop-") as name, socket.socket() as free:
        home = Path(name)
        home.chmod(0o755)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        for folder in ("etc", "queue", "data", "mail"):
            (home / folder).mkdir()
        nobody, owner = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        os.chown(home / "mail", nobody.pw_uid, nobody.pw_gid)
        os.chown(home / "data", owner.pw_uid, owner.pw_gid)
        make_certificate(home / "certificate.pem", home / "key.pem")
        text = _MAIN.format(home=home, uid=nobody.pw_uid, gid=nobody.pw_gid)
        (home / "etc" / "main.cf").write_text(text + more)
        shipped = Path("/usr/share/postfix/master.cf.dist")
        lines = shipped.read_text().splitlines()
        lines = [
            f"127.0.0.1:{port} inet n - n - - smtpd" if each.startswith("smtp ") and "smtpd" in each else each
            for each in lines
        ]
        (home / "etc" / "master.cf").write_text("\n".join(lines) + "\n")
        subprocess.run(["postfix", "-c", str(home / "etc"), "start"], check=True, capture_output=True)
        try:
            yield port, home / "certificate.pem", home / "mail" / "box" / "new"
        finally:
            subprocess.run(["postfix", "-c", str(home / "etc"), "stop"], check=False, capture_output=True)


def main() -> int:
    """Run the test."""
    if shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None or os.geteuid() != 0:
        print("interop needs Postfix and root: apt-get install postfix", file=sys.stderr)
        return 2
    os.environ["PATH"] += ":/usr/sbin"
    workspace = Workspace(root=ROOT)
    now = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)
    checked = check_issue(workspace, workspace.issue("2025-01-30"), now)
    to = tuple(
        Address(name=f"Subscriber {number} 读者", address=f"reader{number}@interop.example") for number in range(3)
    )
    ready = tuple(messages(checked.variants, to, now, lambda message: message))
    with postfix() as (port, certificate, box):
        server = MailServer(host="127.0.0.1", port=port, security=Security.STARTTLS, ca_file=certificate)
        sent = tuple(send_test(SmtpTransport(server), ready))
        for each in sent:
            print(f"{each.to.address}: {each.outcome.state}, {each.outcome.reply}, queue id {each.outcome.queue_id}")
        arrived: list[bytes] = []
        for _ in range(100):
            arrived = [path.read_bytes() for path in box.iterdir()] if box.is_dir() else []
            if len(arrived) == len(ready):
                break
            time.sleep(0.1)
    wanted = {each.message.replace(b"\r\n", b"\n") for each in ready}
    # Postfix adds its own headers at the top; from our From on, it must be our message.
    got = {data[data.index(b"\nFrom: ") + 1 :] for data in arrived}
    is_same = got == wanted and all(each.outcome.queue_id for each in sent)
    subjects = {fast_mail_parser.parse_email(data).subject for data in arrived}
    print(f"{len(arrived)} arrived, {'byte for byte' if is_same else 'NOT'} what was built; subject: {subjects}")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
