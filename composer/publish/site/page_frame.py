"""What every page of the archive has around its content: the head, links to other languages, feeds and lists.

Input: the archive, the newsletter in each language, the archive's address. Output: the values that the theme's
templates in `web/` show. Guarantees: pure; links between pages are relative, so that the folder works at any address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import unquote, urlsplit

from composer.content.document.newsletter import Newsletter
from composer.core.archive_addresses import FILES, language_folder, section_address
from composer.core.language_tags import direction, locale_of
from composer.publish.archive_model import Archive, IssueSummary, LanguageArchive
from composer.publish.cards.share_card import CardBrand, ShareCard
from composer.publish.feeds.feed_formats import FeedFormat
from composer.publish.rendered_issue import picture_path
from composer.publish.site.site_manifest import digest_of
from composer.render.templating.theme import Theme

#: The largest size of the logo, in CSS pixels.
_LOGO_WIDTH, _LOGO_HEIGHT = 220, 44
#: The page that a server shows for an unknown address.
MISSING = "404.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A link: its relative address and its text."""

    href: str
    text: str
    #: The language of the page that it leads to, if it is another one.
    language: str | None = None
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A link to a feed."""

    href: str
    media_type: str
    title: str
    #: The format's name.
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """The frame of a page, as `page` in templates."""

    #: For the tab of a browser, and below it in lists of search engines.
    title: str
    description: str = ""
    language: str
    direction: str
    #: What leads to the top of the archive.
    root: str
    home: str
    style: str
    #: The style sheet itself, on a page that is shown at any address.
    inline_style: str = ""
    canonical: str | None = None
    #: Absolute addresses of the page in other languages, by language.
    alternates: tuple[PageLink, ...] = ()
    languages: tuple[PageLink, ...] = ()
    feeds: tuple[FeedLink, ...] = ()
    is_indexed: bool = True
    properties: tuple[tuple[str, str], ...] = ()
    #: JSON-LD.
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLogo:
    """The logo: its paths in the archive for light and dark backgrounds, its alt text, its size on the page."""

    light: str
    dark: str | None
    alt: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class LanguageSite:
    """The site in one language: its archive, and what its pages are made with."""

    archive: LanguageArchive
    newsletter: Newsletter
    theme: Theme
    #: The texts of the style sheets for the screen and for paper.
    css: str = field(repr=False)

    @property
    def tag(self) -> str:
        """The language in file names."""
        return self.archive.tag

    @property
    def folder(self) -> str:
        """The folder of the language."""
        return language_folder(self.tag)

    @cached_property
    def style_path(self) -> str:
        """The path of the style sheet."""
        return f"{FILES}/style-{digest_of(self.css)}.css"

    @cached_property
    def _card_brand(self) -> CardBrand:
        """What the pictures for previews of links have in common: the colors of light mode, and the logo."""
        colors, brand = self.theme.colours("light"), self.newsletter.brand
        return CardBrand(
            name=self.newsletter.name,
            paper=colors.get("paper", "#ffffff"),
            ink=colors.get("ink", "#000000"),
            quiet=colors.get("quiet", "#555555"),
            accent=brand.accent or colors.get("accent", "#000000"),
            logo=brand.logo.data if brand.logo is not None else None,
        )

    def card(self, issue: IssueSummary) -> ShareCard:
        """Return what the picture for previews of links to an issue shows."""
        return ShareCard(brand=self._card_brand, title=issue.title, day=issue.date, language=issue.language)

    def card_path(self, issue: IssueSummary) -> str:
        """Return the path of the picture for previews of links."""
        return f"{FILES}/card-{self.card(issue).digest}.png"

    @cached_property
    def logo(self) -> SiteLogo | None:
        """The logo of the newsletter."""
        brand = self.newsletter.brand
        if brand.logo is None:
            return None
        scale = min(1.0, _LOGO_WIDTH / brand.logo.width, _LOGO_HEIGHT / brand.logo.height)
        return SiteLogo(
            light=picture_path(brand.logo),
            dark=picture_path(brand.dark_logo) if brand.dark_logo else None,
            alt=brand.logo_words or self.newsletter.name,
            width=round(brand.logo.width * scale),
            height=round(brand.logo.height * scale),
        )


@dataclass(frozen=True, kw_only=True)
class Site:
    """The archive in all languages, the main one first."""

    archive: Archive
    languages: Mapping[str, LanguageSite]
    #: The address of the archive without a slash at the end; without it, there are no feeds and no sitemap.
    url: str | None
    #: The domain in the ids of feeds.
    domain: str

    def absolute(self, path: str) -> str | None:
        """Return the absolute address of a path."""
        return f"{self.url}/{path}" if self.url else None

    @property
    def base_path(self) -> str:
        """The path of the archive on its server, with a slash at both ends."""
        return f"{urlsplit(self.url).path.rstrip('/')}/" if self.url else "/"

    def frame(
        self,
        site: LanguageSite,
        address: str,
        *,
        title: str,
        description: str = "",
        others: Mapping[str, str] | None = None,
        section: str | None = None,
        is_indexed: bool = True,
    ) -> PageFrame:
        """Return the frame of a page; `others` are the addresses of the same page by language tag, itself included."""
        root = "../" * address.count("/")
        shown = {tag: path for tag, path in (others or {}).items() if tag in self.languages}
        texts = {tag: own_name(self.languages[tag].archive.language) for tag in self.languages}
        return PageFrame(
            title=title,
            description=description,
            language=site.archive.language,
            direction=direction(site.archive.language),
            root=root,
            home=f"{root}{site.folder}" or "./",
            style=f"{root}{site.style_path}",
            canonical=self.absolute(address),
            alternates=tuple(
                PageLink(href=f"{self.url}/{path}", text=texts[tag], language=self.languages[tag].archive.language)
                for tag, path in shown.items()
                if self.url and len(shown) > 1
            ),
            languages=tuple(
                PageLink(
                    href=f"{root}{shown.get(tag, each.folder)}" or "./",
                    text=texts[tag],
                    language=each.archive.language,
                    is_current=each is site,
                )
                for tag, each in self.languages.items()
                if len(self.languages) > 1
            ),
            feeds=self._feeds(site, root, section) if self.url else (),
            is_indexed=is_indexed,
        )

    def _feeds(self, site: LanguageSite, root: str, section: str | None) -> tuple[FeedLink, ...]:
        folders = [(site.folder, site.newsletter.name)]
        if section is not None and site.newsletter.archive.section_feeds:
            heading = next(each.heading for each in site.archive.sections if each.anchor == section)
            folders.insert(0, (section_address(site.tag, section), f"{site.newsletter.name}: {heading}"))
        return tuple(
            FeedLink(href=f"{root}{folder}{form}", media_type=form.media_type, title=title, name=_NAMES[form])
            for folder, title in folders
            for form in FeedFormat
        )


_NAMES = {FeedFormat.ATOM: "Atom", FeedFormat.RSS: "RSS", FeedFormat.JSON: "JSON Feed"}


@lru_cache(maxsize=64)
def own_name(language: str) -> str:
    """Return the name of a language in itself: Deutsch."""
    locale = locale_of(language)
    name = locale.get_display_name(locale) or language
    return name[:1].upper() + name[1:]


def file_of(address: str) -> str:
    """Return the file of a page's address."""
    return f"{unquote(address)}index.html"
