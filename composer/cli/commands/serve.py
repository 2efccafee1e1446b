"""The command `compose serve`: serve the public pages."""

import ipaddress
from pathlib import Path

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.cli.ui.log_options import with_log
from composer.core.errors import UsageError
from composer.core.workspace import Workspace


@click.command("serve")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8800, metavar="N", help="Port to listen on.  [default: 8800]"
)
@click.option(
    "--proxy", "proxies", multiple=True, metavar="ADDRESS",
    help="Address or network of a trusted reverse proxy; can be repeated.  [default: this computer]",
)  # fmt: skip
@click.option(
    "--archive", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Also serve the folder of compose publish, below /archive.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Check the settings and exit, without opening a port.")
@with_log
def command(host: str, port: int, proxies: tuple[str, ...], archive: Path | None, check: bool) -> int:
    """Serve the public pages: sign-up, preferences, unsubscribe, erasure, online editions.

    The pages are available at `delivery.public_url`, through a reverse proxy that provides HTTPS
    (compose help run-the-public-pages). This process also sends their messages, such as confirmation links. SIGHUP
    reloads the settings. If systemd passes a socket, it is used instead of --host and --port.
    """
    # Imported late: only this command needs a web server and a database.
    from composer.app.administration.public_pages import ServerAddress, archive_files, public_settings, serve_pages
    from composer.core.environment import environment

    workspace, own = Workspace.find(Path.cwd()), environment()
    networks = _networks(proxies)
    settings = public_settings(workspace, own, now())
    if archive is not None:
        archive_files(settings, archive)
    if check:
        console.answer("the settings are valid")
        return 0
    if settings.outbox is not None:
        name = workspace.name(settings.outbox)
        console.talk(f"No mail server is set up: messages to subscribers are written to {name}/ and not sent")

    def opened(addresses: tuple[str, ...]) -> None:
        for each in addresses:
            console.answer(each)
        console.talk(f"the public address of these pages is {settings.publication.address.url}; press Ctrl-C to stop")

    address = ServerAddress(host=host, port=port, proxies=networks)
    serve_pages(settings, own, address, opened=opened, clock=now, tell=_tell, archive=archive)
    console.talk("server stopped")
    return 0


def _networks(proxies: tuple[str, ...]) -> tuple[str, ...]:
    for each in proxies:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise UsageError(
                f"--proxy: “{each}” is not an address or a network", "write 10.0.0.2 or 10.0.0.0/24"
            ) from None
    return proxies or ("127.0.0.1", "::1")


def _tell(line: str) -> None:
    console.talk(f"{now():%Y-%m-%dT%H:%M:%SZ} {line}")
