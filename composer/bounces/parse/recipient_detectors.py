"""Find the recipients of a bounce with flufl.bounce (Apache-2.0), which knows the sentences of many servers.

Input: a message as parts, and its text. Output: addresses. Guarantees: limited time, because flufl.bounce gets a copy
of the first texts in short lines (its patterns take quadratic time on long ones); its errors and log messages stay
here. No other module imports it (tests/test_libraries.py lists what this module relies on).
"""

from typing import TYPE_CHECKING

from composer.bounces.parse.delivery_report import address_in
from composer.bounces.parse.mime import MimePart, decode_words

if TYPE_CHECKING:
    from email.message import Message

#: What flufl.bounce gets: characters in all, characters in a line, texts.
_MOST_TEXT, _MOST_LINE, _MOST_PARTS = 16 * 1024, 200, 4


def detect_recipients(message: MimePart, text: str) -> tuple[list[str], list[str]]:
    """Return the recipients in a message: those still being retried, and those that failed."""
    import email.message
    import logging

    from flufl.bounce import all_failures

    # It logs its errors, which would be printed.
    logging.getLogger("flufl.bounce").disabled = True
    copied = email.message.Message()
    for name, value in message.fields[:60]:
        if not name.startswith(("content-", "mime-", "received", "dkim-", "arc-")):
            copied[name] = decode_words(value)[:_MOST_LINE].encode("ascii", "replace").decode()
    if "@" not in message.get("from"):
        # One of its detectors fails if the sender is missing, and the detectors after it never run.
        del copied["from"]
        copied["from"] = "mailer-daemon"
    kind = message.type if message.type.startswith("multipart/") else "text/plain"
    copied["Content-Type"] = kind
    if kind == "text/plain":
        copied.set_payload(_short(text))
    else:
        for part in [each for each in message.walk() if each.type == "text/plain"][:_MOST_PARTS]:
            copied.attach(_leaf(part))
    try:
        trying, failed = all_failures(copied)
    except Exception:  # third-party heuristics on untrusted bytes: a failure means "not understood"
        return [], []
    return [_printable(each) for each in sorted(trying)], [_printable(each) for each in sorted(failed)]


def _leaf(part: MimePart) -> "Message":
    import email.message

    leaf = email.message.Message()
    leaf["Content-Description"] = part.get("content-description")[:_MOST_LINE].encode("ascii", "replace").decode()
    leaf.set_payload(_short(part.text()))
    return leaf


def _short(text: str) -> str:
    lines = text[:_MOST_TEXT].replace("\r\n", "\n").split("\n")
    return "\n".join(line[:_MOST_LINE].encode("ascii", "replace").decode() for line in lines)


def _printable(address: bytes) -> str:
    return address_in(address.decode("utf-8", "replace"))
