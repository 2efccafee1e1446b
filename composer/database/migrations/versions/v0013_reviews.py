"""Reviews: an issue is approved in all its languages and variants, and links name no row.

Links that were sent before lead nowhere from now on. Answers are kept for the editions and mailings that they were given for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables of composer/database/approvals.py as they were at this version, from those of before."""
    _make_tables()
    _fill()
    for table in ("edition_words", "mailing_editions"):
        op.drop_table(table)
    with op.batch_alter_table("editions", table_kwargs={"sqlite_autoincrement": True}) as editions:
        editions.drop_column("compiled")
        editions.drop_column("public")


def _make_tables() -> None:
    op.create_table(
        "edition_variants",
        sa.Column("edition_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("compiled", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id", "number", name="pk_edition_variants"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_edition_variants_edition_id"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer()),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("issue", "hash", name="uq_reviews_issue_hash"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "review_editions",
        sa.Column("review_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("review_id", "position", name="pk_review_editions"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_editions_review_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_review_editions_edition_id"),
    )
    op.create_table(
        "review_requests",
        sa.Column("id", sa.Integer()),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_requests"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_requests_review_id"),
        sa.UniqueConstraint("review_id", "normal", name="uq_review_requests_review_id_normal"),
        sa.UniqueConstraint("link", name="uq_review_requests_link"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "review_answers",
        sa.Column("id", sa.Integer()),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("typed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_answers"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_answers_review_id"),
        sa.CheckConstraint("answer IN ('yes', 'no')", name="ck_review_answers_answer"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_review_answers_review_id", "review_answers", ["review_id"])
    op.create_table(
        "mailing_reviews",
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("allowed_until", sa.Integer()),
        sa.PrimaryKeyConstraint("mailing_id", name="pk_mailing_reviews"),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailings.id"], name="fk_mailing_reviews_mailing_id"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_mailing_reviews_review_id"),
    )
    op.create_index("ix_mailing_reviews_review_id", "mailing_reviews", ["review_id"])


def _fill() -> None:
    """Make reviews of mailings, and of editions that were answered without any."""
    for statement in (
        # What the page online shows; the other messages are shown by links, which are void.
        "INSERT INTO edition_variants (edition_id, number, readers, is_public, compiled)"
        " SELECT id, 1, '{}', TRUE, coalesce(public, compiled) FROM editions"
        " WHERE id IN (SELECT edition_id FROM mailing_editions)",
        "INSERT INTO reviews (issue, hash, seen)"
        " SELECT issues.key, mailings.edition, min(mailings.made) FROM mailings"
        " JOIN issues ON issues.id = mailings.issue_id GROUP BY issues.key, mailings.edition",
        "INSERT INTO reviews (issue, hash, seen)"
        " SELECT issue, hash, min(seen) FROM editions"
        " WHERE id IN (SELECT edition_id FROM edition_words WHERE answer <> 'asked')"
        " AND NOT EXISTS (SELECT 1 FROM reviews WHERE reviews.issue = editions.issue AND reviews.hash = editions.hash)"
        " GROUP BY issue, hash",
        "INSERT INTO mailing_reviews (mailing_id, review_id)"
        " SELECT mailings.id, reviews.id FROM mailings JOIN issues ON issues.id = mailings.issue_id"
        " JOIN reviews ON reviews.issue = issues.key AND reviews.hash = mailings.edition",
        # The stem without a language comes first: it is the beginning of the others.
        "INSERT INTO review_editions (review_id, position, edition_id)"
        " SELECT review_id, row_number() OVER (PARTITION BY review_id ORDER BY stem), edition_id FROM ("
        "  SELECT DISTINCT mailing_reviews.review_id, editions.stem, editions.id AS edition_id FROM mailing_reviews"
        "  JOIN mailing_editions ON mailing_editions.mailing_id = mailing_reviews.mailing_id"
        "  JOIN editions ON editions.id = mailing_editions.edition_id"
        "  UNION SELECT reviews.id, editions.stem, editions.id FROM reviews"
        "  JOIN editions ON editions.issue = reviews.issue AND editions.hash = reviews.hash"
        " ) AS found",
        # Each language was approved by itself, and a mailing frozen when all were: so who approved one counts for all of
        # it, unless they returned another.
        "INSERT INTO review_answers (review_id, address, normal, answer, comment, typed_by, at)"
        " SELECT review_id, address, normal, answer, comment, typed_by, at FROM ("
        "  SELECT review_editions.review_id, w.address, w.normal, w.answer, w.comment,"
        "   CASE WHEN w.via = 'link' THEN '' ELSE w.via END AS typed_by, w.at,"
        "   row_number() OVER (PARTITION BY review_editions.review_id, w.normal ORDER BY w.answer, w.at DESC) AS rank"
        "  FROM edition_words AS w JOIN review_editions ON review_editions.edition_id = w.edition_id"
        "  WHERE w.answer <> 'asked') AS found WHERE rank = 1 ORDER BY at",
        "UPDATE mailing_reviews SET allowed_until = coalesce("
        " (SELECT max(id) FROM review_answers WHERE review_answers.review_id = mailing_reviews.review_id), 0)"
        " WHERE mailing_id IN (SELECT id FROM mailings WHERE allowed LIKE '%\"unapproved\"%')",
    ):
        op.execute(statement)
