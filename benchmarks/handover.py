"""Times sending ready messages of 90 KB to test servers, compared to Postfix's smtp-source, nodemailer and smtplib.

Input: how many messages and rounds. Output: messages per second, by client and number of connections, round by round;
the clients alternate. Needs Postfix's smtp-sink and smtp-source; without them `missing` returns a message.
"""

import contextlib
import datetime
import ipaddress
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks import ROOT
from benchmarks.peers import FOLDER
from composer.mail.dot_stuffing import to_wire
from composer.transport.envelope import Envelope
from composer.transport.outcome import OutcomeState
from composer.transport.server_settings import MailServer, Security, ServerLimits
from composer.transport.smtp.smtp_transport import SmtpTransport

OURS, SOURCE, NODEMAILER, SMTPLIB = "compose", "postfix smtp-source", "nodemailer, pool", "stdlib smtplib"
CONNECTIONS = (1, 4, 16)
_BYTES = 90_000
_FROM, _TO = "from@example.org", "to@example.org"

_NODE = """
const [modules, port, connections, count, file] = process.argv.slice(1);
const nodemailer = require(modules + '/nodemailer');
const raw = require('fs').readFileSync(file);
const transport = nodemailer.createTransport({
    pool: true, host: '127.0.0.1', port: +port, secure: false, ignoreTLS: true,
    maxConnections: +connections, maxMessages: Infinity,
});
const envelope = { from: 'from@example.org', to: 'to@example.org' };
const begin = process.hrtime.bigint();
Promise.all(Array.from({ length: +count }, () => transport.sendMail({ envelope, raw }))).then(() => {
    console.log(Number(process.hrtime.bigint() - begin) / 1e9);
    transport.close();
});
"""


def missing() -> str:
    """Return what is missing as a sentence; an empty text if nothing is missing."""
    lack = [name for name in ("smtp-sink", "smtp-source") if _tool(name) is None]
    return f"{' and '.join(lack)} of Postfix not found: apt-get install postfix" if lack else ""


def _tool(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))


def message() -> bytes:
    """Return a message of 90 KB in lines of 76."""
    head = f"From: <{_FROM}>\r\nTo: <{_TO}>\r\nSubject: x\r\n\r\n".encode()
    line = b"a" * 76 + b"\r\n"
    return head + line * ((_BYTES - len(head)) // len(line))


@contextlib.contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's smtp-sink on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    process = subprocess.Popen(
        [str(_tool("smtp-sink")), *user, f"127.0.0.1:{port}", "1000"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def quick_sink(*arguments: Path | str) -> Iterator[int]:
    """Run our own server, which needs almost no time for a message (benchmarks.sink)."""
    command = [sys.executable, "-m", "benchmarks.sink", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


Rates = dict[tuple[str, int], list[float]]


def rates(sink: Callable[[], contextlib.AbstractContextManager[int]], count: int, rounds: int) -> Rates:
    """Measure every client with every number of connections, once per round, after one round that does not count."""
    data = to_wire(message())
    found: Rates = {}
    with sink() as port, tempfile.NamedTemporaryFile(suffix=".eml") as file:
        file.write(data)
        file.flush()
        clients: dict[str, Callable[[int], float]] = {
            OURS: lambda many: _threads(many, count, lambda part: _ours(port, data, part)),
            SOURCE: lambda many: _source(port, many, count, Path(file.name)),
            NODEMAILER: lambda many: _node(port, many, count, Path(file.name)),
            SMTPLIB: lambda many: _threads(many, count, lambda part: _smtplib(port, data, part)),
        }
        for number in range(rounds + 1):
            for many in CONNECTIONS:
                for name, run in clients.items():
                    seconds = run(many)
                    if number:
                        found.setdefault((name, many), []).append(count / seconds)
    return found


def _threads(many: int, count: int, run: Callable[[int], None]) -> float:
    parts = [count // many + (each < count % many) for each in range(many)]
    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def _ours(port: int, data: bytes, count: int) -> None:
    limits = ServerLimits(messages=1_000_000)
    server = MailServer(host="127.0.0.1", port=port, security=Security.NONE, limits=limits)
    connection = SmtpTransport(server).connect()
    for number in range(count):
        envelope = Envelope(sender=_FROM, recipient=_TO, id=str(number))
        outcome = connection.hand_over(envelope, data)
        assert outcome.state is OutcomeState.ACCEPTED, outcome
    connection.close()


def _smtplib(port: int, data: bytes, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
        for _ in range(count):
            client.sendmail(_FROM, _TO, data)


def _source(port: int, many: int, count: int, file: Path) -> float:
    command = [str(_tool("smtp-source")), "-d", "-s", str(many), "-m", str(count), "-F", str(file)]
    begin = time.perf_counter()
    subprocess.run([*command, "-f", _FROM, "-t", _TO, f"127.0.0.1:{port}"], check=True, capture_output=True)
    return time.perf_counter() - begin


def _node(port: int, many: int, count: int, file: Path) -> float:
    arguments = [str(FOLDER / "node_modules"), str(port), str(many), str(count), str(file)]
    ran = subprocess.run(["node", "-e", _NODE, *arguments], check=True, capture_output=True, text=True)
    return float(ran.stdout)


def over_tls(count: int) -> float:
    """Return messages per second on one connection with TLS from the first byte, with a checked certificate."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        make_certificate(certificate, key)
        with quick_sink(certificate, key) as port:
            limits = ServerLimits(messages=1_000_000)
            server = MailServer(host="127.0.0.1", port=port, security=Security.TLS, ca_file=certificate, limits=limits)
            connection = SmtpTransport(server).connect()
            data = to_wire(message())
            begin = time.perf_counter()
            for _ in range(count):
                assert connection.hand_over(Envelope(sender=_FROM, recipient=_TO), data).state is OutcomeState.ACCEPTED
            seconds = time.perf_counter() - begin
            connection.close()
    return count / seconds


def make_certificate(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    key.write_bytes(private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
