"""A corpus of hostile lists: their content, the people in them, and the remark on every other row.

Each case names all rows that are not imported with the beginning of the reason, and all people with their first names.
A list has no other effect: every row is a person or has a remark.
"""

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Case:
    """A hostile list."""

    name: str
    data: bytes
    #: The people who are added, by address as written, with the first name.
    people: Mapping[str, str]
    #: The rows that are not imported, with the beginning of the reason.
    bad: Mapping[int, str] = field(default_factory=dict)
    file: str = "list.csv"
    encoding: str = ""


A = "anna@example.org"
B = "ben@example.org"
BOTH = {A: "Anna", B: "Ben"}
PLAIN = f"email,first name\n{A},Anna\n{B},Ben\n"
NAMES = f"email,first name\n{A},Jürgen\n{B},Ænne\n"
JUERGEN = {A: "Jürgen", B: "Ænne"}
CHINESE = f"邮箱,名\n{A},李明\n{B},王小红\n"
LI = {A: "李明", B: "王小红"}


def _csv(name: str, text: str, people: Mapping[str, str], bad: Mapping[int, str] | None = None) -> Case:
    return Case(name=name, data=text.encode("utf-8", "surrogateescape"), people=people, bad=bad or {})


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    yield from _encodings()
    yield from _delimiters()
    yield from _quotes()
    yield from _controls()
    yield from _addresses()
    yield from _doubles()
    yield from _shapes()
    yield from _other_forms()


def _encodings() -> Iterator[Case]:
    for name, encoding in (
        ("utf-8", "utf-8"),
        ("utf-8 with a mark", "utf-8-sig"),
        ("utf-16 with a mark", "utf-16"),
        ("utf-16-le without a mark", "utf-16-le"),
        ("utf-16-be without a mark", "utf-16-be"),
        ("utf-32 with a mark", "utf-32"),
        ("windows-1252", "cp1252"),
    ):
        yield Case(name=name, data=NAMES.encode(encoding), people=JUERGEN)
    yield Case(name="gb18030", data=CHINESE.encode("gb18030"), people=LI)
    yield Case(name="big5, told", data=f"電子郵件,名\n{A},李明\n{B},王小紅\n".encode("big5"),
               people={A: "李明", B: "王小紅"}, encoding="big5")  # fmt: skip
    yield Case(name="shift_jis, told", data=f"メールアドレス,名\n{A},花子\n".encode("shift_jis"), people={A: "花子"},
               encoding="shift_jis")  # fmt: skip
    latin = NAMES.encode() + "chen@example.org,José\n".encode("latin-1") + "dora@example.org,Zoë\n".encode()
    yield Case(name="one row of another encoding", data=latin, people={**JUERGEN, "dora@example.org": "Zoë"},
               bad={4: "first_name contains bytes that are not UTF-8"})  # fmt: skip
    late = PLAIN + "".join(f"r{number}@example.org,\n" for number in range(40_000)) + "z@example.org,Zoë\n"
    everybody = {**BOTH, **{f"r{number}@example.org": "" for number in range(40_000)}, "z@example.org": "Zoë"}
    yield Case(name="the only accent in the last row", data=late.encode(), people=everybody)
    broken = f"email\nann\xff@example.org\n{B}\n".encode("latin-1") + "é\n".encode() * 3
    yield Case(name="an address in broken bytes", data=broken,
               people={B: ""}, bad={2: "the address contains bytes that are not UTF-8",
                                    **dict.fromkeys((4, 5, 6), "é has no @")})  # fmt: skip


def _delimiters() -> Iterator[Case]:
    for name, delimiter in (("semicolons", ";"), ("tabs", "\t"), ("bars", "|")):
        yield _csv(name, PLAIN.replace(",", delimiter), BOTH)
    yield _csv(
        "semicolons, commas in the names",
        f"email;first name\n{A};Li, Anna\n{B};Li, Ben\n",
        {A: "Li, Anna", B: "Li, Ben"},
    )
    yield _csv("commas, semicolons in the names", f'email,first name\n{A},a;b;c\n{B},"d;e"\n', {A: "a;b;c", B: "d;e"})
    yield _csv("the delimiter said in the first row", f"sep=;\r\nemail;first name\r\n{A};Anna\r\n", {A: "Anna"})
    yield _csv("one column", f"email\n{A}\n{B}\n", {A: "", B: ""})
    yield _csv("one column without a header", f"{A}\n{B}\n", {A: "", B: ""})
    yield _csv("no header", f"Anna,{A}\nBen,{B}\nnobody,none\n", {A: "", B: ""}, {3: "none has no @"})
    yield Case(
        name="what a spreadsheet calls Unicode text", data=PLAIN.replace(",", "\t").encode("utf-16"), people=BOTH
    )


