"""What is fetched and pushed, decided from both sides and what was seen last."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.core.names import archive_ref, channel_tag, draft_ref, version_tag
from wflgit.core.remotes import (
    ChannelMove,
    Collision,
    Kind,
    Local,
    Mark,
    Relation,
    RemoteRefs,
    Update,
    find_faults,
    plan_fetch,
    plan_push,
    seen_by_fetch,
    seen_by_push,
)

HEADS = "refs/heads/main"
V1, V2 = version_tag("welcome", 1), version_tag("welcome", 2)
ARCHIVED = archive_ref("welcome", 1)
CURRENT, STABLE = channel_tag("welcome", "current"), channel_tag("welcome", "stable")
CHANNELS = ("stable",)


def local(
    *numbers: int,
    archived: tuple[int, ...] = (),
    relation: Relation = Relation.SAME,
    refs: dict[str, str] | None = None,
) -> Local:
    """A repository with published versions; the tag of version 1 is `t1`, its commit `c1`."""
    published = {("welcome", number): Mark(f"t{number}", f"c{number}", archived=number in archived) for number in numbers}
    tags = {(archive_ref if mark.archived else version_tag)(*place): mark.tag for place, mark in published.items()}
    return Local("main", "tip", relation, published, tags | (refs or {}), CHANNELS)


def remote(**refs: str) -> RemoteRefs:
    """A remote; `v1`, `a1`, `current` and `stable` are short for refs of the workflow."""
    names = {"v1": V1, "v2": V2, "a1": ARCHIVED, "current": CURRENT, "stable": STABLE, "main": HEADS}
    return RemoteRefs({names[name]: target for name, target in refs.items()})


@pytest.mark.parametrize(
    ("relation", "theirs", "pushed"),
    [
        (Relation.SAME, "tip", ()),
        (Relation.BEHIND, "newer", ()),
        (Relation.ONLY_THERE, "newer", ()),
        (Relation.NONE, None, ()),
        (Relation.AHEAD, "old", (Update(HEADS, "tip", "old", Kind.TRUNK),)),
        (Relation.ONLY_HERE, None, (Update(HEADS, "tip", None, Kind.TRUNK),)),
        (Relation.DIVERGED, "other", (Collision(HEADS, Kind.TRUNK, "tip", "other"),)),
        (Relation.SIDEWAYS, "other", (Collision(HEADS, Kind.TRUNK, "tip", "other"),)),
    ],
)
def test_the_trunk_is_pushed_only_where_it_goes_on_from_theirs(
    relation: Relation, theirs: str | None, pushed: tuple[Update | Collision, ...]
) -> None:
    plan = plan_push(local(relation=relation), remote(**({"main": theirs} if theirs else {})), {})
    assert (*plan.updates, *plan.collisions) == pushed


@pytest.mark.parametrize(
    ("archived", "there", "seen", "changes"),
    [
        (False, {}, {}, {V1: "t1"}),
        (False, {"v1": "t1"}, {}, {}),
        (False, {"a1": "t1"}, {}, {}),
        (False, {"a1": "t1"}, {ARCHIVED: "t1"}, {V1: "t1", ARCHIVED: None}),
        (True, {}, {}, {ARCHIVED: "t1"}),
        (True, {"a1": "t1"}, {}, {}),
        (True, {"v1": "t1"}, {}, {ARCHIVED: "t1", V1: None}),
        (True, {"v1": "t1"}, {ARCHIVED: "t1"}, {}),
        (True, {"v1": "t1", "a1": "t1"}, {}, {V1: None}),
    ],
)
def test_a_version_goes_where_it_was_moved_last(
    archived: bool, there: dict[str, str], seen: dict[str, str], changes: dict[str, str | None]
) -> None:
    plan = plan_push(local(1, archived=(1,) if archived else ()), remote(**there), seen)
    assert {update.ref: update.new for update in plan.updates if update.ref != CURRENT} == changes
    assert all(update.expected == remote(**there).refs.get(update.ref) for update in plan.updates)
    assert plan.collisions == ()


@pytest.mark.parametrize("there", [{"v1": "x"}, {"a1": "x"}])
@pytest.mark.parametrize("archived", [(), (1,)])
def test_a_number_that_means_another_tag_there_is_a_collision(there: dict[str, str], archived: tuple[int, ...]) -> None:
    plan = plan_push(local(1, archived=archived), remote(**there), {})
    assert [(found.kind, found.ours, found.theirs, found.place) for found in plan.collisions] == [
        (Kind.VERSION, "t1", "x", ("welcome", 1))
    ]


@pytest.mark.parametrize(
    ("numbers", "there", "wanted"),
    [
        ((1, 2), {}, "c2"),
        ((1,), {"v2": "t2", "current": "c2"}, "untouched"),
        ((1, 2), {"v1": "t1", "v2": "t2", "current": "c1"}, "c2"),
        ((1, 2), {"v1": "t1", "v2": "t2"}, "c2"),
        ((1, 2), {"v1": "t1", "v2": "t2", "current": "c2"}, "untouched"),
    ],
)
def test_current_stands_on_the_highest_version_that_is_there_in_the_end(
    numbers: tuple[int, ...], there: dict[str, str], wanted: str
) -> None:
    plan = plan_push(local(*numbers), remote(**there), {})
    assert {update.ref: update.new for update in plan.updates}.get(CURRENT, "untouched") == wanted


def test_current_goes_when_all_is_archived_and_a_tag_that_publishes_nothing_does_not_count() -> None:
    plan = plan_push(local(1, archived=(1,)), remote(v1="t1", current="c1"), {})
    assert Update(CURRENT, None, "c1", Kind.CURRENT) in plan.updates
    plan = plan_push(local(1, refs={V2: "hand-made"}), remote(v1="t1", v2="hand-made", current="c1"), {})
    assert plan.updates == ()


SIDES = [None, "a", "b"]


@pytest.mark.parametrize(("ours", "theirs", "before"), list(product(["a", "b"], SIDES, SIDES)))
def test_a_channel_goes_where_the_side_that_moved_it_put_it(ours: str, theirs: str | None, before: str | None) -> None:
    seen = {} if before is None else {STABLE: before}
    there = remote(v1="t1", current="c1", **({} if theirs is None else {"stable": theirs}))
    here = local(1, refs={STABLE: ours})
    pushed, fetched = plan_push(here, there, seen), plan_fetch(here.refs, there, seen, CHANNELS)
    moved_here, moved_there = ours != before, theirs != before
    assert (pushed.updates == (Update(STABLE, ours, theirs, Kind.CHANNEL),)) is (moved_here and not moved_there)
    assert bool(pushed.collisions) is (moved_here and moved_there and ours != theirs)
    moves = moved_there and theirs is not None and ours != theirs
    expected = ChannelMove(STABLE, ours, theirs or "", kept=ours if moved_here else None)
    assert fetched.channels == ((expected,) if moves else ())


@pytest.mark.parametrize(
    ("here", "there", "seen", "found"),
    [
        ({}, {"v1": "t1"}, {}, "created"),
        ({}, {"a1": "t1"}, {}, "created"),
        ({V1: "t1"}, {"v1": "t1"}, {}, None),
        ({V1: "t1"}, {"a1": "t1"}, {}, "archived"),
        ({V1: "t1"}, {"a1": "t1"}, {ARCHIVED: "t1"}, None),
        ({ARCHIVED: "t1"}, {"v1": "t1"}, {}, None),
        ({ARCHIVED: "t1"}, {"v1": "t1"}, {ARCHIVED: "t1"}, "unarchived"),
        ({ARCHIVED: "t1"}, {"v1": "t1", "a1": "t1"}, {ARCHIVED: "t1"}, None),
        ({V1: "t1"}, {"v1": "x"}, {}, "collisions"),
        ({ARCHIVED: "t1"}, {"a1": "x"}, {}, "collisions"),
    ],
)
def test_a_fetch_takes_over_what_was_moved_there(
    here: dict[str, str], there: dict[str, str], seen: dict[str, str], found: str | None
) -> None:
    plan = plan_fetch(here, remote(**there), seen, CHANNELS)
    kinds = ("created", "archived", "unarchived", "channels", "collisions")
    assert [kind for kind in kinds if getattr(plan, kind)] == ([found] if found else [])


def test_a_version_that_was_lost_from_the_trunk_is_not_brought_to_others() -> None:
    lost = Mark("t1", "c1", on_trunk=False)
    here = Local("main", "tip", Relation.SAME, {("welcome", 1): lost}, {V1: "t1"})
    assert plan_push(here, remote(), {}).updates == ()
    assert plan_push(here, remote(v2="x"), {}).updates == ()


def test_a_draft_is_pushed_over_the_one_that_was_pushed_before_and_over_no_other() -> None:
    ref = draft_ref("welcome", "maya@example.com")
    here = local(refs={ref: "new"})
    assert plan_push(here, RemoteRefs({}), {}).updates == (Update(ref, "new", None, Kind.DRAFT),)
    assert plan_push(here, RemoteRefs({ref: "old"}), {ref: "old"}).updates == (Update(ref, "new", "old", Kind.DRAFT),)
    assert plan_push(here, RemoteRefs({ref: "other"}), {ref: "old"}).collisions == (Collision(ref, Kind.DRAFT, "new", "other"),)


def test_faults_are_what_only_the_remote_is_wrong_about() -> None:
    assert find_faults(local(1), remote(v1="t1", current="c1")) == ()
    assert find_faults(local(1, 2), remote(v1="t1", v2="t2", current="c1")) == (
        "'welcome/current' is wrong there: it did not stand on the highest version",
    )
    assert find_faults(local(1), remote(v1="t1", a1="t1", current="c1")) == (
        "'welcome@1' stands there in the archive and among the tags",
    )


PLACES = st.sampled_from([{}, {"v1": "t1"}, {"a1": "t1"}])
STABLES = st.sampled_from([{}, {"stable": "c1"}, {"stable": "c2"}])


@given(archived=st.booleans(), stable=st.sampled_from([None, "c1", "c2"]), place=PLACES, channel=STABLES, before=PLACES)
def test_after_a_push_another_push_has_nothing_to_do(
    archived: bool, stable: str | None, place: dict[str, str], channel: dict[str, str], before: dict[str, str]
) -> None:
    here = local(1, archived=(1,) if archived else (), refs={STABLE: stable} if stable else {})
    there, seen = remote(**place, **channel), seen_by_fetch(remote(**before), {}, CHANNELS)
    plan = plan_push(here, there, seen)
    if plan.collisions:
        return
    after = dict(there.refs)
    for update in plan.updates:
        assert update.expected == there.refs.get(update.ref)
        after.pop(update.ref, None)
        if update.new is not None:
            after[update.ref] = update.new
    now = RemoteRefs(after)
    assert plan_push(here, now, seen_by_push(here, there, seen, plan.updates)).updates == ()
