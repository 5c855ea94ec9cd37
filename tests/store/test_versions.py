"""The version cache, on both databases."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from tests.store.rows import file, published, version
from wflgit.errors import StoreError
from wflgit.store import versions
from wflgit.store.engine import Store, open_store
from wflgit.store.versions import SyncState

STATE = SyncState("main", "layout", "tip", "audited")


def test_nothing_is_known_of_an_account_at_first(store: Store) -> None:
    with store.write() as conn:
        assert versions.read_state(conn, "acme") is None
        assert versions.lock_state(conn, "acme") is None
        assert versions.read_state(conn, "acme") is None


def test_the_state_is_read_as_it_was_saved(store: Store) -> None:
    for state in (STATE, SyncState("trunk", "other", None, None)):
        with store.write() as conn:
            versions.lock_state(conn, "acme")
            versions.save_state(conn, "acme", state)
        with store.write() as conn:
            assert versions.lock_state(conn, "acme") == versions.read_state(conn, "acme") == state


@pytest.mark.parametrize("known", [False, True])
def test_whoever_locks_second_waits_and_sees_what_the_first_wrote(store: Store, known: bool) -> None:
    if known:
        with store.write() as conn:
            versions.save_state(conn, "acme", SyncState("main", "layout", "older", None))
    seen: list[SyncState | None] = []

    def second() -> None:
        with store.write() as conn:
            seen.append(versions.lock_state(conn, "acme"))

    thread = Thread(target=second)
    with store.write() as conn:
        versions.lock_state(conn, "acme")
        thread.start()
        thread.join(0.2)
        assert not seen
        versions.save_state(conn, "acme", STATE)
    thread.join()
    assert seen == [STATE]


def test_accounts_on_postgresql_do_not_wait_for_each_other(postgresql_url: str) -> None:
    store = open_store(postgresql_url, Path())
    with store.write() as one, store.write() as other:
        assert versions.lock_state(one, "acme") is None
        assert versions.lock_state(other, "globex") is None
    store.close()


def test_clearing_forgets_rows_and_tip_but_not_what_was_audited(store: Store) -> None:
    with store.write() as conn:
        versions.save_state(conn, "acme", STATE)
        versions.put_files(conn, "acme", [file("welcome")])
        versions.add_versions(conn, "acme", [version(1)])
        versions.clear(conn, "acme")
        assert versions.read_state(conn, "acme") == SyncState("main", "layout", None, "audited")
        assert versions.list_files(conn, "acme") == []
        assert versions.list_versions(conn, "acme", "welcome") == []


def test_clearing_an_account_nobody_knows_is_fine(store: Store) -> None:
    with store.write() as conn:
        versions.clear(conn, "nobody")
        assert versions.read_state(conn, "nobody") is None


def test_files_are_listed_by_path_and_chosen_by_workflow(store: Store) -> None:
    rows = [file(workflow) for workflow in ("b", "a", "Z", "é", "c")]
    with store.write() as conn:
        versions.put_files(conn, "acme", rows)
        assert [row.workflow for row in versions.list_files(conn, "acme")] == ["Z", "a", "b", "c", "é"]
        assert versions.list_files(conn, "acme", ["c", "é", "missing"]) == [file("c"), file("é")]
        assert versions.list_files(conn, "acme", []) == []


def test_more_workflows_than_a_statement_has_parameters_can_be_asked_for(store: Store) -> None:
    with store.write() as conn:
        versions.put_files(conn, "acme", [file("w7")])
        versions.add_versions(conn, "acme", [version(1, "w7")])
        many = [f"w{number}" for number in range(70_000)]
        assert versions.list_files(conn, "acme", many) == [file("w7")]
        assert versions.last_versions(conn, "acme", many) == {"w7": version(1, "w7")}


def test_a_name_lasts_as_long_as_the_content_it_was_read_from(store: Store) -> None:
    with store.write() as conn:
        versions.put_files(conn, "acme", [file("welcome", "b1")])
        assert versions.unnamed_files(conn, "acme") == [file("welcome", "b1")]
        versions.set_names(conn, "acme", {"workflows/welcome.json": ("b1", "Welcome")})
        assert versions.unnamed_files(conn, "acme") == []
        versions.put_files(conn, "acme", [file("welcome", "b1")])
        assert versions.list_files(conn, "acme") == [file("welcome", "b1", "Welcome")]
        versions.put_files(conn, "acme", [file("welcome", "b2")])
        assert versions.list_files(conn, "acme") == [file("welcome", "b2")]
        assert versions.find_by_name(conn, "acme", "Welcome") == []


def test_a_name_read_from_content_that_has_changed_since_is_dropped(store: Store) -> None:
    with store.write() as conn:
        versions.put_files(conn, "acme", [file("welcome", "b2")])
        versions.set_names(conn, "acme", {"workflows/welcome.json": ("b1", "Old"), "workflows/gone.json": ("b1", "Gone")})
        assert versions.list_files(conn, "acme") == [file("welcome", "b2")]


def test_a_file_that_was_looked_at_and_has_no_name_is_not_looked_at_again(store: Store) -> None:
    with store.write() as conn:
        versions.put_files(conn, "acme", [file("one"), file("two")])
        versions.set_names(conn, "acme", {"workflows/one.json": ("b1", ""), "workflows/two.json": ("b1", "")})
        assert versions.unnamed_files(conn, "acme") == []
        assert versions.find_by_name(conn, "acme", " ") == []


@pytest.mark.parametrize("asked", ["Grüße aus Köln", "  GRÜSSE AUS KÖLN\t", "grüße aus köln"])
def test_names_count_as_the_same_whatever_their_case_and_outer_spaces(store: Store, asked: str) -> None:
    with store.write() as conn:
        versions.put_files(
            conn, "acme", [file("a", name="Grüße aus Köln"), file("b", name="grüsse aus köln "), file("c", name="Grüße")]
        )
        assert [row.workflow for row in versions.find_by_name(conn, "acme", asked)] == ["a", "b"]


def test_a_file_given_with_its_name_has_it_at_once(store: Store) -> None:
    with store.write() as conn:
        versions.put_files(conn, "acme", [file("welcome", "b1", "One")])
        versions.put_files(conn, "acme", [file("welcome", "b2", "Two")])
        assert versions.find_by_name(conn, "acme", "two") == [file("welcome", "b2", "Two")]


def test_files_are_removed_by_path(store: Store) -> None:
    with store.write() as conn:
        versions.put_files(conn, "acme", [file("a"), file("b")])
        versions.remove_files(conn, "acme", ["workflows/a.json", "workflows/missing.json"])
        versions.remove_files(conn, "acme", [])
        assert versions.list_files(conn, "acme") == [file("b")]


def test_versions_are_listed_newest_first_as_they_were_added(store: Store) -> None:
    rows = [version(1), published(2, semver="1.0.0"), version(3, blob=None), version(10, on_trunk=False)]
    with store.write() as conn:
        versions.add_versions(conn, "acme", [*rows, version(1, "other")])
        versions.add_versions(conn, "acme", [])
        assert versions.list_versions(conn, "acme", "welcome") == rows[::-1]
        assert [versions.get_version(conn, "acme", "welcome", row.number) for row in rows] == rows
        assert versions.get_version(conn, "acme", "welcome", 4) is None
        assert versions.list_versions(conn, "acme", "missing") == []


def test_a_number_is_given_once(store: Store) -> None:
    with pytest.raises(StoreError), store.write() as conn:
        versions.add_versions(conn, "acme", [version(1), version(1)])
    with store.read() as conn:
        assert versions.list_versions(conn, "acme", "welcome") == []


def test_removed_versions_are_gone_and_may_come_again_otherwise(store: Store) -> None:
    with store.write() as conn:
        versions.add_versions(conn, "acme", [version(1), version(2), version(3)])
        versions.remove_versions(conn, "acme", "welcome", [2, 3, 4])
        versions.remove_versions(conn, "acme", "welcome", [])
        versions.add_versions(conn, "acme", [published(2)])
        assert versions.list_versions(conn, "acme", "welcome") == [published(2), version(1)]


def test_the_last_version_is_the_highest_on_the_trunk(store: Store) -> None:
    rows = [version(1), version(2), version(10), version(11, on_trunk=False), version(4, "b"), version(1, "lost", on_trunk=False)]
    with store.write() as conn:
        versions.add_versions(conn, "acme", rows)
        assert versions.last_versions(conn, "acme") == {"welcome": rows[2], "b": rows[4]}
        assert versions.last_versions(conn, "acme", ["b", "lost", "missing"]) == {"b": rows[4]}
        assert versions.last_versions(conn, "acme", {"welcome", "b"}) == {"welcome": rows[2], "b": rows[4]}
        assert versions.last_versions(conn, "acme", []) == {}


def test_published_versions_are_listed_by_workflow_and_number(store: Store) -> None:
    rows = [published(10), published(9), version(11), published(1, "B"), published(2, "a", on_trunk=False)]
    with store.write() as conn:
        versions.add_versions(conn, "acme", rows)
        assert versions.published(conn, "acme") == [rows[3], rows[4], rows[1], rows[0]]
        assert versions.published(conn, "acme", "welcome") == [rows[1], rows[0]]
        assert versions.published(conn, "acme", "missing") == []


def test_archived_versions_are_listed_among_the_published_ones_where_asked_for(store: Store) -> None:
    rows = [published(1, archived=True), published(2), published(3, "a", archived=True)]
    with store.write() as conn:
        versions.add_versions(conn, "acme", rows)
        assert versions.published(conn, "acme") == [rows[1]]
        assert versions.published(conn, "acme", "a") == []
        assert versions.published(conn, "acme", archived=True) == [rows[2], rows[0], rows[1]]
        assert versions.published(conn, "acme", "welcome", archived=True) == [rows[0], rows[1]]
        assert versions.get_version(conn, "acme", "a", 3) == rows[2]


def test_versions_off_the_trunk_are_listed_by_workflow_and_number(store: Store) -> None:
    rows = [version(2, on_trunk=False), version(1, on_trunk=False), version(3), version(1, "a", on_trunk=False)]
    with store.write() as conn:
        versions.add_versions(conn, "acme", rows)
        assert versions.orphans(conn, "acme") == [rows[3], rows[1], rows[0]]
