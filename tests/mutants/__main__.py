"""`python -m tests.mutants`: makes small changes to decisive modules, and counts those that a test notices.

Input: `--seed`, `--count`, `--jobs`, `--module`. Output: a line with the diff of each change that was not noticed; then
the share. Exit code 1 if less than 95 % of the changes in behaviour were noticed.
"""

import argparse
import difflib
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutants.changes import changes_in, read_package
from tests.mutants.decisive import DECISIVE
from tests.mutants.model import Change
from tests.mutants.running import Trials, Tried, Verdict

ROOT = Path(__file__).parent.parent.parent
_WANTED = 0.95


def harmless() -> dict[str, str]:
    """Return the changes that make no difference, by key, each with the reason (harmless.txt)."""
    lines = (Path(__file__).parent / "harmless.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.rpartition(" :: ") for line in lines if line and not line.startswith("#")]
    return {key: reason for key, _, reason in rows}


def all_changes(modules: Sequence[str] = tuple(DECISIVE)) -> dict[str, tuple[Change, ...]]:
    """Return every change of the decisive modules, by module."""
    package = read_package(ROOT / "composer")
    return {path: changes_in(path, (ROOT / path).read_text(encoding="utf-8"), package) for path in modules}


def sample(changes: dict[str, tuple[Change, ...]], seed: int, count: int) -> list[Change]:
    """Choose changes: first a module, then a kind of change, then a change, so that long tables do not dominate."""
    dice = random.Random(seed)
    left = {path: _by_kind(found) for path, found in changes.items() if found}
    chosen: list[Change] = []
    while left and len(chosen) < count:
        path = dice.choice(sorted(left))
        kind = dice.choice(sorted(left[path]))
        these = left[path][kind]
        chosen.append(these.pop(dice.randrange(len(these))))
        if not these:
            del left[path][kind]
            if not left[path]:
                del left[path]
    return chosen


def _by_kind(found: Sequence[Change]) -> dict[str, list[Change]]:
    kinds: defaultdict[str, list[Change]] = defaultdict(list)
    for change in found:
        kinds[change.kind].append(change)
    return kinds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Do tests notice small changes?")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the dice  [default: 1]")
    parser.add_argument("--count", type=int, default=100, metavar="N", help="changes to try  [default: 100]")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="at a time  [default: 1]")
    parser.add_argument("--minutes", type=float, metavar="N", help="sum up what was tried until then")
    parser.add_argument("--module", action="append", metavar="TEXT", help="only modules whose path holds this")
    given = parser.parse_args()
    wanted = [path for path in DECISIVE if not given.module or any(each in path for each in given.module)]
    if not wanted:
        parser.error("none of the decisive modules (tests/mutants/decisive.py) has that in its path")
    known = harmless()
    changes = all_changes(wanted)
    everything = {change.key for found in changes.values() for change in found}
    chosen = sample(changes, given.seed, given.count)
    tried = [each for each in chosen if each.key not in known]
    print(
        f"{sum(map(len, changes.values()))} changes to {len(changes)} modules; seed {given.seed}: {len(chosen)} chosen"
    )
    begun = time.monotonic()
    found = []
    for each in Trials(ROOT, given.jobs).run(tried):
        found.append(each)
        _show(each, len(found), len(tried))
        if given.minutes and time.monotonic() - begun > 60 * given.minutes:
            chosen = chosen[: chosen.index(tried[len(found) - 1]) + 1]
            break
    print()
    for key in sorted(key for key in known if key.partition(" :: ")[0] in changes and key not in everything):
        print(f"harmless.txt names a change that no longer exists: {key}")
    sys.exit(_sum_up(found, chosen, time.monotonic() - begun))


def _show(tried: Tried, number: int, count: int) -> None:
    change = tried.change
    print(
        f"{number}/{count} {tried.seconds:5.1f} s  {tried.verdict:<11}  {change.kind}: {change.key} (line {change.line})",
        flush=True,
    )
    if tried.verdict in (Verdict.MISSED, Verdict.HUNG):
        print("\n".join(_diff(change)), flush=True)
    elif tried.verdict is Verdict.BROKEN:
        print(tried.words, flush=True)


def _diff(change: Change) -> Iterator[str]:
    before = (ROOT / change.path).read_text(encoding="utf-8").splitlines()
    diff = difflib.unified_diff(before, change.text.splitlines(), change.path, "changed", lineterm="", n=1)
    return (f"    {line[:160]}" for line in diff)


def _sum_up(found: Sequence[Tried], chosen: Sequence[Change], seconds: float) -> int:
    print(f"{'module':44} {'tried':>6} {'noticed':>8} {'harmless':>9} {'not loadable':>13}")
    for path in sorted({change.path for change in chosen}):
        verdicts = Counter(each.verdict for each in found if each.change.path == path)
        harmless_ones = sum(change.path == path for change in chosen) - verdicts.total()
        print(
            f"{path:44} {_counted(verdicts):6} {verdicts[Verdict.NOTICED]:8} {harmless_ones:9}"
            f" {verdicts[Verdict.UNLOADABLE]:13}"
        )
    verdicts = Counter(each.verdict for each in found)
    noticed, count = verdicts[Verdict.NOTICED], _counted(verdicts)
    share = noticed / count if count else 0.0
    print(
        f"{noticed} of {count} changes that make a difference were noticed ({share:.1%});"
        f" {len(chosen) - len(found)} make none (harmless.txt); {seconds:.0f} s, {seconds / max(count, 1):.1f} s a change"
    )
    if verdicts[Verdict.BROKEN]:
        print(f"{verdicts[Verdict.BROKEN]} were not tried, because their tests fail without a change")
    return 0 if share >= _WANTED and not verdicts[Verdict.BROKEN] else 1


def _counted(verdicts: Counter[Verdict]) -> int:
    return sum(verdicts[each] for each in (Verdict.NOTICED, Verdict.MISSED, Verdict.HUNG))


if __name__ == "__main__":
    main()
