"""The two kinds of bad news: findings (values) and stops (exceptions).

Input: places and words. Output: a `Problem` to collect, or an exception to raise. Never prints, never exits.

    ComposeError               exit 1   a person can act on it: message, hint
      UsageError               exit 2   the command line is wrong
      WorkspaceError           exit 1   no newsletter here, or a path that leaves it
      ContentError             exit 1   problems in an issue, in newsletter.yaml or in a theme
      CompilerError            exit 1   the MJML compiler refused or crashed
      OutputError              exit 1   the outbox cannot be written
      PreviewError             exit 1   the preview cannot be started                 (web/preview/preview_server.py)
      PublicError              exit 1   the public pages cannot be served             (web/public/site/publication.py)
      SettingsError            exit 1   something that sending needs is missing       (core/environment.py)
      KeyFileError             exit 1   a key cannot be read or written               (delivery/config/dkim_keys.py)
      TransportError           exit 1   no connection: nothing has been sent          (transport/protocol.py)
      LogError                 exit 1   the event log cannot be written               (core/event_log.py)
      DatabaseError            exit 1   the database cannot be opened, read or written
        UnavailableError       exit 75  another command is writing to it, or its server does not answer
      AudienceError            exit 1   a subscriber is not there, or may not be had  (audience/subscribers.py)
      MailingError             exit 1   a mailing is not there, or in no state for it (delivery/core/mailing.py)
      BusyError                exit 75  somebody else is sending from this database   (delivery/database_guard/sending_lock.py)
      CopyError                exit 1   this database is a copy, or was restored      (delivery/database_guard/ledger_age.py)
        ReplacedError          exit 1   it was replaced while it was sent from        (delivery/database_guard/age_counter.py)
      DatabaseLostError        exit 1   this process was taken for dead               (delivery/database_guard/age_counter.py)
      MessageError             exit 1   a recipient's message cannot be made          (delivery/messages/message_factory.py)

Everything else is a bug and keeps its traceback.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar


class Level(StrEnum):
    """What a finding keeps from happening."""

    #: nothing can be built
    ERROR = "error"
    #: it can be built and looked at, not sent
    BLOCKER = "blocker"
    #: it can be sent, and should be looked at first
    WARNING = "warning"
    #: good to know
    INFO = "info"

    @property
    def rank(self) -> int:
        """Its place from the heaviest, 0, to the lightest."""
        return list(Level).index(self)


class Who(StrEnum):
    """Who can act on a finding."""

    #: writes the issue
    EDITOR = "editor"
    #: makes the theme
    DESIGNER = "designer"
    #: keeps newsletter.yaml, the domain, the server
    IT = "IT"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """A finding at a place: file, 1-based line and column (in characters), what is wrong, how to mend it."""

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str = field(default="", compare=False)
    level: Level = Level.ERROR
    who: Who = field(default=Who.EDITOR, compare=False)
    #: What it is about, as written (an address, a name): tells findings of one code at one place apart.
    about: str = field(default="", compare=False)
    #: What tells findings of one code apart that call for different things; those of one kind differ in their place only.
    kind: str = field(default="", compare=False)

    def __str__(self) -> str:
        text = f"{self.path}:{self.line}:{self.column}: {self.level}: {self.message}  [{self.code}]"
        return f"{text}\n    {self.hint}" if self.hint else text


#: From how many findings on that say the same they are told together.
_MANY = 3


def grouped(problems: Iterable[Problem]) -> tuple[tuple[Problem, tuple[Problem, ...]], ...]:
    """Put findings that say the same of other places together, where there are many: the first, and the others."""
    found = tuple(problems)
    kinds = Counter(map(_kind, found))
    made: dict[object, list[Problem]] = {}
    for number, problem in enumerate(found):
        made.setdefault(_kind(problem) if kinds[_kind(problem)] >= _MANY else number, []).append(problem)
    return tuple((first, tuple(others)) for first, *others in made.values())


def places_in_words(problems: Sequence[Problem]) -> str:
    """Return the places of findings in one file, as a part of a sentence: `12:5, 13:5 and 14:9`."""
    places = [f"{problem.line}:{problem.column}" for problem in problems]
    return f"{', '.join(places[:-1])} and {places[-1]}" if len(places) > 1 else "".join(places)


def _kind(problem: Problem) -> object:
    if problem.kind:
        return problem.path, problem.code, problem.level, problem.who, problem.kind
    return replace(problem, line=0, column=0), problem.hint, problem.about


class ComposeError(Exception):
    """A stop that a person can act on."""

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
    """One or more problems in what people wrote; all of them, sorted by place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__("1 problem" if count == 1 else f"{count} problems")
        self.problems = problems


class CompilerError(ComposeError):
    """The MJML compiler refused its input or crashed."""


class OutputError(ComposeError):
    """The outbox cannot be written."""


class DatabaseError(ComposeError):
    """The database cannot be opened, read or written."""


class UnavailableError(DatabaseError):
    """The database cannot be used just now; the same command may work a moment later."""

    exit_code = 75
