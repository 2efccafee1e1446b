"""`compose bounces`, from outside."""

import json
import mailbox
from pathlib import Path

import pytest

from composer.cli.main import run
from tests.bounces.samples import FOLDER, SAMPLES

DOCS = Path(__file__).parent.parent.parent / "docs" / "bounces.md"


def test_explain_says_what_the_docs_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The session in docs/bounces.md is real; no newsletter is needed."""
    (tmp_path / "bounce.eml").write_bytes((FOLDER / "gmail-no-such-user-via-postfix.eml").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run(["bounces", "explain", "bounce.eml"]) == 0
    shown = (
        DOCS.read_text(encoding="utf-8").split("```console\n$ compose bounces explain bounce.eml\n")[1].split("```")[0]
    )
    assert capsys.readouterr().out == shown


def test_explain_reads_files_mbox_and_maildir_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same messages as files, in an mbox and in a Maildir, as the standard library writes these, are said to be the same."""
    box, folder = mailbox.mbox(tmp_path / "box"), mailbox.Maildir(tmp_path / "maildir")
    names = sorted(sample.name for sample in SAMPLES)
    for name in names:
        data = (FOLDER / f"{name}.eml").read_bytes()
        box.add(data)
        folder.add(data)
    box.close()
    folder.close()
    (tmp_path / "maildir" / "tmp" / "half").write_bytes(b"From: x\n")
    (tmp_path / "maildir" / "dovecot-uidlist").write_bytes(b"3 V1\n")

    def explained(path: Path) -> list[str]:
        assert run(["bounces", "explain", "--json", str(path)]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return sorted(json.dumps({**line, "file": ""}) for line in lines if line["file"] != "expected.txt")

    files = explained(FOLDER)
    assert len(files) == len(SAMPLES)
    assert explained(tmp_path / "box") == files
    assert explained(tmp_path / "maildir") == files


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that leads nowhere is a mistake of the command line."""
    assert run(["bounces", "explain", "nowhere.eml"]) == 2
    assert "there is no file “nowhere.eml”" in capsys.readouterr().err
