"""Tables for facts about the database itself, and for what is uncertain after a restore.

Input: nothing. Output: tables. database/schema_check.py and delivery/database_guard/ledger_age.py define the values.
"""

from sqlalchemy import Column, Table, Text

from composer.database.tables.metadata import Moment, metadata

#: The row of a copy with the time when it was made.
BACKUP = "backup"

#: The row of `database_keys` that copies do not contain, because the hashes of erased people can be tested with it.
ERASURE_KEY = "erasure"

#: Facts about the database as a whole, as JSON or plain text; the modules that write them define the names.
database_state = Table(
    "database_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: Issues with a mailing that was lost when a backup was restored: everyone without a delivery row may have received it.
lost_issues = Table(
    "lost_issues",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    #: The lost mailing, and who restored the database.
    Column("words", Text, nullable=False),
)
