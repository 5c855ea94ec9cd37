"""When a repository is due for housekeeping. Pure: it is told what was counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

FOLDERS = 256
"""Over so many folders git spreads the objects that are a file each, evenly."""


@dataclass(frozen=True, slots=True)
class Load:
    """What piles up in a repository, as far as it can be counted cheaply.

    Attributes:
        loose_tags: tags that are a file each; counted up to a limit.
        loose_objects: objects that are a file each; estimated from one folder of 256, as git does.
        packs: packs of objects that git may put together.
    """

    loose_tags: int
    loose_objects: int
    packs: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much; 0 for what never is. The defaults for objects and packs are git's own `gc.auto` and `gc.autoPackLimit`."""

    loose_tags: int = 1000
    loose_objects: int = 6700
    packs: int = 50


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """What has piled up, and whether it is time to put it in order.

    Attributes:
        loose_tags: how many tags are a file each; counted up to the limit.
        loose_objects: about how many objects are a file each.
        packs: how many packs of objects there are.
        refs_due: whether the tags should be packed.
        objects_due: whether the objects should be.
        reasons: both in words; empty if nothing is due.
    """

    loose_tags: int
    loose_objects: int
    packs: int
    refs_due: bool
    objects_due: bool
    reasons: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.refs_due or self.objects_due


def assess(load: Load, limits: Limits) -> Housekeeping:
    """Say what is due.

    >>> assess(Load(12, 300, 2), Limits()).reasons
    ()
    """
    reasons = []
    refs_due = 0 < limits.loose_tags <= load.loose_tags
    if refs_due:
        reasons.append(f"{load.loose_tags:,} tags or more are a file each")
    # As git does, which compares the objects of one folder of 256.
    many_objects = limits.loose_objects > 0 and load.loose_objects > math.ceil(limits.loose_objects / FOLDERS) * FOLDERS
    if many_objects:
        reasons.append(f"about {load.loose_objects:,} objects are a file each")
    # As git does: who switches the counting of objects off switches it off for packs too.
    many_packs = bool(limits.loose_objects) and 0 < limits.packs < load.packs
    if many_packs:
        reasons.append(f"there are {load.packs:,} packs of objects")
    return Housekeeping(load.loose_tags, load.loose_objects, load.packs, refs_due, many_objects or many_packs, tuple(reasons))
