"""Find words that are doubled by mistake.

Input: a text as written, and its language. Output: each doubled word with its offset. Guarantees: doublings that a language
allows are skipped (“that that”, “very very”, “die die”, “nous nous”, “研究研究”), as are names such as Duran Duran, and words in
quotation marks, italics or code.
"""

import re
from collections.abc import Iterator

from composer.checks.text_patterns.scan_memory import remembered

#: Words that are never doubled, by language: no verbs, and no pronouns or articles that may end one clause and start the next.
_NEVER_TWICE = {
    "en": "the|a|an|and|of|or|our|your|their|its|we|they|if|than|because|into|between|also|every|during",
    "de": "und|oder|dass|wir|auch|sowie|weil|unsere|unserer|unserem|unseren|unseres",
    "fr": "et|les|des|du|aux|dans|ou|cette|leurs",
    "es": "y|los|las|del|al|con|pero|sus|nuestro|nuestra",
    "it": "e|gli|della|dei|delle|nel|nella|anche",
    "pt": "e|os|com|mas",
    "nl": "en|ook|onze",
}
_TWICE = {
    language: re.compile(rf"(?i)(?<![\w'’.-])({words})(\s+)(\1)(?![\w'’-])(?!\s+\1\b)")
    for language, words in _NEVER_TWICE.items()
}
_TWICE_IN_CHINESE = re.compile(
    r"(我们|他们|她们|它们|我們|他們|以及|因为|因為|所以|但是|而且|并且|或者|对于|關於|关于|如果|这些|那些|由于|由於|虽然)\1(?!\1)"
    r"|(?<![目标端打中之鹄的])的的(?![的士哥姐确確])"
)
#: Two characters may be doubled in Chinese (研究研究), three for emphasis (为什么为什么); four or more are a name.
_NAME_TWICE_IN_CHINESE = re.compile(r"([\u4e00-\u9fff]{4,12})\n?\1(?![\u4e00-\u9fff]?\1)")

#: Words of four or more letters that may end one clause and start the next, are doubled for emphasis, or are always doubled. All
#: other content words are not doubled.
_MAY_STAND_TWICE = {
    "en": (
        "that this these those there here then thus what when where which whom whose have having were does done "
        "doing will would could should shall might must need cannot from over down back about around through under "
        "after before behind above below along across inside outside off onto upon within without against like near "
        "past since until till very really many much more most less ever never always long large little great stupid "
        "silly poor dirty tisk pretty quite super extra truly almost again only just some same both such each good nice "
        "okay yeah please thanks sorry come well dear wait stop help hush hear knock chop choo woof meow beep ding dong "
        "bang boom ping ring tick tock blah yadda haha hehe hoho night aye mahi piri peri pili wagga walla bora pago "
        "gado ylang dada couscous cous cha bling yum yummy nom hula tata mama papa them they your ours hers mine yours "
        "theirs himself herself itself themselves him his her went goes going want wants said says love work play half "
        "other another else even still once twice later soon away home null true false long void char auto test none "
        "left right next name"
    ),
    "de": (
        "dies diese dieser diesem diesen dieses jene jener jenen jede jeder jeden jedem jedes alle allen aller alles "
        "eine einen einem einer eines keine keinen keiner deren dessen denen welche welcher welchen ihre ihren ihrem "
        "ihrer ihres seine seinen seinem seiner seines ihnen unser euer sehr viel viele vielen mehr "
        "ganz lange immer nein doch schon noch weit bitte endlich danke hallo tschüss leise lieber andere anderen "
        "anderer anderem anderes beide beiden beider einige einigen manche manchen solche solchen über unter nach neben "
        "gegen durch ohne zwischen hinter voll wieder entgegen sind sein haben hatte hatten hätte hätten wird werden "
        "wurde wurden worden würde würden kann können konnte konnten könnte könnten muss müssen musste mussten müsste "
        "soll sollen sollte sollten will wollen wollte wollten darf dürfen lassen gehen machen kommen bleiben waren "
        "wäre wären dann denn wenn aber nicht hier dort jetzt sonst also eben mal zusammen etwa zwei drei hundert "
        "tausend tick tack klipp kling blah haha husch"
    ),
}
_MAY = {language: frozenset(words.split()) for language, words in _MAY_STAND_TWICE.items()}
_ANY_TWICE = re.compile(
    r"(?<![\w'’.\-/\\@#&:$%+=*_<>|])([^\W\d_]{4,})( |\n)((?i:\1))(?![\w'’\-/\\@+=_<>|])(?!\s+(?i:\1)\b)(?!\.\w)"
)
#: The least length of a wrapped line; shorter lines are verse or rows.
_WRAPPED = 40
#: A clause that ends with a verb is the subject of the next: “what matters matters”.
_CLAUSE = {
    "en": re.compile(
        r"(?i)\b(?:what|whatever|who|whoever|whichever|how|where|everything|anything|all)(?:\s[\w'’-]+){0,4}\s+$"
    ),
    "de": re.compile(r"(?i)\b(?:was|wer|wo|wie|wen|wem|alles)(?:\s[\w'’-]+){0,4}\s+$"),
}
#: The text before a noun that is not a name.
_ARTICLE = re.compile(
    r"(?<![\w-])(?:der|die|das|den|dem|des|ein|eine|einen|einem|einer|eines|im|am|zum|zur|vom|beim|ins|ans|kein|keine|keinen|unser\w*|ihr\w*|"
    r"sein\w*|dies\w+|jed\w+|[a-zäöüß]+(?:e|en|er|es|em))\s+$"
)
#: Quotations and titles may run over the end of a line, not over the end of a paragraph.
_QUOTED = re.compile(
    r"“[^“”\n]{0,200}(?:\n[^“”\n]{1,200}){0,3}”|„[^„“”\n]{0,200}(?:\n[^„“”\n]{1,200}){0,3}[“”]|\"[^\"\n]{1,200}\"|«[^«»\n]{1,200}»"
    r"|»[^«»\n]{1,200}«|‘[^‘’\n]{1,200}’|(?<!\w)'[^'\n]{1,200}'(?!\w)"
    r"|「[^「」\n]{1,200}」|『[^『』\n]{1,200}』|《[^《》\n]{1,200}》|`[^`\n]{1,200}`|\{\{[^{}]{1,200}\}\}"
    r"|(?<![*\w])\*(?![*\s])[^*\n]{1,200}(?<!\s)\*(?![*\w])|(?<![_\w])_(?![_\s])[^_\n]{1,200}(?<!\s)_(?![_\w])"
)


