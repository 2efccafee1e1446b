"""Results kept between runs: used only when all is the same that they were made from, and never when damaged."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from composer.core import kept_results
from composer.core.kept_results import MOST, ROUND, cache_folder, keep, kept, kept_from_files, recall

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = cache_folder("results")
    assert found is not None
    return found


def _counted(result: object) -> tuple[list[int], Callable[[], object]]:
    calls: list[int] = []

    def make() -> object:
        calls.append(1)
        return result

    return calls, make


def test_a_result_is_made_once_for_the_same_texts() -> None:
    """Another kind, another text, or the same texts divided otherwise are something else."""
    calls, make = _counted({"a": (1, "two")})
    for _ in range(3):
        assert kept("sheet", ("one", b"two"), make) == {"a": (1, "two")}
    assert len(calls) == 1
    for kind, made_from in (("other", ("one", b"two")), ("sheet", ("onet", b"wo")), ("sheet", ("one",))):
        kept(kind, made_from, make)
    assert len(calls) == 4


def test_an_error_is_raised_each_time() -> None:
    """Mistakes are reported at every build."""

    def fail() -> object:
        raise ValueError("wrong")

    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"):
            kept("sheet", ("one",), fail)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
        lambda data: b"cos\nsystem\n(S'exit 1'\ntR.",
        lambda data: bytes(len(data)),
    ],
)
def test_a_damaged_file_is_made_again(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    """Whatever a disk, a full file system or another program leaves there."""
    calls, make = _counted("result")
    kept("sheet", ("one",), make)
    (file,) = folder.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert kept("sheet", ("one",), make) == "result" and len(calls) == 2
    assert kept("sheet", ("one",), make) == "result" and len(calls) == 2


def test_a_folder_in_place_of_a_file_or_of_the_cache_is_no_error(folder: Path, tmp_path: Path) -> None:
    """Without a usable folder, everything is made each time."""
    calls, make = _counted("result")
    kept("sheet", ("one",), make)
    (file,) = folder.iterdir()
    file.unlink()
    file.mkdir()
    assert kept("sheet", ("one",), make) == "result" and len(calls) == 2
    file.rmdir()
    folder.rmdir()
    folder.write_text("not a folder")
    assert kept("sheet", ("one",), make) == "result" and len(calls) == 3


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_that_others_can_write_to_is_not_used(folder: Path) -> None:
    """Reading a result can run code, so only files of this user are read."""
    keep("sheet", ("one",), "result")
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o770)
    assert recall("sheet", ("one",)) is None and cache_folder("results") is None
    folder.chmod(0o700)
    assert recall("sheet", ("one",)) == "result"


def test_a_cache_has_a_limit(folder: Path) -> None:
    """The oldest files of a kind are deleted; a large result is not kept."""
    keep("other", ("x",), "stays")
    for number in range(MOST + 2 * ROUND):
        keep("sheet", (str(number),), number)
        file = max(folder.iterdir(), key=lambda each: each.stat().st_mtime_ns)
        os.utime(file, ns=(number, number)) if number < MOST else None
    assert MOST <= len(list(folder.iterdir())) <= MOST + ROUND
    last = MOST + 2 * ROUND - 1
    assert recall("sheet", ("0",)) is None and recall("sheet", (str(last),)) == last
    assert recall("other", ("x",)) == "stays"
    keep("large", ("x",), "x" * (kept_results.LARGEST + 1))
    assert recall("large", ("x",)) is None


def test_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    """The content counts; a file that changes while it is read is not kept."""
    file = tmp_path / "a.yaml"
    file.write_text("one")
    calls: list[str] = []

    def make() -> str:
        calls.append(file.read_text())
        return calls[-1]

    assert [kept_from_files("file", "x", (file,), make) for _ in range(2)] == ["one", "one"] and len(calls) == 1
    file.write_text("two")
    assert kept_from_files("file", "x", (file,), make) == "two"

    def make_slowly() -> str:
        text = file.read_text()
        file.write_text("four")
        return text

    file.write_text("three")
    assert kept_from_files("file", "x", (file,), make_slowly) == "three"
    file.write_text("three")
    assert kept_from_files("file", "x", (file,), lambda: "made again") == "made again"
    file.unlink()
    with pytest.raises(FileNotFoundError):
        kept_from_files("file", "x", (file,), make)


def test_other_code_makes_other_results(tmp_path: Path) -> None:
    """A changed module, a new data file, and an installed package all count."""
    package = tmp_path / "composer"
    for maker in kept_results._MAKERS:
        (package / maker / "inner").mkdir(parents=True)
        (package / maker / "inner" / "a.py").write_text("1")
    for folder in (package, package / "core"):
        (folder / "__init__.py").touch()
    installed = tmp_path / "site-packages"
    installed.mkdir()
    copy = package / "core" / "kept_results.py"
    copy.write_text(Path(kept_results.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    code = "import sys; from composer.core.kept_results import _program; print(hash(_program()))"

    def program() -> str:
        environment = {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(installed))), "PYTHONHASHSEED": "0"}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    found = [program(), program()]
    assert found[0] == found[1]
    (package / "render" / "inner" / "a.py").write_text("22")
    found.append(program())
    (package / "content" / "schema.yaml").write_text("x")
    found.append(program())
    time.sleep(0.01)
    (installed / "cssutils-9.dist-info").mkdir()
    found.append(program())
    assert len(set(found)) == 4


def test_two_runs_at_once_do_not_harm_each_other(folder: Path) -> None:
    """Each finds nothing, or a complete result."""
    code = (
        "from composer.core.kept_results import keep, recall\n"
        "for number in range(150):\n"
        "    assert recall('sheet', (str(number % 3),)) in (None, 'x' * 100_000)\n"
        "    keep('sheet', (str(number % 3),), 'x' * 100_000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    assert len(list(folder.iterdir())) == 3
