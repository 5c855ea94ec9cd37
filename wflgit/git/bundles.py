"""Bundles: a repository in one file, as `git bundle create` writes it. Read in a folder that is gone afterwards."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from wflgit.core.names import ARCHIVE_PREFIX, TAG_PREFIX
from wflgit.errors import RepositoryError
from wflgit.git import refs
from wflgit.git.repository import GitRepository
from wflgit.git.usergit import ask_git

_HINT = "write one: git bundle create FILE --all"


def read_tags(bundle: Path) -> dict[str, refs.Tag]:
    """The annotated tags in a bundle by their names, those in the archive with `archive/` before it.

    Args:
        bundle: the file; it has to be a whole repository, not a range of commits.

    Raises:
        RepositoryError: if there is no such file, it is no bundle, it is not whole, or there is no git.
    """
    if not bundle.is_file():
        raise RepositoryError(f"there is no bundle '{bundle}'", hint=_HINT)
    with TemporaryDirectory(prefix="wflgit-bundle-") as name:
        folder = Path(name) / "unpacked"
        no_hooks = ["-c", "core.hooksPath=/dev/null"]
        answer = ask_git([*no_hooks, "clone", "--mirror", "--quiet", "--template=", "--", str(bundle.absolute()), str(folder)])
        if answer.code:
            raise RepositoryError(f"git cannot read the bundle '{bundle}': {_reason(answer.err)}", hint=_HINT)
        return _tags_in(GitRepository.open(folder))


def _tags_in(repo: GitRepository) -> dict[str, refs.Tag]:
    found = {}
    for prefix, shown in ((TAG_PREFIX, ""), (ARCHIVE_PREFIX, "archive/")):
        for name, target in refs.list_refs(repo, prefix).items():
            tag = refs.read_tag(repo, target)
            if tag is not None:
                found[shown + name.removeprefix(prefix)] = tag
    return found


def _reason(said: str) -> str:
    """Why git gave up: what it calls an error, for its last words are advice."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    marked = next((line for line in lines if line.startswith(("error: ", "fatal: "))), lines[0] if lines else "no reason given")
    return marked.removeprefix("fatal: ").removeprefix("error: ")
