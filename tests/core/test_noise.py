from __future__ import annotations

from typing import Any

import pytest

from wflgit.core.formats.meaning import Worth
from wflgit.core.noise import Noise, find_noise

MACHINE = {
    "Comment": "Greets",
    "StartAt": "Greet",
    "States": {"Greet": {"Type": "Pass", "Next": "Stop"}, "Stop": {"Type": "Succeed", "Comment": "Done"}},
}


@pytest.mark.parametrize(
    ("new", "noise"),
    [
        ({**MACHINE, "Comment": "Says hello"}, (Noise(Worth.COSMETIC, ("Comment",), 1),)),
        ({**MACHINE, "States": {**MACHINE["States"], "Stop": {"Type": "Succeed"}}}, (Noise(Worth.COSMETIC, ("Comment",), 1),)),  # type: ignore[dict-item]
        (dict(reversed(MACHINE.items())), (Noise(Worth.COSMETIC, ("formatting",), 1),)),
        (MACHINE, (Noise(Worth.COSMETIC, ("formatting",), 1),)),
    ],
)
def test_what_differs_between_documents_that_mean_the_same_is_said(new: Any, noise: tuple[Noise, ...]) -> None:
    assert find_noise(MACHINE, new) == noise


def test_entries_of_a_list_that_change_places_are_an_order() -> None:
    old = {"StartAt": "A", "States": {}, "tags": [{"name": "x"}, {"name": "y"}]}
    new = {"StartAt": "A", "States": {}, "tags": [{"name": "y"}, {"name": "x"}]}
    assert find_noise(old, new) == (Noise(Worth.COSMETIC, ("order",), 1),)


def test_a_comment_that_comes_or_goes_is_called_by_its_type() -> None:
    tab = {"id": "t1", "type": "tab", "label": "Hall"}
    note = {"id": "c1", "type": "comment", "z": "t1", "name": "Remember", "x": 1, "y": 2, "wires": []}
    assert find_noise([tab], [tab, note]) == find_noise([tab, note], [tab]) == (Noise(Worth.COSMETIC, ("comment",), 1),)


def test_a_field_is_called_by_its_key_whatever_type_its_value_is_of() -> None:
    new = {**MACHINE, "Comment": {"type": "text"}}
    assert find_noise({key: value for key, value in MACHINE.items() if key != "Comment"}, new) == (
        Noise(Worth.COSMETIC, ("Comment",), 1),
    )


def test_what_has_no_meaning_is_told_beside_what_has() -> None:
    old = {"nodes": [node("A", 1), node("B", 1), node("C", 1)], "connections": {}, "updatedAt": "monday", "pinData": {"A": ["Ada"]}}
    new = {"nodes": [node("C", 2, url="x"), node("B", 2)], "connections": {}, "updatedAt": "tuesday", "pinData": {}}
    assert find_noise(old, new, meaning_differs=True) == (
        Noise(Worth.COSMETIC, ("order", "position"), 3),
        Noise(Worth.VOLATILE, ("updatedAt",), 1),
        Noise(Worth.PRIVATE, ("pinData",), 1),
    )


def node(name: str, x: int, **parameters: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "type": "n8n-nodes-base.set", "position": [x, 0], "parameters": parameters}


def test_where_only_what_means_something_differs_there_is_no_noise() -> None:
    new = {**MACHINE, "StartAt": "Stop"}
    assert find_noise(MACHINE, dict(reversed(new.items())), meaning_differs=True) == ()


def test_steps_under_their_ids_that_change_places_are_an_order() -> None:
    new = {**MACHINE, "States": dict(reversed([*MACHINE["States"].items()]))}  # type: ignore[attr-defined]
    assert find_noise(MACHINE, new) == (Noise(Worth.COSMETIC, ("order",), 1),)
