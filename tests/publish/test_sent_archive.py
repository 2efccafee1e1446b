"""The archive of what was sent: the text as it was sent, corrections, withdrawals, and that nothing private is stored."""

import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from composer.app.context import MailingContext, open_newsletter
from composer.app.publishing.archive_publication import PublishResult
from composer.app.publishing.sent_archive import expect_database, publish_sent
from composer.core.environment import Environment
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.database.tables.archive_tables import public_pictures, public_sources, text_versions
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.approval.archive_records import withdrawal_of
from composer.delivery.approval.recorded_editions import edition_of
from composer.delivery.approval.reviews import link_to_mailing, review_of
from composer.delivery.core.mailing import MailingError
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.freeze import freeze
from composer.editions.pipeline import variants_of
from tests.audience.people import join
from tests.databases import with_tables
from tests.delivery.factories import draft
from tests.publish.archives import NEWSLETTER, broken_links, files, letters, page, write_issue

pytestmark = pytest.mark.slow

SENT_AT = datetime(2025, 1, 30, 7, tzinfo=UTC)
LATER = datetime(2025, 2, 3, 9, tzinfo=UTC)
TEXT = """\
subject: "The news"
letter:
  body: "Dear {{ first_name | default(\\"friend\\") }}, **45** things."
  figure:
    image: assets/chart.png
    alt: A chart
topics:
  - title: First topic
    facts: One.
  - title: Second topic
    facts: Two.
  - title: Secret topic
    facts: Hidden.
    only:
      tag: press
# Ask the secret source.
"""
STEM = "2025-01-30"


def picture(folder: Path, colour: str = "red") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (600, 300), colour).save(folder / "chart.png")


@pytest.fixture
def news(tmp_path: Path) -> Workspace:
    picture(tmp_path / "news" / "issues" / "assets")
    workspace = letters(tmp_path / "news", d2025_01_30=TEXT)
    with_tables(workspace.root / "newsletter.db")
    return workspace


@pytest.fixture
def context(news: Workspace, tmp_path: Path) -> Iterator[MailingContext]:
    environment = Environment(environment={"XDG_STATE_HOME": str(tmp_path)}, folder=tmp_path / "config")
    with open_newsletter(news.root, environment) as opened:
        with opened.database.write() as connection:
            join(connection, "anna@example.net")
        yield opened


def send(context: MailingContext, *stems: str, at: datetime = SENT_AT, **more: object) -> int:
    """Freeze a mailing of an issue as `compose send` does; somebody gets it."""
    built = [variants_of(context.workspace, context.workspace.issue(stem)) for stem in stems]
    review = review_of([edition_of(each) for each in built])
    with context.database.write() as connection:
        mailing = freeze(connection, draft(review.issue, edition=review.hash, **more), at)
        link_to_mailing(connection, mailing.id, review, at)
        connection.execute(
            update(deliveries).where(deliveries.c.mailing_id == mailing.id).values(state=DeliveryState.ACCEPTED)
        )
    return mailing.id


def publish(context: MailingContext, now: datetime = LATER) -> PublishResult:
    return publish_sent(context, now=now)


def edit(context: MailingContext, old: str, new: str) -> None:
    path = context.workspace.root / "issues" / f"{STEM}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def feed_entry(context: MailingContext) -> tuple[str, str, str]:
    feed = (context.workspace.root / "public" / "feed.xml").read_text(encoding="utf-8")
    entry = feed[feed.index("<entry>") :]
    found = (re.search(rf"<{name}>(.*?)</{name}>", entry) for name in ("id", "published", "updated"))
    first, second, third = (match[1] if match else "" for match in found)
    return first, second, third


def test_nothing_was_sent(context: MailingContext, tmp_path: Path) -> None:
    """Without a database or a mailing, the command says so, and makes no database."""
    with pytest.raises(MailingError) as caught:
        publish(context)
    assert caught.value.exit_code == 1
    elsewhere = letters(tmp_path / "other", d2025_01_30=TEXT.replace("  figure", "# figure").split("    image")[0])
    with pytest.raises(MailingError):
        expect_database(elsewhere, Environment(environment={}, folder=tmp_path))
    assert not (elsewhere.root / "newsletter.db").exists()


def test_only_what_was_sent(context: MailingContext) -> None:
    """An issue that was not sent is not published; the hash and the time of sending are those of the mailing."""
    write_issue(context.workspace, "2025-02-06", TEXT)
    send(context, STEM)
    assert publish(context).issues == 1
    shown = page(context.workspace, "2025/01-30/")
    assert re.search(r"<code>2:[0-9a-f]{64}</code>", shown) and "Dear friend" in shown and "Correct" not in shown
    assert feed_entry(context)[1:] == ("2025-01-30T07:00:00Z", "2025-01-30T07:00:00Z")
    again = publish(context)
    assert (again.rendered, again.written) == (0, 0)


