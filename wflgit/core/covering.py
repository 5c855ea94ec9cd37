"""Globs that cover given files and leave others out: few, readable, and such that no two files come to one slug by them.

A proposal for people, made by weighing: each glob has a cost, each exception to it a smaller one. What a glob means is said by
`globs`, and which slug a file gets by it by `paths`; what is proposed here is checked by them in the end.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wflgit.core.globs import compile_glob
from wflgit.core.paths import WorkflowPaths

_GLOB, _SINGLE_FILE, _EXCEPTION, _SINGLE_EXCEPTION = 100, 150, 35, 45
_COLLISION = 300
_WHOLE_REPOSITORY = 300
"""What it costs to take any file of a common ending for a workflow, wherever somebody will put it one day."""

_ROOT = 30
_GIVEN_NAME = 60
_DETOUR = 5
_UNLIMITED = 1 << 60
_PLAIN_ENDINGS = (".json", ".asl")
_TELLING = frozenset({"asl", "flow", "logicapp", "n8n", "statemachine", "workflow"})
_GIVEN_NAMES = frozenset({"azuredeploy.json", "definition.json", "flows.json", "workflow.json"})
"""Names that tools give: beside a file of such a name, others are something else."""

_MANY_NAMES = 6
_COMPOUND = re.compile(r"[^.].*(\.([A-Za-z][A-Za-z0-9_-]{0,15})\.[^.]+)")
_SPECIAL = re.compile(r"[\\*?\[]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ChosenGlob:
    """A glob with the number of files that it decides about, and why it was chosen."""

    glob: str
    files: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cover:
    """What is proposed: the globs of workflows, in the order in which they decide, and those of exceptions."""

    include: tuple[ChosenGlob, ...]
    exclude: tuple[ChosenGlob, ...]


class _Pick(NamedTuple):
    glob: str
    reason: str


class _Solution(NamedTuple):
    """Globs for some of the files, the slugs that the files get by them, and what that costs."""

    cost: int
    include: tuple[_Pick, ...]
    exclude: tuple[_Pick, ...]
    slugs: frozenset[str | None]


def cover(workflows: Iterable[str], others: Iterable[str], *, include: Sequence[str] = ()) -> Cover:
    """Choose globs that match every workflow file and none of the others.

    Args:
        workflows: the paths to match.
        others: paths that must not be matched.
        include: the globs of workflows, where somebody has chosen them already; then only the exceptions are found.

    >>> cover(["flows/a.json", "flows/sales/b.json"], ["package.json", "flows/package.json"])
    ... # doctest: +NORMALIZE_WHITESPACE
    Cover(include=(ChosenGlob(glob='flows/**/*.json', files=2, reason="the '.json' files below 'flows/'"),),
          exclude=(ChosenGlob(glob='flows/package.json', files=1, reason='is no workflow'),))
    """
    files = _Files(sorted(workflows), sorted(others))
    if include:
        picks = [_Pick(glob, "as asked for") for glob in include]
        given = WorkflowPaths(tuple(include))
        strangers = [path for path in files.others if given.slug(path) is not None]
        exceptions = _except(strangers, "", files, _UNLIMITED)
        return _checked(picks, exceptions[1] if exceptions else (), files)
    if not files.wanted:
        return Cover((), ())
    repeated = [name for name, count in Counter(map(_name, files.wanted)).most_common(_MANY_NAMES) if count > 1]
    choices = [repeated[:count] for count in range(len(repeated) + 1)]
    proposals = [_propose(files, names, telling=telling) for telling in (True, False) for names in choices]
    best = min(proposals, key=lambda solution: solution.cost)
    return _checked(_apart(best.include, files), best.exclude, files)


def escape(text: str) -> str:
    r"""Write a path as a glob that matches it; a control character, which TOML could not hold as it is, becomes `?`.

    >>> escape("flows/[new] lead.json")
    'flows/\\[new] lead.json'
    """
    return _CONTROL.sub("?", _SPECIAL.sub(lambda found: "\\" + found[0], text))


# The files


class _Files:
    """All files, and what no exception may hit."""

    def __init__(self, wanted: Sequence[str], others: Sequence[str]) -> None:
        self.wanted = wanted
        self.others = others
        self.names = {_name(path) for path in wanted}
        self.folders = {folder for path in wanted for folder in _ancestors(path)}
        self.folder_names = {part for folder in self.folders for part in folder.split("/")}
        self.compounds = {compound for name in self.names if (compound := _compound(name))}


class _Folder:
    """A folder with workflows in or below it; `below` and `strangers` are all files in and below it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.wanted: list[str] = []
        self.children: dict[str, None] = {}
        self.below: list[str] = []
        self.strangers: list[str] = []


