"""The examples in docs/scripting.md run, and print what the page shows."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.factories import ROOT, sample

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs/scripting.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


def test_the_examples_are_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of Python runs after the previous one, in a copy of the sample, and prints the text that follows it."""
    for name in ("COMPOSE_SMTP_URL", "COMPOSE_SMTP_PASSWORD", "COMPOSE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    folder = tmp_path / "news"
    folder.mkdir()
    sample(folder)
    monkeypatch.chdir(folder)
    found = _EXAMPLE.findall(PAGE)
    assert len(found) == PAGE.count("```python") >= 5
    names: dict[str, object] = {}
    for code, shown in found:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "docs/scripting.md", "exec"), names)
        assert printed.getvalue() == shown, code
