"""Weekdays, times, doubled words and quotation marks: certain mistakes are found, correct texts are not."""

import datetime

import pytest

from composer.checks.text_patterns.doubled_words import doubled_words
from composer.checks.text_patterns.misprint_patterns import impossible_times, turned_quotes
from composer.checks.text_patterns.weekdays import dated_weekdays
from tests import processor_time

pytestmark = pytest.mark.slow

#: A Thursday.
DAY = datetime.date(2025, 1, 30)

WRONG_WEEKDAYS = [
    "Thursday, 31 January 2025",
    "Thursday 31st January",
    "Thursday, the 31st of January",
    "Thursday, January 31st, 2025",
    "Wed, Jan 30",
    "Thursday 31 January 14:00",
    "**Thursday**, 31 January",
    "31 January 2025 (Thursday)",
    "Friday, 2025-01-30",
    "Thursday, 30 February 2025",
    "Donnerstag, 31. Januar 2025",
    "Donnerstag, den 31. Januar",
    "Donnerstag, 31.1., 19 Uhr",
    "Do., 31.01.2025",
    "31. Januar (Donnerstag)",
    "jeudi 31 janvier",
    "jeudi 1er février 2025",
    "jueves, 31 de enero de 2025",
    "jueves 31/01/2025",
    "giovedì 31 gennaio",
    "2025年1月31日（星期四）",
    "1月31日周四",
    "周四（1月31日）",
]
RIGHT_WEEKDAYS = [
    "Friday, 31 January 2025",
    "Friday, January 31st",
    "Fri, 31 Jan",
    "Friday to Sunday, 31 January–2 February",
    "Friday, 31 January – Sunday, 2 February",
    "Fri/Sat 1 February",
    "Friday and Sunday, 31 January and 2 February",
    "Mondays, 31 January",
    "The Sun, 3 March 2025",
    "On Monday 12 people came",
    "Monday 8.30 am, 31 January",
    "Freitag, 31.01.2025",
    "Fr., 31.01.",
    "So, 3.5. ist es",
    "So 3 Millionen",
    "Montag bis Mittwoch, 5. Februar bis 7. März",
    "Montags, 31. Januar",
    "Freitag 17.30 Uhr",
    "vendredi 31 janvier 2025",
    "viernes 31/01/2025",
    "Friday 1/31/2025",
    "2025年1月31日（星期五）",
    "1月31日（周四至周日）",
    "周四、周五（1月31日）",
]


def _is_wrong(text: str) -> bool:
    return any(all(day.weekday() != each.weekday for day in each.days(DAY)) for each in dated_weekdays(text))


@pytest.mark.parametrize("words", WRONG_WEEKDAYS)
def test_wrong_weekdays(words: str) -> None:
    """A wrong weekday is found at its offset, with its text as written."""
    for text in (words, f"Come on {words}, please.", f"活动时间：{words}。"):
        assert _is_wrong(text)
        (found,) = dated_weekdays(text)
        assert text[found.offset :].startswith(found.text)


@pytest.mark.parametrize("words", RIGHT_WEEKDAYS)
def test_right_weekdays(words: str) -> None:
    """Correct weekdays, ranges, series, plurals and names of newspapers are not reported."""
    assert not _is_wrong(words)
    assert not _is_wrong(f"Come on {words}, please.")


