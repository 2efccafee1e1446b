"""Checks of what inboxes show (sender, subject, preheader) and of the plaintext part."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Level, Who
from composer.render.text_wrap import cells

#: The source of limits that no standard defines.
WIDTHS = "published inbox widths, which differ: set your own limit"
EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[\U0001f300-\U0001faff\u2600-\u27bf]\ufe0f?(?:\u200d[\u2600-\U0001faff]\ufe0f?)*"
)
#: Recommended lengths. Inboxes differ, so the checks warn only well beyond them.
_SUBJECT, _PREHEADER_LEAST, _PREHEADER_MOST = 70, 40, 110
#: The number of emoji that is too many for one title.
_MANY_EMOJI = 3
_REPLY = re.compile(r"^\s*(re|fw|fwd|aw|wg|antw|回复|转发|答复)\s*[:：]", re.IGNORECASE)
_LOUD = re.compile(r"[!！]{2,}|[?？][!！]|[!！][?？]")
_ADDRESS = re.compile(r"https?://[^\s<>]+")


@check(
    "SUBJ01",
    "Most inboxes show the whole subject",
    unit="characters",
    warn=75,
    fix="put the news first: phones show 30 to 45 characters, desktops 50 to 75 (a Chinese character counts as two)",
    source=WIDTHS,
)
def subject_length(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure the width of the subject on a screen."""
    width = cells(review.subject)
    if level := limits.over(width):
        most = min(_SUBJECT, limits.at(level))
        message = f"the subject is {width} characters long; recommended: at most {most}"
        yield CheckFinding(place=review.issue.place("subject"), message=message, level=level)


