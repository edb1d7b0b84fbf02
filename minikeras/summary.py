"""Pictures of a model: the table that ``summary()`` prints, as text and as HTML."""

import math
import shutil
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple

from minikeras import plot
from minikeras.graph import Graph, placeholders
from minikeras.layers import Layer, Operation

__all__ = ["Row", "html", "rows", "text"]

_POSITIONS = {3: (0.45, 0.8, 1.0), 4: (0.3, 0.56, 0.74, 1.0)}
"""Where Keras's columns end, as parts of the line."""


class Row(NamedTuple):
    """A layer in the table."""

    name: str
    kind: str
    shape: str  # of the output
    params: int  # number of weights
    trainable: str = "-"  # Y, N, or - without weights
    sources: tuple[str, ...] = ()  # what goes in: "dense[0][1]", output 1 of the first call
    depth: int = 0  # number of models around it
    built: bool = True  # whether the layer has its weights

    @property
    def amount(self) -> str:
        """What stands in the column of weights."""
        return f"{self.params:,}" if self.built else f"{self.params:,} (unbuilt)"

    @property
    def title(self) -> str:
        """What stands in the first column."""
        inset = "   " * self.depth + "└ " if self.depth else ""
        return f"{inset}{self.name} ({self.kind})"


def rows(model: Any, expand_nested: bool = False) -> list[Row]:
    """Return one row per layer; with ``expand_nested``, those inside a model follow its own.

    Before the model is built its shapes are not known yet: each is ``?``.
    """
    return list(_rows(model, expand_nested, 0))


def _rows(model: Any, expand_nested: bool, depth: int) -> Iterator[Row]:
    layers, sources = model.layers, {}
    if model._graph is None or not model.built:
        shapes = model.layer_shapes()
    else:
        shapes = _shapes(model._graph)
        if model._row is None:
            layers, sources = model._graph.layers, _sources(model._graph)
    for layer in layers:
        yield Row(
            layer.name,
            _kind(layer),
            shapes.get(id(layer), "?"),
            sum(variable.size for variable in layer.weights),
            "-" if not layer.weights else "Y" if layer.trainable else "N",
            sources.get(id(layer), ()),
            depth,
            layer.built,
        )
        if expand_nested and hasattr(layer, "layer_shapes"):  # a model
            yield from _rows(layer, True, depth + 1)


def _kind(layer: Layer) -> str:
    if isinstance(layer, Operation):  # np.expand_dims is shown as ExpandDims
        name = layer.function.__name__.strip("_")
        return "".join(part.title() for part in name.split("_"))
    return type(layer).__name__


def _shapes(graph: Graph) -> dict[int, str]:
    """Return the output shape of each layer; that of the last call where there are several."""
    found: dict[int, str] = {}
    for node in graph.nodes:
        shapes = [str(tensor.shape) for tensor in placeholders(node.outputs)]
        found[id(node.layer)] = shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"
    return found


def _sources(graph: Graph) -> dict[int, tuple[str, ...]]:
    """Return what each layer is connected to; nothing where the layers are a plain row."""
    calls: dict[int, int] = {}
    label: dict[int, str] = {}
    found: dict[int, tuple[str, ...]] = {}
    for node in graph.nodes:
        call = calls[id(node.layer)] = calls.get(id(node.layer), -1) + 1
        for i, tensor in enumerate(placeholders(node.outputs)):
            label[id(tensor)] = f"{node.layer.name}[{call}][{i}]"
        names = tuple(label.get(id(tensor), "-") for tensor in node.inputs)
        found[id(node.layer)] = found.get(id(node.layer), ()) + names
    ends = [name for names in found.values() for name in names]
    in_a_row = all(len(names) < 2 for names in found.values()) and len(set(ends)) == len(ends)
    return {} if in_a_row else found


