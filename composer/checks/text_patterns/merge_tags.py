"""Merge fields as other programs write them: a subscriber would read `*|FNAME|*`.

Input: a text as written. Output: each at its offset, with the field to write instead. Guarantees: brackets and signs around
other words than a person's are left alone: `{}` in code, `[sic]`, `50% of women`, «quotes». Pure.
"""

import re

from composer.checks.text_patterns.foreign_markup import FoundMarkup

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
#: Too common between square brackets and quotation marks.
_AMBIGUOUS = frozenset(("name", "first", "last", "nom", "mail", "archive", "forward", "名", "姓", "phone"))

_INSIDE = r"(?P<name>[^\W\d][\w .:@-]{0,40}?)(?P<rest>\s*[|,][^{}\[\]%<>*#\n]{0,60})?"
#: Forms that nothing but a program writes, whatever stands inside.
_SURE = re.compile(
    r"\*\|(?P<name>[^|*\n]{1,60})(?:\|[^*\n]{0,40})?\|\*|\{\$(?P<name2>[A-Za-z][\w.]*)[^{}\n]{0,60}\}|%%=[^%\n]+=%%|\{%-?\s*(?P<name3>\w[^%\n]*?)\s*-?%\}"
    r"|(?<![A-Za-z0-9_%])%%\s?(?P<name4>[A-Za-z][\w .]{0,30})%%|\{!\s*\$?(?P<name5>\w+(?:\.\w+)+)\s*\}"
    r"|(?<![A-Za-z0-9_%])%(?:recipient|subscriber|contact|user|member)[._](?P<name6>\w+)%"
)
#: Forms that count where a person's name, address or the like stands inside.
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


def merge_tags(text: str) -> tuple[FoundMarkup, ...]:
    """Find merge fields of other programs, in the order of the text."""
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
    return f"another program's merge field, which would be read as it is: {written}"


def _hint(name: str) -> str:
    if re.match(r"(?:END)?:?(?:IF|ELSE|end)\b", name, re.IGNORECASE):
        return "leave it out; for what only some subscribers get, write   only:   below it"
    field = _KNOWN.get(_word(name))
    if field == "link":
        return "leave it out: the theme prints this link for each subscriber"
    if field == "first_name" or field is None:
        return f"write   {_OWN}"
    if field:
        return f"write   {{{{ {field} }}}}" if field == "email" else f'write   {{{{ {field} | default("reader") }}}}'
    return f"write   {_OWN}, or a field of your own from   fields:   in newsletter.yaml"


def _word(name: str) -> str:
    """Bring a name to the form in which it is known: `contact.FIRST_NAME` and `First Name` are one."""
    last = re.split(r"[.:@](?=\w)", name.strip().casefold())[-1]
    return re.sub(r"[\W_\d]+", "", last)
