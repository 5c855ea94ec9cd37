"""Taking over a repository that holds workflow files already: look, propose, and write `wflgit.toml` if told to."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wflgit.core import adoption, adoption_checks
from wflgit.core.adoption import Adoption, Change, Choice, History, Look, Survey
from wflgit.core.names import Marks, tag_folder, unknown, version_marks
from wflgit.core.numbering import Assignment, Numbering
from wflgit.core.paths import WorkflowPaths
from wflgit.core.problems import Severity
from wflgit.core.records import Identity
from wflgit.core.reports import Notice
from wflgit.core.settings import FILE, Settings, format_settings, parse_settings
from wflgit.errors import NotFoundError, RepositoryError, StateError
from wflgit.git import history, refs, worktree
from wflgit.git.boundary import translated
from wflgit.git.repository import HEADS, GitRepository
from wflgit.projection import assign_numbers, read_tags, version_row
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace, utc_now

Rows = Mapping[str, Sequence[VersionRow]]


def adopt(
    path: str | Path = ".",
    *,
    account: str | None = None,
    trunk: str | None = None,
    paths: Sequence[str] = (),
    exclude: Sequence[str] = (),
    write: bool = False,
) -> Adoption:
    """Look at what a Git repository holds, and propose the settings by which its workflow files become workflows.

    What is committed to the trunk is looked at, not the working tree. Nothing is changed unless `write` is said; then
    `wflgit.toml` is written into the working tree, and nothing else. Once you have committed it to the trunk, the workflows have
    the versions that were shown here. In a repository with a `wflgit.toml`, the answer is what that covers.

    Args:
        path: a folder in the working tree, or a bare repository.
        account: the tenant; None for the repository's folder.
        trunk: the branch of versions; None for the branch that is checked out.
        paths: globs of workflow files; none to have them proposed.
        exclude: globs of files that are none all the same; further ones are proposed.
        write: whether to write `wflgit.toml`.

    Raises:
        RepositoryError: if there is no Git repository, it has no commit, or it is bare and there is something to write.
        ShallowRepositoryError: if the beginning of history is missing.
        NotFoundError: if there is no such branch, or no workflow file on it.
        StateError: if there is a `wflgit.toml` already, and something was to be written or other settings were asked for.
        SettingsError: if the settings are none that could be used.
    """
    workspace = Workspace(GitRepository.open(Path(path)), store_url=None, actor=None, clock=utc_now)
    git = workspace.git
    if _has_settings(git, trunk):
        if write or account or trunk or paths or exclude:
            hint = f"`wflgit adopt` without options shows what it covers; to change it, edit {FILE} and commit it to the trunk"
            raise StateError(f"'{git.location}' has a {FILE} already", hint=hint)
        return _show_covered(workspace)
    place = _place(git) if write else None
    branch = _choose_trunk(git, trunk)
    tip = _require_tip(git, branch)
    found = _survey(workspace, tip)
    choice = _require_some(adoption.choose(found, paths, exclude), found, branch, asked=bool(paths))
    name = account or Path(git.location).resolve().name.removesuffix(".git")
    settings = Settings(account=name, trunk=branch, paths=choice.paths)
    text = format_settings(settings)
    parse_settings(text)
    made = _describe(git, settings, found, choice, _Source(tip, text, chosen=bool(paths), exists=False))
    if place is None:
        return made
    _write(place, text)
    return replace(made, written=str(place))


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the settings are from: the trunk's commit, their text, whether somebody has chosen the globs, or all of them."""

    tip: str
    text: str
    chosen: bool
    exists: bool


def _show_covered(workspace: Workspace) -> Adoption:
    """Say what the settings cover that the repository has."""
    git, settings = workspace.git, workspace.settings
    tip = _require_tip(git, settings.trunk)
    found = _survey(workspace, tip)
    blob = git.blob_at(tip, FILE)
    text = git.blob(blob) if blob else worktree.read_file(git, FILE)
    said = format_settings(settings) if text is None else text.decode("utf-8", "replace")
    choice = adoption.describe_globs(settings.paths, found)
    return _describe(git, settings, found, choice, _Source(tip, said, chosen=True, exists=True))


# Read


def _has_settings(git: GitRepository, trunk: str | None) -> bool:
    """Whether there is a `wflgit.toml` in the working tree, on the branch that is checked out or on the trunk."""
    if worktree.read_file(git, FILE) is not None:
        return True
    commits = [git.find_commit("HEAD"), git.tip(trunk) if trunk else None]
    return any(git.blob_at(commit, FILE) is not None for commit in commits if commit)


def _choose_trunk(git: GitRepository, trunk: str | None) -> str:
    branch = trunk or git.head_branch
    if branch is None:
        raise RepositoryError(
            "HEAD is detached, so it is not clear which branch is the trunk", hint="name it: `wflgit adopt --trunk main`"
        )
    return branch


def _require_tip(git: GitRepository, branch: str) -> str:
    tip = git.tip(branch)
    if tip is not None:
        git.require_full_history()
        return tip
    branches = [ref.removeprefix(HEADS) for ref in refs.list_refs(git, HEADS)]
    if branches:
        raise unknown("branch", branch, branches, hint=f"name the trunk: `wflgit adopt --trunk {min(branches)}`")
    raise RepositoryError(
        f"'{git.location}' has no commit yet, so there is nothing to adopt",
        hint="commit the workflow files first, or start without any: `wflgit init`",
    )


