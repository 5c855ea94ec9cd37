"""The audit trail as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.render.tables import Column, Table
from wflgit.render.text import Line, Span, Style, line, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.core.audit import AuditEntry, BrokenLink, Verification
    from wflgit.core.audit_export import Evidence

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


def verification_lines(verification: Verification) -> Iterator[Line]:
    """What came of verifying the chain in the store."""
    if verification.broken is not None:
        yield _broken_line(verification.broken)
    else:
        said = f": {_entries(verification.entries)}, {verification.anchors:,} of them vouched for by publish tags"
        yield line(Span("the chain holds", Style.GOOD), said)


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"


def evidence_lines(evidence: Evidence, *, against_tags: bool) -> Iterator[Line]:
    """What came of verifying an export.

    Args:
        evidence: it.
        against_tags: whether there were tags to hold it against.
    """
    if evidence.broken is None:
        said = f": {_entries(evidence.entries)} of account '{evidence.account}', head {evidence.head}"
        yield line(Span("the chain holds", Style.GOOD), said)
    else:
        yield _broken_line(evidence.broken)
    for voucher in evidence.vouchers:
        by = f", made by {voucher.by}" if voucher.by else ""
        at = f" at {when(voucher.at)}" if voucher.at else ""
        yield line("tag ", Span(voucher.tag, Style.STRONG), f" vouches for the entries up to {voucher.sequence}{by}{at}")
    if evidence.strangers:
        yield line(f"of another chain, so no evidence: {', '.join(evidence.strangers)}")
    if evidence.vouched < evidence.entries:
        after = f"those after {evidence.vouched}" if evidence.vouched else "them"
        why = "no tag vouches for" if against_tags else "without the tags of a bundle nothing vouches for"
        yield line(Span(f"{why} {after}", Style.CAUTION), ": they could have been written anew")


def _broken_line(broken: BrokenLink) -> Line:
    return line(Span(f"the chain is broken at entry {broken.sequence}", Style.BAD), f": {broken.reason}")
