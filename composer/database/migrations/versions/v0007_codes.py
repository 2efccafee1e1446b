"""Codes where there were sentences: why a delivery is in its state, who did it, whom a mailing is for, what came back.

The data of before is translated, so that a mailing that is not finished goes on. Hashes of editions are computed in a new way
from now on: who was asked for an approval has to be asked again.
"""

import json
import re
from collections.abc import Collection

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

#: What was written of a delivery until now.
_REASONS = {
    "found in the mail server's log": "log",
    "counted as received": "received",
    "to be sent again": "again",
    "the run that sent it died before an answer came": "run_died",
    "the run was stopped before an answer came": "run_stopped",
    "tried until the deadline": "deadline",
    "the mailing was ended before their turn": "mailing_ended",
}
_RUN = re.compile(r"run (\d+)(?:: (\w+) ?)?(.*)", re.DOTALL)
_KINDS = "'bounce', 'delay', 'receipt', 'out_of_office', 'challenge', 'complaint', 'unsubscribe', 'not_understood'"
_CLASSES = "'hard', 'bad_domain', 'full', 'soft', 'ours'"
_EFFECTS = "'suppressed', 'counted', 'alert', 'left', 'unproven', 'kept'"


def upgrade() -> None:
    """Add the columns for codes, and fill them."""
    op.add_column("mailing_events", sa.Column("reason", sa.Text()))
    op.add_column("mailing_events", sa.Column("who", sa.Text(), server_default="", nullable=False))
    op.add_column("mailing_events", sa.Column("run", sa.Integer()))
    op.add_column("deliveries", sa.Column("reason", sa.Text()))
    connection = op.get_bind()
    _translate_events(connection)
    _translate_deliveries(connection)
    _translate_audiences(connection)
    _translate_editions(connection)
    op.execute("ALTER TABLE mailing_variants DROP COLUMN label")
    if connection.dialect.name == "sqlite":
        _rebuild_returned(connection)
    else:
        for name in ("kind", "bounce"):
            op.execute(f"ALTER TABLE returned DROP CONSTRAINT ck_returned_{name}")
        op.execute("UPDATE returned SET kind = replace(kind, ' ', '_'), bounce = replace(bounce, ' ', '_')")
        op.create_check_constraint("ck_returned_kind", "returned", f"kind IN ({_KINDS})")
        op.create_check_constraint("ck_returned_bounce", "returned", f"bounce IN ({_CLASSES})")


def _translate_events(connection: sa.Connection) -> None:
    run = connection.exec_driver_sql
    run(
        "UPDATE mailing_events SET who = words, words = ''"
        " WHERE kind IN ('frozen', 'stopped', 'resumed', 'ended_for_good')"
    )
    run("UPDATE mailing_events SET reason = words, words = '' WHERE kind = 'suppressed' AND words <> ''")
    for sentence, code in _REASONS.items():
        connection.execute(
            sa.text(
                "UPDATE mailing_events SET reason = :code, words = '' WHERE kind IN ('unknown', 'expired') AND words = :was"
            ),
            {"code": code, "was": sentence},
        )
    # "counted as received (anna)"
    for was in connection.scalars(sa.text("SELECT DISTINCT words FROM mailing_events WHERE kind = 'settled'")).all():
        found = next((each for each in _REASONS if was.startswith(f"{each} (") and was.endswith(")")), None)
        if found is not None:
            connection.execute(
                sa.text(
                    "UPDATE mailing_events SET reason = :code, who = :who, words = ''"
                    " WHERE kind = 'settled' AND words = :was"
                ),
                {"code": _REASONS[found], "who": was[len(found) + 2 : -1], "was": was},
            )
    # "run 3", "run 3: halted 550 5.7.1 no"
    rows = run("SELECT id, words FROM mailing_events WHERE kind IN ('began', 'run_ended')").all()
    for number, was in rows:
        if match := _RUN.fullmatch(was):
            connection.execute(
                sa.text("UPDATE mailing_events SET run = :run, reason = :reason, words = :words WHERE id = :id"),
                {"run": int(match[1]), "reason": match[2], "words": match[3], "id": number},
            )


