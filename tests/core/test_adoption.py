"""What a file of a foreign repository is, and what somebody should look at."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.builders import steps
from wflgit.core.adoption import (
    Change,
    History,
    Look,
    Survey,
    choose,
    describe_globs,
    look,
    may_hold_workflow,
    survey,
    workflow_files,
)
from wflgit.core.adoption_checks import coverage_findings, file_findings, tag_findings
from wflgit.core.catalog import BUILT_IN
from wflgit.core.numbering import Assignment, TagFault
from wflgit.core.paths import WorkflowPaths
from wflgit.core.records import Identity
from wflgit.core.reports import Notice
from wflgit.core.settings import Policy, Settings

ROOT = Path(__file__).parents[2]
CHANGE = Change("c" * 40, Identity("Maya", "maya@example.com"), datetime(2026, 1, 5, tzinfo=UTC), "Say hello")
MACHINE = {"StartAt": "Greet", "States": {"Greet": {"Type": "Succeed"}}}
WELL = Look("native", "Welcome")


def seen(document: Any) -> Look | None:
    return look(json.dumps(document).encode(), BUILT_IN)


def found_in(files: dict[str, Look | None]) -> Survey:
    return survey(files, ())


def findings(
    files: dict[str, Look | None], *, versions: int = 1, max_versions: int = 1000, glob: str = "flows/**/*.json"
) -> list[Notice]:
    settings = Settings("acme", "main", WorkflowPaths((glob,)), policy=Policy(max_versions))
    found = found_in(files)
    slugs = {settings.paths.slug(path) for path in found.workflows}
    histories = {slug: History(versions, 0, "x", CHANGE, CHANGE) for slug in slugs if slug is not None}
    return list(file_findings(workflow_files(settings.paths, found, histories), found, settings))


# What a file is


def test_a_workflow_is_recognised_with_its_name_and_without_errors() -> None:
    assert seen(steps("hello", name="Welcome")) == Look("native", "Welcome", 0)
    assert seen(MACHINE) == Look("asl", None, 0)


def test_errors_are_counted_and_warnings_are_not() -> None:
    wrong = steps("hello", name="Welcome") | {"start": "nowhere"}
    warned = steps("hello", name="Welcome")
    warned["steps"]["alone"] = {"type": "add_tag", "config": {"tag": "x"}, "next": None}
    assert (seen(wrong), seen(warned)) == (Look("native", "Welcome", 1), Look("native", "Welcome", 0))


@pytest.mark.parametrize(
    "document", [{"name": "acme", "version": "1.0.0"}, {}, 7, {"steps": {"build": {"script": "make"}}}, {"compilerOptions": {}}]
)
def test_other_json_is_no_workflow(document: Any) -> None:
    assert seen(document) is None


def test_what_has_no_steps_may_be_anything() -> None:
    found = seen({"name": "Welcome", "steps": {}})
    assert found is not None
    assert not found.certain
    assert choose(found_in({"flows/a.json": WELL, "flows/b.json": found, "data/c.json": found})).paths.include == (
        "flows/**/*.json",
    )


def test_what_is_no_json_has_a_problem_with_its_place() -> None:
    found = look(b'{"steps": {},\n}', BUILT_IN)
    assert found is not None
    assert found.problem is not None
    assert (found.format, found.problem.rule, found.problem.line) == (None, "syntax", 2)


def test_a_shape_that_no_graph_can_be_made_of_has_a_problem_too() -> None:
    found = seen({"steps": [1]})
    assert found is not None
    assert found.problem is not None
    assert (found.format, found.problem.rule, found.problem.line) == (None, "wrong-value", 1)


@pytest.mark.parametrize(
    ("path", "worth"),
    [
        ("flows/Welcome.JSON", True),
        ("machines/order.asl", True),
        ("README.md", False),
        ("web/node_modules/left/flow.json", False),
        ("cdk.out/tree.json", False),
        ("my_node_modules/a.json", True),
    ],
)
def test_files_that_tools_fetch_or_build_are_not_looked_at(path: str, worth: bool) -> None:
    assert may_hold_workflow(path) is worth


def test_what_cannot_be_read_goes_with_its_neighbours_unless_its_name_says_that_it_is_none() -> None:
    broken = look(b"{,}", BUILT_IN)
    files = {
        "flows/a.json": WELL,
        "flows/b.json": broken,
        "flows/tsconfig.json": broken,
        "flows/list.json": broken,
        "list.json": None,
    }
    assert sorted(found_in(files).workflows) == ["flows/a.json", "flows/b.json"]


# Which globs


def test_what_cannot_be_read_does_not_choose_globs_and_is_not_excluded_either() -> None:
    broken = look(b"{,}", BUILT_IN)
    files = {"flows/a.json": WELL, "flows/b.json": broken, "data/c.json": broken, "flows/package.json": None}
    choice = choose(found_in(files))
    assert [path for path in files if choice.paths.slug(path)] == ["flows/a.json", "flows/b.json"]


def test_exceptions_that_somebody_wants_come_first_and_are_no_workflows() -> None:
    found = found_in({"flows/a.json": WELL, "flows/old/b.json": WELL, "flows/package.json": None})
    choice = choose(found, exclude=["flows/old/**"])
    assert (choice.paths.include, choice.paths.exclude) == (("flows/**/*.json",), ("flows/old/**", "flows/package.json"))
    assert [chosen.files for chosen in choice.exclude] == [1, 1]


def test_globs_that_are_in_force_say_how_many_files_each_decides_about() -> None:
    found = found_in({"flows/a.json": WELL, "flows/b.json": WELL, "flows/package.json": None})
    choice = describe_globs(WorkflowPaths(("flows/a.json", "flows/*.json"), ("flows/package.json",)), found)
    assert ([chosen.files for chosen in choice.include], [chosen.files for chosen in choice.exclude]) == ([1, 1], [1])


# What somebody should look at


def test_files_of_one_slug_are_reported_with_what_to_do() -> None:
    (found,) = findings({"flows/Welcome.json": WELL, "flows/welcome.json": Look("native", "Other")})
    assert (found.check, found.subject) == ("slug-collision", "welcome")
    assert found.message.startswith("the files 'flows/Welcome.json', 'flows/welcome.json' have one slug")
    assert found.hint.endswith("--exclude 'flows/welcome.json'")


def test_a_file_that_cannot_be_read_is_reported_at_its_place() -> None:
    (found,) = findings({"flows/a.json": look(b'{"a": 1', BUILT_IN)})
    assert (found.check, found.subject) == ("unreadable", "flows/a.json:1:8")
    assert found.message.startswith("expected ")


def test_files_with_errors_are_counted_by_format() -> None:
    files: dict[str, Look | None] = {
        "flows/a.json": Look("native", errors=2),
        "flows/b.json": Look("asl"),
        "flows/c.json": Look("asl", errors=1),
    }
    assert [(found.check, found.subject, found.message[:12]) for found in findings(files)] == [
        ("errors", "asl", "1 of 2 files"),
        ("errors", "native", "1 of 1 files"),
    ]


def test_a_display_name_that_two_files_have_is_reported_whatever_its_case() -> None:
    (found,) = findings(
        {"flows/a.json": Look("native", "Welcome"), "flows/b.json": Look("native", " welcome"), "flows/c.json": Look("asl")}
    )
    assert (found.check, found.subject) == ("name-used-twice", "Welcome")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("flows/🚀.json", "'wf-ebbc0b28', because a part of its name has no letters and digits of ASCII"),
        ("flows/ようこそ/a.json", "'wf-d42d1972/a', because a part of its name has no letters and digits of ASCII"),
        ("flows/current.json", "'wf-current', because a tag of each workflow may be called 'current'"),
        ("flows/V7.json", "'wf-v7', because a tag of each workflow may be called 'v7'"),
        (f"flows/{'Long' * 30}.json", "because its path is long"),
    ],
)
def test_a_slug_that_nobody_would_have_chosen_is_reported(path: str, reason: str) -> None:
    (found,) = findings({path: WELL})
    assert (found.check, found.subject) == ("odd-slug", path)
    assert found.message.endswith(reason)


@pytest.mark.parametrize(
    "path", ["flows/wf-current.json", "flows/wf-1a2b3c4d.json", "flows/Send Email (new) 🚀.json", "flows/ [a] → b.json"]
)
def test_a_slug_that_one_can_read_is_none_of_them(path: str) -> None:
    assert findings({path: WELL}) == []


def test_of_many_findings_of_a_kind_there_is_one() -> None:
    (found,) = findings({f"flows/{chr(0x4E00 + number)}.json": Look("native") for number in range(7)})
    assert found.subject == "7 files get slugs that nobody would have chosen"
    assert found.message.endswith(" and 2 more")


def test_a_history_that_is_longer_than_the_policy_allows_is_reported() -> None:
    (found,) = findings({"flows/a.json": WELL}, versions=1000)
    assert (found.check, found.hint) == ("too-many-versions", "write into wflgit.toml: [policy] max_versions = 2000")
    assert findings({"flows/a.json": WELL}, versions=999) == []


def test_what_globs_leave_out_is_reported_with_a_glob_for_it() -> None:
    found = found_in(
        {"flows/a.json": WELL, "other/b.json": WELL, "other/c.json": WELL, "old/d.json": WELL, "flows/package.json": None}
    )
    left, strangers = coverage_findings(WorkflowPaths(("flows/*.json", "old/*.json"), ("old/**",)), found)
    assert (left.check, left.hint) == ("left-out", "add 'other/**/*.json' to [workflows] paths")
    assert left.message == "2 workflow files are left out: 'other/b.json', 'other/c.json'"
    assert (strangers.check, strangers.message) == ("no-workflow", "files count as workflows that are none: 'flows/package.json'")


def test_tags_of_before_are_reported() -> None:
    tags = {"refs/tags/sales", "refs/tags/hello/current", "refs/tags/hello/v1", "refs/tags/hello/v3"}
    said = Assignment((1,), frozenset({1}), frozenset(), frozenset(), {3: (TagFault.NO_VERSION, None)}, {})
    found = list(tag_findings(["hello", "sales/welcome", "other"], tags, {"hello": said}))
    assert [(each.check, each.subject) for each in found] == [
        ("tag-taken-over", "hello"),
        ("tag-publishes", "hello"),
        ("tag-publishes-nothing", "hello"),
        ("tag-in-the-way", "sales/welcome"),
    ]
    assert found[1].message == "version 1 will be current, as the tags say that are there: 'hello/v1'"


def test_every_check_is_explained() -> None:
    page = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8")
    code = (ROOT / "wflgit" / "core" / "adoption_checks.py").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert sorted(explained) == sorted(set(re.findall(r'Notice\(\s*"([a-z-]+)"', code)))
