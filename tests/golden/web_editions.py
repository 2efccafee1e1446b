"""Web editions, byte for byte: articles in a small frame, in expected/<case>/web.html; and the style sheets of some."""

from pathlib import Path

from tests.render.web.pages import WEB_CASES, WebCase, build_case, framed

EXPECTED = Path(__file__).parent / "expected"


#: The cases whose style sheets are compared: those of others differ only in fonts and sides.
STYLED = ("sample", "elements/zh", "arabic")


def web_files(case: WebCase, folder: Path) -> dict[str, str]:
    """Return the files of a case by name; its issue is put together in the folder."""
    built = build_case(case, folder)
    files = {"web.html": framed(built, css="")}
    if case.name in STYLED:
        files |= {"screen.css": built.edition.screen_css, "print.css": built.edition.print_css}
    return files


def rewrite(folder: Path) -> None:
    """Rewrite the expected files; issues are put together in the folder."""
    for case in WEB_CASES:
        for name, text in web_files(case, folder / case.name).items():
            path = EXPECTED / case.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
