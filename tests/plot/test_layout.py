"""Layered layout: rows, no overlaps, edges that pass beside boxes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras._svg.layout import Edge, layered

SIDES = st.floats(1, 200)


@st.composite
def graphs(draw):
    sizes = draw(st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=14))
    number = st.integers(0, len(sizes) - 1)
    pairs = draw(st.lists(st.tuples(number, number), max_size=24))
    return sizes, [Edge(a, b) for a, b in dict.fromkeys(pairs) if a != b]


def extent(middle, size):
    (x, y), (width, height) = middle, size
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


@given(graphs())
def test_boxes_do_not_overlap_and_stay_inside(graph):
    sizes, edges = graph
    placed = layered(sizes, edges)
    boxes = [extent(*both) for both in zip(placed.middles, sizes, strict=True)]
    for left, top, right, bottom in boxes:
        assert left >= -1e-6 and top >= -1e-6
        assert right <= placed.width + 1e-6 and bottom <= placed.height + 1e-6
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


@given(graphs())
def test_edges_join_their_boxes_and_touch_no_other(graph):
    sizes, edges = graph
    placed = layered(sizes, edges)
    boxes = [extent(*both) for both in zip(placed.middles, sizes, strict=True)]
    for edge, route in zip(edges, placed.routes, strict=True):
        down = route[-1].bottom >= route[0].top
        start, end = boxes[edge.source], boxes[edge.target]
        assert route[0].top == pytest.approx(start[3] if down else start[1], abs=1e-6)
        assert route[-1].bottom == pytest.approx(end[1] if down else end[3], abs=1e-6)
        for number, box in enumerate(boxes):
            if number in (edge.source, edge.target):
                continue
            for post in route:  # bends lie between rows, where no box is
                low, high = sorted((post.top, post.bottom))
                beside = not box[0] < post.x < box[2]
                assert beside or high <= box[1] + 1e-6 or low >= box[3] - 1e-6


@given(st.integers(2, 30))
def test_a_chain_is_a_straight_column(length):
    placed = layered([(30, 10)] * length, [Edge(k, k + 1) for k in range(length - 1)])
    assert len({round(x, 6) for x, _ in placed.middles}) == 1
    heights = [y for _, y in placed.middles]
    assert heights == sorted(heights) and len(set(heights)) == length


def test_a_cycle_is_broken_by_one_edge_that_runs_up():
    placed = layered([(30, 10)] * 3, [Edge(0, 1), Edge(1, 2), Edge(2, 0)])
    up = [route[-1].bottom < route[0].top for route in placed.routes]
    assert up == [False, False, True]


def test_two_ways_do_not_cross_when_they_need_not():
    edges = [Edge(0, 3), Edge(1, 2), Edge(2, 4), Edge(3, 5)]
    placed = layered([(30, 10)] * 6, edges)
    x = [place for place, _ in placed.middles]
    assert (x[0] < x[1]) == (x[3] < x[2])


def test_first_and_last_boxes_stand_in_the_outermost_rows():
    placed = layered([(30, 10)] * 4, [Edge(0, 1), Edge(1, 2)], first=[0], last=[3])
    y = [place for _, place in placed.middles]
    assert y[0] == min(y) and y[3] == max(y) and y.count(y[3]) == 1


def test_a_late_input_stands_near_its_user():
    edges = [Edge(0, 1), Edge(1, 2), Edge(2, 3), Edge(4, 3)]
    placed = layered([(30, 10)] * 5, edges)
    assert placed.middles[4][1] == placed.middles[2][1]


def test_nothing_takes_no_room():
    assert layered([], []) == ([], [], 0.0, 0.0)


def test_a_deep_graph_needs_no_deep_recursion():
    count = 3000
    placed = layered([(10, 5)] * count, [Edge(k, k + 1) for k in range(count - 1)])
    assert len(placed.middles) == count