def test_a_comment_is_no_correction(context: MailingContext) -> None:
    """Comments, layout and quotes of the file do not matter; an issue can be unlisted afterwards."""
    send(context, STEM)
    publish(context)
    edit(context, "# Ask the secret source.", "# nothing")
    edit(context, 'subject: "The news"', "subject:   The news")
    publish(context, LATER + timedelta(days=1))
    assert "Correct" not in page(context.workspace, "2025/01-30/")
    edit(context, "# nothing", "archive: unlisted")
    publish(context)
    assert "01-30" not in page(context.workspace, "")


def test_a_correction(context: MailingContext) -> None:
    """The page shows the new text, what changed and when; the text as it was sent stays readable; anchors stay valid."""
    send(context, STEM)
    publish(context, SENT_AT + timedelta(hours=1))
    identity = feed_entry(context)[0]
    edit(context, "**45** things", "**54** things")
    edit(context, "First topic", "The first topic, corrected")
    publish(context)
    for _ in range(2):
        shown, original = page(context.workspace, "2025/01-30/"), page(context.workspace, "2025/01-30/original/")
        assert ">54<" in shown and ">45<" not in shown and ">45<" in original and ">54<" not in original
        assert "Corrected on February 3, 2025." in shown and "“Topics” was changed." in shown
        assert 'href="../../2025/01-30/original/"' in shown and 'href="../../../2025/01-30/"' in original
        assert 'id="topics-first-topic"' in shown and 'id="topics-the-first-topic-corrected"' in shown
        assert 'content="noindex"' in original and '/archive/2025/01-30/">' in original
        assert feed_entry(context) == (identity, "2025-01-30T07:00:00Z", "2025-02-03T09:00:00Z")
        assert not list(broken_links(context.workspace.root / "public"))
        publish(context, LATER + timedelta(days=5))
    edit(context, "**54** things", "**55** things")
    publish(context, LATER + timedelta(days=6))
    shown = page(context.workspace, "2025/01-30/")
    assert shown.count("Corrected on") == 2 and "February 9, 2025" in shown
    with context.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(text_versions)) == 2


def test_the_ids_of_items(context: MailingContext) -> None:
    """In the feed of a section, an item keeps its id when its title is corrected; a new item gets a new one."""
    send(context, STEM)
    publish(context, SENT_AT + timedelta(hours=1))
    path = context.workspace.root / "public" / "sections" / "topics" / "feed.xml"

    def ids() -> list[str]:
        return re.findall(r"<id>(tag:.*?)</id>", path.read_text(encoding="utf-8"))

    before = ids()
    assert [each.partition("#")[2] for each in before] == ["topics-first-topic", "topics-second-topic"]
    edit(context, "  - title: First topic", "  - title: Corrected topic")
    publish(context)
    assert ids() == before and "#topics-corrected-topic" in path.read_text(encoding="utf-8")
    edit(context, "  - title: Second topic", "  - title: New topic\n    facts: New.\n  - title: Second topic")
    publish(context, LATER + timedelta(days=1))
    assert set(ids()) == {*before, f"{before[0].partition('#')[0]}#topics-new-topic"}


def test_a_removed_picture(context: MailingContext) -> None:
    """A picture that a correction removes is on no page any more, and its file is gone."""
    send(context, STEM)
    publish(context)
    assert [name for name in files(context.workspace.root / "public") if "chart" in name]
    edit(context, "  figure:\n    image: assets/chart.png\n    alt: A chart\n", "")
    (context.workspace.root / "issues" / "assets" / "chart.png").unlink()
    publish(context)
    assert "[Picture: A chart]" in page(context.workspace, "2025/01-30/original/")
    assert not [name for name in files(context.workspace.root / "public") if "chart" in name]


def test_another_picture_is_a_correction(context: MailingContext) -> None:
    """A picture with the same name and other pixels counts as a change."""
    send(context, STEM)
    publish(context)
    picture(context.workspace.root / "issues" / "assets", "blue")
    publish(context)
    assert "Corrected on" in page(context.workspace, "2025/01-30/")


