"""The machines and jobs of `compose work`, for people and for programs.

Input: a `WorkStatus`. Output: lines, or values for JSON.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from composer.cli.ui.mailing_texts import when

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from composer.app.work.job_records import JobRecord
    from composer.app.work.work_status import MachineStatus, WorkStatus


def work_lines(status: "WorkStatus", zone: "ZoneInfo") -> Iterator[str]:
    """Return the lines about machines and jobs; none if `compose work` has never run."""
    if status.machines:
        yield ""
        yield "machines:"
    for each in status.machines:
        machine = each.machine
        yield f"  {machine.name}   compose {machine.program}, since {when(machine.began, zone)}: {_doing(each, zone)}"
    if status.jobs:
        yield ""
        yield "jobs:"
    for job in status.jobs:
        yield f"  {job.name:<10} {_result(job, zone)}"


def _doing(each: "MachineStatus", zone: "ZoneInfo") -> str:
    if not each.is_live:
        return f"silent since {when(each.machine.seen, zone)}"
    if not each.sending:
        return "waiting"
    return f"sending mailing {', '.join(map(str, each.sending))}"


def _result(job: "JobRecord", zone: "ZoneInfo") -> str:
    last = "never succeeded" if job.succeeded is None else f"last success {when(job.succeeded, zone)}"
    on = f" on {job.machine}"
    if job.failures:
        times = "once" if job.failures == 1 else f"{job.failures} times"
        return f"{last}; failed {times} since, last{on}: {job.error}"
    return f"{last}{on}"


def work_as_data(status: "WorkStatus") -> dict[str, object]:
    """Return the machines and jobs for JSON."""
    return {
        "machines": [
            {
                "name": each.machine.name,
                "host": each.machine.host,
                "process": each.machine.process,
                "version": each.machine.program,
                "jobs": list(each.machine.jobs),
                "began": each.machine.began.isoformat(),
                "seen": each.machine.seen.isoformat(),
                "live": each.is_live,
                "sending": list(each.sending),
            }
            for each in status.machines
        ],
        "jobs": [
            {
                "name": job.name,
                "machine": job.machine,
                "began": job.began.isoformat(),
                "succeeded": job.succeeded.isoformat() if job.succeeded else None,
                "failures": job.failures,
                "error": job.error,
            }
            for job in status.jobs
        ],
    }
