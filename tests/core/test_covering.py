"""Globs for files that are there: few, readable, and right by the meaning that globs have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.covering import cover, escape
from wflgit.core.globs import compile_glob
from wflgit.core.names import slugify
from wflgit.core.paths import WorkflowPaths


def globs(workflows: list[str], others: list[str] | None = None) -> tuple[list[str], list[str]]:
    found = cover(workflows, others or [])
    return [chosen.glob for chosen in found.include], [chosen.glob for chosen in found.exclude]


CASES = {
    "a folder": (["flows/a.json", "flows/sales/b.json"], ["package.json"], ["flows/**/*.json"], []),
    "a folder with one stranger": (
        ["flows/a.json", "flows/b.json"],
        ["flows/package.json"],
        ["flows/**/*.json"],
        ["flows/package.json"],
    ),
    "the root": (["a.json", "b.json", "c.json"], ["package.json", "data/x.json"], ["*.json"], ["package.json"]),
    "a file of a name that tools give": (["flows.json"], ["package.json"], ["flows.json"], []),
    "that name in a folder": (["node-red/flows.json"], [], ["node-red/flows.json"], []),
    "that name in many folders": (
        ["apps/a/workflow.json", "apps/b/workflow.json", "apps/c/workflow.json"],
        ["apps/a/host.json", "apps/b/host.json", "host.json"],
        ["apps/**/workflow.json"],
        [],
    ),
    "one of that name that is none": (
        [f"samples/{name}/azuredeploy.json" for name in "abc"],
        ["samples/d/azuredeploy.json", "samples/a/azuredeploy.parameters.json"],
        ["samples/**/azuredeploy.json"],
        ["samples/d/azuredeploy.json"],
    ),
    "an ending that tells": (
        ["services/a/machines/a.asl.json", "services/b/machines/b.asl.json"],
        ["services/a/package.json", "package.json"],
        ["services/**/*.asl.json"],
        [],
    ),
    "two endings in one folder": (["flows/a.asl.json", "flows/b.json"], [], ["flows/**/*.asl.json", "flows/**/*.json"], []),
    "folders of one name": (
        ["services/a/workflows/main.json", "services/b/workflows/main.json", "services/b/workflows/x.json"],
        ["services/a/package.json", "services/b/package.json", "services/c/x.json", "package.json"],
        ["services/*/workflows/*.json"],
        [],
    ),
    "strangers in a folder of theirs": (
        [f"flows/{name}.json" for name in "abcdef"],
        ["flows/old/x.json", "flows/old/y/z.json"],
        ["flows/*.json"],
        [],
    ),
    "strangers of one name everywhere": (
        ["flows/a/x.json", "flows/b/y.json", "flows/c/z.json", "flows/d/q.json"],
        ["flows/a/package.json", "flows/b/package.json", "flows/c/package.json"],
        ["flows/**/*.json"],
        ["flows/**/package.json"],
    ),
    "strangers of one ending": (
        ["flows/a.json", "flows/b.json", "flows/c.json", "flows/d.json"],
        ["flows/a.schema.json", "flows/b.schema.json"],
        ["flows/**/*.json"],
        ["flows/**/*.schema.json"],
    ),
    "few among many": (["data/a.json"], [f"data/{number}.json" for number in range(30)], ["data/a.json"], []),
    "brackets": (["[new] flows/a.json", "[new] flows/b.json"], [], ["\\[new] flows/**/*.json"], []),
    "no workflow": ([], ["package.json"], [], []),
}


@pytest.mark.parametrize("case", CASES)
def test_the_globs_of_a_repository_with(case: str) -> None:
    workflows, others, include, exclude = CASES[case]
    assert globs(workflows, others) == (include, exclude)


def test_each_glob_says_how_many_files_it_decides_about_and_why() -> None:
    found = cover(["flows/a.json", "flows/b.json"], ["flows/package.json"])
    assert [(chosen.files, chosen.reason) for chosen in found.include] == [(2, "the '.json' files below 'flows/'")]
    assert [(chosen.files, chosen.reason) for chosen in found.exclude] == [(1, "is no workflow")]


def test_two_folders_with_files_of_one_name_do_not_collide() -> None:
    paths = WorkflowPaths(tuple(globs(["eu/hello.json", "eu/bye.json", "us/hello.json", "us/nudge.json"], ["package.json"])[0]))
    assert len({paths.slug(path) for path in ("eu/hello.json", "eu/bye.json", "us/hello.json", "us/nudge.json")}) == 4


def test_a_file_of_another_ending_does_not_get_the_slug_of_one_elsewhere() -> None:
    workflows = ["eu/hello.asl", "us/hello.json", "us/more.json"]
    paths = WorkflowPaths(tuple(globs(workflows)[0]))
    assert {path: paths.slug(path) for path in workflows} == {
        "eu/hello.asl": "eu/hello",
        "us/hello.json": "hello",
        "us/more.json": "more",
    }


def test_globs_that_somebody_has_chosen_stay_and_only_get_exceptions() -> None:
    found = cover(["flows/a.json"], ["flows/package.json", "package.json"], include=["flows/*.json"])
    assert [chosen.glob for chosen in found.include] == ["flows/*.json"]
    assert [chosen.glob for chosen in found.exclude] == ["flows/package.json"]


def test_many_files_take_no_time_worth_mentioning() -> None:
    workflows = [f"workflows/{number % 300}/{number}.json" for number in range(2000)]
    others = [f"data/{number % 50}/{number}.json" for number in range(5000)] + [
        f"workflows/{number}/meta.json" for number in range(300)
    ]
    assert globs(workflows, others) == (["workflows/**/*.json"], ["workflows/**/meta.json"])


@pytest.mark.parametrize("path", ["a[1].json", "a*?.json", "back\\slash.json", "tab\there.json", "!no.json", "é/🚀 (new).json"])
def test_a_path_written_as_a_glob_matches_it(path: str) -> None:
    assert compile_glob(escape(path)).fullmatch(path.encode())


_SEGMENTS = st.sampled_from(["a", "b", "flows", "workflows", "[x]", "é", "x y", "old", "*", "node\\red"])
_NAMES = st.sampled_from(
    ["a.json", "b.json", "flows.json", "package.json", "x.asl.json", "y.test.json", "[n].json", ".json", "m.asl"]
)
_PATHS = st.builds(lambda folders, name: "/".join([*folders, name]), st.lists(_SEGMENTS, max_size=3), _NAMES)


@given(st.sets(_PATHS, min_size=1, max_size=15), st.sets(_PATHS, max_size=15))
@settings(deadline=None)
def test_every_workflow_is_matched_and_nothing_else(workflows: set[str], others: set[str]) -> None:
    others -= workflows
    include, exclude = globs(sorted(workflows), sorted(others))
    paths = WorkflowPaths(tuple(include), tuple(exclude))
    assert {path for path in workflows | others if paths.slug(path) is not None} == workflows


@given(st.sets(_PATHS, min_size=1, max_size=12))
@settings(deadline=None)
def test_the_order_of_the_files_does_not_matter(workflows: set[str]) -> None:
    assert globs(sorted(workflows)) == globs(sorted(workflows, reverse=True))


def test_a_slug_by_a_folder_is_that_of_the_file_below_it() -> None:
    include, _ = globs(["flows/sales/Welcome!.json", "flows/Bye.json"])
    assert WorkflowPaths(tuple(include)).slug("flows/sales/Welcome!.json") == slugify("sales/Welcome!")
