from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit import InvalidNameError
from wflgit.core import names
from wflgit.core.names import (
    Marks,
    Revision,
    archive_ref,
    parse_archive_ref,
    parse_revision,
    parse_slug,
    parse_version_tag,
    slugify,
    version_marks,
    version_tag,
)


@pytest.mark.parametrize("slug", ["welcome", "sales/welcome", "0", "a-b_c/d1"])
def test_a_good_slug_is_taken_as_it_is(slug: str) -> None:
    assert parse_slug(slug) == slug


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        ("Welcome", "lower-case"),
        ("sales//welcome", "segment ''"),
        ("sales/v7", "segment 'v7' is reserved"),
        ("current", "'current' is reserved"),
        ("stable", "'stable' is reserved"),
        ("_x", "start with a letter"),
        ("a" * 101, "101 characters"),
    ],
)
def test_a_bad_slug_is_refused_with_the_reason_and_a_better_one(slug: str, reason: str) -> None:
    with pytest.raises(InvalidNameError, match="is no slug") as caught:
        parse_slug(slug, channels=("stable",))
    assert reason in caught.value.message
    proposal = (caught.value.hint or "").split("'")[1]
    assert parse_slug(proposal, channels=("stable",)) == proposal


@given(st.text(min_size=1))
def test_every_file_name_gives_a_slug_that_is_one(text: str) -> None:
    assert parse_slug(slugify(text)) == slugify(text)


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}(/[a-z0-9][a-z0-9_-]{0,20}){0,2}", fullmatch=True))
def test_deriving_a_slug_from_a_slug_changes_nothing(text: str) -> None:
    if not any(names.is_reserved(segment) for segment in text.split("/")):
        assert slugify(text) == text


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Sales/Welcome  (new) ✉", "sales/welcome-new"),
        ("Café au lait", "cafe-au-lait"),
        ("v2", "wf-v2"),
        ("current", "wf-current"),
        ("[draft] → done & gone", "draft-done-gone"),
        ("日本", "wf-cf2abf0c"),
    ],
)
def test_foreign_file_names_get_the_documented_slug(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    ("text", "revision", "number"),
    [
        ("welcome", Revision("welcome"), None),
        ("welcome@7", Revision("welcome", "7"), 7),
        ("welcome@v7", Revision("welcome", "v7"), 7),
        ("sales/welcome@current", Revision("sales/welcome", "current"), None),
        ("welcome@HEAD~2", Revision("welcome", "HEAD~2"), None),
    ],
)
def test_a_revision_is_read_and_written_back(text: str, revision: Revision, number: int | None) -> None:
    assert parse_revision(text) == revision
    assert str(revision) == text
    assert revision.number == number


@pytest.mark.parametrize("text", ["", "@7", "welcome@", "Wel come@7"])
def test_what_is_no_revision_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError):
        parse_revision(text)


def test_version_tags_are_written_and_read_back() -> None:
    assert version_tag("sales/welcome", 7) == "refs/tags/sales/welcome/v7"
    assert parse_version_tag("refs/tags/sales/welcome/v7") == ("sales/welcome", 7)


@pytest.mark.parametrize(
    "ref", ["refs/tags/v7", "refs/tags/welcome/v07", "refs/tags/welcome/v0", "refs/tags/welcome/current", "refs/heads/a/v7"]
)
def test_other_refs_are_no_version_tags(ref: str) -> None:
    assert parse_version_tag(ref) is None


def test_archive_refs_are_written_and_read_back() -> None:
    assert archive_ref("sales/welcome", 7) == "refs/wflgit/archive/sales/welcome/v7"
    assert parse_archive_ref("refs/wflgit/archive/sales/welcome/v7") == ("sales/welcome", 7)
    assert parse_version_tag(archive_ref("welcome", 7)) is parse_archive_ref(version_tag("welcome", 7)) is None


def test_what_publishes_versions_is_picked_by_workflow_and_what_stands_twice_counts_as_a_tag() -> None:
    refs = {
        "refs/tags/welcome/v1": "1",
        "refs/tags/welcome/v2": "2",
        "refs/tags/welcome/current": "c",
        "refs/wflgit/archive/welcome/v1": "1",
        "refs/wflgit/archive/welcome/v2": "another",
        "refs/wflgit/archive/welcome/v3": "3",
        "refs/wflgit/archive/welcome/new/v1": "4",
        "refs/wflgit/drafts/welcome/v1": "5",
    }
    welcome, new = Marks({1: "1", 2: "2"}, {2: "another", 3: "3"}), Marks({}, {1: "4"})
    assert version_marks(refs) == {"welcome": welcome, "welcome/new": new}
    assert version_marks(refs, "welcome") == {"welcome": welcome}
    assert welcome.targets({3}) == {1: "1", 2: "2", 3: "3"}
