"""Whether Git shows and merges workflow files as it should, tried out with real diffs and merges in a scratch repository."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wflgit.api.installation import DRIVER, DRIVERS, settings
from wflgit.core.canonical import dump
from wflgit.core.paths import WorkflowPaths
from wflgit.git.usergit import Answer, ask_git

if TYPE_CHECKING:
    from wflgit.git.repository import GitRepository

_INSTALL = "run `wflgit install`"
_FILE = "workflow.json"
_FIRST, _LAST = "greet", "thank"
_LETTER = {"envelope": "C5", "pages": 1, "paper": "A4"}
_IDS = (_FIRST, "wait_a_day", "remind", "wait_a_week", _LAST)
_OWN = {
    "user.name": "wflgit doctor",
    "user.email": "doctor@localhost",
    "commit.gpgSign": "false",
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
}
"""What is otherwise in the scratch repository than the user has it: its commits are nobody's, and signed by nobody."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """One thing that was tried out.

    Attributes:
        check: its stable kebab-case name, listed in `docs/git.md`.
        ok: whether it works.
        message: what was found.
        hint: what to do; None where all is well.
    """

    check: str
    ok: bool
    message: str
    hint: str | None = None


def _well(check: str, message: str) -> Checkup:
    return Checkup(check, ok=True, message=message)


def _ill(check: str, message: str, hint: str) -> Checkup:
    return Checkup(check, ok=False, message=message, hint=hint)


def diagnose(git: GitRepository, paths: WorkflowPaths) -> list[Checkup]:
    """Try out everything that `install` sets up, with the configuration that is in effect in a repository, which stays as it is.

    Args:
        git: the repository.
        paths: which of its files are workflows.

    Returns:
        What was found, each check once and always in the same order.

    Raises:
        RepositoryError: there is no git.
    """
    with tempfile.TemporaryDirectory(prefix="wflgit-doctor-") as folder:
        scratch = _Scratch(Path(folder), git, _attributes(git, paths))
        return [
            _check_version(),
            _check_program(),
            _check_settings(git),
            _check_attributes(git, paths),
            *_check_diff(scratch),
            *_check_merges(scratch),
        ]


def _check_version() -> Checkup:
    return _well("git", ask_git(["--version"]).out.strip())


def _check_program() -> Checkup:
    """Whether the shell that git starts finds wflgit."""
    answer = ask_git(["-c", "alias.find-wflgit=!command -v wflgit", "find-wflgit"])
    if answer.code == 0:
        return _well("program", f"git finds wflgit at '{answer.out.strip()}'")
    hint = "put its folder on the PATH of every program that uses git; an editor may have another PATH than your shell"
    return _ill("program", "git does not find wflgit, so it shows and merges workflow files as plain text", hint)


def _check_settings(git: GitRepository) -> Checkup:
    found = _effective(git)
    other = [name for name, value in settings().items() if found.get(name) != value]
    if not other:
        return _well("settings", "git's configuration is the one that this wflgit writes")
    return _ill("settings", f"git's configuration says otherwise than this wflgit would: {', '.join(other)}", _INSTALL)


def _check_attributes(git: GitRepository, paths: WorkflowPaths) -> Checkup:
    wanted = _workflow_files(git, paths)
    chosen = _chosen(git, wanted)
    missing = [path for path in wanted if any(chosen.get((path, name)) != DRIVER for name in DRIVERS)]
    if not missing:
        return _well("attributes", f"the attributes of {len(wanted)} workflow files lead to wflgit")
    message = f"the attributes of {len(missing)} of {len(wanted)} workflow files do not lead to wflgit: '{missing[0]}'"
    return _ill("attributes", message, f"{_INSTALL}; `git check-attr --all FILE` shows what applies")


def _check_diff(scratch: _Scratch) -> Iterator[Checkup]:
    scratch.commit(_definition())
    scratch.commit(_definition(last="see you"))
    shown = scratch.ask("diff", "HEAD~1", "HEAD")
    if f"@@ step {_LAST} " in shown.out:
        yield _well("diff", "a diff shows steps, and says which one changed")
    else:
        yield _ill("diff", f"a diff {_fault(shown)}", "see to what else is not ok here")
    plain = scratch.ask("diff", "HEAD~1", "HEAD", environment={"PATH": os.fspath(scratch.folder / "nothing")})
    if plain.code == 0 and '"see you"' in plain.out:
        yield _well("fallback", "without wflgit on the PATH a diff shows the text of the file")
    else:
        yield _ill("fallback", f"without wflgit on the PATH a diff {_fault(plain)}", _INSTALL)


def _fault(shown: Answer) -> str:
    """What is wrong with a diff that does not show what it should."""
    said = shown.err.strip().partition("\n")[0]
    return f"fails: {said}" if shown.code else "does not say which step changed"


def _check_merges(scratch: _Scratch) -> Iterator[Checkup]:
    first, last = _definition(first="hi"), _definition(last="bye")
    merged, content = scratch.merge(first, last)
    if merged.code == 0 and content == _definition(first="hi", last="bye"):
        yield _well("merge", "changes of different steps are merged")
    else:
        yield _ill("merge", "changes of different steps are not merged", "git config --list --show-origin tells more")
    merged, content = scratch.merge(first, _definition(paper="A5"))
    if merged.code == 0 and content == _definition(first="hi", paper="A5"):
        yield _well("steps", "changes of neighbouring lines are merged, for they are of different fields of a step")
    else:
        yield _ill("steps", "changes of neighbouring lines are a conflict, as in any text", "see to what else is not ok here")
    yield _check_conflict(scratch, "conflict", "", None)
    without = {"PATH": os.fspath(scratch.folder / "nothing")}
    yield _check_conflict(scratch, "merge-fallback", "without wflgit on the PATH ", without)


def _check_conflict(scratch: _Scratch, check: str, where: str, environment: Mapping[str, str] | None) -> Checkup:
    merged, content = scratch.merge(_definition(first="hi"), _definition(first="good day"), environment)
    both = b'"hi"' in content and b'"good day"' in content
    if merged.code and both and b"<<<<<<< " in content:
        return _well(check, f"{where}changes of one thing end in a conflict that shows both")
    hint = "do not merge workflows before this is mended: git config --list --show-origin tells more"
    return _ill(check, f"{where}of two changes of one thing, one is lost", hint)


def _definition(*, first: str = "hello", last: str = "thank you", paper: str = "A4") -> bytes:
    """A small workflow; its first and its last step say something that can be changed, three lines below their heads.

    The paper of the first step stands in the line before what it says.
    """
    texts = {_FIRST: first, _LAST: last}
    letters = {_FIRST: {**_LETTER, "paper": paper}}
    steps = {
        step: {"type": "send_letter", "config": {**letters.get(step, _LETTER), "text": texts.get(step, step)}, "next": after}
        for step, after in zip(_IDS, [*_IDS[1:], None], strict=True)
    }
    return dump({"name": "Scratch", "trigger": {"type": "contact_created", "config": {}}, "start": _FIRST, "steps": steps})


class _Scratch:
    """A repository of its own, in which Git is configured as it is in another one."""

    def __init__(self, folder: Path, like: GitRepository, attributes: str) -> None:
        self.folder = folder
        # What stands in other files than the configuration of that repository is in effect here by itself.
        self._settings = [part for name, value in (_effective(like) | _OWN).items() for part in ("-c", f"{name}={value}")]
        self.ask("init", "--quiet")
        self.ask("symbolic-ref", "HEAD", "refs/heads/main")
        info = folder / ".git" / "info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(f"{_FILE}{attributes}\n", encoding="utf-8")

    def ask(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Answer:
        """Let git do something here."""
        return ask_git([*self._settings, *arguments], folder=self.folder, environment=environment)

    def commit(self, content: bytes) -> None:
        """Commit the file with this content."""
        (self.folder / _FILE).write_bytes(content)
        self.ask("add", _FILE)
        self.ask("commit", "--quiet", "--no-verify", "--message", "scratch")

    def merge(self, ours: bytes, theirs: bytes, environment: Mapping[str, str] | None = None) -> tuple[Answer, bytes]:
        """Merge two changes of the first content; gives git's answer and the file."""
        base = self.ask("rev-list", "--max-parents=0", "HEAD").out.strip()
        for branch, content in (("theirs", theirs), ("ours", ours)):
            self.ask("checkout", "--quiet", "--force", "-B", branch, base)
            self.commit(content)
        answer = self.ask("merge", "--quiet", "--no-edit", "theirs", environment=environment)
        return answer, (self.folder / _FILE).read_bytes()


