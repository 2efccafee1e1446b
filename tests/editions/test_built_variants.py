"""The variants of an issue: what is built, the folders, and the subscribers of each variant."""

import json
import shutil
from pathlib import Path

import pytest

from composer.cli.main import run
from composer.content.document import variants as document_variants
from composer.content.document.variants import kept_for
from composer.core.workspace import Workspace
from composer.delivery.approval.content_diff import section_digests
from composer.editions.pipeline import BuiltVariant, build_issue, hash_of, pick, variants_of
from tests.factories import sample

pytestmark = pytest.mark.slow

CASE = Path(__file__).parents[1] / "golden/variants"
#: The order of the variants in the golden case, by their subscribers' tags.
PRESS, OTHERS, PRESS_STAFF, STAFF = range(1, 5)


@pytest.fixture
def desks(tmp_path: Path) -> Workspace:
    """The golden case, for tests that change it."""
    shutil.copytree(CASE, tmp_path / "desks")
    return Workspace(root=(tmp_path / "desks").resolve())


def variants(workspace: Workspace) -> tuple[BuiltVariant, ...]:
    return variants_of(workspace, workspace.issue("2025-01-30"))


@pytest.mark.parametrize(
    ("tags", "number"),
    [
        ((), OTHERS),
        (("press",), PRESS),
        (("press", "radio"), PRESS),
        (("press", "staff"), PRESS_STAFF),
        (("staff",), STAFF),
        (("radio", "east"), OTHERS),
    ],
)
def test_every_subscriber_gets_the_variant_of_their_tags(desks: Workspace, tags: tuple[str, ...], number: int) -> None:
    """Subscribers get the content for their tags, whatever other tags they have."""
    found = variants(desks)
    picked = pick(found, "en", tags)
    assert picked.number == number
    assert picked.issue_variant.kept == kept_for(picked.built.issue.blocks, tags)
    assert (b"The recording" in picked.built.message) == ("press" in tags)


def test_plaintext_contents_and_sizes_follow(desks: Workspace) -> None:
    """A section that a subscriber does not get is not in the contents, the plaintext or the sizes."""
    by_number = {each.number: each.built for each in variants(desks)}
    for number, built in by_number.items():
        has_room = number in (PRESS, PRESS_STAFF)
        for part in (built.html, built.text):
            # Headings of the plain text are in capitals.
            assert ("press room" in part.lower()) is has_room
            assert ("Background for the press" in part) is has_room
            assert ("In place of the background" in part) is not has_room
        assert ("press_room" in built.edition.sizes) is has_room
        assert sum(built.edition.sizes.values()) == len(built.edition.html.encode())
    assert len({built.hash for built in by_number.values()}) == len(by_number)


def test_a_single_edition_is_the_fullest_variant(desks: Workspace) -> None:
    """A command for a single edition uses the fullest variant, with the same bytes."""
    assert build_issue(desks, desks.issue("2025-01-30")).message == variants(desks)[0].built.message


def test_an_issue_for_all_is_one_variant(tmp_path: Path) -> None:
    """Without `only:` there is one variant, for all subscribers."""
    workspace = sample(tmp_path)
    found = variants(workspace)
    assert [each.subscribers for each in found] == ["all subscribers"]
    assert found[0].built.hash == build_issue(workspace, workspace.issue("2025-01-30")).hash
    assert pick(found, "xx", {"press"}) is found[0]


def test_languages_of_one_mailing(tmp_path: Path) -> None:
    """Each subscriber gets the edition in their language, else in the closest one, else the first."""
    workspace = sample(tmp_path)
    found = variants_of(workspace, workspace.issue("2025-01-30"), workspace.issue("2025-01-30.de"))
    assert [each.number for each in found] == [1, 2]
    wanted = {"en": "en", "de": "de", "de-AT": "de", "DE-ch": "de", "fr": "en", "": "en", "den": "en"}
    assert {given: pick(found, given, ()).built.issue.language for given in wanted} == wanted


