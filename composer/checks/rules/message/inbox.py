"""Checks of what stands in the inbox: sender, subject, preheader; and of the plaintext part."""

import re
from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Level, Who
from composer.render.text_wrap import cells

#: Where a limit comes from that no standard sets.
WIDTHS = "published widths of inboxes, which disagree: set your own limit"
EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[\U0001f300-\U0001faff\u2600-\u27bf]\ufe0f?(?:\u200d[\u2600-\U0001faff]\ufe0f?)*"
)
#: Recommended lengths. Inboxes differ, so a check reports what misses them by more than five.
_SUBJECT, _PREHEADER_LEAST, _PREHEADER_MOST = 70, 40, 110
_REPLY = re.compile(r"^\s*(re|fw|fwd|aw|wg|antw|回复|转发|答复)\s*[:：]", re.IGNORECASE)
_LOUD = re.compile(r"[!！]{2,}|[?？][!！]|[!！][?？]")
_ADDRESS = re.compile(r"https?://[^\s<>]+")


@check(
    "SUBJ01",
    "The subject can be read whole in most inboxes",
    unit="characters",
    warn=75,
    fix="put the news first; phones show 30 to 45 characters, desktops 50 to 75 (a Chinese character counts as two)",
    source=WIDTHS,
)
def subject_length(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure the subject as it stands on a screen."""
    width = cells(review.subject)
    if level := limits.over(width):
        most = min(_SUBJECT, limits.at(level))
        message = f"the subject is {width} characters long; recommended: at most {most}"
        yield CheckFinding(place=review.issue.place("subject"), message=message, level=level)


@check(
    "SUBJ02",
    "The subject does not look like advertising or a reply",
    fix="write it as a headline",
    source="https://support.google.com/a/answer/81126",
)
def subject_manner(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for capitals, exclamation, a made-up reply, a row of emoji."""
    subject, place = review.subject, review.issue.place("subject")
    letters = [letter for letter in subject if letter.isalpha() and letter.lower() != letter.upper()]
    if len(letters) >= 8 and all(letter.isupper() for letter in letters):
        yield CheckFinding(place=place, message="the subject is all in capitals", about="capitals")
    if loud := _LOUD.search(subject):
        yield CheckFinding(place=place, message=f"the subject shouts: {loud[0]}", about="shouting")
    if reply := _REPLY.match(subject):
        message = f"the subject begins with “{reply[0].strip()}”, as if it were an answer"
        yield CheckFinding(place=place, message=message, about="reply")
    if count := crowd_of_emoji(subject):
        yield CheckFinding(place=place, message=f"the subject has {count} emoji; one is enough", about="emoji")


def crowd_of_emoji(title: str) -> int:
    """Count the emoji of a title that has one of them twice, or more than three; a round-up may have one for each subject."""
    found = EMOJI.findall(title)
    return len(found) if len(found) > 3 or len(set(found)) < len(found) else 0


@check(
    "SUBJ03",
    "The subject is not that of an earlier issue",
    fix="say what is new this time; inboxes fold messages with the same subject into one",
    source="https://support.google.com/mail/answer/5900",
)
def subject_again(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare with the issues before."""
    for earlier in review.earlier:
        if earlier.subject.casefold().strip() == review.subject.casefold().strip():
            message = f"the issue {earlier.stem} had the same subject"
            yield CheckFinding(place=review.issue.place("subject"), message=message)
            return


@check(
    "SUBJ04",
    "The subject says something even to a subscriber of whom nothing is known",
    level=Level.BLOCKER,
    fix='give the merge field a default:   {{ first_name | default("reader") }}',
    source="https://www.rfc-editor.org/rfc/rfc5322#section-3.6.5",
)
def subject_empty(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look at the subject with every merge field at its default."""
    if not review.subject.strip():
        message = "the subject is empty for a subscriber without these values"
        yield CheckFinding(place=review.issue.place("subject"), message=message)


@check(
    "PRE01",
    "There is a preheader",
    fix='write   preheader: "…"   below the subject: what else is in the issue',
    source=WIDTHS,
)
def preheader_missing(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Without one an inbox shows the first words of the page."""
    if not review.issue.preheader:
        message = "there is no preheader: inboxes show “read online” and the date behind the subject"
        yield CheckFinding(place=review.issue.place("subject"), message=message)


@check(
    "PRE02",
    "The preheader adds to the subject",
    fix="say what the subject does not",
    source=WIDTHS,
)
def preheader_repeats(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare it with the subject, without signs."""
    if review.issue.preheader:
        one, other = (re.sub(r"\W+", " ", text).casefold().strip() for text in (review.issue.preheader, review.subject))
        if one and (one in other or (len(other) > 12 and one.startswith(other))):
            yield CheckFinding(place=review.issue.place("preheader"), message="the preheader repeats the subject")


@check(
    "PRE03",
    "The preheader fills the line behind the subject",
    unit="characters",
    is_least=True,
    warn=35,
    fix="name more of what is in the issue (a Chinese character counts as two)",
    source=WIDTHS,
)
def preheader_short(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure it; Gmail shows up to 97 cells."""
    if review.issue.preheader and (level := limits.under(width := cells(review.issue.preheader))):
        least = max(_PREHEADER_LEAST, limits.at(level))
        message = f"the preheader is only {width} characters long; recommended: at least {least}"
        yield CheckFinding(place=review.issue.place("preheader"), message=message, level=level)


@check(
    "PRE04",
    "The preheader is not cut off everywhere",
    unit="characters",
    warn=115,
    fix="shorten it to 80 to 100 characters and put the key words in the first 40 (a Chinese character counts as two)",
    source=WIDTHS,
)
def preheader_long(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure it; hardly an inbox shows more than 110 cells."""
    if review.issue.preheader and (level := limits.over(width := cells(review.issue.preheader))):
        most = min(_PREHEADER_MOST, limits.at(level))
        message = f"the preheader is {width} characters long; recommended: at most {most}"
        yield CheckFinding(place=review.issue.place("preheader"), message=message, level=level)


@check(
    "FROM01",
    "Subscribers can answer",
    who=Who.IT,
    fix="send from an address that somebody reads, or set sender.reply_to",
    source="Microsoft's requirements for high-volume senders (2025): valid From and Reply-To",
)
def sender_answers(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for no-reply addresses."""
    address = review.newsletter.reply_to or review.newsletter.sender
    local = address.address.rpartition("@")[0].lower().replace("-", "").replace("_", "").replace(".", "")
    if local.startswith(("noreply", "donotreply", "nichtantworten", "keineantwort")):
        name = "reply_to" if review.newsletter.reply_to else "from"
        message = f"answers go to {address.address}, which says that nobody reads them"
        yield CheckFinding(place=review.newsletter.place("sender", name), message=message)


@check(
    "FROM02",
    "The sender's name can be read whole in most inboxes",
    who=Who.IT,
    unit="cells",
    warn=30,
    fix="shorten the name in sender.from",
    source=WIDTHS,
)
def sender_length(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure the sender's name."""
    width = cells(review.newsletter.sender.name or "")
    if level := limits.over(width):
        message = f"the sender's name is {width} cells long; telephones show about {limits.at(level)}"
        yield CheckFinding(place=review.newsletter.place("sender", "from"), message=message, level=level)


@check(
    "TEXT01",
    "The plaintext has every link of the HTML",
    who=Who.DESIGNER,
    fix="print the link in section.txt.j2 or page.txt.j2 too",
    source="https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4",
)
def text_links(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Both parts say the same, so both have the same addresses."""
    told: set[str] = set()
    for element in review.elements:
        address = str(element.get("href", ""))
        if element.tag == "a" and address.startswith(("http:", "https:")) and address not in told:
            told.add(address)
            words = "".join(map(str, element.itertext())).strip()
            # Addresses in texts are printed as they were written: www.example.org, müller.de.
            is_bare = re.match(r"https?://|www\.", words, re.IGNORECASE) and words in review.text
            if address not in review.text and not is_bare:
                message = f"a link of the page is not in the plaintext: {address}"
                place = review.section_template(element, "txt")
                yield CheckFinding(place=place, message=message, about=address)


@check(
    "TEXT02",
    "The plaintext says what the HTML says",
    who=Who.DESIGNER,
    unit="% of the words",
    is_least=True,
    warn=60,
    fix="print every field in section.txt.j2 too",
    source="https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4",
)
def text_share(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the signs of both parts, addresses left out."""
    letters = sum(len("".join(each.words.split())) for each in review.texts)
    printed = len("".join(_ADDRESS.sub("", review.text).split()))
    share = round(100 * printed / letters) if letters else 100
    if level := limits.under(share):
        message = f"the plaintext has {share} % of the issue's words"
        yield CheckFinding(place=review.template("page.txt.j2"), message=message, level=level)


@check(
    "TEXT03",
    "Lines of the plaintext fit on a screen",
    who=Who.DESIGNER,
    unit="cells",
    warn=78,
    fix="wrap it with the filter “text”",
    source="https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1",
)
def text_lines(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Measure each line; one that an address makes long is left alone."""
    wide = max(
        (cells(line) for line in review.text.split("\n") if not _ADDRESS.search(line) and " " in line.strip()),
        default=0,
    )
    if level := limits.over(wide):
        message = f"the plaintext has a line of {wide} cells"
        yield CheckFinding(place=review.template("page.txt.j2"), message=message, level=level)
