"""Installs the tools that the benchmark compares with into benchmarks/.peers, which git ignores.

Comes in: nothing. Goes out: an exit code; 0 when all is there, and then nothing is fetched again.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / ".peers"
MJML = "5.4.1"
MJML_COMMAND = FOLDER / "node_modules" / "mjml" / "bin" / "mjml"


def missing() -> str:
    """Say in a sentence what is missing; nothing is missing when it is empty."""
    if shutil.which("node") is None:
        return "there is no node on this machine; the peer is MJML's own command line, which needs Node 20 or newer"
    try:
        package = json.loads((FOLDER / "node_modules" / "mjml" / "package.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "MJML's own command line is not installed; install it with: make peers"
    if package["version"] != MJML:
        return f"MJML's own command line is {package['version']}, not {MJML}; install it with: make peers"
    return ""


def main() -> int:
    """Install what is missing."""
    if not missing():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print(missing(), file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    subprocess.run([npm, "install", "--prefix", str(FOLDER), *options, f"mjml@{MJML}"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