def _effective(git: GitRepository) -> dict[str, str]:
    """The settings of drivers that are in effect in a repository, wherever they stand; the last of several values counts."""
    answer = ask_git([f"--git-dir={git.own_dir}", "config", "--null", "--get-regexp", r"^(diff|merge)\."])
    found = (entry.partition("\n") for entry in answer.out.split("\0")[:-1])
    return {name: value for name, _, value in found}


def _workflow_files(git: GitRepository, paths: WorkflowPaths) -> list[str]:
    """The workflow files that are checked out, or those that HEAD has; where there are none yet, one that could be."""
    head = git.find_commit("HEAD")
    found = sorted(path for path, _ in (git.files(head, paths.folders()) if head else ()) if paths.slug(path) is not None)
    if found:
        return found
    try:
        return [paths.path("example")]
    except ValueError:
        return []


def _chosen(git: GitRepository, files: list[str]) -> dict[tuple[str, str], str]:
    """What attributes say of the diff and the merge of files, by file and attribute."""
    where = [f"--git-dir={git.own_dir}"] if git.workdir is None else []
    asked = ["check-attr", "-z", "--stdin", "diff", "merge"]
    found = ask_git([*where, *asked], folder=git.workdir, stdin="".join(f"{file}\0" for file in files)).out.split("\0")[:-1]
    return {(path, name): value for path, name, value in zip(found[::3], found[1::3], found[2::3], strict=True)}


def _attributes(git: GitRepository, paths: WorkflowPaths) -> str:
    """The attributes of the first workflow file, as a line of attributes says them."""
    first = _workflow_files(git, paths)[:1]
    spelt = {"set": "{}", "unset": "-{}", "unspecified": ""}
    found = ((name, value) for (_, name), value in _chosen(git, first).items())
    return "".join(f" {spelt.get(value, '{}=' + value).format(name)}" for name, value in found)
