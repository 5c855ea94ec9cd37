"""Try wflgit on real repositories and say what came of it: `python -m tests.real REPOSITORY... [--fuzz SECONDS]`.

Every workflow file in every version is parsed, validated and written back; every version is compared with the one before it, and
all rules are applied to what changed; with `--fuzz`, files are damaged at random for as long. With `--merges`, versions that have a
third one in common are merged instead, and held against what Git makes of them. Exit 1 if anything but a clear error comes of any
of that, or a merge that is worse than Git's. `--show WFL508` or `--show step-moved` prints where a rule, or a type of changes,
was found, to be judged.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import count, takewhile
from pathlib import Path
from typing import TypeVar

from tests.real.material import contents, format_of, histories, looks_like_a_workflow
from tests.real.merges import Merges, cases, read_sides, try_merge
from tests.real.pairs import try_pair
from tests.real.tally import Tally
from tests.real.trial import damage, try_content

Found = TypeVar("Found")


class Trials:
    """What was tried on one repository, what crashed, and what is to be shown."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self.no_workflows = 0
        self.crashes: Counter[str] = Counter()
        self.shown: list[str] = []

    def guard(self, what: str, trial: Callable[[], Found]) -> Found | None:
        """Run a trial; what crashes is shown once and counted."""
        try:
            return trial()
        except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
            last = traceback.format_exc().strip().split("\n")
            where = next((line.strip() for line in reversed(last) if line.strip().startswith("File")), "")
            if not self.crashes[where]:
                print(f"CRASH {what}\n" + "\n".join(last), file=sys.stderr)
            self.crashes[where] += 1
            return None

    def tally(self, name: str) -> Tally:
        """What is counted of a format; `broken` is for what is no JSON."""
        return self.tallies.setdefault(name, Tally())


def try_repository(repository: Path, *, pairs_of: int = 1, show: str = "") -> tuple[Trials, list[bytes]]:
    """Try all files of a repository; return also the contents that are workflows, to be damaged.

    Args:
        repository: a Git repository, bare or not.
        pairs_of: compare versions only of files that have so many.
        show: the code of a rule, or a type of changes.
    """
    trials = Trials()
    found = histories(repository)
    read = dict(contents(repository, {new for changes in found.values() for _, new in changes}))
    workflows = {}
    for blob, content in read.items():
        name = trials.guard(blob, lambda content=content: format_of(content))  # type: ignore[misc]
        if name is not None:
            workflows[blob] = name
            trials.guard(blob, lambda content=content, name=name: try_content(content, trials.tally(name)))  # type: ignore[misc]
        elif looks_like_a_workflow(content):
            trials.guard(blob, lambda content=content: try_content(content, trials.tally("broken")))  # type: ignore[misc]
        else:
            trials.no_workflows += 1
    for path, changes in found.items():
        pairs = [(old, new) for old, new in changes if workflows.get(old) and workflows.get(old) == workflows.get(new)]
        if len(changes) >= pairs_of:
            for old, new in pairs:
                tally = trials.tally(workflows[new])
                came = trials.guard(path, lambda old=old, new=new, tally=tally: try_pair(read[old], read[new], tally)) or {}  # type: ignore[misc]
                trials.shown += [f"{path} {old[:12]} {new[:12]} {said}" for said in came.get(show, ())]
            if pairs:
                trials.tally(workflows[pairs[0][1]]).files += 1
    return trials, [read[blob] for blob in workflows]


def try_merges(trials: Trials, repository: Path, *, most: int = 0) -> Merges:
    """Make the merges that the history of a repository has to offer: all, or so many at most, spread over the whole history."""
    tally, found = Merges(), list(cases(repository, histories(repository)))
    if 0 < most < len(found):
        real = [case for case in found if case.real][:most]
        rest = [case for case in found if not case.real]
        found = real + rest[:: max(1, len(rest) // max(1, most - len(real)))][: most - len(real)]
    read = read_sides(repository, found)
    for case in found:
        trials.guard(f"merge of {case.path}", lambda case=case: try_merge(case, read, tally))  # type: ignore[misc]
    return tally


def fuzz(trials: Trials, workflows: list[bytes], seeds: Iterable[int]) -> int:
    """Damage one workflow after the other, by one seed each, and try what comes of it; return how many were tried."""
    tried = 0
    for seed in seeds if workflows else ():
        whole = workflows[seed % len(workflows)]
        trials.guard(f"damaged content, seed {seed}", lambda whole=whole, seed=seed: _try_damaged(whole, seed))  # type: ignore[misc]
        tried += 1
    return tried


def _try_damaged(whole: bytes, seed: int) -> None:
    damaged = damage(whole, seed=seed)
    try_content(damaged, Tally())
    try_pair(whole, damaged, Tally())


def _seeds(seconds: float) -> Iterator[int]:
    """Numbers from 0 on, until the time is up."""
    end = time.monotonic() + seconds
    return takewhile(lambda _: time.monotonic() < end, count())


def main() -> int:
    """Read the command line, try, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY", help="a Git repository, bare or not")
    parser.add_argument("--fuzz", type=float, default=0, metavar="SECONDS", help="damage files of each repository for so long")
    parser.add_argument("--revisions", type=int, default=1, metavar="N", help="compare versions only of files with so many")
    parser.add_argument("--merges", action="store_true", help="make three-way merges of the history, and nothing else")
    parser.add_argument("--most", type=int, default=0, metavar="N", help="with --merges: at most so many of each repository")
    parser.add_argument(
        "--show", default="", metavar="CODE", help="print the pairs, as blobs, in which a rule fires, or a type of change is"
    )
    wanted = parser.parse_args()
    crashes = 0
    for repository in wanted.repositories:
        if wanted.merges:
            crashes += _show_merges(repository, wanted.most)
            continue
        trials, workflows = try_repository(repository, pairs_of=wanted.revisions, show=wanted.show)
        print(f"\n## {repository}\n\n{trials.no_workflows} other files")
        for name, tally in sorted(trials.tallies.items()):
            print("\n".join(tally.lines(name)))
        print("".join(f"{line}\n" for line in trials.shown), end="")
        if wanted.fuzz:
            print(f"{fuzz(trials, workflows, _seeds(wanted.fuzz))} damaged files in {wanted.fuzz:.0f} s")
        crashes += sum(trials.crashes.values())
        print("".join(f"{times} crashes at {where}\n" for where, times in trials.crashes.most_common()), end="", flush=True)
    return int(bool(crashes))


def _show_merges(repository: Path, most: int) -> int:
    """Print what came of the merges; return how many things there are that must not be."""
    trials = Trials()
    tally = try_merges(trials, repository, most=most)
    print(f"\n## {repository}\n\n" + "\n".join(tally.lines()), flush=True)
    print("".join(f"{times} crashes at {where}\n" for where, times in trials.crashes.most_common()), end="", flush=True)
    return len(tally.wrong) + sum(trials.crashes.values())


if __name__ == "__main__":
    sys.exit(main())