def _grow(wanted: Iterable[str], others: Iterable[str]) -> dict[str, _Folder]:
    """The folders of one kind of workflow files, by path; others count only where they are beside or below these."""
    folders: dict[str, _Folder] = {}
    for path in wanted:
        ancestors = _ancestors(path)
        for parent, folder in zip([None, *ancestors], ancestors, strict=False):
            if parent is not None:
                folders[parent].children[folder] = None
            folders.setdefault(folder, _Folder(folder)).below.append(path)
        folders[ancestors[-1]].wanted.append(path)
    for path in others:
        for folder in _ancestors(path):
            if folder in folders:
                folders[folder].strangers.append(path)
    return folders


def _ancestors(path: str) -> list[str]:
    """The folders a file is in, from the root, which is empty, to its own; with trailing slashes."""
    found = [""]
    at = path.find("/")
    while at >= 0:
        found.append(path[: at + 1])
        at = path.find("/", at + 1)
    return found


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _compound(name: str) -> str | None:
    """The ending of two parts that a name has, such as `.asl.json`."""
    match = _COMPOUND.fullmatch(name)
    return match[1] if match else None


def _ending(name: str) -> str:
    _, dot, last = name.rpartition(".")
    return dot + last


# The globs of workflows


def _propose(files: _Files, names: Sequence[str], *, telling: bool) -> _Solution:
    """Cover files of some names by their names and all others by folder and ending."""
    parts = [_named(files, name) for name in names]
    groups = _by_ending([path for path in files.wanted if _name(path) not in names], telling=telling)
    for ending in sorted(groups, key=lambda ending: (-ending.count("."), ending)):
        folders = _grow(groups[ending], [path for path in files.others if path.endswith(ending)])
        parts.append(_solve(folders, "", ending, files))
    joined = _joined(parts)
    return joined if telling else joined._replace(cost=joined.cost + 2 * _GLOB)


def _by_ending(wanted: Sequence[str], *, telling: bool) -> dict[str, list[str]]:
    """Group files by their endings; those of two parts count where they tell a workflow, or all files have the same one."""
    compounds = {path: _compound(_name(path)) for path in wanted}
    common = set(compounds.values())
    groups: dict[str, list[str]] = defaultdict(list)
    for path, compound in compounds.items():
        tells = compound is not None and (compound.split(".")[1] in _TELLING or (len(common) == 1 and len(wanted) > 1))
        groups[compound if compound and tells and telling else _ending(path)].append(path)
    return groups


def _solve(folders: dict[str, _Folder], path: str, ending: str, files: _Files) -> _Solution:
    """Cover the files in and below a folder: by one glob, by one for folders of a name, or each part by itself."""
    folder = folders[path]
    best = _divided(folders, folder, ending, files)
    for found in (*_in_named_folders(folder, ending, files, best.cost), _whole(folder, ending, files, best.cost)):
        if found is not None and found.cost <= best.cost:
            best = found
    return best


def _divided(folders: dict[str, _Folder], folder: _Folder, ending: str, files: _Files) -> _Solution:
    parts = [_direct(folder, ending, files)] if folder.wanted else []
    return _joined([*parts, *(_solve(folders, child, ending, files) for child in folder.children)])