def text(
    model: Any,
    show_trainable: bool = False,
    expand_nested: bool = False,
    layer_range: tuple[str, str] | None = None,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
) -> str:
    """Return the table of layers, as Keras draws it.

    It is as wide as it needs, unless ``line_length`` says how wide, or ``positions`` where the
    columns end; then longer texts are broken into lines, and longer words cut.
    """
    shown = _between(rows(model, expand_nested), layer_range)
    titles = ["Layer (type)", "Output Shape", "Param #"]
    least = [31, 22, 13]
    table = [[[row.title], [row.shape], [row.amount]] for row in shown]
    if any(row.sources for row in shown):
        titles.append("Connected to")
        least.append(17)
        for cells, row in zip(table, shown, strict=True):
            cells.append(list(row.sources) or ["-"])
    if show_trainable:
        titles.append("Trainable")
        least.append(9)
        for cells, row in zip(table, shown, strict=True):
            cells.append([row.trainable])
    heads = [[title] for title in titles]
    if line_length or positions is not None:
        widths = _fixed_widths(titles, line_length, positions)
        heads, *table = [
            [
                [line for part in cell for line in _broken(part, width)]
                for cell, width in zip(cells, widths, strict=True)
            ]
            for cells in [heads, *table]
        ]
    else:
        widths = [
            max(minimum, len(titles[i]), *(len(part) for cells in table for part in cells[i]))
            for i, minimum in enumerate(least)
        ]

    def line(cells: list[str], bar: str) -> str:
        aligned = [
            cell.rjust(width) if i == 2 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"{bar} " + f" {bar} ".join(aligned) + f" {bar}"

    def rule(left: str, dash: str, cross: str, right: str) -> str:
        return left + cross.join(dash * (width + 2) for width in widths) + right

    def block(cells: list[list[str]], bar: str) -> list[str]:
        return [line(list(parts), bar) for parts in zip_longest(*cells, fillvalue="")]

    lines = [
        f'Model: "{model.name}"',
        rule("┏", "━", "┳", "┓"),
        *block(heads, "┃"),
        rule("┡", "━", "╇", "┩"),
    ]
    for i, cells in enumerate(table):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        lines += block(cells, "│")
    lines.append(rule("└", "─", "┴", "┘"))
    lines += [f" {name}: {count:,} ({size})" for name, count, size in totals(model)]
    return "\n".join(lines)


def _fixed_widths(
    titles: list[str], line_length: int | None, positions: Sequence[float] | None
) -> list[int]:
    """Return how many characters each column holds, in a table of the given width."""
    trainable = titles[-1] == "Trainable"
    columns = len(titles) - trainable
    if positions is None:
        positions = _POSITIONS[columns]
    if len(positions) < columns:
        raise ValueError(
            f"positions expected {columns} numbers, where the columns {titles[:columns]} end, got "
            f"{list(positions)}"
        )
    last = positions[columns - 1]
    if not line_length:
        usual = 88 if columns == 3 else 108
        line_length = min(usual + 12 * trainable, shutil.get_terminal_size().columns - 4)
        if last > 1:
            line_length = int(last)  # counted in characters
    share = 0.9 if trainable else 1.0
    ends = [int(place * share * line_length / last) for place in positions[:columns]]
    if trainable:
        ends.append(line_length)
    widths = [end - begin - 3 for begin, end in pairwise([0, *ends])]  # a bar and two spaces each
    widths[-2] -= 1  # the bar at the left
    for title, width in zip(titles, widths, strict=True):
        if width < 1:
            raise ValueError(
                f"a table of line_length={line_length} characters, whose columns end at the parts "
                f"{list(positions)}, has no room for {title!r}; make it wider, or space the "
                "positions out"
            )
    return widths


def _broken(text: str, width: int) -> list[str]:
    """Return the lines of a text that are at most so long; words that are longer are cut."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines]


def _between(shown: list[Row], layer_range: tuple[str, str] | None) -> list[Row]:
    """Return the rows from the first to the second of two names."""
    if layer_range is None:
        return shown
    names = [row.name for row in shown]
    first, last = layer_range
    for name in (first, last):
        if name not in names:
            raise ValueError(f"layer_range expected names of layers, got {name!r}; known: {names}")
    return shown[names.index(first) : names.index(last) + 1]


def totals(model: Any) -> list[tuple[str, int, str]]:
    """Return the numbers below the table: all, trainable and other weights, with their memory."""
    groups = {
        "Total params": model.weights,
        "Trainable params": model.trainable_variables,
        "Non-trainable params": model.non_trainable_variables,
    }
    if model.optimizer is not None and model.optimizer.built:
        groups["Optimizer params"] = model.optimizer.variables
        groups["Total params"] = groups["Total params"] + groups["Optimizer params"]
    return [
        (name, sum(v.size for v in group), _memory(sum(v.value.nbytes for v in group)))
        for name, group in groups.items()
    ]


def html(model: Layer) -> str:
    """Return the table for a notebook, and below it the picture; an unbuilt model has no table."""
    title = f"<strong>{escape(type(model).__name__)} “{escape(model.name)}”</strong>"
    drawn = plot.plot_model(model, None, show_shapes=True, show_layer_names=True).svg
    if not model.built:
        return f"<div><p>{title}, not built yet</p>{drawn}</div>"
    body = "".join(
        f"<tr><td>{escape(row.title)}</td><td>{escape(row.shape)}</td>"
        f'<td style="text-align:right">{row.amount}</td></tr>'
        for row in rows(model)
    )
    foot = "<br>".join(f"{name}: {count:,} ({size})" for name, count, size in totals(model))
    return (
        f"<div>{title}<table><thead><tr><th>Layer (type)</th><th>Output shape</th>"
        f"<th>Param #</th></tr></thead><tbody>{body}</tbody></table><p>{foot}</p>{drawn}</div>"
    )


def _memory(size: int) -> str:
    if size == 0:
        return "0.00 B"
    power = min(int(math.log(size, 1024)), 4)
    return f"{size / 1024**power:.2f} {['B', 'KB', 'MB', 'GB', 'TB'][power]}"
