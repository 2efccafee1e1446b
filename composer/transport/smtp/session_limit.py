"""How many messages a server takes in one session, as far as it has shown.

Input: after how many messages a session was ended. Output: how many to put into one, and whether a new session is likely to
help. Shared by the connections of one run to one server; it knows nothing beyond the run. Servers that say it and servers
that do not are learned alike: two sessions in a row that end after the same number of messages are a limit.
"""

import threading


class SessionLimit:
    """What one server has shown in one run. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._most: int | None = None
        self._last = self._longest = 0

    def most(self, wanted: int) -> int:
        """Return how many messages to put into a session at most, if so many are wanted."""
        most = self._most
        return wanted if most is None else min(most, wanted)

    def ended(self, messages: int, *, is_said: bool) -> bool:
        """Note that the server took no more after so many messages; return whether it takes more in a new session.

        `is_said`: the server said that it is the session, and not us. A session that had taken nothing proves that it is
        something else: what was learned is forgotten. One that took far less than another did is no limit: limits do not shrink.
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
