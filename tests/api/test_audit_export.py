"""The audit trail as a file, and what can be proved of it without repository and side store."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

import wflgit
from tests.builders import BEN, MAYA, Story, make_repo, steps
from wflgit.api.evidence import verify_export
from wflgit.core.audit import GENESIS, AuditEntry, link_of
from wflgit.core.audit_export import FORMAT, Header, format_header, verify_lines
from wflgit.core.records import Actor
from wflgit.errors import PermissionDenied, RepositoryError, StoreError

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Two publications, and something after the last one."""
    made = make_repo(tmp_path_factory.mktemp("evidence") / "acme")
    made.commit(welcome=steps("hello")).publish("welcome").start("welcome", "ana")
    made.commit(welcome=steps("hello", "bye")).publish("welcome")
    return made.commit(farewell=steps("bye"))


@pytest.fixture
def export(story: Story, tmp_path: Path) -> Path:
    return write(tmp_path / "trail.jsonl", story)


def write(file: Path, story: Story) -> Path:
    file.write_text("".join(f"{line}\n" for line in story.repo.audit.export()), encoding="ascii")
    return file


def bundle(story: Story, folder: Path) -> Path:
    story.git("bundle", "create", "--quiet", str(folder / "acme.bundle"), "--all")
    return folder / "acme.bundle"


def lines_of(file: Path) -> Lines:
    return [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]


def rewrite(file: Path, change: Callable[[Lines], object]) -> Path:
    found = lines_of(file)
    change(found)
    file.write_text("".join(json.dumps(line) + "\n" for line in found), encoding="ascii")
    return file


def test_an_export_says_whose_it_is_and_has_all_that_is_hashed(story: Story, export: Path) -> None:
    header, *entries = lines_of(export)
    listed = story.repo.audit.list(limit=1000)
    assert header == {"format": FORMAT, "account": "acme", "entries": len(listed), "head": listed[-1].hash}
    assert [entry["sequence"] for entry in entries] == [entry.sequence for entry in listed]
    assert set(entries[0]) == {"account", "sequence", "at", "actor", "action", "subject", "details", "previous", "hash"}
    assert (entries[-1]["at"], entries[-1]["details"]) == (listed[-1].at.isoformat(timespec="microseconds"), listed[-1].details)


