"""Word documents for tests: packages written part by part, so that a test shows the XML that it is about."""

import zipfile
from io import BytesIO
from xml.sax.saxutils import quoteattr

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": W,
        "r": _R,
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
    }.items()
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"

STYLES = "".join(
    f'<w:style w:type="{kind}" w:styleId="{key}"><w:name w:val="{name}"/>{rest}</w:style>'
    for kind, key, name, rest in (
        ("paragraph", "berschrift1", "heading 1", "<w:rPr><w:b/></w:rPr>"),
        ("paragraph", "berschrift2", "heading 2", '<w:basedOn w:val="berschrift1"/>'),
        ("paragraph", "Rubrik", "Our section", '<w:pPr><w:outlineLvl w:val="2"/></w:pPr>'),
        ("paragraph", "Titel", "Title", ""),
        ("paragraph", "Zitat", "Quote", "<w:rPr><w:i/></w:rPr>"),
        ("paragraph", "TOC1", "toc 1", ""),
        ("character", "Fett", "Strong", "<w:rPr><w:b/></w:rPr>"),
        ("character", "Normalfett", "Not strong", '<w:basedOn w:val="Fett"/><w:rPr><w:b w:val="0"/></w:rPr>'),
        ("character", "Versteckt", "Hidden", "<w:rPr><w:vanish/></w:rPr>"),
        ("paragraph", "Liste", "List Bullet", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
    )
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="10"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="20"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="10"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="20"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="20"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    "</w:num>"
)


def text(words: str, properties: str = "") -> str:
    """Return a run."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    """Return a paragraph of runs, or of one text."""
    runs = content if content.startswith("<") else text(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def table(*rows: str, properties: str = "") -> str:
    """Return a table of rows of cells; the properties are those of each row."""
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr><w:trPr>{properties}</w:trPr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(content: str, properties: str = "") -> str:
    """Return a cell of paragraphs, or of one text."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content if content.startswith('<') else paragraph(content)}</w:tc>"


def word_file(
    body: str,
    *,
    links: dict[str, str] | None = None,
    parts: dict[str, tuple[str, str]] | None = None,
    files: dict[str, bytes] | None = None,
    settings: str = "",
) -> bytes:
    """Return a .docx file.

    `links` are addresses by relationship id; `parts` are XML contents by path, each with its root element; `files` are
    other files.
    """
    parts = {
        "styles.xml": ("styles", STYLES),
        "numbering.xml": ("numbering", NUMBERING),
        "settings.xml": ("settings", settings),
        **(parts or {}),
    }
    files = files or {}
    relations = [_relation(f"part:{path}", root.rstrip("0123456789"), path) for path, (root, _) in parts.items()]
    relations += [_relation(f"file:{path}", "image", path) for path in files]
    relations += [_relation(key, "hyperlink", target, "External") for key, target in (links or {}).items()]
    contents: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations([_relation("1", "officeDocument", "word/document.xml")]),
        "word/_rels/document.xml.rels": _relations(relations),
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
    }
    names = {"header": "hdr", "footer": "ftr"}
    for path, (root, content) in parts.items():
        name = f"w15:{root}" if root == "commentsExtended" else f"w:{names.get(root.rstrip('0123456789'), root)}"
        name = "w15:commentsEx" if root == "commentsExtended" else name
        contents[f"word/{path}"] = f"<{name} {NAMESPACES}>{content}</{name}>"
    return zipped({**contents, **{f"word/{path}": data for path, data in files.items()}})


def zipped(contents: dict[str, str] | dict[str, bytes] | dict[str, str | bytes]) -> bytes:
    """Return a ZIP file."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            # With the same time in all of them, the same content is the same file.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _relation(key: str, kind: str, target: str, mode: str = "Internal") -> str:
    return f'<Relationship Id="{key}" Type="{_R}/{kind}" Target={quoteattr(target)} TargetMode="{mode}"/>'


def _relations(relations: list[str]) -> str:
    return f'<Relationships xmlns="{_RELATIONS}">{"".join(relations)}</Relationships>'
