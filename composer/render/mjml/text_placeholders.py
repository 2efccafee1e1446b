"""Takes texts out of MJML, so that a page of which only texts have changed is not compiled again.

Input: MJML, and a prefix that does not occur in it. Output: the same MJML with a numbered placeholder for each text, and the
texts; or a page that was made from it, with the texts. Guarantees: only takes out texts of which it is known how the compiler
and the inliner write them (tests/render/mjml/test_text_placeholders.py).
"""

import re
from collections.abc import Sequence

#: Characters that the compiler or the inliner may write in another way: markup, controls, invalid code points.
_OTHER = "<>&\"'\0-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff"
#: A comment, a style sheet, or a text between two tags.
_TEXT = re.compile(
    f"<!--(?s:.*?)-->|<style\\b(?s:.*?)</style>|(?<=>)((?:[^{_OTHER}]++|&(?:#3[49]|amp|lt|gt);)++)(?=\\s*<)"
)


def take_texts(mjml: str, prefix: str) -> tuple[str, tuple[str, ...]]:
    """Return MJML without the texts of its body, and the texts."""
    texts: list[str] = []

    def placeholder(match: re.Match[str]) -> str:
        text = match[1].strip() if match[1] else ""
        if not text:
            return match[0]
        texts.append(text)
        before, _, behind = match[1].partition(text)
        return f"{before}{prefix}t{len(texts) - 1}z{behind}"

    head, tag, body = mjml.partition("<mj-body")
    return head + tag + _TEXT.sub(placeholder, body), tuple(texts)


def put_texts(mjml: str, texts: Sequence[str], prefix: str) -> str:
    """Return MJML with the texts in place of their placeholders."""
    return re.sub(f"{prefix}t([0-9]+)z", lambda match: texts[int(match[1])], mjml)


def put_into_html(html: str, texts: Sequence[str], prefix: str) -> str:
    """Return a compiled page with the texts in place of their placeholders, as the inliner writes them."""
    return put_texts(html, [text.replace("&#39;", "'").replace("&#34;", '"') for text in texts], prefix)
