"""Bringing a branch up to date with the trunk, so that its pull request has nothing left to merge: forges run no merge drivers.

Git does the merge, with the driver told for this one time; whether `wflgit install` was ever called does not matter.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wflgit.api.installation import DRIVER, DRIVERS, merge_command
from wflgit.api.resolving import unmerged
from wflgit.core.attributes import attribute_lines
from wflgit.core.resolving import CONTINUE, Operation, Updated
from wflgit.errors import RepositoryError, StateError
from wflgit.git import stages
from wflgit.git.ranges import require_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.git.repository import GitRepository
    from wflgit.workspace import Workspace


def update_branch(workspace: Workspace, base: str | None = None, *, push: bool = False) -> Updated:
    """Merge the base of a pull request into the branch that is checked out, workflow files step by step.

    Conflicts leave a merge in the middle, as `git merge` does. Nothing is fetched.

    Args:
        workspace: where.
        base: what is merged; None for the trunk, the remote's where there is one.
        push: whether the branch is pushed to where it comes from, if everything went together.

    Raises:
        StateError: no branch is checked out, or the trunk itself is, or Git is in the middle of something.
        NotFoundError: there is no such base.
        RepositoryError: git refuses to merge, because files are not committed, for example.
        RemoteError: the branch cannot be pushed.
    """
    git = workspace.git
    branch = _require_branch(workspace, base)
    wanted = base or _trunk(workspace)
    target = require_commit(git, wanted)
    before = require_commit(git, "HEAD")
    answer = _merge(workspace, wanted)
    conflicts = tuple(unmerged(workspace))
    after = require_commit(git, "HEAD")
    if answer.code and not (conflicts or _is_merging(git, target)):
        said = (answer.err.strip() or answer.out.strip()).replace("\n", "; ")
        raise RepositoryError(f"git does not merge '{wanted}': {said}", hint="`git status` tells more")
    if push and not answer.code:
        _push(git, branch)
    return Updated(branch, wanted, before, after, is_pushed=push and not answer.code, unmerged=conflicts)


def _require_branch(workspace: Workspace, base: str | None) -> str:
    """The branch that is checked out, if it can be brought up to date.

    Raises:
        StateError: it cannot.
    """
    git, trunk = workspace.git, workspace.settings.trunk
    stages.require_workdir(git)
    operation = stages.find_operation(git)
    if operation is not Operation.NONE or stages.list_unmerged(git):
        raise StateError(
            f"a {operation} is under way" if operation is not Operation.NONE else "there are unmerged files",
            hint=f"`wflgit resolve`, then `{CONTINUE[operation]}`",
        )
    branch = git.head_branch
    if branch is None:
        raise StateError("HEAD is detached, so there is no branch to bring up to date", hint="`git switch BRANCH`, then again")
    if branch == trunk and base is None:
        raise StateError(
            f"the trunk '{trunk}' itself is checked out", hint="`git switch BRANCH`; the trunk is what is merged into it"
        )
    return branch


def _trunk(workspace: Workspace) -> str:
    """The trunk, as the remote has it that it follows, or else `origin`; our own where there is no such."""
    git, trunk = workspace.git, workspace.settings.trunk
    remote = stages.ask_setting(git, f"branch.{trunk}.remote") or "origin"
    there = f"{remote}/{trunk}"
    return there if git.find_commit(f"refs/remotes/{there}") else trunk


def _is_merging(git: GitRepository, target: str) -> bool:
    """Whether Git is in the middle of merging a commit, with conflicts in what is no file of ours."""
    try:
        return target in (git.own_dir / "MERGE_HEAD").read_text().split()
    except OSError:
        return False


def _merge(workspace: Workspace, base: str) -> stages.Answer:
    with TemporaryDirectory(prefix="wflgit-") as folder:
        attributes = Path(folder, "attributes")
        attributes.write_bytes(_attributes(workspace))
        settings = {**_driver(), "core.attributesFile": os.fspath(attributes)}
        return stages.merge_into_branch(workspace.git, settings, base)


def _driver() -> Mapping[str, str]:
    """The merge driver, called as this very wflgit, which need not be on any PATH."""
    program = f"{shlex.quote(sys.executable)} -P -m wflgit.cli.entry"
    return {f"merge.{DRIVER}.{key}": value for key, value in {**DRIVERS["merge"], "driver": merge_command(program)}.items()}


def _attributes(workspace: Workspace) -> bytes:
    """The attributes of workflow files, then the user's own, which count more, as do those of the repository."""
    lines = "".join(f"{line}\n" for line in attribute_lines(workspace.settings.paths, ["merge"], DRIVER))
    own = stages.ask_setting(workspace.git, "core.attributesFile", kind=["--type=path"])
    home = os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
    try:
        return lines.encode() + (Path(own) if own else Path(home, "git", "attributes")).read_bytes()
    except OSError:
        return lines.encode()


def _push(git: GitRepository, branch: str) -> None:
    remote = stages.ask_setting(git, f"branch.{branch}.pushRemote") or stages.ask_setting(git, f"branch.{branch}.remote")
    followed = stages.ask_setting(git, f"branch.{branch}.merge")
    stages.push_branch(git, remote or "origin", branch, followed or f"refs/heads/{branch}")
