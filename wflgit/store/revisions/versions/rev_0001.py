"""The first tables: version cache, executions, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _version_cache()
    _executions()
    _audit()
    for statement in BEYOND_TABLES[op.get_context().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def _version_cache() -> None:
    op.create_table(
        "sync_state",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("trunk", TEXT),
        sa.Column("layout", TEXT),
        sa.Column("tip", TEXT),
        sa.Column("audited_tip", TEXT),
        sa.PrimaryKeyConstraint("account", name="pk_sync_state"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workflow_files",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("blob", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("name_key", TEXT),
        sa.PrimaryKeyConstraint("account", "path", name="pk_workflow_files"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_workflow_files_workflow", "workflow_files", ["account", "workflow"])
    op.create_index("ix_workflow_files_name_key", "workflow_files", ["account", "name_key"])
    op.create_table(
        "versions",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("commit_id", TEXT, nullable=False),
        sa.Column("blob", TEXT),
        sa.Column("author_name", TEXT, nullable=False),
        sa.Column("author_email", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("summary", TEXT, nullable=False),
        sa.Column("on_trunk", sa.Boolean, nullable=False),
        sa.Column("tag", TEXT),
        sa.Column("published_at", sa.BigInteger),
        sa.Column("published_by_name", TEXT),
        sa.Column("published_by_email", TEXT),
        sa.PrimaryKeyConstraint("account", "workflow", "number", name="pk_versions"),
        sqlite_with_rowid=False,
    )


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("commit_id", TEXT, nullable=False),
        sa.Column("contact", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("lock_version", sa.Integer, nullable=False),
        sa.Column("context", sa.JSON, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("started_by", TEXT, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("updated_by", TEXT, nullable=False),
        sa.Column("entered_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("wake_at", sa.BigInteger),
        sa.Column("waiting_for", TEXT),
        sa.Column("reason", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_executions"),
        sa.CheckConstraint(
            "(ended_at IS NULL AND status IN ('active', 'waiting'))"
            " OR (ended_at IS NOT NULL AND status IN ('completed', 'failed', 'cancelled'))",
            name="ck_executions_ended",
        ),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("key", TEXT),
        sa.PrimaryKeyConstraint("account", "sequence", name="pk_audit"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_head",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_audit_head"),
        sqlite_with_rowid=False,
    )


PARTIAL_INDEXES = (
    "CREATE INDEX ix_versions_published ON versions (account, workflow, number) WHERE published_at IS NOT NULL",
    "CREATE INDEX ix_versions_off_trunk ON versions (account, workflow, number) WHERE NOT on_trunk",
    "CREATE UNIQUE INDEX uq_execution_live ON executions (account, workflow, contact) WHERE ended_at IS NULL",
    "CREATE INDEX ix_execution_live ON executions (account, workflow, id) WHERE ended_at IS NULL",
    "CREATE INDEX ix_workflow_files_unnamed ON workflow_files (account) WHERE name IS NULL",
    'CREATE UNIQUE INDEX uq_audit_key ON audit (account, "key") WHERE "key" IS NOT NULL',
)
TYPICAL_COUNTS = """
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('versions', 'versions', '10000 10000 10 1'),
('versions', 'ix_versions_published', '1000 1000 2 1'),
('versions', 'ix_versions_off_trunk', '10 10 1 1'),
('workflow_files', 'workflow_files', '1000 1000 1'),
('workflow_files', 'ix_workflow_files_workflow', '1000 1000 1 1'),
('workflow_files', 'ix_workflow_files_name_key', '1000 1000 1 1'),
('workflow_files', 'ix_workflow_files_unnamed', '10 10 1')
"""
REFUSED = "audit entries are never changed or deleted"
REFUSE_REPLACING = f"""
CREATE TRIGGER audit_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE account = NEW.account AND (sequence = NEW.sequence OR "key" = NEW."key"))
BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END
"""  # noqa: S608
REFUSE = f"""
CREATE FUNCTION wflgit_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'restrict_violation'; END $$
"""
REFUSE_CHANGING = """
CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION wflgit_refuse_audit_change()
"""
BEYOND_TABLES = {
    "sqlite": (
        *PARTIAL_INDEXES,
        "ANALYZE",
        TYPICAL_COUNTS,
        "ANALYZE sqlite_schema",
        f"CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
        f"CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
        REFUSE_REPLACING,
    ),
    "postgresql": (*PARTIAL_INDEXES, "ALTER TABLE executions SET (fillfactor = 80)", REFUSE, REFUSE_CHANGING),
}
