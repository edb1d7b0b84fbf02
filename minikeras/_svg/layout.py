"""Where the boxes of a graph go: rows from top to bottom, few crossings, straight long edges.

The four steps are those of Sugiyama's method: break cycles; a row for each box by the longest path
that leads to it; the order within the rows; positions within the rows. An edge that skips rows gets
a place of no height in each of them, so no edge runs through a box.

References
----------
K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Trans. SMC 11 (1981). E. Gansner et al., "A technique for drawing directed
graphs", IEEE Trans. Software Eng. 19 (1993): weights of edges, rows of boxes with slack.
"""

import itertools
from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Edge", "Layout", "Post", "layered"]

_BESIDE, _EDGE_BESIDE = 28.0, 14.0  # pixels between neighbours in a row: boxes, edges
_BETWEEN = 38.0  # pixels between two rows, more where edges run far sideways
_ROUNDS = 10  # of ordering; each goes down and up
_SETTLING = 20  # rounds of positioning
_PORT = 1e-5  # places in a row per pixel: ports order what would be in one place


class Edge(NamedTuple):
    """From box ``source`` to box ``target``, by number; ports count from the middle of the box."""

    source: int
    target: int
    source_port: float = 0.0
    target_port: float = 0.0


class Post(NamedTuple):
    """An upright stretch of an edge where it passes a row; between posts the edge bends."""

    x: float
    top: float
    bottom: float


class Layout(NamedTuple):
    """Middles of the boxes, the posts of each edge, and the size of the whole."""

    middles: list[tuple[float, float]]
    routes: list[list[Post]]  # from the source down to the target; upwards if it closes a cycle
    width: float
    height: float


def layered(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[Edge],
    first: Sequence[int] = (),
    last: Sequence[int] = (),
) -> Layout:
    """Place boxes so that edges point down and no two boxes overlap.

    Parameters
    ----------
    sizes : sequence of (width, height)
    edges : sequence of Edge
        None from a box to itself.
    first, last : sequence of int
        Boxes that must stand in the first or in the last row.

    Returns
    -------
    Layout

    Examples
    --------
    >>> from minikeras._svg.layout import Edge, layered
    >>> placed = layered([(40, 20), (40, 20)], [Edge(0, 1)])
    >>> placed.middles, placed.width, placed.height
    ([(20.0, 10.0), (20.0, 68.0)], 40.0, 78.0)
    """
    count = len(sizes)
    if not count:
        return Layout([], [], 0.0, 0.0)
    order, backward = _order(count, edges)
    downward = [
        Edge(e.target, e.source, e.target_port, e.source_port) if i in backward else e
        for i, e in enumerate(edges)
    ]
    rank = _ranks(count, order, downward, set(first), set(last))

    # Places in rows: the boxes, and one for each row that an edge passes.
    ranks, widths = list(rank), [width for width, _ in sizes]
    chains, steps = [], []
    for edge in downward:
        chain = [edge.source]
        for row in range(rank[edge.source] + 1, rank[edge.target]):
            chain.append(len(ranks))
            ranks.append(row)
            widths.append(0.0)
        chain.append(edge.target)
        chains.append(chain)
        for k, (above, below) in enumerate(itertools.pairwise(chain)):
            ports = (edge.source_port if k == 0 else 0.0, _last_port(edge, k, chain))
            steps.append(_Step(above, below, *ports))
    rows = _arrange(_rows(ranks, order, count), steps, len(ranks))
    x = _positions(rows, widths, steps, count)

    heights = [max((sizes[v][1] for v in row if v < count), default=0.0) for row in rows]
    shifts = [0.0] * len(rows)
    for s in steps:
        travel = abs(x[s.above] + s.above_port - x[s.below] - s.below_port)
        shifts[ranks[s.above]] = max(shifts[ranks[s.above]], travel)
    tops, y = [], 0.0
    for height, shift in zip(heights, shifts, strict=True):
        tops.append(y)
        y += height + _BETWEEN + min(70.0, 0.12 * shift)
    total = tops[-1] + heights[-1]
    middles = [(x[v], tops[rank[v]] + heights[rank[v]] / 2) for v in range(count)]
    routes = []
    for i, (edge, chain) in enumerate(zip(downward, chains, strict=True)):
        route = []
        for v in chain:
            port = edge.source_port if v == edge.source else 0.0
            port = edge.target_port if v == edge.target else port
            top = tops[ranks[v]]
            bottom = top + heights[ranks[v]]
            if v == edge.source:
                top = middles[v][1] + sizes[v][1] / 2
            elif v == edge.target:
                bottom = middles[v][1] - sizes[v][1] / 2
            route.append(Post(x[v] + port, top, bottom))
        if i in backward:
            route = [Post(post.x, post.bottom, post.top) for post in reversed(route)]
        routes.append(route)
    reach = [post.x for route in routes for post in route]
    right = max([*(x[v] + widths[v] / 2 for v in range(count)), *reach])
    return Layout(middles, routes, right, total)


