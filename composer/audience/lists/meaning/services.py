"""Services and programs that export lists: how to recognise their files, and their peculiarities.

Input: nothing. Output: `SERVICES`, tried in this order. Guarantees: plain data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from composer.audience.lists.meaning.status_columns import Says


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A program that writes lists, recognised by columns that only it has; all names as `key_of` returns them."""

    name: str
    #: All of these must be present.
    columns: frozenset[str]
    #: One of these must be present.
    one_of: frozenset[str] = frozenset()
    #: Columns that have another meaning elsewhere, or none ("").
    columns_of: Mapping[str, str] = field(default_factory=dict)
    #: The meaning of its words, in a status or in a column about unsubscribing.
    words: Mapping[str, Says] = field(default_factory=dict)
    #: Columns that look as if they were about unsubscribing, and are not.
    ignored: frozenset[str] = frozenset()


_PHPLIST_COUNTS = _names(
    "bouncecount bounce_count number_of_bounces_on_this_user optedin did_this_user_manually_confirm htmlemail"
    " send_this_user_html_emails subscribepage which_page_was_used_to_subscribe"
)
SERVICES = (
    Service(name="compose", columns=_names("email status consented consent")),
    Service(name="Mailchimp", columns=_names("email_address leid euid")),
    Service(name="Mailchimp", columns=_names("email_address member_rating optin_time")),
    Service(name="listmonk", columns=_names("uuid email attributes status")),
    Service(name="Substack", columns=_names("email active_subscription email_disabled")),
    Service(name="Buttondown", columns=_names("creation_date metadata"), one_of=_names("type subscriber_type")),
    Service(
        name="Ghost",
        columns=_names("email subscribed_to_emails"),
        one_of=_names("stripe_customer_id complimentary_plan deleted_at labels"),
    ),
    Service(
        name="HubSpot",
        columns=_names("record_id email"),
        one_of=_names(
            "unsubscribed_from_all_email email_hard_bounce_reason lead_status lifecycle_stage contact_owner"
            " create_date"
            " marketing_contact_status"
        ),
        columns_of={"state": "", "type": "", "create_date": ""},
        ignored=_names(
            "marketing_emails_bounced marketing_contact_status lead_status contact_unworked lifecycle_stage"
        ),
    ),
    # Its export of bounced and unsubscribed people.
    Service(name="HubSpot", columns=_names("email portal_unsubscribe"), one_of=_names("portal_bounce global_bounce")),
    Service(
        name="phpList",
        columns=_names("email confirmed"),
        one_of=_names("blacklisted htmlemail foreignkey foreign_key uniqid subscribepage optedin bouncecount"),
        ignored=_PHPLIST_COUNTS,
    ),
    Service(
        name="phpList",
        columns=_names("email is_the_email_of_this_user_confirmed"),
        ignored=_PHPLIST_COUNTS,
    ),
    Service(
        name="CleverReach",
        columns=_names("registered"),
        one_of=_names("deactivated activated"),
    ),
    Service(
        name="CleverReach",
        columns=_names("registriert"),
        one_of=_names("deaktiviert aktiviert"),
    ),
    Service(
        name="Brevo",
        columns=_names("email"),
        one_of=_names("added_time double_opt_in"),
        # A category of its own: 1 is yes, 2 is no.
        words={"2": Says.UNCONFIRMED},
        columns_of={"nom": "last_name", "prenom": "first_name", "state": "", "type": ""},
    ),
    Service(
        name="Mautic",
        columns=_names("email points"),
        one_of=_names("date_identified dateidentified preferred_locale last_active date_added attribution"),
        columns_of={"state": "", "type": "", "date_added": "", "dateadded": ""},
    ),
    Service(
        name="Kit",
        columns=_names("first_name created_at"),
        one_of=_names("state status"),
        words={"cold": Says.SUBSCRIBED, "inactive": Says.UNCONFIRMED},
    ),
    Service(
        name="beehiiv",
        columns=_names("email status"),
        one_of=_names("subscription_tier subscription_premium_tier_names subscription_created_at"),
        words={
            "inactive": Says.UNSUBSCRIBED,
            "validating": Says.UNCONFIRMED,
            "needs_attention": Says.UNCONFIRMED,
            "paused": Says.UNCONFIRMED,
            "invalid": Says.BOUNCED,
        },
    ),
    Service(name="Sendy", columns=_names("name email last_activity")),
    Service(
        name="MailerLite",
        columns=_names("subscribed"),
        one_of=_names("subscriber opened clicked opens_count clicks_count opens clicks"),
        words={"junk": Says.COMPLAINED},
    ),
    Service(
        name="Keila",
        columns=_names("email first_name last_name data"),
        one_of=_names("status external_id"),
        columns_of={"data": "attributes"},
    ),
)
#: Columns of services that say nothing about a person: leaving them out is not reported.
TECHNICAL = _names(
    "member_rating optin_time optin_ip confirm_ip latitude longitude gmtoff dstoff timezone cc region"
    " last_changed leid euid"
    " created_at uuid id secondary_id updated_at referrer_url source active_subscription expiry plan first_payment_at"
    " prefer_digests note complimentary_plan stripe_customer_id tiers products gift_id record_id contact_owner"
    " create_date lead_status lifecycle_stage marketing_contact_status last_activity_date last_modified_date"
    " associated_company associated_company_ids marketing_emails_bounced htmlemail foreignkey foreign_key uniqid"
    " subscribepage"
    " rssfrequency extradata modified entered bouncecount optedin last_modified_by superuser passwordchanged"
    " registered registriert quelle contact_id added_time modified_time sms whatsapp"
    " ext_id last_changed_time points date_identified dateidentified last_active date_added dateadded"
    " attribution attribution_date"
    " stage owner owner_id subscription_tier subscription_premium_tier_names subscription_created_at"
    ""
    " referring_site referral_code referral_count referrals"
    " acquisition_source"
    " stripe_customer_url last_activity joined ip country_code sent opened clicked opens clicks opens_count"
    " clicks_count sent_count"
    " location subscriber_id signup_ip confirmation_ip ip_address external_id inserted_at open_rate click_rate"
)
