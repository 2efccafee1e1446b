"""Builds the files of a release from what is committed.

Input: a folder. Output: a `Release`: wheel, sdist, constraints with hashes, checksums. Guarantees: two builds give the same
bytes, and the sdist builds the same wheel, or `AssertionError`; nothing depends on the time, the folder or the user.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
#: What people can install; the tools of developers are not released.
EXTRAS = ("pdf", "postgres", "cluster")


@dataclass(frozen=True, kw_only=True)
class Release:
    """The files of a release."""

    wheel: Path
    sdist: Path
    constraints: Path
    checksums: Path


def make_release(target: Path) -> Release:
    """Build everything into a folder, which is emptied first."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        first, second = (_source(Path(folder) / name) for name in ("first", "second"))
        sdist, wheel = _built("sdist", first, target), _built("wheel", first, target)
        assert sdist.read_bytes() == _built("sdist", second, second / "again").read_bytes(), "two sdists differ"
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        unpacked = Path(folder) / sdist.name.removesuffix(".tar.gz")
        again = _built("wheel", unpacked, Path(folder) / "from-sdist")
        assert wheel.read_bytes() == again.read_bytes(), "the sdist builds another wheel"
    constraints = _constraints(target / f"constraints-{wheel.name.split('-')[1]}.txt")
    files = (wheel, sdist, constraints)
    checksums = target / "SHA256SUMS"
    checksums.write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files), encoding="utf-8")
    return Release(wheel=wheel, sdist=sdist, constraints=constraints, checksums=checksums)


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _source(folder: Path) -> Path:
    """Write the committed files to a new folder."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    return folder


def _built(kind: str, source: Path, target: Path) -> Path:
    """Build an sdist or a wheel with the build backend itself, with the time of the last commit as the time of all files."""
    target.mkdir(parents=True, exist_ok=True)
    commit_time = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    code = f"from hatchling.build import build_{kind}; print(build_{kind}({str(target)!r}))"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": commit_time}
    command = [sys.executable, "-c", code]
    built = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=True)
    return target / built.stdout.split()[-1]


def _constraints(target: Path) -> Path:
    """Write the version and the hashes of every dependency, for all systems and Python versions."""
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    options = ["--universal", "--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
    command = ["uv", "pip", "compile", *options, *extras, "--output-file", str(target), "pyproject.toml"]
    subprocess.run(command, cwd=ROOT, check=True)
    return target
