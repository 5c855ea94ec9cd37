"""What the types of Node-RED are to wflgit, and which of their keys are no config."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from wflgit.core.graph import StepKind

TAB, GROUP, COMMENT, SUBFLOW = "tab", "group", "comment", "subflow"
USE = "subflow:"
"""What the type of a step begins with that uses a subflow; the id of the subflow follows."""
LINK_IN, LINK_OUT, LINK_CALL, CATCH, SWITCH, DELAY = "link in", "link out", "link call", "catch", "switch", "delay"

_SOURCES = frozenset(
    {"inject", CATCH, "status", "complete", "mqtt in", "http in", "websocket in", "tcp in", "udp in", "serial in", "watch"}
)
"""Types without an input: they start by themselves."""

_FED = frozenset(
    {
        # The editor's own.
        *("function", SWITCH, "change", "range", "template", DELAY, "trigger", "exec", "rbe", "debug", "junction", SUBFLOW),
        *(LINK_IN, LINK_OUT, LINK_CALL, "mqtt out", "http response", "http request", "websocket out", "tcp out", "tcp request"),
        *("udp out", "csv", "html", "json", "xml", "yaml", "split", "join", "sort", "batch", "file", "file in", "unknown"),
        # Those of Home Assistant and of common stores and services.
        *("api-call-service", "api-current-state", "api-get-history", "api-render-template", "ha-api", "ha-fire-event"),
        *("ha-get-entities", "ha-wait-until", "serial out", "serial request", "sqlite", "mysql", "postgresql", "postgres"),
        *("influxdb out", "influxdb in", "influxdb batch", "moment", "e-mail", "python-function", "counter", "telegram sender"),
    }
)
"""Types with an input: what nothing leads to waits for ever. Of any other type, what nothing leads to starts by itself."""

PAUSES = frozenset({"delay", "delayv", "random"})
"""The `pauseType` of a `delay` that holds each message back; the others limit their rate."""

_LINKING = frozenset({LINK_IN, LINK_OUT, LINK_CALL, CATCH, SUBFLOW})
"""Types of steps that lead elsewhere than by wires, or are led to so; so do those that use a subflow."""

_SHARED = frozenset({"id", "type", "g", "x", "y", "w", "h", "l", "wires", "info", "icon", "inputLabels", "outputLabels"})
_APART = _SHARED | {"d", "z", "name"}
_DRAWN = frozenset({"order", "width", "height"})
"""Where and how large something of a dashboard is; elsewhere these keys mean something."""
_OWN_KEYS = {
    **dict.fromkeys((LINK_IN, LINK_OUT, LINK_CALL), _APART | {"links"}),
    SUBFLOW: _APART | {"in", "out", "category", "color"},
}
_KINDS = {SWITCH: StepKind.CONDITION, SUBFLOW: StepKind.LOOP}


class Traits(NamedTuple):
    """What an element is by its type.

    Attributes:
        apart: the keys that are no config of it as a step: they say something else of it, or mean nothing.
        silent: those that mean nothing if it is no step.
        kind: what it does as a step, unless it starts by itself or its config says otherwise.
        stepless: whether it is never a step.
        linking: whether it leads elsewhere than by wires, or is led to so.
        source: whether it has no input.
        fed: whether it has an input for sure.
    """

    apart: frozenset[str]
    silent: frozenset[str]
    kind: StepKind
    stepless: bool
    linking: bool
    source: bool
    fed: bool


@lru_cache(maxsize=4096)
def traits(type_: str) -> Traits:
    """What elements of that type are."""
    drawn = _DRAWN if type_.startswith(("ui_", "ui-")) else frozenset[str]()
    return Traits(
        _OWN_KEYS.get(type_, _APART) | drawn,
        _SHARED | ({"locked"} if type_ == TAB else drawn),
        _KINDS.get(type_, StepKind.ACTION),
        type_ in (TAB, GROUP, COMMENT),
        type_ in _LINKING or type_.startswith(USE),
        type_ in _SOURCES,
        type_ in _FED,
    )
