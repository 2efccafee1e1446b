"""The folder .vscode/ of a newsletter: VS Code suggests the YAML extension, and wraps long lines.

Output: the text of each file. Guarantees: the settings concern the newsletter's folder only.
"""

import json
from collections.abc import Mapping

_EXTENSIONS = {"recommendations": ["redhat.vscode-yaml"]}
_SETTINGS = {
    # The first line of each file names its schema; schemas from the internet would contradict it.
    "yaml.schemaStore.enable": False,
    # Formatting would change quotation marks and lines of texts.
    "yaml.format.enable": False,
    "[yaml]": {
        "editor.wordWrap": "on",
        "editor.tabSize": 2,
        "editor.insertSpaces": True,
        "editor.quickSuggestions": {"other": "on", "comments": "off", "strings": "off"},
    },
    "files.encoding": "utf8",
    "files.eol": "\n",
    "files.exclude": {".compose/": True},
}


def editor_settings() -> Mapping[str, str]:
    """Return the files by their path in the newsletter's folder."""
    files = {"extensions": _EXTENSIONS, "settings": _SETTINGS}
    return {f".vscode/{name}.json": json.dumps(value, indent=2) + "\n" for name, value in files.items()}
