"""`python -m benchmarks`: measures, and prints one screen.

Input: which parts, `--rounds`. Output: the report on stdout; exit code 0 if every limit is met, 1 if one is missed, 2
if a compared tool is missing. Limits are ratios or counts if possible, because milliseconds are valid for one machine
only.
"""

import argparse
import gc
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks import handover, mailing, personal
from benchmarks import leaving as one_click
from benchmarks.audience import COUNT, EXPORT, FEW, IMPORT, LIST, audience
from benchmarks.audience import PEER as INSERT
from benchmarks.burst import bursts
from benchmarks.calls import LIMITS, counted
from benchmarks.fresh import BARE, BUILD, HELP, PEER, builds, interleaved, starts
from benchmarks.growth import SIZES, growth, is_level
from benchmarks.history import record
from benchmarks.imports import imports
from benchmarks.large import large
from benchmarks.machines import CONNECTIONS, machines
from benchmarks.machines import LATE as MACHINES_LATE
from benchmarks.machines import RATE as MACHINES_RATE
from benchmarks.peers import missing
from benchmarks.printing import printing
from benchmarks.publishing import FEW as FEW_ISSUES
from benchmarks.publishing import publishing
from benchmarks.returning import returning
from benchmarks.sessions import MOST, UNLIMITED, sessions
from benchmarks.signing import signing
from benchmarks.sizing import Sizing, sizing
from benchmarks.stages import TOTAL, sample, stages, write_large
from benchmarks.steady import RATE, steady

#: Time of a build compared to MJML's own command line.
_RATIO = 0.6
_HELP_MS = 150
_WARM_MS = 60
#: A save in an issue of 150 links compared to one in the sample.
_GROWTH = 1.5
#: The size at which Gmail clips a message, in bytes of HTML.
_CLIP = 102_400
_SHARE = 0.5
_SIGNING = 0.6
_NODEMAILER = 3
#: Messages made for subscribers, compared to EmailMessage: unsigned, signed.
_MADE, _MADE_SIGNED = 100, 10
_TLS = 200
#: A whole mailing compared to smtp-source (the goal is 0.8), nodemailer's pool, and the available libraries.
_MAILING = (0.6, 2, 20)
#: Messages of a measured mailing: enough that the second in which the processes start does not count much.
_MESSAGES = 6_000
_REACHED = 0.95
#: Megabytes that a million recipients may need more than ten thousand; the share by which a rate may be missed.
_MILLION, _STEADY = 40, 0.02
#: What two machines reach compared to one.
_MACHINES = 1.8
#: Microseconds of PostgreSQL's processor time that a delivery may need.
_SERVER_US = 1_000
#: How much longer a mailing may take with a server that limits its sessions.
_SESSIONS = 1.5
#: Seconds.
_LEAVING = 0.1
#: Megabytes that ten times the messages may need more.
_FLAT = 16
#: How many subscribers are imported, and how many MB more than a hundredth of them they may need.
_SUBSCRIBERS = 1_000_000
_MORE_MB = 60
#: Issues of an archive, each in two languages; seconds from nothing, seconds beyond the start for one change, and the
#: kilobytes that each page may need.
_ISSUES, _NOTHING, _CHANGE, _PAGE_KB = 520, 30, 1, 10
#: The same change in loops of ten million steps of Python, as processor time: the bar for slow and busy machines.
_CHANGE_LOOPS = 1
#: Seconds of processor time to print the sample in a fresh process and in a warm one, and bytes.
_PRINT_FRESH, _PRINT_WARM, _PDF_BYTES = 3, 1.5, 500_000


#: What this run measured, by name.
_MEASURED: dict[str, float] = {}