def test_an_export_needs_no_repository_to_be_verified(story: Story, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(export.parent)
    evidence = verify_export(export.name)
    assert (evidence.account, evidence.broken) == ("acme", None)
    assert evidence.entries == len(story.repo.audit.list(limit=1000))
    assert (evidence.vouched, evidence.vouchers) == (0, ())


def test_tags_of_a_bundle_vouch_for_what_was_before_them(story: Story, export: Path, tmp_path: Path) -> None:
    evidence = verify_export(export, bundle=bundle(story, tmp_path))
    assert [voucher.tag for voucher in evidence.vouchers] == ["welcome/v1", "welcome/v2"]
    first, second = evidence.vouchers
    assert 0 < first.sequence < second.sequence == evidence.vouched < evidence.entries
    assert (second.by, evidence.strangers) == ("Maya <maya@example.com>", ())
    assert second.at is not None


def test_a_tag_in_the_archive_vouches_too(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "acme").commit(welcome=steps("hello")).publish("welcome")
    story.git("update-ref", "refs/wflgit/archive/welcome/v1", "refs/tags/welcome/v1")
    story.git("update-ref", "-d", "refs/tags/welcome/v1")
    evidence = verify_export(write(tmp_path / "trail.jsonl", story), bundle=bundle(story, tmp_path))
    assert [voucher.tag for voucher in evidence.vouchers] == ["archive/welcome/v1"]


def test_a_trail_written_anew_holds_by_itself_and_no_tag_vouches_for_it(story: Story, export: Path, tmp_path: Path) -> None:
    """Somebody who can write the store may chain other entries; only what was noted elsewhere shows it."""
    elsewhere = make_repo(tmp_path / "forged", actor=BEN).commit(welcome=steps("other")).publish("welcome")
    forged = write(export, elsewhere)
    assert verify_export(forged).broken is None
    evidence = verify_export(forged, bundle=bundle(story, tmp_path))
    assert (evidence.vouched, evidence.vouchers, evidence.strangers) == (0, (), ("welcome/v1", "welcome/v2"))


def test_an_end_written_anew_is_found_by_the_tags(story: Story, export: Path, tmp_path: Path) -> None:
    where = verify_export(export, bundle=bundle(story, tmp_path)).vouchers[1].sequence

    def cut(lines: Lines) -> None:
        del lines[where:]
        lines[0].update(entries=where - 1, head=lines[-1]["hash"])

    assert verify_export(rewrite(export, cut)).broken is None
    evidence = verify_export(export, bundle=tmp_path / "acme.bundle")
    assert evidence.broken is not None
    assert evidence.broken.sequence == where
    assert "but the chain ends at" in evidence.broken.reason
    assert [voucher.tag for voucher in evidence.vouchers] == ["welcome/v1"]


@pytest.mark.parametrize("field", ["actor", "action", "subject", "details", "previous", "hash", "account"])
def test_a_changed_entry_is_named_with_its_line(export: Path, field: str) -> None:
    def change(lines: Lines) -> None:
        lines[3][field] = "mallory"

    broken = verify_export(rewrite(export, change)).broken
    assert broken is not None
    assert broken.sequence == 3
    assert broken.reason.startswith("line 4: expected")


def test_an_entry_taken_out_and_one_put_in_twice_are_found(export: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(export, tmp_path / "copy.jsonl"))
    less = verify_export(rewrite(export, lambda lines: lines.pop(2))).broken
    more = verify_export(rewrite(copy, lambda lines: lines.insert(2, lines[2]))).broken
    assert less is not None
    assert more is not None
    assert (less.sequence, less.reason) == (2, "line 3: expected entry 2 but found entry 3")
    assert (more.sequence, more.reason) == (3, "line 4: expected entry 3 but found entry 2")


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_a_file_that_was_cut_off_does_not_hold(export: Path, cut: int) -> None:
    broken = verify_export(rewrite(export, lambda lines: [lines.pop() for _ in range(cut)])).broken
    assert broken is not None
    assert "that the header says" in broken.reason


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "expected JSON"),
        (b"{", "expected JSON"),
        (b"[]", "expected an object with account, sequence"),
        (b'"text"', "expected an object"),
        (b'{"account": "acme"}', "expected an object"),
        (b"\xff\xfe\x00", "expected JSON"),
        (b"[" * 100_000, "expected JSON"),
        (b"9" * 10_000, "expected JSON"),
        (b"{}", "expected an object"),
    ],
)
def test_a_line_that_is_no_entry_is_told(export: Path, line: bytes, said: str) -> None:
    lines = export.read_bytes().splitlines()
    lines[4] = line
    export.write_bytes(b"\n".join(lines))
    broken = verify_export(export).broken
    assert broken is not None
    assert broken.sequence == 4
    assert broken.reason.startswith(f"line 5: {said}")
    assert len(broken.reason) < 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sequence", True),
        ("sequence", "3"),
        ("sequence", 3.0),
        ("at", 0),
        ("at", "yesterday"),
        ("at", "2026-01-05T09:00:00"),
        ("at", "2026-01-05T09:00:00.000000Z"),
        ("at", "0001-01-01T00:00:00.000000+23:59"),
        ("actor", None),
        ("details", {"to": 1}),
    ],
)
def test_a_value_of_another_kind_is_told(export: Path, field: str, value: object) -> None:
    broken = verify_export(rewrite(export, lambda lines: lines[3].update({field: value}))).broken
    said = "a time like" if field == "at" and isinstance(value, str) else "a whole number as" if field == "sequence" else "text as"
    assert broken is not None
    assert broken.reason.startswith(f"line 4: expected {said}")


@pytest.mark.parametrize(
    ("said", "sequence"),
    [({"account": "globex"}, 1), ({"head": GENESIS}, 0), ({"entries": 2}, 3), ({"entries": 0}, 1), ({"entries": 99}, 0)],
)
def test_a_header_that_says_something_else_is_found(export: Path, said: dict[str, object], sequence: int) -> None:
    broken = verify_export(rewrite(export, lambda lines: lines[0].update(said))).broken
    assert broken is not None
    assert broken.sequence == (sequence or len(lines_of(export)))
    assert f"'{said.get('account')}'" in broken.reason or "that the header says" in broken.reason


