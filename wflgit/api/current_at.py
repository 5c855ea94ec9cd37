"""What was current at a moment, and who put it there: out of the tags, the archive and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wflgit.api.lost_tags import read_entries
from wflgit.core.names import CURRENT, unknown
from wflgit.core.publications import (
    ACTIONS,
    BY_GIT,
    MOVED_CHANNEL,
    CurrentAt,
    How,
    Span,
    channel_spans,
    current_spans,
    read_turns,
    span_at,
    without_gaps,
)
from wflgit.core.records import Identity
from wflgit.errors import NotFoundError
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace

_GAVE_WAY = (How.ARCHIVE, How.UNPUBLISH)


def current_at(workspace: Workspace, slug: str, at: datetime, *, channel: str = CURRENT) -> CurrentAt:
    """Say which version of a workflow was current at a moment, or stood at a channel.

    When something was published, its tag says. When it was archived or its tag was lost, and where channels stood, the audit trail
    of this side store says: that is when it was noticed, where plain Git did it.

    Args:
        workspace: where.
        slug: the workflow; it may be deleted by now.
        at: the moment, aware.
        channel: a channel in place of `current`.

    Raises:
        NotFoundError: if there is no such workflow or channel, or nothing was current then; says when the first one was.
    """
    rows = workspace.versions(slug)
    with workspace.store.read() as conn:
        if channel == CURRENT:
            turns = read_turns(read_entries(conn, workspace.account, ACTIONS, slug))
            spans = current_spans(without_gaps(turns, {(row.number, row.tag) for row in rows if row.tag}))
        else:
            spans = channel_spans(read_entries(conn, workspace.account, [MOVED_CHANNEL], slug), channel)
    if not spans and channel not in (CURRENT, *workspace.settings.channels):
        raise unknown("channel", channel, (CURRENT, *workspace.settings.channels))
    found = span_at(spans, at)
    if found is None or found[0].number is None:
        raise _nothing(slug, channel, at, spans, found[0] if found else None)
    span, until = found
    assert span.number is not None
    before = spans[spans.index(span) - 1].number if span.turn.how in _GAVE_WAY else None
    by = _who(rows, span.turn.by)
    return CurrentAt(slug, channel, span.number, span.commit, span.since, until, by, span.turn.how, before)


def _who(rows: Sequence[VersionRow], actor: str) -> Identity:
    """The name of somebody of whom the trail knows the id."""
    names = {row.author_email: row.author_name for row in rows}
    names |= {row.published_by_email: row.published_by_name or "" for row in rows if row.published_by_email}
    return Identity("plain git" if actor == BY_GIT else names.get(actor) or actor, actor)


def _nothing(slug: str, channel: str, at: datetime, spans: Sequence[Span], span: Span | None) -> NotFoundError:
    what = "no version" if channel == CURRENT else f"nothing at channel '{channel}'"
    when = f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".rstrip()
    if span is not None:
        reason = f"since {span.since:%Y-%m-%d %H:%M} UTC all that had been published was archived or had lost its tag"
    elif spans:
        first = spans[0]
        reason = f"the first was version {first.number}, at {first.since:%Y-%m-%d %H:%M} UTC by {first.turn.by}"
    else:
        reason = "there never was one"
    return NotFoundError(f"{what} of '{slug}' was current at {when}: {reason}", hint=f"`wflgit log {slug}` lists the versions")
