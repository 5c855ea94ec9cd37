"""Problems and errors as people and editors read them."""

from __future__ import annotations

from wflgit.core.problems import Problem, Severity
from wflgit.errors import DefinitionError, NotFoundError
from wflgit.render.problems import SHOWN, error_lines, problem_lines
from wflgit.render.text import plain

UNKNOWN = Problem("unknown-target", Severity.ERROR, "expected a step but 'x' is none", ("steps",), 3, 9, "name a step")
UNREACHABLE = Problem("unreachable-step", Severity.WARNING, "no way leads to 'y'")


def test_a_problem_has_file_line_column_rule_and_hint() -> None:
    assert plain(problem_lines(UNKNOWN, "workflows/a.json")) == (
        "workflows/a.json:3:9: error: expected a step but 'x' is none [unknown-target]\n    hint: name a step\n"
    )


def test_a_problem_without_a_file_or_a_place_says_what_it_can() -> None:
    assert plain(problem_lines(UNKNOWN)).startswith("line 3, column 9: error: ")
    assert plain(problem_lines(UNREACHABLE, "a.json")) == "a.json: warning: no way leads to 'y' [unreachable-step]\n"
    assert plain(problem_lines(UNREACHABLE)) == "warning: no way leads to 'y' [unreachable-step]\n"


def test_an_error_is_what_happened_and_what_to_do() -> None:
    assert plain(error_lines(NotFoundError("there is no x", hint="make one"))) == "error: there is no x\nhint: make one\n"
    assert plain(error_lines(NotFoundError("there is no x"))) == "error: there is no x\n"


def test_a_broken_definition_lists_its_problems_between_the_two() -> None:
    text = plain(error_lines(DefinitionError("two things", problems=[UNKNOWN, UNREACHABLE], path="a.json", hint="mend it")))
    assert text.splitlines() == [
        "error: two things",
        "  a.json:3:9: error: expected a step but 'x' is none [unknown-target]",
        "      hint: name a step",
        "  a.json: warning: no way leads to 'y' [unreachable-step]",
        "hint: mend it",
    ]


def test_of_many_problems_only_the_first_ones_are_listed() -> None:
    text = plain(error_lines(DefinitionError("many", problems=[UNREACHABLE] * (SHOWN + 5))))
    assert text.count("unreachable-step") == SHOWN
    assert text.endswith("  and 5 more\n")


def test_a_message_that_is_the_only_problem_is_not_said_twice() -> None:
    error = DefinitionError("line 3, column 9: expected a step but 'x' is none", problems=[UNKNOWN], hint="name a step")
    assert plain(error_lines(error)) == "error: line 3, column 9: expected a step but 'x' is none\nhint: name a step\n"
