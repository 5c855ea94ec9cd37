"""Deciding the conflicts of a merge that Git could not do by itself, always from what the index says of the sides.

The file in the working tree is not asked: it has markers in it, or half of somebody's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.api.merging import merge_contents
from wflgit.core.merge.conflicts import ALL, BASE, OURS, THEIRS, Merged
from wflgit.core.permissions import Permission
from wflgit.core.resolving import FILE, SIDES, Resolved, Unmerged, deletion_conflict, require_known
from wflgit.errors import NotFoundError, StateError
from wflgit.git import stages as index

if TYPE_CHECKING:
    from wflgit.core.merge.conflicts import Answers, MergeConflict
    from wflgit.git.stages import Stages
    from wflgit.workspace import Workspace


def unmerged(workspace: Workspace) -> list[Unmerged]:
    """The files that Git could not merge, in path order, with what has to be decided about each.

    Raises:
        StateError: in a bare repository.
        RepositoryError: the index cannot be read.
    """
    return [_describe(workspace, stages) for stages in index.list_unmerged(workspace.git)]


def _describe(workspace: Workspace, stages: Stages) -> Unmerged:
    operation = index.find_operation(workspace.git)
    workflow = _slug(workspace, stages)
    merged = None if workflow is None else _decide(workspace, stages, {})
    sides = SIDES[operation]
    return Unmerged(
        stages.path,
        workflow,
        operation,
        ours=sides[OURS],
        theirs=sides[THEIRS],
        conflicts=merged.conflicts if merged else (),
        notes=merged.notes if merged else (),
    )


def resolve(workspace: Workspace, path: str, answers: Answers | None = None) -> Resolved:
    """Merge an unmerged workflow file anew, with answers to its conflicts; if none is left, it is written and staged.

    Args:
        workspace: where.
        path: the file, from the root of the working tree.
        answers: keys of choices by the paths of conflicts; `*` stands for all that are not named.

    Returns:
        What came of it; as long as something is to be decided, nothing is changed.

    Raises:
        PermissionDenied: the actor may not edit workflows.
        NotFoundError: the file is not unmerged.
        StateError: it is no workflow, or somebody has taken the markers out of it.
        InvalidNameError: there is no such conflict or choice.
    """
    workspace.require(Permission.EDIT, path)
    stages, workflow = _find(workspace, path)
    if answers:
        require_known(answers, _askable(workspace, stages, answers))
    merged = _decide(workspace, stages, answers or {})
    if merged.conflicts:
        return Resolved(path, workflow, is_staged=False, conflicts=merged.conflicts, notes=merged.notes)
    _require_untouched(workspace, stages)
    if merged.content is None:
        index.stage_deletion(workspace.git, stages)
    else:
        index.stage_content(workspace.git, stages, merged.content)
    return Resolved(path, workflow, is_staged=True, is_deleted=merged.content is None, notes=merged.notes)


def _find(workspace: Workspace, path: str) -> tuple[Stages, str]:
    found = {stages.path: stages for stages in index.list_unmerged(workspace.git)}
    if path not in found:
        raise NotFoundError(f"'{path}' is not unmerged", candidates=tuple(found), hint="`wflgit resolve --list` lists what is")
    workflow = _slug(workspace, found[path])
    if workflow is None:
        raise StateError(f"'{path}' is no workflow", hint=f"mend it in an editor, then `git add {path}`")
    return found[path], workflow


def _slug(workspace: Workspace, stages: Stages) -> str | None:
    return workspace.settings.paths.slug(stages.path) if stages.is_file else None


def _askable(workspace: Workspace, stages: Stages, answers: Answers) -> list[MergeConflict]:
    """What can be asked: what is in conflict at first, and whatever only shows once something is answered."""
    known: dict[str, MergeConflict] = {}
    given: Answers = {}
    while True:
        found = [conflict for conflict in _decide(workspace, stages, given).conflicts if conflict.path not in known]
        known.update((conflict.path, conflict) for conflict in found)
        given = {path: key for path, key in answers.items() if path in known and _is_choice(known[path], key)}
        if not found or set(known) >= set(answers):
            return list(known.values())


def _is_choice(conflict: MergeConflict, key: str) -> bool:
    return any(choice.key == key for choice in conflict.choices)


def _decide(workspace: Workspace, stages: Stages, answers: Answers) -> Merged:
    """Merge the sides that the index has; without a content and without conflicts, the file goes."""
    git = workspace.git
    if stages.ours is None and stages.theirs is None:
        return Merged(None)
    if stages.ours is None or stages.theirs is None:
        return _decide_deletion(workspace, stages, answers.get(FILE, answers.get(ALL)))
    base = None if stages.base is None else git.blob(stages.base)
    return merge_contents(workspace, base, git.blob(stages.ours), git.blob(stages.theirs), answers=answers)


def _decide_deletion(workspace: Workspace, stages: Stages, answer: str | None) -> Merged:
    by_us = stages.ours is None
    blobs = {OURS: stages.ours, THEIRS: stages.theirs, BASE: stages.base}
    if answer is None:
        return Merged(None, (deletion_conflict(by_us=by_us),))
    blob = blobs[answer]
    return Merged(None if blob is None else workspace.git.blob(blob))


def _require_untouched(workspace: Workspace, stages: Stages) -> None:
    """Make sure that nobody has resolved the file by hand: then it has no markers, and is not what git left there.

    Raises:
        StateError: somebody has.
    """
    content = index.read_working_file(workspace.git, stages.path)
    if content is None or any(line.startswith((b"<<<<<<<", b">>>>>>>")) for line in content.splitlines()):
        return
    if workspace.git.hash_blob(content.replace(b"\r\n", b"\n")) in (stages.ours, stages.theirs, stages.base):
        return
    raise StateError(
        f"'{stages.path}' has no conflict markers any more, so somebody has resolved it by hand",
        hint=f"take that: `git add {stages.path}`; or begin again: `git checkout --merge -- {stages.path}`",
    )
