"""Documents of n8n to the graph: what is recognised, which fields mean something, and what becomes of them."""

from __future__ import annotations

from functools import lru_cache
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.formats.meaning import Feature, Fields
from wflgit.core.formats.n8n.outputs import NEXT, is_named, outputs
from wflgit.core.formats.shapes import field_problems, list_of, object_of, text_of, unique
from wflgit.core.graph import Edge, EdgeKind, Graph, Pointer, Step, StepKind, Trigger
from wflgit.core.jsonvalues import at
from wflgit.core.wording import wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wflgit.core.problems import Problem

NAME = "n8n"
TITLE = "n8n"
LACKS = frozenset({Feature.GOALS, Feature.SPLITS})

STICKY = "n8n-nodes-base.stickyNote"
_WEBHOOK = "n8n-nodes-base.webhook"

_SECRETS = (
    *("password", "passphrase", "secret", "clientSecret", "privateKey", "token", "accessToken", "refreshToken", "authToken"),
    *("bearerToken", "apiToken", "apiKey", "api_key", "apikey", "access_token", "Authorization", "authorization"),
)
_COSMETIC = ("notes", "notesInFlow", "position", "color")
_COSMETIC_OF_ALL = ("notes", "nodeGroups")
_VOLATILE_OF_ALL = (
    *(
        "id",
        "versionId",
        "versionCounter",
        "versionMetadata",
        "updatedAt",
        "createdAt",
        "triggerCount",
        "meta",
        "isArchived",
        "hash",
    ),
    *("activeVersionId", "activeVersion", "workflowPublishHistory", "sourceWorkflowId", "parentFolder", "parentFolderId", "scopes"),
    *("checksum", "_n8n_id", "_fileName", "_folderPath", "_comment"),
)
_PRIVATE_OF_ALL = ("pinData", "staticData", "shared", "homeProject", "sharedWithProjects", "ownedBy", "usedCredentials")
FIELDS = Fields(
    cosmetic=(*_COSMETIC_OF_ALL, *(f"nodes/*/{name}" for name in _COSMETIC)),
    volatile=(
        *_VOLATILE_OF_ALL,
        *(f"tags/*/{name}" for name in ("id", "createdAt", "updatedAt")),
        *("nodes/*/id", "nodes/*/webhookId"),
        *(f"nodes/*/parameters/**/{name}" for name in ("cachedResultName", "cachedResultUrl")),
        *(f"nodes/*/parameters/**/{name}/*/id" for name in ("conditions", "assignments")),
    ),
    secret=(
        *(f"**/parameters/**/{name}" for name in _SECRETS),
        *(f"**/credentials/**/{name}" for name in _SECRETS),
        *(f"**/parameters/{name}/*/*/value" for name in ("headerParameters", "headerParametersUi", "parametersHeaders")),
    ),
    private=_PRIVATE_OF_ALL,
)

_SILENT = frozenset({"id", "name", "type", "webhookId", "disabled", *_COSMETIC})
"""What of a step is no config."""

_APART = frozenset({"nodes", "connections", "name", "tags", *_COSMETIC_OF_ALL, *_VOLATILE_OF_ALL, *_PRIVATE_OF_ALL})
"""What of a workflow is no setting as it stands."""

_CACHED = frozenset({"cachedResultName", "cachedResultUrl"})
_CONTAINERS = (dict, list)
_ROWS = frozenset({"conditions", "assignments"})

_KINDS = {
    "n8n-nodes-base.if": StepKind.CONDITION,
    "n8n-nodes-base.switch": StepKind.CONDITION,
    "n8n-nodes-base.filter": StepKind.CONDITION,
    "n8n-nodes-base.wait": StepKind.WAIT,
    "n8n-nodes-base.stopAndError": StepKind.END,
}
_TRIGGERS = frozenset({_WEBHOOK, *(f"n8n-nodes-base.{name}" for name in ("cron", "interval", "start", "emailReadImap"))})
"""Types that start executions though their name does not end in `Trigger`."""

_BY_HAND = frozenset(
    {
        *(f"n8n-nodes-base.{name}" for name in ("manualTrigger", "start", "evaluationTrigger")),
        "@n8n/n8n-nodes-langchain.manualChatTrigger",
    }
)
_ON_ERROR = frozenset({"n8n-nodes-base.errorTrigger"})

_WRAPPERS = ("workflow", "data")
_DEPTH = 4
_SEVERAL_HINT = "export each workflow to a file of its own: n8n export:workflow --all --separate --output=workflows/"


