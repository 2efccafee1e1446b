"""The newsletter as its pages know it: in each of its languages, with what subscribers may choose.

Input: the workspace. Output: a `Publication`. Reads newsletter.yaml and its overlays once, when the server starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.values.merge_fields import names_in
from composer.core.errors import ComposeError
from composer.core.workspace import Workspace
from composer.web.public.http.guard import PublicAddress
from composer.web.public.site.brand import Brand, brand_of

#: The parts of a name, in the order in which forms ask for them.
_NAMES = ("first_name", "last_name", "name")
#: How many of the latest issues are read for the fields that they use.
_LATEST = 5


class PublicError(ComposeError):
    """The public pages cannot be served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChoice:
    """What a subscriber may say of themselves: a merge field, or a tag, with the words beside it."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicNewsletter:
    """The newsletter and its overlays, by language; the first is the newsletter's own."""

    address: PublicAddress
    newsletters: Mapping[str, Newsletter]
    brands: Mapping[str, Brand] = field(repr=False)
    #: Merge fields that the newsletter and its latest issues use, in a greeting for example.
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
        """The languages of its editions, each with its own name."""
        return tuple((tag, own_name(tag)) for tag in self.newsletters)

    def nearest(self, language: str) -> str:
        """Return the language of the edition for somebody's language: their own, else the newsletter's."""
        first = language.partition("-")[0].lower()
        own = (tag for tag in self.newsletters if tag.lower() == language.lower())
        near = (tag for tag in self.newsletters if tag.partition("-")[0].lower() == first)
        return next(own, None) or next(near, None) or self.language

    def newsletter(self, language: str) -> Newsletter:
        """Return the newsletter in the nearest language."""
        return self.newsletters[self.nearest(language)]

    def brand(self, language: str) -> Brand:
        """Return how it looks in the nearest language."""
        return self.brands[self.nearest(language)]

    def name_fields(self, stored: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """List which parts of a name are asked: those that messages use, and those of which something is stored.

        Where messages use none, the whole name is asked.
        """
        used = [name for name in _NAMES if name in self.used] or ["name"]
        return tuple(name for name in _NAMES if name in used or (stored or {}).get(name))

    def sign_up_fields(self, language: str) -> tuple[LanguageChoice, ...]:
        """List the newsletter's own fields that are asked at sign-up: those with a label that messages use."""
        return tuple(choice for choice in self.fields(language) if choice.name in self.used)

    def fields(self, language: str) -> tuple[LanguageChoice, ...]:
        """List the merge fields that a subscriber may fill in: those that newsletter.yaml gives a label."""
        labels = self.newsletter(language).labels
        return tuple(LanguageChoice(name=name, label=label) for name, label in labels.items())

    def offers(self, language: str) -> tuple[LanguageChoice, ...]:
        """List the tags that a subscriber may choose."""
        offered = self.newsletter(language).offers
        return tuple(LanguageChoice(name=name, label=label) for name, label in offered.items())


def read_publication(workspace: Workspace) -> PublicNewsletter:
    """Read the newsletter in all its languages. Raises ContentError, or PublicError where it has no public address."""
    main = read_newsletter(workspace)
    url = main.delivery.public_url
    if url is None:
        hint = "write   delivery:   and below it   public_url: https://news.example.org/n"
        raise PublicError("newsletter.yaml does not say where subscribers find these pages", hint)
    if urlsplit(url).query or urlsplit(url).fragment:
        raise PublicError(f"delivery.public_url ends in a question or a fragment: {url}", "leave out ? and #")
    newsletters = {main.language: main}
    for path in sorted(workspace.root.glob("newsletter.*.yaml")):
        language = path.name.removeprefix("newsletter.").removesuffix(".yaml")
        newsletters.setdefault(language, read_newsletter(workspace, language))
    return PublicNewsletter(
        address=PublicAddress.of(url),
        newsletters=newsletters,
        brands={language: brand_of(newsletter) for language, newsletter in newsletters.items()},
        used=_used(workspace),
    )


def _used(workspace: Workspace) -> frozenset[str]:
    """Find the merge fields in newsletter.yaml and its overlays, and in the latest issues."""
    paths = [*workspace.root.glob("newsletter*.yaml"), *workspace.issues()[-_LATEST:]]
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file())
    return frozenset[str]().union(*map(names_in, texts))


def own_name(tag: str) -> str:
    """Return what a language calls itself."""
    from babel.core import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return tag
    return str(locale.display_name or tag).capitalize()
