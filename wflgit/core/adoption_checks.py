"""What somebody should look at before a repository is taken over, each with what to do. `docs/adopt.md` explains every check."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from wflgit.core.adoption import SIZE_LIMIT, Collision, FormatCount, Survey, WorkflowFile, count_formats, list_collisions
from wflgit.core.covering import cover, escape
from wflgit.core.names import TAG_PREFIX, channel_tag, is_reserved, version_tag
from wflgit.core.paths import WorkflowPaths
from wflgit.core.problems import Severity
from wflgit.core.reports import Notice
from wflgit.core.settings import FILE, Settings

if TYPE_CHECKING:
    from wflgit.core.numbering import Assignment

_DIGEST = re.compile(r"(?:^|/)wf-[0-9a-f]{8}(?:/|$)|^.{82,91}-[0-9a-f]{8}$")
_EXAMPLES = 5

# The files


def file_findings(files: Sequence[WorkflowFile], found: Survey, settings: Settings) -> Iterator[Notice]:
    """What the files themselves show, the worst first."""
    yield from (_collision_finding(collision) for collision in list_collisions(files))
    yield from _unreadable(files, found)
    yield from (_faulty(counted, files) for counted in count_formats(files) if counted.faulty)
    yield from _names_used_twice(files)
    yield from _odd_slugs(files, settings)
    yield from _long_histories(files, settings)
    for path in found.too_large:
        message = f"the file has more than {SIZE_LIMIT:,} bytes, so nobody looked whether it is a workflow"
        yield Notice("too-large", Severity.WARNING, path, message, "if it is one, name it with --path; if not, --exclude")


def _collision_finding(collision: Collision) -> Notice:
    return Notice(
        "slug-collision",
        Severity.ERROR,
        collision.slug,
        f"the files {_listed(collision.paths)} have one slug, so their changes make no versions",
        f"rename all but one of them with `git mv`, or leave them out: {_options(collision.paths[1:])}",
    )


def _options(paths: Sequence[str]) -> str:
    """The options that leave files out; not all of many."""
    quoted = [f"--exclude '{escape(path)}'" for path in paths[:_EXAMPLES]]
    return " ".join([*quoted, *(["…"] if len(paths) > _EXAMPLES else [])])


def _unreadable(files: Iterable[WorkflowFile], found: Survey) -> Iterator[Notice]:
    for file in files:
        problem = found.workflows[file.path].problem
        if problem is not None:
            place = f"{file.path}:{problem.line}:{problem.column}" if problem.line else file.path
            hint = f"{problem.hint or 'mend the file'}; if it is no workflow: {_options([file.path])}"
            yield Notice("unreadable", Severity.ERROR, place, problem.message, hint)


def _faulty(counted: FormatCount, files: Iterable[WorkflowFile]) -> Notice:
    paths = [file.path for file in files if file.format == counted.format and file.errors]
    message = f"{counted.faulty} of {counted.files} files have errors and cannot be published as they are: {_listed(paths)}"
    return Notice("errors", Severity.WARNING, counted.format, message, "`wflgit validate` lists them, once wflgit.toml is there")


def _names_used_twice(files: Iterable[WorkflowFile]) -> Iterator[Notice]:
    named: dict[str, list[WorkflowFile]] = defaultdict(list)
    for file in files:
        # As the side store compares names: a difference of case, or of outer spaces, is none.
        named[(file.name or "").strip().casefold()].append(file)
    found = [
        Notice(
            "name-used-twice",
            Severity.WARNING,
            found[0].name or "",
            f"the display name is that of {_listed([file.path for file in found])}, and names are unique in an account",
            "they keep it; a new workflow cannot have it, so give all but one of them another name when you edit them",
        )
        for key, found in sorted(named.items())
        if key and len(found) > 1
    ]
    yield from _shortened(found, "display names are those of several files, and names are unique in an account")


def _odd_slugs(files: Iterable[WorkflowFile], settings: Settings) -> Iterator[Notice]:
    found = [
        Notice(
            "odd-slug",
            Severity.WARNING,
            file.path,
            f"the slug is '{file.slug}', {reason}",
            "a slug is for ever: if people should type another one, rename the file with `git mv` and commit it first",
        )
        for file in files
        if (reason := _oddity(file, settings)) is not None
    ]
    yield from _shortened(found, "files get slugs that nobody would have chosen")


def _oddity(file: WorkflowFile, settings: Settings) -> str | None:
    """Why a slug is not what its author would have written; None if it is."""
    reserved = [part for part in file.slug.split("/") if part.startswith("wf-") and _is_reserved(part, settings)]
    if reserved and _is_odd(file.path, reserved[0]):
        return f"because a tag of each workflow may be called '{reserved[0].removeprefix('wf-')}'"
    if _DIGEST.search(file.slug) and _is_odd(file.path, file.slug):
        return (
            "because a part of its name has no letters and digits of ASCII" if len(file.slug) < 91 else "because its path is long"
        )
    return None


def _shortened(found: Sequence[Notice], message: str) -> Sequence[Notice]:
    """Findings of one kind; of many of them one that names the first."""
    if len(found) <= _EXAMPLES:
        return found
    first, subjects = found[0], _listed([each.subject for each in found])
    return [Notice(first.check, first.severity, f"{len(found):,} {message}", subjects, first.hint)]


def _is_reserved(part: str, settings: Settings) -> bool:
    return is_reserved(part.removeprefix("wf-"), settings.paths.channels)


def _is_odd(path: str, derived: str) -> bool:
    """Whether the author did not write it so."""
    return derived not in path


def _long_histories(files: Iterable[WorkflowFile], settings: Settings) -> Iterator[Notice]:
    limit = settings.policy.max_versions
    for file in files:
        if file.versions >= limit:
            message = f"the workflow has {file.versions:,} versions, and the policy allows {limit:,}, so no more can be made"
            hint = f"write into {FILE}: [policy] max_versions = {2 * file.versions}"
            yield Notice("too-many-versions", Severity.WARNING, file.slug, message, hint)


# The globs


def coverage_findings(paths: WorkflowPaths, found: Survey) -> Iterator[Notice]:
    """What globs that somebody has chosen leave out, and what they take in that is no workflow."""
    reach = WorkflowPaths(paths.include)
    left = [path for path in found.certain if reach.slug(path) is None]
    for chosen in cover(left, found.others).include:
        matched = [path for path in left if WorkflowPaths((chosen.glob,)).slug(path) is not None]
        message = f"{_files(len(matched))} left out: {_listed(matched)}"
        yield Notice("left-out", Severity.WARNING, chosen.glob, message, f"add '{chosen.glob}' to [workflows] paths")
    strangers = [path for path in sorted(found.others) if paths.slug(path) is not None]
    if strangers:
        message = f"files count as workflows that are none: {_listed(strangers)}"
        yield Notice("no-workflow", Severity.WARNING, ", ".join(paths.include), message, "add them to [workflows] exclude")


def _files(number: int) -> str:
    return "1 workflow file is" if number == 1 else f"{number:,} workflow files are"


# The tags


def tag_findings(slugs: Iterable[str], tags: Collection[str], assignments: Mapping[str, Assignment]) -> Iterator[Notice]:
    """What tags mean that were there before wflgit.

    Args:
        slugs: the workflows.
        tags: the names of all tags, with `refs/tags/`.
        assignments: by slug, what the tags that look like those of versions say.
    """
    for slug in slugs:
        parts = slug.split("/")
        for name in ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1)):
            if f"{TAG_PREFIX}{name}" in tags:
                message = f"a tag '{name}' stands where the tags of the workflow go, so nothing can be published"
                hint = f"rename it: `git tag NEW {name} && git tag -d {name}`"
                yield Notice("tag-in-the-way", Severity.ERROR, slug, message, hint)
        if channel_tag(slug, "current") in tags:
            message = f"a tag '{slug}/current' is there, and wflgit will move it to the highest published version, or remove it"
            hint = f"if you need it, keep it under another name: `git tag NEW {slug}/current`"
            yield Notice("tag-taken-over", Severity.ERROR, slug, message, hint)
        if slug in assignments:
            yield from _version_tags(slug, assignments[slug])


def _version_tags(slug: str, said: Assignment) -> Iterator[Notice]:
    names = {number: version_tag(slug, number).removeprefix(TAG_PREFIX) for number in (*said.published, *said.faults)}
    if said.published:
        tags = [names[number] for number in sorted(said.published)]
        message = f"version {max(said.published)} will be current, as the tags say that are there: {_listed(tags)}"
        hint = f"if they are not meant so: `git tag -d {' '.join(tags)}`"
        yield Notice("tag-publishes", Severity.WARNING, slug, message, hint)
    for number, (fault, _) in sorted(said.faults.items()):
        message = f"the tag '{names[number]}' looks as if it published version {number}, but publishes nothing ({fault})"
        hint = f"rename or remove it: `git tag -d {names[number]}`"
        yield Notice("tag-publishes-nothing", Severity.ERROR, slug, message, hint)


def _listed(texts: Sequence[str]) -> str:
    """Texts in quotes; of many only the first, and how many more there are."""
    shown = ", ".join(f"'{text}'" for text in texts[:_EXAMPLES])
    return shown if len(texts) <= _EXAMPLES else f"{shown} and {len(texts) - _EXAMPLES:,} more"
