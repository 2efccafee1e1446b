"""The style sheet of the archive's pages: that of the article, and that of what is around it.

Input: a newsletter in one language. Output: CSS. Raises ContentError for mistakes in the theme.
"""

from composer.content.document.newsletter import Newsletter
from composer.render.templating.theme import Theme
from composer.render.web.web_edition import web_styles


def site_styles(newsletter: Newsletter) -> str:
    """Return the style sheet of a language."""
    styles = web_styles(newsletter)
    theme = Theme(newsletter.theme.with_included(), newsletter.language, newsletter.design)
    around = theme.render("web/archive.css", {"theme": theme.values})
    return f"{styles.screen}\n{around}\n@media print {{\n{styles.paper}\n}}\n"
