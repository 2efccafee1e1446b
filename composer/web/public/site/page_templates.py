"""The templates of pages and letters, compiled once.

Input: nothing. Output: `HTML`, where every value is escaped, and `PLAIN`, for plaintext and the style sheet. Their values
are the program's own words and the newsletter's; what a subscriber wrote stands in HTML only.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from composer.core.untrusted_text import finished
from composer.render.text_wrap import wrap

_FOLDER = Path(__file__).parent / "templates"
_WIDTH = 72


def _environment(*, is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=is_html,  # noqa: S701 - on for HTML, off for what is none
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=finished,
    )
    environment.filters["wrap"] = _wrapped
    return environment


def _wrapped(text: str) -> str:
    return wrap(text, _WIDTH)


HTML, PLAIN = _environment(is_html=True), _environment(is_html=False)
