"""Fills the templates in deploy/ for a newsletter and a server.

Input: a newsletter, its place on the server. Output: the text of each file by its name. Guarantees: contains the names
of secrets, and no secret.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypedDict
from urllib.parse import urlsplit

from jinja2 import Environment as Templates
from jinja2 import FileSystemLoader, StrictUndefined

from composer.app.deployment.dns_plan import planned_records
from composer.app.deployment.server_place import ServerPlace
from composer.bounces.record.bounce_settings import POSTMARK
from composer.bounces.webhooks.webhook_registry import WEBHOOKS
from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import RouteConfig
from composer.core.addresses import domain_to_ascii
from composer.core.environment import Environment
from composer.core.errors import UsageError
from composer.core.workspace import Workspace, shipped
from composer.database.location import location_of
from composer.delivery.config.credentials import smtp_names
from composer.delivery.config.resolve import hosts_of, signing_host, transport_name
from composer.mail.relays import relay_at

NEXT_STEPS = "next-steps.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPlace:
    """A web address: its host, its port if it has one, and its path with a slash at both ends."""

    url: str
    host: str
    address: str
    path: str
    #: The folder whose files are served, and the one with the files of this address.
    root: PurePosixPath
    folder: PurePosixPath


def server_files(
    newsletter: Newsletter, workspace: Workspace, environment: Environment, place: ServerPlace
) -> Mapping[str, str]:
    """Return the files, by their names in the folder. Raises UsageError, DatabaseError, SettingsError."""
    values = _values(newsletter, workspace, environment, place)
    templates = Templates(  # noqa: S701 - these are not HTML
        loader=FileSystemLoader(shipped("deploy")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = _names(place.unit, place.environment_name, values)
    files = {name: templates.get_template(f"{template}.j2").render(values) for name, template in names}
    if values["archive"]:
        for path in sorted((shipped("deploy") / "pages").iterdir()):
            files[f"pages/{path.name}"] = path.read_text(encoding="utf-8")
    for path in sorted((shipped("deploy") / "monitoring").iterdir()):
        files[f"monitoring/{path.name}"] = path.read_text(encoding="utf-8")
    return files


def _names(unit: str, environment_name: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the name of each file with the name of its template."""
    units = ["work.service", *(("serve.service", "serve.socket") if values["pages"] else ())]
    yield from ((f"systemd/{unit}-{name}", f"systemd/compose-{name}") for name in units)
    yield from ((f"nginx/{unit}-{name}.conf", f"nginx/{name}.conf") for name in _proxied(values))
    if values["hosts"]:
        yield "caddy/Caddyfile", "caddy/Caddyfile"
    yield environment_name, "newsletter.env"
    for name in ("dns.txt", "dns.zone", NEXT_STEPS):
        yield name, name


def _proxied(values: Mapping[str, object]) -> Iterator[str]:
    if values["pages"]:
        yield from ("upstream", "pages")
    if values["archive"]:
        yield "archive"
    if values["hosts"]:
        yield "site"


def _values(
    newsletter: Newsletter, workspace: Workspace, environment: Environment, place: ServerPlace
) -> dict[str, object]:
    """Return what the templates may use."""
    delivery = newsletter.delivery
    sites = _site_values(newsletter, place)
    is_outbox = transport_name(newsletter, environment) == "outbox"
    mail_host = "" if is_outbox else signing_host(hosts_of(newsletter, environment))
    location = location_of(newsletter, workspace, environment.environment)
    return {
        **_place_values(place),
        **sites,
        "name": newsletter.name,
        # In units, % begins a specifier.
        "description": newsletter.name.replace("%", "%%"),
        "written_folders": " ".join(_written(place, workspace, location.path)),
        "is_sqlite": location.path is not None,
        "has_imap": delivery.imap is not None,
        "smtp_passwords": _smtp_passwords(delivery.smtp),
        "webhook": _webhook(mail_host),
        "enabled": " ".join(_enabled(place.unit, has_pages=sites["pages"] is not None)),
        "records": planned_records(newsletter, environment, mail_host, sites["hosts"]),
    }


