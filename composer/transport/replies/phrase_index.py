"""An index of hundreds of patterns: only the patterns whose words occur in a sentence are tried.

Input: regular expressions, then sentences. Output: the same matches as of the expressions joined by "|", ignoring case.
Guarantees: a pattern is skipped only if the sentence lacks a text that every match must contain. Trying all patterns
would take longer than reading the message.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

#: Texts are indexed by this many characters; shorter texts are searched for one by one.
_GRAM = 4
_OPTIONAL = re.compile(r"[?*]\??|\{0?,\d*\}\??|\{0\}\??")
_REPEATED = re.compile(r"\+[?+]?|\{[1-9]\d*(?:,\d*)?\}\??")

#: Texts; every match contains one of them.
Needed = tuple[str, ...]


class _Branch:
    """One of several patterns, compiled when its texts first occur."""

    __slots__ = ("_compiled", "needed", "owner", "source")

    def __init__(self, owner: "AnyOf", source: str) -> None:
        self.owner, self.source = owner, source
        self.needed = _PatternParser(source).needed()
        self._compiled: re.Pattern[str] | None = None

    def search(self, text: str, low: str) -> re.Match[str] | None:
        for needed in self.needed:
            for each in needed:
                if each in low:
                    break
            else:
                return None
        if self._compiled is None:
            self._compiled = re.compile(self.source, re.IGNORECASE)
        return self._compiled.search(text)


class AnyOf:
    """A group of alternative patterns."""

    _all: list["AnyOf"] = []  # noqa: RUF012  # the list of all groups

    def __init__(self, *patterns: str) -> None:
        self._patterns = patterns
        self._whole: re.Pattern[str] | None = None
        AnyOf._all.append(self)
        _index.cache_clear()
        _candidates.cache_clear()

    def search(self, text: str) -> re.Match[str] | None:
        """Return a match, or None: the match of the first matching pattern, not the leftmost match."""
        low, candidates = _candidates(text)
        for branch in candidates.get(self, ()):
            if found := branch.search(text, low):
                return found
        return None

    def sub(self, by: str, text: str) -> str:
        """Replace every match."""
        if self.search(text) is None:
            return text
        if self._whole is None:
            self._whole = re.compile("|".join(self._patterns), re.IGNORECASE)
        return self._whole.sub(by, text)

    @property
    def branches(self) -> Iterator[_Branch]:
        """The patterns of the group."""
        for pattern in self._patterns:
            for source in _PatternParser(pattern).branches():
                yield _Branch(self, source)


@lru_cache(maxsize=1)
def _index() -> tuple[dict[str, list[_Branch]], dict[str, list[_Branch]], list[str], list[_Branch]]:
    """Return the patterns by the start of a required text, by a short text, the short ASCII texts, and other patterns."""
    grams: dict[str, list[_Branch]] = defaultdict(list)
    short: dict[str, list[_Branch]] = defaultdict(list)
    always: list[_Branch] = []
    for branch in (branch for each in AnyOf._all for branch in each.branches):
        if not branch.needed:
            always.append(branch)
        for text in branch.needed[0] if branch.needed else ():
            (grams[text[:_GRAM]] if len(text) >= _GRAM else short[text]).append(branch)
    return dict(grams), dict(short), [text for text in short if text.isascii()], always


@lru_cache(maxsize=256)
def _candidates(text: str) -> tuple[str, dict[AnyOf, dict[_Branch, None]]]:
    """Return the text in lower case, and the patterns that may match it."""
    grams, short, ascii_, always = _index()
    low = text.lower()
    found: dict[AnyOf, dict[_Branch, None]] = {}
    pieces = {low[at : at + _GRAM] for at in range(len(low) - _GRAM + 1)}
    hits = [grams[piece] for piece in grams.keys() & pieces]
    hits += [short[piece] for piece in (ascii_ if low.isascii() else short) if piece in low]
    for branches in (*hits, always):
        for branch in branches:
            found.setdefault(branch.owner, {})[branch] = None
    return low, found


class _PatternParser:
    """Finds the texts that every match of a regular expression contains. It supports only the syntax of these patterns."""

    def __init__(self, source: str) -> None:
        self._source, self._at = source, 0

    def branches(self) -> list[str]:
        """Return the parts between each "|" outside parentheses."""
        found, depth, begin = [], 0, 0
        while self._at < len(self._source):
            match self._next():
                case "(":
                    depth += 1
                case ")":
                    depth -= 1
                case "|" if not depth:
                    found.append(self._source[begin : self._at - 1])
                    begin = self._at
        return [*found, self._source[begin:]]

    def needed(self) -> tuple[Needed, ...]:
        """Return the texts that every match contains: one of each group, the most distinctive first."""
        found = self._branch()
        return tuple(sorted(found, key=lambda each: (-min(map(len, each)), len(each))))

    def _next(self) -> str:
        """Return the next character, escape, or class."""
        begin = self._at
        self._at += 2 if self._source[begin] == "\\" else 1
        if self._source[begin] == "[":
            while self._source[self._at] != "]" or self._at == begin + 1:
                self._at += 2 if self._source[self._at] == "\\" else 1
            self._at += 1
        return self._source[begin : self._at]

    def _takes(self, pattern: re.Pattern[str]) -> bool:
        if found := pattern.match(self._source, self._at):
            self._at = found.end()
        return found is not None

    def _branch(self) -> list[Needed]:
        """Parse up to a "|" or the end of the group."""
        found: list[Needed] = []
        run = ""
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            piece = self._next()
            if piece in ("\\b", "\\B"):
                continue
            inner = self._group() if piece == "(" else []
            literal = piece[-1].lower() if len(piece) == 1 and piece not in ".^$(" or _is_plain_escape(piece) else ""
            if self._takes(_OPTIONAL):
                inner, literal, is_last = [], "", True
            else:
                is_last = self._takes(_REPEATED) or not literal
            run += literal
            if is_last:
                found += [(run,)] if run.strip() else []
                run = ""
            found += inner
        return [*found, (run,)] if run.strip() else found

    def _group(self) -> list[Needed]:
        """Parse a group after its "("."""
        is_around = re.compile(r"\?<?[=!]").match(self._source, self._at) is not None
        self._takes(re.compile(r"\?(?::|<?[=!])"))
        branches = []
        while True:
            branches.append(self._branch())
            self._at += 1
            if self._source[self._at - 1] == ")":
                break
        if is_around or not all(branches):
            return []
        if len(branches) == 1:
            return branches[0]
        # For each alternative, the longest required text.
        best = (max(each, key=lambda needed: min(map(len, needed))) for each in branches)
        return [tuple(dict.fromkeys(text for needed in best for text in needed))]


def _is_plain_escape(piece: str) -> bool:
    return len(piece) == 2 and piece[0] == "\\" and not piece[1].isalnum()
