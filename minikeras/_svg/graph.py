"""Graphs of labelled boxes, some in frames, with curved arrows from top to bottom or left to right.

What a box stands for is the caller's affair: see ``minikeras.plot.model_graph`` for models.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from minikeras._svg.draw import INK, element, escape, label, number, picture, text_width
from minikeras._svg.layout import Edge, Post, layered

__all__ = ["Arrow", "Box", "Frame", "draw_graph", "leaves"]

_TITLE, _FONT, _LINE = 14.0, 12.0, 17.0
_PAD = 12.0  # inside a box
_INSET = 18.0  # between a frame and what is in it
_HEAD = 28.0  # height of a frame's title
_LOOP = 22.0  # how far an arrow from a box to itself reaches out
_TIP = 8.0  # length of an arrow's head
_MARGIN = 6.0


@dataclass(frozen=True)
class Box:
    """A box with a title and lines of a label and a value each."""

    key: str
    title: str
    lines: tuple[tuple[str, str], ...] = ()
    color: str = INK


class Arrow(NamedTuple):
    """From one member of a frame to another; frames have numbered exits and entries.

    A source of ``""`` is the frame that the arrow is in, by its entry ``exit``; likewise a target.
    """

    source: str
    target: str
    exit: int = 0
    entry: int = 0
    visible: bool = True


@dataclass(frozen=True)
class Frame:
    """Boxes and frames that belong together; the whole graph is one too, and is drawn bare."""

    key: str
    title: str
    members: "tuple[Box | Frame, ...]" = ()
    arrows: tuple[Arrow, ...] = ()
    color: str = INK
    entries: int = 0
    exits: int = 0


Member: TypeAlias = Box | Frame


@dataclass
class _Placed:
    """A member with its size and, once its frame is placed, its corner."""

    member: Member
    width: float
    height: float
    entries: list[float] = field(default_factory=list)  # along the side, from the middle
    exits: list[float] = field(default_factory=list)
    inside: list["_Placed"] = field(default_factory=list)
    paths: list[tuple[list[Post], bool, bool]] = field(default_factory=list)  # head?, drawn?
    loop: bool = False
    x: float = 0.0
    y: float = 0.0
    content: tuple[float, float] = (0.0, 0.0)  # where what is inside starts


def leaves(frame: Frame) -> Iterator[Box]:
    """Yield the boxes in a frame and in the frames inside."""
    for member in frame.members:
        if isinstance(member, Frame):
            yield from leaves(member)
        else:
            yield member


def draw_graph(graph: Frame, desc: str, *, horizontal: bool = False) -> str:
    """Draw a graph.

    Parameters
    ----------
    graph : Frame
        Its title is the title of the picture.
    desc : str
        What the picture shows, for those who cannot see it.
    horizontal : bool, default False
        Whether arrows run from left to right instead of down.

    Returns
    -------
    str
        An SVG document.

    Examples
    --------
    >>> from minikeras._svg.graph import Arrow, Box, Frame, draw_graph
    >>> graph = Frame("", "two", (Box("a", "A"), Box("b", "B")), (Arrow("a", "b"),))
    >>> svg = draw_graph(graph, "A leads to B.")
    >>> svg.count("<rect"), svg.count("<path")
    (4, 2)
    """
    placed = _place(graph, horizontal, bare=True)
    content = list(_draw(placed, 0.0, 0.0, horizontal, bare=True))
    return picture(placed.width, placed.height, graph.title, desc, content)


# Placing: the inside of a frame first, then the frame is a box like any other.


def _measure(box: Box) -> _Placed:
    first = max((text_width(name, _FONT) for name, _ in box.lines), default=0.0)
    second = max((text_width(value, _FONT) for _, value in box.lines), default=0.0)
    lines = first + (8 if first else 0) + second
    width = max(text_width(box.title, 1.1 * _TITLE), lines, 40.0) + 2 * _PAD + 3
    height = 2 * 8 + 18 + _LINE * len(box.lines)
    return _Placed(box, width, height)


def _place(member: Member, horizontal: bool, bare: bool = False) -> _Placed:
    if isinstance(member, Box):
        return _measure(member)
    inside = [_place(one, horizontal) for one in member.members]
    number_of = {one.member.key: i for i, one in enumerate(inside)}
    for arrow in member.arrows:
        if arrow.source == arrow.target:
            inside[number_of[arrow.source]].loop = True

    # Entries and exits are places of no size in the first and in the last row.
    sizes = [_turned(*_room(one, horizontal), horizontal) for one in inside]
    entries = list(range(len(sizes), len(sizes) + member.entries))
    exits = list(range(len(sizes) + len(entries), len(sizes) + len(entries) + member.exits))
    sizes += [(0.0, 0.0)] * (len(entries) + len(exits))
    edges, arrows = [], []
    for arrow in dict.fromkeys(member.arrows):  # each once
        if arrow.source == arrow.target:
            continue
        source, out = (
            (number_of[arrow.source], _port(inside[number_of[arrow.source]].exits, arrow.exit))
            if arrow.source
            else (entries[arrow.exit], 0.0)
        )
        target, into = (
            (number_of[arrow.target], _port(inside[number_of[arrow.target]].entries, arrow.entry))
            if arrow.target
            else (exits[arrow.entry], 0.0)
        )
        edges.append(Edge(source, target, out, into))
        arrows.append(arrow)
    layout = layered(sizes, edges, entries, exits)
    width, height = _turned(layout.width, layout.height, horizontal)

    head, around = (0.0, _MARGIN) if bare else (_HEAD, _INSET)
    left, top = around, around + head
    ports = [layout.middles[v][0] for v in [*entries, *exits]]
    title = text_width(member.title, 1.05 * _FONT) + 24
    if ports and not horizontal:  # arrows from above and below pass beside the title
        left = max(left, title - min(layout.middles[v][0] for v in entries or exits))
    width = max(left + width + around, 0.0 if bare else title)
    height = top + height + (around if bare or not horizontal else _INSET)
    placed = _Placed(member, width, height, inside=inside, content=(left, top))

    middle = height / 2 - top if horizontal else width / 2 - left
    placed.entries = [layout.middles[v][0] - middle for v in entries]
    placed.exits = [layout.middles[v][0] - middle for v in exits]
    for one, (along, down) in zip(inside, layout.middles, strict=False):
        x, y = _turned(along, down, horizontal)
        one.x, one.y = left + x - one.width / 2, top + y - one.height / 2
    before = left if horizontal else top
    after = (width - left if horizontal else height - top) if not bare else 0.0
    for arrow, route in zip(arrows, layout.routes, strict=True):
        if not arrow.source:  # comes in through the frame
            route[0] = route[0]._replace(top=-before)
        if not arrow.target:
            route[-1] = route[-1]._replace(bottom=after)
        # An arrow that goes on inside has its head there.
        goes_on = not arrow.target or bool(inside[number_of[arrow.target]].entries)
        placed.paths.append((route, not goes_on, arrow.visible))
    return placed


def _room(one: _Placed, horizontal: bool) -> tuple[float, float]:
    extra = 2 * _LOOP if one.loop else 0.0
    return (one.width, one.height + extra) if horizontal else (one.width + extra, one.height)


def _port(ports: list[float], index: int) -> float:
    return ports[index] if ports else 0.0


def _turned(x: float, y: float, horizontal: bool) -> tuple[float, float]:
    return (y, x) if horizontal else (x, y)


# Drawing: frames behind arrows behind boxes.


def _draw(
    placed: _Placed, x: float, y: float, horizontal: bool, bare: bool = False
) -> Iterator[str]:
    if isinstance(placed.member, Box):
        yield _box(placed.member, x, y, placed.width, placed.height)
        return
    if not bare:
        yield _frame(placed.member, x, y, placed.width, placed.height)
    left, top = x + placed.content[0], y + placed.content[1]
    for one in placed.inside:
        yield from _draw(one, x + one.x, y + one.y, horizontal)
        if one.loop:
            yield from _loop(x + one.x, y + one.y, one.width, one.height, horizontal)
    for route, head, visible in placed.paths:
        if visible:
            yield from _arrow(route, head, left, top, horizontal)


def _box(box: Box, x: float, y: float, width: float, height: float) -> str:
    said = "; ".join([box.title, *(f"{name} {value}".strip() for name, value in box.lines)])
    parts = [
        element("title", escape(said)),
        element(
            "rect",
            x=x,
            y=y,
            width=width,
            height=height,
            rx=7,
            fill=box.color,
            fill_opacity=0.12,
            stroke=box.color,
            stroke_width=1.4,
        ),
        element("rect", x=x + 5, y=y + 9, width=3.5, height=height - 18, rx=1.5, fill=box.color),
        label(box.title, x + _PAD + 3, y + 22, _TITLE, font_weight=600),
    ]
    second = max((text_width(name, _FONT) for name, _ in box.lines), default=0.0)
    second += 8 if second else 0
    for k, (name, value) in enumerate(box.lines):
        at = y + 22 + _LINE * (k + 1)
        if name:
            parts.append(label(name, x + _PAD + 3, at, _FONT, fill_opacity=0.85))
        parts.append(label(value, x + _PAD + 3 + second, at, _FONT))
    return element("g", "".join(parts))


def _frame(frame: Frame, x: float, y: float, width: float, height: float) -> str:
    shape = element(
        "rect",
        x=x,
        y=y,
        width=width,
        height=height,
        rx=10,
        fill=frame.color,
        fill_opacity=0.05,
        stroke=frame.color,
        stroke_dasharray="5 4",
    )
    name = label(frame.title, x + 12, y + 20, _FONT, font_weight=600)
    return element("g", element("title", escape(frame.title)) + shape + name)


def _arrow(
    route: list[Post], head: bool, left: float, top: float, horizontal: bool
) -> Iterator[str]:
    def at(x: float, y: float) -> str:
        across, down = _turned(x, y, horizontal)
        return f"{number(left + across)} {number(top + down)}"

    up = route[-1].bottom < route[0].top
    tip = route[-1].x, route[-1].bottom
    back = (_TIP - 1) * (-1 if up else 1) if head else 0.0
    posts = [*route[:-1], route[-1]._replace(bottom=tip[1] - back)]
    if abs(posts[-1].top - tip[1]) < abs(back):  # the last bend ends where the head begins
        posts[-1] = posts[-1]._replace(top=posts[-1].bottom)
    path = [f"M{at(posts[0].x, posts[0].top)} L{at(posts[0].x, posts[0].bottom)}"]
    for above, below in itertools.pairwise(posts):
        bend = (above.bottom + below.top) / 2
        path.append(
            f"C{at(above.x, bend)} {at(below.x, bend)} {at(below.x, below.top)} "
            f"L{at(below.x, below.bottom)}"
        )
    yield element("path", d=" ".join(path), fill="none", stroke=INK, stroke_width=1.5)
    if head:
        base = tip[1] - (_TIP if not up else -_TIP)
        wings = f"L{at(tip[0] - 4.2, base)} L{at(tip[0] + 4.2, base)}"
        yield element("path", d=f"M{at(*tip)} {wings} Z", fill=INK)


def _loop(x: float, y: float, width: float, height: float, horizontal: bool) -> Iterator[str]:
    """Draw an arrow from a box to itself, beside it."""
    along, down = _turned(x, y, horizontal)
    size, deep = _turned(width, height, horizontal)
    side = along + size
    start, end = down + 0.7 * deep, down + 0.3 * deep

    def at(a: float, b: float) -> str:
        p, q = _turned(a, b, horizontal)
        return f"{number(p)} {number(q)}"

    far = side + _LOOP
    bend = f"M{at(side, start)} C{at(far, start)} {at(far, end)} {at(side + _TIP - 1, end)}"
    yield element("path", d=bend, fill="none", stroke=INK, stroke_width=1.5)
    wings = f"L{at(side + _TIP, end - 4.2)} L{at(side + _TIP, end + 4.2)}"
    yield element("path", d=f"M{at(side, end)} {wings} Z", fill=INK)
