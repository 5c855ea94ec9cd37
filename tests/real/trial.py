"""What is tried on one content, and how to damage one."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from tests.real.tally import Tally
from wflgit.core import formats
from wflgit.core.catalog import BUILT_IN
from wflgit.core.problems import Severity
from wflgit.core.validation import validate
from wflgit.errors import DefinitionError


def try_content(content: bytes, tally: Tally) -> None:
    """Parse, validate, write back."""
    tally.contents += 1
    begin = time.perf_counter()
    try:
        parsed = formats.parse(content)
    except DefinitionError as error:
        tally.refused[f"{error.problems[0].rule}: {error.problems[0].message[:60]}" if error.problems else error.message] += 1
        return
    between = time.perf_counter()
    json.loads(content.decode("utf-8-sig"))
    tally.loads_s += time.perf_counter() - between
    tally.parse_s += between - begin
    tally.parsed += 1
    errors = {problem.rule for problem in validate(content, BUILT_IN, parsed=parsed) if problem.severity is Severity.ERROR}
    tally.errors.update(errors)
    tally.sound += not errors
    for step in parsed.graph.steps.values():
        formats.wait_terms(parsed.graph.format, step)
    if not errors and formats.write(content, parsed.graph) != content:
        raise AssertionError("writing the graph back changed the file")


def damage(content: bytes, *, seed: int) -> bytes:
    """A content with something wrong: a piece of its bytes, or values of its JSON."""
    chance = random.Random(seed)
    if chance.random() < 0.2:
        return _damaged_bytes(content, chance)
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return _damaged_bytes(content, chance)
    places: list[tuple[Any, Any]] = []
    _collect(document, places)
    for _ in range(chance.choice((1, 1, 2, 5))):
        if places:
            holder, key = chance.choice(places)
            _damage_place(holder, key, chance)
    return json.dumps(document).encode()


def _damaged_bytes(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content) + 1)
    written = bytes(chance.choices(b'{}[]",:\\0n\xff', k=chance.randrange(3)))
    return content[:begin] + written + content[begin + chance.randrange(9) :]


def _collect(value: Any, places: list[tuple[Any, Any]]) -> None:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        places.append((value, key))
        _collect(item, places)


_VALUES: tuple[Any, ...] = (None, True, 0, -1.5, "", "x", [], {}, [[]], [{}], {"": None}, [None], "Succeeded", {"x": [1]})


def _damage_place(holder: Any, key: Any, chance: random.Random) -> None:
    """Change, remove or double what is at a place, if it is still there."""
    if (isinstance(holder, list) and key >= len(holder)) or (isinstance(holder, dict) and key not in holder):
        return
    match chance.randrange(4):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.insert(key, holder[chance.randrange(len(holder))])
        case 1:
            holder[f"{key}x"] = holder.pop(key)
        case _:
            holder[key] = chance.choice(_VALUES)
