"""Installs axe-core, the accessibility checker of the browser tests, and yaml-language-server, which checks YAML in text
editors, into tests/browser/.tools (ignored by git).

axe-core is licensed under MPL-2.0, yaml-language-server under MIT: tests run them, and the product does not contain them.
"""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / ".tools"
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
YAML_SERVER = FOLDER / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
PACKAGES = ("axe-core@^4.10", "yaml-language-server@^1.18")


def main() -> int:
    """Install what is missing."""
    if AXE.is_file() and YAML_SERVER.is_file():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("npm is missing: the tools cannot be installed", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    subprocess.run([npm, "install", "--prefix", str(FOLDER), *options, *PACKAGES], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