@remembered
def doubled_words(text: str, language: str) -> Iterator[tuple[int, str]]:
    """Yield doubled words as offset and words; skip names such as “The The” and repetitions such as “und und und”."""
    base, text = language.split("-")[0].lower(), _unquoted(text)
    found = dict(_function_words(text, base))
    if base == "zh":
        found |= _names_in_chinese(text)
    elif base in _MAY:
        found |= _content_words(text, base)
    yield from sorted(found.items())


def _function_words(text: str, base: str) -> Iterator[tuple[int, str]]:
    if base == "zh":
        yield from ((match.start(), match[0]) for match in _TWICE_IN_CHINESE.finditer(text))
    elif pattern := _TWICE.get(base):
        for match in pattern.finditer(text):
            first, gap, second = match.groups()
            # Not “AND and OR” or “vitamin A a day”.
            is_word = second.islower() and (first.islower() or (first.istitle() and len(first) > 1))
            if is_word and not _is_thrice(text, match) and gap.count("\n") < 2:
                yield match.start(), match[0]


def _content_words(text: str, base: str) -> Iterator[tuple[int, str]]:
    """Yield doubled content words within a sentence; words with a capital letter may be names: Duran Duran, Baden Baden."""
    for match in _ANY_TWICE.finditer(text):
        first, gap, second = match.groups()
        before = text[max(0, match.start() - 120) : match.start()]
        if first.lower() in _MAY[base] or _is_thrice(text, match):
            continue
        if gap == "\n" and len(before.rpartition("\n")[2]) < _WRAPPED:
            continue
        # “Fliegen fliegen”: in German, a capital letter makes another word.
        if second.islower() and (first.islower() or (first.istitle() and base == "en")):
            is_wrong = not _CLAUSE[base].search(before)
        else:
            is_wrong = base == "de" and first == second and first.istitle() and _is_noun(before, text[match.end() :])
        if is_wrong:
            yield match.start(), match[0]


def _is_noun(before: str, behind: str) -> bool:
    """Return whether the context shows that a German word with a capital letter is a noun: “der Bericht Bericht zeigt”."""
    return bool(_ARTICLE.search(before) and re.match(r"\s+[a-zäöü]{2}|[.,;:!?]", behind))


def _names_in_chinese(text: str) -> Iterator[tuple[int, str]]:
    for match in _NAME_TWICE_IN_CHINESE.finditer(text):
        name = match[1]
        # 哈哈哈哈, 一步一步一步一步
        if not any(name == name[:size] * (len(name) // size) for size in (1, 2, 3) if len(name) % size == 0):
            yield match.start(), match[0]


def _is_thrice(text: str, match: re.Match[str]) -> bool:
    return re.search(rf"(?i)\b{match[1]}\s+$", text[max(0, match.start() - 30) : match.start()]) is not None


def _unquoted(text: str) -> str:
    """Blank quotations, italics and code, character by character."""
    return _QUOTED.sub(lambda match: "\x01" * len(match[0]), text)
