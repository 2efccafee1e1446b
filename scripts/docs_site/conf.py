"""Settings of Sphinx, which makes the site. Sphinx reads this file by its name."""

from pathlib import Path

from sphinx.application import Sphinx

project = "compose"
extensions = ["myst_parser"]

html_theme = "furo"
html_title = project
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#9a1b2f", "color-brand-content": "#9a1b2f"},
    "dark_css_variables": {"color-brand-primary": "#f08a98", "color-brand-content": "#f08a98"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# Anchors of headings as forges make them, since pages link to each other there, too.
myst_heading_anchors = 4
# Sessions with "…" and YAML with a mistake on purpose are shown without colors.
suppress_warnings = ["misc.highlighting_failure"]

#: What is missing for people who use a keyboard or a screen reader: the level of the navigation's headings, and a way to
#: scroll wide code and tables.
_ADDED = (
    ('role="heading">', 'role="heading" aria-level="2">'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)


def _complete(app: Sphinx, error: Exception | None) -> None:
    for page in () if error else Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for written, added in _ADDED:
            text = text.replace(written, added)
        page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Complete the pages when they are written."""
    app.connect("build-finished", _complete)
