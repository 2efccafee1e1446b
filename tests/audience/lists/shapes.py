"""Lists as people in this job have them, with the people who may become active."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.audience.lists.corpus import workbook

#: What programs put around an address: direction marks, fillers, blanks, variation selectors, controls.
INVISIBLE = (
    *(0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069),
    *(
        0xFE0F,
        0x180E,
        0x34F,
        0x61C,
        0x3164,
        0xE0001,
        0xE0020,
        0xA0,
        0x2000,
        0x2003,
        0x2009,
        0x200A,
        0x200B,
        0x200C,
        0x200D,
    ),
    *(
        0x200E,
        0x200F,
        0x3000,
        0xFEFF,
        0x202F,
        0x205F,
        0xAD,
        0x2028,
        0x2029,
        0x85,
        0x1,
        0x7F,
        0x115F,
        0x1160,
        0x17B4,
        0xFFA0,
    ),
    *(0x2800, 0x206A, 0xFFF9, 0x1D173, 0xE0101),
)


@dataclass(frozen=True)
class Shape:
    """A list. Names say the expected result: `in1@`, `wait1@`, `out1@`, `ask1@`; `bad1` is not an address."""

    name: str
    data: bytes
    file: str = "list.csv"
    #: Options of the command.
    options: tuple[str, ...] = ()
    #: The names before the @ of all people in it.
    names: frozenset[str] = frozenset()
    #: What the user must decide first: "column: value" for values that are not understood, the column for dates.
    asked: frozenset[str] = field(default_factory=frozenset)


def _csv(
    name: str, text: str, *asked: str, encoding: str = "utf-8", options: tuple[str, ...] = (), file: str = "list.csv"
) -> Shape:
    return Shape(name=name, data=text.encode(encoding), file=file, options=options, asked=frozenset(asked))


def shapes() -> Iterator[Shape]:
    """Yield every list."""
    for shape in (*_services(), *_columns(), *_asking(), *_others()):
        names = shape.names or frozenset(
            re.findall(r"([a-z]+[0-9]+)@example\.org", shape.data.decode("utf-8", "replace"))
        )
        yield replace(shape, names=names)


def _services() -> Iterator[Shape]:
    yield _csv(
        "Ghost",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n"
        "1,in1@example.org,A,,true,false,,2021-01-01T00:00:00.000Z,,vip,\n"
        "2,out1@example.org,B,,false,false,,2021-01-01T00:00:00.000Z,,,\n"
        "3,out2@example.org,C,,true,false,,2021-01-01T00:00:00.000Z,2022-01-01T00:00:00.000Z,,\n",
    )
    yield _csv(
        "HubSpot",
        "Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Marketing contact status,Unsubscribed from all email,"
        "Email hard bounce reason,Opted out of email: Marketing Information\n"
        "1,A,B,in1@example.org,,NEW,Marketing contact,FALSE,,\n"
        "2,A,B,out1@example.org,,,Marketing contact,TRUE,,\n"
        "3,A,B,out2@example.org,,,Non-marketing contact,,Unknown user,\n"
        "4,A,B,out3@example.org,,,,,,TRUE\n",
    )
    yield _csv(
        "HubSpot's unsubscribes and bounces",
        "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing Information\n"
        "out1@example.org,,TRUE,,,\nout2@example.org,UNKNOWN_USER,,,,\nout3@example.org,,,TRUE,,\nout4@example.org,,,,TRUE,\n",
    )
    yield _csv(
        "Mautic",
        "id,title,firstname,lastname,email,points,last_active,date_identified,preferred_locale,state,DNC\n"
        "1,Mr,A,B,in1@example.org,5,2024-05-01 10:00:00,2024-01-01,de,Bavaria,0\n"
        "2,Ms,A,B,out1@example.org,5,,,fr,,1\n3,,A,B,out2@example.org,5,,,,,Bounced\n",
    )
    yield _csv(
        "Brevo",
        "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;DOUBLE_OPT-IN;OPT_IN;ADDED_TIME;MODIFIED_TIME;EMAIL_MARKETING\n"
        "1;in1@example.org;A;B;1;Yes;2024-01-31 10:00:00;;Subscribed\n2;out1@example.org;A;B;1;Yes;2024-01-31;;Unsubscribed\n"
        "3;wait1@example.org;A;B;2;Yes;2024-01-31;;Subscribed\n4;out2@example.org;A;B;1;No;2024-01-31;;Subscribed\n",
    )
    yield _csv(
        "phpList",
        "email,confirmed,blacklisted,optedin,bouncecount,entered,modified,htmlemail,disabled,foreignkey\n"
        "in1@example.org,1,0,0,2,2019-01-01 10:00:00,,1,0,\nwait1@example.org,0,0,0,0,2019-01-01,,1,0,\n"
        "out1@example.org,1,1,0,0,2019-01-01,,1,0,\nout2@example.org,1,0,0,0,2019-01-01,,1,1,\n",
    )
    yield _csv(
        "phpList's long names",
        "Email\tIs the email of this user confirmed\tIs this user blacklisted\tNumber of bounces on this user\t"
        "Send this user HTML emails\tIs this account disabled?\n"
        "in1@example.org\t1\t0\t3\t1\t0\nout1@example.org\t1\t1\t0\t1\t0\nwait1@example.org\t0\t0\t0\t1\t0\n",
    )
    yield _csv(
        "CleverReach",
        "email;registered;activated;deactivated;source;Vorname\n"
        "in1@example.org;2020-01-01 10:00:00;2020-01-01 11:00:00;0;Form;Änne\n"
        "wait1@example.org;2020-01-01 10:00:00;0;0;Form;B\nout1@example.org;2020-01-01;2020-01-02;2021-01-01 10:00:00;Form;C\n",
    )
    yield _csv(
        "CleverReach in German",
        "E-Mail;Registriert;Aktiviert;Deaktiviert;Quelle\nin1@example.org;01.02.2020;01.02.2020;;Import\n"
        "out1@example.org;01.02.2020;01.02.2020;13.05.2021;Import\nwait1@example.org;01.02.2020;;;Import\n",
    )
    yield _csv(
        "MailerLite",
        "Subscriber,Status,Sent,Opened,Clicked,Subscribed,Unsubscribed\n"
        "in1@example.org,active,10,5,1,2023-01-13 10:00:00,\nout1@example.org,unsubscribed,10,5,1,2023-01-13,2024-01-13\n"
        "wait1@example.org,unconfirmed,0,0,0,2023-01-13,\nout2@example.org,bounced,1,0,0,2023-01-13,\n"
        "out3@example.org,junk,1,0,0,2023-01-13,\n",
    )
    yield _csv(
        "Kit",
        "first_name,email_address,state,created_at\nA,in1@example.org,active,2023-01-27T11:43:55Z\n"
        "B,out1@example.org,cancelled,2023-01-27T11:43:55Z\nC,out2@example.org,bounced,2023-01-27T11:43:55Z\n"
        "D,out3@example.org,complained,2023-01-27T11:43:55Z\nE,wait1@example.org,inactive,2023-01-27T11:43:55Z\n"
        "F,in2@example.org,cold,2023-01-27T11:43:55Z\n",
    )
    yield _csv(
        "beehiiv",
        "email,status,subscription_tier,created_at,utm_source\nin1@example.org,active,free,2024-01-01,x\n"
        "out1@example.org,inactive,free,2024-01-01,x\nwait1@example.org,validating,free,2024-01-01,x\n"
        "wait2@example.org,pending,premium,2024-01-01,x\nout2@example.org,invalid,free,2024-01-01,x\n",
    )
    yield _csv(
        "Sendy",
        '"Name","Email","Last activity","Status"\n"A","in1@example.org","2024-01-01","Active"\n'
        '"B","out1@example.org","","Unsubscribed"\n'
        '"C","out2@example.org","","Bounced"\n"D","out3@example.org","","Marked as spam"\n'
        '"E","wait1@example.org","","Unconfirmed"\n',
    )
    yield _csv(
        "Keila",
        "Email,First name,Last name,External ID,Data,Status\n"
        'in1@example.org,A,B,,"{""company"": ""ACME""}",active\nout1@example.org,A,B,,{},unsubscribed\n'
        "out2@example.org,A,B,,{},unreachable\n",
    )
    yield _csv(
        "Mautic, of those who get mail only",
        "id,firstname,lastname,email,points,last_active\n1,A,B,in1@example.org,5,\n",
    )


def _columns() -> Iterator[Shape]:
    yield _csv(
        "opt-in in German", "Email,Name,Opt-in\nin1@example.org,A,ja\nout1@example.org,B,nein\nwait1@example.org,C,\n"
    )
    yield _csv(
        "subscribed, yes and no",
        "email,subscribed\nin1@example.org,yes\nout1@example.org,no\nin2@example.org,TRUE\nout2@example.org,FALSE\n"
        "in3@example.org,1\nout3@example.org,0\n",
    )
    yield _csv(
        "unsubscribed, by word and date",
        "email,unsubscribed\nin1@example.org,no\nout1@example.org,yes\nin2@example.org,\nout2@example.org,2024-01-05\n"
        "out3@example.org,05.01.2024 10:22\nin3@example.org,0000-00-00 00:00:00\nin4@example.org,NULL\n"
        "out4@example.org,unsubscribed\n"
        "out5@example.org,-1\n",
    )
    yield _csv(
        "a web program's table",
        "id,email,confirmed_at,unsubscribed_at,bounced_at\n1,in1@example.org,2024-01-01 10:00:00,,\n"
        "2,wait1@example.org,,,\n3,out1@example.org,2024-01-01 10:00:00,2024-05-01 10:00:00,\n"
        "4,out2@example.org,2024-01-01,,2024-05-01\n5,in2@example.org,2024-01-01 10:00:00,NULL,NaN\n",
    )
    yield _csv(
        "German, by hand",
        "E-Mail-Adresse;Vorname;Nachname;Abgemeldet am;Rückläufer;Beschwerde\nin1@example.org;Jörg;Groß;;;\n"
        "out1@example.org;A;B;3. Mai 2024;;\nout2@example.org;A;B;;x;\nout3@example.org;A;B;;;ja\n",
        encoding="cp1252",
    )
    yield _csv(
        "Newsletter, yes or no", "Mail;Newsletter\nin1@example.org;Ja\nout1@example.org;Nein\nwait1@example.org;\n"
    )
    yield _csv("no newsletter", "E-Mail;Kein Newsletter\nin1@example.org;\nout1@example.org;x\nin2@example.org;nein\n")
    yield _csv(
        "French",
        "Courriel;Prénom;Nom;Désabonné(e);Date de désinscription;Plainte\nin1@example.org;Zoé;Müller;non;;\n"
        "out1@example.org;A;B;oui;;\nout2@example.org;A;B;;14/03/2024;\nout3@example.org;A;B;;;oui\n",
    )
    yield _csv(
        "French consent", "E-mail;Consentement RGPD\nin1@example.org;Oui\nout1@example.org;Non\nwait1@example.org;\n"
    )
    yield _csv(
        "Spanish",
        "Correo electrónico,Nombre,Apellidos,Fecha de baja,Rebotado\nin1@example.org,José,Niño,,no\n"
        "out1@example.org,A,B,14 de marzo de 2024,\nout2@example.org,A,B,,sí\n",
    )
    yield _csv(
        "Spanish status",
        "Correo,Estado\nin1@example.org,suscrito\nout1@example.org,baja\nwait1@example.org,pendiente\n",
    )
    yield _csv(
        "Chinese",
        "邮箱,姓名,是否退订,退信\nin1@example.org,李梅,否,\nout1@example.org,王伟,是,\nout2@example.org,张敏,否,是\n",
    )
    yield _csv(
        "Chinese status",
        "电子邮箱,姓名,订阅状态\nin1@example.org,李,已订阅\nout1@example.org,王,已退订\nwait1@example.org,张,未确认\n",
        encoding="gb18030",
    )
    yield _csv(
        "status in German",
        "Email,Status\nin1@example.org,aktiv\nout1@example.org,inaktiv\nout2@example.org,Abgemeldet\nin2@example.org,angemeldet\n"
        "wait1@example.org,unbestätigt\n",
    )
    yield _csv(
        "two columns that differ: the worse one counts",
        "email,status,unsubscribed,bounced\nin1@example.org,active,no,no\nout1@example.org,active,yes,no\n"
        "out2@example.org,active,no,yes\nout3@example.org,unsubscribed,no,no\n",
    )
    yield _csv(
        "the reason of a bounce, and of leaving",
        "email,bounce reason,unsubscribe reason\nin1@example.org,,\nout1@example.org,550 5.1.1 no such user,\n"
        "out2@example.org,,too many messages\n",
    )
    yield _csv("unconfirmed", "email,Unconfirmed\nin1@example.org,no\nwait1@example.org,yes\n")
    yield _csv(
        "consent, in words and not",
        "email,consent\nin1@example.org,form of 2024\nin2@example.org,yes\nout1@example.org,no\n",
    )
    yield _csv(
        "do not e-mail", "Email,Do Not Email,DNC\nin1@example.org,0,\nout1@example.org,1,\nout2@example.org,0,yes\n"
    )


def _asking() -> Iterator[Shape]:
    # A column called "state" is about the subscription if one of its values is: then nobody is active by a value that is
    # not understood.
    yield _csv(
        "a state with words of its own",
        "Email,State\nin1@example.org,subscribed\nout1@example.org,unsubscribed\nask1@example.org,lapsed\n"
        "ask2@example.org,paused by user\n",
        "State: lapsed",
        "State: paused by user",
    )
    yield _csv(
        "a Spanish state with words of its own",
        "Correo,Estado\nin1@example.org,suscrito\nout1@example.org,baja\nask1@example.org,cancelado\n"
        "ask2@example.org,Dado de baja por el usuario\n",
        "Estado: cancelado",
        "Estado: Dado de baja por el usuario",
    )
    yield _csv(
        "a French state with active people",
        "Courriel,État\nin1@example.org,actif\nask1@example.org,résilié\nask2@example.org,\n",
        "État: résilié",
        "État: (empty)",
    )
    yield _csv(
        "a German state of which one value was explained",
        "E-Mail,Zustand\nask1@example.org,storniert\nout1@example.org,inaktiv\nask2@example.org,entfernt\n",
        "Zustand: storniert",
        "Zustand: entfernt",
        options=("--map", "inaktiv=unsubscribed"),
    )
    yield _csv(
        "states of a country",
        "Email,State\nin1@example.org,Texas\nin2@example.org,Baja California\nin3@example.org,\n",
    )
    statuses = "email,status\nask1@example.org,\nout1@example.org,unsubscribed\nin1@example.org,active\n"
    yield _csv("a status that some lack", statuses, "status: (empty)")
    yield _csv(
        "a status that some lack, decided",
        statuses.replace("ask1", "in2"),
        options=("--map", "(empty)=subscribed"),
    )
    yield _csv("a status for those who left", "email,status\nin1@example.org,\nout1@example.org,unsubscribed\n")
    for language, column, remark in (
        ("English", "Notes", "please remove me from the list"),
        ("German", "Bemerkung", "hat sich am 12.3. abgemeldet"),
        ("French", "Remarques", "ne souhaite plus recevoir la lettre"),
        ("Spanish", "Observaciones", "pidió la baja en marzo"),
        ("Chinese", "备注", "客户要求退订"),
    ):
        text = f"email,{column}\nask1@example.org,{remark}\nin1@example.org,VIP\nin2@example.org,\n"
        yield _csv(f"remarks in {language}", text, f"{column}: {remark}")
    yield _csv(
        "remarks, decided",
        "email,Notes\nout1@example.org,please remove me\nin1@example.org,no longer at ACME; moved to Baja California\n",
        options=("--map", "please remove me=unsubscribed"),
    )
    yield _csv(
        "remarks about anything else",
        "email,Notes,City\nin1@example.org,met at the opt-in workshop; asked about spam filters,Spamwood\n"
        "in2@example.org,Newsletter gefällt ihr sehr; keine Eile,Bad Kündigen\nin3@example.org,left early on Friday,Bouncetown\n",
    )
    gold = "email,status\nin1@example.org,gold\nin2@example.org,gold\nout1@example.org,lapsed\n"
    yield _csv("a status that is not understood", gold, "status: gold", "status: lapsed")
    yield _csv("a status that is explained", gold, options=("--map", "gold=subscribed", "--map", "lapsed=unsubscribed"))
    gone = "email,Gone?\nin1@example.org,\nout1@example.org,unsubscribed\n"
    yield _csv("a plain word in a column that says nothing", gone, "Gone?: unsubscribed")
    yield _csv("a column that is explained", gone, options=("--map", "Gone?=unsubscribed"))
    yield _csv("a column that may be about leaving", "email,Mailings\nask1@example.org,A+B\n", "Mailings: A+B")
    yield _csv(
        "counts of bounces", "email,bounces\nask1@example.org,0\nask2@example.org,3\n", "bounces: 3", "bounces: 0"
    )
    yield _csv("a tag about leaving", "email,tags\nask1@example.org,vip; unsubscribed\n", "tags: unsubscribed")
    yield _csv("empty cells that are explained", "email,consent\nin1@example.org,yes\nwait1@example.org,\n",
               options=("--map", "(empty)=unconfirmed"))  # fmt: skip
    yield _csv("words that contradict the column", "email,opt-out\nask1@example.org,active\n", "opt-out: active")
    yield _csv("yes and nothing", "email,consent\nask1@example.org,yes\nask2@example.org,\n", "consent: (empty)")
    dates = "email,signup\nin1@example.org,03/04/2024\nin2@example.org,2024-03-14\nin3@example.org,14 March 2024\n"
    yield _csv("dates in two orders", dates, "signup")
    yield _csv("dates in an order that is said", dates, options=("--dates", "mdy"))


def _others() -> Iterator[Shape]:
    yield _csv(
        "a title above",
        "Subscribers as of 1 March 2025,,\n\nEmail,First name,Unsubscribed\nin1@example.org,A,\nout1@example.org,B,x\n",
    )
    sheets = workbook(
        [["Email", "Name", "Abgemeldet"], ["in1@example.org", "Ann", "nein"], ["out1@example.org", "B", "ja"]]
    )
    yield Shape(name="a workbook", data=sheets, file="list.xlsx", names=frozenset(("in1", "out1")))
    yield _csv(
        "marks of direction",
        "Email,Name\n\u202ain1@example.org\u202c,A\n\u2068in2@example.org\u2069,B\n\ufe0fin3@example.org,C\n",
    )
    yield _csv(
        "nothing, in words", "email,first name,unsubscribed\nin1@example.org,NULL,N/A\nin2@example.org,NaN,null\n"
    )
    yield _csv(
        "an old Mac",
        "E-Mail;Vorname;Abgemeldet\nin1@example.org;Jürgen;nein\nout1@example.org;Zoë;ja\n",
        encoding="mac_roman",
    )
    yield _csv(
        "Japanese, as it is not",
        "メールアドレス,氏名\nin1@example.org,山田太郎\nin2@example.org,鈴木一郎\n",
        encoding="shift_jis",
    )
    yield _csv(
        "Chinese of Taiwan", "email,姓名\nin1@example.org,陳美玲\n", encoding="big5", options=("--encoding", "big5")
    )
    yield _csv(
        "what no eye sees",
        "Email,Name\n"
        + "".join(f"{chr(sign)}in{at}@example.org{chr(sign)},U+{sign:04X}\n" for at, sign in enumerate(INVISIBLE)),
    )
    yield _csv(
        "Japanese",
        "メールアドレス,氏名\nin1@example.org,山田太郎\n",
        encoding="shift_jis",
        options=("--encoding", "shift_jis"),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "email,unsubscribed\nin1@example.org,no\n")
        archive.writestr("b.csv", "email,unsubscribed\nout1@example.org,yes\n")
    yield Shape(name="an archive", data=packed.getvalue(), file="lists.zip", names=frozenset(("in1", "out1")))
    yield _csv("objects", '{"email": "in1@example.org", "unsubscribed": false}\n'
               '{"email": "out1@example.org", "unsubscribed": true}\n',
               file="list.jsonl")  # fmt: skip