def main() -> int:
    """Measure, print, and write the ratios into history.tsv."""
    parts: dict[str, Callable[[int], bool]] = {
        "fresh": _fresh,
        "warm": lambda rounds: _warm(max(25, rounds)),
        "starts": _starts,
        "imports": lambda _: _imports(),
        "calls": lambda _: _calls(),
        "size": lambda _: _size(),
        "signing": lambda _: _signing(),
        "personal": lambda _: _personal(),
        "handover": lambda _: _handover(),
        "mailing": lambda _: _mailing(),
        "distant": lambda _: _distant(),
        "large": lambda _: _large(),
        "sessions": lambda _: _sessions(),
        "steady": lambda _: _steady(),
        "machines": lambda _: _machines(),
        "sizing": lambda _: _sizing(sizing()),
        "leaving": lambda _: _leaving(),
        "returning": lambda _: _returning(),
        "burst": lambda _: _burst(),
        "audience": lambda _: _audience(),
        "publishing": lambda _: _publishing(),
        "printing": lambda _: _printing(),
        "growth": lambda _: _growth(given.sizes),
    }
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what things cost.")
    parser.add_argument(
        "part", nargs="*", choices=[[], *parts], metavar="PART", help=f"one of {', '.join(parts)}  [all]"
    )
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds of fresh processes  [default: 15]")
    parser.add_argument(
        "--busy", type=int, default=0, metavar="N", help="keep N processors busy meanwhile  [default: none]"
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=SIZES,
        metavar="N",
        help="sizes for growth  [default: 1000 10000 100000]",
    )
    # As the program itself does (composer/cli/main.py).
    gc.set_threshold(100_000)
    given = parser.parse_args()
    if lack := missing():
        print(lack, file=sys.stderr)
        return 2
    with _busy(given.busy):
        met = [parts[name](max(2, given.rounds)) for name in given.part or parts]
    if not given.busy:
        record(_MEASURED)
    return 0 if all(met) else 1


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """Keep processors busy with other work."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def _fresh(rounds: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        spent = interleaved(builds(Path(folder), sample().edition.mjml), rounds)
    peer = spent[PEER]
    print(f"Fresh processes, {rounds} rounds, taking turns: wall time, processor time, and their ratios to the peer")
    for name, ours in spent.items():
        # If the rounds differ a lot, the machine was busy: the processor time is then the better figure.
        low, middle, high = quantiles([one / two for one, two in zip(ours.walls, peer.walls, strict=True)], n=4)
        spread = "" if name == PEER else f"    wall {low:.2f} to {high:.2f}"
        times = f"{_ms(ours.walls):>8}{_ms(ours.processor):>9}"
        print(f"  {name:<46}{times}{middle:>8.2f}{_to(ours.processor, peer.processor):>6.2f}{spread}")
    print("  The peer only compiles MJML; a build also reads, checks, inlines, and writes text and message.")
    ratio = _to(spent[BUILD].walls, peer.walls)
    processor = _to(spent[BUILD].processor, peer.processor)
    name = f"build at most {_RATIO} of the peer"
    return _bar(max(ratio, processor) <= _RATIO, name, build_to_mjml=ratio, build_to_mjml_processor=processor)


def _to(ours: list[float], peer: list[float]) -> float:
    """Return the median of the ratios of each round."""
    return median(one / two for one, two in zip(ours, peer, strict=True))


def _warm(rounds: int) -> bool:
    walls, large = stages(rounds), stages(rounds, write_large)
    total, many = median(walls[TOTAL]), median(large[TOTAL])
    print(
        f"\nAfter a save in preview, one warm process, {rounds} rounds: processor time    share    150 links    ratio"
    )
    for name, times in walls.items():
        mine, theirs = median(times), median(large[name])
        print(f"  {name:<46}{_ms(times):>16}{mine / total:>18.0%}{_ms(large[name]):>13}{theirs / mine:>9.2f}")
    met = (
        _bar(
            total * 1000 < _WARM_MS,
            f"a save is on the page, checked, in under {_WARM_MS} ms of work",
            save_ms=total * 1000,
        ),
        _bar(
            many / total <= _GROWTH,
            f"in an issue of 150 links at most {_GROWTH} times that",
            save_of_links=many / total,
        ),
    )
    return all(met)


def _starts(rounds: int) -> bool:
    spent = interleaved(starts(), rounds)
    print(f"\nStart, {rounds} rounds, taking turns                            median")
    for name, times in spent.items():
        print(f"  {name:<52}{_ms(times.walls):>8}")
    found = median(spent[HELP].walls)
    ratio = found / median(spent[BARE].walls)
    return _bar(found * 1000 < _HELP_MS, f"help under {_HELP_MS} ms", help_to_bare_python=ratio)


def _imports() -> bool:
    print("\nPackages imported when a command ends")
    found = imports()
    for one in found:
        print(f"  {one.command:<28}  {' '.join(one.found) or 'none'}   (barred: {' '.join(one.barred)})")
    return _bar(all(one.is_met for one in found), "nothing barred is imported")


def _calls() -> bool:
    print("\nFunction calls                                                count       limit")
    found = dict(counted())
    for name, count in found.items():
        print(f"  {name:<48}{count:>15,}{LIMITS[name]:>12,}")
    is_met = all(count <= LIMITS[name] for name, count in found.items())
    return _bar(is_met, "no count past its limit", **{f"calls of {name}": count for name, count in found.items()})


def _size() -> bool:
    size = len(sample().html.encode())
    print(f"\nHTML of the sample: {size:,} bytes, {size / _CLIP:.0%} of the {_CLIP:,} at which Gmail cuts off")
    return _bar(size < _SHARE * _CLIP, f"under {_SHARE:.0%}", html_of_clip=size / _CLIP)


def _signing() -> bool:
    found = signing(5)
    print("\nDKIM signatures of a 90 KB message                      a second    of the floor")
    for name, rate in (
        ("sha256 of it and one RSA-2048 signature: the floor", found.floor),
        ("compose, filled and signed by RSA-2048", found.rsa),
        ("compose, filled and signed by Ed25519", found.ed25519),
        ("compose, filled and signed by both", found.dual),
        ("compose, a whole message by RSA-2048", found.whole),
        ("dkimpy, RSA-2048", found.dkimpy),
    ):
        print(f"  {name:<52}{rate:>8,.0f}    {rate / found.floor:5.0%}")
    return _bar(found.ratio >= _SIGNING, f"RSA at least {_SIGNING:.0%} of the floor", signing_of_floor=found.ratio)


def _personal() -> bool:
    found = personal.rates(7)
    base = found[personal.EMAIL_MESSAGE]
    print(
        "\nA message of 60 KB HTML and 12 KB text for each subscriber   a second    of EmailMessage   round by round, middle half"
    )
    ratios: dict[str, float] = {}
    for name, rates in found.items():
        low, middle, high = quantiles([rate / peer for rate, peer in zip(rates, base, strict=True)], n=4)
        ratios[name] = middle
        print(f"  {name:<52}{median(rates):>8,.0f}    {middle:6.1f}          {low:.1f} to {high:.1f}")
    print(
        "  A second of one processor's time. Ours makes three tokens a subscriber; mailmerge is its own release, as installed."
    )
    met = (
        _bar(
            ratios[personal.OURS] >= _MADE,
            f"at least {_MADE} times EmailMessage ({ratios[personal.OURS]:.0f})",
            personal_to_emailmessage=ratios[personal.OURS],
        ),
        _bar(
            ratios[personal.SIGNED] >= _MADE_SIGNED,
            f"signed at least {_MADE_SIGNED} times EmailMessage ({ratios[personal.SIGNED]:.1f})",
            personal_signed_to_emailmessage=ratios[personal.SIGNED],
        ),
    )
    return all(met)


def _handover() -> bool:
    if lack := handover.missing():
        print(f"\nHand-over: {lack}")
        return _bar(False, "hand-over measured")
    found = handover.rates(handover.smtp_sink, count=1000, rounds=5)
    _rates("Hand-over of 90 KB to smtp-sink, messages a second", found)
    print("  smtp-sink reads every byte and is what the others wait for; against a sink that does nothing:")
    quick = handover.rates(handover.quick_sink, count=1000, rounds=3)
    _rates("Hand-over of 90 KB to a sink that does nothing", quick)
    encrypted = handover.over_tls(600)
    print(f"  compose, TLS from the first byte, one connection{encrypted:>15,.0f}")
    to_source = median(ratio for each in _ratios(found, handover.SOURCE) for ratio in each)
    to_node = min(median(each) for each in _ratios(quick, handover.NODEMAILER))
    slowed = min(median(each) for each in _ratios(found, handover.NODEMAILER))
    met = (
        _bar(
            to_source >= 1,
            f"to smtp-sink at least as fast as smtp-source ({to_source:.2f})",
            handover_to_smtp_source=to_source,
        ),
        _bar(
            to_node >= _NODEMAILER,
            f"at least {_NODEMAILER} times nodemailer ({to_node:.1f}; by smtp-sink {slowed:.1f})",
            handover_to_nodemailer=to_node,
        ),
        _bar(encrypted >= _TLS, f"over TLS at least {_TLS} a second"),
    )
    return all(met)


def _mailing() -> bool:
    if lack := handover.missing():
        print(f"\nMailings: {lack}")
        return _bar(False, "mailings measured")
    found = mailing.rates(count=_MESSAGES, rounds=2)
    best = {key: median(each) for key, each in found.items()}
    title = "Mailings of 85 KB to smtp-sink, messages a second"
    print(f"\n{title:<55}" + "".join(f"{many:>10} conn" for many in mailing.CONNECTIONS))
    for name in (mailing.OURS, mailing.SOURCE, mailing.NODEMAILER):
        print(f"  {name:<53}" + "".join(f"{best[name, many]:>15,.0f}" for many in mailing.CONNECTIONS))
    print(f"  {mailing.STDLIB:<53}{best[mailing.STDLIB, 1]:>15,.0f}")
    source, node = (
        max(median(each) for each in _ratios(found, peer, mailing.OURS, mailing.CONNECTIONS))
        for peer in (mailing.SOURCE, mailing.NODEMAILER)
    )
    naive = max(best[mailing.OURS, many] for many in mailing.CONNECTIONS) / best[mailing.STDLIB, 1]
    few, *_, many = mailing.CONNECTIONS
    scaled = best[mailing.OURS, many] / best[mailing.OURS, few]
    to_source, to_node, to_naive = _MAILING
    met = (
        _bar(source >= to_source, f"at least {to_source} of smtp-source ({source:.2f})", mailing_to_smtp_source=source),
        _bar(node >= to_node, f"at least {to_node} times nodemailer ({node:.1f})", mailing_to_nodemailer=node),
        _bar(naive >= to_naive, f"at least {to_naive} times the libraries ({naive:.0f})", mailing_to_libraries=naive),
        _bar(scaled >= 1, f"{many} connections at least as fast as {few} ({scaled:.2f})", mailing_16_to_4=scaled),
    )
    return all(met)


def _distant() -> bool:
    found = mailing.distant()
    print(
        f"\nTo a server {mailing.LATE * 1000:.0f} ms away ({found.round_trip * 1000:.1f} ms measured), 16 connections"
    )
    is_rate = _bar(found.of_rate >= _REACHED, f"{_REACHED:.0%} of a rate of 100 a second ({found.of_rate:.0%})")
    words = f"{_REACHED:.0%} of a message for every two round trips ({found.of_connections:.0%})"
    return _bar(found.of_connections >= _REACHED, words, distant_of_connections=found.of_connections) and is_rate


def _large() -> bool:
    few, many = large(10_000), large(1_000_000)
    print("\nA mailing to                                        10,000   1,000,000")
    for name, one, other in (
        ("seconds to count who gets it", few.counted, many.counted),
        ("seconds to freeze it", few.frozen, many.frozen),
        ("megabytes, freezing it and sending", few.memory, many.memory),
    ):
        print(f"  {name:<46}{one:>10.2f}{other:>12.2f}")
    more = many.memory - few.memory
    return _bar(more < _MILLION, f"a million takes less than {_MILLION} MB more", million_more_mb=more)


def _sessions() -> bool:
    found = sessions(1_000, 4, 3)
    base = found[UNLIMITED].median
    print(
        f"\n1,000 messages over 4 connections, {MOST} in a session    seconds   ratio   sessions   twice   unconfirmed   lost"
    )
    for kind, sent in found.items():
        print(
            f"  {kind:<48}{sent.median:>9.2f}{sent.median / base:>8.2f}{sent.sessions:>11}"
            f"{sent.doubled:>8}{sent.unconfirmed:>14}{sent.lost:>7}"
        )
    slowest = max(sent.median for sent in found.values()) / base
    met = (
        _bar(
            slowest <= _SESSIONS,
            f"at most {_SESSIONS} times what a server without a limit takes ({slowest:.2f})",
            sessions_to_unlimited=slowest,
        ),
        _bar(not any(sent.doubled or sent.lost for sent in found.values()), "nobody got two, and nobody is missing"),
    )
    return all(met)


def _steady() -> bool:
    found = steady()
    print(
        f"\nA rate of {RATE} a minute, messages in a minute: {found.restarted} over a kill, {found.shared} shared by two"
    )
    is_met = all(abs(each / RATE - 1) <= _STEADY for each in (found.restarted, found.shared))
    return _bar(is_met, f"within {_STEADY:.0%}")


def _machines() -> bool:
    found = machines()
    print(f"\nMachines of compose work, {CONNECTIONS} connections each, a server {MACHINES_LATE * 1000:.0f} ms away")
    print(f"  one machine, messages a second{found.one:>31,.1f}")
    print(f"  two machines{found.two:>49,.1f}")
    print(f"  two machines, a rate of {MACHINES_RATE / 60:.0f} a second{found.of_rate * MACHINES_RATE / 60:>26,.2f}")
    ratio = found.two / found.one
    met = (
        _bar(ratio >= _MACHINES, f"two at least {_MACHINES} times one ({ratio:.2f})", machines_two_to_one=ratio),
        _bar(
            abs(found.of_rate - 1) <= _STEADY,
            f"the rate within {_STEADY:.0%} ({found.of_rate:.1%})",
            machines_of_rate=found.of_rate,
        ),
    )
    return all(met)


def _sizing(found: Sizing) -> bool:
    million = found.recipients / 1e6
    print(
        f"\nA mailing to {found.recipients:,} on PostgreSQL, MB per million     frozen: table, indexes     sent: table, indexes"
    )
    for name in found.fresh.tables:
        sizes = (each / million for at in (found.fresh, found.sent) for each in (at.tables[name], at.indexes[name]))
        print(f"  {name:<48}" + "".join(f"{size:>14,.0f}" for size in sizes))
    print(f"  seconds per million to freeze, to VACUUM{found.frozen / million:>21,.1f}{found.vacuum / million:>14,.1f}")
    print("  simulated workers        deliveries a second      µs of the server      µs of the workers")
    for count, rate in found.rates.items():
        print(f"  {count:>17}{rate.deliveries:>27,.0f}{rate.server:>22,.0f}{rate.client:>23,.0f}")
    most = max(rate.server for rate in found.rates.values())
    return _bar(most < _SERVER_US, f"less than {_SERVER_US:,} µs of the server a delivery", ledger_server_us=most)


def _leaving() -> bool:
    load = one_click.leaving()
    print(
        f"\nOne click, {one_click.PACE} subscribers a second for {one_click.SECONDS} s on SQLite, while a mailing runs"
    )
    print(f"  {'one commit by itself':<52}{load.commit * 1000:>5.1f} ms")
    print(f"  {'messages of the mailing in a second, signed':<52}{load.sent / one_click.SECONDS:>8,.0f}")
    for name, share in (("median", 0.5), ("p99", 0.99), ("longest", 1.0)):
        print(f"  {name:<52}{load.at(share) * 1000:>5.1f} ms")
    is_answered = set(load.statuses) == {200} and load.left == len(load.waits)
    met = (
        _bar(is_answered, "every one answered, and gone"),
        _bar(load.at(0.99) < _LEAVING, f"p99 under {_LEAVING * 1000:.0f} ms", leaving_p99_ms=load.at(0.99) * 1000),
    )
    return all(met)


def _returning() -> bool:
    found = returning(10_000, rounds=5)
    print("\nWhat comes back, 60 KB returned in most                 a second    ratio")
    for name, rate in (
        ("the standard library's parser and flufl.bounce", found.peer),
        ("compose: kind, class, status, traces of the subscriber", found.understood),
        ("10,000 taken in: recorded, acted upon", found.taken_in),
        ("the same mailbox once more", found.again),
    ):
        print(f"  {name:<52}{rate:>8,.0f}    {rate / found.peer:5.2f}")
    print(f"  memory over 1,000: {found.small:.0f} MB, over 10,000: {found.large:.0f} MB")
    met = (
        _bar(
            found.understood >= found.peer,
            "read at least as fast as by the peer, which tells recipients only",
            bounces_to_standard_library=found.understood / found.peer,
        ),
        _bar(found.large - found.small <= _FLAT, f"ten times the messages within {_FLAT} MB"),
    )
    return all(met)


def _burst() -> bool:
    print("\n10,000 bounces posted at once, half of them repetitions    seconds    MB   recorded   answers")
    found = bursts(10_000, 10_000)
    for name, burst in found.items():
        answers = ", ".join(f"{status or 'none'}: {count:,}" for status, count in sorted(burst.statuses.items()))
        print(f"  {name:<54}{burst.seconds:>9.0f}{burst.memory:>6.0f}{burst.recorded:>11,}   {answers}")
    return _bar(all(burst.is_met for burst in found.values()), "every call is taken in the end, every bounce acts once")


def _rates(title: str, found: handover.Rates) -> None:
    print(f"\n{title}" + "".join(f"{many:>10} conn" for many in handover.CONNECTIONS))
    for name in (handover.OURS, handover.SOURCE, handover.NODEMAILER, handover.SMTPLIB):
        print(f"  {name:<48}" + "".join(f"{median(found[name, many]):>15,.0f}" for many in handover.CONNECTIONS))


def _ratios(
    found: handover.Rates,
    peer: str,
    name: str = handover.OURS,
    connections: Sequence[int] = handover.CONNECTIONS,
) -> Iterator[list[float]]:
    """Yield the ratio of our rate to another's, for each round and number of connections."""
    for many in connections:
        yield [ours / theirs for ours, theirs in zip(found[name, many], found[peer, many], strict=True)]


