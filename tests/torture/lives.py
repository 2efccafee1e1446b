"""Whatever editors, subscribers, mail servers and restored files do, in any order, by the dice of hypothesis.

Input: how many lives. Output: nothing, or an AssertionError with the steps that led there.
"""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from composer.core.addresses import normal_address
from composer.database.location import URL
from tests.torture.promises import CORRECTION, ISSUES, KEY, PEOPLE, Fate, Life

#: What sync programs, mail programs and people make of `2031-01-30.yaml`.
_COPIES = ("{} (1).yaml", "{}-LAPTOP.yaml", "{} - Kopie.yaml", "{} (Anna's conflicted copy 2031-01-29).yaml")
_who = st.sampled_from(PEOPLE)
_which = st.integers(0, 50)


class Promises(RuleBasedStateMachine):
    """Everything that happens around the send loop, by commands and pages."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="compose-promises-"))
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA", "HOME"):
            os.environ[name] = str(self.folder / "own")
        os.environ["COMPOSE_SECRET_KEY"] = KEY
        os.environ["COMPOSE_KEYS_PASSPHRASE"] = "correct horse battery"
        self.life = Life(self.folder)
        self.life.office.__enter__()
        os.environ["COMPOSE_SMTP_URL"] = f"smtp://127.0.0.1:{self.life.office.port}"
        self.kept: list[Path] = []

    def teardown(self) -> None:
        self.life.end_all()
        self.life.office.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize()
    def begin(self) -> None:
        self.life.take_list(PEOPLE[:4])

    @rule(who=st.sets(_who, min_size=1))
    def take_list(self, who: set[str]) -> None:
        self.life.take_list(sorted(who))

    @rule()
    def undo(self) -> None:
        self.life.undo()

    @rule(who=_who)
    def erase(self, who: str) -> None:
        self.life.erase(who)

    @rule(old=_who, new=_who)
    def move(self, old: str, new: str) -> None:
        self.life.move(old, new)

    @rule(
        issue=st.sampled_from(ISSUES),
        is_rest=st.booleans(),
        lost=st.sets(_who, max_size=1),
        gone=st.sets(_who, max_size=1),
    )
    def send(self, issue: str, is_rest: bool, lost: set[str], gone: set[str]) -> None:
        self.life.fate = Fate(*({normal_address(each) for each in some} for some in (lost, gone)))
        self.life.send(issue, *(["--to-those-without"] if is_rest else []))
        self.life.fate = Fate()

    @rule(issue=st.sampled_from(ISSUES))
    def correct(self, issue: str) -> None:
        self.life.send(CORRECTION, "--to-those-who-got", issue)

    @rule()
    def count_as_received(self) -> None:
        self.life.settle("--count-as-received")

    @rule()
    def end_all(self) -> None:
        self.life.end_all()

    @precondition(lambda self: self.life.copies)
    @rule(which=_which)
    def unsubscribe(self, which: int) -> None:
        self.life.unsubscribe(self.life.copies[which % len(self.life.copies)])

    @precondition(lambda self: self.life.copies)
    @rule(which=_which, is_complaint=st.booleans())
    def come_back(self, which: int, is_complaint: bool) -> None:
        self.life.come_back(self.life.copies[which % len(self.life.copies)], is_complaint=is_complaint)

    @rule(who=_who)
    def sign_up(self, who: str) -> None:
        self.life.sign_up(who)

    @rule(is_by_command=st.booleans())
    def back_up(self, is_by_command: bool) -> None:
        self.kept.append(self.life.back_up(is_by_command=is_by_command))

    @precondition(lambda self: self.kept)
    @rule(which=_which, how=st.sampled_from(["cp", "mv", "rsync"]))
    def restore(self, which: int, how: str) -> None:
        self.life.restore(self.kept[which % len(self.kept)], how)

    @rule(issue=st.sampled_from(ISSUES), name=st.sampled_from(_COPIES))
    def copy_issue(self, issue: str, name: str) -> None:
        self.life.copy_issue(issue, name.format(issue))

    @invariant()
    def promises_hold(self) -> None:
        self.life.check()


def live(lives: int, *, steps: int = 15) -> None:
    """Live so many lives of a newsletter, each in a folder of its own. The environment is as before afterwards."""
    before = dict(os.environ)
    os.environ.pop(URL, None)
    try:
        run_state_machine_as_test(
            Promises,
            settings=settings(
                max_examples=lives,
                stateful_step_count=steps,
                deadline=None,
                # A life takes seconds: the steps as they were are told at once, and not made fewer first.
                phases=(Phase.explicit, Phase.reuse, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        os.environ.clear()
        os.environ.update(before)
