"""The credentials for a server: a password or a token, from the environment or from the user's configuration folder.

Input: a host, the environment, the user's configuration folder. Output: `Credentials`, or a `SettingsError`.
Guarantees: a secret never comes from a file in the workspace, and a command for one runs only if the user's folder
names it, so that a cloned workspace runs nothing.
"""

import os
import shlex
import subprocess
from dataclasses import dataclass, replace

from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Scalar
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourcePlace, read_source
from composer.core.command_lines import shell_line
from composer.core.environment import Environment, SettingsError
from composer.core.errors import ContentError
from composer.transport.server_settings import Secret

_KEYS = ("username", "password_command", "token_command")
_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableNames:
    """Where the secret of one kind of server is configured."""

    #: Environment variables: the password, and the only host that it is for.
    password: str
    host: str
    #: The file in the user's folder, with one entry for each host.
    file: str
    #: The group in newsletter.yaml.
    key: str


SMTP = VariableNames(password="COMPOSE_SMTP_PASSWORD", host="COMPOSE_SMTP_HOST", file="smtp.yaml", key="delivery.smtp")  # noqa: S106
#: The server in a list whose variables have no name in them, so that a newsletter with one server can get more.
_MAIN = "main"
IMAP = VariableNames(password="COMPOSE_IMAP_PASSWORD", host="COMPOSE_IMAP_HOST", file="imap.yaml", key="delivery.imap")  # noqa: S106


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The user name and the secret."""

    username: str | None
    secret: Secret | None = None
    #: Whether the secret is an access token (XOAUTH2) instead of a password.
    is_token: bool = False


def smtp_names(name: str | None) -> VariableNames:
    """Return where the secret of a mail server in newsletter.yaml is configured; its name is None if it is the only one."""
    if name is None or name == _MAIN:
        return SMTP
    end = name.upper().replace("-", "_")
    return replace(SMTP, password=f"{SMTP.password}_{end}", host=f"{SMTP.host}_{end}")


def credentials_of(host: str, username: str | None, around: Environment, names: VariableNames) -> Credentials:
    """Return the secret: from the environment, else from the user's folder for this host.

    Raises SettingsError or ContentError.
    """
    if (password := around.environment.get(names.password)) is not None:
        bound = around.environment.get(names.host)
        if bound and bound.lower() != host.lower():
            raise SettingsError(
                f"{names.password} is for {bound}, but newsletter.yaml names {host}",
                f"correct {names.key}.host, or {names.host}",
            )
        return Credentials(username=username, secret=Secret(password))
    said = _entry_of(host, around, names)
    username = said.get("username") or username
    for key, is_token in (("token_command", True), ("password_command", False)):
        if command := said.get(key):
            return Credentials(username=username, secret=_run(command, host, key, names), is_token=is_token)
    if username:
        raise SettingsError(
            f"there is no password for {username} at {host}",
            f"set {names.password}, or add password_command to {around.folder / names.file} "
            "(compose help set-up-sending)",
        )
    return Credentials(username=username)


def _entry_of(host: str, around: Environment, names: VariableNames) -> dict[str, str]:
    """Read the entry for one host from the user's own file; other entries are not read."""
    path = around.folder / names.file
    if not path.is_file():
        return {}
    if os.name == "posix" and path.stat().st_mode & 0o022:
        raise SettingsError(
            f"other users can change {path}, which contains commands to run",
            f"run:   {shell_line('chmod', '600', str(path))}",
        )
    root, problems = parse(read_source(path, str(path)))
    if problems:
        raise ContentError(tuple(sorted(problems)))
    entry = root.get(host) if isinstance(root, MappingNode) else None
    said: dict[str, str] = {}
    for each in entry.entries if isinstance(entry, MappingNode) else ():
        if each.key.text not in _KEYS or not isinstance(each.value, Scalar):
            place: SourcePlace = each.key.place
            hint = f"use one of: {', '.join(_KEYS)}"
            raise ContentError((place.problem("unknown-key", f"unknown key “{each.key.text}”", hint),))
        said[each.key.text] = each.value.text.strip()
    return said


def _run(command: str, host: str, key: str, names: VariableNames) -> Secret:
    """Run the user's own command; its first line is the secret. Its stderr goes to the user's terminal."""
    try:
        ran = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        reason = "took too long" if isinstance(error, subprocess.TimeoutExpired) else "cannot be run"
        raise SettingsError(
            f"{key} for {host} {reason}", f"check the command in {names.file} in your configuration folder"
        ) from None
    secret = ran.stdout.split("\n", 1)[0].strip()
    if ran.returncode != 0 or not secret:
        what = f"failed with exit code {ran.returncode}" if ran.returncode else "printed nothing"
        raise SettingsError(f"{key} for {host} {what}", "run the command by itself to see why")
    return Secret(secret)
