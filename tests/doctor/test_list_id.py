"""The doctor's check of the List-Id."""

from pathlib import Path

import pytest

from composer.content.document.newsletter import read_newsletter
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.list_id import look_at_list_id
from tests.factories import sample


def _look(folder: Path, list_id: str, name: str = "China Briefing") -> Diagnosis:
    workspace = sample(folder)
    path = workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8").replace("name: China Briefing", f"name: {name}", 1)
    path.write_text(text.replace("delivery:\n", f"delivery:\n{list_id}", 1), encoding="utf-8")
    return look_at_list_id(read_newsletter(workspace))


@pytest.mark.parametrize(
    ("list_id", "health"),
    [
        ("briefing.news.example.org", DiagnosisLevel.GOOD),
        ("briefing.example.org", DiagnosisLevel.GOOD),
        ("briefing.other.example", DiagnosisLevel.WEAK),
        ("briefing", DiagnosisLevel.BAD),
        ("<briefing.news.example.org>", DiagnosisLevel.BAD),
    ],
)
def test_list_ids(tmp_path: Path, list_id: str, health: DiagnosisLevel) -> None:
    """In the sender's domain or the one above, in another, no domain, with angle brackets (RFC 2919)."""
    found = _look(tmp_path, f'  list_id: "{list_id}"\n')
    assert found.health is health
    assert ("list_id: china-briefing.news.example.org" in found.step) is (health is not DiagnosisLevel.GOOD)


@pytest.mark.parametrize(
    ("name", "wanted"), [("Überblick & Ausblick", "uberblick-ausblick"), ("中国简报", "newsletter")]
)
def test_no_list_id(tmp_path: Path, name: str, wanted: str) -> None:
    """The line to write is made from the newsletter's name."""
    found = _look(tmp_path, "", name)
    assert found.health is DiagnosisLevel.WEAK
    assert f"list_id: {wanted}.news.example.org " in found.step
