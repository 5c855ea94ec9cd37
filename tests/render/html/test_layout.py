"""Where boxes stand and how ways go around them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.render.html.layout import arrange

GRAPHS = st.integers(1, 12).flatmap(
    lambda boxes: st.tuples(st.just(boxes), st.lists(st.tuples(st.integers(0, boxes - 1), st.integers(0, boxes - 1)), max_size=24))
)


@settings(max_examples=60, deadline=None)
@given(GRAPHS)
def test_no_two_boxes_touch_and_every_way_goes_from_layer_to_layer(graph: tuple[int, list[tuple[int, int]]]) -> None:
    boxes, ways = graph
    layout = arrange(boxes, ways)
    assert layout == arrange(boxes, ways)
    for number, (column, layer) in enumerate(layout.places):
        assert 0 <= column <= layout.width
        assert 0 <= layer <= layout.height
        beside = [other for other, (_, level) in enumerate(layout.places) if level == layer and other != number]
        assert all(abs(layout.places[other][0] - column) >= 1 for other in beside)
    for (source, target), route in zip(ways, layout.routes, strict=True):
        layers = [layer for _, layer in (layout.places[source], *route, layout.places[target])]
        direction = 1 if layout.places[target][1] > layout.places[source][1] else -1
        assert source == target or all(after - before == direction for before, after in pairwise(layers))


def test_nothing_is_laid_out_as_nothing() -> None:
    assert arrange(0, []).places == ()


def test_the_first_box_of_a_circle_is_on_top() -> None:
    layout = arrange(3, [(0, 1), (1, 2), (2, 0)])
    assert [layer for _, layer in layout.places] == [0, 1, 2]
    assert [layer for _, layer in layout.routes[2]] == [1]


def test_what_nothing_leads_to_stands_right_above_what_it_leads_to() -> None:
    assert arrange(4, [(0, 1), (1, 2), (3, 2)]).places[3][1] == 1


def test_bends_that_igraph_puts_too_close_together_are_moved_apart() -> None:
    ways = [*pairwise(range(12)), *[(0, 6), (2, 4), (4, 11), (6, 8), (8, 11)]]
    layout = arrange(12, ways)
    places = [*layout.places, *(place for route in {*layout.routes} for place in route)]
    for column, layer in places:
        assert all(other == column or abs(other - column) >= 1 for other, level in places if level == layer)


def test_a_thousand_steps_are_laid_out_without_two_in_one_place() -> None:
    ways = [(step, step + 1) for step in range(999)] + [(step, min(999, step + 7)) for step in range(0, 999, 5)]
    assert len({*arrange(1000, ways).places}) == 1000
