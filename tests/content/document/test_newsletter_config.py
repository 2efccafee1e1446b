"""The typed settings of newsletter.yaml: each key has its own field, and only one module knows the defaults."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.newsletter_config import (
    ApprovalsConfig,
    BrandConfig,
    CheckConfig,
    DeliveryConfig,
    DkimConfig,
    ImapConfig,
    PdfConfig,
    RouteConfig,
    ServerConfig,
)
from composer.core.addresses import Address
from composer.core.errors import ContentError
from tests.factories import LETTER, sample, sample_message
from tests.source_trees import source_trees

pytestmark = pytest.mark.slow

DELIVERY = """\
delivery:
  transport: outbox
  list_id: letters.example.org
  feedback_id: letters
  smtp:
    host: smtp.example.org
    port: 2525
    security: tls
    username: letters
    ca_file: ca.pem
  imap:
    host: imap.example.org
    security: none
    username: bounces
    folder: Bounces
    read: Done
    kept: Odd
  dkim:
    domain: example.org
    selectors: [one, two]
  relay_rewrites: [date]
  bounces: Bounces <bounces@example.org>
  ses_topics: [arn:one]
  public_url: https://example.org/n/
  unsubscribe_url: https://example.org/leave/{token}
  unsubscribe_mailto: leave@example.org
  rate: 10/s
  connections: 7
  daily_quota: 900
  signup_mail_per_hour: 50