TWICE = [
    ("en", "It is in the the box", "the the"),
    ("en", "The the box", "The the"),
    ("en", "a house and\nand a box", "and\nand"),
    ("en-GB", "some of of them", "of of"),
    ("de", "Brot und und Wein", "und und"),
    ("de", "dass dass es geht", "dass dass"),
    ("de", "wir wir gehen", "wir wir"),
    ("zh", "我们我们去北京", "我们我们"),
    ("zh-CN", "重要的的问题", "的的"),
    ("zh", "因为因为下雨", "因为因为"),
    ("fr", "dans les les villes", "les les"),
    ("es", "para los los vecinos", "los los"),
    ("en", "The paper was reviewed reviewed by two ministries.", "reviewed reviewed"),
    ("en", "Reviewed reviewed papers are rare.", "Reviewed reviewed"),
    ("en", "A long line that goes on until the end of the page\npage by page", "page\npage"),
    ("en", "He said “no” to the budget budget of the year", "budget budget"),
    ("de", "Der Ausschuss hat den Entwurf geprüft geprüft und", "geprüft geprüft"),
    ("en", "a * b and and c * d", "and and"),
    ("de", "wie der Bericht Bericht zeigt", "Bericht Bericht"),
    ("de", "mit dem neuen Gesetz Gesetz.", "Gesetz Gesetz"),
    ("zh", "据全国人大常委会全国人大常委会消息", "全国人大常委会全国人大常委会"),
    ("zh-TW", "對應的目標檔案目標檔案也將", "目標檔案目標檔案"),
    ("en", "It extends with with things", "with with"),
    ("en", "It has been been done", "been been"),
    ("de", "Man kann sich sich jetzt bewerben", "sich sich"),
    ("de", "Wir laden euch euch ein", "euch euch"),
]
NOT_TWICE = [
    ("en", "What she deals with with care; who it might have been been told; the the" + " the"),
    ("en", "He had had it, that that is so; and where he came from from time to time"),
    ("de", "Die, die die Arbeit machen; wer sich sich selbst überlässt"),
    ("en", "I know that that is so; he had had it. What it is is clear. The The play. The area we looked at at noon"),
    (
        "en",
        "Log in in time. Gave her her book. AND and OR. Vitamin A a day. The, the. Who's the-the? the\n\nthe. very very",
    ),
    (
        "de",
        "die die Stadt; das das Haus, der der Frau; wenn sie sie sieht; im im Jahr 2020 eröffneten Haus; von von der Leyen",
    ),
    (
        "de",
        "Und und und. Er fängt an an Wunder zu glauben. Wenn Fliegen hinter Fliegen fliegen. Was gebaut werden werden muss",
    ),
    ("zh", "为了了解目的的意义，他的的确确存在，一辆的的士，参与与否，研究研究，讨论讨论，现在在家，天天向上，人人"),
    ("fr", "nous nous voyons, vous vous levez; la politique de de Gaulle; bla bla"),
    ("es", "se para para mirar; cada una una flor"),
    ("ja", "the the"),
    ("en", "Duran Duran in New York, New York. Bye bye, very very good, so so, no no, ha ha; he had had that that day"),
    (
        "en",
        "In Walla Walla and Pago Pago, Boutros Boutros-Ghali eats mahi mahi and piri piri; really really, Many many thanks",
    ),
    (
        "en",
        "What matters matters, and whoever pays pays. The room he looked for for years; where she comes from from time to time",
    ),
    (
        "en",
        "He wrote “reviewed reviewed” or `value value`, 'budget budget', {{ name | default(\"dear dear\") }} and *Monday monday*",
    ),
    (
        "en",
        "budget, budget. budget budget budget; budget-budget, 2025 2025, data/data\n\nbudget\n\nbudget; C++ c++ a.budget budget",
    ),
    (
        "en",
        "The paper “Logistic regression\nregression?”, *the the and and*, _Logistic regression regression?_ and “of the the sea”",
    ),
    ("de", "Das Buch „Brot und und Wein“ und *Der Bericht Bericht*"),
    ("en", "roses are roses\nroses are red\nred\nred is the rose"),
    ("id", "anak anak bermain main main"),
    (
        "de",
        "In Baden Baden spielt Duran Duran; „geprüft geprüft“; die Bora Bora Insel; wenn Fliegen Fliegen folgen; sehr sehr gut",
    ),
    ("de", "Was gilt gilt. Wer zahlt zahlt. Sie will will nicht; eine eine; von einer einer anderen; Nein nein"),
    (
        "zh",
        "为什么为什么，一步一步一步一步，哈哈哈哈哈哈哈哈，《学习强国学习强国》，讨论讨论，“人民政府人民政府”，加油加油",
    ),
]


@pytest.mark.parametrize(("language", "text", "words"), TWICE)
def test_doubled_words(language: str, text: str, words: str) -> None:
    """Doubled words are found, also across line ends."""
    assert list(doubled_words(text, language)) == [(text.index(words), words)]


@pytest.mark.parametrize(("language", "text"), NOT_TWICE)
def test_words_that_may_be_doubled(language: str, text: str) -> None:
    """Relative clauses, verb prefixes, names, emphasis, quotations and italics are not reported."""
    assert list(doubled_words(text, language)) == []


