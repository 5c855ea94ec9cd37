"""Problems with file, line and column, and errors with their hints, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.problems import Problem, Severity
from wflgit.errors import ConflictError, DefinitionError, PlanError, WflgitError
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wflgit.core.plan import Failure

SHOWN = 20
"""How many problems an error lists before it only says how many more there are."""

STYLES = {Severity.ERROR: Style.BAD, Severity.WARNING: Style.CAUTION}


def problem_lines(problem: Problem, path: str | None = None) -> Iterator[Line]:
    """One problem, as editors and CI parse it: `path:line:column: severity: message [rule]`, the hint below it."""
    severity = Span(f"{problem.severity}: ", STYLES[problem.severity])
    yield line(_place(problem, path), severity, problem.message, Span(f" [{problem.rule}]", Style.DIM))
    if problem.hint:
        yield line(Span("    hint: ", Style.DIM), problem.hint)


def _place(problem: Problem, path: str | None) -> Span:
    if problem.line is None:
        return Span(f"{path}: " if path else "", Style.STRONG)
    if path is None:
        return Span(f"line {problem.line}, column {problem.column}: ", Style.STRONG)
    return Span(f"{path}:{problem.line}:{problem.column}: ", Style.STRONG)


def error_lines(error: WflgitError) -> Iterator[Line]:
    """What happened, the problems where there are some, and what to do."""
    yield line(Span("error: ", Style.BAD), error.message)
    if isinstance(error, DefinitionError) and not _says_it_all(error):
        yield from _listed(error.problems, error.path)
    if isinstance(error, PlanError):
        yield from failure_lines(error.failures)
    if isinstance(error, ConflictError):
        yield from _both_sides(error)
    if error.hint:
        yield line(Span("hint: ", Style.DIM), error.hint)


def _both_sides(error: ConflictError) -> Iterator[Line]:
    """What each side changed, and where the two do not go together."""
    for title, side in (("what was changed meanwhile", error.theirs), ("what this edit changes", error.ours)):
        if side is not None:
            from wflgit.render.comparison import comparison_lines

            yield line(f"  {title}:")
            yield from _first(line("    ", *parts) for parts in comparison_lines(side))
    if error.conflicts:
        from wflgit.render.merging import conflict_lines

        yield line("  they do not go together:")
        yield from _first(line("    ", *parts) for parts in conflict_lines(error.conflicts))


def _first(lines: Iterable[Line]) -> Iterator[Line]:
    """As many lines as an error shows, and how many more there are."""
    shown = list(lines)
    yield from shown[:SHOWN]
    if len(shown) > SHOWN:
        yield line(f"    and {len(shown) - SHOWN} more lines")


def failure_lines(failures: Sequence[Failure]) -> Iterator[Line]:
    """Reasons why a plan cannot be carried out, each with its hint; no more than fit."""
    for failure in failures[:SHOWN]:
        examples = f" ({', '.join(map(str, failure.examples))}{', …' if failure.executions > len(failure.examples) else ''})"
        yield line(
            Span("  error: ", Style.BAD),
            failure.message,
            examples if failure.examples else "",
            Span(f" [{failure.rule}]", Style.DIM),
        )
        yield line(Span("      hint: ", Style.DIM), failure.hint)
    if len(failures) > SHOWN:
        yield line(f"  and {len(failures) - SHOWN} more")


def _says_it_all(error: DefinitionError) -> bool:
    """Whether the message is that of the only problem."""
    return error.path is None and len(error.problems) == 1 and error.problems[0].message in error.message


def _listed(problems: Sequence[Problem], path: str | None) -> Iterator[Line]:
    for problem in problems[:SHOWN]:
        for parts in problem_lines(problem, path):
            yield line("  ", *parts)
    if len(problems) > SHOWN:
        yield line(f"  and {len(problems) - SHOWN} more")