def _quotes() -> Iterator[Case]:
    yield _csv("all in quotes", f'"email","first name"\r\n"{A}","An ""na"""\r\n', {A: 'An "na"'})
    yield _csv("a cell over three lines", f'email,first name,notes\n{A},Anna,"one\ntwo\n\nthree"\n{B},Ben,\n', BOTH)
    yield _csv("a remark that holds an address on a line of its own",
               f'email,first name,notes\n{A},Anna,"write to\nother@example.org\nplease"\n{B},Ben,\n', BOTH)  # fmt: skip
    yield _csv("a quotation mark that is never closed",
               f'email,first name\n"{A},Anna\n{B},Ben\nchen@example.org,Chen\n', {B: "Ben", "chen@example.org": "Chen"},
               {2: "a quotation mark is never closed"})  # fmt: skip
    yield _csv("two that are never closed, and one that is",
               f'email,first name\n{A},"Anna\n{B},"Ben\nchen@example.org,"Ch""en"\ndora@example.org,Dora\n',
               {"chen@example.org": 'Ch"en', "dora@example.org": "Dora"},
               dict.fromkeys((2, 3), "a quotation mark is never closed"))  # fmt: skip
    many = "".join(f"r{number}@example.org,R\n" for number in range(2000))
    yield _csv("one in the first row of two thousand", f'email,first name\n"{A},Anna\n{many}',
               {f"r{number}@example.org": "R" for number in range(2000)},
               {2: "a quotation mark is never closed"})  # fmt: skip
    yield _csv(
        "a quotation mark within a cell", f'email,first name\n{A},5" screen\n{B},Ben\n', {A: '5" screen', B: "Ben"}
    )
    yield _csv("quotation marks around addresses", f"email,first name\n'{A}',Anna\n<{B}>,Ben\n", BOTH)


def _controls() -> Iterator[Case]:
    yield _csv("NUL in a name", f"email,first name\n{A},An\0na\n{B},\0Ben\0\n", {A: "An na", B: "Ben"})
    yield _csv(
        "NUL in an address", f"email\nan\0na@example.org\n{B}\n", {B: ""}, {2: "an address must not contain a control"}
    )
    yield _csv("line ends of old Macs", PLAIN.replace("\n", "\r"), BOTH)
    yield _csv("all kinds of line ends", f"email,first name\r{A},Anna\r\n{B},Ben\n", BOTH)
    yield _csv("blank rows", f"\n\n,\nemail,first name\n\n{A},Anna\n , \n\n{B},Ben\n\n\n", BOTH)
    yield _csv("the end mark of DOS", PLAIN + "\x1a\n", BOTH, {4: "the row has no address"})
    yield _csv("a header injection", f'email,first name\n"{A}\r\nBcc: x@example.org",Anna\n{B},"Ben\r\nBcc: x"\n',
               {B: "Ben Bcc: x"}, {2: "an address must not contain a line break"})  # fmt: skip
    yield _csv(
        "blanks that no eye sees",
        f"email,first name\n\u200b{A}\xa0,\u3000Anna \n\ufeff{B},B\u200den\n",
        {A: "Anna", B: "B\u200den"},
    )
    yield _csv("directions and separators", f"email,first name\n{A},\u202eAnna\u2028x\n{B},Ben\x85x\n",
               {A: "\u202eAnna x", B: "Ben x"})  # fmt: skip


