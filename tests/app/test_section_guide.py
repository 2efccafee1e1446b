"""What is said about section types, from their schemas; and their examples, which are valid."""

import shutil
from pathlib import Path

import pytest
import yaml

from composer.app import build, check
from composer.app.issues.issue_lookup import find_issue
from composer.app.section_guide import SectionGuide, section_guide
from composer.core.errors import Level, UsageError
from tests.factories import ROOT, sample

TYPES = sorted(path.name for path in (ROOT / "templates" / "briefing" / "sections").iterdir())


def _workspace(folder: Path, *, has_picture: bool) -> SectionGuide:
    """Return the guide of a newsletter with one section of each type."""
    workspace = sample(folder)
    path = workspace.root / "newsletter.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["sections"] = {f"my_{name}": {"type": name, "heading": name.title()} for name in TYPES}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
    if not has_picture:
        shutil.rmtree(workspace.root / "issues" / "assets")
    return section_guide(workspace.root)


def test_all_types_have_a_sentence() -> None:
    """Outside a newsletter, the types of the included theme are described; every field has its meaning."""
    guide = section_guide(Path("/"))
    assert [kind.name for kind in guide.types] == TYPES
    for kind in guide.types:
        assert kind.description.endswith(".")
        for field in (*guide.fields(kind), *guide.options(kind)):
            assert field.schema.description.endswith((".", "…")), (kind.name, field.name)


@pytest.mark.parametrize("has_picture", [True, False])
def test_the_examples_build(tmp_path: Path, has_picture: bool) -> None:
    """An issue of every type's example is built, and checked without an error; only `image` needs a picture."""
    guide = _workspace(tmp_path, has_picture=has_picture)
    kinds = [kind for kind in guide.types if has_picture or kind.name != "image"]
    examples = [guide.example(kind) for kind in kinds]
    assert [text.partition(":")[0] for text in examples] == [f"my_{kind.name}" for kind in kinds]
    issue = tmp_path / "issues" / "2031-01-30.yaml"
    lead = 'date: 2031-01-30\nsubject: "Every section type"\npreheader: "Each of them once"\n'
    issue.write_text("\n".join((lead, *examples, "")), encoding="utf-8")
    assert build(find_issue(issue)).is_built
    found = check(find_issue(issue)).problems
    assert not [each for each in found if each.level is Level.ERROR]


def test_an_example_has_every_field_with_an_example(tmp_path: Path) -> None:
    """Except groups that need a name of one's own, every field of every type is in the example."""
    guide = _workspace(tmp_path, has_picture=True)
    for kind in guide.types:
        (value,) = yaml.safe_load(guide.example(kind)).values()
        written = value[0] if kind.content.is_array else value
        fields = {each.name for each in guide.fields(kind) if each.depth == 0 and each.schema.others is None}
        missing = fields - set(written)
        assert not missing, (kind.name, missing)


def test_an_unknown_type() -> None:
    """The nearest name is suggested, and all are listed."""
    with pytest.raises(UsageError) as caught:
        section_guide(Path("/")).type("event")
    assert "events" in (caught.value.hint or "") and "story" in (caught.value.hint or "")


def test_a_type_of_ones_own(tmp_path: Path) -> None:
    """A section type in the newsletter's theme is described like the others."""
    workspace = sample(tmp_path)
    folder = workspace.root / "templates" / "briefing" / "sections" / "haiku"
    folder.mkdir(parents=True)
    for name in ("section.mjml.j2", "section.txt.j2"):
        (folder / name).write_text("", encoding="utf-8")
    (folder / "schema.yaml").write_text(
        "title: Haiku\ndescription: Three lines.\ncontent:\n  type: object\n  required:\n    - lines\n  properties:\n"
        "    lines:\n      type: string\n      format: markdown\n      examples:\n        - Old pond\n",
        encoding="utf-8",
    )
    guide = section_guide(workspace.root)
    assert guide.example(guide.type("haiku")) == "haiku:\n  lines: |\n    Old pond"
