"""A small network as neurons and edges."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minikeras._svg.colors import NEGATIVE, POSITIVE
from minikeras._svg.draw import element, escape, label, picture, shorten, text_width
from minikeras._svg.picture import Picture
from minikeras._validation import check_positive_int
from minikeras.plot.chain import Column, columns
from minikeras.plot.onto_axes import check_axes

__all__ = ["network"]

_RADIUS, _PITCH, _STEP = 17.0, 42.0, 170.0
_FONT, _SMALL = 12.0, 10.0
_TOP, _BOTTOM = 46.0, 74.0

# A neuron is a lamp: dark at 0, brighter the farther from it. It brings its own background, so
# that its number reads on any page.
_DARK = (38, 46, 60)
_BRIGHT = {1: (120, 185, 255), -1: (255, 170, 95)}


def network(
    model: Any,
    sample: Any = None,
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    max_units: int = 12,
    spacing: float = _STEP,
    ax: Any = None,
) -> Any:
    """Draw a network of dense layers as neurons and edges.

    Parameters
    ----------
    model : Model
        ``Dense`` layers in a row, built; layers without weights may stand between.
    sample : array, optional
        One sample: each neuron is lit by what it gives for it, and shows the number.
    input_names, output_names : sequence of str, optional
        Texts beside the first and the last neurons.
    max_units : int, default 12
        Of a layer with more, the first and the last are drawn and dots stand for the others; the
        numbers of units and edges below count all.
    spacing : float, default 170
        Pixels from one layer to the next, at least 80; a smaller one suits narrow pages.
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        Blue edges are positive weights, orange ones negative; the wider, the larger. Or ``ax``,
        where it is given.

    Raises
    ------
    ValueError
        If the model has layers of another kind, or branches: see ``minikeras.utils.plot_model``;
        if ``spacing`` leaves no room for the captions.

    Examples
    --------
    >>> from minikeras import Input, Sequential, plot
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Input((4,)), Dense(5, activation="relu"), Dense(3), Dense(1)])
    >>> plot.network(model).desc
    'Network of 4, 5, 3 and 1 units: 38 edges (20 + 15 + 3) and 9 biases.'
    """
    check_positive_int("max_units", max_units)
    if not spacing >= 80:
        raise ValueError(f"spacing must be 80 pixels or more, got {spacing!r}")
    found = columns(model, sample)
    for name, given, column in (
        ("input_names", input_names, found[0]),
        ("output_names", output_names, found[-1]),
    ):
        if given is not None and len(given) != column.units:
            raise ValueError(f"{name} must hold {column.units} names, got {len(given)}")
    left = _margin(input_names)
    shown = [_shown(column.units, max_units) for column in found]
    rows = max(map(len, shown))
    height = _TOP + rows * _PITCH + _BOTTOM
    middle = _TOP + rows * _PITCH / 2
    places = [
        [
            (left + k * spacing, middle + (i - (len(units) - 1) / 2) * _PITCH)
            for i in range(len(units))
        ]
        for k, units in enumerate(shown)
    ]
    if ax is not None:
        names = [input_names, output_names]
        return _onto(ax, f"network {model.name}", found, shown, places, names)
    width = left + (len(found) - 1) * spacing + _margin(output_names)
    desc = _describe(found, sample is not None)
    content = [
        *_edges(found, shown, places),
        *_neurons(found, shown, places),
        *_names(input_names, shown[0], places[0], -1),
        *_names(output_names, shown[-1], places[-1], 1),
        *_captions(found, places, height, spacing),
    ]
    return Picture(picture(width, height, f"network {model.name}", desc, content))


def _margin(names: Sequence[str] | None) -> float:
    widest = max((text_width(name, _FONT) for name in names or ()), default=0.0)
    return max(70.0, _RADIUS + 20 + widest)


def _shown(units: int, most: int) -> list[int | None]:
    """Return the numbers of the units that are drawn; None stands for the dots."""
    if units <= most:
        return list(range(units))
    after = max(1, most // 4)
    return [*range(most - after), None, *range(units - after, units)]


def _describe(found: list[Column], lit: bool) -> str:
    sizes = [str(column.units) for column in found]
    counts = [column.kernel.size for column in found[1:] if column.kernel is not None]
    biases = sum(column.bias.size for column in found if column.bias is not None)
    said = f"Network of {', '.join(sizes[:-1])} and {sizes[-1]} units: {sum(counts):,} edges"
    if len(counts) > 1:
        said += f" ({' + '.join(f'{count:,}' for count in counts)})"
    said += f" and {biases:,} bias{'es'[: 2 * (biases != 1)]}."
    values = found[-1].values
    if lit and values is not None:
        said += f" For the sample it gives {', '.join(_number(v) for v in values[:12].tolist())}"
        said += "." if values.size <= 12 else f" and {values.size - 12} more."
    return said


Shown = list[list[int | None]]
Places = list[list[tuple[float, float]]]


def _drawn_edges(found: list[Column], shown: Shown, places: Places) -> Iterator[Any]:
    """Yield number of the layer, weight, its share of the largest, its place and its ends."""
    kernels = [column.kernel for column in found if column.kernel is not None]
    peak = max(float(np.abs(kernel).max(initial=0.0)) for kernel in kernels)
    peak = peak if np.isfinite(peak) and peak > 0 else 1.0
    for k, kernel in enumerate(kernels):
        drawn = []
        for i, start in zip(shown[k], places[k], strict=True):
            for j, end in zip(shown[k + 1], places[k + 1], strict=True):
                if i is not None and j is not None:
                    drawn.append((float(kernel[i, j]), (i, j), (start, end)))
        drawn.sort(key=lambda edge: abs(edge[0]))  # the strongest in front
        for weight, at, ends in drawn:
            share = min(abs(weight) / peak, 1.0) if np.isfinite(weight) else 1.0
            yield k + 1, weight, share, at, ends


def _edges(found: list[Column], shown: Shown, places: Places) -> Iterator[str]:
    for k, weight, share, (i, j), ((x1, y1), (x2, y2)) in _drawn_edges(found, shown, places):
        yield element(
            "line",
            element("title", escape(f"{found[k].name} weight [{i}, {j}] {weight:.4g}")),
            x1=x1 + _RADIUS,
            y1=y1,
            x2=x2 - _RADIUS,
            y2=y2,
            stroke=NEGATIVE if weight < 0 else POSITIVE,
            stroke_width=0.6 + 4.4 * share,
            stroke_opacity=0.3 + 0.7 * share,
            stroke_dasharray="2 3" if weight == 0 else None,
        )


def _lamps(found: list[Column], shown: Shown, places: Places) -> Iterator[Any]:
    """Yield place, colour, text, its colour and a tip for each neuron; None for dots."""
    for k, column in enumerate(found):
        values = column.values
        peak = 0.0 if values is None else float(np.abs(np.nan_to_num(values)).max(initial=0.0))
        letter = "x" if k == 0 else "y" if k == len(found) - 1 else "h"
        for unit, place in zip(shown[k], places[k], strict=True):
            if unit is None:
                yield place, None, "", "", ""
                continue
            tip = [f"{column.name} unit {unit}"]
            if column.bias is not None:
                tip.append(f"bias {float(column.bias[unit]):.4g}")
            fill, text = _DARK, f"{letter}{unit + 1}"
            if values is not None:
                value = float(values[unit])
                tip.append(f"value {value:.6g}")
                text = _number(value)
                share = abs(value) / peak if peak and np.isfinite(value) else 0.0
                goal = _BRIGHT[-1 if value < 0 else 1]
                fill = tuple(  # type: ignore[assignment]
                    round(a + share * (b - a)) for a, b in zip(_DARK, goal, strict=True)
                )
            bright = 0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2] > 120  # ITU-R BT.601
            color = "#" + "".join(f"{part:02x}" for part in fill)
            yield place, color, text, "#111827" if bright else "#ffffff", "; ".join(tip)


def _neurons(found: list[Column], shown: Shown, places: Places) -> Iterator[str]:
    for (x, y), color, text, ink, tip in _lamps(found, shown, places):
        if color is None:
            for step in (-8.0, 0.0, 8.0):
                yield element("circle", cx=x, cy=y + step, r=2.0)
            continue
        place = {"cx": x, "cy": y, "r": _RADIUS}
        circle = element("circle", None, **place, fill=color, stroke="#757b85", stroke_width=1.2)
        size = _SMALL if text_width(text, _SMALL) < 2 * _RADIUS - 2 else 8.5
        number = label(text, x, y + 3.6, size, "middle", fill=ink)
        yield element("g", element("title", escape(tip)) + circle + number)


def _onto(
    ax: Any, title: str, found: list[Column], shown: Shown, places: Places, names: list[Any]
) -> Any:
    """Draw the network on matplotlib axes, and return them."""
    check_axes(ax)
    for _, weight, share, _, ((x1, y1), (x2, y2)) in _drawn_edges(found, shown, places):
        color = NEGATIVE if weight < 0 else POSITIVE
        width, alpha = 0.5 + 3.3 * share, 0.3 + 0.7 * share
        ax.plot([x1, x2], [y1, y2], color=color, linewidth=width, alpha=alpha, zorder=1)
    for (x, y), color, text, ink, _ in _lamps(found, shown, places):
        if color is None:
            ax.text(x, y, "⋮", ha="center", va="center")
            continue
        ax.scatter([x], [y], s=420, color=color, edgecolors="#757b85", zorder=2)
        ax.text(x, y, text, ha="center", va="center", color=ink, fontsize=7, zorder=3)
    top = min(y for column in places for _, y in column) - 1.6 * _RADIUS
    for column, at in zip(found, places, strict=True):
        kind = f"{column.units:,} {column.kind}".strip()
        ax.text(at[0][0], top, f"{column.name}\n{kind}", ha="center", va="bottom", fontsize=8)
    for given, k, side in zip(names, (0, -1), (-1, 1), strict=True):
        for unit, (x, y) in zip(shown[k], places[k], strict=True):
            if given is not None and unit is not None:
                beside = {"ha": "right" if side < 0 else "left", "va": "center", "fontsize": 8}
                ax.text(x + 1.5 * side * _RADIUS, y, given[unit], **beside)
    total = sum(column.kernel.size for column in found if column.kernel is not None)
    bottom = max(y for column in places for _, y in column) + 2 * _RADIUS
    middle = (places[0][0][0] + places[-1][0][0]) / 2
    ax.text(middle, bottom, f"{total:,} edge{'s'[: total != 1]}", ha="center", fontsize=8)
    ax.set_ylim(bottom + _RADIUS, top - 3 * _RADIUS)
    ax.set_axis_off()
    ax.set_title(title)
    return ax


def _names(
    names: Sequence[str] | None,
    shown: list[int | None],
    places: list[tuple[float, float]],
    side: int,
) -> Iterator[str]:
    for unit, (x, y) in zip(shown, places, strict=True):
        if names is not None and unit is not None:
            at = x + side * (_RADIUS + 8)
            yield label(names[unit], at, y + 4, _FONT, "end" if side < 0 else "start")


def _captions(
    found: list[Column], places: list[list[tuple[float, float]]], height: float, spacing: float
) -> Iterator[str]:
    for k, column in enumerate(found):
        x = places[k][0][0]
        name = shorten(column.name, _FONT, spacing - 36)
        yield label(name, x, 18, _FONT, "middle", font_weight=600)
        kind = f"{column.units:,} {column.kind}".strip()
        yield label(shorten(kind, _FONT, spacing - 36), x, 35, _FONT, "middle")
        if column.kernel is not None:
            before, units = column.kernel.shape
            text = f"{before:,} × {units:,} = {before * units:,}"
            yield label(text, x - spacing / 2, height - 50, _FONT, "middle")
    total = sum(column.kernel.size for column in found if column.kernel is not None)
    first, last = places[0][0][0], places[-1][0][0]
    plural = "s" if total != 1 else ""
    yield label(f"{total:,} edge{plural}", (first + last) / 2, height - 30, _FONT, "middle")
    middle = (first + last) / 2
    for k, (text, color) in enumerate((("positive", POSITIVE), ("negative", NEGATIVE))):
        x = middle - 86 + 92 * k
        yield element(
            "line", x1=x, y1=height - 14, x2=x + 20, y2=height - 14, stroke=color, stroke_width=3
        )
        yield label(text, x + 26, height - 10, _FONT)


def _number(value: float) -> str:
    """Return a number in at most six characters.

    Examples
    --------
    >>> [_number(v) for v in (0.0, 0.731, -12.34, 1234.0, 5e-07)]
    ['0', '0.73', '−12', '1234', '5e−7']
    """
    size = abs(value)
    if value == 0:
        text = "0"
    elif not np.isfinite(value):
        text = str(value)
    elif size >= 1e4 or size < 5e-3:
        digits, _, power = f"{value:.0e}".partition("e")
        text = f"{digits}e{int(power)}"
    else:
        text = f"{value:.0f}" if size >= 9.995 else f"{value:.2f}"
    return text.replace("-", "−")
