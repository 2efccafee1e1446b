"""The small changes of `make mutants` are as described, the same for the same seed, and noticed by tests."""

import ast
import re

import pytest

from tests.mutants.__main__ import ROOT, all_changes, harmless, sample
from tests.mutants.changes import changes_in, package_in
from tests.mutants.decisive import DECISIVE
from tests.mutants.model import Change
from tests.mutants.patterns import changed_patterns
from tests.mutants.running import Trials, Verdict
from tests.sizes import sized

SOURCE = '''
import re
from enum import StrEnum

class State(StrEnum):
    """What a delivery is."""

    OPEN = "open"
    DONE = "done"

_WORDS = re.compile(r"(?<!not )full|over (?:quota|limit)", re.IGNORECASE | re.DOTALL)
_TABLE = {"a": 1, "b": State.OPEN}
Pairs = dict[str, tuple[str, bytes]]
Tell = Callable[[str, int], tuple[str, ...]]

def late(count: int, names: list[str], *, is_new: bool = False) -> str | None:
    """Say it; never changed."""
    if count < 3 and not is_new:
        names.append("late")
        return names[:2].pop().lower()
    if count == 0:
        raise ValueError(f"{count + 1} is too few")
    return max(names, key=len) if "x" in (names[0], "y") else None
'''


def changes(source: str = SOURCE) -> set[tuple[str, str, str]]:
    return {(each.kind, each.before, each.after) for each in changes_in("a.py", source, package_in([source]))}


@pytest.mark.parametrize(
    "change",
    [
        ("comparison", "count < 3", "(count <= 3)"),
        ("comparison", "count < 3", "(count >= 3)"),
        ("comparison", "count == 0", "(count != 0)"),
        ("and, or", "count < 3 and (not is_new)", "(count < 3 or not is_new)"),
        ("condition dropped", "count < 3 and (not is_new)", "(count < 3)"),
        ("condition dropped", "count < 3 and (not is_new)", "(not is_new)"),
        ("condition turned round", "count < 3 and (not is_new)", "(not (count < 3 and (not is_new)))"),
        ("not, minus", "not is_new", "is_new"),
        ("statement dropped", "names.append('late')", ""),
        ("raise dropped", "raise ValueError(f'{count + 1} is too few')", ""),
        ("returned nothing", "return names[:2].pop().lower()", "return None"),
        ("slice dropped", "names[:2]", "names"),
        ("call dropped", ".lower()", ""),
        ("function", "max(names, key=len)", "min(names, key=len)"),
        ("argument dropped", "max(key=len)", ""),
        ("choice dropped", "max(names, key=len) if 'x' in (names[0], 'y') else None", "max(names, key=len)"),
        ("row dropped", "'y'", ""),
        ("row dropped", "'a': 1", ""),
        ("constant", "3", "4"),
        ("constant", "False", "True"),
        ("another member", "State.OPEN", "State.DONE"),
        ("flag dropped", "re.IGNORECASE | re.DOTALL", "re.DOTALL"),
        ("alternative dropped", "(?<!not )", ""),
        ("alternative dropped", "quota", ""),
        ("alternative dropped", "(?<!not )full", ""),
    ],
)
def test_each_kind_of_change_is_made(change: tuple[str, str, str]) -> None:
    """Each kind is made, from a comparison to an alternative of a pattern."""
    assert change in changes()


@pytest.mark.parametrize(
    ("returns", "empty"),
    [
        ("str", "''"),
        ("int | None", "None"),
        ("tuple[str, ...]", "()"),
        ("tuple[str, int]", None),
        ("ast.expr", None),
        ("Iterator[str]", "iter(())"),
    ],
)
def test_what_the_type_checker_would_notice_is_left_out(returns: str, empty: str | None) -> None:
    """No value of another type than promised is returned, and no required argument is removed."""
    source = f"def f(x: str, *, y: int, z: int = 1) -> {returns}:\n    return g(f(x, y=1, z=2))\n"
    found = {(kind, after or before) for kind, before, after in changes(source)}
    assert {after for kind, after in found if kind == "returned nothing"} == ({f"return {empty}"} if empty else set())
    assert {after for kind, after in found if kind == "argument dropped"} == {"f(z=2)"}


