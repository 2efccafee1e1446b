"""Removes from the compiled page what only sections with several columns need: about 600 bytes of each section.

Input: the compiled HTML. Output: the same page with fewer wrappers: a section with one column, without a background of its own,
is one element with the column's table in it. Guarantees: only sections that are written exactly as the compiler writes them
change; the page looks the same (tests/browser/test_edition.py compares every pixel), and Outlook gets the same widths from its
conditional table.
"""

import re

_TABLE = '<table border="0" cellpadding="0" cellspacing="0" role="presentation"'
_CLASS = r'(?: class="[^"]*")?'
_MSO = "<!--[if mso | IE]>"
_END = "<![endif]-->"
#: A section up to its column's table: the table for Outlook, the section, its row, Outlook's table of columns, the column.
_OPEN = re.compile(
    rf'(?P<outlook>{_TABLE}(?: bgcolor="[^"]*")? align="center" width="(?P<width>\d+)"{_CLASS}) style="width:(?P=width)px;">'
    rf'<tr><td style="(?P<flat>[^"]*)">{re.escape(_END)}'
    rf'<div(?P<section>{_CLASS}) style="margin:0px auto;max-width:(?P=width)px;">'
    rf'{_TABLE} align="center" style="width:100%;"><tbody><tr>'
    rf'<td style="direction:(?P<direction>ltr|rtl);padding:0 (?P<side>\d+)px;text-align:center;">'
    rf'{re.escape(_MSO)}{_TABLE}><tr><td{_CLASS} style="vertical-align:top;width:\d+px;">{re.escape(_END)}'
    rf'<div class="mj-outlook-group-fix mj-column-per-100(?: (?P<column>[^"]*))?" style="[^"]*">'
    rf'{_TABLE} width="100%"(?: style="vertical-align:top;")?><tbody>'
)
_CLOSE = f"</tbody></table></div>{_MSO}</td></tr></table>{_END}</td></tr></tbody></table></div>"
_COLUMN = 'class="mj-outlook-group-fix '
#: A column with padding has its rows in a table of their own.
_PADDED = re.compile(
    rf'(<tr><td style="[^"]*">{_TABLE} width="100%">)<tbody>(.*)</tbody>(</table></td></tr>)', re.DOTALL
)
#: The section has this for all of its rows.
_BREAKS = "word-break:break-word;"
_ROW = re.compile(rf'(<tr><td align="\w+"{_CLASS}) style="(?:padding:0;|([^"]*)){_BREAKS}">')
#: The cell of a text already has its alignment.
_ALIGNED = re.compile(r'(<tr><td align="(\w+)"[^<>]*><div style="[^"]*)text-align:\2;')
#: Style sheets that nothing uses when there are no columns.
_COLUMN_STYLES = re.compile(
    r"<!--\[if lte mso 11\]>\s*<style[^>]*>\s*\.mj-outlook-group-fix [^<]*</style>\s*<!\[endif\]-->\n?"
    r"|<style[^>]*>@media only screen and \(min-width:\d+px\) \{ \.mj-column-per-100 [^<]*</style>"
    r"|<style media=[^>]*>\.moz-text-html \.mj-column-per-100 [^<]*</style>"
)


def compact_sections(html: str) -> str:
    """Return the page with its one-column sections in fewer elements."""
    pieces: list[str] = []
    done = 0
    for match in _OPEN.finditer(html):
        end = html.find(_CLOSE, match.end())
        content = html[match.end() : end]
        if match.start() < done or end < 0 or _COLUMN in content:
            continue
        pieces += (html[done : match.start()], _compact(match, content))
        done = end + len(_CLOSE)
    page = "".join((*pieces, html[done:]))
    return page if _COLUMN in page else _COLUMN_STYLES.sub("", page)


def _compact(section: re.Match[str], content: str) -> str:
    side = int(section["side"])
    turned = "direction:rtl;" if section["direction"] == "rtl" else ""
    column = f' class="{section["column"]}"' if section["column"] else ""
    content = _ROW.sub(lambda row: f'{row[1]} style="{row[2]}">' if row[2] else f"{row[1]}>", content)
    content = _ALIGNED.sub(r"\1", content)
    if (padded := _PADDED.fullmatch(content)) is not None:
        content = padded[1].replace("vertical-align:top;", "", 1) + padded[2] + padded[3]
    return (
        f'{section["outlook"]}><tr><td style="padding:0 {side}px;{section["flat"]}">{_END}'
        f'<div{section["section"]} style="margin:0 auto;max-width:{int(section["width"]) - 2 * side}px;padding:0 {side}px;'
        f'{turned}{_BREAKS}">{_TABLE} width="100%"{column}>{content}</table></div>'
    )
