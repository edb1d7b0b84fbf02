"""Pictures of a model: the table that ``summary()`` prints, as text and as HTML."""

import math
from html import escape
from typing import Any

from minikeras.layers import Layer

__all__ = ["html", "rows", "text"]


def rows(model: Any) -> list[tuple[str, str, str, int]]:
    """Return one row per layer: name, class, output shape, number of weights.

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
    shapes = model.layer_shapes()
    return [
        (
            layer.name,
            type(layer).__name__,
            shapes.get(id(layer), "?"),
            sum(variable.size for variable in layer.weights),
        )
        for layer in model.layers
    ]


def text(model: Any, show_trainable: bool = False) -> str:
    """Return the table of layers, as Keras draws it."""
    titles = ["Layer (type)", "Output Shape", "Param #"]
    table = [[f"{name} ({kind})", shape, f"{count:,}"] for name, kind, shape, count in rows(model)]
    if show_trainable:
        titles.append("Trainable")
        for row, layer in zip(table, model.layers, strict=True):
            row.append(("Y" if layer.trainable else "N") if layer.weights else "-")
    widths = [
        max(minimum, *(len(row[i]) for row in [titles, *table]))
        for i, minimum in enumerate([31, 22, 13, 9][: len(titles)])
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
    for i, row in enumerate(table):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        lines.append(line(row, "│"))
    lines.append(rule("└", "─", "┴", "┘"))
    lines += [f" {name}: {count:,} ({size})" for name, count, size in totals(model)]
    return "\n".join(lines)


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
    """Return the table for a notebook; an unbuilt model is only named."""
    title = f"<strong>{escape(type(model).__name__)} “{escape(model.name)}”</strong>"
    if not model.built:
        return f"<p>{title}, not built yet</p>"
    body = "".join(
        f"<tr><td>{escape(name)} ({escape(kind)})</td><td>{escape(shape)}</td>"
        f'<td style="text-align:right">{count:,}</td></tr>'
        for name, kind, shape, count in rows(model)
    )
    foot = "<br>".join(f"{name}: {count:,} ({size})" for name, count, size in totals(model))
    return (
        f"<div>{title}<table><thead><tr><th>Layer (type)</th><th>Output shape</th>"
        f"<th>Param #</th></tr></thead><tbody>{body}</tbody></table><p>{foot}</p></div>"
    )


def _memory(size: int) -> str:
    if size == 0:
        return "0.00 B"
    power = min(int(math.log(size, 1024)), 4)
    return f"{size / 1024**power:.2f} {['B', 'KB', 'MB', 'GB', 'TB'][power]}"
