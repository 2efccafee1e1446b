"""The people of a masthead as drafts list them: `Editors: Anna Li, Bo Chen`, a name on each line, names with commas between.

Input: the spans of a line. Output: people with their titles, and the role before the colon. Guarantees: pure; every word is in
a name, a title, a role, or in `words`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from composer.drafts.draft_document import text_of
from composer.drafts.mapping.names.heading_match import normal_heading
from composer.drafts.mapping.text.markdown_text import plain_text
from composer.drafts.mapping.text.span_text import Spans, cut, strip_spans

_ROLE = re.compile(r"\s*(?P<role>[^\W\d_][^:：\n,;|]{0,50}?)\s*[:：]\s*")
_COMMA = re.compile(r"\s*(?:[,;|、，]|\s(?P<word>and|und|et|y|e|en|&)\s)\s*")
_AFTER_NAME = re.compile(r"\s*(?:,|\s[–—-]|\||[(（])\s*")
#: A name has two words or more; small ones such as `von` are allowed between.
_CAPITAL = r"(?:[dDlL]['’])?[^\W\d_a-zà-öø-ÿ][\w.'’-]*"
_NAME = re.compile(
    rf"(?:(?:Dr|Prof)\.?\s+)*{_CAPITAL}(?:\s+(?:{_CAPITAL}|d[aeiu]s?|de[lrn]|von|van|zu|zur|ten?|bin|ibn|al|la|le|y)){{1,5}}"
)
_CJK_NAME = re.compile(r"[\u3400-\u9fff\uac00-\ud7a3·]{2,6}|[\u3040-\u30ff\u4e00-\u9fff]{2,8}")
#: Parts of words for what people do, which tell `Anna Li, Senior Analyst` from two names.
_WORK = re.compile(
    r"edit|redak|redac|rédac|redat|anal[yi]|chef|head|lead|direc|direk|manag|offic|autor|auteur|author|writ|report|corresp|"
    r"korresp|forsch|research|cherch|fellow|intern|prakti|stag|assist|transl|überset|traduc|layout|design|graf|graph|photo|foto|"
    r"publish|presid|präsid|présid|chair|secret|sekret|coord|koord|profess|produc|host|modera|leit|respons|verantw|columni|expert|"
    r"journal|team|desk|staff|office",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPerson:
    """A person, and the text below or after the name."""

    name: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLine:
    """A line with people. `words` are those between names, which the file does not repeat."""

    role: str = ""
    people: tuple[TeamPerson, ...]
    words: str = ""


def team_line(spans: Spans, names: Sequence[str] = ()) -> TeamLine | None:
    """Read `Role: people` or only people; None if a line is something else. `names` are known people."""
    text = text_of(spans)
    role = _ROLE.match(text)
    if role is not None and len(role["role"].split()) <= 5:
        found = _listed(strip_spans(cut(spans, role.end())), is_labeled=True)
        return None if found is None else TeamLine(role=role["role"], people=found.people, words=found.words)
    return _listed(spans, is_labeled=False) if is_person(text, names) else None


def is_person(text: str, names: Sequence[str] = ()) -> bool:
    """Return whether a text begins with the name of a person, and does not end like a sentence."""
    first = re.split(r"\s*(?:[,;|(（\n、，]|\s[–—-]\s)", text.strip(), maxsplit=1)[0]
    first = re.split(r"\s(?:and|und|et|y|&)\s", first)[0]
    return len(text) <= 200 and not re.search(r"[.!?]$", text.strip()) and (is_name(first) or first in names)


def is_name(text: str) -> bool:
    """Return whether a text looks like the name of a person, not like what people do."""
    text = text.strip()
    return (_NAME.fullmatch(text) is not None and _WORK.search(text) is None) or _CJK_NAME.fullmatch(text) is not None


def is_role(line: Spans, roles: Sequence[str]) -> bool:
    """Return whether a line is one of these roles with the names of people: `Editors: Anna Li, Bo Chen`."""
    found = team_line(line)
    return found is not None and normal_heading(found.role) in map(normal_heading, roles)


def _listed(spans: Spans, *, is_labeled: bool) -> TeamLine | None:
    """Read names with commas between them, or one person with a title."""
    text = text_of(spans)
    pieces = list(_pieces(text))
    heads = [re.split(r"\s*[(（]", piece, maxsplit=1)[0] for piece, _ in pieces]
    if "\n" not in text and len(pieces) > 1 and all(map(is_name, heads)):
        people = tuple(_with_brackets(piece) for piece, _ in pieces)
        return TeamLine(people=people, words=" ".join(filter(None, (word for _, word in pieces))))
    if is_labeled and not is_person(text):
        return None
    return TeamLine(people=(one_person(spans),))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts between commas outside of brackets, each with the word after it."""
    start = at = 0
    while match := _COMMA.search(text, at):
        at = match.end()
        if text.count("(", 0, match.start()) > text.count(")", 0, match.start()):
            continue
        yield text[start : match.start()].strip(), match["word"] or ""
        start = at
    yield text[start:].strip(), ""


def _with_brackets(piece: str) -> TeamPerson:
    name, _, title = piece.partition("(")
    return TeamPerson(name=name.strip(), title=title.strip().rstrip(")").strip())


def one_person(spans: Spans, known: str = "") -> TeamPerson:
    """Return name and title: two lines, bold words before others, or a comma, a dash or a bracket between them."""
    text = text_of(spans)
    end = start = len(text)
    bold = 0
    for span in spans:
        if not span.is_bold:
            break
        bold += len(span.text)
    if match := re.search(r"\s*\n\s*", text):
        end, start = match.start(), match.end()
    elif known:
        end = start = len(known)
    elif 0 < bold < len(text):
        end = start = bold
    elif match := _AFTER_NAME.search(text):
        end, start = match.start(), match.end()
    title = plain_text(strip_spans(cut(spans, start))).lstrip(",–—- ").rstrip(")" if "(" not in text[start:] else "")
    return TeamPerson(name=plain_text(cut(spans, 0, end)), title=title)
