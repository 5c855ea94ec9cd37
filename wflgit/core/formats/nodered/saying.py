"""What of a graph a file of Node-RED cannot say: found before it is written, and by reading what was written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.nodered.reading import TITLE, tidy_setting
from wflgit.core.formats.nodered.types import TAB
from wflgit.core.jsonvalues import same
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import quote
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.core.graph import Edge, Graph, Pointer, Step


def refusal(message: str, pointer: Pointer = (), hint: str | None = None) -> DefinitionError:
    """The error for a graph that a file of Node-RED cannot say."""
    return DefinitionError(message, problems=[Problem("cannot-say", Severity.ERROR, message, pointer, hint=hint)], hint=hint)


def check_parts(graph: Graph) -> None:
    """Refuse what no file of Node-RED has.

    Raises:
        DefinitionError: if there is any of it.
    """
    if graph.name is not None:
        raise refusal(f"expected what {TITLE} can say but there is a name, {quote(graph.name)}", hint="name a tab instead")
    for goal in graph.goals:
        raise refusal(f"expected what {TITLE} can say but there is a goal '{goal.id}'", goal.pointer, "remove the goal")


def said_configs(before: Graph, after: Graph) -> dict[str, Mapping[str, Any]]:
    """What each step is to say; of a trigger, which says it twice, what was changed counts.

    Raises:
        DefinitionError: if a trigger and its step are to say two different things.
    """
    configs = {step.id: step.config for step in after.steps.values()}
    old = {trigger.id: trigger.config for trigger in before.triggers}
    for trigger in after.triggers:
        mine = configs.get(trigger.id)
        if mine is None:
            message = f"expected a step with the id of the trigger '{trigger.id}' but there is none"
            raise refusal(message, trigger.pointer, "add the step too")
        if same(mine, trigger.config) or (trigger.id in old and same(trigger.config, old[trigger.id])):
            continue
        if trigger.id in old and not same(mine, old[trigger.id]):
            raise refusal(f"expected trigger '{trigger.id}' to say what its step says but they differ", trigger.pointer)
        configs[trigger.id] = trigger.config
    return configs


def is_off(graph: Graph, z: object) -> bool:
    """Whether all of a tab is disabled."""
    tab = graph.settings.get(f"{TAB} {z}")
    return isinstance(tab, dict) and tab.get("disabled") is True


def check_said(wanted: Graph, before: Graph, said: Graph) -> None:
    """Refuse a graph of which something got lost when it was written.

    What follows from the rest is not looked at: where it starts, what kind steps are, and that more of them start by themselves.

    Raises:
        DefinitionError: at the first part that is not the same.
    """
    starting = {trigger.id for trigger in said.triggers}
    for trigger in wanted.triggers:
        if trigger.id not in starting:
            message = f"expected a step that starts by itself but '{trigger.id}' of type '{trigger.type}' does not"
            raise refusal(message, trigger.pointer, "lead nothing to it, or remove it from the triggers")
    for lost in sorted(wanted.steps.keys() ^ said.steps.keys()):
        raise refusal(f"expected a step that {TITLE} can say but '{lost}' is none", hint="give it another type")
    configs = said_configs(before, wanted)
    for id_, step in wanted.steps.items():
        if not _same_step(step._replace(config=configs[id_]), said.steps[id_], off=is_off(said, configs[id_].get("z"))):
            raise refusal(f"expected a step that {TITLE} can say but '{id_}' would not be what it is", step.pointer)
    _check_edges(wanted.edges, said.edges)
    _check_edges(wanted.uses, said.uses)
    for key in sorted(wanted.settings.keys() | said.settings.keys()):
        one, other = wanted.settings.get(key), said.settings.get(key)
        if not same(tidy_setting(key.partition(" ")[0], dict(one)) if isinstance(one, dict) else one, other):
            raise refusal(f"expected a setting that {TITLE} can say but '{key}' is none")


def _same_step(wanted: Step, said: Step, *, off: bool) -> bool:
    if (wanted.type, wanted.name or None, wanted.scope) != (said.type, said.name, said.scope):
        return False
    return same(wanted.config, said.config) and (off or wanted.disabled == said.disabled)


def _check_edges(wanted: tuple[Edge, ...], said: tuple[Edge, ...]) -> None:
    """Refuse edges that are not all there again, whatever order they come in."""
    expected, found = Counter(map(_edge_key, wanted)), Counter(map(_edge_key, said))
    if expected == found:
        return
    edge = next(edge for edge in (*wanted, *said) if expected[_edge_key(edge)] != found[_edge_key(edge)])
    to = "the end" if edge.target is None else f"'{edge.target}'"
    message = f"expected ways that {TITLE} can say but cannot say those with '{edge.label}' from '{edge.source}' to {to}"
    raise refusal(message, edge.pointer)


def _edge_key(edge: Edge) -> tuple[str, str, str | None, str, str]:
    return edge.source, edge.label, edge.target, edge.kind.value, repr(edge.condition)