def _audience() -> bool:
    few, many = audience(_SUBSCRIBERS)
    print(f"\nA list of {_SUBSCRIBERS:,} people, of {FEW:,} beside it         wall       CPU     peak of memory")
    for name in (IMPORT, INSERT, LIST, COUNT, EXPORT):
        run = many[name]
        grown = f"{run.peak:8.0f} MB  {run.peak - (few[name].peak or 0):+.0f}" if run.peak is not None else ""
        print(f"  {name:<44}{run.seconds:>8.1f} s{run.cpu:>8.1f} s{grown}".rstrip())
    growth = max((many[name].peak or 0) - (few[name].peak or 0) for name in (IMPORT, LIST, COUNT, EXPORT))
    ratio = many[INSERT].seconds / many[IMPORT].seconds
    is_flat = _bar(growth <= _MORE_MB, f"at most {_MORE_MB} MB more than of {FEW:,} ({growth:.0f})")
    words = f"import at least as fast as sqlite-utils ({ratio:.2f})"
    return _bar(ratio >= 1, words, import_to_sqlite_utils=ratio) and is_flat


def _publishing() -> bool:
    few, many = publishing(FEW_ISSUES), publishing(_ISSUES)
    print(f"\nAn archive in two languages{'':18}{few.pages:>6,} pages{many.pages:>9,} pages     CPU     memory")
    for name, one, other in (
        ("from nothing, pictures drawn", few.first, many.first),
        ("from nothing", few.nothing, many.nothing),
        ("one issue changed", few.change, many.change),
        ("start", few.start, many.start),
        ("ten million steps of Python", few.loop, many.loop),
    ):
        print(f"  {name:<42}{one.seconds:>9.1f} s{other.seconds:>13.1f} s{other.cpu:>8.1f} s{other.memory:>7.0f} MB")
    change = many.change.seconds - many.start.seconds
    page = (many.nothing.memory - few.nothing.memory) * 1024 / (many.pages - few.pages)
    met = (
        _bar(
            many.nothing.seconds < _NOTHING,
            f"from nothing in under {_NOTHING} s ({many.nothing.seconds:.0f})",
            archive_s=many.nothing.seconds,
        ),
        _bar(
            change < _CHANGE, f"one change within {_CHANGE} s after the start ({change:.1f})", archive_change_s=change
        ),
        _bar(
            many.change_in_loops < _CHANGE_LOOPS,
            f"one change after the start in {_CHANGE_LOOPS} of ten million steps ({many.change_in_loops:.2f})",
            archive_change_loops=many.change_in_loops,
        ),
        _bar(page < _PAGE_KB, f"less than {_PAGE_KB} KB of memory a page ({page:.0f})", archive_page_kb=page),
    )
    return all(met)


