"""Secrets that stand in a workflow literally, where a reference to one belongs. Pure.

Nothing here may be shown: the values are only compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wflgit.core.fields import is_secret_reference
from wflgit.core.formats.meaning import Fields, Worth
from wflgit.core.impact.edits import leaves, look_up
from wflgit.core.impact.roles import holds_secret, holds_token, words_of

if TYPE_CHECKING:
    from wflgit.core.catalog import ConfigType
    from wflgit.core.graph import Pointer

_FILLED_IN = re.compile(
    r"\A(?:(?:bearer|basic|token) )?(?:=|@(?!@)|\$|\[|\{%|<|\*+\Z|x+\Z|null\Z|(?:your|my|the)[ _-]|__)"
    r"|\{\{|\$\{|\$\(|@\{|(?:_here|example)\Z|redacted|placeholder|change_?me",
    re.IGNORECASE,
)
"""An expression, what a deployment fills in, or what stands there until somebody writes the real one."""
_SPACED = frozenset({"authorization", "passphrase", "cookie"})
"""Keys under which a secret may have spaces in it."""


def literal_secrets(config: Mapping[str, Any], worths: Fields, type_: ConfigType | None = None) -> dict[Pointer, str]:
    """The secrets that stand in a config literally, by their paths.

    Args:
        config: of a step, a trigger, or what is said of the workflow as a whole.
        worths: which fields of its format are secret.
        type_: what its native type asks of it, where that is known.

    >>> literal_secrets({"headers": {"Authorization": "Bearer 5f0c1d"}, "token": "={{ $env.TOKEN }}"}, Fields())
    {('headers', 'Authorization'): 'Bearer 5f0c1d'}
    """
    found = {path: text for path, text in leaves(config) if isinstance(text, str) and _is_literal(config, path, text, worths)}
    for problem in type_.problems(config, ()) if type_ is not None else ():
        if problem.rule == "plain-secret":
            found.update(_texts(look_up(config, problem.pointer), problem.pointer))
    return found


def _texts(value: Any, path: Pointer) -> Iterator[tuple[Pointer, str]]:
    return ((inner, text) for inner, text in leaves(value, path) if isinstance(text, str) and text)


def _is_literal(config: Mapping[str, Any], path: Pointer, text: str, worths: Fields) -> bool:
    if holds_token(text):
        return True
    holder = look_up(config, path[:-1])
    key = str(path[-1])
    if key == "value" and isinstance(holder, dict) and isinstance(holder.get("name"), str):
        key = holder["name"]
    if len(text.strip()) < _LEAST or _FILLED_IN.search(text) or key.endswith(".$") or is_secret_reference(holder):
        return False
    if key == "value" and path[-2:-1] == ("authentication",):
        return worths.worth(path) is Worth.SECRET
    return holds_secret(key) and (" " not in text.strip() or not _SPACED.isdisjoint(words_of(key)))


_LEAST = 4
"""What is shorter is no secret worth the name."""
