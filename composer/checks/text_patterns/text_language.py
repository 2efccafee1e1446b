"""Recognizes the language of a paragraph, only if it is clear: by its script, or by its most frequent words.

Input: a text. Output: the code of a language, or None. Guarantees: pure; a short text, a list of names, or a text in two
languages has no language. Chinese is one language here, whatever its characters.
"""

import re
from functools import cache, lru_cache

#: The languages that are recognized.
LANGUAGE_NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "ar": "Arabic",
    "he": "Hebrew",
}
#: The words that make up most of a text in each language: articles, pronouns, prepositions, forms of “to be”.
_WORDS = {
    "en": "the of and to in is that for it as was with on are this be at by from have has not which but they an their "
    "or we you will its he she his her who more been would there if when what than",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat "
    "dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr "
    "durch man sein wir ihr ich",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec son aux ont "
    "cette mais ou comme nous vous leur elle été fait ses ces être",
    "es": "de la que el en y los del se las por un para con no una su al lo como más pero sus le ya este sí porque esta "
    "entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante son fue es ha",
    "it": "di che e la il un a per in una mi sono ho ma lo ha le si con i da non se al come più della dei del nel alla "
    "delle gli anche questo questa degli dal sul è dell nella",
    "nl": "de het een van en in is dat op te zijn met voor niet die aan er om ook als bij door maar naar dan over ze nog "
    "uit wordt heeft worden deze werd tot wel kan meer hun onze wij je hij was",
    "pl": "w i z na się nie do to że jest o jak po co od przez za dla ale są które który czy tym oraz jego tak ze być "
    "już która może przy także ich tej tego było ma",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua "
    "ou ser quando muito há nos já está também pelo pela até isso são",
}
#: The fewest words of a text in letters, and the fewest characters of one in Chinese characters or the like.
_LEAST_WORDS, _LEAST_SIGNS, _LEAST_LETTERS = 25, 30, 100
#: The share of frequent words in a text (Polish has no articles), and by which factor they are more than those of any other
#: language.
_SHARE, _LEAD = {"pl": 0.15}, 1.6
_USUAL_SHARE = 0.28
#: How many different frequent words there must be.
_DIFFERENT = 6
#: Which share of the letters must be in one script.
_PURE = 0.9
_SCRIPTS = {
    "kana": re.compile(r"[\u3040-\u30ff\u31f0-\u31ff]"),
    "hangul": re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]"),
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002fa1f]"),
    "arabic": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "hebrew": re.compile(r"[\u0590-\u05ff]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]"),
}
_NOISE = re.compile(r"https?://\S+|\S+@\S+|`[^`]*`|\{\{.*?\}\}|\{[^}]*\}")
_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")
#: The languages of each script that are recognized; another language of the same script is not told apart.
_BY_SCRIPT = {"arabic": "ar", "hebrew": "he", "hangul": "ko"}
#: The scripts of languages that are not written in Latin letters.
_OWN_SCRIPTS = {"zh": "han", "ja": "kana", "ko": "hangul", "ar": "arabic", "he": "hebrew"}
#: Other languages in the same scripts, and those in scripts that are not recognized.
_RELATED = {
    "yue": "han",
    "fa": "arabic",
    "ur": "arabic",
    "ps": "arabic",
    "ckb": "arabic",
    "ug": "arabic",
    "yi": "hebrew",
}


def other_language(text: str, expected: str) -> str | None:
    """Return the language of a text if it is clearly not the expected one (a tag such as `de-AT`)."""
    own = expected.lower().split("-")[0]
    found = language_of(text)
    if found is None or found == own or _same_script(found, own):
        return None
    # Of a language without a list here, nothing is known: only English, which is left untranslated, is told apart.
    if found in _WORDS and own not in _WORDS and own not in _OWN_SCRIPTS and found != "en":
        return None
    return found


@lru_cache(maxsize=4096)
def language_of(text: str) -> str | None:
    """Return the language of a text, if it is clear."""
    clean = _NOISE.sub(" ", text)
    letters = {name: len(pattern.findall(clean)) for name, pattern in _SCRIPTS.items()}
    total = len(_LETTER.findall(clean))
    east = letters["kana"] + letters["hangul"] + letters["han"]
    if total and east >= _LEAST_SIGNS and east >= _PURE * total:
        return _eastern(letters)
    script = max(letters, key=lambda name: letters[name])
    if total < _LEAST_LETTERS or letters[script] < _PURE * total:
        return None
    return _by_words(clean) if script == "latin" else _BY_SCRIPT.get(script)


def _eastern(letters: dict[str, int]) -> str | None:
    if letters["hangul"] > letters["han"] + letters["kana"]:
        return "ko"
    if letters["kana"] > 0.2 * letters["han"]:
        return "ja"
    return "zh" if not letters["kana"] and not letters["hangul"] else None


def _by_words(text: str) -> str | None:
    words = _WORD.findall(text.lower())
    if len(words) < _LEAST_WORDS:
        return None
    (first, most), (_, second), *_ = _hits(words)
    if len(_known_words()[first] & set(words)) < _DIFFERENT or most < _LEAD * second:
        return None
    # A text that changes its language has another one in each half.
    half = len(words) // 2
    if any(_hits(part)[0][0] != first for part in (words[:half], words[half:])):
        return None
    return first if most >= _SHARE.get(first, _USUAL_SHARE) * len(words) else None


def _hits(words: list[str]) -> list[tuple[str, int]]:
    """Return how many words are frequent ones of each language, the most first."""
    hits = [(len([word for word in words if word in known]), tag) for tag, known in _known_words().items()]
    return [(tag, count) for count, tag in sorted(hits, reverse=True)]


@cache
def _known_words() -> dict[str, frozenset[str]]:
    return {tag: frozenset(words.split()) for tag, words in _WORDS.items()}


def _same_script(found: str, own: str) -> bool:
    """Return whether a text of a script is what is expected, although its language is another one."""
    return found in _OWN_SCRIPTS and _RELATED.get(own) == _OWN_SCRIPTS[found]
