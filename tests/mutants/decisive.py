"""The modules whose small changes matter most, and the tests of each.

This is data: a module of the package, its test files in the order in which they are run (the fastest and most specific
first), and whether to run them on PostgreSQL, too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """The tests of a module."""

    tests: tuple[str, ...]
    #: Whether the tests are run on PostgreSQL if those on SQLite noticed nothing.
    on_both: bool = False


def _asked(tests: str, *, on_both: bool = False) -> Concern:
    """Return a concern from names of test modules in tests/."""
    paths = []
    for each in tests.split():
        folder, _, name = each.rpartition("/")
        paths.append(f"tests/{folder}/test_{name}.py")
    return Concern(tests=tuple(paths), on_both=on_both)


DECISIVE: dict[str, Concern] = {
    "composer/delivery/throttle/token_bucket.py": _asked("delivery/throttle/token_bucket"),
    "composer/delivery/core/scheduler.py": _asked("delivery/core/scheduler delivery/worker/run_loop"),
    "composer/delivery/core/retry_policy.py": _asked(
        "delivery/core/retry_policy delivery/ledger/ledger_page delivery/worker/run_loop"
    ),
    "composer/delivery/core/states.py": _asked(
        "delivery/core/scheduler delivery/ledger/ledger_page delivery/ledger/ledger_machine delivery/selection/freeze"
    ),
    "composer/delivery/core/transitions.py": _asked("delivery/core/transitions delivery/ledger/ledger_rows"),
    "composer/delivery/preflight/preflight.py": _asked("delivery/preflight/preflight"),
    "composer/delivery/worker/drain.py": _asked("delivery/worker/drain delivery/worker/run_loop"),
    "composer/delivery/selection/same_issue.py": _asked("delivery/selection/same_issue"),
    "composer/delivery/database_guard/ledger_age.py": _asked(
        "delivery/database_guard/age_files delivery/database_guard/ledger_age"
    ),
    "composer/delivery/core/address_masking.py": _asked("delivery/core/address_masking"),
    "composer/delivery/selection/selection.py": _asked(
        "delivery/selection/selection delivery/selection/freeze",
        on_both=True,
    ),
    "composer/delivery/selection/freeze.py": _asked(
        "delivery/selection/frozen_rows delivery/selection/freeze delivery/selection/same_issue "
        "delivery/worker/run_loop",
        on_both=True,
    ),
    "composer/delivery/ledger/claims.py": _asked(
        "delivery/ledger/claims delivery/ledger/ledger_rows delivery/ledger/maintenance", on_both=True
    ),
    "composer/delivery/ledger/ledger.py": _asked(
        "delivery/ledger/ledger_rows delivery/ledger/ledger delivery/ledger/maintenance "
        "delivery/worker/run_loop delivery/ledger/ledger_machine",
        on_both=True,
    ),
    "composer/delivery/ledger/statements.py": _asked(
        "delivery/ledger/ledger_rows delivery/ledger/ledger delivery/ledger/maintenance "
        "delivery/worker/run_pauses delivery/worker/run_loop delivery/ledger/ledger_machine",
        on_both=True,
    ),
    "composer/delivery/ledger/maintenance.py": _asked(
        "delivery/ledger/ledger_rows delivery/ledger/reaper delivery/ledger/maintenance "
        "delivery/ledger/reconciliation delivery/worker/run_pauses delivery/worker/run_loop "
        "delivery/ledger/ledger_machine",
        on_both=True,
    ),
    "composer/delivery/ledger/reaper.py": _asked(
        "delivery/ledger/reaper delivery/ledger/workers delivery/worker/run_pauses delivery/ledger/maintenance",
        on_both=True,
    ),
    "composer/delivery/ledger/reconciliation.py": _asked(
        "delivery/ledger/ledger_rows delivery/ledger/reconciliation delivery/worker/run_loop",
        on_both=True,
    ),
    "composer/delivery/core/mailing.py": _asked(
        "delivery/core/mailing delivery/selection/freeze delivery/worker/run_pauses delivery/ledger/reconciliation",
        on_both=True,
    ),
    "composer/delivery/ledger/workers.py": _asked(
        "delivery/ledger/ownership delivery/ledger/reaper delivery/ledger/workers",
        on_both=True,
    ),
    "composer/delivery/throttle/rate_limit.py": _asked(
        "delivery/throttle/rate_limit delivery/worker/run_loop",
        on_both=True,
    ),
    "composer/audience/suppression.py": _asked(
        "audience/suppression audience/alone audience/subscribers audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/erasure.py": _asked(
        "audience/erasure audience/alone audience/subscribers audience/identity/tombstones web/public/account "
        "audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/identity/token_holders.py": _asked(
        "audience/identity/token_holders audience/identity/tombstones audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/identity/tombstones.py": _asked(
        "audience/identity/address_spans audience/identity/tombstones audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/importing/undo.py": _asked(
        "audience/importing/update audience/importing/leaving_by_lists audience/alone "
        "audience/identity/tombstones audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/importing/plan.py": _asked(
        "audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/importing/apply.py": _asked(
        "audience/importing/apply audience/importing/leaving_by_lists audience/alone "
        "audience/identity/tombstones audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/importing/update.py": _asked(
        "audience/importing/update audience/importing/leaving_by_lists audience/importing/import audience/property",
        on_both=True,
    ),
    "composer/audience/identity/tokens.py": _asked("audience/identity/tokens bounces/intake/ingest"),
    "composer/bounces/parse/delivery_report.py": _asked("bounces/parse/delivery_report bounces/parse/samples"),
    "composer/bounces/parse/automatic_replies.py": _asked("bounces/parse/automatic_replies bounces/parse/samples"),
    "composer/bounces/parse/bounce_classes.py": _asked(
        "bounces/parse/words bounces/parse/verdicts bounces/parse/samples"
    ),
    "composer/bounces/parse/server_replies.py": _asked(
        "bounces/parse/server_replies bounces/parse/free_text bounces/parse/words bounces/parse/samples"
    ),
    "composer/bounces/record/token_proof.py": _asked(
        "bounces/record/token_proof bounces/intake/ingest bounces/parse/samples"
    ),
    "composer/bounces/record/bounce_policy.py": _asked("bounces/record/bounce_policy bounces/parse/samples"),
    "composer/bounces/parse/free_text.py": _asked(
        "bounces/parse/free_text bounces/parse/automatic_replies bounces/parse/hostile bounces/parse/samples"
    ),
    "composer/bounces/parse/recipient_detectors.py": _asked(
        "bounces/parse/free_text bounces/parse/automatic_replies bounces/parse/hostile bounces/parse/samples"
    ),
    "composer/bounces/parse/feedback_report.py": _asked(
        "bounces/parse/feedback_report bounces/intake/ingest bounces/parse/samples"
    ),
    "composer/mail/merge_slots.py": _asked("mail/merge_slots mail/compiled_message mail/personal"),
    "composer/mail/transfer_encoding.py": _asked("mail/transfer_encoding mail/compiled_message mail/personal"),
    "composer/mail/headers.py": _asked("mail/headers mail/message mail/compiled_message mail/personal"),
    "composer/mail/slotted_text.py": _asked("mail/transfer_encoding mail/compiled_message mail/personal"),
    "composer/mail/dkim_signing.py": _asked("mail/dkim_signing mail/compiled_message mail/personal"),
    "composer/transport/smtp/transaction.py": _asked(
        "transport/smtp/transaction transport/replies/reply_meaning transport/matrix"
    ),
    "composer/transport/smtp/reply_parser.py": _asked("transport/replies/reply_meaning transport/matrix"),
    "composer/transport/replies/reply_meaning.py": _asked(
        "transport/replies/reply_meaning transport/smtp/session_limit delivery/core/retry_policy "
        "bounces/parse/samples bounces/parse/words bounces/parse/verdicts"
    ),
    "composer/transport/replies/phrases.py": _asked(
        "transport/replies/phrases transport/smtp/session_limit bounces/parse/words bounces/parse/verdicts"
    ),
    "composer/transport/replies/phrase_patterns.py": _asked(
        "transport/replies/phrases bounces/parse/words bounces/parse/verdicts"
    ),
    "composer/core/addresses.py": _asked("core/addresses audience/subscribers"),
    "composer/core/audience_filter.py": _asked("core/audience_filter delivery/selection/selection"),
}
