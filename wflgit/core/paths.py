"""Which files of a repository are workflows, and which slug each has; where plans of migrations are kept.

Globs mean what Git's `:(glob)` pathspecs mean, so that a list tried out with `git ls-files` can be trusted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from wflgit.core.globs import compile_glob, fixed_ends, fixed_folder, is_wild
from wflgit.core.names import parse_slug, slugify
from wflgit.errors import InvalidNameError

PLAN_FOLDER = "migrations"

_PLAN = re.compile(rf"{PLAN_FOLDER}/(.+)/v([1-9][0-9]{{0,8}})\.\.v([1-9][0-9]{{0,8}})\.json")


@dataclass(frozen=True)
class WorkflowPaths:
    """The globs of an account: a file is a workflow if one of `include` matches it and none of `exclude` does.

    A plan of a migration never is one.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    channels: frozenset[str] = frozenset()

    @cached_property
    def _matchers(self) -> tuple[tuple[str, re.Pattern[bytes]], ...]:
        return tuple((glob, compile_glob(glob)) for glob in self.include)

    @cached_property
    def _slugs(self) -> dict[str, str | None]:
        return {}

    def slug(self, path: str) -> str | None:
        """The slug of a file, or None if it is no workflow.

        The fixed folders before the glob's first wildcard and the fixed ending after its last one are cut off, what
        remains is slugified: `workflows/**/*.json` gives `workflows/sales/Welcome!.json` the slug `sales/welcome`. The
        first glob that matches decides. A glob without wildcards gives the whole path without its last ending.
        """
        if path not in self._slugs:
            self._slugs[path] = self._find_slug(path)
        return self._slugs[path]

    def _find_slug(self, path: str) -> str | None:
        raw = path.encode(errors="surrogateescape")
        if parse_plan_path(path) is not None or any(compile_glob(glob).fullmatch(raw) for glob in self.exclude):
            return None
        for glob, matcher in self._matchers:
            if matcher.fullmatch(raw):
                return slugify(_variable_part(glob, path), self.channels)
        return None

    def path(self, slug: str) -> str:
        """The file that a new workflow of this slug is written to, by the first glob that has one wildcard name.

        Raises:
            ValueError: if no glob of the account can hold a new file of that slug.
        """
        for glob in self.include:
            head, tail = fixed_ends(glob)
            candidate = f"{head}{slug}{tail}"
            if self.slug(candidate) == slug:
                return candidate
        raise ValueError(slug)

    def by_slug(self, paths: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Group workflow files by slug, both in sorted order; more than one file under a slug is a collision."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(paths):
            slug = self.slug(path)
            if slug is not None:
                found[slug].append(path)
        return {slug: tuple(found[slug]) for slug in sorted(found)}

    def folders(self) -> Collection[str]:
        """The folders (with a trailing slash, `""` for the root) outside which no workflow can be."""
        return {fixed_folder(glob) for glob in self.include}


def _variable_part(glob: str, path: str) -> str:
    head, tail = fixed_ends(glob)
    if not is_wild(glob):
        stem, dot, _ = path.rpartition(".")
        return stem if dot else path
    part = path.removeprefix(head).removesuffix(tail)
    if part == path.removeprefix(head):
        part = part.removesuffix(tail.lstrip("/"))
    return part.strip("/") or path


def plan_path(slug: str, source: int, target: int) -> str:
    """Where the plan from one version to another belongs in the repository.

    >>> plan_path("welcome", 6, 7)
    'migrations/welcome/v6..v7.json'
    """
    return f"{PLAN_FOLDER}/{slug}/v{source}..v{target}.json"


def parse_plan_path(path: str) -> tuple[str, int, int] | None:
    """Split the path of a plan into slug, source and target; None for a path that is none.

    >>> parse_plan_path("migrations/sales/welcome/v6..v7.json")
    ('sales/welcome', 6, 7)
    """
    match = _PLAN.fullmatch(path)
    if match is None or not _is_slug(match[1]):
        return None
    return match[1], int(match[2]), int(match[3])


def _is_slug(text: str) -> bool:
    try:
        parse_slug(text)
    except InvalidNameError:
        return False
    return True
