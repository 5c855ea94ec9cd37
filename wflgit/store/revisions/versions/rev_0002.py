"""Archived versions, and migrations of executions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column, make the tables."""
    op.add_column("versions", sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()))
    _migrations()
    _batches()
    _items()
    for statement in PARTIAL_INDEXES:
        op.get_bind().exec_driver_sql(statement)


def _migrations() -> None:
    op.create_table(
        "migrations",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("source", sa.Integer, nullable=False),
        sa.Column("source_commit", TEXT, nullable=False),
        sa.Column("target", sa.Integer, nullable=False),
        sa.Column("target_commit", TEXT, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("pace", TEXT),
        sa.Column("at_advance", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("paused_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_migrations"),
    )
    op.create_index("ix_migrations_account", "migrations", ["account", "id"])
    op.create_table(
        "migration_steps",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("migration", ID, autoincrement=False, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("to_step", TEXT),
        sa.Column("to_status", sa.Text),
        sa.Column("enters", sa.Boolean, nullable=False),
        sa.Column("wake", sa.Text, nullable=False),
        sa.Column("wake_us", sa.BigInteger),
        sa.Column("waiting_for", TEXT),
        sa.Column("reason", TEXT),
        sa.PrimaryKeyConstraint("account", "migration", "step", "status", name="pk_migration_steps"),
        sqlite_with_rowid=False,
    )


def _batches() -> None:
    op.create_table(
        "migration_batches",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("migration", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("lo", ID, nullable=False),
        sa.Column("hi", ID, nullable=False),
        sa.Column("stripes", sa.Integer, nullable=False),
        sa.Column("stripe", sa.Integer, nullable=False),
        sa.Column("cursor", ID, nullable=False),
        sa.Column("selected", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("begun_at", sa.BigInteger),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("moved", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("left_behind", sa.Integer, nullable=False),
        sa.Column("undone", sa.Integer, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account", "migration", "number", name="pk_migration_batches"),
        sqlite_with_rowid=False,
    )


def _items() -> None:
    op.create_table(
        "migration_items",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("migration", ID, autoincrement=False, nullable=False),
        sa.Column("execution", ID, autoincrement=False, nullable=False),
        sa.Column("batch", sa.Integer),
        sa.Column("lock_version", sa.Integer),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("to_step", TEXT),
        sa.Column("from_step", TEXT),
        sa.Column("from_status", sa.Text),
        sa.Column("from_entered_at", sa.BigInteger),
        sa.Column("from_wake_at", sa.BigInteger),
        sa.Column("from_waiting_for", TEXT),
        sa.Column("from_updated_at", sa.BigInteger),
        sa.Column("from_updated_by", TEXT),
        sa.PrimaryKeyConstraint("account", "migration", "execution", name="pk_migration_items"),
        sqlite_with_rowid=False,
    )


PARTIAL_INDEXES = (
    "CREATE UNIQUE INDEX uq_migration_open ON migrations (account, workflow, source) WHERE ended_at IS NULL",
    "CREATE INDEX ix_migration_batch_open ON migration_batches (account, migration, number) WHERE done_at IS NULL",
)
