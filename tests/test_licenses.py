"""Every package that is installed with the program has a license that allows it: none under the GPL or AGPL."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

#: Words by which licenses that we accept are recognized, in an expression, a field or a classifier.
_ALLOWED = re.compile(
    r"\b(MIT|MIT-CMU|BSD|Apache|ISC|ISCL|PSF|Python Software Foundation|HPND|Zlib|MPL|Mozilla Public License|Unlicense|0BSD)\b"
)
_GENERAL = re.compile(r"\bA?GPL\b|(?<!Lesser )General Public License")
#: Libraries under the LGPL are used unmodified, as packages of their own, and are named in docs/explanation/third-party.md.
_LESSER = {"cssutils", "encutils", "psycopg", "psycopg-binary", "psycopg-pool", "pyphen"}
EXTRAS = ("pdf", "postgres", "cluster")


def _closure() -> dict[str, Distribution]:
    """Return all packages that the program needs on this system, with all extras."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(f"compose-newsletter[{','.join(EXTRAS)}]")]
    while waiting:
        wanted = waiting.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        seen = name in found
        try:
            found[name] = distribution(wanted.name)
        except PackageNotFoundError:
            continue
        needs = [Requirement(text) for text in found[name].requires or ()]
        extras = wanted.extras or {""}
        if not seen or wanted.extras:
            waiting += [
                each for each in needs
                if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras)
            ]  # fmt: skip
    del found["compose-newsletter"]
    return found


def _licenses(package: Distribution) -> str:
    fields = ("License-Expression", "License", "Classifier")
    values = [(name, value) for name in fields for value in package.metadata.get_all(name) or ()]
    # Some packages have the whole license as the value; its first words name it.
    return " / ".join(value[:80] for name, value in values if name != "Classifier" or value.startswith("License"))


def test_every_dependency_has_an_accepted_license() -> None:
    """Permissive licenses and the MPL; the LGPL for those that are listed; never the GPL or AGPL alone."""
    packages = _closure()
    assert {"sqlalchemy", "weasyprint", "procrastinate", "psycopg", "pillow"} <= set(packages)
    licenses = {name: _licenses(package) for name, package in packages.items()}
    unknown = {
        name: text for name, text in licenses.items()
        if name not in _LESSER and (not _ALLOWED.search(text) or (_GENERAL.search(text) and " OR " not in text))
    }  # fmt: skip
    assert not unknown
