"""Two foreign verifiers of DKIM signatures: dkimpy in Python, mailauth in JavaScript, which main() installs.

Comes in: a message and the DNS records of its keys. Goes out: a verdict for each signature, by selector.
mailauth goes into tests/mail/.tools, which git ignores; it is run in tests and is no part of the product.
"""

import base64
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import dkim

#: Names in DNS, without a dot at their end, and the strings of their TXT records.
Records = Mapping[str, tuple[str, ...]]

FOLDER = Path(__file__).resolve().parent / ".tools"
MAILAUTH = FOLDER / "node_modules" / "mailauth" / "package.json"

#: Answers each line of JSON with another, so that node starts once.
_SERVER = """
const { dkimVerify } = require(process.argv[1] + '/node_modules/mailauth/lib/dkim/verify');
const lines = require('readline').createInterface({ input: process.stdin });
(async () => {
    for await (const line of lines) {
        const { message, records } = JSON.parse(line);
        const resolver = async name => {
            if (name in records) return [records[name]];
            throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        };
        const { results } = await dkimVerify(Buffer.from(message, 'base64'), { resolver });
        const answer = results.filter(one => one.selector).map(one => [one.selector, one.status.result]);
        process.stdout.write(JSON.stringify(answer) + '\\n');
    }
})();
"""


class Mailauth:
    """mailauth in one process of node, to be used in `with`."""

    def __enter__(self) -> Self:
        node = shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [node, "-e", _SERVER, str(FOLDER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)

    def __call__(self, message: bytes, records: Records) -> dict[str, bool]:
        """Tell by selector whether a signature holds."""
        assert self._process.stdin and self._process.stdout
        question = {
            "message": base64.b64encode(message).decode(),
            "records": {name: list(records[name]) for name in records},
        }
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return {selector: result == "pass" for selector, result in answer}


def dkimpy(message: bytes, records: Records) -> dict[str, bool]:
    """Tell by selector whether a signature holds."""

    def ask(name: bytes, timeout: int = 5) -> bytes:
        return "".join(records[name.decode().removesuffix(".")]).encode()

    verdicts: dict[str, bool] = {}
    head = message.partition(b"\r\n\r\n")[0]
    for index, selector in enumerate(re.findall(rb"(?m)^DKIM-Signature:[^:]*?[;\s]s=([^;]+);", head)):
        try:
            # A verifier of its own for each: it keeps what it read of the one before.
            is_valid = dkim.DKIM(message).verify(index, dnsfunc=ask)
        except dkim.ValidationError:
            is_valid = False
        verdicts[selector.decode()] = is_valid
    return verdicts


def missing() -> str:
    """Say in a sentence what is missing; nothing is missing when it is empty."""
    if shutil.which("node") is None:
        return "there is no node on this machine, which runs mailauth"
    return "" if MAILAUTH.is_file() else "mailauth is not installed; install it with: python -m tests.mail.tools"


def main() -> int:
    """Install mailauth, unless it is there."""
    if MAILAUTH.is_file():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("npm is missing: mailauth cannot be installed", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    subprocess.run([npm, "install", "--prefix", str(FOLDER), *options, "mailauth@^4.8"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
