"""Tens of thousands of mutated messages: `make fuzz`, or `python -m tests.bounces.fuzz --count N --seed N`.

Input: a count, a seed. Output: a line; exit code 0 if every message was classified in time, within the vocabulary, and
none proved anything.
"""

import argparse
import random
import sys
import time

from composer.audience.identity.tokens import Tokens
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.vocabulary import ReturnedKind
from composer.bounces.record.token_proof import prove_recipient
from tests.bounces.samples import SAMPLES

_SLOWEST = 2.0
#: Not the key of the samples' tokens: no mutated message can prove anything.
_TOKENS = Tokens((b"z" * 32,))


def mutant(chance: random.Random) -> bytes:
    """Make a message from one sample, or from pieces of several."""
    data = bytearray(chance.choice(SAMPLES).data)
    for _ in range(chance.randint(1, 12)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((1, 4, 40, 400, 4000)))
        match chance.randrange(7):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end] * chance.choice((1, 2, 50))
            case 2:
                data[start:end] = chance.randbytes(end - start)
            case 3:
                other = chance.choice(SAMPLES).data
                place = chance.randrange(len(other))
                data[start:end] = other[place : place + chance.choice((40, 400, 4000))]
            case 4:
                data[start:start] = chance.choice((b"\r", b"\n", b"\0", b"\n\n", b"--", b"=", b"\xff", b"--=_b1\n"))
            case 5:
                data = data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n ")), chance.choice((1, 10, -1)))
            case _:
                data[start:start] = chance.choice((b"a", b"<", b"@", b" ", b"+a", b"=?utf-8?q?")) * 5000
    return bytes(data)


def main() -> int:
    """Run the fuzzer."""
    parser = argparse.ArgumentParser(prog="python -m tests.bounces.fuzz")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    slowest, wrong = 0.0, 0
    for _ in range(given.count):
        data = mutant(chance)
        begin = time.process_time()
        returned = classify(data)
        slowest = max(slowest, time.process_time() - begin)
        _, claim = prove_recipient(returned, _TOKENS)
        texts = [returned.sender, returned.subject, *(each.recipient for each in returned.findings)]
        is_wrong = claim is not None or not all(text.isprintable() for text in texts)
        is_wrong |= any((each.bounce is None) is (each.kind is ReturnedKind.BOUNCE) for each in returned.findings)
        wrong += is_wrong
    print(f"{given.count:,} mutants of {len(SAMPLES)} messages: {wrong} wrong, slowest {slowest * 1000:.0f} ms")
    return 0 if not wrong and slowest < _SLOWEST else 1


if __name__ == "__main__":
    sys.exit(main())
