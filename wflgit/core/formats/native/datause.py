"""Variables of a native workflow: `set_variable` sets them, templates (`{{round + 1}}`) and conditions read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.datause import DataUse, texts

if TYPE_CHECKING:
    from wflgit.core.graph import Graph

_SETTING = "set_variable"
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME_OR_TEXT = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])(?P<name>[A-Za-z_]\w*(?:\.\w+)*)""")
_ASKING = frozenset({"exists", "not_exists"})


def data_use(graph: Graph, step_id: str) -> DataUse:
    """What a step does with data. Contacts, deals and the like are read by names too; nothing but `set_variable` sets one."""
    step = graph.steps[step_id]
    conditions = [edge.condition for edge in graph.outgoing.get(step_id, ()) if isinstance(edge.condition, dict)]
    reads = {name for text in texts([step.config, *conditions]) if "{{" in text for name in _names(text)}
    guarded = set[str]()
    todo: list[Any] = conditions
    while todo:
        match todo.pop():
            case {"field": str(field), "op": str(op)}:
                (guarded if op in _ASKING else reads).add(field)
            case {"all": [*parts]} | {"any": [*parts]}:
                todo += parts
            case {"not": part}:
                todo.append(part)
    name = step.config.get("name") if step.type == _SETTING else None
    sets = frozenset([name] if isinstance(name, str) else ())
    return DataUse(sets, frozenset(reads), guarded=frozenset(guarded))


def _names(text: str) -> set[str]:
    """What the templates in a text name.

    >>> sorted(_names("{{round + 1}} of {{ plan.rounds }} in {{'quoted'}}"))
    ['plan.rounds', 'round']
    """
    found = (match["name"] for part in _TEMPLATE.finditer(text) for match in _NAME_OR_TEXT.finditer(part[1]))
    return {name for name in found if name}
