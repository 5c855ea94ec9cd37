"""A changed graph of n8n back into the document it came from.

Whatever is written is read again: what does not come out as the graph says it is refused, never written differently.
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.n8n.connecting import Connector
from wflgit.core.formats.n8n.placing import new_raw, place, positions
from wflgit.core.formats.n8n.reading import STICKY, find_workflow, identify, tag_name, to_graph
from wflgit.core.formats.shapes import list_of, object_of, text_of, without
from wflgit.core.graph import Edge, Graph, Step, StepKind, Trigger
from wflgit.core.jsonvalues import patched, put, same
from wflgit.core.problems import Problem, Severity
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def to_document(document: Any, graph: Graph) -> Any:
    """The document, changed so that it says the graph; what the graph does not touch is the same object in both.

    Where executions begin, and which steps are triggers, follows from the steps and edges in this format, so `graph.start` and the
    kinds of steps and edges are not looked at. A new step gets a place beside one that it is connected with, and an id that follows
    from its name unless it has a key.

    Raises:
        DefinitionError: if the format cannot say the graph; nothing is written then.
    """
    base, workflow = find_workflow(document)
    old = to_graph(document)
    steps = _steps(old, graph)
    matched = _matches(old, steps)
    raws, names = _raws(workflow, old, steps, matched, graph)
    renamed = {was: step for step, was in matched.items()}
    connector = Connector(identify(list_of(workflow.get("nodes")))[1], names, renamed, graph)
    connections = object_of(workflow.get("connections"))
    parts = (
        ("nodes", workflow.get("nodes"), raws),
        ("connections", connections, connector.write(connections, old, steps)),
        ("pinData", workflow.get("pinData"), _pins(workflow, old, renamed, names)),
    )
    written = _whole(workflow, old, graph)
    changed = {key: new for key, before, new in parts if new is not before}
    if changed:
        written = {**written, **changed}
    result = put(document, base, written)
    _check(to_graph(result), graph, steps, old)
    return result


def _steps(old: Graph, graph: Graph) -> dict[str, Step]:
    """The steps as they are to be. A trigger stands in the graph twice; whichever side of it changed counts."""
    steps = dict(graph.steps)
    before = {trigger.id: trigger for trigger in old.triggers}
    for trigger in graph.triggers:
        step, was = steps.get(trigger.id), before.get(trigger.id)
        if step is None:
            steps[trigger.id] = Step(
                trigger.id, trigger.type, StepKind.TRIGGER, trigger.config, disabled=trigger.disabled, pointer=trigger.pointer
            )
        elif was is not None:
            steps[trigger.id] = _with_trigger(step, trigger, was)
    return steps


def _with_trigger(step: Step, trigger: Trigger, was: Trigger) -> Step:
    return step._replace(
        type=step.type if trigger.type == was.type else trigger.type,
        config=step.config if same(trigger.config, was.config) else trigger.config,
        disabled=step.disabled if trigger.disabled == was.disabled else trigger.disabled,
    )


def _matches(old: Graph, steps: Mapping[str, Step]) -> dict[str, str]:
    """Find the step of the document that each step is: by its id, by its key, by where it stands, the surest first."""
    matched: dict[str, str] = {}
    left = dict(old.steps)
    known = {step.key for step in left.values() if step.key}
    moved = {step.key for step in steps.values() if step.key and step.id not in left}

    def take(step: Step, was: Step | None) -> None:
        if was is not None and step.id not in matched and was.id in left:
            matched[step.id] = was.id
            del left[was.id]

    for step in steps.values():
        was = left.get(step.id)
        # A new step may have the name of one that is called otherwise now.
        is_new = was is not None and was.key in moved and step.key not in known
        take(step, was if was and was.type == step.type and not is_new else None)
    keys = _unambiguous((step.key, step) for step in left.values() if step.key)
    wanted = _unambiguous((step.key, step) for step in steps.values() if step.key and step.id not in matched)
    for key, step in wanted.items():
        take(step, keys.get(key))
    for step in steps.values():
        take(step, left.get(step.id))
    places = {step.pointer: step for step in left.values()}
    for step in steps.values():
        was = places.get(step.pointer)
        take(step, was if was and was.type == step.type else None)
    return matched


def _unambiguous(pairs: Iterable[tuple[str | None, Step]]) -> dict[str | None, Step]:
    found: dict[str | None, Step] = {}
    twice = set()
    for key, step in pairs:
        twice.update({key} & found.keys())
        found[key] = step
    return {key: step for key, step in found.items() if key not in twice}


def _raws(
    workflow: Mapping[str, Any], old: Graph, steps: Mapping[str, Step], matched: Mapping[str, str], graph: Graph
) -> tuple[list[Any], dict[str, str]]:
    """Write the list of steps; what is in it and is no step stays.

    Returns:
        The list, the old one if nothing changed, and the name that each step has in it.
    """
    original = list_of(workflow.get("nodes"))
    ids = {named.place: named.id for named in identify(original)[0]}
    stays = {was: step for step, was in matched.items()}
    entries: list[tuple[Any, str]] = []
    for index, raw in enumerate(original):
        if index not in ids:
            entries.append((raw, ""))
        elif ids[index] in stays:
            step = steps[stays[ids[index]]]
            entries.append((_written(raw, old.steps[ids[index]], step), step.id))
    taken = positions({step: raw for raw, step in entries if step})
    keys = {text_of(object_of(raw).get("id")) for raw in original}
    added = [step for step in steps.values() if step.id not in matched]
    entries += [(new_raw(step, place(step.id, graph, taken), keys), step.id) for step in added]
    _name(entries, {step for edge in (*graph.edges, *graph.uses) for step in (edge.source, edge.target)})
    raws = [raw for raw, _ in entries]
    names = {step: text_of(object_of(raw).get("name")) or step for raw, step in entries if step}
    return (original if len(raws) == len(original) and all(map(is_, raws, original)) else raws), names


def _written(raw: dict[str, Any], was: Step, step: Step) -> dict[str, Any]:
    """A step that stays, with what changed of it."""
    written: dict[str, Any] = patched(raw, was.config, step.config)
    if "parameters" in raw and "parameters" not in written:
        written = {**written, "parameters": {}}
    if step.type != was.type:
        written = {**written, "type": step.type}
    if step.key != was.key and step.key is not None:
        written = {**written, "id": step.key}
    if step.disabled and not was.disabled:
        written = {**written, "disabled": True}
    elif was.disabled and not step.disabled:
        written = without(written, "disabled")
    return written


def _name(entries: list[tuple[Any, str]], connected: set[str | None]) -> None:
    """Name the steps so that each is read with its id, and connections by its name are meant for it."""
    while True:
        found, names = identify([raw for raw, _ in entries])
        misnamed = [
            named
            for named in found
            if named.id != entries[named.place][1]
            or (named.id in connected and names.get(text_of(named.raw.get("name"))) != named.id)
        ]
        if not any(text_of(named.raw.get("name")) != entries[named.place][1] for named in misnamed):
            return
        for named in misnamed:
            step = entries[named.place][1]
            entries[named.place] = ({**named.raw, "name": step}, step)


def _pins(workflow: Mapping[str, Any], old: Graph, renamed: Mapping[str, str], names: Mapping[str, str]) -> Any:
    """The data that the editor has pinned to steps by their names, so that it stays with those that are called otherwise."""
    pins = workflow.get("pinData")
    if not isinstance(pins, dict):
        return pins
    new = {was: names[step] for was, step in renamed.items() if was in pins and was in old.steps and names[step] != was}
    return {new.get(name, name): pinned for name, pinned in pins.items()} if new else pins


def _whole(workflow: Mapping[str, Any], old: Graph, graph: Graph) -> Mapping[str, Any]:
    """What is said of the workflow as a whole."""
    written: dict[str, Any] = patched(workflow, without(old.settings, "tags"), without(graph.settings, "tags"))
    if "settings" in workflow and "settings" not in written:
        written = {**written, "settings": {}}
    if graph.name != old.name:
        written = without(written, "name") if graph.name is None else {**written, "name": graph.name}
    if not same(graph.settings.get("tags"), old.settings.get("tags")):
        written = {**written, "tags": _tags(list_of(workflow.get("tags")), list_of(graph.settings.get("tags")))}
    return written


def _tags(tags: Sequence[Any], names: Sequence[Any]) -> list[Any]:
    """The tags of those names: what there is of a tag stays, new ones are written as the others are."""
    kept = [tag for tag in tags if tag_name(tag) in names]
    there = {tag_name(tag) for tag in kept}
    objects = any(isinstance(tag, dict) for tag in tags)
    return kept + [{"name": name} if objects else name for name in names if name not in there]


def _check(read: Graph, graph: Graph, steps: Mapping[str, Step], old: Graph) -> None:
    """Refuse what the document would not say as the graph does."""
    if graph.goals:
        raise _cannot_say(f"a goal '{graph.goals[0].id}'", "take an execution out by a step that leads on")
    for step in {**steps, **read.steps}:
        if step not in read.steps or step not in steps or not _alike(steps[step], read.steps[step]):
            raise _cannot_say(f"the step '{step}' as it is", _step_hint(steps.get(step)))
    for (source, label), targets in _differences(graph.edges, read.edges):
        where = ", ".join(f"'{target}'" for target in targets) or "nowhere"
        hint = f"rename the outcome to one that '{source}' has, or change its parameters so that it has this one"
        raise _cannot_say(f"that '{label}' leads from '{source}' to {where}", hint)
    for (source, label), targets in _differences(_unordered(graph.uses), _unordered(read.uses)):
        where = ", ".join(f"'{target}'" for target in targets) or "nothing"
        raise _cannot_say(
            f"that '{source}' uses {where} as '{label}'", "name steps that are there, and a kind that begins with 'ai_'"
        )
    started = {trigger.id for trigger in graph.triggers}
    for trigger in {trigger.id: trigger for trigger in (*read.triggers, *graph.triggers)}:
        if trigger not in {each.id for each in read.triggers}:
            raise _cannot_say(f"that '{trigger}' starts executions", "use a type of step that is a trigger, with no way into it")
        if trigger not in started and any(each.id == trigger for each in old.triggers):
            raise _cannot_say(f"that '{trigger}' is a step but no trigger", "remove the step too, or disable it")
    if graph.name != read.name or not same(dict(graph.settings), dict(read.settings)):
        raise _cannot_say("the name or the settings of the workflow as they are", "leave out what the tool keeps for itself")


def _alike(step: Step, read: Step) -> bool:
    return (step.type, step.disabled, step.scope) == (read.type, read.disabled, read.scope) and same(
        dict(step.config), dict(read.config)
    )


def _step_hint(step: Step | None) -> str:
    if step is not None and step.type == STICKY:
        return "a sticky note is no step"
    return "keep steps outside of each other, and leave names, notes and positions out of the config"


def _differences(wanted: Iterable[Edge], read: Iterable[Edge]) -> list[tuple[tuple[str, str], list[str | None]]]:
    """The outcomes that lead elsewhere than they should, and where they should lead."""
    one, other = _by_outcome(wanted), _by_outcome(read)
    found = []
    for key in {**one, **other}:
        ways = one.get(key, [])
        if not same([[*way] for way in ways], [[*way] for way in other.get(key, [])]):
            found.append((key, [target for target, _ in ways]))
    return found


def _by_outcome(edges: Iterable[Edge]) -> dict[tuple[str, str], list[tuple[str | None, Any]]]:
    found: dict[tuple[str, str], list[tuple[str | None, Any]]] = {}
    for edge in edges:
        found.setdefault((edge.source, edge.label), []).append((edge.target, edge.condition))
    return found


def _unordered(uses: Iterable[Edge]) -> list[Edge]:
    """What is used, in one order whatever the file's: the tools of an agent have none."""
    return sorted(uses, key=lambda edge: (edge.source, edge.label, edge.target or "", repr(edge.condition)))


def _cannot_say(what: str, hint: str) -> DefinitionError:
    message = f"expected a workflow that n8n can hold but it has no way to say {what}"
    return DefinitionError(message, problems=[Problem("cannot-say", Severity.ERROR, message, hint=hint)], hint=hint)
