"""Plans, migrations and what became of each execution, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.mapping import Origin
from wflgit.core.plan import WaitPolicy
from wflgit.core.records import ItemResult, MigrationStatus
from wflgit.render.problems import failure_lines
from wflgit.render.tables import Column, Table
from wflgit.render.text import Line, Span, Style, count, line, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.core.plan import Instruction, Plan
    from wflgit.core.records import Migration, MigrationItem

STYLES = {
    MigrationStatus.PENDING: Style.CAUTION,
    MigrationStatus.RUNNING: Style.GOOD,
    MigrationStatus.PAUSED: Style.CAUTION,
    MigrationStatus.COMPLETED: Style.GOOD,
    MigrationStatus.PARTIALLY_COMPLETED: Style.CAUTION,
    MigrationStatus.FAILED: Style.BAD,
    MigrationStatus.CANCELLED: Style.DIM,
    MigrationStatus.UNDOING: Style.CAUTION,
    MigrationStatus.UNDONE: Style.DIM,
}
ITEM_STYLES = {
    ItemResult.PENDING: Style.DIM,
    ItemResult.MOVED: Style.GOOD,
    ItemResult.SKIPPED: Style.CAUTION,
    ItemResult.FAILED: Style.BAD,
    ItemResult.UNDONE: Style.DIM,
    ItemResult.KEPT: Style.CAUTION,
}

_PLAN_COLUMNS = (
    Column("STEP", flexible=True),
    Column("ACTIVE", right=True),
    Column("WAITING", right=True),
    Column("→ TO", flexible=True),
    Column("WHY", flexible=True),
)
_COLUMNS = (
    Column("ID", right=True),
    Column("WORKFLOW"),
    Column("VERSIONS"),
    Column("STRATEGY"),
    Column("STATUS"),
    Column("TOTAL", right=True),
    Column("MOVED", right=True),
    Column("SKIPPED", right=True),
    Column("FAILED", right=True),
    Column("CREATED"),
    Column("BY", flexible=True),
)
_ITEM_COLUMNS = (
    Column("EXECUTION", right=True),
    Column("CONTACT", flexible=True),
    Column("STEP", flexible=True),
    Column("→ TO", flexible=True),
    Column("RESULT"),
    Column("REASON", flexible=True),
)
_WAITS = {WaitPolicy.RESTART: "the wait begins anew", WaitPolicy.RECOMPUTE: "the wait is counted from its beginning"}
_UNDO = (MigrationStatus.UNDOING, MigrationStatus.UNDONE)
_UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_BAR = 20
_FEW = 5


def plan_lines(plan: Plan, *, everything: bool = False) -> Iterator[Line | Table]:
    """A plan: where the executions at each step go and why, what is skipped and lost on the way, and what stops it.

    Args:
        plan: the plan.
        everything: list also the steps that keep their id and hold no executions.
    """
    shown = [said for said in plan.instructions if everything or not is_quiet(said)]
    quiet = len(plan.instructions) - len(shown)
    yield _title(plan)
    if shown:
        yield line()
        yield Table(_PLAN_COLUMNS, [_plan_row(said) for said in shown])
    if quiet:
        yield line(Span(f"{'and ' if shown else ''}{quiet_words(quiet)}", Style.DIM))
    told = {loss.step for loss in plan.losses if loss.kind == "skips"}
    skipped = [line(said.step, f": {_few(said.skipped)}") for said in shown if said.skipped and said.step not in told]
    yield from _section("steps that are skipped, because the target has them before the place", skipped)
    losses = [line(loss.message, Span(f" [{loss.kind}]", Style.DIM)) for loss in plan.losses]
    yield from _section("cannot be taken back by migrating the other way", losses)
    if plan.failures:
        yield line()
        yield from failure_lines(plan.failures)


def _title(plan: Plan) -> Line:
    uncommitted = "" if plan.target.commit else " (not committed yet)"
    executions = count(plan.executions, "execution") if plan.executions else "no executions"
    versions = Span(f"{plan.workflow} {plan.source.version} → {plan.target.version}", Style.STRONG)
    return line(versions, f"{uncommitted}: {executions}")


def is_quiet(said: Instruction) -> bool:
    """Whether an instruction changes nothing for anybody: the step is the same, and nobody stands there."""
    return said.origin is Origin.SAME and not said.executions and not said.breaks


def quiet_words(steps: int) -> str:
    """So many steps that are left out of a table or picture."""
    return "1 step that stays as it is" if steps == 1 else f"{steps:,} steps that stay as they are"


def _plan_row(said: Instruction) -> Line:
    return line(
        said.step,
        f"{said.active:,}",
        f"{said.waiting:,}",
        Span("?", Style.BAD) if said.to is None else str(said.to),
        Span("; ".join(part for part in (why(said), wait_words(said), *said.breaks) if part), _style(said)),
    )


def _style(said: Instruction) -> Style:
    if said.to is None or said.breaks:
        return Style.BAD if said.executions else Style.CAUTION
    return Style.CAUTION if said.score is not None else Style.PLAIN


def why(said: Instruction) -> str:
    """Why the executions at a step go where they go, in a few words."""
    score = "" if said.score is None else f" {said.score:.2f}"
    via = f" via {' → '.join(said.via)}" if said.via else ""
    return f"{said.origin}{score}{via}"


def wait_words(said: Instruction) -> str:
    """What becomes of a wait, where it does not just go on."""
    return "" if said.to is None or said.wait is WaitPolicy.KEEP else _WAITS[said.wait]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _section(title: str, lines: Sequence[Line]) -> Iterator[Line]:
    if lines:
        yield line()
        yield line(f"{title}:")
        yield from (line("  ", *parts) for parts in lines)


def migration_lines(migration: Migration) -> Iterator[Line]:
    """A migration as it stands: what it is, how far it is, how fast it goes."""
    pace = f" ({migration.pace})" if migration.pace else ""
    yield line(
        Span(f"migration {migration.id}", Style.STRONG),
        f"  {migration.workflow} {migration.source} → {migration.target}  {migration.strategy}{pace}  ",
        _status(migration),
    )
    yield line(f"  {_tally(migration, ' executions')}")
    speed = _speed(migration)
    if speed:
        yield line(f"  {speed}")
    if migration.due_at:
        yield line(f"  the next are due {when(migration.due_at)} UTC")


def _status(migration: Migration) -> Span:
    return Span(migration.status.replace("_", " "), STYLES[migration.status])


def _tally(migration: Migration, noun: str = "") -> str:
    """How far it is, in words; counts of nothing are left out."""
    if not migration.total:
        return "no executions"
    _, total = _done(migration)
    if migration.status in _UNDO:
        counts = {"kept": migration.kept}
        parts = [f"{migration.undone:,} of {total:,}{noun} put back"]
    else:
        counts = {"skipped": migration.skipped, "failed": migration.failed}
        parts = [f"{migration.moved:,} of {total:,}{noun} moved"]
    return ", ".join([*parts, *(f"{number:,} {word}" for word, number in counts.items() if number)])


def _speed(migration: Migration) -> str:
    rate = "" if migration.rate is None else f"{migration.rate:,.{0 if migration.rate >= 10 else 1}f}/s"
    left = "" if migration.eta is None else f"{duration(migration.eta)} left"
    return ", ".join(part for part in (rate, left) if part)


def progress_text(migration: Migration) -> str:
    """A migration under way as one line that is drawn again and again: a bar, counts, rate, time left."""
    done, total = _done(migration)
    part = min(1.0, done / total) if total else 1.0
    bar = ("#" * int(part * _BAR)).ljust(_BAR, "-")
    return "  ".join(text for text in (f"[{bar}] {int(part * 100):>3}%", _tally(migration), _speed(migration)) if text)


def _done(migration: Migration) -> tuple[int, int]:
    """How many have been looked at, and how many there are to look at; while undoing, of those that were moved."""
    if migration.status in _UNDO:
        return migration.undone + migration.kept, migration.moved + migration.undone
    return migration.done, migration.total


def duration(seconds: float) -> str:
    """How long something takes, by its two largest units.

    >>> duration(0.4), duration(59.6), duration(7_500), duration(90_000)
    ('1 s', '1 min', '2 h 5 min', '1 d 1 h')
    """
    left = max(1, round(seconds))
    parts: list[tuple[int, str]] = []
    for unit, size in _UNITS.items():
        number, left = divmod(left, size)
        if number or parts:
            parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number)


def migration_table(migrations: Sequence[Migration]) -> Table:
    """Migrations, one a row, in the order given."""
    return Table(_COLUMNS, [_row(migration) for migration in migrations])


def _row(migration: Migration) -> Line:
    counts = (migration.total, migration.moved, migration.skipped, migration.failed)
    return line(
        str(migration.id),
        Span(migration.workflow, Style.STRONG),
        f"{migration.source} → {migration.target}",
        migration.strategy,
        _status(migration),
        *(f"{number:,}" for number in counts),
        when(migration.created_at),
        migration.created_by,
    )


def item_table(items: Sequence[MigrationItem]) -> Table:
    """What became of executions, one a row, in the order given."""
    return Table(_ITEM_COLUMNS, [_item_row(item) for item in items])


def _item_row(item: MigrationItem) -> Line:
    result = Span(item.result, ITEM_STYLES[item.result])
    return line(str(item.execution), item.contact, item.step or "", item.to_step or "", result, item.reason or "")
