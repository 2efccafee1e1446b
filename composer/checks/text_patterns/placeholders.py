"""Find placeholders of editors: TK, TODO, [to come], lorem ipsum, 待补.

Input: a text. Output: each placeholder with its offset. Guarantees: initials, country codes, Roman numerals, foreign words and
marks in quotations are skipped (“TK says”, Techniker Krankenkasse (TK), Super Bowl XXX, todo el mundo, […], [sic]).
"""

import re
from collections.abc import Iterator

from composer.checks.text_patterns.scan_memory import remembered

_BRACKETED = (
    r"to come|tbc|tbd|tba|tk+|to be (?:confirmed|done|added|written|checked)|placeholder|insert \w[^\]】]{0,40}"
    r"|add (?:a )?(?:link|quote|source|name|photo|caption|title|text)[^\]】]{0,20}|link|source|date|name|quelle"
    r"|your (?:text|title|headline|link|message|content)(?: here)?"
    r"|(?:link|quote|source|photo|caption|image|picture|title|text|date|name) (?:here|to come|tk|missing)"
    r"|platzhalter|kommt noch|noch offen|wird ergänzt"
    r"|(?:link|text|bild|foto|zitat|quelle|titel|datum) (?:folgt|einfügen|fehlt|ergänzen)"
    r"|à compléter|à venir|à vérifier|por completar|da completare|da verificare|nog invullen"
    r"|待补充?|待定|待填|待核实?|待续|待更新|占位符?|xx+"
)
_PART = r"(?:alt ?)?(?:text|title|headline|quote|link|image|photo|name|caption|description|content|copy|intro)s?"
#: In angle brackets, outside code: <fill in later>, <title to come>, <hier ergänzen>.
_IN_ANGLES = re.compile(
    r"(?i)<\s*(?:tb[acd]|todo|tk+|to be (?:confirmed|done|added|written|checked)|[^<>\n]{0,30}\bto come|placeholder|platzhalter"
    r"|kommt noch|noch offen|wird ergänzt"
    r"|(?:please )?(?:fill|add|write|insert|put|replace|update|complete|change)\b[^<>\n]{0,40}"
    r"|[^<>\n]{1,30} (?:goes )?(?:here|later)"
    r"|(?:bitte )?(?:hier |noch |später )?(?:\w[\w ]{0,30} )?(?:einfügen|ergänzen|ausfüllen|eintragen|nachtragen)"
    r"|(?:此处|这里|請|请)?(?:待补充?|填写|填寫|补充|補充|插入)[^<>\n]{0,20})\s*>"
)
_CODE = re.compile(r"`[^`\n]{1,300}`")
_WORDS = re.compile(
    "|".join(
        (
            # In any context.
            r"\b(?:TODO|FIXME|TBD|TBC)\b|\b[Tt]odo:|\btbd\b|\bT[Kk](?:T[Kk])+\b|(?<![\w\"”’?!])\?{3,}",
            r"(?i:\bblindtext\b|\bclick to add\b)",
            r"(?i:\b(?:insert|add|your|type) (?:text|title|headline|quote|link|image|name|caption) here\b)",
            r"\b[A-Z]{3,} GOES HERE\b",
            rf"\b(?i:your {_PART} goes here)\b|(?<![^\n])(?i:{_PART} goes here)(?=\W*(?:\n|$))",
            # What a web page shows instead of an address to prevent copying.
            r"\[email[ \u00a0]protected\]",
            # Letters instead of numbers.
            r"(?<!\w)[€$£]\s?[xX]{2,}\b",
            r"(?<!\w)[xX]{2,}(?:[.,][xX]+)?\s?(?:%|(?i:percent|per cent|million|billion|prozent|millionen|milliarden)\b)",
            # TK is a placeholder after the word for what is missing, and before a unit.
            r"\b(?i:quote|number|figure|date|name|link|source|title|headline|caption|photo|more|details|price) TK\b(?!\s?\d)",
            r"(?<!\w)[€$£]\s?TK\b|\bTK\s?%|\bTK (?=percent|per cent|million|billion|words)",
            r"\bTK (?i:quote|number|figure|date|name|link|source|title|headline|caption|photo|details|price)\b",
            r"(?<=\b(?:is|at|in|on) )TK(?=[.,;:!)]|\s*$)|(?<=\b(?:are|for) )TK(?=[.,;:!)]|\s*$)",
            # A note to a colleague, in capital letters.
            r"[\[【]\s*(?:CHECK|VERIFY|CONFIRM|ASK|UPDATE|PRÜFEN|KLÄREN|VÉRIFIER|REVISAR|VERIFICARE)\b[^\]】\n]{0,60}[\]】](?!\()",
            r"\A\s*[\[(]?(?:DRAFT|ENTWURF|BROUILLON|BORRADOR|BOZZA|草稿)[\])]?\s*[-–—:：]",
            # In square brackets.
            rf"[\[【]\s*(?i:{_BRACKETED})\s*[\]】](?!\()",
            r"[（(]\s*(?:待补充?|待定|待填|待核实?|此处待\w{0,6})\s*[）)]",
            r"(?:数据|图片|内容|标题|来源|链接|引言|正文|文字|说明|作者|日期|此处|这里|译文|图表)\s?待(?:补充?|定|填|续|核实?)|待补充",
        )
    )
)
#: Filler text: reported once per paragraph.
_FILLER = re.compile(r"(?i:\blorem ipsum\b|\bdolor sit amet\b)")
#: Words that are a placeholder if they are the whole line.
_LINE = re.compile(
    r"^[ \t]*(?:TBA|tba|tbc|[Tt]o come|XX+|xx+|待补|待定|待填|[Tt]ext folgt|[Pp]latzhalter|[Pp]laceholder)[.。…]?[ \t]*$",
    re.MULTILINE,
)
#: A placeholder only if it is the whole text: people sign with a line of two letters. A new issue has “…” in comments.
_WHOLE = re.compile(r"\s*(?:T[Kk]\.?|…|\.{3})\s*")
#: More than two crosses are a placeholder anywhere, unless they are a Roman numeral after the word that it counts.
_CROSSES = re.compile(r"(?<![\w.])(?:XXX+|xxx+)(?![\w])")
_COUNTED = re.compile(
    r"(?i:bowl|olympi\w+|article|artikel|art\.|chapter|kapitel|kap\.|annex|anhang|title|titel|part|teil|band|volume|vol\.|no\.|nr\.|day|session|"
    r"section|psalm|legio|legion|century|siècle|appendix|schedule|figure|table|plate|act|book|canto|sonnet|gundam|triple|year)\s*$"
)


