"""The audit trail as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.render.tables import Column, Table
from wflgit.render.text import Span, Style, line, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.audit import AuditEntry

_COLUMNS = (
    Column("ENTRY", right=True),
    Column("AT"),
    Column("ACTOR", flexible=True),
    Column("ACTION"),
    Column("SUBJECT"),
    Column("DETAILS", flexible=True),
)


def audit_table(entries: Sequence[AuditEntry]) -> Table:
    """Audit entries, one a row, in the order given."""
    rows = [
        line(str(entry.sequence), when(entry.at), entry.actor, entry.action, Span(entry.subject, Style.STRONG), entry.details)
        for entry in entries
    ]
    return Table(_COLUMNS, rows)
