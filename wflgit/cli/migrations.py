"""Commands on migrations: `migrate plan`, `start`, `run`, `status`, `pause`, `resume`, `cancel`, `retry`, `undo`, `ls`, `items`."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wflgit.cli import plans
from wflgit.cli.forms import Form, deliver, form_option, show_or_write
from wflgit.cli.groups import NearGroup
from wflgit.cli.options import SLUG, after_option, json_option, limit_option, pace_option, rules_option, waits_option, where_option
from wflgit.cli.output import write_file
from wflgit.cli.plans import How, Wanted, preview_lines
from wflgit.cli.progress import live_bar
from wflgit.core.lifecycle import OPEN
from wflgit.core.names import CURRENT
from wflgit.core.records import ItemResult, MigrationStatus, Strategy
from wflgit.render.migrations import item_table, migration_lines, migration_table, plan_lines, progress_text
from wflgit.render.text import Line, line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wflgit.cli.call import Call
    from wflgit.core.pace import Pace
    from wflgit.core.plan import Plan, Preview, WaitPolicy
    from wflgit.core.records import Migration, MigrationItem, Version
    from wflgit.core.selection import Selection
    from wflgit.render.tables import Table

_ENDED_BADLY = (MigrationStatus.FAILED, MigrationStatus.PARTIALLY_COMPLETED)
_NOTHING = "there is nothing to move"
_SHOWN = 20
"""How many executions that an undo had to leave are listed."""

RESULT = click.Choice([str(result) for result in ItemResult])
migration_argument = click.argument("migration", metavar="ID", type=int)
target_option = click.option(
    "--to",
    "target",
    default=CURRENT,
    show_default=True,
    metavar="N|CHANNEL|worktree",
    help="The version they go to; `worktree` is the file as it is being edited.",
)
only_make_option = click.option(
    "--no-run", "only_make", is_flag=True, help="Move nobody yet: `migrate run` does, or other workers."
)


@click.group("migrate", cls=NearGroup)
def migrations() -> None:
    """Move those who are in a workflow from one version to another."""


@migrations.command()
@click.argument("slug", type=SLUG)
@click.option("--from", "source", type=click.IntRange(min=1), required=True, metavar="N", help="The version they are on.")
@target_option
@rules_option
@waits_option
@click.option("-o", "--output", metavar="FILE", help="Write the plan to a file; `-` writes it to stdout, and nothing else.")
@click.option("--save", is_flag=True, help="Write it to its own place, migrations/SLUG/vA..vB.json, to be committed and reviewed.")
@form_option("text", "mermaid", "html")
@click.option("--all", "everything", is_flag=True, help="Show also the steps that stay as they are and hold no executions.")
@json_option
@click.pass_obj
def plan(
    call: Call,
    slug: str,
    *,
    source: int,
    target: str,
    rules: Sequence[str],
    waits: Sequence[tuple[str | None, WaitPolicy]],
    output: str | None,
    save: bool,
    form: Form,
    everything: bool,
) -> int:
    """Show where the executions at each step would go, and why; what they skip, what cannot be taken back. Nothing is moved.

    Exit 1 if it cannot start: every reason is listed with what to do.
    """
    (found,) = plans.make_plans(call, slug, [source], Wanted(target, rules, waits))
    if save:
        plans.save(call, found)
    if output == "-":
        call.output.show_bytes(plans.dump(found))
        return int(bool(found.failures))
    if output is not None:
        write_file(call.path / output, plans.dump(found))
        call.output.note(f"wrote '{output}'")
    if form.name != "text":
        deliver(call, form, plans.picture(call, found, form.name, everything=everything))
    else:
        show_or_write(call, form, found, lambda it: plan_lines(it, everything=everything))
    return int(bool(found.failures))


@migrations.command()
@click.argument("slug", required=False, type=SLUG)
@click.option("--plan", "file", metavar="FILE", help="Carry out this plan file, in place of SLUG and what is said of a plan.")
@click.option("--from", "source", type=click.IntRange(min=1), metavar="N", help="The version they are on.")
@click.option("--not-containing", "fix", metavar="COMMIT", help="From every version that lacks this fix, a migration each.")
@target_option
@rules_option
@waits_option
@click.option(
    "--strategy",
    type=click.Choice([str(strategy) for strategy in Strategy]),
    default=str(Strategy.IMMEDIATE),
    show_default=True,
    help="All now; by --pace; or those chosen by --id, --step and --where.",
)
@pace_option
@click.option("--id", "ids", multiple=True, type=int, metavar="N", help="This execution. Repeatable.")
@click.option("--step", "steps", multiple=True, metavar="STEP", help="Those at this step. Repeatable.")
@where_option
@click.option("--dry-run", "try_out", is_flag=True, help="Show the plan and how many would be moved; write nothing.")
@only_make_option
@json_option
@click.pass_obj
def start(
    call: Call,
    slug: str | None,
    *,
    file: str | None,
    source: int | None,
    fix: str | None,
    target: str,
    rules: Sequence[str],
    waits: Sequence[tuple[str | None, WaitPolicy]],
    strategy: str,
    pace: Pace | None,
    ids: tuple[int, ...],
    steps: tuple[str, ...],
    where: tuple[Any, ...],
    try_out: bool,
    only_make: bool,
) -> int:
    """Make a migration, and run it until nothing is due any more.

    It is refused as a whole if executions stand where the plan has no place for them. Exit 1 if some that should have been moved
    were left.
    """
    wanted = Wanted(target, rules, waits)
    how = How(Strategy(strategy), pace, _selection(ids, steps, where))
    if file is None:
        found = _from_workflow(call, slug, source, fix, wanted)
    elif slug or source or fix or wanted:
        raise click.UsageError("--plan says it all: leave out SLUG, --from, --not-containing, --to, --map and --wait")
    else:
        found = [plans.load_plan(call, file)]
    if try_out:
        return _try_out(call, [plans.preview(call, plan, how) for plan in found], many=bool(fix))
    made = _make(call, found, how)
    results = made if only_make else [_go_on(call, migration.id) for migration in made]
    return _conclude_many(call, results) if fix else _conclude_one(call, results[0])


def _selection(ids: tuple[int, ...], steps: tuple[str, ...], where: tuple[Any, ...]) -> Selection | None:
    from wflgit.core.selection import Selection

    return Selection(ids, steps, where) if ids or steps or where else None


def _from_workflow(call: Call, slug: str | None, source: int | None, fix: str | None, wanted: Wanted) -> list[Plan]:
    if slug is None:
        raise click.UsageError("expected a workflow, or --plan with a plan file")
    if (source is None) == (fix is None):
        raise click.UsageError("expected the version that executions are on, --from N, or --not-containing COMMIT")
    sources = [source] if source else [version.number for version in call.repo.migrations.lacking(slug, fix or "")]
    return plans.make_plans(call, slug, sources, wanted)


def _try_out(call: Call, previews: Sequence[Preview], *, many: bool) -> int:
    def render(_: object) -> Iterator[Line | Table]:
        for found in previews:
            yield from preview_lines(found)

    call.output.show(previews if many else previews[0], render, empty=_NOTHING)
    return int(any(found.failures for found in previews))


def _make(call: Call, found: Sequence[Plan], how: How) -> list[Migration]:
    """Make all migrations or none."""
    made = []
    with ExitStack() as stack:
        for plan in found:
            migration = call.repo.migrations.create(plan, strategy=how.strategy, pace=how.pace, selection=how.selection)
            stack.callback(call.repo.migrations.cancel, migration.id)
            made.append(migration)
        stack.pop_all()
    return made


def _go_on(call: Call, migration: int, *, wait: bool = False) -> Migration:
    """Run a migration under a bar."""
    try:
        with live_bar(call.output) as draw:
            return call.repo.migrations.run(migration, on_progress=draw, wait=wait)
    except KeyboardInterrupt:
        call.output.note(f"stopped; what was moved is safe, and `wflgit migrate run {migration}` goes on")
        raise


def conclude_rollout(call: Call, version: Version) -> int:
    """Run the migration that was made when a version became current, and show both; exit 1 as for `start`."""
    from wflgit.render.versions import version_lines

    found = call.repo.migrations.list(version.workflow, open_only=True)
    made = [it.id for it in found if it.target == version.number and it.status is MigrationStatus.PENDING]
    results = [_go_on(call, migration) for migration in made[-1:]]
    answer = {**_data(version), "migration": results[0] if results else None}
    return _conclude(call, results, answer, lambda: [*version_lines(version), *_all_lines(results)])


def _conclude_one(call: Call, result: Migration) -> int:
    return _conclude(call, [result], result, lambda: migration_lines(result))


def _conclude_many(call: Call, results: Sequence[Migration]) -> int:
    return _conclude(call, results, results, lambda: _all_lines(results))


def _conclude(call: Call, results: Sequence[Migration], answer: object, render: Callable[[], Iterable[Line]]) -> int:
    """Show what came of migrations, and what to do next; exit 1 if one of them left executions that should have been moved."""
    call.output.show(answer, lambda _: render(), empty=_NOTHING)
    for migration in results:
        for text in _advice(migration):
            call.output.note(text)
    return int(any(migration.status in _ENDED_BADLY for migration in results))


def _all_lines(results: Sequence[Migration]) -> Iterator[Line]:
    for migration in results:
        yield from migration_lines(migration)


def _advice(migration: Migration) -> Iterator[str]:
    """What to do with a migration as it stands; nothing if it is done."""
    command = f"wflgit migrate run {migration.id}"
    if not migration.total:
        yield f"nobody is on '{migration.workflow}@{migration.source}' whom it is about, there is nothing to move"
    elif migration.status is MigrationStatus.PENDING:
        yield f"`{command}` moves them"
    elif migration.status is MigrationStatus.RUNNING and migration.due_at is not None:
        yield f"`{command}` moves the next ones then; `{command} --wait` stays until all are moved"
    elif migration.status is MigrationStatus.RUNNING:
        yield f"each one moves when it next advances; `wflgit migrate status {migration.id}` tells how many have"
    if migration.failed or migration.skipped:
        yield f"`wflgit migrate items {migration.id} --result {'failed' if migration.failed else 'skipped'}` tells why"
    if migration.status in _ENDED_BADLY:
        yield f"`wflgit migrate retry {migration.id}` tries them again, `wflgit migrate undo {migration.id}` puts back the others"


@migrations.command("run")
@click.argument("migration", metavar="[ID]", type=int, required=False)
@click.option("--wait", is_flag=True, help="Stay until all waves of a gradual migration are done.")
@json_option
@click.pass_obj
def go_on(call: Call, migration: int | None, *, wait: bool) -> int:
    """Move what is due of a migration; without ID, of every one that has begun or is to begin.

    Safe to repeat, to interrupt, and to do on several hosts at once. Exit 1 if some were left that should have been moved.
    """
    if migration is not None:
        return _conclude_one(call, _go_on(call, migration, wait=wait))
    if wait:
        raise click.UsageError("expected the ID of the migration to wait for")
    return _conclude_many(call, [_go_on(call, found.id) for found in _due(call)])


def _due(call: Call) -> list[Migration]:
    """All migrations that somebody has to run."""
    found, after = [], 0
    while page := call.repo.migrations.list(open_only=True, after=after):
        found += [it for it in page if it.status is not MigrationStatus.PAUSED]
        after = page[-1].id
    return found


@migrations.command()
@migration_argument
@click.option("--watch", is_flag=True, help="Stay, and show it again and again until it has ended.")
@click.option("--interval", type=click.FloatRange(min=0), default=1.0, show_default=True, metavar="S", help="So often, in seconds.")
@click.option("--items", type=RESULT, help="List the executions too of which this came.")
@json_option
@click.pass_obj
def status(call: Call, migration: int, *, watch: bool, interval: float, items: str | None) -> None:
    """Say how a migration stands: how many are moved, how fast it goes, how long it will take."""
    if watch and items:
        raise click.UsageError("--items goes without --watch")
    if watch:
        _watch(call, migration, interval)
        return
    found = call.repo.migrations.get(migration)
    if items is None:
        call.output.show(found, migration_lines)
        return
    listed = call.repo.migrations.items(migration, result=ItemResult(items))
    if call.output.json:
        call.output.show_json({**_data(found), "items": listed})
        return
    call.output.show(found, lambda it: [*migration_lines(it), line(), item_table(listed)])


def _data(record: Migration | Version) -> dict[str, Any]:
    from wflgit.render.json import to_data

    data: dict[str, Any] = to_data(record)
    return data


def _watch(call: Call, migration: int, interval: float) -> None:
    """Show a migration until it has ended: one line drawn anew on a terminal, else a line for each reading."""
    with live_bar(call.output) as draw:
        show = draw or (call.output.show_line if call.output.json else partial(_show_reading, call))
        while (found := call.repo.migrations.get(migration)).status in OPEN:
            show(found)
            time.sleep(interval)
        if draw or call.output.json:
            show(found)
    if not call.output.json:
        call.output.show(found, migration_lines)


def _show_reading(call: Call, found: Migration) -> None:
    call.output.show(found, lambda it: [line(progress_text(it))])


@migrations.command()
@migration_argument
@json_option
@click.pass_obj
def pause(call: Call, migration: int) -> None:
    """Stop moving executions until `resume`. When this returns, no worker moves any."""
    call.output.show(call.repo.migrations.pause(migration), migration_lines)
    call.output.note(f"`wflgit migrate resume {migration}` goes on")


@migrations.command()
@migration_argument
@only_make_option
@json_option
@click.pass_obj
def resume(call: Call, migration: int, *, only_make: bool) -> int:
    """Go on with a paused migration. The waves of a gradual one come later by as long as it was paused."""
    found = call.repo.migrations.resume(migration)
    return _conclude_one(call, found if only_make else _go_on(call, migration))


@migrations.command()
@migration_argument
@json_option
@click.pass_obj
def cancel(call: Call, migration: int) -> None:
    """End a migration where it stands. This does not put back what was moved: `undo` does."""
    found = call.repo.migrations.cancel(migration)
    call.output.show(found, migration_lines)
    if found.moved:
        call.output.note(f"cancelling does not undo: {found.moved:,} stay moved; `wflgit migrate undo {migration}` puts them back")


@migrations.command()
@migration_argument
@only_make_option
@json_option
@click.pass_obj
def retry(call: Call, migration: int, *, only_make: bool) -> int:
    """Try again those that should have been moved and were not."""
    found = call.repo.migrations.retry(migration)
    return _conclude_one(call, found if only_make else _go_on(call, migration))


@migrations.command()
@migration_argument
@json_option
@click.pass_obj
def undo(call: Call, migration: int) -> None:
    """Put back every execution that has not moved on since it was moved; the others are kept, and listed.

    Interrupted, it goes on when it is called again.
    """
    with live_bar(call.output) as draw:
        found = call.repo.migrations.undo(migration, on_progress=draw)
    kept = call.repo.migrations.items(migration, result=ItemResult.KEPT, limit=_SHOWN) if found.kept else []
    call.output.show(found, lambda it: _undo_lines(it, kept))
    if found.kept > len(kept):
        call.output.note(f"`wflgit migrate items {migration} --result kept` lists them all")


def _undo_lines(found: Migration, kept: Sequence[MigrationItem]) -> Iterator[Line | Table]:
    yield from migration_lines(found)
    if kept:
        yield line()
        yield item_table(kept)


@migrations.command()
@click.argument("slug", required=False, type=SLUG)
@click.option("--open", "open_only", is_flag=True, help="Only those that may still move executions.")
@after_option
@limit_option
@json_option
@click.pass_obj
def ls(call: Call, slug: str | None, *, open_only: bool, after: int, limit: int) -> None:
    """List migrations by id; page with --after and the last id."""
    if slug is not None:
        call.repo.versions.list(slug)  # an empty list must not be the answer to a mistyped slug
    found = call.repo.migrations.list(slug, open_only=open_only, after=after, limit=limit)
    call.output.show(found, migration_table, empty="no such migrations")


@migrations.command()
@migration_argument
@click.option("--result", type=RESULT, help="Only those of which this came.")
@after_option
@limit_option
@json_option
@click.pass_obj
def items(call: Call, migration: int, *, result: str | None, after: int, limit: int) -> None:
    """List what became of each execution, by its id; page with --after and the last one."""
    wanted = ItemResult(result) if result else None
    found = call.repo.migrations.items(migration, result=wanted, after=after, limit=limit)
    call.output.show(found, item_table, empty="no such executions")
