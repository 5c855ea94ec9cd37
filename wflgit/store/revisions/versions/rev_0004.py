"""Row-level security on PostgreSQL: a transaction sees and writes the rows of the account that it names."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Guard every table; on SQLite there is nothing to do."""
    if op.get_context().dialect.name == "postgresql":
        for table in TABLES:
            for statement in GUARD:
                op.get_bind().exec_driver_sql(statement.format(table))


TABLES = (
    "sync_state",
    "workflow_files",
    "versions",
    "executions",
    "migrations",
    "migration_steps",
    "migration_batches",
    "migration_items",
    "audit",
    "audit_head",
)
IS_OWN = "account = current_setting('wflgit.account', true)"
GUARD = (
    "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {0} FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY one_account ON {{0}} USING ({IS_OWN}) WITH CHECK ({IS_OWN})",
)
