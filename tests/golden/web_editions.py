"""Web editions, byte for byte: the page in a small frame, in expected/<case>/web.html."""

from pathlib import Path

from tests.render.web.pages import WEB_CASES, build_case, framed

EXPECTED = Path(__file__).parent / "expected"


def rewrite(folder: Path) -> None:
    """Rewrite the expected files; issues are put together in the folder."""
    for case in WEB_CASES:
        page = EXPECTED / case.name / "web.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(framed(build_case(case, folder / case.name)).encode())
