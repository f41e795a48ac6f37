"""How Alembic reaches the database: over the connection it is given."""

from alembic import context

from data_access.store.models import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
