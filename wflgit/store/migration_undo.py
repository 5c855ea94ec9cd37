"""What one pass of an undo does to executions: puts back those that are as a migration left them, and says why others are not.

The items of those that are put back are not marked: that would cost as much again. An undo has put back all that it has passed
and not kept, and how far it is, the rows of its batches say.
"""

from __future__ import annotations

import sqlalchemy as sa

from wflgit.core.records import ItemResult
from wflgit.errors import LockedError, StoreError
from wflgit.store import tables
from wflgit.store.migration_moves import ACCOUNT, AT_MOST, IS_MOVED, OF_ITEMS, Found, Reason, Shape, Values, in_stripe, word
from wflgit.store.tables import executions
from wflgit.store.tables import migration_items as items

_ATTEMPTS = 3

_OTHER = executions.alias("other")
_CONTACT_IS_BACK = sa.and_(
    executions.c.ended_at.is_not(None),
    sa.exists().where(
        _OTHER.c.account == ACCOUNT,
        _OTHER.c.workflow == executions.c.workflow,
        _OTHER.c.contact == executions.c.contact,
        _OTHER.c.ended_at.is_(None),
    ),
)
_AS_LEFT = executions.c.lock_version == items.c.lock_version
_TO_PUT_BACK = sa.and_(
    OF_ITEMS, IS_MOVED, in_stripe(items.c.execution), executions.c.account == ACCOUNT, executions.c.id == items.c.execution
)
_FITS = sa.and_(_AS_LEFT, sa.not_(_CONTACT_IS_BACK))
_LOCKED = (
    sa.select(executions.c.id, _FITS.label("fits"))
    .where(_TO_PUT_BACK)
    .order_by(executions.c.id)
    .limit(AT_MOST)
    .with_for_update(of=executions)
    .cte("locked")
)
_LOCK = sa.select(sa.func.count(), sa.func.max(_LOCKED.c.id), sa.func.count().filter(sa.not_(_LOCKED.c.fits)))
_KEEP = (
    sa.update(items)
    .where(_TO_PUT_BACK, sa.not_(_FITS))
    .values(
        result=word(ItemResult.KEPT),
        reason=sa.case(
            (_AS_LEFT, word(Reason.CONTACT_IS_BACK)),
            (executions.c.ended_at.is_not(None), word(Reason.ENDED)),
            else_=word(Reason.ADVANCED),
        ),
    )
)
_PUT_BACK = (
    sa.update(executions)
    .where(_TO_PUT_BACK)
    .values(
        version=sa.bindparam("of_source", type_=sa.Integer),
        commit_id=sa.bindparam("of_commit", type_=sa.Text),
        step=items.c.from_step,
        status=items.c.from_status,
        lock_version=executions.c.lock_version + 1,
        entered_at=items.c.from_entered_at,
        wake_at=items.c.from_wake_at,
        waiting_for=items.c.from_waiting_for,
        updated_at=items.c.from_updated_at,
        updated_by=items.c.from_updated_by,
    )
)
_REVIVE = _PUT_BACK.where(executions.c.ended_at.is_not(None)).values(ended_at=None, reason=None)
_PUT_BACK_LIVE = _PUT_BACK.where(tables.LIVE)


def put_back(conn: sa.Connection, values: Values, shape: Shape) -> Found:
    """Put back the executions of a range that are as the migration left them; the others keep what they have, with the reason.

    Args:
        conn: a writing transaction.
        values: what the parameters of the statements stand for.
        shape: what the migration changed.
    """
    taken, last, differ = conn.execute(_LOCK, values).one()
    if not taken:
        return Found(0, None)
    values = {**values, "up_to": last if taken == values["at_most"] else values["up_to"]}
    if shape.ends:
        return Found(taken, last, **_put_back_all(conn, values))
    kept = conn.execute(_KEEP, values).rowcount if differ else 0
    return Found(taken, last, undone=conn.execute(_PUT_BACK, values).rowcount, kept=kept)


def _put_back_all(conn: sa.Connection, values: Values) -> dict[str, int]:
    """Put back executions of which some have ended. Should a contact start anew at this moment, the next attempt sees it."""
    for attempt in range(_ATTEMPTS):
        try:
            with conn.begin_nested():
                kept = conn.execute(_KEEP, values).rowcount
                undone = conn.execute(_PUT_BACK_LIVE, values).rowcount + conn.execute(_REVIVE, values).rowcount
                return {"undone": undone, "kept": kept}
        except LockedError:
            raise
        except StoreError:
            if attempt + 1 == _ATTEMPTS:
                raise
    raise AssertionError
