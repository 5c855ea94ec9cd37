"""A review as a comment on a pull request."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.review.javascript import parse_markdown, parse_mermaid
from tests.reviews import HEAD, SECRETS, changed_workflow, clean_review, finding, sample_review, unknown_review
from wflgit.core.exposure import Affected
from wflgit.core.problems import Severity
from wflgit.core.review import Review, WorkflowReview
from wflgit.render.review.markdown import LIMIT, MARKER, resolved_markdown, review_markdown

if TYPE_CHECKING:
    from collections.abc import Callable

DROPPED = re.compile("left out for lack of room: ([^<]*)<")


def test_a_review_as_a_comment(golden: Callable[[str], None]) -> None:
    golden(review_markdown(sample_review()))


def test_a_review_in_which_nothing_was_found_as_a_comment(golden: Callable[[str], None]) -> None:
    golden(review_markdown(clean_review()))


def test_a_comment_on_what_has_been_resolved(golden: Callable[[str], None]) -> None:
    golden(resolved_markdown(clean_review()))


def test_a_comment_by_somebody_who_knows_of_no_executions_says_why() -> None:
    text = review_markdown(unknown_review())
    assert "executions unknown: no side store and no snapshot was given" in text
    assert "| 1 error, 2 warnings, 1 info | unknown |" in text
    assert "no executions" not in text


def test_the_first_line_is_the_marker_and_nothing_else_is() -> None:
    assert review_markdown(sample_review()).splitlines().count(MARKER) == 1
    assert review_markdown(sample_review()).startswith(f"{MARKER}\n")
    assert resolved_markdown(clean_review()).startswith(f"{MARKER}\n")


def test_nothing_but_the_first_and_the_last_line_looks_like_a_comment_for_machines() -> None:
    name = "<!-- wflgit fingerprints: none -->"
    lost = finding("WFL101", "gone", Severity.ERROR, "w", f"step {name}", name, advice=f"`{name}`", path=name)
    plan = changed_workflow().plans[0]
    plans = (replace(plan, instructions=tuple(replace(said, step=name, to=None) for said in plan.instructions)),)
    workflow = replace(changed_workflow(), findings=(lost,), plans=plans, name=name, level_reason=name, summary=(name,), changes=())
    text = review_markdown(replace(sample_review(), workflows=(workflow,)))
    assert text.count("<!--") == 2
    assert text.count("wflgit fingerprints") > 4


def test_no_secret_is_in_a_comment() -> None:
    assert [secret for secret in SECRETS if secret in review_markdown(sample_review())] == []


def test_what_a_stranger_wrote_stays_text() -> None:
    found = parse_markdown([review_markdown(sample_review())])[0]
    assert not {"script", "img", "a", "iframe", "svg", "style"} & {*found["tags"]}
    assert found["links"] == []
    assert not re.search(r"[@#]\w|https?://|GH-\d", found["text"])
    assert {*found["cells"]} == {5}
    assert not found["nested"]


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(
    st.lists(
        st.text(st.sampled_from("`|<>!-[]()@#*_~\\&;:/\n\r ahttpw.GH1\u202e\x1b$^{}\"'="), max_size=40), min_size=40, max_size=40
    )
)
def test_whatever_a_name_is_made_of_a_comment_has_no_links_and_no_html_of_it(names: list[str]) -> None:
    findings = tuple(
        finding(
            "WFL101", "gone", Severity.ERROR, "w", f"step {name}", f"step '{name}' is gone", advice=f"ask '{name}' to `do {name}`"
        )
        for name in names
    )
    workflow = replace(changed_workflow(), findings=findings, old_path=names[0], level_reason=names[1])
    found = parse_markdown([review_markdown(replace(sample_review(), workflows=(workflow,)))])[0]
    assert found["links"] == []
    assert {*found["tags"]} <= {
        *(
            "h3",
            "h4",
            "p",
            "strong",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "code",
            "ul",
            "li",
            "details",
            "summary",
            "pre",
            "sub",
        ),
    }
    assert not re.search(r"[@#]\w", found["text"])


def test_the_pictures_of_a_comment_are_read_by_mermaid() -> None:
    pictures = parse_markdown([review_markdown(sample_review())])[0]["mermaid"]
    assert parse_mermaid(pictures) == ["flowchart-v2", "flowchart-v2"]


@pytest.mark.parametrize(("limit", "number"), [(LIMIT, 0), (8_000, 1), (6_000, 3), (5_400, 4), (5_000, 5)])
def test_a_comment_says_what_it_leaves_out(limit: int, number: int) -> None:
    text = review_markdown(sample_review(), limit=limit)
    assert len(text) <= limit
    found = DROPPED.search(text)
    assert len(found[1].split(", ") if found else ()) == number
    assert "**WFL101** step-removed-active" in text


def many(errors: int, warnings: int, workflows: int) -> Review:
    severities = [Severity.ERROR] * errors + [Severity.WARNING] * warnings
    found = tuple(
        finding(
            f"WFL{100 + index % 40}",
            "some-rule",
            severity,
            "w",
            f"step s{index}",
            f"step 's{index}' is gone, and executions stand at it",
            affected=Affected(index, 0),
        )
        for index, severity in enumerate(severities)
    )
    template = changed_workflow()
    rest = tuple(replace(template, workflow=f"w/{index}", findings=()) for index in range(workflows))
    return replace(sample_review(), workflows=(replace(template, workflow="w", findings=found), *rest), findings=())


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 900), st.integers(0, 400), st.integers(0, 60), st.integers(3_000, 20_000))
def test_a_comment_of_any_size_finds_room_and_names_the_rule_of_every_error(
    errors: int, warnings: int, workflows: int, limit: int
) -> None:
    review = many(errors, warnings, workflows)
    text = review_markdown(review, limit=limit)
    assert len(text) <= limit
    assert {found.code for found in review if found.severity is Severity.ERROR} <= {*re.findall(r"WFL\d+", text)}
    listed = len({*re.findall(r"step 's\d+' is gone", text.partition("<details>")[0])})
    more = re.search(r"([\d,]+) errors? more, not listed", text)
    assert listed + int(more[1].replace(",", "") if more else 0) == errors


def test_a_thousand_workflows_with_a_thousand_errors_find_room() -> None:
    text = review_markdown(many(1000, 1000, 1000))
    assert len(text) <= LIMIT
    assert re.search(r"^#### 1,000 errors", text, re.MULTILINE)


def test_the_last_line_has_the_fingerprints_of_the_errors_that_count() -> None:
    review = sample_review()
    expected = sorted(found.fingerprint for found in review if found.severity is Severity.ERROR)
    assert review_markdown(review).splitlines()[-1] == f"<!-- wflgit fingerprints: {' '.join(expected)} -->"
    assert len(expected) == 2


def test_fingerprints_without_room_are_one_that_changes_with_each_of_them() -> None:
    lines = [review_markdown(many(errors, 0, 0), limit=3_000).splitlines()[-1] for errors in (300, 301)]
    assert all(re.fullmatch("<!-- wflgit fingerprints: all:[0-9a-f]{16} -->", text) for text in lines)
    assert lines[0] != lines[1]


def test_the_footer_names_both_commits() -> None:
    assert f"head HEAD {HEAD[:8]}, base origin/main 1a2b3c4d" in review_markdown(sample_review())


def test_a_review_of_no_workflow_says_so() -> None:
    empty: tuple[WorkflowReview, ...] = ()
    assert "no workflow changed" in review_markdown(replace(clean_review(), workflows=empty))