IMPOSSIBLE = [
    ("We meet at 12:75 in the hall", "12:75"),
    ("from 10:00 to 25:00 CET", "25:00"),
    ("at 7:65 pm", "7:65"),
    ("um 25:00 Uhr", "25:00"),
    ("um 12.75 Uhr", "12.75"),
    ("ab 24:30 Uhr", "24:30"),
    ("rendez-vous à 18h75", "18h75"),
    ("晚上12:75开始", "12:75"),
    ("下午25：00", "25：00"),
]
POSSIBLE = [
    "at 12:45 and 00:00, until 24:00 Uhr",
    "They won 85:78, after 27:30 at half time; a ratio of 12:75",
    "Psalm 119:105 and John 12:75",
    "Listen in at 75:12, or at 1:02:75",
    "Rent is £12.75 pm",
    "35h00 par semaine, 48h00 de formation",
    "上涨25点，比分25:00",
    "am 31.01. um 18:00 Uhr, am 31.01.25 Uhrzeit offen",
    "at 12:75,000",
]


@pytest.mark.parametrize(("text", "words"), IMPOSSIBLE)
def test_invalid_times(text: str, words: str) -> None:
    """Invalid times are found if the context shows that a time of day is meant."""
    assert list(impossible_times(text)) == [(text.index(words), words)]


@pytest.mark.parametrize("text", POSSIBLE)
def test_valid_times_and_other_numbers(text: str) -> None:
    """Scores, verses, lengths, prices and 24:00 are not reported."""
    assert list(impossible_times(text)) == []


def test_a_text_that_is_a_time() -> None:
    """The time of an event needs no context; a date in it is not a time."""
    assert list(impossible_times("18:00–25:30", is_time=True)) == [(6, "25:30")]
    assert list(impossible_times("31.01. 18:00–19:30, 10.30 Uhr, UTC+05:30", is_time=True)) == []


TURNED = [
    ("en", "He said ”hello” to us", "”hello"),
    ("en", "He said “hello“ to us", "hello“"),
    ("en", "”hello”, he said", "”hello"),
    ("en", "He said “hello.“", "hello.“"),
    ("de", "Er sagte “Hallo“ zu uns", "“Hallo"),
    ("de", "Er sagte „Hallo„ zu uns", "Hallo„"),
    ("de", "”Hallo“, sagte er", "”Hallo"),
    ("zh", "他说：“你好“。", "你好“。"),
    ("zh", "他说：”你好”。", "他说：”你好"),
    ("zh", "”你好“，他说。", "”你好"),
]
NOT_TURNED = [
    ("en", "He said “hello” (“so”), and “he said ‘no’ to it.” An 5” screw"),
    ("en", "„Deutsch“ and “English”; 5” by 6” it is"),
    ("en", "“Said over two paragraphs, he says"),
    ("de", "Er sagte „Hallo“ und “Build Back Better”, „so“."),
    ("de", "»Hallo«, «Grüezi», „Hallo”"),
    ("zh", "他说：“你好”，“再见”，‘是’。“一“二”三”"),
    ("zh", "“第一段没有结束"),
    ("zh", "一台55”电视和65”电视"),
    ("sv", "Han sade ”hej” till oss"),
    ("fi", "”Hei”, hän sanoi"),
]


@pytest.mark.parametrize(("language", "text", "words"), TURNED)
def test_quotation_marks_that_face_the_wrong_way(language: str, text: str, words: str) -> None:
    """The first wrong mark is found, with the word next to it."""
    found = [around for _, around in turned_quotes(text, language)]
    assert found[0] == words


@pytest.mark.parametrize(("language", "text"), NOT_TURNED)
def test_quotation_marks_of_several_languages(language: str, text: str) -> None:
    """Correct marks of several languages, inches, and quotations of several paragraphs are not reported."""
    assert list(turned_quotes(text, language)) == []


@pytest.mark.parametrize(
    "sign",
    [
        "the ",
        "budget ",
        "budget budget x ",
        "*a ",
        "全国人大",
        "Friday, ",
        "31 January ",
        "1月1日",
        "12:",
        "at 12:",
        "”a ",
        "“",
        "Lorem ipsum ",
        "und ",
        "的",
    ],
)
def test_long_texts_are_quick(sign: str) -> None:
    """A text of 50,000 characters takes less than three seconds."""
    text = sign * (50_000 // len(sign))
    with processor_time.at_most(3):
        list(dated_weekdays(text))
        for language in ("en", "de", "zh"):
            list(doubled_words(text, language))
            list(turned_quotes(text, language))
        list(impossible_times(text))
