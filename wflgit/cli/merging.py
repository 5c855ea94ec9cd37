"""Commands that bring two edits of a workflow together: `merge`, `resolve`, `update-branch`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wflgit.cli.options import SLUG, json_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wflgit.cli.call import Call
    from wflgit.core.merge.conflicts import Answers, MergeConflict, Merged
    from wflgit.core.resolving import Resolved, Unmerged

_take_option = click.option(
    "--take",
    "takes",
    multiple=True,
    metavar="PATH=CHOICE",
    help="Decide a conflict: ours, theirs, base or another of its choices; '*=ours' decides all that are left. Repeatable.",
)


@click.command()
@click.argument("base", metavar="BASE")
@click.argument("ours", metavar="OURS")
@click.argument("theirs", metavar="THEIRS")
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write it there.")
@_take_option
@json_option
@click.pass_obj
def merge(call: Call, base: str, ours: str, theirs: str, *, output: Path | None, takes: tuple[str, ...]) -> int:
    """Merge two edits of a workflow step by step, and write the merged definition to stdout.

    Each is a file, a revision such as SLUG@7, or what Git knows as COMMIT:PATH. An empty file as BASE stands for nothing. Exit 1 if
    there are conflicts; then nothing is written.
    """
    from wflgit.core.resolving import parse_answers, require_known

    answers = parse_answers(takes)
    base_bytes, our_bytes, their_bytes = (_read(call, name) for name in (base, ours, theirs))
    sides = (base_bytes or None, our_bytes, their_bytes)
    merged = _merge(call, sides, answers)
    if answers:
        require_known(answers, [*_merge(call, sides, {}).conflicts, *merged.conflicts])
    if merged.content is not None and output is not None:
        from wflgit.cli.output import write_file

        write_file(output, merged.content)
    _show_merged(call, merged, with_content=output is None)
    return int(merged.content is None)


def _merge(call: Call, sides: tuple[bytes | None, bytes, bytes], answers: Answers) -> Merged:
    from wflgit.api.merging import merge_contents

    return merge_contents(call.repo.workspace, *sides, answers=answers)


def _read(call: Call, name: str) -> bytes:
    """The content of a file, of a revision, or of a path in a commit.

    Raises:
        NotFoundError: if there is no such thing.
    """
    file = call.path / name
    if file.is_file() or name == "/dev/null":
        from wflgit.cli.workingtree import read_file

        return b"" if name == "/dev/null" else read_file(call.repo, file).content
    commit, colon, path = name.partition(":")
    return _read_in_commit(call, commit, path) if colon else call.repo.workflows.read(name)


def _read_in_commit(call: Call, commitish: str, path: str) -> bytes:
    from wflgit.errors import NotFoundError
    from wflgit.git.ranges import require_commit

    git = call.repo.workspace.git
    blob = git.blob_at(require_commit(git, commitish), path)
    if blob is None:
        raise NotFoundError(f"'{commitish}' has no file '{path}'", hint=f"`git ls-tree -r --name-only {commitish}` lists its files")
    return git.blob(blob)


def _show_merged(call: Call, merged: Merged, *, with_content: bool) -> None:
    from wflgit.render.merging import merged_lines

    if call.output.json:
        content = merged.content.decode("utf-8", "replace") if merged.content is not None and with_content else None
        said = {"is_clean": merged.is_clean, "method": merged.method, "conflicts": merged.conflicts, "notes": merged.notes}
        call.output.show_json({**said, "content": content})
        return
    call.output.talk(merged_lines(merged))
    if merged.content is not None and with_content:
        call.output.show_bytes(merged.content)


@click.command()
@click.argument("names", nargs=-1, metavar="[SLUG|FILE]...", type=SLUG)
@click.option("--list", "only_list", is_flag=True, help="Only say what has to be decided.")
@_take_option
@json_option
@click.pass_obj
def resolve(call: Call, names: tuple[str, ...], *, only_list: bool, takes: tuple[str, ...]) -> int:
    """Decide the conflicts of workflow files that Git could not merge, and stage them; without arguments of all of them.

    What goes together step by step is written without asking. On a terminal the rest is asked, elsewhere it takes --take; exit 1
    as long as something is left. It always begins from the three sides in Git's index: what was typed into a file with markers does
    not count, and a file that somebody has rid of its markers is refused.
    """
    from wflgit.api.resolving import unmerged
    from wflgit.core.resolving import parse_answers
    from wflgit.render.merging import unmerged_lines

    files = _choose(call, unmerged(call.repo.workspace), names)
    answers = parse_answers(takes)
    if only_list:
        call.output.show(files, unmerged_lines, empty="nothing is unmerged")
        return int(bool(files))
    if not files:
        call.output.show(files, unmerged_lines, empty="nothing is unmerged")
        return 0
    if not call.output.json:
        call.output.note(f"ours is {files[0].ours}, theirs is {files[0].theirs}")
    done = [_resolve(call, file, _meant_for(file, files, answers)) for file in files if file.workflow is not None]
    return _report(call, done, files[0])


def _meant_for(file: Unmerged, files: Sequence[Unmerged], answers: Answers) -> Answers:
    """The answers without those to conflicts that only other files have."""
    own = {conflict.path for conflict in file.conflicts}
    elsewhere = {conflict.path for other in files if other is not file for conflict in other.conflicts}
    return {path: key for path, key in answers.items() if path in own or path not in elsewhere}


def _choose(call: Call, files: Sequence[Unmerged], names: Sequence[str]) -> list[Unmerged]:
    """The files that arguments name by slug, or by path from where one is or from the root.

    Raises:
        NotFoundError: if one is not unmerged.
    """
    if not names:
        return list(files)
    return [_find(call, files, name) for name in names]


def _find(call: Call, files: Sequence[Unmerged], name: str) -> Unmerged:
    from wflgit.cli.workingtree import require_workdir
    from wflgit.errors import NotFoundError

    here = (call.path / name).resolve()
    root = require_workdir(call.repo)
    for file in files:
        if name in (file.workflow, file.path) or here == (root / file.path).resolve():
            return file
    known = tuple(file.workflow or file.path for file in files)
    raise NotFoundError(f"'{name}' is not unmerged", candidates=known, hint="`wflgit resolve --list` lists what is")


def _resolve(call: Call, file: Unmerged, answers: Answers) -> Resolved:
    """Decide about one file: by the answers that fit it, and by asking where somebody is there."""
    from wflgit.api.resolving import resolve as decide

    given = dict(answers)
    found = decide(call.repo.workspace, file.path, given)
    while found.conflicts and _can_ask(call):
        chosen = _ask(call, file, found.conflicts)
        if not chosen:
            break
        given.update(chosen)
        found = decide(call.repo.workspace, file.path, given)
    return found


def _can_ask(call: Call) -> bool:
    return not call.output.json and sys.stdin.isatty() and sys.stdout.isatty()


def _ask(call: Call, file: Unmerged, conflicts: Sequence[MergeConflict]) -> Mapping[str, str]:
    """Ask about each conflict; nothing if one is left open, for then the file cannot be written."""
    from wflgit.render.merging import conflict_lines

    chosen: dict[str, str] = {}
    for place, conflict in enumerate(conflicts, 1):
        call.output.note(f"{file.path}, {place} of {len(conflicts)}")
        call.output.talk(conflict_lines([conflict]))
        keys = [choice.key for choice in conflict.choices]
        numbers = [str(number) for number in range(1, len(keys) + 1)]
        answer = click.prompt(
            "choose, or s to skip this file", type=click.Choice([*numbers, *keys, "s"]), show_choices=False, err=True
        )
        if answer == "s":
            return {}
        chosen[conflict.path] = keys[int(answer) - 1] if answer in numbers else answer
    return chosen


def _report(call: Call, done: list[Resolved], first: Unmerged) -> int:
    from wflgit.api.resolving import unmerged
    from wflgit.render.merging import left_line, resolved_lines

    call.output.show(done, resolved_lines, empty="none of these is a workflow")
    left = unmerged(call.repo.workspace)
    call.output.talk([left_line(left, first.operation)])
    return int(any(not file.is_staged for file in done))


@click.command("update-branch")
@click.option("--base", metavar="COMMIT", help="What is merged; the trunk unless said, the remote's where there is one.")
@click.option("--push", is_flag=True, help="Push the branch, if there are no conflicts.")
@json_option
@click.pass_obj
def update_branch(call: Call, *, base: str | None, push: bool) -> int:
    """Merge the trunk into the branch that is checked out, workflow files step by step, so that its pull request merges cleanly.

    Forges merge line by line; after this they have nothing left to merge. Works without `wflgit install`. Nothing is fetched. Exit
    1 if there are conflicts: they leave a merge in the middle, as `git merge` does.
    """
    from wflgit.api.updating import update_branch as update
    from wflgit.render.merging import updated_lines

    updated = update(call.repo.workspace, base, push=push)
    call.output.show(updated, updated_lines)
    return int(bool(updated.unmerged))
