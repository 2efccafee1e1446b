"""What the elements of HTML mean for a text."""

#: Nothing in these is shown as text of the page.
SKIPPED = frozenset(
    {"script", "style", "head", "template", "noscript", "svg", "select", "textarea", "object", "iframe", "rp", "title"}
)
#: These begin and end a paragraph.
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div",
        "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
        "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "td", "th", "summary", "ul",
    }
)  # fmt: skip
BOLD = frozenset({"b", "strong"})
ITALIC = frozenset({"i", "em", "cite", "dfn", "var"})
CODE = frozenset({"code", "kbd", "samp", "tt"})