def _addresses() -> Iterator[Case]:
    yield _csv("what are no addresses", "email\n" + "\n".join((
        "anna", "@example.org", "anna@", "anna@@example.org", "a b@example.org", "anna@example", ".anna@example.org",
        "anna.@example.org", "an..na@example.org", "anna@-x.example.org", "anna@127.0.0.1", "anna@[127.0.0.1]",
        "anna@exa_mple.org",
        "jürgen@example.org", "=?utf-8?q?anna?=@example.org",
    )) + f"\n{B}\n", {B: ""}, {
        2: "anna has no @", 3: "@example.org has nothing before the @", 4: "the address has no domain",
        5: "anna@@example.org has more",
        6: "a b@example.org contains a space", 7: "the domain example has no dot", 8: ".anna@example.org has an extra dot",
        9: "anna.@example.org has an extra dot", 10: "an..na@example.org has an extra dot",
        11: "-x.example.org is not a valid domain",
        12: "127.0.0.1 is not a valid domain", 13: "[127.0.0.1] is not a valid domain", 14: "exa_mple.org is not a valid domain",
        15: "jürgen@example.org has letters before the @", 16: "=?utf-8?q?anna?=@example.org has =? before the @",
    })  # fmt: skip
    long = ("a" * 65 + "@example.org", "anna@" + "b" * 64 + ".org", "anna@" + "b." * 145 + "example.org")
    yield _csv("addresses of 300 octets", "email\n" + "\n".join(long) + f"\n{B}\n", {B: ""}, {
        2: f"{long[0]} is too long before the @", 3: f"{'b' * 64}.org is not a valid domain", 4: f"{long[2]} is too long",
    })  # fmt: skip
    yield _csv("comments, quoted names, groups",
               'email\nanna(at home)@example.org\n"""an na""@example.org"\n"friends: a@example.org, b@example.org;"\n', {}, {
                   2: "anna(at home)@example.org contains", 3: '"an na"@example.org contains a space',
                   4: "there is more than one address",
               })  # fmt: skip
    yield _csv("names beside addresses",
               f'email,first name\nAnna Li <{A}>,Anna\n"""Li, Ben"" <{B}>",Ben\nmailto:chen@example.org,Chen\n',
               {**BOTH, "chen@example.org": "Chen"})  # fmt: skip
    yield _csv("domains in other scripts",
               "email\na@bücher.example\nb@例え.jp\nc@xn--mnchen-3ya.example\nd@\u2615.example.org\ne@xn--zzzz-.org\n",
               {"a@bücher.example": "", "b@例え.jp": "", "c@xn--mnchen-3ya.example": ""},
               {5: "\u2615.example.org is not a valid domain", 6: "xn--zzzz-.org is not a valid domain"})  # fmt: skip
    yield _csv(
        "an at sign of full width",
        f"email\nanna\uff20example.org\n{B}\n",
        {B: ""},
        {2: "anna\uff20example.org has a full-width"},
    )
    yield _csv(
        "two addresses in a cell",
        f'email\n"{A}, {B}"\n{A};{B}\n',
        {},
        dict.fromkeys((2, 3), "there is more than one address"),
    )


def _doubles() -> Iterator[Case]:
    same = "the same address as row 2"
    yield _csv("the same by case", f"email\n{A}\nAnna@Example.ORG\nANNA@EXAMPLE.ORG\n", {A: ""}, {3: same, 4: same})
    yield _csv("the same by Unicode form", "email\na@b\u00fccher.example\na@bu\u0308cher.example\nA@xn--bcher-kva.example\n",
               {"a@b\u00fccher.example": ""}, {3: same, 4: same})  # fmt: skip
    yield _csv(
        "ten thousand times the same", "email\n" + f"{A}\n" * 10_000, {A: ""}, dict.fromkeys(range(3, 10_002), same)
    )
    yield _csv("who is in it twice and has left once", f"email,status\n{A},active\n{A},unsubscribed\n{B},\n", {B: ""},
               {2: "the same address as row 3"})  # fmt: skip