def _place_values(place: ServerPlace) -> dict[str, object]:
    return {
        "unit": place.unit,
        "user": place.user,
        "group": place.group,
        "home": place.home,
        "folder": place.folder,
        "program": place.program,
        "port": place.port,
        "metrics_port": place.metrics_port,
        "backups": place.backups,
        "key_backups": place.key_backups,
        "environment_file": place.environment_file,
        "env_name": place.environment_name,
        "is_in_home": place.is_in_home,
    }


class _Sites(TypedDict):
    """What is served: the public pages, the archive, and their hosts."""

    pages: WebPlace | None
    archive: WebPlace | None
    #: The folder of the archive, if the pages serve it.
    served_archive: PurePosixPath | None
    hosts: tuple[str, ...]
    addresses: Mapping[str, str]
    is_one_host: bool


def _site_values(newsletter: Newsletter, place: ServerPlace) -> _Sites:
    """Return the sites. Raises UsageError if two of them have the same address."""
    public, url = newsletter.delivery.public_url, newsletter.archive.url
    pages, archive = (_web_place(public) if public else None), (_web_place(url) if url else None)
    is_served = pages is not None and archive is not None and archive.url == f"{pages.url}/archive"
    if is_served:
        archive = None
    if pages and archive and (pages.address, pages.path) == (archive.address, archive.path):
        raise UsageError(
            f"the public pages and the archive have the same address: {pages.url}",
            "in newsletter.yaml, use another path for one of them, such as   /archive",
        )
    places = [each for each in (pages, archive) if each]
    return {
        "pages": pages,
        "archive": archive,
        "served_archive": place.folder / "public" if is_served else None,
        "hosts": tuple(dict.fromkeys(each.host for each in places)),
        "addresses": {each.host: each.address for each in places},
        "is_one_host": pages is not None and archive is not None and pages.host == archive.host,
    }


def _web_place(url: str) -> WebPlace:
    parts = urlsplit(url)
    host = domain_to_ascii(parts.hostname or "")
    path = f"{parts.path.rstrip('/')}/"
    root = PurePosixPath("/var/www") / host
    return WebPlace(
        url=url.rstrip("/"),
        host=host,
        address=f"{host}:{parts.port}" if parts.port else host,
        path=path,
        root=root,
        folder=root / path.strip("/"),
    )


def _smtp_passwords(servers: Sequence[RouteConfig]) -> tuple[str, ...]:
    """Return the variables for the passwords of the mail servers."""
    if not servers:
        return (smtp_names(None).password,)
    return tuple(smtp_names(each.name).password for each in servers if each.server.username is not None)


def _webhook(host: str) -> Mapping[str, str] | None:
    """Return the variable for the secret of a relay that does not return bounces by mail."""
    relay = relay_at(host)
    if relay is None:
        return None
    variable = POSTMARK if relay.webhook == "postmark" else WEBHOOKS[relay.webhook].variable
    return {"relay": relay.name, "variable": variable}


def _written(place: ServerPlace, workspace: Workspace, database: Path | None) -> Iterator[str]:
    """Yield the folders that may be written: the home folder, the newsletter's, and that of the database."""
    folders = [place.home, place.folder]
    if database is not None and not database.is_relative_to(workspace.root):
        folders.append(PurePosixPath(database.parent.as_posix()))
    for at, folder in enumerate(folders):
        if not any(folder.is_relative_to(other) for other in folders[:at]):
            yield str(folder)


def _enabled(unit: str, *, has_pages: bool) -> Iterator[str]:
    """Yield the units that are started."""
    if has_pages:
        yield from (f"{unit}-serve.socket", f"{unit}-serve.service")
    yield f"{unit}-work.service"
