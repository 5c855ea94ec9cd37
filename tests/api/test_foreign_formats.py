"""One parser a format, and all else works: versions, comparison, executions and their migration, on files of every tool."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders import Story, make_repo
from wflgit import ExecutionStatus, StateError
from wflgit.core.formats import FORMATS, parse, write
from wflgit.core.graph import Graph, StepKind

FOLDER = Path(__file__).parents[1] / "core" / "formats"
MACHINE = {
    "StartAt": "Greet",
    "States": {
        "Greet": {"Type": "Task", "Resource": "arn:greet", "Next": "Rest"},
        "Rest": {"Type": "Wait", "Seconds": 60, "Next": "All"},
        "All": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "arn:one", "End": True}}},
            "Next": "Stop",
        },
        "Stop": {"Type": "Succeed"},
    },
}


def with_another_trigger(content: bytes) -> bytes:
    """An n8n workflow that a clock starts too, further down."""
    document = json.loads(content)
    clock = {"name": "Clock", "type": "n8n-nodes-base.scheduleTrigger", "parameters": {}, "position": [0, 0], "id": "77"}
    document["nodes"].append(clock)
    document["connections"]["Clock"] = {"main": [[{"node": "Write", "type": "main", "index": 0}]]}
    return json.dumps(document, indent=2).encode()


EXAMPLES = {
    "asl": json.dumps(MACHINE, indent=2).encode(),
    "n8n": (FOLDER / "n8n" / "welcome.json").read_bytes(),
    "n8n, two triggers": with_another_trigger((FOLDER / "n8n" / "welcome.json").read_bytes()),
    "logicapps": (FOLDER / "logicapps" / "playbook.json").read_bytes(),
    "power_automate": b"\xef\xbb\xbf" + (FOLDER / "logicapps" / "power_automate.json").read_bytes(),
    "nodered": (FOLDER / "nodered" / "welcome.json").read_bytes(),
}


@pytest.fixture(params=EXAMPLES, ids=str)
def content(request: pytest.FixtureRequest) -> bytes:
    return EXAMPLES[request.param]


@pytest.fixture
def story(tmp_path: Path, store_url: str) -> Story:
    return make_repo(tmp_path / "repo", store=store_url)


def called_otherwise(graph: Graph, step: str) -> Graph:
    """The graph after somebody gave a step another name in the tool's editor."""
    if graph.format == "nodered":
        return replace(graph, steps={**graph.steps, step: graph.steps[step]._replace(name="Another name")})
    names = {step: f"{step}_again"}
    referring = FORMATS[graph.format].referring
    return replace(
        graph,
        start=names.get(graph.start or "", graph.start),
        steps={
            names.get(found.id, found.id): found._replace(
                id=names.get(found.id, found.id),
                name=names.get(found.name or "", found.name),
                scope=names.get(found.scope or "", found.scope),
                config=referring(found.config, names),
            )
            for found in graph.steps.values()
        },
        edges=tuple(
            edge._replace(source=names.get(edge.source, edge.source), target=names.get(edge.target or "", edge.target))
            for edge in graph.edges
        ),
        uses=tuple(
            edge._replace(source=names.get(edge.source, edge.source), target=names.get(edge.target or "", edge.target))
            for edge in graph.uses
        ),
    )


def start_everywhere(story: Story, graph: Graph) -> set[str]:
    """Start a contact for every step that one can come to, and bring it there; the steps at which somebody stands then."""
    trigger = next((trigger.id for trigger in graph.triggers if not trigger.disabled), None)
    executions = story.repo.executions
    ways: dict[str, tuple[str, ...]] = {}
    first = executions.start("leads", "first", trigger=trigger).step
    todo: list[tuple[str, tuple[str, ...]]] = [(first, ())]
    while todo:
        step, way = todo.pop()
        if step not in ways and step in graph.steps and not graph.steps[step].disabled:
            ways[step] = way
            todo += [(edge.target, (*way, edge.target)) for edge in graph.outgoing.get(step, ()) if edge.target is not None]
    for number, way in enumerate(ways.values()):
        started = executions.start("leads", f"c{number}", trigger=trigger)
        for target in way:
            started = executions.advance(started.id, to=target)
    return {found.step for found in executions.list("leads", limit=1000)}


def test_executions_on_every_step_follow_a_rename_and_come_back(story: Story, content: bytes) -> None:
    graph = parse(content).graph
    story.repo.workflows.create("leads", content)
    story.repo.versions.publish("leads", 1)
    standing = start_everywhere(story, graph)
    assert len(standing) > 3
    renamed = next(step for step in graph.steps.values() if step.id in standing and step.kind is StepKind.ACTION)
    edited = write(content, called_otherwise(graph, renamed.id))
    assert edited != content
    story.repo.versions.create("leads", edited, base=1)
    [change] = story.repo.versions.compare("leads@1", "leads@2").steps
    assert change.was == renamed.id or [field.path for field in change.fields] == [("name",)]
    story.repo.versions.publish("leads", 2)

    plan = story.repo.migrations.plan("leads", source=1, target=2)
    assert not plan.failures
    migration = story.repo.migrations.create(plan)
    done = story.repo.migrations.run(migration.id)
    live = story.repo.executions.list("leads", status=[ExecutionStatus.ACTIVE], limit=1000)
    assert (done.moved, {found.version for found in live}) == (len(live), {2})
    assert {found.step for found in live} == {change.id if step == renamed.id else step for step in standing}

    story.repo.migrations.undo(migration.id)
    back = story.repo.executions.list("leads", status=[ExecutionStatus.ACTIVE], limit=1000)
    assert ({found.version for found in back}, {found.step for found in back}) == ({1}, standing)


def test_a_file_keeps_its_bytes_through_versions(story: Story, content: bytes) -> None:
    story.repo.workflows.create("leads", content)
    story.repo.versions.publish("leads", 1)
    story.repo.versions.create("leads", content.replace(b"\n", b"\r\n") if b"\n" in content else content + b"\n", base=1)
    assert story.repo.workflows.read("leads@1") == content
    compared = story.repo.versions.compare("leads@1", "leads@2")
    assert not compared
    assert [noise.fields for noise in compared.noise] == [("formatting",)]


def test_where_a_format_has_no_triggers_none_can_be_named(story: Story) -> None:
    story.repo.workflows.create("leads", EXAMPLES["asl"])
    story.repo.versions.publish("leads", 1)
    with pytest.raises(StateError, match="Amazon States Language cannot say any, but got 'Form'"):
        story.repo.executions.start("leads", "c1", trigger="Form")


def test_where_each_trigger_has_its_own_step_nobody_begins_again_without_saying_where(story: Story) -> None:
    content = EXAMPLES["n8n, two triggers"]
    story.repo.workflows.create("leads", content)
    story.repo.versions.publish("leads", 1)
    with pytest.raises(StateError, match="expected a trigger to start by"):
        story.repo.executions.start("leads", "c1")
    assert story.repo.executions.start("leads", "c1", trigger="Clock").step == "Clock"
    story.repo.versions.create("leads", content.replace(b"Greet", b"Welcome"), base=1)
    story.repo.versions.publish("leads", 2)
    plan = story.repo.migrations.plan("leads", source=1, target=2, rules={"Clock": "@restart"})
    assert [failure.rule for failure in plan.failures] == ["no-start"]
