"""The audit trail in the store, on both databases."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest

from tests.store.rows import AT, entry
from wflgit.core.audit import GENESIS, link_of, verify, verify_links
from wflgit.errors import StoreError
from wflgit.store import audit
from wflgit.store.engine import Connection, Store, open_store


def everything(conn: Connection, account: str = "acme") -> list[str]:
    return [found.subject for found in audit.list_entries(conn, account)]


def test_a_chain_begins_empty(store: Store) -> None:
    with store.write() as conn:
        assert audit.head(conn, "acme") == (0, GENESIS)
        assert audit.append(conn, "acme", []) is None
        assert list(audit.scan(conn, "acme")) == []


def test_entries_are_chained_in_the_order_given(store: Store) -> None:
    with store.write() as conn:
        first = audit.append(conn, "acme", [entry("a")])
        last = audit.append(conn, "acme", [entry("b", to=1), entry("c", to="é\0\ud800")])
        assert first is not None
        assert last is not None
        assert (first.sequence, first.previous, last.sequence, last.subject) == (1, GENESIS, 3, "c")
        assert audit.head(conn, "acme") == (3, last.hash)
    with store.read() as conn:
        entries = list(audit.scan(conn, "acme"))
        assert entries == audit.list_entries(conn, "acme")
        assert entries[0] == first
        assert entries[2] == last
        assert verify(entries, anchors={3: last.hash}) is None


def test_a_chain_verifies_whatever_time_zone_its_times_were_given_in(store: Store) -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with store.write() as conn:
        audit.append(conn, "acme", [entry()._replace(at=at)])
        (found,) = audit.list_entries(conn, "acme")
        assert found.at == at
        assert found.at.tzinfo is UTC
        assert verify(audit.scan(conn, "acme")) is None


def test_what_is_read_from_git_again_is_not_written_again(store: Store) -> None:
    with store.write() as conn:
        audit.append(conn, "acme", [entry("a", key="k1"), entry("b")])
        last = audit.append(conn, "acme", [entry("a", key="k1"), entry("c", key="k2"), entry("c", key="k2"), entry("b")])
        assert last is not None
        assert last.sequence == 4
        assert everything(conn) == ["a", "b", "c", "b"]
        assert audit.append(conn, "acme", [entry("a", key="k1"), entry("c", key="k2")]) is None
        assert audit.head(conn, "acme") == (4, last.hash)


def test_a_rolled_back_entry_leaves_the_chain_whole(store: Store) -> None:
    with suppress(ZeroDivisionError), store.write() as conn:
        audit.append(conn, "acme", [entry("lost", key="k")])
        raise ZeroDivisionError
    with store.write() as conn:
        audit.append(conn, "acme", [entry("kept", key="k")])
        assert everything(conn) == ["kept"]
        assert verify(audit.scan(conn, "acme")) is None


@pytest.mark.parametrize("details", [{"rate": float("nan")}, {"when": AT}])
def test_details_that_are_no_json_are_refused(store: Store, details: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)), store.write() as conn:
        audit.append(conn, "acme", [entry()._replace(details=details)])
    with store.read() as conn:
        assert audit.head(conn, "acme") == (0, GENESIS)


def test_many_who_append_at_once_make_one_chain(store: Store) -> None:
    def run(number: int) -> None:
        for turn in range(5):
            with store.write() as conn:
                audit.append(conn, "acme", [entry(f"{number}-{turn}"), entry("projected", key=f"k{turn}")])

    threads = [Thread(target=run, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        assert verify(audit.scan(conn, "acme"), anchors=dict([audit.head(conn, "acme")])) is None
        assert sorted(everything(conn)) == sorted(
            [f"{number}-{turn}" for number in range(6) for turn in range(5)] + ["projected"] * 5
        )


def test_entries_are_chosen_by_what_they_say(store: Store) -> None:
    hours = [AT + timedelta(hours=hour) for hour in range(4)]
    rows = [
        entry("welcome")._replace(at=hours[0]),
        entry("welcome@1")._replace(at=hours[1], action="version.published"),
        entry("welcome@1")._replace(at=hours[2], actor="bob@example.com"),
        entry("other")._replace(at=hours[3]),
    ]
    with store.write() as conn:
        audit.append(conn, "acme", rows)

        def found(**wanted: object) -> list[int]:
            return [one.sequence for one in audit.list_entries(conn, "acme", **wanted)]  # type: ignore[arg-type]

        assert found() == [1, 2, 3, 4]
        assert found(subject="welcome@1") == [2, 3]
        assert found(subject="welcome") == [1, 2, 3]
        assert found(subject="welc_me") == []
        assert found(subject="welcome@1", action="version.created") == [3]
        assert found(actor="ann@example.com") == [1, 2, 4]
        assert found(since=hours[2]) == [3, 4]
        assert found(after=1, limit=2) == [2, 3]
        assert found(subject="nobody") == []


def test_a_long_chain_is_read_in_order_and_may_be_left_halfway(store: Store) -> None:
    with store.write() as conn:
        audit.append(conn, "acme", [entry(str(number)) for number in range(2_500)])
    with store.read() as conn:
        halfway = audit.scan(conn, "acme")
        assert next(halfway).subject == "0"
    with store.write() as conn:
        audit.append(conn, "acme", [entry("2500")])
    with store.read() as conn:
        assert [found.subject for found in audit.scan(conn, "acme")] == [str(number) for number in range(2_501)]
    del halfway


@pytest.mark.parametrize("chunked", [True, False])
def test_links_are_all_entries_of_the_account_as_they_are_chained(
    store: Store, chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not chunked:  # as with an older library of PostgreSQL
        monkeypatch.setattr("psycopg.capabilities.has_stream_chunked", lambda: False)
    with store.write() as conn:
        audit.append(conn, "acme", [entry(f"größe {number}") for number in range(4_100)])
        audit.append(conn, "other", [entry("theirs")])
    with store.read() as conn:
        with audit.links(conn, "acme") as links:
            assert list(links) == [link_of(found) for found in audit.scan(conn, "acme")]
        with audit.links(conn, "acme") as links:
            assert verify_links(links, anchors=dict([audit.head(conn, "acme")])) is None
        with audit.links(conn, "nobody") as links:
            assert list(links) == []


def test_links_may_be_left_halfway(store: Store) -> None:
    with store.write() as conn:
        audit.append(conn, "acme", [entry(str(number)) for number in range(4_100)])
    for _ in range(2):
        with store.read() as conn, audit.links(conn, "acme") as links:
            assert next(links)[5] == "0"
    with store.read() as conn:
        assert audit.head(conn, "acme")[0] == 4_100


def test_what_the_database_cannot_read_is_an_error_of_the_store(sqlite_url: str) -> None:
    store = open_store(sqlite_url, Path())
    with store.write() as conn:
        audit.append(conn, "acme", [entry("a"), entry("b")])
        conn.exec_driver_sql("DROP TRIGGER audit_update")
        conn.exec_driver_sql("UPDATE audit SET actor = CAST(x'ff' AS TEXT) WHERE sequence = 2")
    with pytest.raises(StoreError, match="UTF-8"), store.read() as conn, audit.links(conn, "acme") as links:
        verify_links(links)
    store.close()


@pytest.mark.parametrize("value", ["x'61'", "'ann@example.com' || char(0)", "'é'"])
def test_what_somebody_put_into_the_file_is_found(sqlite_url: str, value: str) -> None:
    store = open_store(sqlite_url, Path())
    with store.write() as conn:
        audit.append(conn, "acme", [entry("a"), entry("b"), entry("c")])
        conn.exec_driver_sql("DROP TRIGGER audit_update")
        conn.exec_driver_sql(f"UPDATE audit SET actor = {value} WHERE sequence = 2")
    with store.read() as conn, audit.links(conn, "acme") as links:
        broken = verify_links(links)
    assert broken is not None
    assert broken.sequence == 2
    assert broken.reason.endswith("the entry was changed")
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'mallory'",
        "UPDATE audit SET hash = hash",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE sequence = 2",
    ],
)
def test_entries_are_never_changed_or_deleted(store: Store, statement: str) -> None:
    with store.write() as conn:
        audit.append(conn, "acme", [entry("a"), entry("b", key="k")])
    with pytest.raises(StoreError, match="audit entries are never changed or deleted"), store.write() as conn:
        conn.exec_driver_sql(statement)
    with store.read() as conn:
        assert everything(conn) == ["a", "b"]


@pytest.mark.parametrize("columns", ["account, sequence, at, 'mallory', action", "account, 9, at, actor, 'other'"])
def test_entries_on_sqlite_are_not_replaced_either(sqlite_url: str, columns: str) -> None:
    store = open_store(sqlite_url, Path())
    with store.write() as conn:
        audit.append(conn, "acme", [entry("a", key="k")])
    with pytest.raises(StoreError, match="never changed or deleted"), store.write() as conn:
        conn.exec_driver_sql(f"INSERT OR REPLACE INTO audit SELECT {columns}, subject, details, previous, hash, key FROM audit")
    store.close()


def test_entries_on_postgresql_are_not_truncated_either(postgresql_url: str) -> None:
    store = open_store(postgresql_url, Path())
    with pytest.raises(StoreError, match="never changed or deleted"), store.write() as conn:
        conn.exec_driver_sql("TRUNCATE audit")
    store.close()
