"""Checks of images: their files, their size on the page, their alt text and the text around them."""

import re
from collections.abc import Iterator

from composer.checks.issue_text import trail_of
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.document.figures import FIGURES, unused_figures
from composer.content.schema.messages import where
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level, Who


def _place(review: ReviewedEdition, src: str) -> SourcePlace:
    found = (figure.place for figure in review.figures if figure.picture.src == src)
    return next(found, review.newsletter.place("brand", "logo"))


@check(
    "IMG01",
    "Every image has a width in pixels, which Outlook needs",
    who=Who.DESIGNER,
    fix='add   width="…"   in pixels to the <img>',
    source="https://www.caniemail.com/features/html-width/",
)
def widths(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the width attribute, not the style."""
    for element in review.elements:
        if element.tag == "img" and not str(element.get("width", "")).isdigit():
            yield CheckFinding(place=review.template_of(element), message="this image has no width in pixels")


@check(
    "IMG02",
    "Every image is small enough to load quickly on a phone",
    unit="kB",
    warn=200,
    block=1_000,
    fix="save a smaller file: 1,300 pixels wide, JPEG for photos",
    source="react-email's linter (1 MiB); Mailchimp's advice for images (200 kB)",
)
def weight(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the size of each file as it is sent."""
    for name, picture in review.pictures:
        size = round(len(picture.data) / 1_000)
        if level := limits.over(size):
            message = f"the image “{name}” has {size:,} kB"
            yield CheckFinding(place=_place(review, picture.src), message=message, level=level, about=name)


@check(
    "IMG03",
    "The images together are not too large",
    unit="kB",
    warn=800,
    block=5_000,
    fix="save the largest image as a smaller file, or remove an image",
    source="https://support.google.com/mail/answer/6584",
)
def weight_of_all(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the total size of the files: embedded images are part of every message."""
    size = round(sum(len(picture.data) for _, picture in review.pictures) / 1_000)
    if level := limits.over(size):
        _, heaviest = max(review.pictures, key=lambda pair: len(pair[1].data))
        message = f"the images have {size:,} kB together; the largest is “{heaviest.name}”"
        yield CheckFinding(place=_place(review, heaviest.src), message=message, level=level)


@check(
    "IMG04",
    "No image is shown larger than its file",
    fix="use the original file, at least 1,300 pixels wide for a wide image",
    source="https://developer.mozilla.org/docs/Web/HTML/Element/img#width",
)
def sharpness(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the width on the page with that of the file."""
    files = dict(review.pictures)
    for element in review.elements:
        if element.tag != "img":
            continue
        picture = files.get(str(element.get("src", "")).rpartition("/")[2])
        shown = str(element.get("width", ""))
        if picture is not None and shown.isdigit() and int(shown) > picture.width:
            message = (
                f"“{picture.name}” is {picture.width} pixels wide but is shown {shown} pixels wide: it looks blurred"
            )
            yield CheckFinding(place=review.place_of(element), message=message)


@check(
    "IMG05",
    "The issue has enough text besides its images",
    unit="characters per image",
    is_least=True,
    warn=100,
    fix="describe in the text what the images show: many subscribers do not load images",
    source="Inky 2 (Foundation for Emails), rule of text to pictures",
)
def text_beside(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the characters of text per image."""
    if review.figures:
        letters = sum(len(each.words) for each in review.texts)
        share = letters // len(review.figures)
        if level := limits.under(share):
            message = f"there are only {share} characters of text per image"
            yield CheckFinding(place=review.figures[0].place, message=message, level=level)


@check(
    "IMG06",
    "The first frame of an animation is not empty",
    fix="start with the most important frame: Outlook shows only the first",
    source="https://www.caniemail.com/features/image-gif/",
)
def first_frame(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check whether the first frame of an animated GIF has only one colour."""
    for figure in review.figures:
        if figure.picture.begins_blank:
            message = f"the animation “{figure.picture.name}” starts with an empty frame"
            yield CheckFinding(place=figure.place, message=where(figure.trail, message))


@check(
    "IMG07",
    "Every figure with a name is shown",
    fix="write its name in braces, as a paragraph of its own:   {figure name}   or delete the figure",
    source="docs/reference/issue-format.md: figures in texts",
)
def unused(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for figures that no text names."""
    for section in review.issue.sections:
        for path, group in section.pieces:
            for name in unused_figures(group):
                place = review.issue.place(*path, FIGURES, name)
                message = where(trail_of(path), f"the figure “{name}” is not shown, because no text names it")
                hint = f"write   {{figure {name}}}   as a paragraph of its own where it belongs, or delete the figure"
                yield CheckFinding(place=place, message=message, hint=hint, about=name)


@check(
    "A11Y03",
    "The alt text of every image says what it shows",
    fix='describe the image in one sentence; for a decorative image, write   alt: ""',
    source="https://www.w3.org/WAI/tutorials/images/decision-tree/",
    unit="characters",
    warn=400,
)
def alternatives(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for names of files, labels, words that describe nothing, repeated captions and texts that are too long."""
    for figure in review.figures:
        alt = figure.alt.strip()
        plain = alt.casefold().strip(" .:")
        message, level, kind, hint = "", Level.WARNING, "words", ""
        if plain in _EMPTY_WORDS or _FILE_NAME.fullmatch(alt):
            message = f"the alt text “{alt}” does not say what the image shows"
        elif alt and plain == figure.caption.casefold().strip(" .:"):
            message, kind = "the alt text repeats the caption", "caption"
        elif found := limits.over(len(alt)):
            most = min(_ALT_MOST, limits.at(found))
            message = f"the alt text has {len(alt)} characters; recommended: at most {most}"
            level, kind = found, "long"
        elif label := re.match(r"alt(?:[ -]?text)?\s*[:：]", alt, re.IGNORECASE):
            message, kind = f"the alt text starts with “{label[0]}”, which screen readers read out", "label"
            hint = f"delete “{label[0]}”"
        if message:
            message = where(figure.trail, message)
            yield CheckFinding(place=figure.place, message=message, level=level, hint=hint, kind=kind)


#: The recommended length. The check warns only well beyond it: a drawing may need some sentences.
_ALT_MOST = 250
#: Alt texts that are the name of a file: chart.png, IMG_2041, ssi-fellowship, a UUID.
_FILE_NAME = re.compile(
    r"(?i:.*\.(?:png|jpe?g|gif|webp|svg|bmp|heic))"
    r"|(?i:(?:img|dscf?|dscn|pxl|image|screenshot|photo|bild|foto)[-_ ]?\d{3,}[-_\w]*)"
    r"|(?i:(?:[\da-f]+-)?[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|[\da-f]{16,})"
    # Not one short word with a hyphen: co-op, e-mail.
    r"|(?=.{10})[a-z\d]+(?:-[a-z\d]+)+|(?=.{6})[A-Za-z\d-]+(?:_[A-Za-z\d-]+)+"
)
_EMPTY_WORDS = frozenset(
    [
        "image",
        "picture",
        "photo",
        "photograph",
        "graphic",
        "figure",
        "chart",
        "graph",
        "logo",
        "icon",
        "img",
        "bild",
        "foto",
        "grafik",
        "abbildung",
        "diagramm",
        "图片",
        "图",
        "照片",
        "图表",
    ]
)
