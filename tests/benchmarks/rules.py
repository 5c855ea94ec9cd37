"""What a change does, by all rules, beside DeepDiff's default on the two whole documents."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from deepdiff import DeepDiff

from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import definition
from wflgit.core.exposure import Exposure
from wflgit.core.formats import parse
from wflgit.core.impact.engine import Impact, find_findings
from wflgit.core.impact.situation import Situation
from wflgit.core.records import StepCount

TITLE = "Rules of a review"
_SIZES = {50: 20, 200: 10, 1_000: 3}
_EDITS = {
    "send_email": {"subject": "Good to see you"},
    "wait": {"duration": "P2D"},
    "send_sms": {"text": "Are you there?"},
    "update_field": {"value": "hot"},
}
_NOW = datetime(2026, 1, 5, tzinfo=UTC)


def measure(bench: Bench) -> Iterator[Row]:
    """Measure comparing and all rules, with executions at every step; of ten steps one is touched."""
    for steps, rounds in _SIZES.items():
        old = json.loads(definition(0, steps=bench.size(steps)))
        new = touched(old)
        ours, peer = race(
            Contestant("wflgit", judging(old, new)),
            Contestant("DeepDiff's default on the whole document", lambda old=old, new=new: DeepDiff(old, new)),  # type: ignore[misc]
            rounds=bench.rounds(rounds),
        )
        yield Row(
            f"compare {bench.size(steps):,} steps and apply all rules", ours, peer, goal=0.25 if steps == min(_SIZES) else None
        )


def judging(old: Any, new: Any) -> Callable[[], Impact]:
    """Judge a change, from the graphs on."""
    base, head = (parse(json.dumps(document).encode()).graph for document in (old, new))
    counts = [StepCount("welcome", 1, step, 1, 1) for step in base.steps]

    def judge() -> Impact:
        situation = Situation("welcome", base, head, Exposure(base, counts), _NOW)
        return find_findings(situation, "workflows/welcome.json", None, lambda _side, _pointer: (None, None))

    return judge


def touched(document: Any) -> Any:
    """The document with a tenth of its steps edited, taken out, put in or turned elsewhere, as somebody does in an afternoon."""
    chance, found = random.Random(7), json.loads(json.dumps(document))
    steps = found["steps"]
    plain = [step for step, said in steps.items() if "branches" not in said and said["next"] is not None and step != found["start"]]
    for number, step in enumerate(chance.sample(plain, max(1, len(steps) // 10))):
        said = steps[step]
        match number % 5:
            case 0 | 1 | 2:
                steps[step] = {**said, "config": {**said["config"], **_EDITS.get(said["type"], {"tag": f"other-{number}"})}}
            case 3:
                steps[f"new_{number}"] = {"type": "add_tag", "config": {"tag": "new"}, "next": said["next"]}
                said["next"] = f"new_{number}"
            case _:
                del steps[step]
                _lead(steps, step, said["next"])
    return found


def _lead(steps: Any, gone: str, to: str) -> None:
    """Lead all that led to a step to another one."""
    for said in steps.values():
        for way in (said, *said.get("branches", ())):
            for key in ("next", "otherwise"):
                if way.get(key) == gone:
                    way[key] = to
