"""The folder of a trial: a copy of the newsletter that cannot send real mail.

Input: the newsletter's folder, an empty folder, the port of the trial's mail server. Output: the copy as a `Workspace`.
Guarantees: the copy has no database, no keys and no delivery settings of the newsletter; its sender, its bounce address
and its public address end with .invalid; its mail server is this computer. The newsletter's folder is only read.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from composer.core.environment import Environment
from composer.core.errors import OutputError
from composer.core.workspace import NEWSLETTER, OUTBOX, Workspace
from composer.web.loopback_listener import HOST
from composer.web.trial.received_mail import NEWS_HOST, PUBLIC_ORIGIN

#: The path of the public pages below their origin.
PAGES = "/n"
EDITOR = f"editor@{NEWS_HOST}"
_SENDER, _BOUNCES = f"newsletter@{NEWS_HOST}", f"bounces@{NEWS_HOST}"
#: Settings that could lead to another computer, or that need another person.
_LEFT_OUT = ("delivery", "database", "archive", "approvals")
#: What the copy must not have, or does not need: keys, passwords, subscribers, hidden files.
_NOWHERE = shutil.ignore_patterns(
    ".*", "node_modules", "*.db", "*.db-*", "*.pem", "*.key", "*.csv", "*.xlsx", "*.eml", "*.mbox"
)
#: What the program wrote into the newsletter's folder.
_WRITTEN = (OUTBOX, "public")


def make_trial_folder(workspace: Workspace, folder: Path, smtp_port: int) -> Workspace:
    """Copy the newsletter, whose settings are valid, with the settings of a trial. Raises OutputError."""

    def ignored(name: str, names: list[str]) -> set[str]:
        written = _WRITTEN if Path(name) == workspace.root else ()
        return {*_NOWHERE(name, names), *written}

    try:
        shutil.copytree(workspace.root, folder, ignore=ignored, dirs_exist_ok=True)
        copy = Workspace(root=folder.resolve())
        for path in _settings_files(copy):
            _rewrite(path, _own(smtp_port) if path.name == NEWSLETTER else {})
    except (OSError, shutil.Error) as error:
        raise OutputError(f"{folder} cannot be written: {error}") from error
    return copy


def disarm(copy: Workspace) -> None:
    """Write the settings of a folder that is kept: its messages would be files."""
    _rewrite(copy.root / NEWSLETTER, {"delivery": {"transport": "outbox", "public_url": f"{PUBLIC_ORIGIN}{PAGES}"}})


def trial_environment(copy: Workspace) -> Environment:
    """Return an environment without the person's variables, whose keys and notes are in the trial's folder."""
    return Environment(
        environment={}, folder=copy.root / ".compose" / "trial-keys", state=copy.root / ".compose" / "trial-state"
    )


def _settings_files(copy: Workspace) -> Iterator[Path]:
    yield copy.root / NEWSLETTER
    yield from sorted(copy.root.glob("newsletter.*.yaml"))


def _rewrite(path: Path, added: dict[str, Any]) -> None:
    # With this loader every value stays the text that the editor wrote.
    settings: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8-sig"), yaml.BaseLoader) or {}  # noqa: S506
    kept = {name: value for name, value in settings.items() if name not in _LEFT_OUT}
    text = yaml.safe_dump({**_marked(kept), **added}, allow_unicode=True, sort_keys=False, width=10_000)
    path.write_text(text, encoding="utf-8", newline="\n")


def _marked(settings: dict[str, Any]) -> dict[str, Any]:
    """Mark the sender and the name, and remove what leads to other computers or people."""
    found = dict(settings)
    if "name" in found:
        found["name"] = f"Trial: {str(found['name']).removeprefix('Trial: ')}"
    if isinstance(sender := found.get("sender"), dict):
        found["sender"] = _sender(sender)
    if isinstance(brand := found.get("brand"), dict):
        found["brand"] = {key: value for key, value in brand.items() if key != "assets_url"}
    if "editors" in found:
        found["editors"] = [EDITOR]
    return found


def _sender(sender: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in sender.items() if key != "reply_to"}
    if "from" not in sender:
        return kept
    name = str(sender["from"]).rpartition("<")[0].replace('"', "").strip().removeprefix("Trial: ")
    return {**kept, "from": f'"{f"Trial: {name}" if name else "Trial"}" <{_SENDER}>'}


def _own(smtp_port: int) -> dict[str, Any]:
    delivery = {
        "transport": "smtp",
        "smtp": {"host": HOST, "port": smtp_port, "security": "none"},
        "bounces": _BOUNCES,
        "public_url": f"{PUBLIC_ORIGIN}{PAGES}",
        "list_id": NEWS_HOST,
    }
    return {"editors": [EDITOR], "delivery": delivery}