class Named(NamedTuple):
    """A step as it stands in a document: where in the list, under which id, and what is said of it."""

    place: int
    id: str
    raw: Mapping[str, Any]


def recognise(document: object) -> bool:
    """Say whether a parsed document is meant as a workflow of n8n, or as a list of several.

    >>> recognise({"nodes": [], "connections": {}}), recognise([{"id": "1", "type": "tab"}])
    (True, False)
    """
    return _inside(document) is not None or _several(document) > 1


def root(document: object) -> Pointer:
    """Where in the document the workflow is; some tools write a list of one, or an object around it."""
    return _inside(document) or ()


def find_workflow(document: object) -> tuple[Pointer, Mapping[str, Any]]:
    """Find the workflow itself in a document.

    Returns:
        Where it is, and its object.

    Raises:
        DefinitionError: where there is none, or several.
    """
    base = _inside(document)
    if base is None:
        found = tuple(shape_problems(document))
        raise DefinitionError(found[0].message, problems=found, hint=found[0].hint)
    return base, object_of(at(document, base))


def shape_problems(document: object) -> Iterator[Problem]:
    """Say why no graph can be made of a document."""
    count = _several(document)
    if count > 1:
        message = f"expected one workflow but found a list of {count}"
        yield wrong(message, (), _SEVERAL_HINT, rule="several-workflows")
    elif isinstance(document, dict) and isinstance(document.get("nodes"), list):
        yield from field_problems(document, "connections", dict, ())
    else:
        yield from field_problems(object_of(document), "nodes", list, ())


def _inside(document: object) -> Pointer | None:
    """The way from a document through what is wrapped around its workflow; None if there is no workflow."""
    way: Pointer = ()
    for _ in range(_DEPTH):
        if _is_workflow(document):
            return way
        if isinstance(document, list) and len(document) == 1:
            key: str | int = 0
        elif isinstance(document, dict) and "nodes" not in document:
            key = next((name for name in _WRAPPERS if isinstance(document.get(name), dict | list)), "")
        else:
            return None
        if key == "":
            return None
        document = document[key]  # type: ignore[index]  # a list by 0, an object by a name
        way = (*way, key)
    return None


def _several(document: object) -> int:
    """How many workflows a list of nothing else holds."""
    return len(document) if isinstance(document, list) and all(map(_is_workflow, document)) else 0


def _is_workflow(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("nodes"), list):
        return False
    return isinstance(value.get("connections"), dict) or any(map(_is_typical, value["nodes"]))


def _is_typical(raw: object) -> bool:
    """Whether an object is a step of n8n by its own looks: other tools have `nodes` too."""
    return isinstance(raw, dict) and isinstance(raw.get("type"), str) and "parameters" in raw and "position" in raw


def to_graph(document: Any) -> Graph:
    """Make the graph of a workflow; of a faulty one, as much as can be made out.

    A step's id is its name. Sticky notes are no steps. Connections from a step that does not exist are left out.

    Args:
        document: a parsed document that `recognise` accepts.

    Returns:
        The graph, steps in the order of the file. Each trigger is a step too, and executions that it starts begin there.

    Raises:
        DefinitionError: if the document is a list of several workflows.

    >>> workflow = {"nodes": [{"name": "A", "type": "x"}], "connections": {"A": {"main": [[{"node": "B"}]]}}}
    >>> [(edge.source, edge.label, edge.target) for edge in to_graph(workflow).edges]
    [('A', 'next', 'B')]
    """
    base, workflow = find_workflow(document)
    found, names = identify(list_of(workflow.get("nodes")))
    edges, uses, loose = _read_connections(object_of(workflow.get("connections")), found, names, (*base, "connections"))
    entered = {edge.target for edge in edges}
    steps = _read_steps(found, entered, (*base, "nodes"))
    triggers = [
        Trigger(step.id, step.type, step.config, step.pointer, step.id, step.disabled)
        for step in steps.values()
        if step.kind is StepKind.TRIGGER
    ]
    name = workflow.get("name")
    return Graph(
        format=NAME,
        name=name if isinstance(name, str) else None,
        start=_start(steps, triggers, edges, uses, entered),
        triggers=tuple(triggers),
        steps=steps,
        edges=tuple(edges),
        settings=_settings(workflow),
        uses=tuple(uses),
        loose=loose,
    )