def _survey(workspace: Workspace, tip: str) -> Survey:
    """Look at every JSON file of the trunk; at one content once."""
    git, catalog = workspace.git, workspace.contents.catalog_at(tip)
    looks: dict[str, Look | None] = {}
    known: dict[str, Look | None] = {}
    unseen, too_large = [], []
    for path, blob in sorted(git.files(tip, [""])):
        if not adoption.may_hold_workflow(path):
            unseen += [path] if adoption.is_json(path) else []
            continue
        if blob not in known:
            content = git.blob(blob)
            if len(content) > adoption.SIZE_LIMIT:
                too_large.append(path)
                continue
            known[blob] = adoption.look(content, catalog)
        looks[path] = known[blob]
    return adoption.survey(looks, unseen, too_large)


def _require_some(choice: Choice, found: Survey, branch: str, *, asked: bool) -> Choice:
    if any(chosen.files for chosen in choice.include):
        return choice
    looked = f"{len(found.others):,} JSON {'file' if len(found.others) == 1 else 'files'} on '{branch}'"
    if asked:
        globs = ", ".join(f"'{chosen.glob}'" for chosen in choice.include)
        raise NotFoundError(
            f"none of the {looked} that {globs} matches is a workflow", hint="leave --path out to have globs proposed"
        )
    raise NotFoundError(
        f"there is no workflow among the {looked}",
        hint=f"known are {adoption.known_formats()}; to start without any workflow: `wflgit init`",
    )


def _number(git: GitRepository, paths: WorkflowPaths, tip: str) -> tuple[dict[str, list[VersionRow]], dict[str, History]]:
    """Number all of history in one walk; the versions of each slug, oldest first, and what is said of them."""
    count = Numbering(paths)
    rows: dict[str, list[VersionRow]] = defaultdict(list)
    for commit in history.read_history(git, paths, tip=tip):
        for found in count.add(commit.changes):
            rows[found.workflow].append(version_row(commit, found))
    return rows, {slug: _history(found) for slug, found in rows.items()}


def _history(rows: Sequence[VersionRow]) -> History:
    deletions = sum(row.blob is None for row in rows)
    return History(len(rows), deletions, rows[-1].path, _change(rows[0]), _change(rows[-1]))


def _change(row: VersionRow) -> Change:
    return Change(row.commit, Identity(row.author_name, row.author_email), row.created_at, row.summary)


# Decide


def _describe(git: GitRepository, settings: Settings, found: Survey, choice: Choice, source: _Source) -> Adoption:
    """Hold the settings against files, history and tags."""
    rows, histories = _number(git, settings.paths, source.tip)
    files = adoption.workflow_files(settings.paths, found, histories)
    findings = [
        *adoption_checks.file_findings(files, found, settings),
        *(adoption_checks.coverage_findings(settings.paths, found) if source.chosen else ()),
        *(() if source.exists else _tag_findings(git, settings, rows)),
    ]
    return Adoption(
        path=git.location,
        tip=source.tip,
        settings=settings,
        text=source.text,
        exists=source.exists,
        include=choice.include,
        exclude=choice.exclude,
        files=tuple(files),
        deleted=tuple(adoption.deleted_workflows(files, histories)),
        versions=sum(past.versions for past in histories.values()),
        formats=tuple(adoption.count_formats(files)),
        collisions=tuple(adoption.list_collisions(files)),
        findings=tuple(sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)),
        others=len(found.others),
    )


def _tag_findings(git: GitRepository, settings: Settings, rows: Rows) -> list[Notice]:
    tags = refs.list_refs(git, tag_folder())
    return list(adoption_checks.tag_findings(sorted(rows), tags, _assignments(git, settings, rows, tags)))


def _assignments(git: GitRepository, settings: Settings, rows: Rows, tags: Mapping[str, str]) -> dict[str, Assignment]:
    """What the tags say that look like those of versions, by slug."""
    marked: dict[str, Marks] = {slug: marks for slug, marks in version_marks(tags).items() if slug in rows}
    read = {slug: read_tags(git, marks.tags.values()) for slug, marks in marked.items()}
    return {slug: assign_numbers(git, settings, rows[slug], marks, read[slug]) for slug, marks in marked.items()}


# Write


def _place(git: GitRepository) -> Path:
    """Where `wflgit.toml` goes.

    Raises:
        RepositoryError: in a bare repository.
    """
    if git.workdir is None:
        raise RepositoryError(
            f"'{git.location}' is a bare repository, so there is no working tree to write {FILE} into",
            hint="do it in a clone, or commit it here: `wflgit init` with each --path and --exclude that `wflgit adopt` proposes",
        )
    return git.workdir / FILE


def _write(place: Path, text: str) -> None:
    """Write a new file; what was not read, such as a symbolic link, is not overwritten either."""
    if os.path.lexists(place):
        raise StateError(f"'{place}' exists already, and is no regular file", hint="move it away")
    with translated(f"write '{place}'"), place.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