@remembered
def placeholders(text: str, *, is_name: bool = False) -> Iterator[tuple[int, str]]:
    """Yield placeholders as offset and words, in the order of the text. `is_name`: two letters may be initials."""
    found = {match.start(): match[0] for match in _WORDS.finditer(text)}
    found |= {match.start(): match[0] for match in _IN_ANGLES.finditer(_without_code(text))}
    end = -1
    for filler in _FILLER.finditer(text):
        if filler.start() > end:
            end = text.find("\n\n", filler.end())
            end = len(text) if end < 0 else end
            found.setdefault(filler.start(), filler[0])
    for match in (*_LINE.finditer(text), *([_WHOLE.fullmatch(text)] if not is_name else [])):
        if match is not None:
            found.setdefault(match.end() - len(match[0].lstrip()), match[0].strip())
    for match in _CROSSES.finditer(text):
        if not (match[0] == "XXX" and _COUNTED.search(text[max(0, match.start() - 20) : match.start()])):
            found.setdefault(match.start(), match[0])
    end = -1
    for start in sorted(found):
        if start >= end:
            end = start + len(found[start])
            yield start, found[start]


def _without_code(text: str) -> str:
    """Blank code, character by character."""
    return _CODE.sub(lambda match: "\x01" * len(match[0]), text) if "`" in text else text
