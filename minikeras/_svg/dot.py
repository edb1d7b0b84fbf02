"""Graphs of boxes as DOT, the language of Graphviz."""

from collections.abc import Iterator

from minikeras._svg.graph import Box, Frame

__all__ = ["dot"]


def dot(graph: Frame, *, horizontal: bool = False, dpi: float = 200, splines: str = "ortho") -> str:
    """Return a graph as DOT text.

    Parameters
    ----------
    graph : Frame
    horizontal : bool, default False
        Whether arrows run from left to right instead of down.
    dpi : float, default 200
    splines : str, default "ortho"
        How Graphviz draws arrows: ``"ortho"``, ``"curved"``, ``"polyline"``, ...

    Examples
    --------
    >>> from minikeras._svg.graph import Arrow, Box, Frame
    >>> print(dot(Frame("", "two", (Box("a", "A"), Box("b", "B")), (Arrow("a", "b"),))))
    digraph "two" {
      graph [dpi=200, rankdir=TB, splines=ortho];
      node [shape=box, style=rounded, fontname="Helvetica"];
      n0 [label="A"];
      n1 [label="B"];
      n0 -> n1;
    }
    """
    names: dict[str, str] = {}
    lines = list(_members(graph, names, "  ", [0]))
    lines += [f"  {edge}" for edge in dict.fromkeys(_edges(graph, names))]
    direction = "LR" if horizontal else "TB"
    return "\n".join(
        [
            f"digraph {_quoted(graph.title)} {{",
            f"  graph [dpi={dpi:g}, rankdir={direction}, splines={splines}];",
            '  node [shape=box, style=rounded, fontname="Helvetica"];',
            *lines,
            "}",
        ]
    )


def _members(
    frame: Frame, names: dict[str, str], indent: str, clusters: list[int]
) -> Iterator[str]:
    for member in frame.members:
        if isinstance(member, Box):
            names[member.key] = f"n{len(names)}"
            lines = [member.title, *(f"{a}: {b}" if a else b for a, b in member.lines)]
            yield f"{indent}{names[member.key]} [label={_quoted(*lines)}];"
        else:
            yield f"{indent}subgraph cluster_{clusters[0]} {{"
            clusters[0] += 1
            yield f"{indent}  label={_quoted(member.title)};"
            yield from _members(member, names, indent + "  ", clusters)
            yield f"{indent}}}"


def _edges(frame: Frame, names: dict[str, str]) -> Iterator[str]:
    inside = {member.key: member for member in frame.members}
    for arrow in frame.arrows:
        if arrow.source and arrow.target:
            look = "" if arrow.visible else " [style=invis]"
            for source in _ends(inside[arrow.source], arrow.exit, leaving=True):
                for target in _ends(inside[arrow.target], arrow.entry, leaving=False):
                    yield f"{names[source]} -> {names[target]}{look};"
    for member in frame.members:
        if isinstance(member, Frame):
            yield from _edges(member, names)


def _ends(member: Box | Frame, port: int, leaving: bool) -> Iterator[str]:
    """Yield the boxes that an arrow to or from a frame really reaches."""
    if isinstance(member, Box):
        yield member.key
        return
    inside = {one.key: one for one in member.members}
    before = member.exits if leaving else member.entries
    found = False
    for arrow in member.arrows:
        if leaving and not arrow.target and arrow.entry == port and arrow.source:
            found = True
            yield from _ends(inside[arrow.source], arrow.exit, leaving)
        elif not leaving and not arrow.source and arrow.exit == port and arrow.target:
            found = True
            yield from _ends(inside[arrow.target], arrow.entry, leaving)
    if not found and not before and member.members:  # no ports: its first or its last member
        yield from _ends(member.members[-1 if leaving else 0], 0, leaving)


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
