"""A mail server that misbehaves, and perhaps a preferred one that fails: the only witnesses of the copies of a mailing.

Input: a seed. Output: the copies that it accepted, by subscriber, whatever it answered.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.fake_smtp import FakeSmtp, HangUp, SmtpSession
from tests.torture.personal_mailing import is_for

_GOOD = b"250 2.1.5 Ok\r\n"
#: What a preferred server does, in turns.
_BEHAVIORS = ("accepts", "accepts", "down", "throttles", "rejects")


class Liar:
    """A server that misbehaves randomly in all important ways, and kills the processes that use it."""

    def __init__(self, seed: int, *, is_personal: bool = False) -> None:
        """`is_personal`: whether the messages are those of `frozen_personal`."""
        self.dice = random.Random(seed)
        self._is_personal = is_personal
        self._lock = threading.Lock()
        self._recipients = 0
        self.copies: Counter[int] = Counter()
        #: Messages without an answer after the dot, although no process was killed.
        self.silent = 0
        #: Recipients whose copy was written for another one, or was not signed.
        self.wrong: list[int] = []
        #: Kill processes when a dot has arrived, once: `kill` returns whether one was alive. Set by the harness.
        self.kill_at_dot = threading.Event()
        self.kill: Callable[[], bool] = lambda: False
        self.killed = threading.Event()
        #: The number of messages after which the next one waits for `free`; None for no limit.
        self.most: int | None = None
        self.free = threading.Event()
        self.office = FakeSmtp({"rcpt": self.rcpt, "dot": self.dot, "mail": self.mail, "greeting": self.greeting})
        self.preferred = FakeSmtp({**self.office.script, "mail": self.mail_or_fail, "greeting": self.greet_or_fail})
        self._behavior, self._times_left = "accepts", 0

    def _roll(self) -> float:
        with self._lock:
            return self.dice.random()

    def greeting(self, visit: SmtpSession) -> int:
        if self._roll() < 0.02:
            visit.say(b"421 4.3.2 too busy\r\n")
            raise HangUp
        return visit.say(b"220 liar.example ESMTP\r\n")

    def mail(self, visit: SmtpSession) -> int:
        with self._lock:
            is_too_much = self.most is not None and self.most <= 0
            self.most = None if self.most is None else self.most - 1
        if is_too_much:
            self.free.wait(20)
        if self._roll() < 0.01:
            visit.say(b"421 4.3.2 closing\r\n")
            raise HangUp
        return visit.say(b"250 2.1.0 Ok\r\n")

    def _fails(self, behavior: str) -> bool:
        """Return whether the preferred server fails in this way now. It changes every few times that it is used."""
        with self._lock:
            if not self._times_left:
                self._behavior, self._times_left = self.dice.choice(_BEHAVIORS), self.dice.randint(1, 8)
            self._times_left -= 1
            return self._behavior == behavior

    def greet_or_fail(self, visit: SmtpSession) -> int:
        if self._fails("down"):
            raise HangUp
        return self.greeting(visit)

    def mail_or_fail(self, visit: SmtpSession) -> int:
        if self._fails("throttles"):
            return visit.say(b"450 4.7.1 too many messages\r\n")
        if self._fails("rejects"):
            return visit.say(b"550 5.7.1 the sender is not allowed\r\n")
        return self.mail(visit)

    def rcpt(self, visit: SmtpSession) -> int:
        with self._lock:
            self._recipients += 1
            is_third = self._recipients % 3 == 0
        return visit.say(b"451 try later\r\n") if is_third else visit.say(_GOOD)

    def dot(self, visit: SmtpSession) -> int:
        """Accept the message or not, answer or not, slowly or not."""
        fate = self._roll()
        with self._lock:
            is_to_kill = self.kill_at_dot.is_set()
            self.kill_at_dot.clear()
        if is_to_kill and self.kill():
            self.killed.set()
        if fate < 0.10:
            self._take(visit)
            self.silent += 1
            raise HangUp
        if fate < 0.14:
            self.silent += 1
            raise HangUp
        if fate < 0.17:
            return visit.say(b"452 4.3.1 disk full\r\n")
        if fate < 0.19:
            visit.say(b"421 4.3.2 closing\r\n")
            raise HangUp
        self._take(visit)
        if fate < 0.35:
            time.sleep(0.03)
        visit.say(b"250 2.0.0 Ok: queued as Q1\r\n")
        return 0

    def _take(self, visit: SmtpSession) -> None:
        assert visit.recipient is not None
        number = int(visit.recipient.partition(b"<Reader")[2].partition(b"@")[0])
        with self._lock:
            self.copies[number] += 1
            if self._is_personal and not is_for(number, visit.content):
                self.wrong.append(number)
