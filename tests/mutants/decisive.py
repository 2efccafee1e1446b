"""The modules whose small changes matter most, and the tests that concern each.

What stands here is data: a folder of the package, its modules, the test files in the order in which they are asked (the
quickest and nearest first), and whether PostgreSQL is asked, too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """The tests that concern a module."""

    tests: tuple[str, ...]
    #: Whether those on PostgreSQL are run where those on SQLite noticed nothing.
    on_both: bool = False


def _concerns(folder: str, tests: str, *, on_both: bool = False, **modules: str) -> dict[str, Concern]:
    """Make the concerns of a folder's modules: `tests` are asked of all, behind those of their own."""
    found = {}
    for module, own in modules.items():
        names = dict.fromkeys([*own.split(), *tests.split()])
        paths = tuple(f"tests/{each if '/' in each else f'{folder}/{each}'}.py" for each in names)
        found[f"composer/{folder}/{module}.py"] = Concern(tests=paths, on_both=on_both)
    return found


DECISIVE: dict[str, Concern] = (
    _concerns(
        "delivery",
        "",
        bucket="test_bucket",
        plan="test_plan test_engine",
        policy="test_policy test_ledger_page test_engine",
        states="test_plan test_ledger_page test_ledger_machine test_freezing",
        readiness="test_readiness",
        drain="test_drain test_engine",
        same_issue="test_same_issue",
        age="test_age_notes test_age",
        masking="test_masking",
    )
    | _concerns(
        "delivery",
        "",
        on_both=True,
        selection="test_selection test_freezing",
        freezing="test_frozen_rows test_freezing test_same_issue test_engine",
        ledger="test_ledger_rows test_ledger test_upkeep test_engine test_ledger_machine",
        statements="test_ledger_rows test_ledger test_upkeep test_pauses test_engine test_ledger_machine",
        upkeep="test_ledger_rows test_reaper test_upkeep test_settling test_pauses test_engine test_ledger_machine",
        reaper="test_reaper test_owners test_pauses test_upkeep",
        settling="test_ledger_rows test_settling test_engine",
        mailing="test_mailing test_freezing test_pauses test_settling",
        workers="test_ownership test_reaper test_owners",
        rates="test_rates test_engine",
    )
    | _concerns(
        "audience",
        "test_importing test_property",
        on_both=True,
        suppression="test_suppression test_alone test_subscribers",
        erasing="test_erasing test_alone test_subscribers test_tombstones public/test_own",
        identity="test_resolving test_tombstones",
        tombstones="test_spans test_tombstones",
        undoing="test_updating test_leaving_by_lists test_alone test_tombstones",
        importing="",
        taking_in="test_taking_in test_leaving_by_lists test_alone test_tombstones",
        updating="test_updating test_leaving_by_lists",
    )
    | _concerns("audience", "", tokens="test_tokens bounces/test_ingest")
    | _concerns(
        "bounces",
        "test_samples",
        report="test_report",
        automatic="test_automatic",
        classes="test_words test_verdicts",
        answers="test_answers test_freeform test_words",
        proof="test_proof test_ingest",
        policy="test_policy",
        freeform="test_freeform test_automatic test_hostile",
        feedback="test_feedback test_ingest",
    )
    | _concerns(
        "mail",
        "test_compiled test_personal",
        merge="test_merge",
        encoding="test_encoding",
        headers="test_headers test_message",
        slotted="test_encoding",
        dkim="test_dkim",
    )
    | _concerns(
        "transport",
        "test_replies test_matrix",
        transaction="test_transaction",
        replies="",
    )
    | _concerns(
        "transport",
        "bounces/test_words bounces/test_verdicts",
        status="test_replies test_session_limits delivery/test_policy bounces/test_samples",
        phrases="test_phrases test_session_limits",
        phrase_patterns="test_phrases",
    )
    | _concerns("content", "", addresses="mail/test_addresses audience/test_subscribers")
    | {
        "composer/core/audience_filter.py": Concern(
            tests=("tests/core/test_audience_filter.py", "tests/delivery/selection/test_selection.py")
        )
    }
)
