"""From an issue file to finished messages, for the commands build, preview, test and send.

Input: a workspace and an issue's path. Output: a `Built` value in memory for each variant of the issue, and the choice
of the variant for a subscriber. Guarantees: writes nothing.
"""

import datetime
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from composer.content.build_memory import BuildMemory
from composer.content.document.issue import Issue, read_issue, select_variant
from composer.content.document.newsletter import Newsletter
from composer.content.document.variants import IssueVariant, kept_for
from composer.content.values.field_values import Picture
from composer.content.values.merge_fields import stand_ins
from composer.core.audience_filter import speaks
from composer.core.workspace import Workspace
from composer.editions.picture_names import named_pictures
from composer.mail.compiled_message import Compiled, compile_message, message_id_for
from composer.mail.letterhead import Addressing, Letterhead
from composer.mail.merge_slots import fill_html, fill_text
from composer.mail.parts import MailPart
from composer.render.edition import Edition, render
from composer.render.marked_document import annotate

#: The folder with the pictures of an edition's page.
PICTURES = "pictures"
#: Increase this number when `hash_of` changes: earlier tests and approvals then no longer count, and commands say so.
_HASH_VERSION = 2
#: The maximum length of a variant's folder name after its number, so that paths are short enough for every system.
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True)
class Built:
    """An issue, its edition, and the results of a build."""

    issue: Issue
    newsletter: Newsletter
    edition: Edition
    #: The message without a subscriber, which tests, approvals and mailings fill.
    compiled: Compiled
    #: The edition as a page: pictures are separate files, merge fields show their defaults.
    html: str
    text: str
    message: bytes
    #: The HTML part of the message, which counts for Gmail's size limit.
    mailed: str
    pictures: tuple[tuple[str, Picture], ...]

    @property
    def hash(self) -> str:
        """The hash of the edition; it is the same for all subscribers and times."""
        return self.compiled.hash

    @cached_property
    def annotated(self) -> str:
        """The page with the places of its parts as attributes, and with tokens for merge fields."""
        # Imported late: only a preview and checks need it.
        from composer.checks.issue_text import IssueTexts

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
        """The message without a subscriber."""
        return self.built.compiled

    @property
    def subscribers(self) -> str:
        """The subscribers who get it, as text: `subscribers not tagged press`. Not compared, not stored."""
        return self.issue_variant.subscribers

    @property
    def name(self) -> str:
        """The name of its folder: `2-not-tagged-press`."""
        return f"{self.number}-{self.issue_variant.who.code[:_LONGEST_NAME]}".strip("-")


def variants_of(
    workspace: Workspace, *paths: Path, memory: BuildMemory[Newsletter] | None = None
) -> tuple[BuiltVariant, ...]:
    """Read, check and render issues (the language editions of one issue), and create the messages of every variant.

    For each issue, the fullest variant is first. A `memory` is that of one issue. Raises the errors of `build_issue`.
    """
    found: list[BuiltVariant] = []
    for path in paths:
        newsletter, issue = read_issue(workspace, path, memory=memory)
        for issue_variant in issue.variants:
            built = _built(newsletter, select_variant(issue, issue_variant), memory)
            found.append(BuiltVariant(number=len(found) + 1, issue_variant=issue_variant, built=built))
    return tuple(found)


def pick(variants: Sequence[BuiltVariant], language: str, tags: Collection[str]) -> BuiltVariant:
    """Return the variant for a subscriber: in their language, else in the first language, and for their tags.

    `tags` are in normal form (audience_filter.py).
    """
    theirs = spoken(language, [each.built.issue.language for each in variants])
    inner = [each for each in variants if each.built.issue.language == theirs]
    kept = kept_for(inner[0].built.issue.blocks, tags)
    return next(each for each in inner if each.issue_variant.kept == kept)


