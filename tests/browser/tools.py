"""Installs axe-core, the accessibility checker of the browser tests, into tests/browser/.tools (ignored by git).

axe-core is licensed under MPL-2.0: tests run it, and the product does not contain it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / ".tools"
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"


def main() -> int:
    """Install axe-core, if it is missing."""
    if AXE.is_file():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("npm is missing: axe-core cannot be installed", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    subprocess.run([npm, "install", "--prefix", str(FOLDER), *options, "axe-core@^4.10"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
