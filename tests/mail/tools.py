"""Other programs that check messages: DKIM verifiers (dkimpy in Python, mailauth in JavaScript), and two parsers in
JavaScript, mailparser and postal-mime.

Input: a message; for verifiers, the DNS records of its keys. Output: a result for each signature, by selector; or the
output of a parser. main() installs the JavaScript packages into tests/mail/.tools, which git ignores; only tests use
them.
"""

import base64
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import dkim

#: DNS names, without a dot at the end, and the strings of their TXT records.
Records = Mapping[str, tuple[str, ...]]

FOLDER = Path(__file__).resolve().parent / ".tools"
#: The required packages and versions.
PACKAGES = {"mailauth": "^4.8", "mailparser": "^3.7", "postal-mime": "^4"}

#: Answers each line of JSON with another line, so that node starts only once. ANSWER is a function.
_SERVER = """
const packages = process.argv[1] + '/node_modules/';
const lines = require('readline').createInterface({ input: process.stdin });
(async () => {
    for await (const line of lines) process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\\n');
})();
"""
_VERIFIER = """
const answer = async ({ message, records }) => {
    const { dkimVerify } = require(packages + 'mailauth/lib/dkim/verify');
    const resolver = async name => {
        if (name in records) return [records[name]];
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    };
    const { results } = await dkimVerify(Buffer.from(message, 'base64'), { resolver });
    return results.filter(one => one.selector).map(one => [one.selector, one.status.result]);
};
"""
_SUBSCRIBERS = """
const answer = async ({ message }) => {
    const { simpleParser } = require(packages + 'mailparser');
    const { default: PostalMime } = require(packages + 'postal-mime');
    const bytes = Buffer.from(message, 'base64');
    const as_it_is = { skipTextLinks: true, skipTextToHtml: true, skipHtmlToText: true, skipImageLinks: true };
    const [one, two] = [await simpleParser(bytes, as_it_is), await PostalMime.parse(bytes)];
    const to = (all, name) => all && all.length ? [all[0].name, all[0].address] : ['', ''];
    const names = headers => headers.map(header => header.key);
    return [
        [one.subject || '', to(one.to && one.to.value), one.text || '', one.html || '', names(one.headerLines)],
        [two.subject || '', to(two.to), two.text || '', two.html || '', names(two.headers)],
    ];
};
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A message as a mail program shows it, with LF line ends; the header names in order or reversed."""

    subject: str
    to: tuple[str, str]
    text: str
    html: str
    names: tuple[str, ...]


class _Node:
    """A script in one node process, for use in `with`."""

    script: str

    def __enter__(self) -> Self:
        node = shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [node, "-e", self.script + _SERVER, str(FOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)

    def _ask(self, message: bytes, **more: object) -> list[list[object]]:
        assert self._process.stdin and self._process.stdout
        question = {"message": base64.b64encode(message).decode(), **more}
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer: list[list[object]] = json.loads(self._process.stdout.readline())
        return answer


class Mailauth(_Node):
    """mailauth, for use in `with`."""

    script = _VERIFIER

    def __call__(self, message: bytes, records: Records) -> dict[str, bool]:
        """Return by selector whether a signature is valid."""
        answer = self._ask(message, records={name: list(records[name]) for name in records})
        return {str(selector): result == "pass" for selector, result in answer}


class Parsers(_Node):
    """mailparser and postal-mime, for use in `with`."""

    script = _SUBSCRIBERS

    def __call__(self, message: bytes) -> tuple[Read, ...]:
        """Return the output of each parser."""
        return tuple(_read(*each) for each in self._ask(message))


def _read(subject: object, to: object, text: object, html: object, names: object) -> Read:
    assert isinstance(to, list) and isinstance(names, list)
    name, address = map(str, to)
    text, html = (str(part).replace("\r\n", "\n") for part in (text, html))
    return Read(subject=str(subject), to=(name, address), text=text, html=html, names=tuple(map(str, names)))


def dkimpy(message: bytes, records: Records) -> dict[str, bool]:
    """Return by selector whether a signature is valid."""

    def ask(name: bytes, timeout: int = 5) -> bytes:
        return "".join(records[name.decode().removesuffix(".")]).encode()

    verdicts: dict[str, bool] = {}
    head = message.partition(b"\r\n\r\n")[0]
    for index, selector in enumerate(re.findall(rb"(?m)^DKIM-Signature:[^:]*?[;\s]s=([^;]+);", head)):
        try:
            # A new verifier for each, because it keeps data of the previous one.
            is_valid = dkim.DKIM(message).verify(index, dnsfunc=ask)
        except dkim.ValidationError:
            is_valid = False
        verdicts[selector.decode()] = is_valid
    return verdicts


def missing() -> str:
    """Return what is missing as a sentence; an empty text if nothing is missing."""
    if shutil.which("node") is None:
        return "there is no node on this machine, which runs mailauth, mailparser and postal-mime"
    for name in PACKAGES:
        if not (FOLDER / "node_modules" / name / "package.json").is_file():
            return f"{name} is not installed; install it with: python -m tests.mail.tools"
    return ""


def main() -> int:
    """Install the missing packages."""
    if not missing():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("npm is missing: mailauth, mailparser and postal-mime cannot be installed", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    subprocess.run([npm, "install", "--prefix", str(FOLDER), *options, *wanted], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
