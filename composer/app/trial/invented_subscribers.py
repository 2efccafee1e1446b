"""The subscribers of a trial: invented people whose addresses do not exist.

Input: a number, the languages and the merge fields of the newsletter. Output: a list to import. Guarantees: every
address ends with .example (RFC 2606). Most accept mail; of twelve, one defers, one rejects and one bounces.
"""

import csv
import io
from collections.abc import Mapping, Sequence

from composer.web.trial.delivery_rules import RULES, Behaviour

_FIRST = ("Anna", "Bela", "Chidi", "Dana", "Emre", "Freya", "Gita", "Hugo", "Ines", "Jun", "Kofi", "Lena")
_LAST = ("Adler", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jansen", "Kaya")
#: The place among twelve people, and their mail server's behaviour.
_OTHERS = {2: Behaviour.REJECT, 5: Behaviour.BOUNCE, 8: Behaviour.DEFER}


def invent(count: int, languages: Sequence[str], fields: Mapping[str, str]) -> str:
    """Return a list as CSV, with a value for each merge field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("email", "name", "first_name", "last_name", "language", *fields))
    for number in range(count):
        first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
        domain = _domain(number)
        address = f"{first}.{last}.{number + 1}@{domain}".lower()
        writer.writerow((address, f"{first} {last}", first, last, languages[number % len(languages)], *fields.values()))
    return text.getvalue()


def _domain(number: int) -> str:
    behaviour = _OTHERS.get(number % len(_FIRST), Behaviour.ACCEPT)
    return next(rule.domain for rule in RULES if rule.behaviour is behaviour)
