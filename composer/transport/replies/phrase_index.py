"""Hundreds of patterns for one sentence: only those are tried whose words occur in it.

Input: regular expressions, then sentences. Output: the same as of the expressions joined by "|", case ignored. Guarantees: a
pattern is left out only where a text that every match of it contains is not there. To try them all takes longer than to
read the message.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

#: Texts are looked up by so many characters; shorter ones are looked for one by one.
_GRAM = 4
_OPTIONAL = re.compile(r"[?*]\??|\{0?,\d*\}\??|\{0\}\??")
_REPEATED = re.compile(r"\+[?+]?|\{[1-9]\d*(?:,\d*)?\}\??")

#: Texts of which every match contains one.
Needed = tuple[str, ...]


class _Branch:
    """One pattern of several, compiled when its texts first occur."""

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
    """Patterns any of which may occur."""

    _all: list["AnyOf"] = []  # noqa: RUF012  # the one list of them

    def __init__(self, *patterns: str) -> None:
        self._patterns = patterns
        self._whole: re.Pattern[str] | None = None
        AnyOf._all.append(self)
        _index.cache_clear()
        _candidates.cache_clear()

    def search(self, text: str) -> re.Match[str] | None:
        """Return a match if there is one: of the first pattern that matches, not the leftmost."""
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
        """Its patterns one by one."""
        for pattern in self._patterns:
            for source in _PatternParser(pattern).branches():
                yield _Branch(self, source)


@lru_cache(maxsize=1)
def _index() -> tuple[dict[str, list[_Branch]], dict[str, list[_Branch]], list[str], list[_Branch]]:
    """Return the patterns by the beginning of a text that they need, by a short text, which of these are ASCII, and the rest."""
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
    """Return the text in small letters, and the patterns of which it has a piece."""
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
    """Reads a regular expression for the texts that its matches must contain. It knows no more than these patterns use."""

    def __init__(self, source: str) -> None:
        self._source, self._at = source, 0

    def branches(self) -> list[str]:
        """Split it at the "|" that stand outside all parentheses."""
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
        """Return what every match contains: one text of each, the most telling first."""
        found = self._branch()
        return tuple(sorted(found, key=lambda each: (-min(map(len, each)), len(each))))

    def _next(self) -> str:
        """Take one character, an escape, or a class."""
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
        """Read up to a "|" or the end of the group."""
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
        """Read a group behind its "("."""
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
        # Of each alternative the longest text that it needs.
        best = (max(each, key=lambda needed: min(map(len, needed))) for each in branches)
        return [tuple(dict.fromkeys(text for needed in best for text in needed))]


def _is_plain_escape(piece: str) -> bool:
    return len(piece) == 2 and piece[0] == "\\" and not piece[1].isalnum()
