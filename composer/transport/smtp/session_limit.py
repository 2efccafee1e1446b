"""Learns how many messages a server accepts in one session.

Input: the number of messages after which a session was ended. Output: how many messages to send in one session, and
whether a new session is likely to help. The connections of one run to one server share it; it does not outlast the run.
The limit is learned even if the server does not state it: two sessions in a row that end after the same number of
messages are a limit.
"""

import threading


class SessionLimit:
    """The learned limit of one server in one run. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._most: int | None = None
        self._last = self._longest = 0

    def most(self, wanted: int) -> int:
        """Return the most messages for a session, at most `wanted`."""
        most = self._most
        return wanted if most is None else min(most, wanted)

    def ended(self, messages: int, *, is_said: bool) -> bool:
        """Record that the server ended a session after this many messages; return whether a new session is likely to
        help.

        `is_said`: the server said that the session is the reason. A session without messages proves another reason:
        then the learned limit is discarded. A session with far fewer messages than another is not a limit, because
        limits do not shrink.
        """
        with self._lock:
            if messages == 0:
                self._most, self._last = None, 0
                return False
            is_shrunk = 2 * messages < self._longest
            if messages == self._last:
                self._most = messages
            self._last, self._longest = messages, max(messages, self._longest)
            return is_said and not is_shrunk
