"""The templates of pages and mails, compiled once.

Input: none. Output: `HTML`, which escapes every value, and `PLAIN`, for plain text and the style sheet. Guarantees: values for
`PLAIN` come from the program or the newsletter; values from subscribers are used only in `HTML`.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from composer.core.untrusted.untrusted_text import finished
from composer.render.bidi import directed_paragraph, has_right_to_left
from composer.render.text_wrap import wrap

_FOLDER = Path(__file__).parent / "templates"
_WIDTH = 72


def _environment(*, is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=is_html,  # noqa: S701 - on for HTML, off for plain text
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=finished,
    )
    environment.filters["wrap"] = _wrapped
    return environment


def _wrapped(text: str) -> str:
    wrapped = wrap(text, _WIDTH)
    return directed_paragraph(wrapped) if has_right_to_left(wrapped) else wrapped


HTML, PLAIN = _environment(is_html=True), _environment(is_html=False)
