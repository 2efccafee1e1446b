"""Installs the tools for comparison into benchmarks/.peers, which git ignores.

Input: nothing. Output: an exit code; 0 if all are installed, and then nothing is downloaded again.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / ".peers"
#: The compared tools, by package and version.
PACKAGES = {"mjml": "5.4.1", "nodemailer": "10.6.0"}
MJML_COMMAND = FOLDER / "node_modules" / "mjml" / "bin" / "mjml"


def missing() -> str:
    """Return what is missing as a sentence; an empty text if nothing is missing."""
    if shutil.which("node") is None:
        return "there is no node on this machine; the peers need Node 20 or newer"
    for name, version in PACKAGES.items():
        try:
            package = json.loads((FOLDER / "node_modules" / name / "package.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return f"{name} is not installed; install it with: make peers"
        if package["version"] != version:
            return f"{name} is {package['version']}, not {version}; install it with: make peers"
    return ""


def main() -> int:
    """Install the missing tools."""
    if not missing():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print(missing(), file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    subprocess.run([npm, "install", "--prefix", str(FOLDER), *options, *wanted], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
