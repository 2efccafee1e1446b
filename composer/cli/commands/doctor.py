"""The command `compose doctor`: check what sending needs."""

from pathlib import Path

import click

from composer.app.clock import now
from composer.cli.ui import console
from composer.core.workspace import Workspace

_SIGNS = {"good": "ok", "weak": "could be better", "bad": "WRONG", "open": "to do"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Do not use the network: no mail server, name server or web server.")
def command(offline: bool) -> int:
    """Check everything that sending needs, and show the next steps.

    Changes nothing and sends nothing. Signs in to the mail server, requests a page of the public pages, and checks the
    DNS records, the certificates, the keys, the backups, the installed packages and what is in git.
    """
    from composer.app.administration.doctor_run import diagnose
    from composer.core.environment import environment
    from composer.doctor.diagnosis import DiagnosisLevel

    workspace = Workspace.find(Path.cwd())
    is_well = True
    for found in diagnose(workspace, environment(), now(), is_offline=offline):
        is_well = is_well and found.health is not DiagnosisLevel.BAD
        console.answer(f"{_SIGNS[found.health]:<16} {found.subject}: {found.seen}")
        if found.step:
            console.answer(f"{'':<16}   {found.step}")
        for line in found.record.lines if found.record else ():
            console.answer(f"{'':<16}     {line}")
    return 0 if is_well else 1
