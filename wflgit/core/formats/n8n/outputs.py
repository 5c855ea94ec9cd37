"""What the outputs of a step are called.

A file numbers them, and which number means what depends on the type of the step, its version and its parameters. For types that
are not known here the first output is the plain way on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.shapes import list_of, object_of, text_of, unique
from wflgit.core.graph import EdgeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

Output = tuple[str, EdgeKind]
"""The outcome that an output stands for, and why one goes that way."""

NEXT: Output = ("next", EdgeKind.NEXT)
ERROR: Output = ("error", EdgeKind.ERROR)

_MANY = 1000
"""More outputs than this are taken for a slip."""

_Named = Callable[[Mapping[str, Any], float], "list[Output]"]


def outputs(type_: str, said: Mapping[str, Any], width: int) -> Sequence[Output]:
    """Name the outputs of a step.

    Args:
        type_: the type of the step.
        said: what is said of it; `parameters`, `typeVersion` and `onError` are looked at.
        width: how many outputs the connections of the step show at least.

    Returns:
        The outputs in the order of their numbers, as many as `width` or more. No two are called the same.

    >>> [label for label, kind in outputs("n8n-nodes-base.if", {"onError": "continueErrorOutput"}, 1)]
    ['true', 'false', 'error']
    """
    failing = said.get("onError") == "continueErrorOutput"
    named = _NAMED.get(type_)
    if named is None:
        if failing:
            # How many outputs the type has is not known, but the one for errors is always the last.
            return [NEXT, *_numbered(1, width - 1), ERROR]
        return [NEXT, *_numbered(1, width)]
    version = said.get("typeVersion")
    found = named(object_of(said.get("parameters")), version if isinstance(version, int | float) else 1)
    if failing and type_ in _HALF_DECLARED:
        found = found[:1]
    taken = {"error"} if failing else set()
    distinct = [(unique(label, taken), kind) for label, kind in found]
    if failing:
        distinct.append(ERROR)
    return [*distinct, *((unique(label, taken), kind) for label, kind in _numbered(len(distinct), width))]


def numbered(label: str) -> int:
    """Which output a label without a name of its own stands for; 0 for any other label."""
    digits = label.removeprefix("output ")
    return int(digits) if digits != label and digits.isascii() and digits.isdigit() and len(digits) < len(str(_MANY)) else 0


def is_named(type_: str) -> bool:
    """Whether it is known what the outputs of the type are called."""
    return type_ in _NAMED


def _numbered(first: int, end: int) -> list[Output]:
    return [(f"output {index}", EdgeKind.BRANCH) for index in range(first, end)]


def _branches(labels: Sequence[object]) -> list[Output]:
    """Outputs by their names; one without a name is called by its number."""
    return [(text_of(label) or str(index), EdgeKind.BRANCH) for index, label in enumerate(labels)]


def _fixed(*labels: str) -> _Named:
    found = [NEXT if label == "next" else (label, EdgeKind.BRANCH) for label in labels]
    return lambda parameters, version: found  # noqa: ARG005  the same whatever is said


def _loop(_: Mapping[str, Any], version: float) -> list[Output]:
    """The loop over batches: its two outputs changed places with version 3, and version 1 has but one."""
    return _branches(["done", "loop"] if version >= 3 else ["loop", "done"])


def _switch(parameters: Mapping[str, Any], version: float) -> list[Output]:
    if parameters.get("mode") == "expression":
        amount = parameters.get("numberOutputs" if version >= 3 else "outputsAmount")
        return _branches([""] * (min(amount, _MANY) if isinstance(amount, int) and amount > 0 else 4))
    if version < 2:
        return _branches([""] * 4)
    rules = object_of(parameters.get("rules"))
    entries = list_of(rules.get("values")) or list_of(rules.get("rules"))
    found = _branches([object_of(entry).get("outputKey") for entry in entries])
    options = object_of(parameters.get("options"))
    if options.get("fallbackOutput") in ("extra", "last"):
        found.append((text_of(options.get("renameFallbackOutput")) or "Fallback", EdgeKind.DEFAULT))
    return found


def _classifier(parameters: Mapping[str, Any], _: float) -> list[Output]:
    entries = list_of(object_of(parameters.get("categories")).get("categories"))
    found = _branches([object_of(entry).get("category") for entry in entries])
    if object_of(parameters.get("options")).get("fallback") == "other":
        found.append(("Other", EdgeKind.DEFAULT))
    return found


def _sentiment(parameters: Mapping[str, Any], _: float) -> list[Output]:
    text = text_of(object_of(parameters.get("options")).get("categories")) or "Positive, Neutral, Negative"
    return _branches([label.strip() for label in text.split(",")[:_MANY]])


def _webhook(parameters: Mapping[str, Any], _: float) -> list[Output]:
    if parameters.get("multipleMethods") is not True:
        return [NEXT]
    return _branches(list_of(parameters.get("httpMethod")) or ["GET", "POST"])


def _guardrails(parameters: Mapping[str, Any], _: float) -> list[Output]:
    return [NEXT] if parameters.get("operation") == "sanitize" else _branches(["Pass", "Fail"])


def _evaluation(parameters: Mapping[str, Any], _: float) -> list[Output]:
    return _branches(["Evaluation", "Normal"]) if parameters.get("operation") == "checkIfEvaluating" else [NEXT]


_NAMED: Mapping[str, _Named] = {
    "n8n-nodes-base.if": _fixed("true", "false"),
    "n8n-nodes-base.filter": _fixed("next", "discarded"),
    "n8n-nodes-base.removeDuplicates": _fixed("next", "discarded"),
    "n8n-nodes-base.switch": _switch,
    "n8n-nodes-base.splitInBatches": _loop,
    "n8n-nodes-base.compareDatasets": _fixed("In A only", "Same", "Different", "In B only"),
    "n8n-nodes-base.webhook": _webhook,
    "n8n-nodes-base.respondToWebhook": _fixed("next", "Response"),
    "n8n-nodes-base.evaluation": _evaluation,
    "@n8n/n8n-nodes-langchain.textClassifier": _classifier,
    "@n8n/n8n-nodes-langchain.sentimentAnalysis": _sentiment,
    "@n8n/n8n-nodes-langchain.guardrails": _guardrails,
}

_HALF_DECLARED = frozenset({"n8n-nodes-base.filter", "n8n-nodes-base.removeDuplicates", "n8n-nodes-base.respondToWebhook"})
"""Types whose second output comes and goes, so that one for errors takes its place."""
