"""Findings (values) and errors (exceptions).

Input: places and texts. Output: a `Problem` to collect, or an exception to raise. Guarantees: never prints, never
exits.

    ComposeError               exit 1   a person can fix it: message, hint
      UsageError               exit 2   the command line is wrong
      WorkspaceError           exit 1   there is no newsletter here, or a path leads out of it
      ContentError             exit 1   problems in an issue, in newsletter.yaml or in a theme
      CompilerError            exit 1   the MJML compiler failed
      OutputError              exit 1   the outbox cannot be written
        OutputBusyError        exit 75  another command is writing the same folder
      DraftError               exit 1   a file cannot be read as a draft                 (drafts/formats/draft_error.py)
      PdfError                 exit 1   an issue cannot be printed as PDF
      PreviewError             exit 1   the preview cannot be started                    (web/preview/preview_server.py)
      TrialError               exit 1   the trial cannot be started                      (web/trial/trial_server.py)
      PublicError              exit 1   the public pages cannot be served                (web/public/site/publication.py)
      SettingsError            exit 1   a setting for sending is missing                 (core/environment.py)
      KeyFileError             exit 1   a key cannot be read or written                  (delivery/config/dkim_keys.py)
      TransportError           exit 1   there is no connection, and nothing was sent     (transport/protocol.py)
      LogError                 exit 1   the event log cannot be written                  (core/event_log.py)
      DatabaseError            exit 1   the database cannot be opened, read or written
        UnavailableError       exit 75  another command is writing to it, or its server does not answer
      AudienceError            exit 1   a subscriber does not exist, or is not available (audience/subscribers.py)
      MailingError             exit 1   a mailing does not exist, or has a wrong state   (delivery/core/mailing.py)
      BusyError                exit 75  another process is sending from this database    (delivery/database_guard/sending_lock.py)
      CopyError                exit 1   this database is a copy, or was restored         (delivery/database_guard/ledger_age.py)
        ReplacedError          exit 1   it was replaced during a run                     (delivery/database_guard/age_counter.py)
      DatabaseLostError        exit 1   this process was considered dead                 (delivery/database_guard/age_counter.py)
      MessageError             exit 1   a recipient's message cannot be made             (delivery/messages/message_factory.py)

Every other exception is a bug and keeps its traceback.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar


class Level(StrEnum):
    """What a finding prevents."""

    #: the issue cannot be built
    ERROR = "error"
    #: it can be built and viewed, but not sent
    BLOCKER = "blocker"
    #: it can be sent, but should be checked first
    WARNING = "warning"
    #: for information only
    INFO = "info"

    @property
    def rank(self) -> int:
        """Its rank, from 0 for the most severe."""
        return list(Level).index(self)


class Who(StrEnum):
    """Who can fix a finding."""

    #: writes the issue
    EDITOR = "editor"
    #: makes the theme
    DESIGNER = "designer"
    #: maintains newsletter.yaml, the domain, the server
    IT = "IT"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """A finding at a place: file, 1-based line and column (in characters), what is wrong, how to fix it."""

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str = field(default="", compare=False)
    level: Level = Level.ERROR
    who: Who = field(default=Who.EDITOR, compare=False)
    #: What it is about, as written (an address, a name): distinguishes findings of one code at one place.
    about: str = field(default="", compare=False)
    #: Distinguishes findings of one code with different fixes; those of one kind differ only in their place.
    kind: str = field(default="", compare=False)

    def __str__(self) -> str:
        text = f"{self.path}:{self.line}:{self.column}: {self.level}: {self.message}  [{self.code}]"
        return f"{text}\n    {self.hint}" if self.hint else text


#: From this number of equal findings on, they are shown together.
_MANY = 3


def grouped(problems: Iterable[Problem]) -> tuple[tuple[Problem, tuple[Problem, ...]], ...]:
    """Return findings, with many equal ones at different places grouped: the first, and the others."""
    found = tuple(problems)
    kinds = Counter(map(_kind, found))
    made: dict[object, list[Problem]] = {}
    for number, problem in enumerate(found):
        made.setdefault(_kind(problem) if kinds[_kind(problem)] >= _MANY else number, []).append(problem)
    return tuple((first, tuple(others)) for first, *others in made.values())


def places_in_words(problems: Sequence[Problem]) -> str:
    """Return the places of findings in one file, as part of a sentence: `12:5, 13:5 and 14:9`."""
    places = [f"{problem.line}:{problem.column}" for problem in problems]
    return f"{', '.join(places[:-1])} and {places[-1]}" if len(places) > 1 else "".join(places)


def _kind(problem: Problem) -> object:
    if problem.kind:
        return problem.path, problem.code, problem.level, problem.who, problem.kind
    return replace(problem, line=0, column=0), problem.hint, problem.about


class ComposeError(Exception):
    """An error that a person can fix."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ComposeError):
    """The command line is wrong."""

    exit_code = 2


class WorkspaceError(ComposeError):
    """There is no newsletter here, or a path leads out of it."""


class ContentError(ComposeError):
    """All problems in the files that people wrote, sorted by place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__("1 problem" if count == 1 else f"{count} problems")
        self.problems = problems


class CompilerError(ComposeError):
    """The MJML compiler rejected its input or crashed."""


class OutputError(ComposeError):
    """The outbox cannot be written."""


class OutputBusyError(OutputError):
    """Another command is writing the same folder; the same command will work later."""

    exit_code = 75


class PdfError(ComposeError):
    """A PDF cannot be made on this computer, or not of this issue."""


class DatabaseError(ComposeError):
    """The database cannot be opened, read or written."""


class UnavailableError(DatabaseError):
    """The database cannot be used at the moment; the same command may work later."""

    exit_code = 75