def test_texts_types_and_docstrings_are_left_alone() -> None:
    """Texts for people, and code for the type checker only, are not behaviour."""
    said = " ".join(f"{before} {after}" for _, before, after in changes())
    assert not re.search(r"never changed|count - 1|int & |str & |bytes|Callable|tuple", said)


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("a|b|c", ["b|c", "a|c", "a|b"]),
        ("x(?:a|b)y", ["x(?:b)y", "x(?:a)y"]),
        ("(?P<n>a|b)", ["(?P<n>b)", "(?P<n>a)"]),
        (r"[|(]\|\(|b", ["b", r"[|(]\|\("]),
        ("[]|]x", []),
        ("a(?=b|c)", ["a", "a(?=c)", "a(?=b)"]),
        ("(?<!a)b", ["b"]),
        ("(a|(b|c))", ["(a|(c))", "(a|(b))", "((b|c))", "(a)"]),
    ],
)
def test_each_alternative_of_a_pattern_is_dropped(pattern: str, left: list[str]) -> None:
    """Alternatives are removed at any depth, also in lookarounds, but not in sets of characters or after a backslash."""
    assert [each for _, each in changed_patterns(pattern)] == left


def test_the_decisive_modules_have_changes_and_tests() -> None:
    """Every named module and test file exists; every change can be parsed and differs from the original."""
    for path, concern in DECISIVE.items():
        assert (ROOT / path).is_file(), path
        assert concern.tests and all((ROOT / each).is_file() for each in concern.tests), path
    found = all_changes(list(DECISIVE)[:: sized(6, 1)])
    for path, changes in found.items():
        assert len(changes) > 5, path
    for change in sample(found, 7, sized(15, 60)):
        before = (ROOT / change.path).read_text(encoding="utf-8")
        assert ast.dump(ast.parse(change.text)) != ast.dump(ast.parse(before)), change.key


def test_a_seed_names_a_sample_and_every_change_its_own_name() -> None:
    """A seed always selects the same changes, each once; another seed selects others; all names are unique."""
    found = all_changes(["composer/delivery/throttle/token_bucket.py", "composer/bounces/record/bounce_policy.py"])
    first = [each.key for each in sample(found, 1, 40)]
    assert first == [each.key for each in sample(found, 1, 40)] != [each.key for each in sample(found, 2, 40)]
    assert len(set(first)) == 40
    assert all(len({each.key for each in one}) == len(one) for one in found.values())
    everything = sample(found, 3, 10_000)
    assert len(everything) == sum(map(len, found.values()))


def test_harmless_changes_have_reasons() -> None:
    """Each line of harmless.txt names a decisive module, a change, and a reason."""
    for key, reason in harmless().items():
        assert key.split(" :: ")[0] in DECISIVE and " -> " in key and len(reason) > 20, key


def test_a_change_is_noticed_on_a_copy() -> None:
    """A doubled rate is noticed, a sum in another order is not, and a module that cannot be loaded does not count."""
    path = "composer/delivery/throttle/token_bucket.py"
    before = (ROOT / path).read_bytes()
    found = {each.key: each for each in all_changes([path])[path]}
    doubled = found[f"{path} :: slowed :: before / 2 -> (before * 2)"]
    one, other = "now + HORIZON + max(interval, HORIZON)", "now + max(interval, HORIZON) + HORIZON"
    text = before.decode().replace(one, other)
    same = Change(path=path, function="reserve", line=1, kind="", before=one, after=other, text=text)
    broken = Change(
        path=path, function="module", line=1, kind="", before="all", after="none", text="raise ValueError\n"
    )
    tried = {each.change.key: each.verdict for each in Trials(ROOT, 1).run([doubled, same, broken])}
    assert tried == {doubled.key: Verdict.NOTICED, same.key: Verdict.MISSED, broken.key: Verdict.UNLOADABLE}
    assert (ROOT / path).read_bytes() == before
