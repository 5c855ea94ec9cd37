"""The rules of numbering, on histories small enough to read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.core.numbering import Numbering, TagFacts, TagFault, assign
from wflgit.core.paths import WorkflowPaths

PATHS = WorkflowPaths(("workflows/**/*.json",))


def numbers(*commits: Mapping[str, str | None]) -> list[tuple[str, int, str | None]]:
    """Number commits given as {file stem: blob}."""
    count = Numbering(PATHS)
    return [
        (found.workflow, found.number, found.blob)
        for changes in commits
        for found in count.add((f"workflows/{stem}.json", blob) for stem, blob in changes.items())
    ]


def test_each_change_of_a_file_is_the_next_number_of_its_workflow() -> None:
    assert numbers({"a": "1"}, {"b": "1"}, {"a": "2", "b": "2"}) == [("a", 1, "1"), ("b", 1, "1"), ("a", 2, "2"), ("b", 2, "2")]


def test_a_deletion_takes_a_number_and_a_file_made_again_goes_on_from_there() -> None:
    assert numbers({"a": "1"}, {"a": None}, {"a": "1"}) == [("a", 1, "1"), ("a", 2, None), ("a", 3, "1")]


def test_files_that_are_no_workflows_make_no_versions() -> None:
    assert list(Numbering(PATHS).add([("README.md", "1"), ("workflows/a.txt", "2")])) == []


def test_a_file_renamed_within_its_slug_makes_no_version_unless_its_content_changes() -> None:
    assert numbers({"Wel come": "1"}, {"Wel come": None, "wel-come": "1"}) == [("wel-come", 1, "1")]


def test_two_files_with_one_slug_make_no_versions_until_one_of_them_goes() -> None:
    history = ({"a b": "1"}, {"a-b": "9"}, {"a b": "2"}, {"a-b": None})
    assert numbers(*history) == [("a-b", 1, "1"), ("a-b", 2, "2")]


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", None]), min_size=1), max_size=20),
    st.integers(0, 20),
)
def test_numbering_in_two_pieces_gives_the_same_as_in_one(history: list[dict[str, str | None]], cut: int) -> None:
    first = Numbering(PATHS)
    for commit in history[:cut]:
        list(first.add((f"workflows/{stem}.json", blob) for stem, blob in commit.items()))
    resumed = Numbering(PATHS, {slug: dict(files) for slug, files in first.files.items()}, dict(first.last))
    rest = [
        (found.workflow, found.number, found.blob)
        for commit in history[cut:]
        for found in resumed.add((f"workflows/{stem}.json", blob) for stem, blob in commit.items())
    ]
    assert numbers(*history) == numbers(*history[:cut]) + rest


CHAIN = [("c1", "x"), ("c2", "y"), ("c3", None), ("c4", "z")]


def test_a_tag_on_the_right_commit_publishes_whoever_made_it() -> None:
    found = assign(CHAIN, {2: TagFacts("c2"), 4: TagFacts("c4", by_wflgit=True)})
    assert found.numbers == (1, 2, 3, 4)
    assert found.published == {2, 4}
    assert not found.faults


@pytest.mark.parametrize(
    ("number", "facts", "fault"),
    [
        (1, TagFacts(None), (TagFault.LIGHTWEIGHT, None)),
        (1, TagFacts("c2"), (TagFault.WRONG_NUMBER, 2)),
        (7, TagFacts("elsewhere", on_trunk=False), (TagFault.NO_VERSION, None)),
        (1, TagFacts("other", on_trunk=True, by_wflgit=True), (TagFault.NO_VERSION, None)),
        (3, TagFacts("c3"), (TagFault.DELETED, 3)),
    ],
)
def test_a_wrong_tag_publishes_nothing_and_changes_no_number(
    number: int, facts: TagFacts, fault: tuple[TagFault, int | None]
) -> None:
    found = assign(CHAIN, {number: facts})
    assert found.numbers == (1, 2, 3, 4)
    assert not found.published
    assert found.faults == {number: fault}


def test_a_published_version_that_left_the_trunk_keeps_its_number_and_the_trunk_is_numbered_around_it() -> None:
    found = assign([("n1", "x"), ("n2", "y")], {2: TagFacts("gone", on_trunk=False, by_wflgit=True)})
    assert found.numbers == (1, 3)
    assert found.published == found.orphans == {2}


LOST = TagFacts("gone", on_trunk=False, by_wflgit=True)


@pytest.mark.parametrize(
    ("tags", "archive", "archived", "published"),
    [
        ({}, {2: TagFacts("c2")}, {2}, {2}),
        ({1: TagFacts("c1")}, {2: TagFacts("c2")}, {2}, {1, 2}),
        ({2: TagFacts("c2")}, {2: TagFacts("c2")}, set(), {2}),
        ({2: TagFacts(None)}, {2: TagFacts("c2")}, {2}, {2}),
        ({2: TagFacts("c1")}, {2: TagFacts("c2")}, {2}, {2}),
        ({}, {9: LOST}, {9}, {9}),
        ({9: LOST}, {9: LOST}, set(), {9}),
    ],
)
def test_an_archived_version_is_published_all_the_same_unless_a_tag_publishes_it(
    tags: Mapping[int, TagFacts], archive: Mapping[int, TagFacts], archived: set[int], published: set[int]
) -> None:
    found = assign(CHAIN, tags, archive)
    assert set(found.archived) == archived
    assert set(found.published) == published


def test_an_archived_version_that_left_the_trunk_keeps_its_number() -> None:
    found = assign([("n1", "x"), ("n2", "y")], {}, {2: LOST})
    assert found.numbers == (1, 3)
    assert found.orphans == found.archived == {2}


def test_a_wrong_archive_ref_has_the_fault_a_tag_would_have_or_stands_beside_one_that_counts() -> None:
    wrong = {1: TagFacts(None), 2: TagFacts("c1"), 3: TagFacts("c3"), 4: TagFacts("c4"), 7: TagFacts("elsewhere", on_trunk=False)}
    found = assign(CHAIN, {4: TagFacts("c4")}, wrong)
    assert found.archived == frozenset()
    assert found.faults == {}
    assert found.archive_faults == {
        1: (TagFault.LIGHTWEIGHT, None),
        2: (TagFault.WRONG_NUMBER, 1),
        3: (TagFault.DELETED, 3),
        4: (TagFault.SECOND, 4),
        7: (TagFault.NO_VERSION, None),
    }


def test_a_version_that_comes_back_to_the_trunk_has_the_number_it_was_published_under() -> None:
    before = assign([("c1", "x")], {2: TagFacts("c2", on_trunk=False, by_wflgit=True)})
    after = assign([("c1", "x"), ("c2", "y")], {2: TagFacts("c2", by_wflgit=True)})
    assert (before.numbers, after.numbers) == ((1,), (1, 2))
    assert before.published == after.published == {2}
