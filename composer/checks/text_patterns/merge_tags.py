"""Find merge fields of other programs, such as `*|FNAME|*`, which subscribers would see as written.

Input: a text as written. Output: each merge field with its offset and the field to write instead. Guarantees: brackets and
signs around words that are not personal data are skipped: `{}` in code, `[sic]`, `50% of women`, «quotes».
"""

import re

from composer.checks.text_patterns.foreign_markup import FoundMarkup
from composer.checks.text_patterns.scan_memory import remembered

_OWN = '{{ first_name | default("reader") }}'
# fmt: off
_FIELDS = {
    "first_name": (
        "firstname", "fname", "forename", "givenname", "first", "vorname", "prenom", "prénom", "primernombre", "nombre", "imie",
        "voornaam", "fornamn", "名字", "名",
    ),
    "last_name": (
        "lastname", "lname", "surname", "familyname", "last", "nachname", "apellido", "apellidos", "cognome", "achternaam",
        "nazwisko", "efternamn", "姓",
    ),
    "name": (
        "fullname", "yourname", "name", "username", "subscribername", "recipientname", "contactname", "displayname", "kundenname",
        "nom", "nome", "naam", "姓名",
    ),
    "email": (
        "email", "emailaddress", "mail", "emailadresse", "mailadresse", "subscriberemail", "adressemail", "correo", "courriel",
        "邮箱",
    ),
    "": (
        "salutation", "anrede", "greeting", "civilite", "saludo", "briefanrede", "company", "companyname", "firma", "firmenname",
        "societe", "entreprise", "empresa", "azienda", "公司", "organisation", "organization", "jobtitle", "phone", "称呼",
    ),
}
_LINKS = (
    "unsubscribe", "unsubscribeurl", "unsubscribelink", "unsub", "unsubscriber", "optout", "optouturl", "abmelden", "abmeldelink",
    "abmeldung", "webversion", "weburl", "viewinbrowser", "browserview", "onlineversion", "archive", "archiveurl", "permalink",
    "updateprofile", "managepreferences", "preferences", "preferencesurl", "forward", "forwardtoafriend", "listaddress",
    "listaddresshtml", "currentyear",
)
# fmt: on
_KNOWN = {word: field for field, words in _FIELDS.items() for word in words} | dict.fromkeys(_LINKS, "link")
#: Words that are too common between square brackets and quotation marks.
_AMBIGUOUS = frozenset(("name", "first", "last", "nom", "mail", "archive", "forward", "名", "姓", "phone"))

_INSIDE = r"(?P<name>[^\W\d][\w .:@-]{0,40}?)(?P<rest>\s*[|,][^{}\[\]%<>*#\n]{0,60})?"
#: Formats that only programs write, whatever is inside.
_SURE = re.compile(
    r"\*\|(?P<name>[^|*\n]{1,60})(?:\|[^*\n]{0,40})?\|\*|\{\$(?P<name2>[A-Za-z][\w.]*)[^{}\n]{0,60}\}|%%=[^%\n]+=%%|\{%-?\s*(?P<name3>\w[^%\n]*?)\s*-?%\}"
    r"|(?<![A-Za-z0-9_%])%%\s?(?P<name4>[A-Za-z][\w .]{0,30})%%|\{!\s*\$?(?P<name5>\w+(?:\.\w+)+)\s*\}"
    r"|(?<![A-Za-z0-9_%])%(?:recipient|subscriber|contact|user|member)[._](?P<name6>\w+)%"
)
#: Formats that count only if a name, an address or similar data is inside.
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![{{A-Za-z0-9_/])[$#]?\{{\s*{_INSIDE}\s*\}}(?!\}})",
        rf"(?<![A-Za-z0-9_%])%{_INSIDE}(?<=\w)%(?![A-Za-z0-9_%])",
        rf"(?<!\[)\[\s*{_INSIDE}\s*\](?![\[(:\]])",
        rf"\[\[\s*{_INSIDE}\s*\]\]",
        rf"\[%\s*{_INSIDE}\s*%\]",
        rf"<<\s*{_INSIDE}\s*>>",
        rf"«\s*{_INSIDE}\s*»",
        rf"(?<![A-Za-z0-9_#])(?:##?)\s?{_INSIDE}\s?##?(?![A-Za-z0-9_#])",
        rf"(?<![A-Za-z0-9_@])@@?{_INSIDE}@@?(?![A-Za-z0-9_@])",
        rf"(?<![A-Za-z0-9_$])\$\$?{_INSIDE}\$\$?(?![A-Za-z0-9_$])",
        rf"(?<![A-Za-z0-9_~])~{_INSIDE}~(?![A-Za-z0-9_~])",
        rf"(?<![A-Za-z0-9_<])<\s*{_INSIDE}\s*>(?![A-Za-z0-9_>])",
    )
)
_OPEN = re.compile(r"[*{%\[<«#@$~]")
_FIELD = re.compile(r"\{\{(?:[^{}\n]{1,200}|\s*[\"']\{\{[\"']\s*)\}\}")


@remembered
def merge_tags(text: str) -> tuple[FoundMarkup, ...]:
    """Return the merge fields of other programs, in the order of the text."""
    if not _OPEN.search(text):
        return ()
    prose = _FIELD.sub(lambda match: "\x01" * len(match[0]), text)
    found = {match.span(): next((each for each in match.groups() if each), "") for match in _SURE.finditer(prose)}
    for form in _FORMS:
        for match in form.finditer(prose):
            is_loose = match[0][0] in "[«<" and not match[0].startswith(("[[", "<<", "[%"))
            word = _word(match["name"])
            if word in _KNOWN and not (is_loose and word in _AMBIGUOUS):
                found.setdefault(match.span(), match["name"])
    kept: list[FoundMarkup] = []
    for (start, end), name in sorted(found.items(), key=lambda each: (each[0][0], -each[0][1])):
        if not kept or start >= kept[-1].offset + len(kept[-1].text):
            kept.append(
                FoundMarkup(offset=start, text=text[start:end], message=_message(text[start:end]), hint=_hint(name))
            )
    return tuple(kept)


def _message(written: str) -> str:
    return f"merge field of another program: {written}"


def _hint(name: str) -> str:
    if re.match(r"(?:END)?:?(?:IF|ELSE|end)\b", name, re.IGNORECASE):
        return "remove it; for content that only some subscribers get, use   only:   below the item"
    field = _KNOWN.get(_word(name))
    if field == "link":
        return "remove it: the theme adds this link for each subscriber"
    if field == "first_name" or field is None:
        return f"write   {_OWN}"
    if field:
        return f"write   {{{{ {field} }}}}" if field == "email" else f'write   {{{{ {field} | default("reader") }}}}'
    return f"write   {_OWN}   or one of your own fields, defined below   fields:   in newsletter.yaml"


def _word(name: str) -> str:
    """Return a name in its normal form: `contact.FIRST_NAME` and `First Name` are the same."""
    last = re.split(r"[.:@](?=\w)", name.strip().casefold())[-1]
    return re.sub(r"[\W_\d]+", "", last)
