"""OpenDocument texts for tests."""

from tests.drafts.word_factory import zipped

_NAMES = {
    "office": "office", "style": "style", "text": "text", "table": "table", "draw": "drawing", "fo": "xsl-fo-compatible",
    "svg": "svg-compatible",
}  # fmt: skip
NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for prefix, name in _NAMES.items()
)
NAMESPACES += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
NAMESPACES += ' xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'


def style(name: str, looks: str = "", parent: str = "", family: str = "text") -> str:
    """Return a style."""
    inherits = f'style:parent-style-name="{parent}"' if parent else ""
    return f'<style:style style:name="{name}" style:family="{family}" {inherits}><style:text-properties {looks}/></style:style>'


STYLES = (
    style("T1", 'fo:font-weight="bold"') + style("T2", 'fo:font-style="italic"') + style("T3", 'fo:font-weight="normal"', "T1")
    + style("T4", 'text:display="none"') + style("Heading_20_1", 'fo:font-weight="bold"', family="paragraph")
    + style("P1", "", "Title", "paragraph") + style("P2", 'fo:font-style="italic"', "Quotations", "paragraph")
    + style("P3", "", "Contents_20_1", "paragraph")
    + '<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/>'
    '<text:list-level-style-bullet text:level="2"/></text:list-style>'
    '<text:list-style style:name="L2"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="." '
    'text:start-value="3"/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" '
    'text:display-levels="2"/></text:list-style>'
)  # fmt: skip


def odt_file(
    body: str, *, pages: str = "", files: dict[str, bytes] | None = None, manifest: str = "<manifest/>"
) -> bytes:
    """Return an .odt file. `pages` are its page styles, with headers and footers."""
    content = (
        f"<office:document-content {NAMESPACES}><office:automatic-styles>{STYLES}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    pages = f"<office:master-styles>{pages}</office:master-styles>"
    styles = f"<office:document-styles {NAMESPACES}>{pages}</office:document-styles>"
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": content.encode(),
            "styles.xml": styles.encode(),
            "META-INF/manifest.xml": manifest.encode(),
            **(files or {}),
        }
    )


def p(content: str, name: str = "Standard") -> str:
    """Return a paragraph."""
    return f'<text:p text:style-name="{name}">{content}</text:p>'


def items(name: str, *contents: str, attributes: str = "") -> str:
    """Return a list."""
    made = "".join(f"<text:list-item>{each if each.startswith('<') else p(each)}</text:list-item>" for each in contents)
    return f'<text:list text:style-name="{name}" {attributes}>{made}</text:list>'
