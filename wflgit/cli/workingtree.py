"""The workflow files of the working tree, as the commands that check, rewrite and commit them see them.

Nothing here needs versions, so that files can be checked in a shallow clone too.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from wflgit.core.names import parse_slug, unknown
from wflgit.core.paths import PLAN_FOLDER, parse_plan_path
from wflgit.errors import AmbiguousSlugError, RepositoryError, StateError
from wflgit.git import worktree

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from wflgit.api.repository import Repository


class WorkingFile(NamedTuple):
    """A file with its content as Git would store it. `workflow` is its slug, None for a file that is no workflow of the account."""

    path: str
    workflow: str | None
    content: bytes


def require_workdir(repo: Repository) -> Path:
    """The folder of the working tree.

    Raises:
        StateError: in a bare repository.
    """
    workdir = repo.workspace.git.workdir
    if workdir is None:
        raise StateError(
            "a bare repository has no working tree", hint="name a revision, such as SLUG@7, or use a clone that is not bare"
        )
    return workdir


def require_trunk(repo: Repository) -> None:
    """See that what is checked out is the trunk: only there does a file become a version at once.

    Raises:
        StateError: on another branch, with a detached HEAD, and in a bare repository.
    """
    require_workdir(repo)
    branch, trunk = repo.workspace.git.head_branch, repo.settings.trunk
    if branch is None:
        raise StateError(
            f"HEAD is detached, but versions are made on the trunk '{trunk}'", hint=f"`git switch {trunk}`, then again"
        )
    if branch != trunk:
        raise StateError(
            f"branch '{branch}' is checked out, but versions are made on the trunk '{trunk}'",
            hint=f"commit here with plain `git commit`: merged, it becomes a version; or `git switch {trunk}`",
        )


def list_paths(repo: Repository) -> list[str]:
    """The paths of all workflow files in the working tree, in path order, committed or not; what Git ignores is left out."""
    paths = repo.settings.paths
    return [path for path in _list_files(repo, paths.folders()) if paths.slug(path) is not None]


def list_plans(repo: Repository) -> list[str]:
    """The paths of all plan files of migrations that are at their own places in the working tree, as `list_paths`."""
    if not (require_workdir(repo) / PLAN_FOLDER).is_dir():
        return []
    return [path for path in _list_files(repo, [f"{PLAN_FOLDER}/"]) if parse_plan_path(path) is not None]


def _list_files(repo: Repository, folders: Collection[str]) -> list[str]:
    """All files that are committed in these folders or not committed at all, and that are there."""
    workdir, git = require_workdir(repo), repo.workspace.git
    head = git.find_commit("HEAD")
    committed = [path for path, _ in git.files(head, folders)] if head else []
    return sorted(path for path in {*committed, *worktree.uncommitted_files(git)} if (workdir / path).is_file())


def list_collisions(repo: Repository, paths: Sequence[str]) -> Mapping[str, str]:
    """For each of these files whose slug another one has as well: that other one."""
    found = repo.settings.paths.by_slug(paths).values()
    return {path: next(other for other in group if other != path) for group in found if len(group) > 1 for path in group}


def read_workflow(repo: Repository, slug: str) -> WorkingFile:
    """The file of a workflow.

    Raises:
        NotFoundError: if no file in the working tree has that slug; proposes near ones.
        AmbiguousSlugError: if several have.
    """
    workdir, paths = require_workdir(repo), repo.settings.paths
    expected = _expected_path(repo, parse_slug(slug))
    if expected is not None and (workdir / expected).is_file():
        return read_path(repo, expected)
    found = paths.by_slug(list_paths(repo))
    files = found.get(slug, ())
    if len(files) > 1:
        said = ", ".join(repr(path) for path in files)
        raise AmbiguousSlugError(f"{len(files)} files have the slug '{slug}': {said}", paths=files, hint="name the file instead")
    if not files:
        hint = f"make one with `wflgit new {slug}`, or bring back one you deleted with `git restore`"
        raise unknown("workflow file for", slug, found, hint=hint)
    return read_path(repo, files[0])


def _expected_path(repo: Repository, slug: str) -> str | None:
    try:
        return repo.settings.paths.path(slug)
    except ValueError:
        return None


def read_path(repo: Repository, path: str) -> WorkingFile:
    """A file by its path from the root of the working tree.

    Raises:
        RepositoryError: if it cannot be read, or is no regular file.
    """
    content = worktree.read_file(repo.workspace.git, path)
    if content is None:
        raise RepositoryError(f"'{path}' is no regular file in the working tree", hint="name a file that is no link")
    return WorkingFile(path, repo.settings.paths.slug(path), content)


def read_file(repo: Repository, file: Path) -> WorkingFile:
    """Any file; of one inside the working tree the path is from its root, else as it was given.

    Raises:
        RepositoryError: if it cannot be read.
    """
    workdir = repo.workspace.git.workdir
    resolved = file.resolve()
    if workdir is not None and resolved.is_relative_to(workdir.resolve()):
        return read_path(repo, resolved.relative_to(workdir.resolve()).as_posix())
    try:
        return WorkingFile(str(file), None, file.read_bytes())
    except OSError as error:
        raise RepositoryError(f"'{file}' cannot be read: {error.strerror}", hint="see to its permissions") from error


def choose(repo: Repository, names: Sequence[str], folder: Path) -> list[WorkingFile]:
    """The files that arguments name: paths relative to a folder, or slugs; without arguments all workflow files."""
    if not names:
        return [read_path(repo, path) for path in list_paths(repo)]
    return [read_file(repo, folder / name) if (folder / name).is_file() else read_workflow(repo, name) for name in names]


def replace(file: Path, content: bytes) -> None:
    """Write a file anew in one step: whoever looks sees the old content or the new. Its permissions stay.

    Raises:
        RepositoryError: if it cannot be written.
    """
    temporary = file.with_name(f".{file.name}.wflgit")
    try:
        temporary.write_bytes(content)
        temporary.chmod(file.stat().st_mode & 0o7777)
        temporary.replace(file)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise RepositoryError(f"'{file}' cannot be written: {error.strerror}", hint="see to its permissions") from error
