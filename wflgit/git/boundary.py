"""Where pygit2's and the operating system's errors become wflgit's.

Wrap one foreign call each: pygit2 raises plain `KeyError` and `ValueError` too, and those of a bug must stay bugs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2

from wflgit.errors import RepositoryError

_FOREIGN = re.compile(r"repository path '(.*)' is not owned by current user")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn a failure of the one Git call inside into a `RepositoryError`.

    Args:
        doing: what is attempted, as it reads after "cannot".

    Raises:
        RepositoryError: naming the attempt and Git's own reason.
    """
    try:
        yield
    except pygit2.GitError as error:
        raise RepositoryError(f"cannot {doing}: {error}", hint="git fsck tells whether the repository is damaged") from error
    except OSError as error:
        raise RepositoryError(f"cannot {doing}: {_reason(error)}", hint="check its permissions and the free space") from error


def _reason(error: OSError) -> str:
    return f"{error.strerror} ('{error.filename}')" if error.filename else error.strerror or str(error)


def unreadable_ref(name: str, git_dir: Path, error: Exception) -> RepositoryError:
    """The error for a ref whose file is damaged, as a crash of the machine leaves it."""
    return RepositoryError(
        f"cannot read the ref '{name}': {error}", hint=f"restore it from another clone, or delete its file: rm '{git_dir / name}'"
    )


def opening_error(path: str, error: pygit2.GitError) -> RepositoryError:
    """Explain why libgit2 refuses to open a repository that is there."""
    text = str(error)
    foreign = _FOREIGN.search(text)
    if foreign:
        owned = foreign.group(1)
        return RepositoryError(
            f"the repository '{owned}' belongs to another user",
            hint=f"if you trust it: git config --global --add safe.directory {owned}",
        )
    if "object format" in text:
        return RepositoryError(
            f"expected a SHA-1 repository, but '{path}' has another object format",
            hint="make it anew: git init --object-format=sha1",
        )
    if "refstorage" in text.lower():
        return RepositoryError(
            f"expected refs in files, but '{path}' keeps them in a reftable", hint="run: git refs migrate --ref-format=files"
        )
    return RepositoryError(f"cannot open the repository '{path}': {text}", hint="git fsck tells whether it is damaged")
