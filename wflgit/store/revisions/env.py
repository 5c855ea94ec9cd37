"""Alembic's environment: runs the revisions inside the transaction that `wflgit.store.upgrade` has begun."""

from alembic import context

from wflgit.store.tables import metadata, revision

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, version_table=revision.name)
context.run_migrations()