"""


def _newsletter(folder: Path, more: str = "") -> Newsletter:
    return read_newsletter(sample_message(folder, newsletter=LETTER + more))


def test_delivery(tmp_path: Path) -> None:
    """Every key below `delivery:` has its own field; addresses and rates are already converted."""
    assert _newsletter(tmp_path, DELIVERY).delivery == DeliveryConfig(
        transport="outbox",
        list_id="letters.example.org",
        feedback_id="letters",
        smtp=(
            RouteConfig(
                server=ServerConfig(
                    host="smtp.example.org", port=2525, security="tls", username="letters", ca_file="ca.pem"
                )
            ),
        ),
        imap=ImapConfig(
            server=ServerConfig(host="imap.example.org", port=143, security="none", username="bounces"),
            folder="Bounces",
            read="Done",
            kept="Odd",
        ),
        dkim=DkimConfig(domain="example.org", selectors=("one", "two")),
        relay_rewrites=("date",),
        bounces=Address(name="Bounces", address="bounces@example.org"),
        ses_topics=("arn:one",),
        public_url="https://example.org/n/",
        unsubscribe_url="https://example.org/leave/{token}",
        unsubscribe_mailto=Address(address="leave@example.org"),
        rate=600.0,
        connections=7,
        daily_quota=900,
        signup_mail_per_hour=50,
    )  # fmt: skip


def test_brand_and_sender(tmp_path: Path) -> None:
    """`brand:` and `sender:` are read; a logo is a picture with alt text."""
    assets = tmp_path / "assets"
    assets.mkdir()
    for name in ("light", "dark"):
        Image.new("RGB", (8, 4), "red").save(assets / f"{name}.png")
    sender = "  postal_address: Street 1\n  privacy_url: https://example.org/privacy\nsections:"
    brand = (
        "brand:\n  logo:\n    light: assets/light.png\n    dark: assets/dark.png\n    alt: Letters\n"
        '  accent: "#123456"\n  assets_url: https://example.org/a/\n  homepage: https://example.org\n'
    )
    newsletter = read_newsletter(sample_message(tmp_path, newsletter=LETTER.replace("sections:", sender) + brand))
    assert (newsletter.postal_address, newsletter.privacy_url) == ("Street 1", "https://example.org/privacy")
    logo, dark = newsletter.brand.logo, newsletter.brand.dark_logo
    assert (logo and logo.name, dark and dark.name) == ("light.png", "dark.png")
    assert replace(newsletter.brand, logo=None, dark_logo=None) == BrandConfig(
        logo_words="Letters", accent="#123456", assets_url="https://example.org/a/", homepage="https://example.org"
    )
    assert _newsletter(tmp_path).brand == BrandConfig()


def test_delivery_defaults(tmp_path: Path) -> None:
    """Default ports depend on the security, and folders have the default names in the schema."""
    assert _newsletter(tmp_path).delivery == DeliveryConfig()
    given = "delivery:\n  smtp:\n    host: a.example\n  imap:\n    host: b.example\n  dkim: relay\n"
    delivery = _newsletter(tmp_path, given).delivery
    assert delivery == DeliveryConfig(
        smtp=(RouteConfig(server=ServerConfig(host="a.example", port=587, security="starttls")),),
        imap=ImapConfig(server=ServerConfig(host="b.example", port=993, security="tls")),
        dkim="relay",
    )


def test_approvals_checks_and_people(tmp_path: Path) -> None:
    """`approvals:`, `checks:`, `editors:`, `offers:` and `database:` are read."""
    given = (
        "approvals:\n  needed: 1\n  by: [Anna <anna@example.org>, anna+2@example.org]\n"
        "checks:\n  SUBJ01:\n    warn: 70\n    info: 0\n  LAW02:\n    level: off\n  LAW01:\n"
        "editors: [anna@example.org]\noffers:\n  press: Press releases\n  staff:\ndatabase: data/n.db\n"
    )
    newsletter = _newsletter(tmp_path, given)
    anna = Address(name="Anna", address="anna@example.org")
    assert newsletter.approvals == ApprovalsConfig(needed=1, by=(anna, Address(address="anna+2@example.org")))
    assert newsletter.checks == {
        "SUBJ01": CheckConfig(limits={"info": 0, "warn": 70}),
        "LAW02": CheckConfig(level="off"),
        "LAW01": CheckConfig(),
    }
    assert newsletter.editors == (Address(address="anna@example.org"),)
    assert newsletter.offers == {"press": "Press releases", "staff": "staff"}
    assert newsletter.database == "data/n.db"
    bare = _newsletter(tmp_path)
    assert (bare.approvals, bare.checks, bare.editors, bare.offers) == (ApprovalsConfig(), {}, (), {})
    assert bare.database is None


def test_pdf(tmp_path: Path) -> None:
    """`pdf:` is read; without it, an issue is printed on A4 without a list of links."""
    assert _newsletter(tmp_path).pdf == PdfConfig(paper="A4", has_link_list=False)
    given = "pdf:\n  paper: Letter\n  link_list: true\n"
    assert _newsletter(tmp_path, given).pdf == PdfConfig(paper="Letter", has_link_list=True)
    with pytest.raises(ContentError) as caught:
        _newsletter(tmp_path, "pdf:\n  paper: legal\n  link_list: perhaps\n")
    assert [(each.line, each.code) for each in caught.value.problems] == [(11, "choice"), (12, "type")]


#: Functions that look up values by key, for issues and for a theme's own files.
_LOOKUPS = {"group_in", "groups_in", "text_in", "value_in"}
_OF_ISSUES_AND_THEMES = {
    # The labels of each section type, which it writes out for translation.
    "app/scaffold/new_language.py",
    "render/templating/theme.py",
    "render/template_values.py",
    "render/web/derived_section.py",
    "checks/issue_text.py",
    "publish/rendered_issue.py",
    "checks/rules/message/legal.py",
    "checks/rules/page/compatibility.py",
    "checks/rules/text/days_and_times.py",
    "checks/rules/text/editorial.py",
}


def _uses(names: set[str]) -> set[str]:
    """Return the modules that use one of these names."""
    found = set()
    for module, tree in source_trees():
        for node in ast.walk(tree):
            named = (getattr(node, "attr", None), getattr(node, "id", None), getattr(node, "name", None))
            if names & {each for each in named if isinstance(each, str)}:
                found.add(module)
    return found


def test_no_module_reads_settings_by_key() -> None:
    """Only templates and the content package read newsletter.yaml by key; other modules use the typed fields."""
    outside = {each for each in _uses({"template_values"}) if not each.startswith("content/document/")}
    assert outside == {"render/template_values.py"}
    # Drafts become fields of issues, which only their schema names.
    lookups = {each for each in _uses(_LOOKUPS) if not each.startswith(("content/", "drafts/"))}
    assert lookups == _OF_ISSUES_AND_THEMES


def test_the_archive_has_no_key_of_a_link(tmp_path: Path) -> None:
    """Its address is not a link that somebody checked, so an unknown key does not suggest `checked`."""
    workspace = sample_message(tmp_path)
    (workspace.root / "newsletter.yaml").write_text(f"{LETTER}archive:\n  chekced: 2025-01-30\n", encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        read_newsletter(workspace)
    (problem,) = caught.value.problems
    assert problem.code == "unknown-key" and "checked" not in problem.hint


def test_a_language_that_names_a_removed_section(tmp_path: Path) -> None:
    """Each section that newsletter.yaml no longer has is reported at its line; one with a type of its own is accepted."""
    workspace = sample(tmp_path)
    path = workspace.root / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  digest:\n", "  press_digest:\n"), encoding="utf-8")
    other = workspace.root / "newsletter.de.yaml"
    text = other.read_text(encoding="utf-8").replace("  podcasts:\n", "  own:\n    type: text\n  podcasts:\n")
    other.write_text(text, encoding="utf-8")
    line = text.splitlines().index("  digest:") + 1
    with pytest.raises(ContentError) as caught:
        read_newsletter(workspace, "de")
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.column, problem.code) == ("newsletter.de.yaml", line, 3, "unknown-key")
    assert "“digest”" in problem.message and problem.hint
    other.write_text(text.replace("  digest:\n", "  press_digest:\n"), encoding="utf-8")
    assert "own" in [spec.key for spec in read_newsletter(workspace, "de").sections]


def test_a_section_without_settings_in_a_language_stays(tmp_path: Path) -> None:
    """An empty key in the file of a language changes nothing."""
    workspace = sample(tmp_path)
    (workspace.root / "newsletter.de.yaml").write_text("language: de\nsections:\n  digest:\n", encoding="utf-8")
    own, other = read_newsletter(workspace), read_newsletter(workspace, "de")
    assert [spec.key for spec in other.sections] == [spec.key for spec in own.sections]


SEVERAL = """delivery:
  smtp:
    - name: big
      host: a.example
      domains:
        - Gmail.com
        - münchen.example
      rate: 10/s
      connections: 2
      daily_quota: 900
    - name: backup-1
      host: b.example
      security: tls
      username: letters