def test_a_withdrawal(context: MailingContext) -> None:
    """A withdrawn issue shows the reason; its feed entry has the time of the withdrawal; it can come back."""
    send(context, STEM)
    publish(context)
    edit(context, "# Ask the secret source.", "withdrawn: A mistake.")
    publish(context)
    assert "A mistake." in page(context.workspace, "2025/01-30/") and ">45<" not in page(
        context.workspace, "2025/01-30/"
    )
    with context.database.read() as connection:
        assert withdrawal_of(connection, STEM) == "A mistake." and withdrawal_of(connection, "2025-02-06") is None
    assert feed_entry(context)[2] == "2025-02-03T09:00:00Z"
    edit(context, "withdrawn: A mistake.", "")
    publish(context, LATER + timedelta(days=1))
    assert ">45<" in page(context.workspace, "2025/01-30/")
    with context.database.read() as connection:
        assert withdrawal_of(connection, STEM) is None


def test_the_file_is_gone(context: MailingContext) -> None:
    """Without its file, an issue is published from what was stored when it was sent."""
    send(context, STEM)
    publish(context)
    before = files(context.workspace.root / "public")
    (context.workspace.root / "issues" / f"{STEM}.yaml").unlink()
    publish(context)
    after = files(context.workspace.root / "public")
    assert before["2025/01-30/index.html"] == after["2025/01-30/index.html"]
    assert before["feed.xml"] == after["feed.xml"]


@pytest.mark.parametrize("line", ["archive: none", "archive: unlisted", "withdrawn: A mistake."])
@pytest.mark.parametrize("is_from_start", [True, False])
def test_the_file_of_a_hidden_issue_is_gone(context: MailingContext, line: str, is_from_start: bool) -> None:
    """An issue that is not public, unlisted or withdrawn stays so without its file, with the reason."""
    write_issue(context.workspace, "2025-01-23", TEXT.replace("The news", "Earlier news"))
    send(context, "2025-01-23", at=SENT_AT - timedelta(days=7))
    if is_from_start:
        edit(context, "# Ask the secret source.", line)
    send(context, STEM)
    if not is_from_start:
        publish(context)
        edit(context, "# Ask the secret source.", line)
        publish(context)
    (context.workspace.root / "issues" / f"{STEM}.yaml").unlink()
    for _ in range(2):
        publish(context, LATER + timedelta(days=1))
        path = context.workspace.root / "public" / "2025" / "01-30" / "index.html"
        assert path.exists() is (line != "archive: none")
        assert ("01-30" in page(context.workspace, "")) is line.startswith("withdrawn")
        if line.startswith("withdrawn"):
            assert "A mistake." in path.read_text() and ">45<" not in path.read_text()


def test_an_unchanged_archive_with_a_logo(context: MailingContext) -> None:
    """Nothing is rendered again; the logo is not an input of an issue."""
    picture(context.workspace.root / "assets")
    path = context.workspace.root / "newsletter.yaml"
    path.write_text(NEWSLETTER + "brand:\n  logo:\n    light: assets/chart.png\n    alt: News\n")
    with open_newsletter(context.workspace.root, context.environment) as opened:
        send(opened, STEM)
        assert publish(opened).rendered == 1
        again = publish(opened, LATER + timedelta(days=1))
        assert (again.rendered, again.written) == (0, 0)


def test_a_correction_is_undone(context: MailingContext) -> None:
    """The text as it was sent has no note, whatever was shown in between; a change that was undone is in none."""
    send(context, STEM)
    publish(context, SENT_AT + timedelta(hours=1))
    for day in range(4):
        old, new = ("**45**", "**54**") if day % 2 == 0 else ("**54**", "**45**")
        edit(context, old, new)
        publish(context, LATER + timedelta(days=day))
        shown = page(context.workspace, "2025/01-30/")
        assert shown.count("Corrected on") == (1 if day % 2 == 0 else 0)
        assert (context.workspace.root / "public" / "2025" / "01-30" / "original").exists() is (day % 2 == 0)
    assert feed_entry(context)[2] == "2025-02-06T09:00:00Z"
    edit(context, "**45**", "**54**")
    publish(context, LATER + timedelta(days=5))
    edit(context, "**54**", "**45**")
    edit(context, "Second topic", "Another topic")
    publish(context, LATER + timedelta(days=6))
    shown = page(context.workspace, "2025/01-30/")
    assert shown.count("Corrected on") == 1 and "“Topics” was changed." in shown


def test_what_a_note_says(context: MailingContext) -> None:
    """A preheader is not on the page; a number and a date are named; `original/` has the title as it was sent."""
    send(context, STEM)
    publish(context)
    edit(context, 'subject: "The news"', 'subject: "The news"\npreheader: More')
    publish(context)
    assert "Corrected" not in page(context.workspace, "2025/01-30/")
    edit(context, 'subject: "The news"', 'subject: "Other news"\nnumber: 7')
    publish(context)
    shown, original = page(context.workspace, "2025/01-30/"), page(context.workspace, "2025/01-30/original/")
    assert "The title was changed." in shown and "The issue number was changed." in shown
    assert "The text was changed." not in shown
    assert "<title>Other news" in shown and "<title>The news" in original


