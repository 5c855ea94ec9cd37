"""Telling Git how to show and merge workflow files, taking back exactly what was told, and trying out whether it works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wflgit.core.attributes import attribute_lines, find_block, with_block, without_block
from wflgit.errors import RepositoryError, StateError
from wflgit.git.usergit import Configuration, Scope

if TYPE_CHECKING:
    from wflgit.core.paths import WorkflowPaths
    from wflgit.git.repository import GitRepository

DRIVER = "wflgit"

_TEXTCONV = 'f() { wflgit textconv "$1" 2>/dev/null || command -p cat <"$1"; }; f'

_MERGE = (
    'f() {{ if test "$WFLGIT_MERGE" != off; then case "$({program} merge-driver --say-so "$@")" in merged) return 0;; '
    'conflicts) return 1;; esac; echo "wflgit is missing or failed, so git itself merges $5 line by line" >&2; fi; '
    'git merge-file -q --marker-size="$4" -L ours -L base -L theirs "$2" "$1" "$3"; }}; f %O %A %B %L %P %S %X %Y'
)


def merge_command(program: str = "wflgit") -> str:
    """What git's shell is told to merge a file with: wflgit, and where that is missing or fails, what Git itself would do.

    Only what wflgit says is believed, not its exit code: that of a Python that cannot start is 1, which for Git is a conflict, with
    one side of it gone without a trace. Git up to 2.43 passes `%S %X %Y` on as they are, which the driver knows.

    Args:
        program: how wflgit is called, as a shell reads it.
    """
    return _MERGE.format(program=program)


DRIVERS: Mapping[str, Mapping[str, str]] = {
    "diff": {
        # Git's shell gets the file as "$1". Where wflgit is missing or fails, the file is shown as it is; -p finds cat on any PATH.
        # Nothing is cached on purpose: Git would keep the outlines of an older wflgit, and what a missing one did not make.
        "textconv": _TEXTCONV,
        # The heads of blocks, which then stand after the @@ of a hunk. Git takes what the first parentheses hold.
        "xfuncname": "^((workflow|trigger|step|goal)( .*|$))",
    },
    "merge": {
        "name": "workflows, step by step",
        "driver": merge_command(),
        # Where two branches have several common ancestors, Git merges these first; what comes of that is a base without markers.
        "recursive": "binary",
    },
}
"""By the attribute that chooses the driver: the settings in the section of that name."""

_RECORD = "wflgit.installed"
_SETTING, _ATTRIBUTES, _CREATED = f"{_RECORD}.setting", f"{_RECORD}.attributes", f"{_RECORD}.created"


@dataclass(frozen=True, slots=True)
class Installation:
    """What was written or removed; empty if everything was so already.

    Attributes:
        scope: `local` for one repository, `global` for all of the user.
        settings: the names in Git's configuration.
        attributes: the file with the attributes, or None.
    """

    scope: Scope
    settings: tuple[str, ...]
    attributes: str | None


def settings() -> dict[str, str]:
    """All settings of all drivers, by name."""
    return {f"{attribute}.{DRIVER}.{key}": value for attribute, found in DRIVERS.items() for key, value in found.items()}


def install(configuration: Configuration, git: GitRepository | None = None, paths: WorkflowPaths | None = None) -> Installation:
    """Tell Git how to show and merge workflow files; doing it again changes nothing, what an older wflgit wrote is replaced.

    Args:
        configuration: where the drivers are described.
        git: the repository whose attributes are written; None for none.
        paths: which of its files are workflows.

    Raises:
        StateError: a setting has a value already that is not from wflgit, or the attributes are a link; nothing is changed.
        RepositoryError: something cannot be written.
    """
    recorded, wanted = _recorded(configuration), settings()
    missing = {name: value for name, value in wanted.items() if configuration.values(name) != (value,)}
    for name in missing:
        _require_ours(configuration, name, recorded.get(name))
    file = None if git is None else attributes_file(git)
    for name, value in recorded.items():
        if name in missing or name not in wanted:
            _forget(configuration, name, value)
    for name, value in missing.items():
        configuration.add(_SETTING, f"{name}={value}")
        configuration.add(name, value)
    wrote = file is not None and paths is not None and _write_attributes(configuration, file, paths)
    return Installation(configuration.scope, tuple(missing), str(file) if wrote else None)


def uninstall(configuration: Configuration, git: GitRepository | None = None) -> Installation:
    """Remove what `install` wrote there, and nothing else: a setting that was changed since stays.

    Raises:
        RepositoryError: something cannot be written.
    """
    recorded = _recorded(configuration)
    removed = [name for name, value in recorded.items() if _forget(configuration, name, value)]
    file = None if git is None else _remove_attributes(configuration, git)
    return Installation(configuration.scope, tuple(removed), file)


def _recorded(configuration: Configuration) -> dict[str, str]:
    """The settings that `install` wrote, as far as it is on record."""
    found = (entry.partition("=") for entry in configuration.values(_SETTING))
    return {name: value for name, _, value in found}


def _require_ours(configuration: Configuration, name: str, recorded: str | None) -> None:
    strange = [value for value in configuration.values(name) if value != recorded]
    if strange:
        raise StateError(
            f"'{name}' is set to '{strange[0]}' already, and not by wflgit",
            hint=f"if it may go: git config --{configuration.scope} --unset-all {name}",
        )


def _forget(configuration: Configuration, name: str, value: str) -> bool:
    """Remove a setting if it still has that value, then the record of it; says whether it had."""
    had = value in configuration.values(name)
    configuration.remove(name, value)
    configuration.remove(_SETTING, f"{name}={value}")
    return had


def attributes_file(git: GitRepository) -> Path:
    """Where the attributes of a repository are: `.gitattributes`, which is committed, or in a bare one a file of its own.

    Raises:
        StateError: it is a link, which Git does not follow.
    """
    file = git.git_dir / "info" / "attributes" if git.workdir is None else git.workdir / ".gitattributes"
    if file.is_symlink():
        raise StateError(f"'{file}' is a link, which Git does not follow", hint="put a file in its place")
    return file


def _write_attributes(configuration: Configuration, file: Path, paths: WorkflowPaths) -> bool:
    """Write the block, and note that it was us; one that somebody else wrote and committed is left to them."""
    content = _read(file)
    wanted = with_block(content or b"", attribute_lines(paths, DRIVERS, DRIVER))
    if wanted == content:
        return False
    if file.name not in configuration.values(_ATTRIBUTES):
        configuration.add(_ATTRIBUTES, file.name)
    if content is None:
        configuration.add(_CREATED, file.name)
    _write(file, wanted)
    return True


def _remove_attributes(configuration: Configuration, git: GitRepository) -> str | None:
    file = attributes_file(git)
    if file.name not in configuration.values(_ATTRIBUTES):
        return None
    content = _read(file) or b""
    rest = without_block(content)
    if not rest and file.name in configuration.values(_CREATED):
        file.unlink(missing_ok=True)
    elif rest != content:
        _write(file, rest)
    configuration.remove(_ATTRIBUTES, file.name)
    configuration.remove(_CREATED, file.name)
    return None if find_block(content) is None else str(file)


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RepositoryError(f"'{file}' cannot be read: {error.strerror}", hint="see to its permissions") from error


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise RepositoryError(f"'{file}' cannot be written: {error.strerror}", hint="see to its permissions") from error