def _translate_deliveries(connection: sa.Connection) -> None:
    connection.exec_driver_sql("UPDATE deliveries SET reason = words, words = NULL WHERE state = 'suppressed'")
    names = {f"was{number}": sentence for number, sentence in enumerate(_REASONS)}
    cases = " ".join(f"WHEN :{name} THEN '{_REASONS[sentence]}'" for name, sentence in names.items())
    connection.execute(
        sa.text(
            f"UPDATE deliveries SET reason = CASE words {cases} END, words = NULL"  # noqa: S608
            f" WHERE words IN ({', '.join(f':{name}' for name in names)})"
        ),
        names,
    )


def _translate_audiences(connection: sa.Connection) -> None:
    tags = frozenset(connection.scalars(sa.text("SELECT DISTINCT tag FROM reader_tags WHERE tag LIKE '% or %'")))
    for was in connection.scalars(sa.text("SELECT DISTINCT audience FROM mailings")).all():
        connection.execute(
            sa.text("UPDATE mailings SET audience = :code WHERE audience = :was"),
            {"code": json.dumps(_condition(was, tags), ensure_ascii=False), "was": was},
        )


def _condition(sentence: str, tags: Collection[str]) -> dict[str, list[str]]:
    """Read "readers in de, tagged press or radio, not tagged staff". No tag holds a comma; `tags` are those with an "or"."""
    found: dict[str, list[str]] = {}
    for piece in sentence.removeprefix("readers ").split(", "):
        for lead, name in (("in ", "language"), ("tagged ", "tag"), ("not tagged ", "without_tag")):
            if piece.startswith(lead):
                found[name] = sorted(_words(piece.removeprefix(lead).split(" or "), tags))
    return found


def _words(pieces: list[str], tags: Collection[str]) -> list[str]:
    """Put those pieces together again that are one tag: "black or white"."""
    found: list[str] = []
    while pieces:
        most = next((n for n in range(len(pieces), 1, -1) if " or ".join(pieces[:n]) in tags), 1)
        found.append(" or ".join(pieces[:most]))
        pieces = pieces[most:]
    return found


def _translate_editions(connection: sa.Connection) -> None:
    for number, digests in connection.exec_driver_sql("SELECT id, digests FROM editions").all():
        kept = {name: digest for name, digest in json.loads(digests).items() if name != "who gets which part"}
        connection.execute(
            sa.text("UPDATE editions SET digests = :digests WHERE id = :id"),
            {"digests": json.dumps(kept, ensure_ascii=False), "id": number},
        )
    # Their links ask about a hash that no edition has any more.
    connection.exec_driver_sql("DELETE FROM edition_words WHERE answer = 'asked'")


def _rebuild_returned(connection: sa.Connection) -> None:
    """Make the table anew: SQLite cannot change a constraint."""
    op.create_table(
        "returned_new",
        sa.Column("id", sa.Integer()),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bounce", sa.Text()),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("status", sa.Text()),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("recipient", sa.Text(), server_default="", nullable=False),
        sa.Column("is_own", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("domain", sa.Text(), server_default="", nullable=False),
        sa.Column("reader_id", sa.Integer()),
        sa.Column("mailing_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_returned"),
        sa.UniqueConstraint("hash", name="uq_returned_hash"),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="ck_returned_kind"),
        sa.CheckConstraint(f"bounce IN ({_CLASSES})", name="ck_returned_bounce"),
        sa.CheckConstraint(f"effect IN ({_EFFECTS})", name="ck_returned_effect"),
        sqlite_autoincrement=True,
    )
    plain = "id, hash, at, source, effect, status, words, recipient, is_own, domain, reader_id, mailing_id"
    run = connection.exec_driver_sql
    run(
        f"INSERT INTO returned_new ({plain}, kind, bounce)"  # noqa: S608
        f" SELECT {plain}, replace(kind, ' ', '_'), replace(bounce, ' ', '_') FROM returned"
    )
    # Ids are never given again, not even those of rows that are gone.
    run(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'returned_new', 0"
        " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'returned_new')"
    )
    run(
        "UPDATE sqlite_sequence SET seq = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'returned'), 0)"
        " WHERE name = 'returned_new'"
    )
    op.drop_table("returned")
    op.rename_table("returned_new", "returned")
    for name in ("reader_id", "mailing_id", "at"):
        op.create_index(f"ix_returned_{name}", "returned", [name])