def identify(raws: Sequence[Any]) -> tuple[list[Named], dict[str, str]]:
    """Give every step its id.

    Returns:
        The steps, and by each name the id of the first step that has it: connections by that name are meant for it.
    """
    found: list[Named] = []
    names: dict[str, str] = {}
    taken: set[str] = set()
    again: dict[str, int] = {}
    for index, raw in enumerate(raws):
        if not isinstance(raw, dict) or raw.get("type") == STICKY:
            continue
        name = raw.get("name")
        if not isinstance(name, str) or not name:
            step_id = unique(text_of(raw.get("id")) or f"nodes[{index}]", taken)
        elif name in taken:
            # Not `unique`, which would count from the start each time: broken generators write a name hundreds of times.
            count = again.get(name, 1) + 1
            while (step_id := f"{name} ({count})") in taken:
                count += 1
            again[name] = count
            taken.add(step_id)
            names.setdefault(name, step_id)
        else:
            taken.add(name)
            names[name] = step_id = name
        found.append(Named(index, step_id, raw))
    return found, names


def _read_connections(
    connections: Mapping[str, Any], found: Iterable[Named], names: Mapping[str, str], base: Pointer
) -> tuple[list[Edge], list[Edge], dict[str, tuple[str, ...]]]:
    raws = {named.id: named.raw for named in found}
    edges: list[Edge] = []
    uses: list[Edge] = []
    loose: dict[str, tuple[str, ...]] = {}
    for name, ports in connections.items():
        source = names.get(name)
        if source is None or not isinstance(ports, dict):
            continue
        for port, listed in ports.items():
            if not isinstance(listed, list):
                continue
            if port == "main":
                type_ = text_of(raws[source].get("type"))
                plain = len(listed) == 1 and not is_named(type_)
                labels = (NEXT,) if plain else outputs(type_, raws[source], len(listed))
                _read_ways(edges, source, labels, listed, names, (*base, name, port))
                if len(labels) > 1:
                    ends = [label for index, (label, _) in enumerate(labels) if index >= len(listed) or not listed[index]]
                    if ends:
                        loose[source] = tuple(ends)
            elif port == "error":
                _read_ways(edges, source, (("error", EdgeKind.ERROR),) * len(listed), listed, names, (*base, name, port))
            elif port.startswith("ai_"):
                _read_uses(uses, source, port, listed, names, (*base, name, port))
    return edges, uses, loose


def _read_ways(
    edges: list[Edge],
    source: str,
    labels: Sequence[tuple[str, EdgeKind]],
    listed: Sequence[Any],
    names: Mapping[str, str],
    base: Pointer,
) -> None:
    """Read the ways on of a step: by output a list of where it leads."""
    for index, entries in enumerate(listed):
        if not isinstance(entries, list):
            continue
        label, kind = labels[index]
        for place, entry in enumerate(entries):
            if isinstance(entry, dict) and isinstance(target := entry.get("node"), str):
                condition = inlet(entry, 0) if entry.get("index") else None
                edges.append(Edge(source, label, names.get(target, target), kind, condition, (*base, index, place, "node")))


def _read_uses(uses: list[Edge], used: str, port: str, listed: Sequence[Any], names: Mapping[str, str], base: Pointer) -> None:
    """Read who uses a step. In the file the arrow leads from the helper to its user."""
    for index, entries in enumerate(listed):
        for place, entry in enumerate(list_of(entries)):
            user = names.get(text_of(object_of(entry).get("node")))
            if user is not None:
                uses.append(Edge(user, port, used, EdgeKind.USES, inlet(entry, index), (*base, index, place)))


def inlet(entry: Mapping[str, Any], output: int) -> dict[str, int] | None:
    """Which of its inputs a connection leads to, and which output of a helper it comes from; None if it is the first, as mostly."""
    index = entry.get("index")
    said = {"input": index} if isinstance(index, int) and index > 0 and index is not True else {}
    if output:
        said["output"] = output
    return said or None


@lru_cache(maxsize=4096)
def _kind(type_: str) -> StepKind:
    if type_ in _TRIGGERS or type_.endswith(("Trigger", ".trigger")):
        return StepKind.TRIGGER
    return _KINDS.get(type_, StepKind.ACTION)


