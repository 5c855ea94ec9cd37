"""What fetching and pushing came to, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.names import TAG_PREFIX, parse_archive_ref, parse_draft_ref, parse_version_tag
from wflgit.core.remotes import Kind, Relation
from wflgit.render.text import SHORT, Line, Span, Style, count, line, when
from wflgit.render.versions import version_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wflgit.core.exchanges import Fetched, PublishedAndPushed, Pushed, PushedRef, RemoteState

_MOST = 20
"""How many things of one kind are listed before the rest is only counted."""


def fetched_lines(fetched: Fetched) -> Iterator[Line]:
    """What came, whose it is, and what is left to do."""
    yield from _listed(
        line(Span(f"{version.workflow}@{version.number}", Style.STRONG), f"  {version.author.name}: {version.summary}")
        for version in fetched.versions
    )
    yield from _listed(
        line(
            Span(f"{version.workflow}@{version.number}", Style.STRONG),
            Span("  published", Style.GOOD),
            f" by {version.published_by.name if version.published_by else 'somebody'}, {when(version.published_at)} UTC",
        )
        for version in fetched.published
    )
    yield from _listed(line(Span(place, Style.STRONG), "  archived") for place in fetched.archived)
    yield from _listed(line(Span(place, Style.STRONG), "  taken out of the archive") for place in fetched.unarchived)
    yield from _listed(line(Span(name, Style.STRONG), "  moved", _overruling(name, fetched)) for name in fetched.channels)
    yield from _rebased(fetched)
    yield line(_standing(fetched.trunk, fetched.remote, fetched.tip, fetched.ahead, fetched.behind))


def _overruling(name: str, fetched: Fetched) -> Span:
    return Span(" (you had moved it elsewhere)" if name in fetched.overruled else "", Style.CAUTION)


def _rebased(fetched: Fetched) -> Iterator[Line]:
    if fetched.replayed:
        yield line(f"{count(len(fetched.replayed), 'commit')} of yours made anew on top of '{fetched.remote}'")
    for taken in fetched.taken_back:
        yield line(
            Span(f"{taken.workflow}@{taken.number}", Style.STRONG),
            Span("  is not published any more", Style.CAUTION),
            f"; `wflgit publish {taken.workflow}` publishes what it is now",
        )
    for found in fetched.held:
        yield line(
            Span(f"{found.workflow}@{found.number}", Style.STRONG),
            Span(f"  is another version on '{fetched.remote}', published by {found.by}", Style.BAD),
            "; `wflgit fetch --rebase` gives yours another number",
        )


def _standing(trunk: Relation, remote: str, tip: str | None, ahead: int, behind: int) -> Span:
    at = f" at {tip[:SHORT]}" if tip else ""
    said = {
        Relation.NONE: f"neither this repository nor '{remote}' has a commit yet",
        Relation.SAME: f"the trunk is that of '{remote}'{at}",
        Relation.AHEAD: f"the trunk has {count(ahead, 'commit')} that '{remote}' lacks: `wflgit push`",
        Relation.BEHIND: f"the trunk lacks {count(behind, 'commit')} of '{remote}': `wflgit fetch`",
        Relation.DIVERGED: f"the trunk has {count(ahead, 'commit')} that '{remote}' lacks, and lacks {behind:,} of it: "
        "`wflgit fetch --rebase`",
        Relation.SIDEWAYS: f"the trunk holds that of '{remote}' as the side line of a merge: `wflgit fetch --rebase`",
        Relation.ONLY_HERE: f"'{remote}' has no trunk yet: `wflgit push`",
        Relation.ONLY_THERE: f"the trunk is on '{remote}' only: `wflgit fetch`",
    }
    parted = trunk in (Relation.DIVERGED, Relation.SIDEWAYS)
    return Span(said[trunk], Style.CAUTION if parted else Style.PLAIN)


def pushed_lines(pushed: Pushed) -> Iterator[Line]:
    """What changed on the remote."""
    yield from _listed(_pushed_line(ref) for ref in pushed.refs)
    many = f"{count(len(pushed.refs), 'ref')} pushed to '{pushed.remote}'"
    yield line(many if pushed.refs else f"'{pushed.remote}' has all of it")


def _pushed_line(ref: PushedRef) -> Line:
    mends = Span(f" ({ref.mends})", Style.CAUTION) if ref.mends else Span("")
    return line(Span(_name(ref), Style.STRONG), f"  {_said(ref)}", mends)


def _name(ref: PushedRef) -> str:
    place = parse_version_tag(ref.ref) or parse_archive_ref(ref.ref)
    draft = parse_draft_ref(ref.ref)
    if place is not None:
        return f"{place[0]}@{place[1]}"
    if draft is not None:
        return draft[0]
    return ref.ref.removeprefix(TAG_PREFIX).removeprefix("refs/heads/")


def _said(ref: PushedRef) -> str:
    gone = ref.new is None
    at = "gone" if ref.new is None else f"now at {ref.new[:SHORT]}"
    said = {
        Kind.TRUNK: at,
        Kind.VERSION: "no tag any more" if gone else "published",
        Kind.ARCHIVE: "out of the archive" if gone else "archived",
        Kind.CURRENT: at,
        Kind.CHANNEL: at,
        Kind.DRAFT: "draft",
    }
    return said[ref.kind]


def state_lines(state: RemoteState) -> Iterator[Line]:
    """What a push would change, and what is in its way."""
    yield line(_standing(state.trunk, state.remote, None, state.ahead, state.behind))
    for said in state.faults:
        yield line(Span("half pushed: ", Style.CAUTION), said)
    for said in state.in_the_way:
        yield line(Span("in the way: ", Style.BAD), said)
    if state.to_push:
        yield line("a push would change:" if not state.in_the_way else "without that, a push would change:")
        yield from _listed(line("  ", *_pushed_line(ref)) for ref in state.to_push)


def shared_lines(shared: PublishedAndPushed) -> Iterator[Line]:
    """A version that was published and pushed, after what others had done."""
    if shared.fetched.versions or shared.fetched.published or shared.fetched.replayed:
        yield from fetched_lines(shared.fetched)
    if shared.was is not None:
        said = f"others were faster: version {shared.was} is version {shared.version.number} now"
        yield line(Span(said, Style.CAUTION))
    yield from version_lines(shared.version)
    yield from pushed_lines(shared.pushed)


def _listed(lines: Iterable[Line]) -> Iterator[Line]:
    """The first of them; of the others, how many there are."""
    found = list(lines)
    yield from found[:_MOST]
    if len(found) > _MOST:
        yield line(Span(f"… and {len(found) - _MOST:,} more", Style.DIM))
