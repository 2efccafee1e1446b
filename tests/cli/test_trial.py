"""`compose trial --send`: a whole mailing without a browser, and no trace in the newsletter or in the person's folders."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from composer.core.workspace import Workspace
from tests.factories import ROOT, sample
from tests.fake_smtp import FakeSmtp

pytestmark = pytest.mark.slow


@pytest.fixture
def newsletter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "newsletter").mkdir()
    workspace = sample(tmp_path / "newsletter")
    monkeypatch.chdir(workspace.root)
    (tmp_path / "tmp").mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "person"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return workspace


def _start(*options: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "composer", "trial", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_whole_mailing(newsletter: Workspace, tmp_path: Path) -> None:
    """Six invented subscribers: four get it, one is rejected, one bounces. The configured server is never called."""
    with FakeSmtp() as real:
        real_url = f"smtp://127.0.0.1:{real.port}"
        process = _start("2025-01-30", "--send", "--subscribers", "6", "--keep", "../kept", COMPOSE_SMTP_URL=real_url)
        out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert real.visits == []
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert {"6 recipients (all subscribers)", "5 accepted", "1 rejected"} <= set(lines)
    assert "1 of the accepted messages bounced later; as far as is known, 4 were received." in lines
    assert "DATE01" in said and "Traceback" not in said
    assert "preparing a copy" in said and "sending a test" in said and "sending to 6 subscribers" in said
    assert "messages tried: " in said
    assert not (tmp_path / "person").exists() and list((tmp_path / "tmp").iterdir()) == []
    assert not (newsletter.root / "newsletter.db").exists() and not (newsletter.root / "outbox").exists()
    assert (tmp_path / "kept" / "newsletter.db").is_file()
    assert "transport: outbox" in (tmp_path / "kept" / "newsletter.yaml").read_text(encoding="utf-8")


def test_ctrl_c_ends_it_and_removes_its_folder(newsletter: Workspace, tmp_path: Path) -> None:
    """The exit code is 0, as of `compose serve`; SIGTERM does the same (tests/browser/test_trial.py)."""
    process = _start("--no-open", "--subscribers", "1")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    assert len(list((tmp_path / "tmp").iterdir())) == 1
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Traceback" not in said and list((tmp_path / "tmp").iterdir()) == []
