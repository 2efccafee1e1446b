"""What Alembic runs: the migrations, on the connection and in the transaction that it is given."""

from alembic import context

from composer.database.schema_version import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