@check(
    "SUBJ02",
    "The subject does not look like spam or a reply",
    fix="rewrite it as a headline",
    source="https://support.google.com/a/answer/81126",
)
def subject_manner(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for capital letters, repeated exclamation marks, a fake reply prefix and several emoji."""
    subject, place = review.subject, review.issue.place("subject")
    letters = [letter for letter in subject if letter.isalpha() and letter.lower() != letter.upper()]
    if len(letters) >= 8 and all(letter.isupper() for letter in letters):
        yield CheckFinding(place=place, message="the subject is in capital letters only", about="capitals")
    if loud := _LOUD.search(subject):
        yield CheckFinding(
            place=place,
            message=f"the subject has several exclamation or question marks in a row: {loud[0]}",
            about="shouting",
        )
    if reply := _REPLY.match(subject):
        message = f"the subject starts with “{reply[0].strip()}”, like a reply or a forwarded message"
        yield CheckFinding(place=place, message=message, about="reply")
    if count := crowd_of_emoji(subject):
        yield CheckFinding(
            place=place, message=f"the subject has {count} emoji; recommended: at most two", about="emoji"
        )


def crowd_of_emoji(title: str) -> int:
    """Return the number of emoji if a title has three or more; else 0."""
    count = len(EMOJI.findall(title))
    return count if count >= _MANY_EMOJI else 0


@check(
    "SUBJ03",
    "The subject is not the same as in an earlier issue",
    fix="say what is new in this issue: inboxes group messages with the same subject",
    source="https://support.google.com/mail/answer/5900",
)
def subject_again(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the subject with those of earlier issues."""
    for earlier in review.earlier:
        if earlier.subject.casefold().strip() == review.subject.casefold().strip():
            message = f"issue {earlier.stem} has the same subject"
            yield CheckFinding(place=review.issue.place("subject"), message=message)
            return


@check(
    "SUBJ04",
    "The subject is not empty when merge fields have no value",
    level=Level.BLOCKER,
    fix='add a default to the merge field:   {{ first_name | default("reader") }}',
    source="https://www.rfc-editor.org/rfc/rfc5322#section-3.6.5",
)
def subject_empty(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Check the subject with every merge field at its default."""
    if not review.subject.strip():
        message = "the subject is empty for subscribers without a value for its merge fields"
        yield CheckFinding(place=review.issue.place("subject"), message=message)


@check(
    "PRE01",
    "The issue has a preheader",
    fix='write   preheader: "…"   below the subject, and say what else is in the issue',
    source=WIDTHS,
)
def preheader_missing(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for a preheader: without one, inboxes show the first words of the page."""
    if not review.issue.preheader:
        message = "no preheader: inboxes show “read online” and the date after the subject"
        yield CheckFinding(place=review.issue.place("subject"), message=message)


@check(
    "PRE02",
    "The preheader does not repeat the subject",
    fix="write something that the subject does not say",
    source=WIDTHS,
)
def preheader_repeats(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the preheader with the subject, ignoring punctuation."""
    if review.issue.preheader:
        one, other = (re.sub(r"\W+", " ", text).casefold().strip() for text in (review.issue.preheader, review.subject))
        if one and (one in other or (len(other) > 12 and one.startswith(other))):
            yield CheckFinding(place=review.issue.place("preheader"), message="the preheader repeats the subject")


@check(
    "PRE03",
    "The preheader is long enough to fill the line after the subject",
    unit="characters",
    is_least=True,
    warn=35,
    fix="name more of what is in the issue (a Chinese character counts as two)",
    source=WIDTHS,
)
def preheader_short(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure the preheader; Gmail shows up to 97 characters."""
    if review.issue.preheader and (level := limits.under(width := cells(review.issue.preheader))):
        least = max(_PREHEADER_LEAST, limits.at(level))
        message = f"the preheader is only {width} characters long; recommended: at least {least}"
        yield CheckFinding(place=review.issue.place("preheader"), message=message, level=level)


@check(
    "PRE04",
    "The preheader fits in the widest inboxes",
    unit="characters",
    warn=160,
    fix="shorten it to 80 to 100 characters and put the key words in the first 40 (a Chinese character counts as two)",
    source=WIDTHS,
)
def preheader_long(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure the preheader; few inboxes show more than 110 characters, so a longer one must not end with the news."""
    if review.issue.preheader and (level := limits.over(width := cells(review.issue.preheader))):
        most = min(_PREHEADER_MOST, limits.at(level))
        message = f"the preheader is {width} characters long; recommended: at most {most}"
        yield CheckFinding(place=review.issue.place("preheader"), message=message, level=level)


@check(
    "FROM01",
    "Subscribers can reply",
    who=Who.IT,
    fix="send from an address that someone reads, or set sender.reply_to",
    source="Microsoft's requirements for high-volume senders (2025): valid From and Reply-To",
)
def sender_answers(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for no-reply addresses."""
    address = review.newsletter.reply_to or review.newsletter.sender
    local = address.address.rpartition("@")[0].lower().replace("-", "").replace("_", "").replace(".", "")
    if local.startswith(("noreply", "donotreply", "nichtantworten", "keineantwort")):
        name = "reply_to" if review.newsletter.reply_to else "from"
        message = f"replies go to {address.address}, a no-reply address"
        yield CheckFinding(place=review.newsletter.place("sender", name), message=message)


@check(
    "FROM02",
    "Most inboxes show the whole sender name",
    who=Who.IT,
    unit="characters",
    warn=30,
    fix="shorten the name in sender.from",
    source=WIDTHS,
)
def sender_length(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure the sender name."""
    width = cells(review.newsletter.sender.name or "")
    if level := limits.over(width):
        message = f"the sender name is {width} characters long; phones show about {limits.at(level)}"
        yield CheckFinding(place=review.newsletter.place("sender", "from"), message=message, level=level)


@check(
    "TEXT01",
    "The plaintext has every link of the HTML page",
    who=Who.DESIGNER,
    fix="add the link to section.txt.j2 or page.txt.j2",
    source="https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4",
)
def text_links(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for web addresses of the page in the plaintext."""
    told: set[str] = set()
    for element in review.elements:
        address = str(element.get("href", ""))
        if element.tag == "a" and address.startswith(("http:", "https:")) and address not in told:
            told.add(address)
            words = "".join(map(str, element.itertext())).strip()
            # The plaintext keeps addresses as the editor wrote them: www.example.org, müller.de.
            is_bare = re.match(r"https?://|www\.", words, re.IGNORECASE) and words in review.text
            if address not in review.text and not is_bare:
                message = f"this link of the page is missing from the plaintext: {address}"
                place = review.section_template(element, "txt")
                yield CheckFinding(place=place, message=message, about=address)


@check(
    "TEXT02",
    "The plaintext has the same content as the HTML page",
    who=Who.DESIGNER,
    unit="% of the text",
    is_least=True,
    warn=60,
    fix="add the missing fields to section.txt.j2",
    source="https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4",
)
def text_share(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the length of the plaintext with that of the issue's texts, without addresses."""
    letters = sum(len("".join(each.words.split())) for each in review.texts)
    printed = len("".join(_ADDRESS.sub("", review.text).split()))
    share = round(100 * printed / letters) if letters else 100
    if level := limits.under(share):
        message = f"the plaintext has only {share} % of the issue's text"
        yield CheckFinding(place=review.template("page.txt.j2"), message=message, level=level)


@check(
    "TEXT03",
    "Plaintext lines fit on a screen",
    who=Who.DESIGNER,
    unit="characters",
    warn=78,
    fix="wrap the text with the   text   filter",
    source="https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1",
)
def text_lines(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure each line with typical values of merge fields; skip lines that contain an address."""
    text = review.text
    for field in review.edition.fields:
        text = text.replace(field.stand_in, "x" * field.width) if field.default is None else text
    wide = max(
        (cells(line) for line in text.split("\n") if not _ADDRESS.search(line) and " " in line.strip()),
        default=0,
    )
    if level := limits.over(wide):
        message = f"the plaintext has a line of {wide} characters"
        yield CheckFinding(place=review.template("page.txt.j2"), message=message, level=level)
