"""The theme and the starter load from a wheel in the same way as from an editable checkout."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.factories import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the build backend itself: without network and isolation."""
    target = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(target)!r}))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return target / result.stdout.split()[-1]


def test_the_wheel_carries_theme_starter_and_docs(wheel: Path) -> None:
    """Every file of templates/, issues/, assets/, docs/, deploy/ and the newsletter's is in the wheel, byte for byte."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for source, target in (
            ("templates", "composer/_shipped/templates"),
            ("issues", "composer/_shipped/starter/issues"),
            ("assets", "composer/_shipped/starter/assets"),
            ("docs/tutorial", "composer/_shipped/docs/tutorial"),
            ("docs/how-to", "composer/_shipped/docs/how-to"),
            ("docs/reference", "composer/_shipped/docs/reference"),
            ("docs/explanation", "composer/_shipped/docs/explanation"),
            ("deploy", "composer/_shipped/deploy"),
        ):
            files = [path for path in (ROOT / source).rglob("*") if path.is_file()]
            assert files
            for path in files:
                name = f"{target}/{path.relative_to(ROOT / source).as_posix()}"
                assert archive.read(name) == path.read_bytes()
        for name in ("newsletter.yaml", "newsletter.de.yaml"):
            assert archive.read(f"composer/_shipped/starter/{name}") == (ROOT / name).read_bytes()
        assert archive.read("composer/_shipped/CHANGELOG.md") == (ROOT / "CHANGELOG.md").read_bytes()
        # .gitignore, which the build backend obeys, leaves out no module and no data file.
        sources = (
            path for path in (ROOT / "composer").rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )
        assert {path.relative_to(ROOT).as_posix() for path in sources} <= names
        assert "composer/content/schemas/newsletter.yaml" in names
        assert "composer/render/mjml/mjml_schema.json" in names


def test_an_installed_wheel_makes_and_builds_a_newsletter(wheel: Path, tmp_path: Path) -> None:
    """`compose init`, `build`, `check` and `preview` work from the wheel, outside the checkout, with the same bytes."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, system_site_packages=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # The dependencies come from this environment; composer itself only from the wheel.
    import jinja2

    (Path(site) / "dependencies.pth").write_text(str(Path(jinja2.__file__).parent.parent), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-m", "composer", *arguments]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environment)

    where = subprocess.run(
        [python, "-c", "import composer; print(composer.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert str(home) in where.stdout
    assert run("init", "mine", "--sample", cwd=tmp_path).returncode == 0
    result = run("build", "2025-01-30", cwd=tmp_path / "mine")
    assert result.returncode == 0, result.stderr
    checkout = subprocess.run(
        [sys.executable, "-m", "composer", "build", "2025-01-30", "--output", str(tmp_path / "checkout")],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert checkout.returncode == 0
    mine = (tmp_path / "mine/outbox/2025-01-30/issue.eml").read_bytes()
    assert mine == (tmp_path / "checkout/2025-01-30/issue.eml").read_bytes()
    # Data files of check and preview are in the wheel, too.
    assert run("check", "2025-01-30", "--on", "2025-01-30", cwd=tmp_path / "mine").returncode == 0
    assert run("preview", "2025-01-30", "--out", "shown", cwd=tmp_path / "mine").returncode == 0
    assert (tmp_path / "mine/shown/static/page.js").is_file()
    # So is everything that the checks of the server need.
    assert "List-Id" in run("doctor", "--offline", cwd=tmp_path / "mine").stdout
    # So are the pages of the manual.
    assert run("help", "exit-codes", cwd=tmp_path).stdout == (ROOT / "docs/reference/exit-codes.md").read_text("utf-8")
    assert run("sections", "quote", cwd=tmp_path).stdout.startswith("quote: ")
    # So are the migrations, which no module imports.
    assert run("subscribers", "add", "anna@example.org", cwd=tmp_path / "mine").stdout == "anna@example.org: pending\n"
