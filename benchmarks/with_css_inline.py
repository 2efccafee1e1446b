"""`compose` with css-inline instead of premailer: only for the benchmark, not part of the product.

Input: the command line. Output: the output of `compose`. It shows the cost of the inliner; css-inline's result is
different (it parses the document as HTML5), so it is not used.
"""

import sys

import composer.render.edition
from composer.cli.main import run


def inline_css(html: str, css: str) -> str:
    """Inline the rules with css-inline; the document's own style blocks stay, as with premailer."""
    from css_inline import CSSInliner

    inliner = CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        load_remote_stylesheets=False,
        extra_css=css,
    )
    inlined: str = inliner.inline(html)
    return inlined


if __name__ == "__main__":
    vars(composer.render.edition)["inline_css"] = inline_css
    sys.exit(run(sys.argv[1:]))