"""


def test_several_mail_servers(tmp_path: Path) -> None:
    """In their order; domains are in ASCII and lower case, and a server may have no limits of its own."""
    assert _newsletter(tmp_path, SEVERAL).delivery.smtp == (
        RouteConfig(
            name="big",
            server=ServerConfig(host="a.example", port=587, security="starttls"),
            domains=("gmail.com", "xn--mnchen-3ya.example"),
            rate=600.0,
            connections=2,
            daily_quota=900,
        ),
        RouteConfig(
            name="backup-1", server=ServerConfig(host="b.example", port=465, security="tls", username="letters")
        ),
    )


@pytest.mark.parametrize(
    ("wrong", "right", "code"),
    [
        ("name: backup-1", "name: big", "duplicate-key"),
        ("name: backup-1", "name: Backup 1", "key"),
        ("    - name: backup-1\n      host", "    - host", "required"),
        ("username: letters", "domains:\n        - b.example", "required"),
        ("- Gmail.com", "- anna@gmail.com", "host"),
        ("username: letters", "password: letters", "secret"),
    ],
)
def test_mistakes_about_mail_servers(tmp_path: Path, wrong: str, right: str, code: str) -> None:
    """Two with one name, an unusable name, none for all domains, an address as a domain, a password."""
    assert wrong in SEVERAL
    with pytest.raises(ContentError) as caught:
        _newsletter(tmp_path, SEVERAL.replace(wrong, right))
    assert [each.code for each in caught.value.problems] == [code], caught.value.problems