def _direct(folder: _Folder, ending: str, files: _Files) -> _Solution:
    """Cover the files of one folder, without those of its folders: one by one, or all of an ending."""
    plain = not folder.path and ending in _PLAIN_ENDINGS
    cost = _GLOB + (_ROOT if plain else 0) + (_GIVEN_NAME if _have_given_names(folder.wanted) else 0)
    one_by_one = _SINGLE_FILE * len(folder.wanted)
    strangers = [path for path in folder.strangers if "/" not in path[len(folder.path) :]]
    exceptions = _except(strangers, folder.path, files, one_by_one - cost)
    if exceptions is None:
        return _solution([_Pick(escape(path), "this file alone") for path in folder.wanted], (), folder.wanted, one_by_one)
    pick = _Pick(f"{escape(folder.path)}*{escape(ending)}", f"the '{ending}' files in {_said(folder.path)}")
    return _solution([pick], exceptions[1], folder.wanted, cost + exceptions[0])


def _whole(folder: _Folder, ending: str, files: _Files, budget: int) -> _Solution | None:
    """Cover all files in and below a folder by one glob."""
    cost = _GLOB + (_GIVEN_NAME if _have_given_names(folder.below) else 0)
    if not folder.path and ending in _PLAIN_ENDINGS:
        cost += _WHOLE_REPOSITORY
    if not folder.wanted and len(folder.children) == 1:
        cost += _DETOUR
    exceptions = _except(folder.strangers, folder.path, files, budget - cost)
    if exceptions is None:
        return None
    pick = _Pick(f"{escape(folder.path)}**/*{escape(ending)}", f"the '{ending}' files below {_said(folder.path)}")
    return _solution([pick], exceptions[1], folder.below, cost + exceptions[0])


def _in_named_folders(folder: _Folder, ending: str, files: _Files, budget: int) -> Iterator[_Solution]:
    """Cover files by the name that a folder above all of them has, such as `*/statemachines/*.json`."""
    if len(folder.children) < 2 or folder.wanted:
        return
    inner = [path[len(folder.path) :].split("/")[:-1] for path in folder.below]
    for name in sorted(set.intersection(*(set(parts[1:]) for parts in inner))):
        depths = {parts.index(name, 1) for parts in inner}
        above = "*/" * min(depths) if len(depths) == 1 else "**/"
        beneath = "" if all(parts.index(name, 1) == len(parts) - 1 for parts in inner) else "**/"
        glob = f"{escape(folder.path)}{above}{escape(name)}/{beneath}*{escape(ending)}"
        matcher = compile_glob(glob)
        cost = _GLOB + 3 * _DETOUR
        strangers = [path for path in folder.strangers if matcher.fullmatch(path.encode())]
        exceptions = _except(strangers, folder.path, files, budget - cost)
        if exceptions is not None:
            pick = _Pick(glob, f"the '{ending}' files in folders called '{name}'")
            yield _solution([pick], exceptions[1], folder.below, cost + exceptions[0])


def _have_given_names(paths: Sequence[str]) -> bool:
    return all(_name(path) in _GIVEN_NAMES for path in paths)


def _named(files: _Files, name: str) -> _Solution:
    """Cover the files of one name, in whatever folders they are."""
    wanted = [path for path in files.wanted if _name(path) == name]
    scope = max(set.intersection(*(set(_ancestors(path)) for path in wanted)), key=len)
    strangers = [path for path in files.others if _name(path) == name and path.startswith(scope)]
    cost, exceptions = _except(strangers, scope, files, _UNLIMITED) or (0, ())
    pick = _Pick(f"{escape(scope)}**/{escape(name)}", f"the files of this name below {_said(scope)}")
    accident = _ROOT if len(wanted) == 2 else -_DETOUR
    return _solution([pick], exceptions, wanted, _GLOB + accident + cost)


def _solution(include: Sequence[_Pick], exclude: Sequence[_Pick], wanted: Sequence[str], cost: int) -> _Solution:
    paths = WorkflowPaths(tuple(pick.glob for pick in include))
    return _Solution(cost, tuple(include), tuple(exclude), frozenset(map(paths.slug, wanted)))


def _joined(parts: Sequence[_Solution]) -> _Solution:
    """Put solutions for different files side by side; where two make one slug of two files, that costs."""
    cost = sum(part.cost for part in parts)
    slugs: set[str | None] = set()
    for part in parts:
        cost += _COLLISION * len(slugs & part.slugs)
        slugs |= part.slugs
    include = tuple(pick for part in parts for pick in part.include)
    exclude = tuple(dict.fromkeys(pick for part in parts for pick in part.exclude))
    return _Solution(cost, include, exclude, frozenset(slugs))