def _shapes() -> Iterator[Case]:
    yield _csv("rows that are short or long", f"first name,email,company\nAnna,{A},x,y,z\nBen,{B}\nnobody\n", BOTH,
               {4: "the row has no address"})  # fmt: skip
    yield _csv("a cell of three megabytes", f"email,first name\n{A},{'x' * 3_000_000}\n{B},Ben\n", {B: "Ben"},
               {2: "first_name is 3,000,000 characters long"})  # fmt: skip
    yield _csv("an address of three megabytes", f"email,first name\n{'a' * 3_000_000}@example.org,Anna\n{B},Ben\n", {B: "Ben"},
               {2: "the address is 3,000,012 characters long"})  # fmt: skip
    yield _csv(
        "three megabytes in a column that nobody asked for",
        f"email,blob\n{A},{'x' * 3_000_000}\n{B},\n",
        {A: "", B: ""},
    )
    yield _csv("two thousand and one characters", f"email,first name\n{A},{'李' * 2000}\n{B},{'李' * 2001}\n", {A: "李" * 2000},
               {3: "first_name is 2,001 characters long"})  # fmt: skip
    wide = ",".join(f"c{number}" for number in range(2000))
    yield _csv("two thousand columns", f"{wide},email\n{',' * 2000}{A}\n", {A: ""})
    yield _csv("columns named twice", f"email,first name,First Name,email\n{A},Anna,Other,{B}\n", {A: "Anna"})
    yield _csv("formulas, guarded", "email,first name\n'=cmd@example.org,'=SUM(A1)\n'+1@example.org,''x\n",
               {"=cmd@example.org": "=SUM(A1)", "+1@example.org": "''x"})  # fmt: skip
    yield _csv("formulas, bare", "email,first name\n=cmd@example.org,=SUM(A1)\n-1@example.org,@x\n",
               {"=cmd@example.org": "=SUM(A1)", "-1@example.org": "@x"})  # fmt: skip
    yield _csv("values that would break out", f"email,first name\n{A},<script>alert(1)</script>\n{B},'; DROP TABLE people; --\n",
               {A: "<script>alert(1)</script>", B: "'; DROP TABLE people; --"})  # fmt: skip


def _other_forms() -> Iterator[Case]:
    sheet = [
        ["email", "first name"],
        [A, "Anna"],
        ["", ""],
        [B, "Ben"],
        ["nobody", "x"],
    ]
    yield Case(name="a workbook", data=workbook(sheet), people=BOTH, bad={5: "nobody has no @"}, file="list.xlsx")
    yield Case(
        name="a workbook by another name",
        data=workbook(sheet),
        people=BOTH,
        bad={5: "nobody has no @"},
        file="list.csv",
    )
    yield Case(name="a workbook without a header", data=workbook([["Anna", A]]), people={A: ""}, file="list.xlsx")
    two = archive({"a.csv": PLAIN, "b/b.csv": f"E-Mail;Vorname\n{A};x\nc@example.org;C\n"})
    yield Case(name="an archive of two lists", data=two,
               people={**BOTH, "c@example.org": "C"}, bad={2: "the same address as row 2 of a.csv"}, file="x.zip")  # fmt: skip
    yield Case(name="an archive with names that lead out", data=archive({"../../evil.csv": PLAIN, "__MACOSX/._a.csv": "\0\0"}),
               people=BOTH, file="x.zip")  # fmt: skip
    deep = '{"email": "c@example.org", "x": ' + "[" * 100_000 + "]" * 100_000 + "}\n"
    yield Case(name="JSON lines, deep", data=f'{{"email": "{A}", "first_name": "Anna"}}\n{deep}'.encode(), people={A: "Anna"},
               bad={2: "the line is not a JSON object"}, file="x.jsonl")  # fmt: skip


def workbook(rows: list[list[str]], *, padding: int = 0) -> bytes:
    """Return a workbook of one sheet, as small as spreadsheets can read."""
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{_xml(cell)}</t></is></c>'
            for at, cell in enumerate(row)
        )
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/'
            'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}{" " * padding}</sheetData></worksheet>',
        }
    )


def archive(files: Mapping[str, str]) -> bytes:
    """Return an archive of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return buffer.getvalue()


def lying(data: bytes, size: int) -> bytes:
    """Return the archive with a directory that declares this size for each unpacked file."""
    changed = bytearray(data)
    at = 0
    while (at := changed.find(b"PK\x01\x02", at)) >= 0:
        struct.pack_into("<I", changed, at + 24, size)
        at += 4
    return bytes(changed)


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
