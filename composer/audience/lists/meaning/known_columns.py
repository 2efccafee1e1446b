"""The targets of columns, and the names of each in several languages.

Input: nothing. Output: `KNOWN`, names as `normal_keys.key_of` returns them. Guarantees: plain data.
"""

from collections.abc import Mapping


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: The targets of columns, besides the newsletter's own merge fields, with their known names (see `key_of`).
KNOWN: Mapping[str, frozenset[str]] = {
    "email": _names(
        "email e_mail mail email_address e_mail_address mail_address address_email emailaddress e_mail_adresse emailadresse"
        " mailadresse e_mailadresse adresse_e_mail adresse_email courriel correo correo_electronico indirizzo_email e_post"
        " epost 邮箱 电子邮件 电子邮箱 邮件地址 电邮 電子郵件 メールアドレス"
    ),
    "name": _names("name full_name fullname display_name vollstandiger_name nom_complet 姓名 名字 氏名"),
    "first_name": _names("first_name firstname fname given_name vorname prenom nombre nome forename 名"),
    "last_name": _names(
        "last_name lastname lname surname family_name nachname familienname nom apellido apellidos cognome 姓"
    ),
    "language": _names(
        "language lang locale sprache langue idioma lingua preferred_language preferred_locale 语言 語言 言語"
    ),
    "tags": _names("tags tag groups labels schlagworte schlagworter 标签"),
    "status": _names(
        "status state type subscriber_type subscription_status subscriber_status email_status mail_status newsletter_status"
        " contact_status member_status list_status abo_status abostatus newsletterstatus kontaktstatus empfangerstatus"
        " statut statut_abonnement estado_suscripcion estatus 状态 订阅状态 邮箱状态 用户状态 狀態"
    ),
    "consented": _names(
        "confirm_time optin_time created_at creation_date consented subscribed_at opt_in_time signup sign_up signup_date"
        " sign_up_date signup_time subscribe_date subscribed_on subscribed_date date_subscribed subscription_date"
        " subscriber_since opt_in_date optin_date opted_in_at optin_at joined date_joined registered registriert registered_at"
        " registration_date date_added added_time entered consent_date confirmed_at confirmed_on confirmation_date"
        " confirmation_time confirm_date date_confirmed anmeldedatum angemeldet_am angemeldet_seit abonniert_am"
        " abonniert_seit bestatigt_am date_inscription date_d_inscription date_d_abonnement fecha_alta fecha_de_alta"
        " fecha_suscripcion fecha_de_suscripcion 订阅时间 订阅日期"
    ),
    "left": _names("unsub_time clean_time"),
    "consent": _names("consent"),
    "attributes": _names("attributes metadata"),
    "disabled": _names("email_disabled"),
}
#: Columns with this meaning in the lists of known services, and with any meaning elsewhere.
ONLY_OF_SERVICES = _names(
    "type state created_at creation_date attributes metadata unsub_time clean_time email_disabled"
)
