"""A test message in SpamAssassin, with its local rules only: none of them is about our markup or headers."""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.issues.issue_lookup import find_issue
from composer.app.issues.send_to_editors import prepare_editor_test, send_editor_test
from composer.core.addresses import parse_address
from composer.core.environment import Environment
from tests.factories import ROOT, sample
from tests.proxies import needed

pytestmark = pytest.mark.slow

#: Rules that say nothing about the message: it has HTML, and no server has added a header to it.
_FACTS = {"HTML_MESSAGE", "NO_RECEIVED", "NO_RELAYS"}
NEWSLETTERS = {
    "sample": ("", "2025-01-30"),
    "sample in German": ("", "2025-01-30.de"),
    "gallery": ("examples/gallery", "gallery"),
    "letter": ("tests/golden/letter", "2025-01-30"),
    "Chinese": ("tests/golden/chinese", "2025-01-30"),
    "elements": ("tests/golden/elements", "2025-01-30"),
}


def _sent(folder: Path, issue: str, home: Path) -> bytes:
    """Return the message that an editor gets as a test; the first, if there are variants."""
    found = find_issue(issue, folder)
    environment = Environment(environment={}, folder=home)
    to = [parse_address("anna@example.org")]
    test = prepare_editor_test(
        found, to=to, transport="outbox", now=datetime(2025, 1, 29, 12, tzinfo=UTC), environment=environment
    )
    send_editor_test(test)
    return min(test.folder.rglob("*.eml")).read_bytes()


def _rules(message: bytes, home: Path) -> set[str]:
    """Return the rules of SpamAssassin that a message hits."""
    # Local rules only; its settings and what it learns are in a new folder.
    command = [needed("spamassassin", "spamassassin"), "--local", "--test-mode", "--prefspath", str(home / "prefs")]
    environment = {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8"}
    done = subprocess.run(command, input=message, capture_output=True, env=environment, check=True)
    head = re.sub(rb"\r?\n[ \t]+", b"", done.stdout.partition(b"\n\n")[0])
    found = re.search(rb"^X-Spam-Status:.*?\btests=([A-Z0-9_,]+)", head, re.MULTILINE)
    assert found is not None, done.stdout[:2000]
    return set(found[1].decode().split(","))


@pytest.mark.parametrize("name", NEWSLETTERS)
def test_no_rule_is_about_our_markup(name: str, tmp_path: Path) -> None:
    """A test of each newsletter hits no rule but those that every HTML message in a file hits."""
    folder, issue = NEWSLETTERS[name]
    copy = shutil.copytree(ROOT / folder, tmp_path / "copy") if folder else sample(tmp_path).root
    message = _sent(copy, issue, tmp_path)
    assert _rules(message, tmp_path) <= _FACTS


def test_the_rules_notice_markup(tmp_path: Path) -> None:
    """The same rules find text in the colour of its background, as our preheader once was."""
    page = '<html><body bgcolor="#ffffff"><p>Hello, this is the newsletter of the week, with more to read.</p>{}</body></html>'
    hidden = '<div style="color:#fefefe;background:#ffffff">hidden words that nobody can read in this message</div>'
    head = "From: a@example.org\nTo: b@example.org\nSubject: News\nDate: Wed, 29 Jan 2025 12:00:00 +0000\n"
    message = f"{head}Message-ID: <1@example.org>\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
    assert "HTML_FONT_LOW_CONTRAST" in _rules((message + page.format(hidden)).encode(), tmp_path)
