"""Checks of the fixed texts in the edition's language: of the edition itself, and of the public pages if there are any."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.document.phrase_files import FALLBACK, PhraseGroup, phrase_paths, read_phrases
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level

#: The number of phrases that a message names.
_NAMED = 5


@check(
    "LANG01",
    "A native speaker has reviewed the text that subscribers agree to",
    fix="ask a native speaker to read the texts of the pages, most of all `consent`",
    source="https://gdpr-info.eu/art-7-gdpr/",
)
def consent(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look at the mark in the file with the texts of the public pages."""
    newsletter = review.newsletter
    if newsletter.delivery.public_url is None:
        return
    phrases = read_phrases(newsletter.theme, PhraseGroup.PAGES, newsletter.language)
    if phrases is None or phrases.is_reviewed:
        return
    path = f"templates/{newsletter.theme.name}/{PhraseGroup.PAGES}/{phrases.language}.yaml"
    # The included texts are in the installation; a file of the newsletter's own needs only what differs.
    is_there = (newsletter.theme.workspace.root / path).is_file()
    folder, _, name = path.rpartition("/")
    does = f"write   reviewed: true   in {path}"
    if not is_there:
        does = (
            f"create the folder {folder} if it does not exist, and in it the file {name} with the line   reviewed: true"
        )
    yield CheckFinding(
        place=newsletter.place("language"),
        message=f"no native speaker has reviewed the sign-up page in “{newsletter.language}”, with the text of the consent",
        hint=f"ask one to read the sign-up page of   compose trial   in this language; then {does}",
        about=newsletter.language,
    )


@check(
    "LANG02",
    "The fixed texts are translated into the edition's language",
    level=Level.BLOCKER,
    fix="translate the phrases that are empty in this file",
    source="https://www.w3.org/WAI/WCAG22/Understanding/language-of-parts.html",
)
def translated(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for phrases that subscribers see in English."""
    newsletter = review.newsletter
    groups = [PhraseGroup.EDITION] + ([PhraseGroup.PAGES] if newsletter.delivery.public_url else [])
    for group in groups:
        phrases = read_phrases(newsletter.theme, group, newsletter.language)
        is_english = phrases is not None and phrases.language == FALLBACK
        english = phrases if is_english else read_phrases(newsletter.theme, group, FALLBACK)
        missing = [name for name in english or () if phrases is None or name not in phrases]
        if not missing:
            continue
        named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        count = "1 phrase is" if len(missing) == 1 else f"{len(missing)} phrases are"
        yield CheckFinding(
            place=_place(review, group, newsletter.language if phrases is None else phrases.language),
            message=f"{count} not translated into “{newsletter.language}”; subscribers see English: {named}",
            about=group,
        )


def _place(review: ReviewedEdition, group: PhraseGroup, language: str) -> SourcePlace:
    files = review.newsletter.theme
    paths = phrase_paths(files, group, language)
    name = files.display(paths[0]) if paths else f"templates/{files.name}/{group}/{language}.yaml"
    return SourcePlace(path=name, line=1, column=1)
