"""Reading, checking and writing definitions, beside `json.loads` of the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from tests.benchmarks.foreign import logic_app, n8n, node_red
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import definition, state_machine
from wflgit.core import formats
from wflgit.core.catalog import BUILT_IN
from wflgit.core.validation import validate

TITLE = "Definitions"
_CALLS = 20
_LARGE = 2_600


def measure(bench: Bench) -> Iterator[Row]:
    """Measure parsing to the graph in every format, then all checks; and both on a very large file."""
    cases = (
        ("native", definition(0, steps=40), 40),
        ("Amazon States Language", state_machine(40), 40),
        ("n8n", n8n(40), 40),
        ("Azure Logic Apps", logic_app(40), 50),
        ("Node-RED", node_red(40), 40),
        ("Node-RED", node_red(bench.size(_LARGE)), bench.size(_LARGE)),
    )
    for name, content, steps in cases:
        calls = _CALLS if steps < _LARGE else 1
        for work, act in (("parse", partial(formats.parse, content)), ("validate", partial(validate, content, BUILT_IN))):
            ours, floor = race(
                Contestant("wflgit", act, calls=calls),
                Contestant("json.loads", partial(json.loads, content), calls=calls),
                rounds=bench.rounds(100 if calls > 1 else 20),
            )
            size = f"{len(content) / 1000:,.0f} KB"
            yield Row(f"{work} a definition of {steps:,} steps, {name}, {size}", ours, floor, goal=3 if work == "parse" else None)
