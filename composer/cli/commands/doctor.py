"""`compose doctor`: what sending needs, looked at."""

from pathlib import Path

import click

from composer.cli.ui import console
from composer.cli.ui.clock import now
from composer.core.workspace import Workspace

_SIGNS = {"good": "ok", "weak": "could be better", "bad": "WRONG", "open": "open"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Leave the mail server and the name servers alone.")
def command(offline: bool) -> int:
    """Look at everything that sending needs, and name the next step.

    It changes nothing and sends nothing. It signs in at the mail server, reads the names' records, and looks at the
    certificate, the keys, the packages and what git keeps.
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
    return 0 if is_well else 1
