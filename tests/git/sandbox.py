"""A real repository and the user's plain git beside it."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from wflgit.core.records import Identity
from wflgit.git.commits import FileEdit, commit_files
from wflgit.git.repository import GitRepository

MAYA = Identity("Maya Ölund", "maya@example.com")
BEN = Identity("Ben", "ben@example.com")
AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PLAIN_GIT = {
    "GIT_AUTHOR_NAME": "Plain",
    "GIT_AUTHOR_EMAIL": "plain@example.com",
    "GIT_COMMITTER_NAME": "Plain",
    "GIT_COMMITTER_EMAIL": "plain@example.com",
}


class Sandbox:
    """One repository, as wflgit sees it (`repo`) and as its user does (`git`, `write`, `read`)."""

    def __init__(self, folder: Path, repo: GitRepository) -> None:
        self.folder = folder
        self.repo = repo

    def again(self, folder: Path | None = None, *, patience_s: float = 10.0) -> GitRepository:
        """The same repository opened once more, as another process would."""
        return GitRepository.open(folder or self.folder, patience_s=patience_s)

    def git(self, *words: str, stdin: bytes = b"", folder: Path | None = None) -> str:
        """Run plain git and return what it prints."""
        return self.try_git(*words, stdin=stdin, folder=folder, check=True).stdout.decode()

    def try_git(
        self, *words: str, stdin: bytes = b"", folder: Path | None = None, check: bool = False
    ) -> subprocess.CompletedProcess[bytes]:
        """Run plain git, which may fail."""
        command = ["git", "-C", str(folder or self.folder), "-c", "protocol.file.allow=always", *words]
        return subprocess.run(command, input=stdin, capture_output=True, check=check, env=os.environ | PLAIN_GIT)

    def write(self, path: str, content: str) -> None:
        """Write a file of the working tree, as an editor would."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode())

    def read(self, path: str) -> str:
        """Read a file of the working tree."""
        return (self.folder / path).read_bytes().decode()

    def save(
        self, path: str, content: str | None, *, branch: str = "main", by: Identity = MAYA, repo: GitRepository | None = None
    ) -> str:
        """Commit one file through wflgit on top of what is there."""
        repo = repo or self.repo
        tip = repo.tip(branch)
        before = repo.blob_at(tip, path) if tip else None
        edit = FileEdit(before, None if content is None else content.encode())
        return commit_files(repo, branch, {path: edit}, message=f"save {path}", author=by, at=AT)

    def at_tip(self, path: str, branch: str = "main") -> str | None:
        """The content of a file on a branch."""
        repo = self.again()
        tip = repo.tip(branch)
        blob = repo.blob_at(tip, path) if tip else None
        return repo.blob(blob).decode() if blob else None

    @property
    def status(self) -> list[str]:
        """What `git status` says, untracked files included."""
        return self.git("-c", "core.quotePath=false", "status", "--porcelain", "--untracked-files=all").splitlines()

    def leftovers(self) -> list[str]:
        """Lock files and a journal that are still there."""
        git_dir = self.repo.git_dir
        found = [file for file in git_dir.rglob("*.lock") if file.name != "wflgit.lock"]
        return sorted(str(file.relative_to(git_dir)) for file in [*found, *git_dir.glob("wflgit-pending")])
