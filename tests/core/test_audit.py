"""The audit chain: a law for what is written, and one for what is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from wflgit.core.audit import (
    _FIELDS,
    _MINUTES,
    GENESIS,
    Anchor,
    AuditEntry,
    BrokenLink,
    Link,
    Walk,
    chain,
    entry_hash,
    link_of,
    parse_anchor,
    time_text,
    verify,
    verify_links,
)

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
TEXT = st.text(max_size=5)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.datetimes(timezones=st.just(UTC)),
            "actor": TEXT,
            "action": TEXT,
            "subject": TEXT,
            "details": st.dictionaries(TEXT, st.one_of(TEXT, st.integers(), st.none())),
        }
    ),
    min_size=1,
    max_size=6,
)


def build(rows: list[dict[str, Any]], account: str = "acme") -> list[AuditEntry]:
    made: list[AuditEntry] = []
    for row in rows:
        previous = made[-1].hash if made else GENESIS
        made.append(chain(previous, account=account, sequence=len(made) + 1, **row))
    return made


def some(count: int = 3, account: str = "acme") -> list[AuditEntry]:
    row = {"at": AT, "actor": "ann", "action": "version.created", "subject": "welcome@1", "details": {"to": 1}}
    return build([row] * count, account)


@given(rows=ENTRIES)
def test_what_was_written_verifies(rows: list[dict[str, Any]]) -> None:
    entries = build(rows)
    assert verify(entries, anchors={entry.sequence: entry.hash for entry in entries}) is None


@given(rows=ENTRIES)
def test_no_link_that_holds_has_to_be_hashed_twice(rows: list[dict[str, Any]]) -> None:
    """But for the first, which tells whose chain it is, and surrogates, which no database takes."""
    assume("\\ud" not in repr(rows))
    walk, links = Walk({}), [link_of(entry) for entry in build(rows)]
    assert walk.over(links[:1]) is None
    assert walk._skim(iter(links[1:])) is None
    assert (walk.last, walk.head) == (len(links), links[-1].hash)


def test_texts_that_no_database_takes_are_verified_all_the_same() -> None:
    row = {"at": AT, "actor": "\ud800", "action": "x", "subject": "\udfff", "details": {}}
    entries = build([row] * 3)
    assert verify(entries) is None
    entries[1] = replace(entries[1], actor="\ud801")
    assert verify(entries) == BrokenLink(2, verify(entries[:2]).reason)  # type: ignore[union-attr]


@pytest.mark.parametrize("at", [0, -1, -62135596800000000, 253402300799999999, 59_999_999, 60_000_000, 1_772_600_767_000_009])
def test_a_time_is_hashed_in_its_iso_form(at: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    assert time_text(at) == moment.isoformat(timespec="microseconds")


def test_more_times_and_people_than_are_remembered_verify() -> None:
    row = {"action": "x", "subject": "y" * 5000, "details": {}}
    entries = build([{**row, "at": AT + timedelta(minutes=n), "actor": f"{n}" * 400} for n in range(1_100)])
    assert verify(entries) is None
    assert len(_FIELDS) <= 1024
    assert len(_MINUTES) <= 1024


@pytest.mark.parametrize("value", [None, 5, [], 1.5])
@pytest.mark.parametrize("field", [0, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("which", [0, 1])
def test_a_value_that_no_entry_has_is_a_broken_link(which: int, field: int, value: Any) -> None:
    links = [list(link_of(entry)) for entry in some(3)]
    links[which][field] = value
    broken = verify_links(links)  # type: ignore[arg-type]
    assert broken is not None
    assert broken.sequence == which + 1


def test_an_error_of_who_reads_the_links_is_not_taken_for_a_broken_one() -> None:
    def links() -> Iterator[Link]:
        yield link_of(some(1)[0])
        raise ValueError("the driver")

    with pytest.raises(ValueError, match="the driver"):
        verify_links(links())


def test_an_entry_that_holds_by_itself_but_follows_another_is_found() -> None:
    entries, other = some(3), "f" * 64
    row: dict[str, Any] = {"at": AT, "actor": "mallory", "action": "x", "subject": "y", "details": {}}
    forged = chain(other, account="acme", sequence=3, **row)
    assert verify([*entries[:2], forged]) == BrokenLink(3, f"expected the previous hash '{entries[1].hash}' but found '{other}'")


@pytest.mark.parametrize("sequence", [2, 4])
def test_an_entry_that_follows_by_its_hash_but_not_by_its_number_is_found(sequence: int) -> None:
    entries = some(2)
    row: dict[str, Any] = {"at": AT, "actor": "mallory", "action": "x", "subject": "y", "details": {}}
    forged = chain(entries[1].hash, account="acme", sequence=sequence, **row)
    assert verify([*entries, forged]) == BrokenLink(3, f"expected entry 3 but found entry {sequence}")


def test_a_walk_stands_where_the_chain_breaks() -> None:
    links = [link_of(entry) for entry in some(4)]
    walk = Walk({1: links[0].hash, 4: "other"})
    assert walk.over(links[:2]) is None
    broken = walk.over(links[2:])
    assert broken == BrokenLink(4, f"expected the hash 'other', noted when it was written, but found '{links[3].hash}'")
    assert (walk.last, walk.head) == (3, links[2].hash)


def test_an_empty_chain_verifies() -> None:
    assert verify([]) is None


@given(rows=ENTRIES, data=st.data())
def test_a_change_of_any_field_is_found_where_it_was_made(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    entries = build(rows)
    which = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(AuditEntry)]))
    old = getattr(entries[which], name)
    new: Any = data.draw({str: TEXT, int: st.integers(), datetime: st.datetimes(timezones=st.just(UTC))}[type(old)])
    assume(new != old)
    changes: dict[str, Any] = {name: new}
    entries[which] = replace(entries[which], **changes)
    broken = verify(entries, anchors={len(entries): entries[-1].hash})
    assert broken is not None
    assert broken.sequence == which + 1
    assert "expected" in broken.reason


@given(rows=ENTRIES, data=st.data())
def test_an_entry_taken_out_is_found(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    entries = build(rows)
    head = {len(entries): entries[-1].hash}
    which = data.draw(st.integers(0, len(entries) - 1))
    del entries[which]
    broken = verify(entries, anchors=head)
    assert broken is not None
    assert broken.sequence == which + 1


@given(rows=ENTRIES, data=st.data())
def test_two_entries_that_changed_places_are_found(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    entries = build(rows)
    assume(len(entries) > 1)
    first, second = sorted(data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True)))
    entries[first], entries[second] = entries[second], entries[first]
    assert verify(entries) == BrokenLink(first + 1, f"expected entry {first + 1} but found entry {second + 1}")


@given(rows=ENTRIES, data=st.data())
def test_an_entry_put_in_between_is_found(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    entries = build(rows)
    which = data.draw(st.integers(0, len(entries) - 1))
    forged = chain(
        entries[which].previous, account="acme", sequence=which + 1, at=AT, actor="m", action="x", subject="y", details={"z": "z"}
    )
    assume(forged != entries[which])
    broken = verify([*entries[:which], forged, *entries[which:]])
    assert broken is not None
    assert broken.sequence == which + 2


def test_an_end_cut_off_is_found_by_an_anchor_only() -> None:
    entries = some(3)
    assert verify(entries[:2]) is None
    assert verify(entries[:2], anchors={3: entries[2].hash, 1: entries[0].hash}) == BrokenLink(
        3, f"expected entry 3 with hash '{entries[2].hash}' but the chain ends at 2"
    )
    assert verify([], anchors={3: entries[2].hash}) is not None


def test_a_chain_written_anew_is_found_by_an_anchor_only() -> None:
    entries, anew = some(3), build([{"at": AT, "actor": "mallory", "action": "x", "subject": "y", "details": {}}] * 3)
    assert verify(anew) is None
    broken = verify(anew, anchors={2: entries[1].hash})
    assert broken == BrokenLink(2, f"expected the hash '{entries[1].hash}', noted when it was written, but found '{anew[1].hash}'")


def test_entries_of_two_accounts_are_no_chain() -> None:
    broken = verify([some(1)[0], replace(some(2)[1], account="globex")])
    assert broken == BrokenLink(2, "expected account 'acme' but found 'globex'")


def test_a_changed_entry_is_named_with_both_hashes() -> None:
    entries = some(3)
    entries[1] = replace(entries[1], actor="mallory")
    expected = entry_hash(entries[1])
    assert verify(entries) == BrokenLink(2, f"expected the hash '{expected}' but found '{entries[1].hash}': the entry was changed")


def test_where_one_field_ends_and_the_next_begins_is_part_of_the_hash() -> None:
    base = {"at": AT, "action": "x", "details": {}}
    one, other = build([{**base, "actor": "ab", "subject": "c"}]), build([{**base, "actor": "a", "subject": "bc"}])
    assert one[0].hash != other[0].hash


def test_the_hash_of_an_entry_never_changes_between_releases() -> None:
    assert [entry.hash for entry in some(2)] == [
        "698ce3e1c4e7429f5b39a195a95bd7811182ccc7d656e103563d042e4e42a4a1",
        "7a70a34870bae730aa69106653b9913da97bc3ca77c3dff27deb6b5e85c47fcb",
    ]


def test_the_same_moment_in_another_zone_has_the_same_hash() -> None:
    east = AT.astimezone(timezone(timedelta(hours=5)))
    row = {"actor": "ann", "action": "x", "subject": "y", "details": {}}
    assert build([{**row, "at": AT}]) == build([{**row, "at": east}])


@pytest.mark.parametrize("details", [{"rate": float("inf")}, {"when": AT}])
def test_details_that_are_no_json_are_refused(details: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        chain(GENESIS, account="a", sequence=1, at=AT, actor="b", action="c", subject="d", details=details)


def test_an_anchor_is_read_as_it_was_written() -> None:
    anchor = Anchor(first="f" * 64, sequence=12, hash="a" * 64)
    assert parse_anchor(str(anchor)) == anchor


@pytest.mark.parametrize("text", ["", "3/abc", "x/abc/def", "3/a/b/c", "-1/a/b"])
def test_what_is_no_anchor_is_passed_over(text: str) -> None:
    assert parse_anchor(text) is None