def spoken(language: str, offered: Sequence[str]) -> str:
    """Return the language for a subscriber among those offered: their own, else the first."""
    return max(offered, key=lambda each: _closeness(language, each))


def is_close(language: str, offered: str) -> bool:
    """Check whether an edition in the offered language is for subscribers with this language."""
    return _closeness(language, offered) > 0


def _closeness(language: str, offered: str) -> int:
    """Return the rank of an offered language: higher if closer to the subscriber's language; 0 for other languages."""
    if speaks(language, offered):
        return 1 + len(offered)
    # A subscriber with pt gets pt-BR rather than the first edition in another language.
    return int(language.lower().split("-")[0] == offered.lower().split("-")[0])


def hash_of(variants: Sequence[BuiltVariant]) -> str:
    """Return the hash of an edition: of every message that subscribers may get, and of who gets which message.

    It is computed only from codes and values, not from sentences. Tests and approvals are valid for one hash. The part
    before the colon is the version of this function.
    """
    whole = [
        # "readers" is the original key: if the name changed, the hash would change and approvals would no longer count.
        {"message": each.built.hash, "language": each.built.issue.language, "readers": asdict(each.issue_variant.who)}
        for each in variants
    ]
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return f"{_HASH_VERSION}:{hashlib.sha256(text.encode()).hexdigest()}"


def is_outdated(edition_hash: str) -> bool:
    """Check whether a hash was made by another version of `hash_of`, so that it cannot be compared."""
    return not edition_hash.startswith(f"{_HASH_VERSION}:")


def build_issue(workspace: Workspace, path: Path) -> Built:
    """Read, check and render an issue, and create its message; with several variants, the fullest.

    Raises ContentError with every problem, or CompilerError. The message has no recipient; its Date is midnight of the
    issue's date in the newsletter's time zone, and its Message-ID is derived from the edition: same input, same bytes.
    """
    newsletter, issue = read_issue(workspace, path)
    return _built(newsletter, select_variant(issue, issue.variants[0]))


def _built(newsletter: Newsletter, issue: Issue, memory: BuildMemory[Newsletter] | None = None) -> Built:
    edition = render(issue, newsletter, memory)
    values = stand_ins(edition.fields)
    domain = newsletter.sender.domain
    address = newsletter.brand.assets_url
    # Names consider all pictures of the issue, so that a picture has the same name in every variant.
    named = named_pictures(issue.pictures, edition.pictures, is_linked=address is not None)
    parts = tuple(
        MailPart(content_id=f"{picture.src}@{domain}", filename=name, media_type=picture.media_type, data=picture.data)
        for name, picture in named
        if address is None
    )
    base = f"{address.rstrip('/')}/" if address is not None else None
    sources = {
        picture.src: f"{base}{quote(name)}" if base else f"cid:{picture.src}@{domain}" for name, picture in named
    }
    html = _addressed(edition.html, sources)
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
    # The page and the HTML part differ only in the addresses of pictures.
    filled = fill_html(edition.html, values)
    midnight = datetime.datetime.combine(issue.date, datetime.time(), newsletter.zone)
    nobody = Addressing(to=None, date=midnight, message_id=message_id_for(compiled.hash, domain))
    return Built(
        issue=issue,
        newsletter=newsletter,
        edition=edition,
        compiled=compiled,
        html=_page(filled, named),
        text=fill_text(edition.text, values),
        message=compiled.specimen(nobody),
        mailed=_addressed(filled, sources),
        pictures=named,
    )


def _page(html: str, named: tuple[tuple[str, Picture], ...]) -> str:
    """Return the page with the paths of its pictures in their folder."""
    return _addressed(html, {picture.src: f"{PICTURES}/{quote(name)}" for name, picture in named})


def _addressed(html: str, sources: Mapping[str, str]) -> str:
    """Return HTML with the addresses of pictures in place of their tokens."""
    for token, source in sources.items():
        html = html.replace(f'"{token}"', f'"{source}"')
    return html