def test_of_a_line_without_end_only_so_much_is_read(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wflgit.api.evidence._LONGEST", 200)
    broken = verify_export(export).broken
    assert broken is not None
    assert broken.reason.startswith("line 2: expected JSON")


def test_a_bundle_may_have_a_name_like_an_option(
    story: Story, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle(story, tmp_path).rename(tmp_path / "--bare")
    monkeypatch.chdir(tmp_path)
    assert len(verify_export(export, bundle="--bare").vouchers) == 2


def test_what_git_says_of_a_bundle_is_one_plain_line(tmp_path: Path, export: Path) -> None:
    with pytest.raises(RepositoryError) as caught:
        verify_export(export, bundle=export)
    assert "fatal:" not in str(caught.value)
    assert "repository exists" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_entry_that_wflgit_never_wrote_is_not_exported(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "acme").commit(welcome=steps("hello"))
    with sqlite3.connect(story.path / ".git/wflgit/store.db") as connection:
        connection.executescript(f"DROP TRIGGER audit_update; UPDATE audit SET at = {2**62}")
    connection.close()
    with pytest.raises(StoreError, match=r"audit entry 1 cannot be exported: "):
        list(story.repo.audit.export())


def test_tags_over_another_chain_say_nothing_of_this_one(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "acme").commit(welcome=steps("hello")).publish("welcome")
    assert story.repo.audit.verify().anchors == 1
    elsewhere = shutil.copytree(story.path, tmp_path / "copy")
    shutil.rmtree(elsewhere / ".git" / "wflgit")
    again = wflgit.open(elsewhere, actor=MAYA).audit.verify()
    assert (again.anchors, again.broken) == (0, None)


@pytest.mark.parametrize("before", [b"{", b'"actor": '])
def test_a_name_that_stands_twice_in_an_entry_is_no_way_to_say_two_things(export: Path, before: bytes) -> None:
    lines = export.read_bytes().splitlines()
    twice = b'{"actor": "mallory", ' if before == b"{" else b'"actor": "mallory", "actor": '
    lines[3] = lines[3].replace(before, twice, 1)
    export.write_bytes(b"\n".join(lines))
    broken = verify_export(export).broken
    assert broken is not None
    assert broken.sequence == 3


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}", b"not an export", b'{"format": "other", "account": "a", "entries": 0, "head": ""}']
)
def test_a_file_that_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "some.txt"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"is no export of an audit trail: line 1: expected") as caught:
        verify_export(file)
    assert "audit export" in (caught.value.hint or "")


def test_a_missing_file_and_a_missing_bundle_are_named(export: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        verify_export(tmp_path / "nowhere")
    with pytest.raises(RepositoryError, match="there is no bundle"):
        verify_export(export, bundle=tmp_path / "nowhere")
    with pytest.raises(RepositoryError, match="git cannot read the bundle"):
        verify_export(export, bundle=export)


def test_a_bundle_of_a_range_is_refused_with_what_to_do(story: Story, export: Path, tmp_path: Path) -> None:
    story.git("bundle", "create", "--quiet", str(tmp_path / "part.bundle"), "main~1..main")
    with pytest.raises(RepositoryError, match="git cannot read the bundle") as caught:
        verify_export(export, bundle=tmp_path / "part.bundle")
    assert caught.value.hint == "write one: git bundle create FILE --all"


@given(data=st.data())
def test_no_file_is_a_crash(story: Story, data: st.DataObject) -> None:
    lines = [line.encode() for line in story.repo.audit.export()]
    which = data.draw(st.integers(0, len(lines) - 1))
    begin = data.draw(st.integers(0, len(lines[which])))
    lines[which] = lines[which][:begin] + data.draw(st.binary(max_size=8)) + lines[which][begin + data.draw(st.integers(0, 8)) :]
    try:
        evidence = verify_lines(lines, "file")
    except StoreError:
        assert which == 0
    else:
        assert evidence.broken is not None or [*map(json.loads, lines)] == [*map(json.loads, story.repo.audit.export())]


def test_what_is_appended_while_an_export_is_read_is_not_in_it(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "acme").commit(welcome=steps("hello"))
    lines = story.repo.audit.export()
    header = json.loads(next(lines))
    story.commit(farewell=steps("bye"))
    assert len(list(lines)) == header["entries"]


def test_a_trail_without_entries_holds() -> None:
    evidence = verify_lines([format_header(Header("acme", 0, GENESIS)).encode()], "file")
    assert (evidence.entries, evidence.broken) == (0, None)


def test_who_may_not_read_the_trail_may_not_export_it(story: Story) -> None:
    eve = Actor("eve@example.com", "Eve", permissions=frozenset())
    with pytest.raises(PermissionDenied, match="audit:read"):
        story.open_again(actor=eve).audit.export()
    assert next(story.open_again(actor=MAYA).audit.export())


def test_a_link_is_its_entry(story: Story) -> None:
    [entry, *_] = story.repo.audit.list(limit=1)
    assert isinstance(entry, AuditEntry)
    assert link_of(entry)[3:] == (entry.actor, entry.action, entry.subject, entry.details, entry.previous, entry.hash)
