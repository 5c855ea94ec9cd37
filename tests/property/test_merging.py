"""What holds for every merge, whatever was edited, in every format."""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.merge.editing import add_field, change_config, edited
from tests.core.merge.trying import errors, problems
from tests.real.trial import damage
from wflgit.core.applying import apply
from wflgit.core.diff import compare
from wflgit.core.formats import parse
from wflgit.core.merge import merge
from wflgit.core.merge.conflicts import ConflictKind, Merged, Method
from wflgit.core.problems import Problem
from wflgit.errors import DefinitionError
from wflgit.git.linemerge import merge_lines

FILES = sorted((Path(__file__).parents[1] / "core" / "formats").glob("*/*.json"))
CHANCES = st.integers(0, 2**32).map(random.Random)

_lines = lru_cache(maxsize=256)(merge_lines)


@lru_cache(maxsize=256)
def _problems(content: bytes) -> tuple[Problem, ...]:
    return problems(content)


def merged(base: bytes | None, ours: bytes, theirs: bytes, *, everything: str = "") -> Merged:
    return merge(base, ours, theirs, answers={"*": everything}, problems=_problems, lines=_lines)


def says_the_same(one: bytes, other: bytes) -> bool:
    found = compare(parse(one).graph, parse(other).graph)
    return not found and not found.renames


def three(file: Path, chance: random.Random) -> tuple[bytes, bytes, bytes]:
    base, count = file.read_bytes(), chance.choice([1, 2, 5])
    return base, edited(base, chance, "ours", count=count), edited(base, chance, "theirs", count=count)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
class TestEveryMerge:
    @settings(max_examples=8, deadline=None)
    @given(chance=CHANCES)
    def test_of_what_one_side_did_is_that_side(self, file: Path, chance: random.Random) -> None:
        base, ours, _ = three(file, chance)
        for found in (merged(base, ours, base), merged(base, base, ours), merged(base, ours, ours)):
            assert found == Merged(ours, method=Method.SAME)

    @settings(max_examples=8, deadline=None)
    @given(chance=CHANCES)
    def test_is_right_or_a_conflict_whoever_is_ours(self, file: Path, chance: random.Random) -> None:
        base, ours, theirs = three(file, chance)
        found, swapped = merged(base, ours, theirs), merged(base, theirs, ours)
        assert {conflict.path for conflict in found.conflicts} == {conflict.path for conflict in swapped.conflicts}
        if found.content is None or swapped.content is None:
            assert not found.is_clean
            assert not swapped.is_clean
            self.check_conflicts(base, ours, theirs, found)
        else:
            assert errors(found.content) <= errors(ours) | errors(theirs)
            assert says_the_same(found.content, swapped.content)

    def check_conflicts(self, base: bytes, ours: bytes, theirs: bytes, found: Merged) -> None:
        paths = [conflict.path for conflict in found.conflicts]
        assert len(paths) == len({*paths}) > 0
        by_lines = _lines(base, ours, theirs)
        try:
            is_sound = by_lines is not None and parse(by_lines) is not None and errors(by_lines) <= errors(ours) | errors(theirs)
        except DefinitionError:
            is_sound = False
        assert not is_sound, "git would have done better"
        for key in ("ours", "theirs", "base"):
            assert merged(base, ours, theirs, everything=key).content is not None

    @settings(max_examples=8, deadline=None)
    @given(chance=CHANCES)
    def test_of_edits_of_other_steps_is_one_after_the_other(self, file: Path, chance: random.Random) -> None:
        base = file.read_bytes()
        ours = edited(base, chance, "ours", edits=[change_config, add_field])
        theirs = edited(base, chance, "theirs", edits=[change_config, add_field])
        graphs = [parse(content).graph for content in (base, ours, theirs)]
        mine, yours = compare(graphs[0], graphs[1]), compare(graphs[0], graphs[2])
        if {change.id for change in (*mine.steps, *mine.trigger_steps)} & {
            change.id for change in (*yours.steps, *yours.trigger_steps)
        }:
            return
        found = merged(base, ours, theirs)
        assert found.content is not None or found.conflicts[0].kind is ConflictKind.GRAPH
        if found.content is not None:
            one_then_other = apply(compare(graphs[0], graphs[2]), apply(compare(graphs[0], graphs[1]), graphs[0]))
            assert not compare(parse(found.content).graph, one_then_other)

    @settings(max_examples=8, deadline=None)
    @given(chance=CHANCES)
    def test_of_damaged_files_never_crashes(self, file: Path, chance: random.Random) -> None:
        sides = three(file, chance)
        base, ours, theirs = (damage(side, seed=chance.randrange(2**32)) if chance.random() < 0.5 else side for side in sides)
        found = merged(None if chance.random() < 0.1 else base, ours, theirs)
        assert found.is_clean == (not found.conflicts)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_no_bytes_crash_a_merge(base: bytes, ours: bytes, theirs: bytes) -> None:
    found = merged(base, ours, theirs)
    assert found.is_clean == (not found.conflicts)
