"""A review for the servers that show it: GitHub's annotations and code scanning, GitLab's code quality, JUnit."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator

from tests.reviews import clean_review, finding, sample_review, unknown_review
from wflgit.core.exposure import UNKNOWN, Affected
from wflgit.core.impact.rules import RULES
from wflgit.core.problems import Severity
from wflgit.render.review.formats import FORMATS
from wflgit.render.review.github import annotation_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from wflgit.core.findings import Finding
    from wflgit.core.review import Review

SARIF = Draft4Validator(json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))
COMMAND = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^\r\n]*?)::(?P<text>[^\r\n]*)")


def with_findings(*found: Finding) -> Review:
    return replace(clean_review(), findings=found)


def log_of(review: Review) -> Any:
    return json.loads(FORMATS["sarif"](review))


class TestSarif:
    @pytest.mark.parametrize("review", [sample_review(), clean_review(), unknown_review()], ids=["all", "clean", "unknown"])
    def test_it_is_what_the_official_schema_describes(self, review: Review) -> None:
        assert [f"{error.json_path}: {error.message}" for error in SARIF.iter_errors(log_of(review))] == []

    def test_a_clean_review_lists_all_rules_and_no_results_so_that_old_alerts_are_closed(self) -> None:
        log = log_of(clean_review())["runs"][0]
        assert log["results"] == []
        assert [rule["id"] for rule in log["tool"]["driver"]["rules"]] == [*RULES]

    def test_results_name_their_rule_by_its_place_in_the_list(self) -> None:
        log = log_of(sample_review())["runs"][0]
        rules = log["tool"]["driver"]["rules"]
        assert [rules[result["ruleIndex"]]["id"] for result in log["results"]] == [result["ruleId"] for result in log["results"]]

    def test_a_finding_has_level_fingerprint_place_and_executions(self) -> None:
        results = log_of(sample_review())["runs"][0]["results"]
        result = next(found for found in results if found["ruleId"] == "WFL402")
        assert result["level"] == "warning"
        assert [*result["partialFingerprints"]] == ["wflgit/v1"]
        place = result["locations"][0]["physicalLocation"]
        assert place == {"artifactLocation": {"uri": "workflows/welcome.json"}, "region": {"startLine": 31, "startColumn": 9}}
        assert result["properties"]["executions"] == {"at": 311, "upstream": 0, "total": 311}

    def test_what_only_the_base_has_is_shown_in_the_head_and_related_to_the_base(self) -> None:
        result = next(found for found in log_of(sample_review())["runs"][0]["results"] if found["ruleId"] == "WFL101")
        assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
        assert result["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 58, "startColumn": 7}

    def test_of_a_renamed_workflow_it_is_the_heads_file(self) -> None:
        workflow = clean_review().workflows[0]
        lost = finding(
            "WFL101", "gone", Severity.ERROR, workflow.workflow, "step a", "gone", side="base", path="workflows/birthday.json"
        )
        result = log_of(replace(clean_review(), workflows=(replace(workflow, findings=(lost,)),)))["runs"][0]["results"][0]
        places = [result[key][0]["physicalLocation"]["artifactLocation"]["uri"] for key in ("locations", "relatedLocations")]
        assert places == ["workflows/greetings/birthday.json", "workflows/birthday.json"]

    def test_an_ignored_finding_is_suppressed_with_the_reason(self) -> None:
        result = next(found for found in log_of(sample_review())["runs"][0]["results"] if found["ruleId"] == "WFL505")
        assert result["suppressions"][0]["justification"] == "ignored until 2026-12-31: agreed with operations, OPS-912"

    def test_a_path_is_written_as_a_uri(self) -> None:
        odd = finding("WFL101", "gone", Severity.ERROR, "", "workflow", "gone", path="workflows/über uns#1.json")
        place = log_of(with_findings(odd))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "workflows/%C3%BCber%20uns%231.json"


class TestGitHub:
    def test_annotations(self, golden: Callable[[str], None]) -> None:
        golden(FORMATS["github"](sample_review()))

    def test_every_line_is_one_command_with_properties_that_are_read_back(self) -> None:
        lines = FORMATS["github"](sample_review()).splitlines()
        assert len(lines) == 11
        for text in lines:
            command = COMMAND.fullmatch(text)
            assert command, text
            assert command["properties"].startswith("file=")

    def test_what_would_end_a_property_or_begin_a_command_is_escaped(self) -> None:
        odd = finding("WFL1", "r", Severity.ERROR, "", "x", "50%\n::error::faked", path="a,line=9::b%.json", place=None)
        assert [*annotation_lines(with_findings(odd))] == [
            "::error file=a%2Cline=9%3A%3Ab%25.json,title=WFL1 r::50%25\\x0a::error::faked; no executions; look at it"
        ]

    def test_the_ninth_of_a_severity_is_followed_by_how_many_more_there_are(self) -> None:
        found = [
            finding("WFL1", "r", Severity.ERROR, "", f"step s{number}", "m", affected=Affected(number, 0))
            for number in range(1, 13)
        ]
        known_to_nobody = finding("WFL2", "r", Severity.ERROR, "", "step x", "m", affected=UNKNOWN)
        lines = [*annotation_lines(with_findings(*found, known_to_nobody))]
        assert len(lines) == 10
        assert "WFL2" in lines[0]
        assert "12 executions" in lines[1]
        assert lines[-1] == "::error title=wflgit::4 errors more, see the whole review"

    def test_what_is_ignored_is_not_annotated(self) -> None:
        assert "WFL505" not in FORMATS["github"](sample_review())


class TestGitLab:
    def test_code_quality(self, golden: Callable[[str], None]) -> None:
        golden(FORMATS["gitlab"](sample_review()))

    def test_an_error_is_a_blocker_unless_it_is_known_that_nobody_is_concerned(self) -> None:
        found = [
            finding("WFL1", "r", Severity.ERROR, "", "x", "m", affected=affected)
            for affected in (UNKNOWN, Affected(1, 0), Affected(0, 0))
        ]
        assert [entry["severity"] for entry in json.loads(FORMATS["gitlab"](with_findings(*found)))] == [
            "blocker",
            "blocker",
            "major",
        ]

    def test_every_entry_has_a_file_a_line_and_a_fingerprint_of_its_own(self) -> None:
        report = json.loads(FORMATS["gitlab"](sample_review()))
        assert all(entry["location"]["lines"]["begin"] >= 1 and entry["location"]["path"] for entry in report)
        assert len({entry["fingerprint"] for entry in report}) == len(report)

    def test_a_clean_review_is_an_empty_report(self) -> None:
        assert FORMATS["gitlab"](clean_review()) == "[]\n"


class TestJUnit:
    def test_report(self, golden: Callable[[str], None]) -> None:
        golden(FORMATS["junit"](sample_review()))

    def test_a_suite_for_each_workflow_counts_its_cases(self) -> None:
        suites = ET.fromstring(FORMATS["junit"](sample_review()))
        for suite in suites:
            assert int(suite.attrib["tests"]) == len(suite.findall("testcase")) >= 1
            assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
            assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
        assert [suite.attrib["name"] for suite in suites][1:] == [workflow.workflow for workflow in sample_review().workflows]

    @pytest.mark.parametrize(("fail_on", "failures"), [(Severity.ERROR, 2), (Severity.WARNING, 9), (Severity.INFO, 11), (None, 0)])
    def test_what_is_as_bad_as_asked_about_fails(self, fail_on: Severity | None, failures: int) -> None:
        suites = ET.fromstring(FORMATS["junit"](replace(sample_review(), fail_on=fail_on)))
        assert len(suites.findall("testsuite/testcase/failure")) == failures

    def test_a_clean_workflow_has_one_case_that_passes(self) -> None:
        case = ET.fromstring(FORMATS["junit"](clean_review())).findall("testsuite/testcase")
        assert [(found.attrib["name"], len(found)) for found in case] == [("no findings", 0)]

    def test_characters_that_xml_forbids_are_not_in_it(self) -> None:
        odd = finding("WFL1", "r", Severity.ERROR, "", "step \x00\ufffe", "m \x0b\uffff\ud800")
        suites = ET.fromstring(FORMATS["junit"](with_findings(odd)).encode())
        failure = suites.find("testsuite/testcase/failure")
        assert failure is not None
        assert failure.attrib["message"] == "m \\x0b\\ud800"
