"""Code that is compiled in one run and used in the next: the same as if it were compiled again, and never an editor's text."""

import dataclasses
import marshal
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]

import pytest

from composer.cli.compiled_code import code_kept
from composer.core.kept_results import recall

ROOT = Path(__file__).parents[2]

#: Patterns of all kinds, with a text: names, flags, bytes, look-behind, sets of characters, references.
_PATTERNS: tuple[tuple[str | bytes, int, str | bytes], ...] = (
    (r"(?P<year>\d{4})-(?P<month>\d\d)", 0, "on 2025-01-30"),
    (r"(a)(?P<b>b)?(?:c)(d)\1", re.IGNORECASE, "ACDA"),
    (r"(?<![a-z])[\u0370-\u052f\u4e00-\u9fff]+$", re.MULTILINE, "x α中\n中"),
    (rb"('[^']*')|(\"[^\"]*\")", 0, b"a 'b' \"c\""),
    (r"(?i:straße) | İ", re.VERBOSE | re.ASCII, "STRASSE straße"),
    (r"[^\W\d_]+", 0, "né 中 ſ 9_"),
    (r"[:;<]*+x", re.DOTALL, ":;x"),
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


def _known(name: str) -> dict[object, object]:
    kept = recall("code", ("1", name))
    assert isinstance(kept, bytes)
    found = marshal.loads(kept)
    assert isinstance(found, dict)
    return found


def _described(pattern: re.Pattern[str] | re.Pattern[bytes], text: str | bytes) -> object:
    found = [(match.span(), match.groups(), match.lastgroup) for match in pattern.finditer(text)]  # type: ignore[arg-type]
    return pattern.pattern, pattern.flags, pattern.groups, dict(pattern.groupindex), found


def _compile_as_module(pattern: str | bytes, flags: int) -> re.Pattern[str]:
    """Compile a pattern as a module does that is imported."""
    names: dict[str, object] = {"re": re, "pattern": pattern, "flags": flags}
    re.purge()
    exec("made = re.compile(pattern, flags)", names)
    made = names["made"]
    assert isinstance(made, re.Pattern)
    return made


def test_a_kept_pattern_is_the_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """It equals the one that Python compiles, and finds the same; the second run compiles nothing."""
    fresh = [_compile_as_module(pattern, flags) for pattern, flags, _ in _PATTERNS]
    for _ in range(2):
        with code_kept("build"):
            kept = [_compile_as_module(pattern, flags) for pattern, flags, _ in _PATTERNS]
        assert kept == fresh
        texts = [text for _, _, text in _PATTERNS]
        assert [*map(_described, kept, texts)] == [*map(_described, fresh, texts)]
        monkeypatch.setattr(_compiler, "_code", _fail)


def _fail(*given: object) -> object:
    raise AssertionError(given)


def _value_class() -> type:
    class Value:
        """A value."""

        name: str
        many: tuple[int, ...] = ()

    return dataclasses.dataclass(frozen=True, kw_only=True)(Value)


def test_a_kept_value_class_is_the_class() -> None:
    """Its methods do the same; the second run adds nothing."""
    with code_kept("build"):
        _value_class()
    before = _known("build")
    with code_kept("build"):
        made = _value_class()
    assert _known("build") == before and any("def __init__" in str(source) for source in before)
    value = made(name="a", many=(1,))
    assert value == made(name="a", many=(1,)) != made(name="b") and hash(value) == hash(made(name="a", many=(1,)))
    assert repr(value).endswith("Value(name='a', many=(1,))")
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.name = "b"


def test_no_pattern_with_a_text_of_an_editor_is_kept() -> None:
    """A function makes it; a pattern that is written in a function is kept."""
    re.purge()
    with code_kept("check"):
        name = "Ada Lovelace"
        assert re.search(f"{name}s?", "Ada Lovelaces")
        assert re.search("a constant of [f]unction", "a constant of function")
    assert [key for key in _known("check") if isinstance(key, tuple)] == [("a constant of [f]unction", 0)]


def test_afterwards_python_compiles_as_before() -> None:
    """Also after an error."""
    plain: Callable[..., object] = _compiler.compile
    with pytest.raises(ValueError, match="stop"), code_kept("build"):
        raise ValueError("stop")
    assert _compiler.compile is plain and "exec" not in vars(dataclasses)


def test_mistakes_in_patterns_are_reported_as_usual() -> None:
    """With the same error."""
    with code_kept("build"), pytest.raises(re.error, match="unterminated"):
        re.compile("(")


def test_commands_use_what_was_kept(tmp_path: Path) -> None:
    """The second run of a command compiles no pattern of a module and no method of a value class."""
    program = (
        "import sys; sys.argv[1:] = ['build', '2025-01-30', '--output', sys.argv[1]]\n"
        "from composer.cli import compiled_code\n"
        "made = []\n"
        "plain = compiled_code._parts\n"
        "compiled_code._parts = lambda *given: made.append(given) or plain(*given)\n"
        "from composer.cli.main import main\n"
        "try: main()\n"
        "finally: print(len(made))\n"
    )
    counts = [
        int(
            subprocess.run(
                [sys.executable, "-c", program, str(tmp_path / "out")],
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
                timeout=120,
            ).stdout.split()[-1]
        )
        for _ in range(2)
    ]
    assert counts[0] > 100 and counts[1] == 0
