"""Find Latin punctuation in Chinese text.

Input: a text without markup. Output: each sign, a pattern that finds it in the file, and the words around it.
Guarantees: numbers (“一. 引言”, “表一.”) and Chinese words at the end of a sentence in another language are skipped.
"""

import re
from collections.abc import Iterator

_HAN = "\u3400-\u9fff"
_BETWEEN = rf"[{_HAN}][,;:!?](?=[{_HAN}])"
#: A full stop that ends a sentence: before the next one, a closing mark, or the end of the line.
_FULL_STOP = rf"[{_HAN}]\.(?=\s*[{_HAN}“「《（]|[”」』》）\"]|\s*$|\s*\n)"
_SIGN = re.compile(f"{_BETWEEN}|{_FULL_STOP}", re.MULTILINE)
_NUMBERED = re.compile(r"(?:^|[\s（(第表图圖件])[一二三四五六七八九十百]{1,3}\.$")
#: Japanese, Latin and other letters.
_CHINESE, _OTHER = re.compile(f"[{_HAN}]"), re.compile(rf"[^\W\d_{_HAN}]")


def latin_signs(text: str) -> Iterator[tuple[str, re.Pattern[str], str]]:
    """Yield Latin signs after Chinese characters: the sign, a pattern that finds it in the file, and the words around it."""
    is_chinese: bool | None = None
    for match in _SIGN.finditer(text):
        sign = match[0][1]
        if sign == ".":
            if is_chinese is None:
                is_chinese = len(_CHINESE.findall(text)) > len(_OTHER.findall(text))
            is_between = _CHINESE.match(text, match.end()) is not None
            if not (is_chinese or is_between) or _NUMBERED.search(text[max(0, match.start() - 4) : match.end()]):
                continue
        around = text[max(0, match.start() - 4) : match.end() + 5].strip()
        after = text[match.end() : match.end() + 1].strip()
        yield sign, re.compile(re.escape(match[0]) + (f"(?={re.escape(after)})" if after else "")), around
