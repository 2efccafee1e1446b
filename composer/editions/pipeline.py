"""From an issue file to finished messages: what build, preview, test and send share.

Input: a workspace and an issue's path. Output: a `Built` value in memory, one for each variant where parts of the
issue are for some subscribers only; and which of them a subscriber gets. Never writes.
"""

import datetime
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from composer.checks.issue_text import IssueTexts
from composer.content.document.issue import Issue, read_issue, select_variant
from composer.content.document.newsletter import Newsletter
from composer.content.document.variants import IssueVariant, kept_for
from composer.content.values.field_values import Picture
from composer.content.values.merge_fields import stand_ins
from composer.core.audience_filter import speaks
from composer.core.workspace import Workspace
from composer.mail.compiled_message import Compiled, compile_message, message_id_for
from composer.mail.letterhead import Addressing, Letterhead
from composer.mail.merge_slots import fill_html, fill_text
from composer.mail.parts import MailPart
from composer.render.edition import Edition, render
from composer.render.marked_document import annotate

#: The folder of pictures beside an edition's page.
PICTURES = "pictures"
#: To be raised when `hash_of` changes: tests and approvals of before are void then, and commands say so.
_HASH_VERSION = 2
#: Characters of a variant's folder name behind its number: paths stay short enough for every system.
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True)
class Built:
    """An issue, its edition, and what a build hands out."""

    issue: Issue
    newsletter: Newsletter
    edition: Edition
    #: The message before it has a subscriber: what tests, approvals and mailings fill.
    compiled: Compiled
    #: The edition as a page: pictures lie beside it, merge fields show their stand-ins.
    html: str
    text: str
    message: bytes
    #: The HTML part of the message: what Gmail's limit counts.
    mailed: str
    pictures: tuple[tuple[str, Picture], ...]

    @property
    def hash(self) -> str:
        """The edition's hash: it says what every subscriber gets, whoever they are and whenever."""
        return self.compiled.hash

    @cached_property
    def annotated(self) -> str:
        """The page, with the places of its parts as attributes and merge fields still as tokens."""
        edition, issue = self.edition, self.issue
        html = annotate(
            edition.marked,
            issue.marks,
            sections=[section.spec.key for section in issue.sections],
            origins=edition.origins,
            pictures={figure.picture.src: str(figure.place) for figure in IssueTexts(issue).figures},
        )
        return _page(html, self.pictures)


@dataclass(frozen=True, kw_only=True)
class BuiltVariant:
    """One edition of an issue, and which subscribers get it."""

    #: From 1, in the order of `variants_of`.
    number: int
    issue_variant: IssueVariant
    built: Built

    @property
    def compiled(self) -> Compiled:
        """The message before it has a subscriber."""
        return self.built.compiled

    @property
    def subscribers(self) -> str:
        """Who gets it, for people: `subscribers not tagged press`. Never compared, never stored."""
        return self.issue_variant.subscribers

    @property
    def name(self) -> str:
        """What its folder is called: `2-not-tagged-press`."""
        return f"{self.number}-{self.issue_variant.who.code[:_LONGEST_NAME]}".strip("-")


def variants_of(workspace: Workspace, *paths: Path) -> tuple[BuiltVariant, ...]:
    """Read, check and render issues, the language editions of one, and make the messages of every variant.

    Of each issue the variant with most in it stands first. Raises as `build_issue` does.
    """
    found: list[BuiltVariant] = []
    for path in paths:
        newsletter, issue = read_issue(workspace, path)
        for issue_variant in issue.variants:
            built = _built(newsletter, select_variant(issue, issue_variant))
            found.append(BuiltVariant(number=len(found) + 1, issue_variant=issue_variant, built=built))
    return tuple(found)


def pick(variants: Sequence[BuiltVariant], language: str, tags: Collection[str]) -> BuiltVariant:
    """Return the variant that a subscriber gets: in their language, else in the first one's; by their tags.

    `tags` are in their normal form (audience_filter.py).
    """
    theirs = spoken(language, [each.built.issue.language for each in variants])
    inner = [each for each in variants if each.built.issue.language == theirs]
    kept = kept_for(inner[0].built.issue.blocks, tags)
    return next(each for each in inner if each.issue_variant.kept == kept)


def spoken(language: str, offered: Sequence[str]) -> str:
    """Return the language that a subscriber gets of those that are offered: their own, else the first."""
    return max(offered, key=lambda each: _closeness(language, each))


def is_close(language: str, offered: str) -> bool:
    """Whether an edition in the language that is offered is for subscribers of this language."""
    return _closeness(language, offered) > 0


