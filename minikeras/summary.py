"""Pictures of a model: the table that ``summary()`` prints, as text and as HTML."""

import math
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

from minikeras import plot
from minikeras.graph import Graph, placeholders
from minikeras.layers import Layer, Operation

__all__ = ["Row", "html", "rows", "text"]


class Row(NamedTuple):
    """A layer in the table."""

    name: str
    kind: str
    shape: str  # of the output
    params: int  # number of weights
    trainable: str = "-"  # Y, N, or - without weights
    sources: tuple[str, ...] = ()  # what goes in: "dense[0][1]", output 1 of the first call
    depth: int = 0  # number of models around it

    @property
    def title(self) -> str:
        """What stands in the first column."""
        inset = "   " * self.depth + "└ " if self.depth else ""
        return f"{inset}{self.name} ({self.kind})"


def rows(model: Any, expand_nested: bool = False) -> list[Row]:
    """Return one row per layer; with ``expand_nested``, those inside a model follow its own.

    Raises
    ------
    ValueError
        If the model is not built: the shapes are not known yet.
    """
    if not model.built:
        raise ValueError(
            f"model {model.name!r} is not built yet, its shapes are unknown; put Input(shape) "
            "first, call model.build(input_shape), or call the model on data"
        )
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
) -> str:
    """Return the table of layers, as Keras draws it."""
    shown = _between(rows(model, expand_nested), layer_range)
    titles = ["Layer (type)", "Output Shape", "Param #"]
    least = [31, 22, 13]
    table = [[[row.title], [row.shape], [f"{row.params:,}"]] for row in shown]
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

    lines = [
        f'Model: "{model.name}"',
        rule("┏", "━", "┳", "┓"),
        line(titles, "┃"),
        rule("┡", "━", "╇", "┩"),
    ]
    for i, cells in enumerate(table):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        for part in range(max(map(len, cells))):
            lines.append(line([cell[part] if part < len(cell) else "" for cell in cells], "│"))
    lines.append(rule("└", "─", "┴", "┘"))
    lines += [f" {name}: {count:,} ({size})" for name, count, size in totals(model)]
    return "\n".join(lines)


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
        f'<td style="text-align:right">{row.params:,}</td></tr>'
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
