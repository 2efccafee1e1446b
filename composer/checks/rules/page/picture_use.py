"""Checks of pictures: their files, their size on the page, and the text beside them."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.schema.messages import where
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level, Who


def _place(review: ReviewedEdition, src: str) -> SourcePlace:
    found = (figure.place for figure in review.figures if figure.picture.src == src)
    return next(found, review.newsletter.place("brand", "logo"))


@check(
    "IMG01",
    "Pictures have a width in pixels, which Outlook goes by",
    who=Who.DESIGNER,
    fix='write   width="…"   in pixels on the <img>',
    source="https://www.caniemail.com/features/html-width/",
)
def widths(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look at the attribute, not at the style."""
    for element in review.elements:
        if element.tag == "img" and not str(element.get("width", "")).isdigit():
            yield CheckFinding(place=review.template_of(element), message="a picture has no width in pixels")


@check(
    "IMG02",
    "No picture is heavier than a telephone likes to load",
    unit="kB",
    warn=200,
    block=1_000,
    fix="save it smaller: 1,300 pixels across, JPEG for photographs",
    source="react-email's linter (1 MiB); Mailchimp's advice for pictures (200 kB)",
)
def weight(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Weigh each file as it is sent."""
    for name, picture in review.pictures:
        size = round(len(picture.data) / 1_000)
        if level := limits.over(size):
            message = f"the picture “{name}” has {size:,} kB"
            yield CheckFinding(place=_place(review, picture.src), message=message, level=level, about=name)


@check(
    "IMG03",
    "All pictures together stay light",
    unit="kB",
    warn=800,
    block=5_000,
    fix="save the heaviest one smaller, or leave one out",
    source="https://support.google.com/mail/answer/6584",
)
def weight_of_all(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Weigh them together: embedded, they travel to every subscriber."""
    size = round(sum(len(picture.data) for _, picture in review.pictures) / 1_000)
    if level := limits.over(size):
        _, heaviest = max(review.pictures, key=lambda pair: len(pair[1].data))
        message = f"the pictures have {size:,} kB together; “{heaviest.name}” is the heaviest"
        yield CheckFinding(place=_place(review, heaviest.src), message=message, level=level)


@check(
    "IMG04",
    "No picture is drawn larger than it is",
    fix="use the original file, at least 1,300 pixels across for a wide picture",
    source="https://developer.mozilla.org/docs/Web/HTML/Element/img#width",
)
def sharpness(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the width on the page with the file's."""
    files = dict(review.pictures)
    for element in review.elements:
        if element.tag != "img":
            continue
        picture = files.get(str(element.get("src", "")).rpartition("/")[2])
        shown = str(element.get("width", ""))
        if picture is not None and shown.isdigit() and int(shown) > picture.width:
            message = f"“{picture.name}” is {picture.width} pixels wide and is drawn {shown} wide: it will be blurred"
            yield CheckFinding(place=review.place_of(element), message=message)


@check(
    "IMG05",
    "There is text beside the pictures",
    unit="characters a picture",
    is_least=True,
    warn=100,
    fix="say in words what the picture shows: many subscribers see none",
    source="Inky 2 (Foundation for Emails), rule of text to pictures",
)
def text_beside(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the letters for each picture of the issue."""
    if review.figures:
        letters = sum(len(each.words) for each in review.texts)
        share = letters // len(review.figures)
        if level := limits.under(share):
            message = f"there are {share} characters of text for each picture"
            yield CheckFinding(place=review.figures[0].place, message=message, level=level)


@check(
    "IMG06",
    "An animation shows something in its first picture",
    fix="put the picture that says most first: Outlook shows no other",
    source="https://www.caniemail.com/features/image-gif/",
)
def first_frame(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look whether the first picture of an animated GIF is of one colour."""
    for figure in review.figures:
        if figure.picture.begins_blank:
            message = f"the animation “{figure.picture.name}” begins with an empty picture"
            yield CheckFinding(place=figure.place, message=where(figure.trail, message))


@check(
    "A11Y03",
    "A picture's words for those who do not see it say what it shows",
    fix='say in one sentence what the picture shows; for one that only decorates write   alt: ""',
    source="https://www.w3.org/WAI/tutorials/images/decision-tree/",
    unit="characters",
    warn=250,
)
def alternatives(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for file names, empty words, repetitions and essays."""
    for figure in review.figures:
        alt = figure.alt.strip()
        plain = alt.casefold().strip(" .:")
        message, level = "", Level.WARNING
        if plain in _EMPTY_WORDS or plain.endswith((".png", ".jpg", ".jpeg", ".gif")):
            message = f"“{alt}” does not say what the picture shows"
        elif alt and plain == figure.caption.casefold().strip(" .:"):
            message = "the words for those who do not see the picture repeat what stands beside it"
        elif found := limits.over(len(alt)):
            message = (
                f"the words for those who do not see the picture have {len(alt)} characters; they are heard at once"
            )
            level = found
        if message:
            yield CheckFinding(place=figure.place, message=where(figure.trail, message), level=level)


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