def _apart(include: Sequence[_Pick], files: _Files) -> list[_Pick]:
    """Name a file in full whose glob is for it alone, where another would get the same slug: the whole path tells them apart."""
    included = _decided(files.wanted, include)
    slugs = {path: WorkflowPaths((pick.glob,)).slug(path) for path, pick in included.items()}
    often = Counter(slugs.values())
    of_pick = Counter(included.values())
    alone = {pick: path for path, pick in included.items() if of_pick[pick] == 1 and often[slugs[path]] > 1}
    return [_Pick(escape(alone[pick]), "this file alone") if pick in alone else pick for pick in include]


def _said(folder: str) -> str:
    return f"'{folder}'" if folder else "the repository's root"


# The exceptions


def _except(strangers: Sequence[str], scope: str, files: _Files, budget: int) -> tuple[int, Sequence[_Pick]] | None:
    """Choose globs that match files which are no workflows, and no workflow: the most useful one first, again and again.

    Returns:
        What they cost together, and the globs; None if that is more than the budget.
    """
    matching = {path: list(_patterns(path, scope, files)) for path in strangers}
    useful = Counter(pattern for patterns in matching.values() for pattern in patterns)
    picks: list[_Pick] = []
    cost = 0
    while matching and cost <= budget:
        best = max(useful, key=useful.__getitem__, default=None)
        if best is None or useful[best] < 2:
            cost += _SINGLE_EXCEPTION * len(matching)
            picks += [_Pick(escape(path), "is no workflow") for path in matching]
            break
        picks.append(best)
        cost += _EXCEPTION
        for path in [path for path, patterns in matching.items() if best in patterns]:
            useful.subtract(matching.pop(path))
    return (cost, picks) if cost <= budget else None


def _patterns(path: str, scope: str, files: _Files) -> Iterator[_Pick]:
    """The globs, from the one to be preferred on, that match a file and are sure to match no workflow."""
    name, at = _name(path), escape(scope)
    alone = next((folder for folder in _ancestors(path) if len(folder) > len(scope) and folder not in files.folders), None)
    if alone is not None:
        yield _Pick(f"{escape(alone)}**", f"no workflow is below '{alone}'")
    if name not in files.names:
        yield _Pick(f"{at}**/{escape(name)}", "no workflow has this name")
    for part in path[len(scope) :].split("/")[:-1]:
        if part not in files.folder_names:
            yield _Pick(f"{at}**/{escape(part)}/**", "no workflow is in folders of this name")
    compound = _compound(name)
    if compound is not None and compound not in files.compounds:
        yield _Pick(f"{at}**/*{escape(compound)}", "no workflow has this ending")


# The check


def _checked(include: Sequence[_Pick], exclude: Sequence[_Pick], files: _Files) -> Cover:
    """Hold what was chosen against what globs really mean, and count the files that each decides about."""
    harmless = [pick for pick in exclude if not _decided(files.wanted, [pick])]
    included = _decided((*files.wanted, *files.others), include)
    strangers = set(files.others) & included.keys()
    excluded = _decided(sorted(strangers), harmless)
    missed = [_Pick(escape(path), "is no workflow") for path in sorted(strangers - excluded.keys())]
    counts = Counter(included[path] for path in files.wanted if path in included)
    exceptions = Counter(excluded.values()) + Counter(missed)
    return Cover(
        tuple(ChosenGlob(pick.glob, counts[pick], pick.reason) for pick in include),
        tuple(ChosenGlob(pick.glob, exceptions[pick], pick.reason) for pick in (*harmless, *missed) if exceptions[pick]),
    )


def _decided(paths: Sequence[str], picks: Sequence[_Pick]) -> dict[str, _Pick]:
    """Which of some globs is the first that matches each path."""
    found: dict[str, _Pick] = {}
    for pick in picks:
        matcher = compile_glob(pick.glob)
        for path in paths:
            if path not in found and matcher.fullmatch(path.encode()):
                found[path] = pick
    return found
