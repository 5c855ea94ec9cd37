"""Reading and checking definitions, beside `json.loads` of the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import definition, state_machine
from wflgit.core import formats
from wflgit.core.catalog import BUILT_IN
from wflgit.core.validation import validate

TITLE = "Definitions"
_CALLS = 20


def measure(bench: Bench) -> Iterator[Row]:
    """Measure parsing to the graph in both formats, then all checks on a long workflow."""
    cases = (("native", definition(0, steps=40), 40), ("Amazon States Language", state_machine(40), 40))
    for name, content, steps in cases:
        for work, act in (("parse", partial(formats.parse, content)), ("validate", partial(validate, content, BUILT_IN))):
            ours, floor = race(
                Contestant("wflgit", act, calls=_CALLS),
                Contestant("json.loads", partial(json.loads, content), calls=_CALLS),
                rounds=bench.rounds(100),
            )
            yield Row(f"{work} a definition of {steps} steps, {name}, {len(content) / 1000:.0f} KB", ours, floor)
