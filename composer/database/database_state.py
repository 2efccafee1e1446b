"""What the database knows about itself, and what a restored backup made uncertain.

Input: nothing. Output: tables. database/schema_check.py and delivery/database_guard/ledger_age.py say
what the values mean.
"""

from sqlalchemy import Column, Table, Text

from composer.database.tables.metadata import Moment, metadata

#: The row of a copy that says when it was made.
BACKUP = "backup"

#: The row of `database_keys` that no copy holds: with it, hashes of erased people can be tested.
ERASURE_KEY = "erasure"

#: Facts about the database as a whole, as JSON or plain text; the modules that write them name them.
database_state = Table(
    "database_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: Issues of which a mailing was lost when a backup was restored: whoever has no delivery row may have received it.
lost_issues = Table(
    "lost_issues",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    #: Which mailing was lost, and who restored the database.
    Column("words", Text, nullable=False),
)
