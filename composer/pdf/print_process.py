"""The process that prints and reads back.

Input: `PrintJob` values on standard input. Output: for each, on standard output, a `PrintedPdf` or a `PrintFailure`.
Guarantees: it opens no file but the fonts, and ends when standard input is closed.

WeasyPrint runs C libraries on texts of strangers, and some texts take it minutes. In a process of its own it can be
ended at any time, and a crash is a message.
"""

import contextlib
import math
import os
import pickle
import struct
import sys
import time
import traceback
import warnings
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import IO

from composer.pdf.print_job import PdfFaultKind, PrintedPdf, PrintJob

LENGTH = struct.Struct("!Q")


class PrintFailureKind(StrEnum):
    """Why nothing was printed."""

    #: A Python package is not installed.
    NO_PACKAGE = "no_package"
    #: A library of the system is not installed.
    NO_LIBRARY = "no_library"
    #: WeasyPrint cannot lay out this page.
    LAYOUT = "layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintFailure:
    """Nothing was printed."""

    kind: PrintFailureKind
    #: The name of what is missing, or the last line of the traceback.
    about: str


def serve() -> None:
    """Print until standard input is closed."""
    # WeasyPrint prints to standard output if a library is missing: the replies have a way of their own.
    source, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    while (head := source.read(LENGTH.size)) and len(head) == LENGTH.size:
        # From the process that started this one.
        job, seconds = pickle.loads(source.read(*LENGTH.unpack(head)))  # noqa: S301
        _limit(seconds)
        send(replies, printed(job))


def _limit(seconds: float) -> None:
    """End this process after some more seconds of processor time, where the system can count them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + seconds), hard))


def send(pipe: IO[bytes], value: object) -> None:
    """Write a value to the other process."""
    data = pickle.dumps(value)
    pipe.write(LENGTH.pack(len(data)) + data)
    pipe.flush()


def printed(job: PrintJob) -> PrintedPdf | PrintFailure:
    """Print a page and read it back."""
    try:
        from composer.pdf.comparison import faults_of
        from composer.pdf.pdf_reader import read_pdf
        from composer.pdf.printed_words import numbers_css, printed_blocks
        from composer.pdf.weasyprint_adapter import print_document
    except ImportError as error:
        return PrintFailure(kind=PrintFailureKind.NO_PACKAGE, about=error.name or str(error))
    except OSError as error:
        return PrintFailure(kind=PrintFailureKind.NO_LIBRARY, about=str(error).partition("'")[2].partition("'")[0])
    try:
        blocks = printed_blocks(job.html)
        document = print_document(job)
        reading = read_pdf(document.data)
        faults = faults_of(blocks, reading, document.missing)
        if any(fault.kind is PdfFaultKind.WRONG_NUMBER for fault in faults):
            # WeasyPrint counts a title on the page on which it was before it moved to the next one with its text.
            document = print_document(replace(job, styles=f"{job.styles}\n{numbers_css(blocks, reading.targets)}"))
            reading = read_pdf(document.data)
            faults = faults_of(blocks, reading, document.missing)
    except Exception as error:
        # Whatever WeasyPrint raises is about this page: the next may be printed.
        return PrintFailure(kind=PrintFailureKind.LAYOUT, about="".join(traceback.format_exception_only(error)).strip())
    return PrintedPdf(
        data=document.data, pages=reading.pages, faults=faults, is_subsetting_slow=document.is_subsetting_slow
    )
