"""Alembic's entry point: runs the migrations on the caller's connection and in its transaction."""

from alembic import context

from composer.database.schema_version import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
