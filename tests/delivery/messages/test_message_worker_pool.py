"""Messages from other processes: the same as in this one, and a worker that crashes loses nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dkim
import pytest

from composer.delivery.config.dkim_keys import generate, parse_key, record
from composer.delivery.messages import message_worker
from composer.delivery.messages.message_factory import JobPayload, MessageError
from composer.delivery.messages.message_worker_pool import MessageWorkerPool, messages_of
from composer.delivery.messages.outgoing import MessageRecipient
from composer.mail.dkim_signing import Algorithm, Profile
from tests import processor_time
from tests.delivery.message_workers import are_ready, ends, is_gone, pids, warm
from tests.delivery.messages.test_message_factory import ANNA, TOKENS, mailing, message_source, variant

pytestmark = [pytest.mark.skipif(os.name != "posix", reason="there are workers on POSIX only"), pytest.mark.kill]
ROOT = Path(__file__).parents[3]
KEYS = (
    parse_key(generate(Algorithm.RSA), selector="s1"),
    parse_key(generate(Algorithm.ED25519), selector="s2"),
)
PROFILE = Profile(domain="example.org", keys=KEYS)


def payload(profile: Profile | None = None) -> JobPayload:
    return JobPayload.of(mailing(), (variant(),), TOKENS, profile=profile)


def subscribers(count: int) -> list[MessageRecipient]:
    return [replace(ANNA, subscriber_id=number, first_name=f"Anna {number} 你好") for number in range(1, count + 1)]


@pytest.fixture
def pool() -> Iterator[MessageWorkerPool]:
    with MessageWorkerPool(payload(), 2) as made:
        yield warm(made)


def _without_date(message: bytes) -> list[bytes]:
    return [line for line in message.split(b"\r\n") if not line.startswith(b"Date: ")]


def test_workers_make_the_same_messages(pool: MessageWorkerPool) -> None:
    """Envelope and message are identical except for the time, whether they were expected or not, in any order."""
    here, asked = message_source(), subscribers(40)
    pool.expect(asked[:30])
    for each in reversed(asked):
        made, known = pool.outgoing(each), here.outgoing(each)
        assert made.envelope == known.envelope
        assert _without_date(made.message) == _without_date(known.message)


def test_signed_by_both_keys() -> None:
    """The keys are sent to another process, and its signatures are valid."""
    answers = {f"{key.selector}._domainkey.example.org.".encode(): record(key).encode() for key in KEYS}
    with MessageWorkerPool(payload(PROFILE), 1) as pool:
        message = warm(pool).outgoing(ANNA).message
    for number in range(2):
        assert dkim.DKIM(message).verify(number, dnsfunc=lambda name, timeout=5: answers[name])


def test_threads_get_their_own(pool: MessageWorkerPool) -> None:
    """Twelve threads with two workers: each always gets its own subscriber's message."""
    wrong: list[str] = []

    def work(part: list[MessageRecipient]) -> None:
        for each in part:
            if pool.outgoing(each).envelope != message_source().outgoing(each).envelope:
                wrong.append(each.first_name)

    asked = subscribers(480)
    pool.expect(asked)
    threads = [threading.Thread(target=work, args=(asked[number::12],)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads)


def test_workers_return_the_same_errors(pool: MessageWorkerPool) -> None:
    with pytest.raises(MessageError, match="the address cannot be used"):
        pool.outgoing(replace(ANNA, address="nobody"))
    with pytest.raises(MessageError, match="the merge field “company” has no value"):
        pool.outgoing(replace(ANNA, subscriber_id=8, fields="{}"))
    assert pool.outgoing(replace(ANNA, subscriber_id=9)).envelope.recipient == "anna@example.net"


def test_a_killed_worker_loses_nothing(pool: MessageWorkerPool) -> None:
    """Both workers are killed while messages are expected: the others are made in this process, again if needed."""
    asked = subscribers(60)
    pool.expect(asked)
    found = []
    for number, each in enumerate(asked):
        if number in (10, 30):
            os.kill(pids(pool)[number // 30], signal.SIGKILL)
        found.append(pool.outgoing(each))
    assert [outgoing.envelope for outgoing in found] == [message_source().outgoing(each).envelope for each in asked]


def test_a_request_never_blocks(pool: MessageWorkerPool) -> None:
    """With many large requests the caller continues, and gets every message."""
    words = "x" * 300_000
    asked = [replace(each, fields=f'{{"company": "ACME", "more": "{words}"}}') for each in subscribers(20)]
    # Two thousand messages take seconds; requesting them does not, and needs almost no processor time.
    with processor_time.at_most(2):
        pool.expect([*subscribers(2_000)[20:], *asked])
    assert all(pool.outgoing(each).envelope.recipient == each.address for each in asked)


def test_a_worker_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that hangs is given up after a while, and not used again."""
    monkeypatch.setattr(message_worker, "_MAX_WAIT", 0.3)
    with MessageWorkerPool(payload(), 1) as pool:
        os.kill(pids(warm(pool))[0], signal.SIGSTOP)
        begin = time.monotonic()
        for each in subscribers(20):
            assert pool.outgoing(each).envelope == message_source().outgoing(each).envelope
        assert time.monotonic() - begin >= 0.3 and not are_ready(pool)


def test_old_messages_are_made_again(monkeypatch: pytest.MonkeyPatch, pool: MessageWorkerPool) -> None:
    """After a pause a message has the time of its sending."""
    monkeypatch.setattr(message_worker, "_FRESH", 0.3)
    asked = subscribers(6)
    pool.expect(asked)
    pool.outgoing(asked[0])
    time.sleep(0.5)
    begin = time.monotonic()
    for each in asked[1:]:
        found = pool._pool[each.subscriber_id % 2].reply(each)
        assert found is not None and found.made >= begin


def test_nothing_waits_for_a_worker_to_start() -> None:
    """With pictures of any size."""
    large = replace(payload(), frozen_settings=payload().frozen_settings + " " * 20_000_000)
    begin = time.monotonic()
    with MessageWorkerPool(large, 2) as pool:
        assert pool.outgoing(ANNA).envelope.recipient == "anna@example.net"
        assert time.monotonic() - begin < 2


def test_a_socket_buffer_that_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a socket's buffer is too small, messages are made in this process."""
    monkeypatch.setattr(message_worker, "_WAITING", 1 << 30)
    with MessageWorkerPool(payload(), 2) as pool:
        assert not pids(pool) and pool.outgoing(ANNA).envelope.recipient == "anna@example.net"


def test_a_worker_ends_with_its_run() -> None:
    """A run that is killed leaves no process; nor does one that ends normally, even while a thread waits."""
    program = (
        "import sys, time\n"
        "from tests.delivery.message_workers import pids, warm\n"
        "from tests.delivery.messages.test_message_worker_pool import payload, subscribers\n"
        "from composer.delivery.messages.message_worker_pool import MessageWorkerPool\n"
        "pool = MessageWorkerPool(payload(), 2)\n"
        "warm(pool).outgoing(subscribers(1)[0])\n"
        "print(*pids(pool), flush=True)\n"
        "time.sleep(60)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    children = [int(word) for word in run.stdout.readline().split()]
    assert len(children) == 2 and not any(map(is_gone, children))
    run.kill()
    run.communicate()
    assert all(map(ends, children))
    with MessageWorkerPool(payload(), 1) as pool:
        (pid,) = pids(warm(pool))
        os.kill(pid, signal.SIGSTOP)
        waiting = threading.Thread(target=pool.outgoing, args=(ANNA,))
        waiting.start()
    waiting.join(60)
    assert not waiting.is_alive() and is_gone(pid)


def test_a_folder_of_that_name_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workspace may contain its own `composer` folder, which is never run."""
    (tmp_path / "composer" / "delivery" / "messages").mkdir(parents=True)
    for path in (
        "composer/__init__.py",
        "composer/delivery/__init__.py",
        "composer/delivery/messages/__init__.py",
        "composer/delivery/messages/message_worker.py",
    ):
        (tmp_path / path).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    with MessageWorkerPool(payload(), 1) as pool:
        warm(pool).expect(subscribers(3))
        assert pool.outgoing(subscribers(3)[2]).envelope.recipient == "anna@example.net"
        assert are_ready(pool)
    assert not (tmp_path / "ran").exists()


def test_when_workers_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only for many messages with signatures, with several processors, and without a low rate."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    for count, rate, profile, is_pressed in (
        (50_000, None, PROFILE, True),
        (50_000, 600.0, PROFILE, False),
        (50_000, None, None, False),
        (200, None, PROFILE, False),
    ):
        with messages_of(payload(profile), count, rate) as made:
            assert isinstance(made, MessageWorkerPool) is is_pressed
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    with messages_of(payload(PROFILE), 50_000, None) as made:
        assert not isinstance(made, MessageWorkerPool)
    # If no worker can be started, messages are made in this process.
    monkeypatch.setattr(subprocess, "Popen", _no_process)
    with MessageWorkerPool(payload(), 2) as pool:
        assert not pids(pool) and pool.outgoing(ANNA).envelope.recipient == "anna@example.net"
        pool.expect((ANNA,))


def _no_process(*arguments: object, **more: object) -> None:
    raise OSError
