"""`python -m benchmarks`: measures, and prints one screen.

Comes in: `--rounds`. Goes out: the report on stdout; exit code 0 when every bar is met, 1 when one is missed, 2 when
the peer is not there. Bars are ratios or counts where they can be: milliseconds hold for one machine only.
"""

import argparse
import gc
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

from benchmarks.fresh import BUILD, HELP, PEER, builds, interleaved, starts
from benchmarks.imports import imports
from benchmarks.peers import missing
from benchmarks.stages import TOTAL, sample, stages

#: Wall time of a build against that of MJML's own command line.
_RATIO = 0.8
_HELP_MS = 150
_WARM_MS = 60
#: Where Gmail cuts a message off, in bytes of HTML.
_CLIP = 102_400
_SHARE = 0.5


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what building costs.")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds of fresh processes  [default: 15]")
    # As the program itself does (composer/cli/main.py).
    gc.set_threshold(50_000)
    rounds = max(2, parser.parse_args().rounds)
    if lack := missing():
        print(lack, file=sys.stderr)
        return 2
    met = [_fresh(rounds), _warm(max(25, rounds)), _starts(rounds), _imports(), _size()]
    return 0 if all(met) else 1


def _fresh(rounds: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        walls = interleaved(builds(Path(folder), sample().edition.mjml), rounds)
    peer = median(walls[PEER])
    print(
        f"Fresh processes, {rounds} rounds, taking turns                  median    ratio   round by round, middle half"
    )
    for name, times in walls.items():
        # Wide apart, or far from the ratio of the medians: the machine was busy, and the run settles nothing.
        low, _, high = quantiles([ours / theirs for ours, theirs in zip(times, walls[PEER], strict=True)], n=4)
        spread = "" if name == PEER else f"{low:.2f} to {high:.2f}"
        print(f"  {name:<52}{_ms(times):>8}    {median(times) / peer:5.2f}   {spread}".rstrip())
    print("  The peer only compiles MJML; a build also reads, checks, inlines, and writes text and message.")
    return _bar(median(walls[BUILD]) / peer <= _RATIO, f"build at most {_RATIO} of the peer")


def _warm(rounds: int) -> bool:
    walls = stages(rounds)
    total = median(walls[TOTAL])
    print(f"\nAfter a save in preview, one warm process, {rounds} rounds       median    share")
    for name, times in walls.items():
        print(f"  {name:<52}{_ms(times):>8}    {median(times) / total:5.0%}")
    return _bar(total * 1000 < _WARM_MS, f"a save is on the page, checked, in under {_WARM_MS} ms of work")


def _starts(rounds: int) -> bool:
    walls = interleaved(starts(), rounds)
    print(f"\nStart, {rounds} rounds, taking turns                            median")
    for name, times in walls.items():
        print(f"  {name:<52}{_ms(times):>8}")
    return _bar(median(walls[HELP]) * 1000 < _HELP_MS, f"help under {_HELP_MS} ms")


def _imports() -> bool:
    print("\nPackages imported when a command ends")
    found = imports()
    for one in found:
        print(f"  {one.command:<28}  {' '.join(one.found) or 'none'}   (barred: {' '.join(one.barred)})")
    return _bar(all(one.is_met for one in found), "nothing barred is imported")


def _size() -> bool:
    size = len(sample().html.encode())
    print(f"\nHTML of the sample: {size:,} bytes, {size / _CLIP:.0%} of the {_CLIP:,} at which Gmail cuts off")
    return _bar(size < _SHARE * _CLIP, f"under {_SHARE:.0%}")


def _bar(is_met: bool, bar: str) -> bool:
    print(f"  {'met' if is_met else 'MISSED'}: {bar}")
    return is_met


def _ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