class _Step(NamedTuple):
    """The part of an edge from one row to the next."""

    above: int
    below: int
    above_port: float
    below_port: float


def _last_port(edge: Edge, k: int, chain: list[int]) -> float:
    return edge.target_port if k == len(chain) - 2 else 0.0


def _order(count: int, edges: Sequence[Edge]) -> tuple[list[int], set[int]]:
    """Return the boxes in topological order, and which edges go against it."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for i, edge in enumerate(edges):
        out[edge.source].append((i, edge.target))
    state = [0] * count  # 1 on the current path, 2 done
    finished: list[int] = []
    backward: set[int] = set()
    entered = {edge.target for edge in edges}
    starts = [v for v in range(count) if v not in entered] + list(range(count))
    for start in starts:
        if state[start]:
            continue
        state[start] = 1
        path = [(start, iter(out[start]))]
        while path:
            v, leaving = path[-1]
            for i, target in leaving:
                if state[target] == 1:
                    backward.add(i)
                elif state[target] == 0:
                    state[target] = 1
                    path.append((target, iter(out[target])))
                    break
            else:
                state[v] = 2
                finished.append(v)
                path.pop()
    return finished[::-1], backward


def _ranks(
    count: int, order: list[int], edges: list[Edge], first: set[int], last: set[int]
) -> list[int]:
    """Return the row of each box: below all that lead to it, and near what it leads to."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        above[edge.target].append(edge.source)
        below[edge.source].append(edge.target)
    rank = [0] * count
    lowest = 1 if first else 0  # the first row is for those that must stand there
    for v in order:
        rank[v] = max((rank[u] + 1 for u in above[v]), default=0 if v in first else lowest)
    for v in reversed(order):  # an input that is needed late stands late: fewer long edges
        if v not in first and len(below[v]) > len(above[v]):
            rank[v] = max(rank[v], min(rank[u] for u in below[v]) - 1)
    bottom = max(rank)
    if last and any(rank[v] == bottom for v in range(count) if v not in last):
        bottom += 1
    for v in last:
        rank[v] = bottom
    used = {row: i for i, row in enumerate(sorted(set(rank)))}
    return [used[row] for row in rank]


