"""Find details that the text itself says are not final, such as a room or a time to be confirmed.

Input: a text. Output: each with its offset. Guarantees: an editor's placeholders (TK, TODO, “figure TBD”) are skipped; a word
for a place or a time is right next to the finding, or the whole text is one.
"""

import re
from collections.abc import Iterator

from composer.checks.text_patterns.scan_memory import remembered

_OPEN = re.compile(
    r"(?<!\w)(?:TBC|TBD|TBA|tbc|tbd|tba)(?!\w)|待定|待确认|待確認"
    # Phrases count only at the end of a sentence: “to be confirmed by parliament” is news.
    r"|\b(?:[Tt]o be (?:confirmed|announced|determined)|[Nn]och offen|[Ww]ird noch (?:bestätigt|bekannt ?gegeben))"
    r"(?=\s*(?:[.,;:)\]]|$))",
    re.MULTILINE,
)
_WHAT = (
    r"(?:(?:start(?:ing)?|end|exact|meeting|lunch|arrival) )?(?:times?|hours?|dates?|day|start|doors)|rooms?|venues?"
    r"|locations?|places?|address|hall|building|floor|platform|campus|city"
    r"|(?:raum|saal|ort|veranstaltungsort|treffpunkt|tagungsort|adresse|zeit|uhrzeit|beginn|datum|termin|einlass)"
)
_CHINESE = r"(?:时间|時間|日期|地点|地點|地址|会场|會場|场地|場地|会议室|會議室|教室|房间|房間)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez)[a-zä]*\.?"
#: The text right before it.
_BEFORE = re.compile(
    # Venue: TBC; room and time are still to be confirmed; Room 4 (tbc); in Hall B, TBC
    rf"(?:\b(?:{_WHAT})(?: (?:and|&|or|und|oder) (?:{_WHAT}))?(?: [A-Z]?\d{{0,4}}[A-Z]?)?"
    r"(?:\s*[:：,(\[–—-]+|\s+(?:is|are|was|remains?|still|yet|ist|sind|noch)\b)*\s*"
    # 18:30 (TBC); 3 February, tbc; 14 Uhr
    r"|\b\d{1,2}(?::\d\d|(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?|uhr|h))(?:\s?(?:uhr|[a-z]{3,4}))?\s*[,(\[–—-]\s*"
    rf"|\b(?:\d{{1,2}}(?:st|nd|rd|th|\.)? {_MONTH}|{_MONTH} \d{{1,2}})(?:,? \d{{4}})?\s*[,(\[–—-]?\s*"
    rf"|{_CHINESE}(?:和{_CHINESE})?(?:仍|尚|还|還)?\s*[:：（(【\[]*\s*)$",
    re.IGNORECASE,
)
#: The text right after it: TBC (room).
_BEHIND = re.compile(rf"\s*[(\[]?(?:{_WHAT})\b", re.IGNORECASE)


@remembered
def open_details(text: str, *, is_detail: bool = False) -> Iterator[tuple[int, str]]:
    """Yield open details as offset and words. `is_detail`: the whole text says where or when something takes place."""
    for match in _OPEN.finditer(text):
        line = text.rfind("\n", 0, match.start()) + 1
        before = text[max(line, match.start() - 60) : match.start()]
        if is_detail or _BEFORE.search(before) or _BEHIND.match(text, match.end()):
            yield match.start(), match[0]