def test_a_renamed_section(context: MailingContext) -> None:
    """A section that newsletter.yaml no longer has, or has under another key, stays in the issues that were sent with it."""
    send(context, STEM)
    publish(context)
    before = page(context.workspace, "2025/01-30/")
    path = context.workspace.root / "newsletter.yaml"
    path.write_text(NEWSLETTER.replace("  topics:", "  briefly:").replace("heading: Topics", "heading: In brief"))
    with open_newsletter(context.workspace.root, context.environment) as renamed:
        write_issue(context.workspace, "2025-02-06", TEXT.replace("topics:", "briefly:"))
        send(renamed, "2025-02-06", at=SENT_AT + timedelta(days=7))
        publish(renamed)
        shown = page(context.workspace, "2025/01-30/")
        assert "First topic" in shown and ">Topics</h2>" in shown and "Corrected" not in shown
        assert 'id="topics-first-topic"' in before and 'id="topics-first-topic"' in shown
        assert "First topic" in page(context.workspace, "sections/topics/")
        assert "First topic" in page(context.workspace, "sections/briefly/")
        assert not list(broken_links(context.workspace.root / "public"))


def test_a_correction_by_another_mailing(context: MailingContext) -> None:
    """An issue that corrects another one and the corrected one link to each other."""
    first = send(context, STEM)
    write_issue(context.workspace, "2025-01-31", TEXT.replace("The news", "The news, corrected"))
    send(context, "2025-01-31", at=SENT_AT + timedelta(days=1), corrects=first, allowed={"same-issue": "x"})
    publish(context)
    assert "This issue was corrected by:</p>" not in page(context.workspace, "2025/01-31/")
    assert re.search(r"corrected by: <a href=\"../../2025/01-31/\">", page(context.workspace, "2025/01-30/"))
    assert re.search(r"corrects: <a href=\"../../2025/01-30/\">", page(context.workspace, "2025/01-31/"))


def test_what_is_stored(context: MailingContext) -> None:
    """The public source has no conditional part, no comment, no address of the newsletter; pictures are stored once."""
    send(context, STEM)
    write_issue(context.workspace, "2025-02-06", TEXT.replace("The news", "More news"))
    send(context, "2025-02-06", at=SENT_AT + timedelta(days=7))
    with context.database.read() as connection:
        bodies = [zlib.decompress(row.body).decode() for row in connection.execute(select(public_sources))]
        pictures = connection.scalars(select(public_pictures.c.data)).all()
    assert len(bodies) == 2 and len(pictures) == 1 and Image.open(io.BytesIO(pictures[0])).size == (600, 300)
    for word in ("Secret", "secret", "Hidden", "desk@", "anna@", "press"):
        assert word not in "".join(bodies)
    assert "Dear {{ first_name" in bodies[0]


def test_an_address_of_a_subscriber_blocks_publication(context: MailingContext) -> None:
    """The address of a subscriber in a text is an error at its line, unless newsletter.yaml allows it."""
    edit(context, "One.", "Write to Anna@Example.net.")
    send(context, STEM)
    with pytest.raises(ContentError) as caught:
        publish(context)
    [problem] = caught.value.problems
    assert (problem.code, problem.path, problem.line) == ("private", f"issues/{STEM}.yaml", 10)
    with context.database.read() as connection:
        assert not connection.scalar(select(func.count()).select_from(text_versions))
    path = context.workspace.root / "newsletter.yaml"
    path.write_text(f"{NEWSLETTER}  public_addresses: [anna@example.net]\n")
    with open_newsletter(context.workspace.root, context.environment) as opened:
        publish(opened)
    assert "Anna@Example.net" in page(context.workspace, "2025/01-30/")


def test_sent_before_sources_were_stored(context: MailingContext) -> None:
    """An issue that an earlier version sent is published from its file; later changes are corrections."""
    send(context, STEM)
    with context.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM edition_sources")
    publish(context)
    assert "Corrected" not in page(context.workspace, "2025/01-30/")
    edit(context, "**45**", "**54**")
    publish(context, LATER + timedelta(days=1))
    assert "Corrected on February 4, 2025." in page(context.workspace, "2025/01-30/")
    assert ">45<" in page(context.workspace, "2025/01-30/original/")
