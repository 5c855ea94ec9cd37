"""The tables of the side store, in SQLAlchemy Core, for SQLite and PostgreSQL.

Every table carries `account`. Keys and indexes are measured choices: no index contains a version, step or status, so that
moving an execution never touches one (on PostgreSQL such an update stays on its page), and what is live is said by
`ended_at IS NULL`, a predicate that partial indexes of both databases understand. On PostgreSQL each table shows a transaction
only the rows of the account it says it is about, whatever a statement asks for.

What these tables say now, `revisions/` says step by step; a test holds the two together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from wflgit.core.plan import Verdict, Wake
from wflgit.core.records import ExecutionStatus, ItemResult, MigrationStatus, Strategy

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgreSQLInsert
    from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(value: datetime) -> int:
    """What `UtcTime` keeps of a time."""
    return (value - _EPOCH) // _MICROSECOND


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970 and read back in UTC: the same and exact on both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        """Write a time."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Read a time."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Word(TypeDecorator[StrEnum]):
    """A member of an enumeration, kept as its word."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> StrEnum | None:  # noqa: ARG002
        """Read a word."""
        return None if value is None else self.kind(value)


# Sorted by code point everywhere: a locale's order on PostgreSQL would differ from SQLite's and cost more.
Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ACCOUNT_SETTING = "wflgit.account"
"""The setting of a PostgreSQL session that says whose rows its transaction is about."""

metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """A table whose rows SQLite keeps in the order of the primary key, which begins with the account."""
    return sa.Table(name, metadata, sa.Column("account", Text, primary_key=True), *parts, sqlite_with_rowid=False)


sync_state = _table(
    "sync_state",
    sa.Column("trunk", Text),
    sa.Column("layout", Text),
    sa.Column("tip", Text),
    sa.Column("audited_tip", Text),
)

workflow_files = _table(
    "workflow_files",
    sa.Column("path", Text, primary_key=True),
    sa.Column("workflow", Text, nullable=False),
    sa.Column("blob", Text, nullable=False),
    sa.Column("name", Text),
    sa.Column("name_key", Text),
    sa.Index("ix_workflow_files_workflow", "account", "workflow"),
    sa.Index("ix_workflow_files_name_key", "account", "name_key"),
)

versions = _table(
    "versions",
    sa.Column("workflow", Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("path", Text, nullable=False),
    sa.Column("commit_id", Text, nullable=False),
    sa.Column("blob", Text),
    sa.Column("author_name", Text, nullable=False),
    sa.Column("author_email", Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("summary", Text, nullable=False),
    sa.Column("on_trunk", sa.Boolean, nullable=False),
    sa.Column("tag", Text),
    sa.Column("published_at", UtcTime),
    sa.Column("published_by_name", Text),
    sa.Column("published_by_email", Text),
    sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("semver", Text),
)

OFF_TRUNK = sa.text("NOT on_trunk")
"""What makes a version an orphan, in the words of its index."""

executions = sa.Table(
    "executions",
    metadata,
    sa.Column("id", Id, sa.Identity(), primary_key=True),
    sa.Column("account", Text, nullable=False),
    sa.Column("workflow", Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("commit_id", Text, nullable=False),
    sa.Column("contact", Text, nullable=False),
    sa.Column("step", Text, nullable=False),
    sa.Column("status", Word(ExecutionStatus), nullable=False),
    sa.Column("lock_version", sa.Integer, nullable=False),
    # JSON, not JSONB: it is only kept, keeps the order of its keys, and needs no PostgreSQL import on SQLite.
    sa.Column("context", sa.JSON, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("started_by", Text, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("updated_by", Text, nullable=False),
    sa.Column("entered_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("wake_at", UtcTime),
    sa.Column("waiting_for", Text),
    sa.Column("reason", Text),
    sa.CheckConstraint(
        "(ended_at IS NULL AND status IN ('active', 'waiting'))"
        " OR (ended_at IS NOT NULL AND status IN ('completed', 'failed', 'cancelled'))",
        name="ck_executions_ended",
    ),
)
LIVE = executions.c.ended_at.is_(None)
"""What makes an execution live, in the words of its indexes."""

migrations = sa.Table(
    "migrations",
    metadata,
    sa.Column("id", Id, sa.Identity(), primary_key=True),
    sa.Column("account", Text, nullable=False),
    sa.Column("workflow", Text, nullable=False),
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("source_commit", Text, nullable=False),
    sa.Column("target", sa.Integer, nullable=False),
    sa.Column("target_commit", Text, nullable=False),
    sa.Column("strategy", Word(Strategy), nullable=False),
    sa.Column("pace", Text),
    sa.Column("at_advance", sa.Boolean, nullable=False),
    sa.Column("status", Word(MigrationStatus), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("plan", Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", Text, nullable=False),
    sa.Column("started_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.Column("paused_at", UtcTime),
    sa.Index("ix_migrations_account", "account", "id"),
)

migration_steps = _table(
    "migration_steps",
    sa.Column("migration", Id, primary_key=True, autoincrement=False),
    sa.Column("step", Text, primary_key=True),
    sa.Column("status", Word(ExecutionStatus), primary_key=True),
    sa.Column("verdict", Word(Verdict), nullable=False),
    sa.Column("to_step", Text),
    sa.Column("to_status", Word(ExecutionStatus)),
    sa.Column("enters", sa.Boolean, nullable=False),
    sa.Column("wake", Word(Wake), nullable=False),
    sa.Column("wake_us", sa.BigInteger),
    sa.Column("waiting_for", Text),
    sa.Column("reason", Text),
)

migration_batches = _table(
    "migration_batches",
    sa.Column("migration", Id, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("lo", Id, nullable=False),
    sa.Column("hi", Id, nullable=False),
    sa.Column("stripes", sa.Integer, nullable=False),
    sa.Column("stripe", sa.Integer, nullable=False),
    sa.Column("cursor", Id, nullable=False),
    sa.Column("selected", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime),
    sa.Column("begun_at", UtcTime),
    sa.Column("done_at", UtcTime),
    sa.Column("moved", sa.Integer, nullable=False),
    sa.Column("skipped", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("left_behind", sa.Integer, nullable=False),
    sa.Column("undone", sa.Integer, nullable=False),
    sa.Column("kept", sa.Integer, nullable=False),
)

migration_items = _table(
    "migration_items",
    sa.Column("migration", Id, primary_key=True, autoincrement=False),
    sa.Column("execution", Id, primary_key=True, autoincrement=False),
    sa.Column("batch", sa.Integer),
    sa.Column("lock_version", sa.Integer),
    sa.Column("result", Word(ItemResult), nullable=False),
    sa.Column("reason", Text),
    sa.Column("to_step", Text),
    sa.Column("from_step", Text),
    sa.Column("from_status", Word(ExecutionStatus)),
    sa.Column("from_entered_at", UtcTime),
    sa.Column("from_wake_at", UtcTime),
    sa.Column("from_waiting_for", Text),
    sa.Column("from_updated_at", UtcTime),
    sa.Column("from_updated_by", Text),
)

audit = _table(
    "audit",
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", Text, nullable=False),
    sa.Column("action", Text, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("details", Text, nullable=False),
    sa.Column("previous", Text, nullable=False),
    sa.Column("hash", Text, nullable=False),
    sa.Column("key", Text),
)

audit_head = _table(
    "audit_head",
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("hash", Text, nullable=False),
)

# Alembic's own table, here so that a new store can be made without Alembic; the one table without an account.
revision = sa.Table(
    "wflgit_revision",
    metadata,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="wflgit_revision_pkc"),
)

# As text, because SQLAlchemy imports its PostgreSQL half for a partial index, also where only SQLite is used.
_PARTIAL_INDEXES = (
    "CREATE INDEX ix_versions_published ON versions (account, workflow, number) WHERE published_at IS NOT NULL",
    "CREATE INDEX ix_versions_off_trunk ON versions (account, workflow, number) WHERE NOT on_trunk",
    "CREATE UNIQUE INDEX uq_execution_live ON executions (account, workflow, contact) WHERE ended_at IS NULL",
    "CREATE INDEX ix_execution_live ON executions (account, workflow, id) WHERE ended_at IS NULL",
    "CREATE INDEX ix_workflow_files_unnamed ON workflow_files (account) WHERE name IS NULL",
    'CREATE UNIQUE INDEX uq_audit_key ON audit (account, "key") WHERE "key" IS NOT NULL',
    "CREATE UNIQUE INDEX uq_migration_open ON migrations (account, workflow, source) WHERE ended_at IS NULL",
    "CREATE INDEX ix_migration_batch_open ON migration_batches (account, migration, number) WHERE done_at IS NULL",
)
# What SQLite would count itself, were there rows yet: an account is not ten rows, as it takes for granted, but thousands.
_TYPICAL_COUNTS = """
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('versions', 'versions', '10000 10000 10 1'),
('versions', 'ix_versions_published', '1000 1000 2 1'),
('versions', 'ix_versions_off_trunk', '10 10 1 1'),
('workflow_files', 'workflow_files', '1000 1000 1'),
('workflow_files', 'ix_workflow_files_workflow', '1000 1000 1 1'),
('workflow_files', 'ix_workflow_files_name_key', '1000 1000 1 1'),
('workflow_files', 'ix_workflow_files_unnamed', '10 10 1')
"""
_REFUSED = "audit entries are never changed or deleted"
_REFUSE_REPLACING = f"""
CREATE TRIGGER audit_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE account = NEW.account AND (sequence = NEW.sequence OR "key" = NEW."key"))
BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END
"""  # noqa: S608
_REFUSE = f"""
CREATE FUNCTION wflgit_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation'; END $$
"""
_REFUSE_CHANGING = """
CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION wflgit_refuse_audit_change()
"""
_IS_OWN = f"account = current_setting('{ACCOUNT_SETTING}', true)"
# FORCE, so that it binds the owner of the tables too; `upgrade` lifts it while it works.
_GUARD = (
    "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {0} FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY one_account ON {{0}} USING ({_IS_OWN}) WITH CHECK ({_IS_OWN})",
)
GUARDED = tuple(table.name for table in metadata.sorted_tables if "account" in table.c)
"""The tables whose rows belong to accounts, which PostgreSQL keeps apart."""

_BEYOND_TABLES = {
    "sqlite": (
        *_PARTIAL_INDEXES,
        "ANALYZE",
        _TYPICAL_COUNTS,
        "ANALYZE sqlite_schema",
        f"CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
        f"CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
        _REFUSE_REPLACING,  # INSERT OR REPLACE deletes without firing the trigger above
    ),
    "postgresql": (
        *_PARTIAL_INDEXES,
        "ALTER TABLE executions SET (fillfactor = 80)",  # room on each page for the new version of a row that moved
        _REFUSE,
        _REFUSE_CHANGING,
        *(statement.format(name) for name in GUARDED for statement in _GUARD),
    ),
}


@sa.event.listens_for(metadata, "after_create")
def _make_what_is_no_table(_metadata: sa.MetaData, connection: sa.Connection, **_how: object) -> None:
    for statement in _BEYOND_TABLES[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def insert(table: sa.Table, dialect: str) -> SQLiteInsert | PostgreSQLInsert:
    """The INSERT of one database, which knows ON CONFLICT; the other database's module is not imported."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def each(parameter: str, dialect: str) -> sa.ColumnElement[str]:
    """The texts of a JSON array that is one parameter: any number of them in a statement that is compiled once."""
    array = sa.bindparam(parameter, type_=sa.Text)
    if dialect == "postgresql":
        return sa.func.json_array_elements_text(sa.cast(array, sa.JSON)).table_valued("value").c.value
    return sa.func.json_each(array).table_valued("value").c.value
