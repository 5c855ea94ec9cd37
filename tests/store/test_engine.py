"""Opening a side store and its transactions, on both databases; and all that can be wrong with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Barrier, Thread, Timer

import pytest

from tests.store.processes import run_together
from tests.store.rows import AT, file, start, version
from wflgit.errors import LockedError, StoreError, StoreReadOnlyError, StoreVersionError, WflgitError
from wflgit.store import executions, faults, versions
from wflgit.store.engine import Store, connect_store, open_store


def number_of_versions(store: Store) -> int:
    with store.read() as conn:
        return len(versions.list_versions(conn, "acme", "welcome"))


# The embedded store


@pytest.fixture
def embedded(tmp_path: Path) -> Path:
    return tmp_path / "repo" / "wflgit" / "store.db"


def test_the_embedded_store_is_made_where_it_is_missing_and_kept(embedded: Path) -> None:
    with connected(None, embedded) as store, store.write() as conn:
        versions.add_versions(conn, "acme", [version(1)])
    with connected(None, embedded) as store:
        assert (store.dialect, store.read_only) == ("sqlite", False)
        assert str(embedded) in store.url
        assert number_of_versions(store) == 1


@contextmanager
def connected(url: str | None, embedded: Path) -> Iterator[Store]:
    store = open_store(url, embedded)
    yield store
    store.close()


def test_an_empty_file_left_by_a_kill_becomes_a_store(embedded: Path) -> None:
    embedded.parent.mkdir(parents=True)
    embedded.touch()
    with connected(None, embedded) as store:
        assert number_of_versions(store) == 0


def test_a_store_survives_power_loss_and_readers_do_not_stop_the_writer(embedded: Path) -> None:
    with connected(None, embedded) as store, store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_opening_a_store_needs_neither_alembic_nor_postgresql(embedded: Path) -> None:
    code = (
        "import sys; from pathlib import Path; sys.path[:] = sys.argv[2:]; from wflgit.store.engine import open_store;"
        "open_store(None, Path(sys.argv[1])).close();"
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'psycopg') or 'postgresql' in name])"
    )
    for _ in ("made", "opened"):
        command = [sys.executable, "-c", code, str(embedded), *sys.path]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout == "[]\n"


@pytest.mark.slow
def test_six_processes_that_open_a_fresh_store_at_once_all_can(embedded: Path) -> None:
    code = """
        import os
        from wflgit.store import versions
        from wflgit.store.engine import open_store
        go()
        store = open_store(None, Path(argument))
        with store.write() as conn:
            versions.put_files(conn, "acme", [versions.FileRow(str(os.getpid()), "welcome", "b1")])
        store.close()
    """
    assert run_together(6, code, str(embedded)) == [""] * 6
    with connected(None, embedded) as store, store.read() as conn:
        assert len(versions.list_files(conn, "acme")) == 6


def test_a_file_that_another_process_is_just_making_is_waited_for(embedded: Path) -> None:
    embedded.parent.mkdir(parents=True)
    maker = sqlite3.connect(embedded, isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN IMMEDIATE")
    done = Timer(0.1, maker.rollback)
    done.start()
    with connected(None, embedded) as store:
        assert number_of_versions(store) == 0
    done.join()
    maker.close()


def test_a_file_that_another_process_never_finishes_is_not_waited_for_long(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LOCK_TIMEOUT_S", 0.1)
    embedded.parent.mkdir(parents=True)
    with closing(sqlite3.connect(embedded, isolation_level=None)) as maker:
        maker.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockedError):
            open_store(None, embedded)


# Transactions


def test_what_a_block_writes_is_there_when_it_ends_and_not_when_it_raises(store: Store) -> None:
    with store.write() as conn:
        versions.add_versions(conn, "acme", [version(1)])
    with suppress(ZeroDivisionError), store.write() as conn:
        versions.add_versions(conn, "acme", [version(2)])
        raise ZeroDivisionError
    assert number_of_versions(store) == 1


def test_a_reader_sees_one_state_while_another_writes_and_neither_waits(store: Store) -> None:
    with store.read() as reading:
        assert versions.list_versions(reading, "acme", "welcome") == []
        with store.write() as writing:
            versions.add_versions(writing, "acme", [version(1)])
        assert versions.list_versions(reading, "acme", "welcome") == []
    assert number_of_versions(store) == 1


def test_what_is_not_yet_written_is_not_seen(store: Store) -> None:
    with store.write() as writing:
        versions.add_versions(writing, "acme", [version(1)])
        assert number_of_versions(store) == 0


def test_a_reading_transaction_on_postgresql_cannot_write(postgresql_url: str) -> None:
    with connected(postgresql_url, Path()) as store, pytest.raises(StoreReadOnlyError), store.read() as conn:
        versions.put_files(conn, "acme", [file("welcome")])


def test_threads_share_a_store(store: Store) -> None:
    def write(number: int) -> None:
        with store.write() as conn:
            versions.add_versions(conn, "acme", [version(number)])

    threads = [Thread(target=write, args=[number]) for number in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number_of_versions(store) == 20


def test_a_writer_that_waits_too_long_is_told_so(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LOCK_TIMEOUT_S", 0.1)
    with connected(store_url, Path()) as one, connected(store_url, Path()) as other, one.write() as first:
        versions.lock_state(first, "acme")
        with (
            pytest.raises(LockedError, match=r"kept locked by another process for more than 0\.1 s") as caught,
            other.write() as second,
        ):
            versions.lock_state(second, "acme")
    assert caught.value.hint
    assert caught.value.code == "locked"


def test_two_writers_that_wait_for_each_other_are_parted(postgresql_url: str) -> None:
    together, said = Barrier(2), []

    def run(store: Store, *accounts: str) -> None:
        with suppress(LockedError), store.write() as conn:
            versions.lock_state(conn, accounts[0])
            together.wait()
            versions.lock_state(conn, accounts[1])
            said.append("done")

    with connected(postgresql_url, Path()) as store:
        threads = [Thread(target=run, args=[store, *accounts]) for accounts in (("one", "two"), ("two", "one"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert said == ["done"]


def test_a_store_can_be_used_again_after_a_failure(store: Store) -> None:
    for _ in range(20):
        with pytest.raises(StoreError), store.write() as conn:
            conn.exec_driver_sql("INSERT INTO nowhere VALUES (1)")
    with store.write() as conn:
        versions.add_versions(conn, "acme", [version(1)])


def test_a_connection_that_postgresql_closed_is_replaced(postgresql_url: str) -> None:
    with connected(postgresql_url, Path()) as store, connected(postgresql_url, Path()) as other:

        def lose_the_connection() -> None:
            with store.read() as conn:
                kill_all_others(other)
                versions.list_files(conn, "acme")

        with pytest.raises(StoreError, match="cannot be reached"):
            lose_the_connection()
        assert number_of_versions(store) == 0


def test_a_connection_that_postgresql_closed_while_nobody_used_it_is_replaced(postgresql_url: str) -> None:
    with connected(postgresql_url, Path()) as store, connected(postgresql_url, Path()) as other:
        for _ in ("used", "used again"):
            assert number_of_versions(store) == 0
            kill_all_others(other)


def kill_all_others(store: Store) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    with store.read() as conn:
        conn.exec_driver_sql(f"{kill} WHERE datname = current_database() AND pid <> pg_backend_pid()")


# What can be wrong


@pytest.mark.parametrize("value", [2**63, -(2**70)])
def test_a_number_no_database_can_hold_is_no_crash(sqlite_url: str, value: int) -> None:
    with connected(sqlite_url, Path()) as store, store.read() as conn, pytest.raises(StoreError) as caught:
        executions.get(conn, "acme", value)
    assert caught.value.hint


def test_broken_unicode_is_no_crash(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot keep a value"), store.write() as conn:
        versions.put_files(conn, "acme", [file("\udc80")])


def test_text_that_postgresql_cannot_hold_is_no_crash(postgresql_url: str) -> None:
    refused = pytest.raises(StoreError, match="cannot keep a value")
    with connected(postgresql_url, Path()) as store, refused, store.write() as conn:
        versions.put_files(conn, "acme", [file("a\0b")])


def test_a_file_that_is_no_database_is_named(embedded: Path) -> None:
    embedded.parent.mkdir(parents=True)
    embedded.write_text("This is not a database, but it is long enough to be taken for one at first.\n" * 20)
    with pytest.raises(StoreError, match="is no SQLite database") as caught:
        open_store(None, embedded)
    assert str(embedded) in caught.value.message
    assert caught.value.hint
    assert caught.value.code == "store"


def test_a_folder_in_the_place_of_the_file_is_named(embedded: Path) -> None:
    embedded.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        open_store(None, embedded)
    assert str(embedded) in caught.value.message
    assert caught.value.hint


def test_a_file_in_the_place_of_the_folder_is_named(embedded: Path) -> None:
    embedded.parent.parent.mkdir()
    embedded.parent.touch()
    with pytest.raises(StoreReadOnlyError) as caught:
        open_store(None, embedded)
    assert str(embedded.parent) in caught.value.message


def test_a_damaged_file_is_named(embedded: Path) -> None:
    with connected(None, embedded) as store, store.write() as conn:
        versions.add_versions(conn, "acme", [version(number) for number in range(1, 500)])
    content = bytearray(embedded.read_bytes())
    content[4096 * 8 :] = b"\xff" * (len(content) - 4096 * 8)
    embedded.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged") as caught, connected(None, embedded) as store:
        number_of_versions(store)
    assert caught.value.hint


def test_a_full_disk_loses_nothing_that_was_committed(embedded: Path) -> None:
    with connected(None, embedded) as store:
        with store.write() as conn:
            versions.add_versions(conn, "acme", [version(1)])
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
            conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="no room left") as caught, store.write() as conn:
            executions.insert_many(conn, "acme", contacts=map(str, range(10_000)), **start())
        assert caught.value.hint
        assert number_of_versions(store) == 1


def test_an_sqlite_that_is_too_old_is_refused(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    with pytest.raises(StoreError, match=r"expected SQLite 3\.38\.0 or newer"):
        open_store(None, embedded)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root@localhost/side",
        "postgresql+asyncpg://localhost/side",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:side.db?mode=memory&uri=true",
        "/home/ann/store.db",
        "postgresql://ann:secret@localhost:port/side",
        "",
    ],
)
def test_a_url_that_is_none_of_a_side_store_is_refused(url: str, embedded: Path) -> None:
    with pytest.raises(StoreError, match="expected the URL of a side store") as caught:
        open_store(url, embedded)
    assert caught.value.hint
    assert "secret" not in caught.value.message
    assert not embedded.parent.exists()


def test_a_server_that_does_not_answer_is_named_without_the_password(embedded: Path) -> None:
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        open_store("postgresql://ann:secret@127.0.0.1:1/side", embedded)
    assert "ann:***@127.0.0.1:1/side" in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.hint


def test_a_missing_postgresql_driver_is_named(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match="'psycopg', which is not installed") as caught:
        open_store("postgresql://ann:secret@127.0.0.1:1/side", embedded)
    assert caught.value.hint == "pip install 'wflgit[postgres]'"


def test_a_store_by_url_without_tables_is_neither_made_nor_changed(empty_url: str, embedded: Path) -> None:
    with pytest.raises(StoreVersionError, match="has no tables yet") as caught:
        open_store(empty_url, embedded)
    assert "wflgit store upgrade" in (caught.value.hint or "")
    assert not embedded.parent.exists()
    assert list(embedded.parent.parent.parent.glob("*.db*")) == []


def test_a_store_of_a_newer_wflgit_is_refused(store_url: str, embedded: Path) -> None:
    set_revision(store_url, "9999")
    with pytest.raises(StoreVersionError, match="'9999', made by a newer wflgit") as caught:
        open_store(store_url, embedded)
    assert "upgrade wflgit" in (caught.value.hint or "")
    assert caught.value.code == "store-version"


def set_revision(url: str | None, revision: str, embedded: Path = Path()) -> None:
    store = connect_store(url, embedded)
    with store.write() as conn:
        conn.exec_driver_sql(f"UPDATE wflgit_revision SET version_num = '{revision}'")
    store.close()


def test_an_embedded_store_of_a_newer_wflgit_is_refused_and_left_alone(embedded: Path) -> None:
    open_store(None, embedded).close()
    set_revision(None, "9999", embedded)
    with pytest.raises(StoreVersionError, match="newer wflgit"):
        open_store(None, embedded)


# A store that cannot be written

Attempt = Callable[[Path], None]


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that an ordinary user can come to; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="wflgit-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Nothing is read-only to root, so be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def closed(folder: Path) -> Path:
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    return folder


def test_a_read_only_store_is_read_and_its_writing_refused(public_folder: Path) -> None:
    where = public_folder / "store.db"
    with connected(None, where) as store, store.write() as conn:
        versions.add_versions(conn, "acme", [version(1)])
    closed(public_folder)
    with ordinary_user(), connected(None, where) as store:
        assert store.read_only
        assert number_of_versions(store) == 1
        with pytest.raises(StoreReadOnlyError, match="cannot be written") as caught, store.write():
            raise AssertionError
    assert str(where) in caught.value.message
    assert caught.value.hint
    assert caught.value.code == "store-read-only"


def test_a_read_only_store_that_somebody_else_is_writing_is_read_along(public_folder: Path) -> None:
    where = public_folder / "store.db"
    with connected(None, where) as owner:
        with owner.write() as conn:
            versions.add_versions(conn, "acme", [version(1)])
        closed(public_folder)
        with ordinary_user():
            reader = open_store(None, where)
            assert number_of_versions(reader) == 1
        with owner.write() as conn:
            versions.add_versions(conn, "acme", [version(2)])
        with ordinary_user():
            assert number_of_versions(reader) == 2
            reader.close()


def test_a_read_only_store_that_somebody_else_has_written_is_read_anew(public_folder: Path) -> None:
    where = public_folder / "store.db"
    open_store(None, where).close()
    closed(public_folder)
    with ordinary_user():
        reader = open_store(None, where)
        assert number_of_versions(reader) == 0
    public_folder.chmod(0o755)
    where.chmod(0o644)
    with connected(None, where) as owner, owner.write() as conn:
        versions.add_versions(conn, "acme", [version(1)])
    closed(public_folder)
    with ordinary_user():
        assert number_of_versions(reader) == 1
        reader.close()


def test_a_store_that_cannot_be_made_says_so(public_folder: Path) -> None:
    closed(public_folder)
    with ordinary_user():
        for where in (public_folder / "store.db", public_folder / "wflgit" / "store.db"):
            with pytest.raises(WflgitError) as caught:
                open_store(None, where)
            assert isinstance(caught.value, StoreReadOnlyError)
            assert str(public_folder) in caught.value.message
            assert caught.value.hint


def test_a_read_only_store_of_another_revision_says_so(public_folder: Path) -> None:
    where = public_folder / "store.db"
    open_store(None, where).close()
    set_revision(None, "9999", where)
    closed(public_folder)
    with ordinary_user(), pytest.raises(StoreVersionError, match="newer"):
        open_store(None, where)


def test_times_are_exact_and_in_utc(store: Store) -> None:
    with store.write() as conn:
        versions.add_versions(conn, "acme", [version(1, created_at=AT.astimezone())])
        found = versions.get_version(conn, "acme", "welcome", 1)
    assert found is not None
    assert found.created_at.isoformat() == "2026-03-04T05:06:07.891011+00:00"
