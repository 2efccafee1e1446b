"""The newsletter for the public pages: in each of its languages, with what subscribers can choose.

Input: the workspace. Output: a `PublicNewsletter`. It is read from newsletter.yaml and its overlays when the server starts and at
each reload.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.values.merge_fields import names_in
from composer.core.errors import ComposeError
from composer.core.language_tags import nearest_language
from composer.core.workspace import Workspace
from composer.web.public.http.guard import PublicAddress
from composer.web.public.site.brand import Brand, brand_of
from composer.web.public.site.translations import Translations, read_translations

#: The parts of a name, in the order of the forms.
_NAMES = ("first_name", "last_name", "name")
#: Number of latest issues that are searched for merge fields.
_LATEST = 5


class PublicError(ComposeError):
    """The public pages cannot be served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChoice:
    """A merge field or tag that a subscriber can set, with its label."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicNewsletter:
    """The newsletter and its overlays, by language; the first is the newsletter's own."""

    address: PublicAddress
    newsletters: Mapping[str, Newsletter]
    brands: Mapping[str, Brand] = field(repr=False)
    #: The pages' texts in these languages.
    translations: Translations = field(repr=False)
    #: Merge fields that the newsletter and its latest issues use, for example in a greeting.
    used: frozenset[str] = frozenset()

    @property
    def language(self) -> str:
        """The newsletter's own language."""
        return next(iter(self.newsletters))

    @property
    def main(self) -> Newsletter:
        """The newsletter itself."""
        return self.newsletters[self.language]

    @property
    def editions(self) -> tuple[tuple[str, str], ...]:
        """The languages of its editions, with their own names."""
        return tuple((tag, texts.name) for tag, texts in self.translations.texts.items())

    def nearest(self, language: str) -> str:
        """Return the language of the edition for a subscriber's language: the same, else the newsletter's."""
        return nearest_language(language, self.newsletters) or self.language

    def newsletter(self, language: str) -> Newsletter:
        """Return the newsletter in the nearest language."""
        return self.newsletters[self.nearest(language)]

    def brand(self, language: str) -> Brand:
        """Return the brand in the nearest language."""
        return self.brands[self.nearest(language)]

    def name_fields(self, stored: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """List the parts of a name that forms ask for: those that messages use, and those with a stored value.

        If messages use none, forms ask for the whole name.
        """
        used = [name for name in _NAMES if name in self.used] or ["name"]
        return tuple(name for name in _NAMES if name in used or (stored or {}).get(name))

    def sign_up_fields(self, language: str) -> tuple[LanguageChoice, ...]:
        """List the newsletter's own fields of the sign-up form: those that have a label and that messages use."""
        return tuple(choice for choice in self.fields(language) if choice.name in self.used)

    def fields(self, language: str) -> tuple[LanguageChoice, ...]:
        """List the merge fields that a subscriber can fill in: those with a label in newsletter.yaml."""
        labels = self.newsletter(language).labels
        return tuple(LanguageChoice(name=name, label=label) for name, label in labels.items())

    def offers(self, language: str) -> tuple[LanguageChoice, ...]:
        """List the tags that a subscriber can choose."""
        offered = self.newsletter(language).offers
        return tuple(LanguageChoice(name=name, label=label) for name, label in offered.items())


def read_publication(workspace: Workspace) -> PublicNewsletter:
    """Read the newsletter in all its languages. Raises ContentError, or PublicError without a usable public address."""
    main = read_newsletter(workspace)
    url = main.delivery.public_url
    if url is None:
        hint = "write   delivery:   and below it   public_url: https://news.example.org/n"
        raise PublicError("newsletter.yaml has no public address for these pages", hint)
    if urlsplit(url).query or urlsplit(url).fragment:
        raise PublicError(
            f"delivery.public_url must not contain ? or #: {url}",
            "write only the address, such as   https://news.example.org/n",
        )
    newsletters = {main.language: main}
    for path in sorted(workspace.root.glob("newsletter.*.yaml")):
        language = path.name.removeprefix("newsletter.").removesuffix(".yaml")
        newsletters.setdefault(language, read_newsletter(workspace, language))
    return PublicNewsletter(
        address=PublicAddress.of(url),
        newsletters=newsletters,
        translations=read_translations({language: each.theme for language, each in newsletters.items()}),
        brands={language: brand_of(newsletter) for language, newsletter in newsletters.items()},
        used=_used(workspace),
    )


def _used(workspace: Workspace) -> frozenset[str]:
    """Find the merge fields in newsletter.yaml and its overlays, and in the latest issues."""
    paths = [*workspace.root.glob("newsletter*.yaml"), *workspace.issues()[-_LATEST:]]
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file())
    return frozenset[str]().union(*map(names_in, texts))
