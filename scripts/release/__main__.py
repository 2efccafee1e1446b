"""`python -m scripts.release`: build the files of a release into dist/, and try them in empty environments.

Needs git, uv and pipx on the PATH, and a package index. Nothing is uploaded.
"""

import tempfile
from pathlib import Path

from scripts.release.artefacts import ROOT, make_release, sha256
from scripts.release.trial_installs import try_release


def main() -> None:
    """Build, try, and print the checksums."""
    release = make_release(ROOT / "dist")
    print("two builds are equal, and the sdist builds the same wheel")
    with tempfile.TemporaryDirectory() as folder:
        for line in try_release(release, Path(folder)):
            print(line)
    for path in (release.wheel, release.sdist, release.constraints):
        print(f"{sha256(path)}  {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