def test_the_audience_is_part_of_the_hash(desks: Workspace) -> None:
    """The same editions for other subscribers need a new approval."""
    before = variants(desks)
    issue = desks.issue("2025-01-30")
    text = issue.read_text(encoding="utf-8").replace("tag: Press", "tag: radio").replace("tag: press", "tag: radio")
    issue.write_text(text, encoding="utf-8")
    newsletter = desks.root / "newsletter.yaml"
    newsletter.write_text(newsletter.read_text(encoding="utf-8").replace("tag: press", "tag: radio"), encoding="utf-8")
    after = variants(desks)
    assert sorted(each.built.hash for each in after) == sorted(each.built.hash for each in before)
    assert hash_of(after) != hash_of(before)


def test_the_hash_does_not_depend_on_descriptions(desks: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash, the folders and the digests do not depend on the description of a variant's subscribers."""

    def keys() -> tuple[str, list[str], dict[str, str], list[str]]:
        found = variants(desks)
        return (
            hash_of(found),
            [each.name for each in found],
            section_digests(found),
            [each.subscribers for each in found],
        )

    before = keys()
    monkeypatch.setattr(document_variants, "_in_words", lambda who: f"those who have {who.some} and not {who.none}")
    after = keys()
    assert after[:3] == before[:3] and after[3] != before[3]


def test_build_writes_all_variants(
    desks: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """outbox/STEM contains the fullest edition, variants/ the others with readable names; JSON lists them all."""
    monkeypatch.chdir(desks.root)
    assert run(["build", "2025-01-30"]) == 0
    out, err = capsys.readouterr()
    folders = sorted(path.name for path in (desks.root / "outbox/2025-01-30/variants").iterdir())
    assert folders == ["2-not-tagged-press-or-staff", "3-tagged-press-and-staff", "4-tagged-staff-not-tagged-press"]
    assert [line for line in out.splitlines() if line.endswith("issue.html")] == [
        "outbox/2025-01-30/issue.html",
        *(f"outbox/2025-01-30/variants/{folder}/issue.html" for folder in folders),
    ]
    assert err.splitlines()[1] == "subscribers not tagged press or staff:"
    for each in variants(desks)[1:]:
        folder = desks.root / "outbox/2025-01-30/variants" / each.name
        assert (folder / "issue.eml").read_bytes() == each.built.message
    assert run(["build", "2025-01-30", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["issues"]
    assert [each["subscribers"] for each in told["variants"]] == [each.subscribers for each in variants(desks)]
    assert told["hash"] == hash_of(variants(desks))
    assert told["html_bytes"] == told["variants"][0]["html_bytes"]
    assert len(told["files"]) == 12


def test_the_exported_preview_contains_every_edition(
    desks: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--out writes each variant's views, and the page shows the subscribers of each."""
    monkeypatch.chdir(desks.root)
    assert run(["preview", "2025-01-30", "--out", "shown"]) == 0
    capsys.readouterr()
    frames = {path.name: path.read_text(encoding="utf-8") for path in (desks.root / "shown/edition").iterdir()}
    assert "Background for the press" in frames["defaults-light-images-plain.html"]
    assert "Background for the press" not in frames["2-defaults-light-images-plain.html"]
    page = (desks.root / "shown/index.html").read_text(encoding="utf-8")
    state = json.loads(page.split('id="state">')[1].split("</script>")[0])
    assert [each["subscribers"] for each in state["look"]["variants"]] == [each.subscribers for each in variants(desks)]
    assert [each["look"] is None for each in state["look"]["variants"]] == [True, False, False, False]


def test_old_variants_are_removed_from_the_outbox(
    desks: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A build without `only:` removes earlier variants; until then the outbox is not up to date."""
    monkeypatch.chdir(desks.root)
    assert run(["build", "2025-01-30"]) == 0
    assert run([]) == 0
    assert "is not in the outbox" not in capsys.readouterr().out
    shutil.rmtree(desks.root / "outbox/2025-01-30/variants/2-not-tagged-press-or-staff")
    assert run([]) == 0
    assert "is not in the outbox" in capsys.readouterr().out
    issue = desks.issue("2025-01-30")
    issue.write_text(
        issue.read_text(encoding="utf-8").split("topics:")[0] + 'topics:\n  - title: "T"\n    facts: |\n      F.\n'
    )
    assert run(["build", "2025-01-30"]) == 0
    assert not (desks.root / "outbox/2025-01-30/variants").exists()
