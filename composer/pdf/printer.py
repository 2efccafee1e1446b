"""Prints pages in a process of its own, each within a time limit.

Input: `PrintJob` values. Output: a `PrintedPdf` for each. Guarantees: an ordinary program goes on, whatever happens to
the process; the process ends with the printer.
"""

import contextlib
import pickle
import signal
import subprocess
import sys
import threading
from typing import IO, Self, assert_never, cast

from composer.core.errors import PdfError
from composer.pdf.print_job import PrintedPdf, PrintJob
from composer.pdf.print_process import LENGTH, PrintFailure, PrintFailureKind, send

#: Seconds of processor time for one issue. One with 40 pages takes six.
TIME_LIMIT = 60.0
#: How many times as long it may take, on a busy computer.
_WALL_CLOCK_FACTOR = 5
#: Seconds in which a process ends that has closed its pipes.
_GRACE = 5.0
#: The exit code of a process that has used its processor time.
_OUT_OF_TIME = -signal.SIGXCPU if sys.platform != "win32" else None
#: What to install, by sys.platform.
_LIBRARIES = {
    "linux": "on Debian or Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "darwin": "with Homebrew: brew install pango",
    "win32": "install MSYS2, then in its shell: pacman -S mingw-w64-ucrt-x86_64-pango",
}
#: What installs the Python packages.
PACKAGES = (
    'pip install "compose-newsletter[pdf]"   or, if you use pipx:   pipx inject compose-newsletter weasyprint pypdfium2'
)
_PAGE = "compose help make-a-pdf"


class PdfPrinter:
    """A process that prints one page after the other; it is started with the first one."""

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._time_limit = time_limit
        self._process: subprocess.Popen[bytes] | None = None

    def print(self, job: PrintJob) -> PrintedPdf:
        """Print a page. Raises PdfError if this computer cannot print, or cannot print this page in time."""
        process = self._running()
        timer = threading.Timer(_WALL_CLOCK_FACTOR * self._time_limit, process.kill)
        timer.start()
        try:
            reply = _exchange(process, job, self._time_limit)
        finally:
            is_late = not timer.is_alive()
            timer.cancel()
        if reply is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            code = process.returncode
            self.close()
            raise _late(self._time_limit) if is_late or code == _OUT_OF_TIME else _crashed(code)
        if isinstance(reply, PrintFailure):
            raise explained(reply)
        assert isinstance(reply, PrintedPdf)
        return reply

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    cast("IO[bytes]", pipe).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    # -P: ignore a folder of the same name in the current folder.
                    [sys.executable, "-P", "-c", "from composer.pdf.print_process import serve; serve()"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                raise PdfError(f"no process can be started to print: {error.strerror or error}") from error
        return self._process


def _exchange(process: "subprocess.Popen[bytes]", job: PrintJob, seconds: float) -> object | None:
    """Return the reply to a job; None if the process has ended."""
    source, target = process.stdout, process.stdin
    assert source is not None and target is not None
    try:
        send(target, (job, seconds))
        head = source.read(LENGTH.size)
        data = source.read(*LENGTH.unpack(head)) if len(head) == LENGTH.size else b""
    except OSError:
        data = b""
    return cast("object", pickle.loads(data)) if data else None  # noqa: S301  # from our own process


def explained(failure: PrintFailure) -> PdfError:
    """Return what a person can do about a failure."""
    match failure.kind:
        case PrintFailureKind.NO_PACKAGE:
            return PdfError(
                f"PDFs need the extra “pdf” of compose: the package {failure.about} is not installed", PACKAGES
            )
        case PrintFailureKind.NO_LIBRARY:
            message = f"a PDF needs Pango, but its library {failure.about} is not installed"
            return PdfError(message, f"{_LIBRARIES.get(sys.platform, _LIBRARIES['linux'])} ({_PAGE})")
        case PrintFailureKind.LAYOUT:
            return PdfError(
                f"WeasyPrint cannot print this issue: {failure.about}",
                "leave out half of the issue until you find the part that it does not take, and report it",
            )
        case _:
            assert_never(failure.kind)


def _late(seconds: float) -> PdfError:
    return PdfError(
        f"the PDF was not finished after {seconds:g} seconds of processor time, and was given up",
        f"compose doctor names missing fonts, which are the usual reason ({_PAGE})",
    )


def _crashed(code: int | None) -> PdfError:
    return PdfError(
        f"the process that prints the PDF ended unexpectedly (code {code})",
        "compose doctor checks Pango and the fonts; try again, and report it if it happens again",
    )