def _closeness(language: str, offered: str) -> int:
    """Rank a language that is offered: the closer to a subscriber's own, the higher; 0 for a foreign one."""
    if speaks(language, offered):
        return 1 + len(offered)
    # Who reads pt reads pt-BR rather than the first edition, whatever that is in.
    return int(language.lower().split("-")[0] == offered.lower().split("-")[0])


def hash_of(variants: Sequence[BuiltVariant]) -> str:
    """Return the hash of an edition: of every message that subscribers may get, and of who gets which.

    It is computed from codes and values only, never from a sentence. Tests and approvals are bound to it. The part before
    the colon is the version of this function.
    """
    whole = [
        # "readers" is the key of old: a hash must not change with a name, or approvals would be void.
        {"message": each.built.hash, "language": each.built.issue.language, "readers": asdict(each.issue_variant.who)}
        for each in variants
    ]
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return f"{_HASH_VERSION}:{hashlib.sha256(text.encode()).hexdigest()}"


def is_outdated(edition_hash: str) -> bool:
    """Tell whether a hash was made by another version of `hash_of`, so that it says nothing about an edition of today."""
    return not edition_hash.startswith(f"{_HASH_VERSION}:")


def build_issue(workspace: Workspace, path: Path) -> Built:
    """Read, check and render an issue, and make the message that shows it: of several variants, the fullest.

    Raises ContentError with every problem, or CompilerError. The message is addressed to nobody; its Date is the
    issue's day at midnight in the newsletter's zone, its Message-ID follows from the edition: same input, same bytes.
    """
    newsletter, issue = read_issue(workspace, path)
    return _built(newsletter, select_variant(issue, issue.variants[0]))


def _built(newsletter: Newsletter, issue: Issue) -> Built:
    edition = render(issue, newsletter)
    values = stand_ins(edition.fields)
    domain = newsletter.sender.domain
    address = newsletter.brand.assets_url
    # Named among all of the issue's, so that a picture has the same name in every variant.
    named = _named(issue.pictures, edition.pictures, is_linked=address is not None)
    parts = tuple(
        MailPart(content_id=f"{picture.src}@{domain}", filename=name, media_type=picture.media_type, data=picture.data)
        for name, picture in named
        if address is None
    )
    html = edition.html
    for name, picture in named:
        source = f"cid:{picture.src}@{domain}" if address is None else f"{address.rstrip('/')}/{quote(name)}"
        html = html.replace(f'"{picture.src}"', f'"{source}"')
    letterhead = Letterhead(
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        subject=edition.subject,
        language=edition.language,
        list_id=newsletter.delivery.list_id,
        list_name=newsletter.name,
        feedback_id=newsletter.delivery.feedback_id,
    )
    compiled = compile_message(letterhead, html=html, text=edition.text, fields=edition.fields, pictures=parts)
    midnight = datetime.datetime.combine(issue.date, datetime.time(), newsletter.zone)
    nobody = Addressing(to=None, date=midnight, message_id=message_id_for(compiled.hash, domain))
    return Built(
        issue=issue,
        newsletter=newsletter,
        edition=edition,
        compiled=compiled,
        html=_page(fill_html(edition.html, values), named),
        text=fill_text(edition.text, values),
        message=compiled.specimen(nobody),
        mailed=fill_html(html, values),
        pictures=named,
    )


def _named(
    pictures: tuple[Picture, ...], shown: tuple[Picture, ...], *, is_linked: bool
) -> tuple[tuple[str, Picture], ...]:
    """Return each picture that is shown a file name of its own; on the web, one that changes with its content."""
    # Two files with the same bytes are one picture: the first names it.
    different: dict[str, Picture] = {}
    for picture in pictures:
        different.setdefault(picture.src, picture)
    named: dict[str, Picture] = {}
    for picture in different.values():
        stem, dot, ending = picture.name.rpartition(".")
        if is_linked:
            stem = f"{stem or picture.name}-{hashlib.sha256(picture.data).hexdigest()[:10]}"
        name, number = f"{stem}{dot}{ending}" if dot else stem or picture.name, 1
        while name.casefold() in (taken.casefold() for taken in named):
            number += 1
            name = f"{stem}-{number}{dot}{ending}" if dot else f"{picture.name}-{number}"
        named[name] = picture
    return tuple((name, picture) for name, picture in named.items() if picture in shown)


def _page(html: str, named: tuple[tuple[str, Picture], ...]) -> str:
    """Let the page find its pictures in the folder beside it."""
    for name, picture in named:
        html = html.replace(f'"{picture.src}"', f'"{PICTURES}/{quote(name)}"')
    return html
