"""Installs a release into empty environments and uses it there, without the checkout.

Input: a `Release`, an empty folder. Output: lines that say what was tried. Guarantees: `AssertionError` with the output of the
command if anything does not work; nothing is installed outside the folder.
"""

import os
import subprocess
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.release.artefacts import EXTRAS, Release, sha256

#: The first ten minutes with the program: arguments, and what has to be in the output.
FIRST_STEPS = (
    (("--version",), "database"),
    (("--help",), "Usage: "),
    (("init", "news", "--sample"), "news"),
    (("build", "2025-01-30"), "issue.eml"),
    (("preview", "2025-01-30", "--out", "shown"), "shown"),
    (("check", "2025-01-30", "--on", "2025-01-30"), "2025-01-30"),
    (("test", "2025-01-30"), "editors@example.org"),
    (("help", "exit-codes"), "# Exit codes"),
    (("completion", "bash"), "complete"),
)
_PROGRAMS = ("compose", "newsletter-compose")
#: For each extra: a command that needs it, with its environment, and what it says where the extra is missing.
_POSTGRES = {"COMPOSE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
_NEED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "pdf": (("build", "2025-01-30", "--pdf"), {}),
    "postgres": (("db", "upgrade"), _POSTGRES),
    "cluster": (("work",), _POSTGRES),
}


def try_release(release: Release, folder: Path) -> Iterator[str]:
    """Install with pip, pipx and uv, and each extra alone; yield what was tried."""
    for name, install in (("pip", _pip), ("pipx", _pipx), ("uv", _uv)):
        programs = install(release, "", folder / name)
        for steps, expected in FIRST_STEPS:
            ran = _run(programs, steps, folder / name)
            assert ran.returncode == 0 and expected in ran.stdout + ran.stderr, (name, steps, ran)
        second = subprocess.run([programs / _PROGRAMS[1], "--version"], capture_output=True, text=True, check=True)
        assert second.stdout.startswith(_PROGRAMS[1]), second
        yield f"{name}: {', '.join(words[0] for words, _ in FIRST_STEPS)}"
    bare = folder / "uv" / "programs"
    for extra in EXTRAS:
        words, environment = _NEED[extra]
        without = _run(bare, words, folder / "uv", environment)
        assert without.returncode and f"[{extra}]" in without.stderr, (extra, without)
        programs = _uv(release, extra, folder / extra)
        assert _run(programs, ("init", "news", "--sample"), folder / extra).returncode == 0
        ran = _run(programs, words, folder / extra, environment)
        # There is no PostgreSQL server: what counts is that the extra is found.
        assert f"[{extra}]" not in ran.stderr and "Traceback" not in ran.stderr, (extra, ran)
        yield f"[{extra}]: {' '.join(words)} needs it, says so, and finds it"


def _run(
    programs: Path, words: Sequence[str], folder: Path, more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program in the newsletter, if there is one."""
    own = {name: str(folder / "own") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    environment = {"PATH": os.environ["PATH"], **own, **(more or {})}
    there = folder / "news" if (folder / "news").is_dir() else folder
    command = [str(programs / _PROGRAMS[0]), *words]
    return subprocess.run(command, cwd=there, env=environment, capture_output=True, text=True, check=False)


def _pip(release: Release, extra: str, folder: Path) -> Path:
    """Install with pip, which compares every hash, and needs those of all extras for that."""
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet"]
    _install([*pip, "--require-hashes", "-r", str(release.constraints)])
    _install([*pip, "--no-deps", f"{release.wheel.as_uri()}#sha256={sha256(release.wheel)}"])
    return programs


def _pipx(release: Release, extra: str, folder: Path) -> Path:
    environment = {"PIPX_HOME": str(folder / "pipx"), "PIPX_BIN_DIR": str(folder / "programs")}
    _install(["pipx", "install", "--quiet", str(release.wheel)], environment)
    pinned = ["install", "--quiet", "--require-hashes", "-r", str(release.constraints)]
    _install(["pipx", "runpip", "compose-newsletter", *pinned], environment)
    return folder / "programs"


def _uv(release: Release, extra: str, folder: Path) -> Path:
    environment = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "programs")}
    wanted = f"{release.wheel}[{extra}]" if extra else str(release.wheel)
    _install(["uv", "tool", "install", "--quiet", "--constraints", str(release.constraints), wanted], environment)
    return folder / "programs"


def _install(command: Sequence[str], more: dict[str, str] | None = None) -> None:
    ran = subprocess.run(command, env={**os.environ, **(more or {})}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