def _read_steps(found: Iterable[Named], entered: Collection[str | None], base: Pointer) -> dict[str, Step]:
    """Read the steps; `entered` are those that something leads to."""
    steps = {}
    for place, step_id, raw in found:
        type_ = text_of(raw.get("type"))
        kind = _kind(type_)
        if type_ == _WEBHOOK and step_id in entered:
            kind = StepKind.ACTION
        config = {key: value for key, value in raw.items() if key not in _SILENT}
        # An empty object says the same as none.
        if (parameters := config.get("parameters")) == {}:
            del config["parameters"]
        elif isinstance(parameters, dict) and _may_be_noisy(parameters):
            config["parameters"] = stripped(parameters)
        if config.get("credentials") == {}:
            del config["credentials"]
        name, key = raw.get("name"), raw.get("id")
        steps[step_id] = Step(
            step_id,
            type_,
            kind,
            config,
            name if name != step_id and text_of(name) else None,
            None,
            raw.get("disabled") is True,
            (*base, place),
            key if key != step_id and text_of(key) else None,
        )
    return steps


def _may_be_noisy(value: Any) -> bool:
    """Whether there is anything in a value that `stripped` might take away; most have nothing of it, and this is fast."""
    todo = [value]
    while todo:
        inside = todo.pop()
        if inside.__class__ is dict:
            if "__rl" in inside or ("id" in inside and _has_row_id(inside)):
                return True
            inside = inside.values()
        for inner in inside:
            if inner.__class__ is dict or inner.__class__ is list:
                todo.append(inner)  # noqa: PERF401  a comprehension would be slower, for most are empty
    return False


def stripped(value: Any) -> Any:
    """A value without what the editor keeps in it for itself; the same object if there is nothing of it.

    >>> stripped({"sheet": {"__rl": True, "value": "abc", "cachedResultName": "Leads"}})
    {'sheet': {'__rl': True, 'value': 'abc'}}
    """
    if isinstance(value, dict):
        cleaned = {}
        for key, inner in value.items():
            is_list = inner.__class__ is list
            if inner.__class__ is dict or (is_list and key != "schema"):  # lists of columns are long, and have nothing of it
                clean = stripped(inner)
                if is_list and key in _ROWS:
                    clean = _without_row_ids(clean)
                if clean is not inner:
                    cleaned[key] = clean
        if "__rl" in value and not _CACHED.isdisjoint(value):
            return {key: cleaned.get(key, inner) for key, inner in value.items() if key not in _CACHED}
        return value | cleaned if cleaned else value
    if isinstance(value, list):
        items = [stripped(inner) if isinstance(inner, _CONTAINERS) else inner for inner in value]
        return value if all(map(is_, value, items)) else items
    return value


def _without_row_ids(rows: list[Any]) -> list[Any]:
    """Conditions and assignments without the ids by which the editor tells its rows apart."""
    if not any(map(_has_row_id, rows)):
        return rows
    return [{key: value for key, value in row.items() if key != "id"} if _has_row_id(row) else row for row in rows]


def _has_row_id(row: object) -> bool:
    return isinstance(row, dict) and "id" in row and ("operator" in row or ("name" in row and "value" in row))


def _start(
    steps: Mapping[str, Step],
    triggers: Sequence[Trigger],
    edges: Iterable[Edge],
    uses: Iterable[Edge],
    entered: Collection[str | None],
) -> str | None:
    """The step at which executions begin, if it can be only one."""
    if not triggers:
        used = {edge.target for edge in uses}
        ways_in = [step for step in steps if step not in entered and step not in used]
        return ways_in[0] if len(ways_in) == 1 else None
    left = [trigger for trigger in triggers if not trigger.disabled]
    if len(left) > 1:
        leading = {edge.source for edge in edges}
        left = [trigger for trigger in left if trigger.id in leading] or left
    for types in (_BY_HAND, _ON_ERROR):
        if len(left) > 1:
            left = [trigger for trigger in left if trigger.type not in types] or left
    return left[0].id if len(left) == 1 else None


def _settings(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the workflow as a whole."""
    found = {key: value for key, value in workflow.items() if key not in _APART and not key.startswith("_")}
    if found.get("settings") == {}:
        del found["settings"]
    tags = tag_names(workflow.get("tags"))
    return found | {"tags": tags} if tags else found


def tag_names(tags: object) -> list[str]:
    """The names of tags, sorted; files have them as texts or as objects."""
    return sorted({name for tag in list_of(tags) if (name := tag_name(tag))})


def tag_name(tag: object) -> str:
    """What a tag is called; empty if that cannot be told."""
    return text_of(tag) or text_of(object_of(tag).get("name"))
