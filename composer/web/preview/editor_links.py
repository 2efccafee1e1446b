"""Addresses that open a place of a file in the editor's own program.

Input: the value of COMPOSE_EDITOR, and files. Output: for each file an address with `{line}` and `{column}` in it. Guarantees:
only files inside the workspace that exist; starts no program, because the browser opens the address.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from composer.core.environment import SettingsError

VARIABLE = "COMPOSE_EDITOR"
#: The address of each known program. `{path}` has no slash at its beginning.
KNOWN: Mapping[str, str] = {
    "vscode": "vscode://file/{path}:{line}:{column}",
    "vscodium": "vscodium://file/{path}:{line}:{column}",
    "cursor": "cursor://file/{path}:{line}:{column}",
    "zed": "zed://file/{path}:{line}:{column}",
    "idea": "idea://open?file=/{path}&line={line}&column={column}",
    "sublime": "subl://open?url=file:///{path}&line={line}&column={column}",
    "textmate": "txmt://open?url=file:///{path}&line={line}&column={column}",
    "none": "",
}
#: Used if the variable is not set.
USUAL = "vscode"
_SCHEME = re.compile(r"(?!(?:javascript|data|vbscript|blob|about):)[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def editor_template(value: str) -> str:
    """Return the address for a value of COMPOSE_EDITOR; empty if places are not opened. Raises SettingsError."""
    named = value.strip() or USUAL
    template = KNOWN.get(named.lower(), named)
    if template and not (_SCHEME.match(template) and "{path}" in template and re.fullmatch(r"[!-~]+", template)):
        names = ", ".join(KNOWN)
        raise SettingsError(
            f"{VARIABLE} is neither the name of a program nor an address with {{path}} in it",
            f"set it to one of {names}, or to an address such as {KNOWN[USUAL]}",
        )
    return template


def editor_links(template: str, root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the address of each file inside a folder; `names` are relative to it, as they are shown to people."""
    if not template:
        return {}
    found = {}
    for name in dict.fromkeys(names):
        path = (root / name).resolve()
        if path.is_relative_to(root) and path.is_file():
            found[name] = template.replace("{path}", quote(path.as_posix().lstrip("/"), safe="/:"))
    return found