def _rows(ranks: list[int], order: list[int], count: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for v in [*order, *range(count, len(ranks))]:
        rows[ranks[v]].append(v)
    return rows


def _arrange(rows: list[list[int]], steps: list[_Step], count: int) -> list[list[int]]:
    """Return the rows in an order with few crossings: each place near the middle of its ends."""
    above: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    below: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for step in steps:
        above[step.below].append((step.above, step.above_port))
        below[step.above].append((step.below, step.below_port))
    leaving = _leaving(steps, count)
    best, fewest = [list(row) for row in rows], _crossings(rows, leaving)
    for _ in range(_ROUNDS):
        if not fewest:
            break
        for ends, way in ((above, 1), (below, -1)):
            for row, before in list(zip(rows[::way][1:], rows[::way], strict=False)):
                _sort_by_ends(row, before, ends)
            crossed = _crossings(rows, leaving)
            if crossed < fewest:
                best, fewest = [list(row) for row in rows], crossed
    return best


def _leaving(steps: list[_Step], count: int) -> list[list[_Step]]:
    """Return what leaves each place downwards."""
    leaving: list[list[_Step]] = [[] for _ in range(count)]
    for step in steps:
        leaving[step.above].append(step)
    return leaving


def _sort_by_ends(row: list[int], before: list[int], ends: list[list[tuple[int, float]]]) -> None:
    """Sort ``row`` by where the edges from the row before come from."""
    own = {v: i for i, v in enumerate(row)}
    place = {v: i for i, v in enumerate(before)}

    def middle(v: int) -> float:
        if not ends[v]:
            return float(own[v])
        return sum(place[u] + _PORT * port for u, port in ends[v]) / len(ends[v])

    row.sort(key=middle)


def _crossings(rows: list[list[int]], leaving: list[list[_Step]]) -> int:
    """Count pairs of edges between neighbouring rows that cross."""
    crossed = 0
    for row, under in itertools.pairwise(rows):
        place = {v: i for i, v in enumerate(under)}
        ends = [
            (i, s.above_port, place[s.below] + _PORT * s.below_port)
            for i, v in enumerate(row)
            for s in leaving[v]
        ]
        seen: list[float] = []
        for _, _, end in sorted(ends):
            crossed += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return crossed


def _positions(
    rows: list[list[int]], widths: list[float], steps: list[_Step], count: int
) -> list[float]:
    """Return the middle of each place: near its ends, in order, and at a distance."""
    x = [0.0] * len(widths)
    gaps = [[_distance(u, v, widths, count) for u, v in itertools.pairwise(r)] for r in rows]
    for row, between in zip(rows, gaps, strict=True):
        at = -sum(between) / 2
        for v, gap in zip(row, [*between, 0.0], strict=True):
            x[v], at = at, at + gap
    above: list[list[tuple[int, float, float]]] = [[] for _ in widths]
    below: list[list[tuple[int, float, float]]] = [[] for _ in widths]
    for s in steps:
        weight = (1.0, 2.0, 8.0)[(s.above >= count) + (s.below >= count)]  # long edges go straight
        above[s.below].append((s.above, s.above_port - s.below_port, weight))
        below[s.above].append((s.below, s.below_port - s.above_port, weight))
    both = [up + down for up, down in zip(above, below, strict=True)]
    for k in range(_SETTLING):
        ends = both if k >= _SETTLING - 8 else (above, below)[k % 2]
        for i in range(len(rows)) if k % 2 == 0 else reversed(range(len(rows))):
            wanted, weights = [], []
            for v in rows[i]:
                total = sum(weight for *_, weight in ends[v])
                weights.append(total or 0.01)
                pull = sum(weight * (x[u] + shift) for u, shift, weight in ends[v])
                wanted.append(pull / total if total else x[v])
            for v, at in zip(rows[i], _apart(wanted, weights, gaps[i]), strict=True):
                x[v] = at
    left = min(at - width / 2 for at, width in zip(x, widths, strict=True))
    return [at - left for at in x]


def _distance(u: int, v: int, widths: list[float], count: int) -> float:
    between = _BESIDE if u < count and v < count else _EDGE_BESIDE
    return (widths[u] + widths[v]) / 2 + between


def _apart(wanted: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """Return the positions nearest to ``wanted`` (weighted squares) with at least these gaps.

    Without the gaps this is isotonic regression: pool neighbours that are in each other's way.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    pools: list[tuple[float, float, int]] = []  # where, weight, how many
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        where, size = want - offset, 1
        while pools and pools[-1][0] > where:
            other, heavy, many = pools.pop()
            where = (where * weight + other * heavy) / (weight + heavy)
            weight, size = weight + heavy, size + many
        pools.append((where, weight, size))
    places = [where for where, _, size in pools for _ in range(size)]
    return [where + offset for where, offset in zip(places, offsets, strict=True)]