def _printing() -> bool:
    found = printing(5)
    fresh, warm = median(found.fresh), median(found.warm)
    print("\nThe sample as PDF, printed and read back              processor time")
    print(f"  {'compose build --pdf, in a fresh process':<52}{fresh:>6.2f} s")
    print(f"  {'in a process that has printed before':<52}{warm:>6.2f} s")
    met = (
        _bar(fresh < _PRINT_FRESH, f"fresh in under {_PRINT_FRESH} s", pdf_fresh_s=fresh),
        _bar(warm < _PRINT_WARM, f"warm in under {_PRINT_WARM} s", pdf_warm_s=warm),
        _bar(
            found.size < _PDF_BYTES,
            f"under {_PDF_BYTES:,} bytes ({found.size:,} on {found.pages} pages)",
            pdf_kb=found.size / 1000,
        ),
    )
    return all(met)


def _growth(sizes: Sequence[int]) -> bool:
    found = growth(sorted(sizes))
    print(f"\n{'How costs grow':<12}{'count':>20}{'CPU':>12}{'of one':>14}{'peak of memory':>18}")
    for name, costs in found.items():
        for cost in costs:
            of_one = f"{cost.cpu / cost.count * 1e6:,.0f} µs"
            print(f"  {name:<12}{cost.count:>20,}{cost.cpu:>10.1f} s{of_one:>14}{cost.peak:>15.0f} MB")
    met = [_bar(is_level(costs), f"{name}: at most n log n, and flat memory") for name, costs in found.items()]
    return all(met)


def _bar(is_met: bool, bar: str, **measured: float) -> bool:
    """Print whether a limit is met, and remember what was measured for history.tsv."""
    _MEASURED.update(measured)
    print(f"  {'met' if is_met else 'MISSED'}: {bar}")
    return is_met


def _ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
