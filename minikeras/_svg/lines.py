"""Line charts: one panel with axes and a legend, and the curves of a training run."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, TypeGuard

from minikeras._svg.axes import FONT, ROW, SMALL_FONT, TITLE_FONT, Area, Entry, Scale, legend
from minikeras._svg.draw import (
    COLORS,
    INK,
    element,
    escape,
    label,
    number,
    picture,
    shorten,
    text_width,
)
from minikeras._svg.ticks import tick_labels, ticks

_LARGE = 1e300  # beyond it the span of an axis would overflow

Series: TypeAlias = Mapping[str, Sequence[float | None]]


def line_chart(
    series: Series,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    width: int = 480,
    height: int = 320,
) -> str:
    """Draw one line per series over 1, 2, 3, ...

    Parameters
    ----------
    series : mapping from str to sequence of float or None
        Values by name. Where a value is NaN or infinite, the line has a gap; None says that
        nothing was measured there, and the line goes on. Names that begin with ``val_`` get a
        dashed line.
    title, x_label, y_label : str, default ""
        Texts above the chart, below and beside its axes.
    width, height : int, default 480 and 320
        Size in pixels; the picture gets higher when the legend takes more than two lines.

    Returns
    -------
    str
        An SVG document.

    Examples
    --------
    >>> from minikeras._svg import line_chart
    >>> svg = line_chart({"loss": [2.0, 1.0, 0.5]}, title="Training", x_label="epoch")
    >>> svg.startswith("<svg"), "loss" in svg
    (True, True)
    """
    box = Area(0.0, 0.0, float(width), float(height))
    content, growth = _panel(series, box, title, x_label, y_label)
    return picture(width, height + growth, title or ", ".join(series), _describe(series), content)


def curves(history: Series, *, title: str = "Training curves") -> str:
    """Draw what ``fit`` recorded: the loss, then each metric, with their validation twins.

    Parameters
    ----------
    history : mapping from str to sequence of float or None
        One value per epoch, as in ``History.history``; None where there is none, as for a
        validation every second epoch.
    title : str, default "Training curves"
        Text alternative of the picture; not drawn.

    Returns
    -------
    str
        An SVG document with up to three panels side by side, further ones below.

    Examples
    --------
    >>> from minikeras._svg import curves
    >>> svg = curves({"loss": [2.0, 1.0], "val_loss": [2.1, 1.3], "accuracy": [0.5, 0.8]})
    >>> svg.count("epoch</text>")
    2
    """
    names = [name for name in history if not _is_twin(name, history)]
    names.sort(key=lambda name: name != "loss")
    panels = [{name: history[name]} for name in names] or [{}]
    for panel, name in zip(panels, names, strict=False):
        if f"val_{name}" in history:
            panel[f"val_{name}"] = history[f"val_{name}"]
    columns = len(panels) if len(panels) <= 3 else 2 if len(panels) == 4 else 3
    width, height, gap = 440.0, 310.0, 20.0
    content = []
    for k, panel in enumerate(panels):
        left, top = (k % columns) * (width + gap), (k // columns) * (height + gap)
        box = Area(left, top, left + width, top + height)
        content.extend(_panel(panel, box, next(iter(panel), ""), "epoch", "")[0])
    rows = -(-len(panels) // columns)
    size = columns * (width + gap) - gap, rows * (height + gap) - gap
    return picture(*size, title, _describe(history), content)


def _is_twin(name: str, history: Series) -> bool:
    return name.startswith("val_") and name.removeprefix("val_") in history


def _shown(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value) and abs(value) < _LARGE


def _floats(values: Iterable[float | None]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def _describe(series: Series) -> str:
    """Say in words what the lines show."""
    parts = []
    for name, values in series.items():
        seen = [value for value in _floats(values) if _shown(value)]
        if seen:
            parts.append(
                f"{name} goes from {seen[0]:.4g} to {seen[-1]:.4g} in {len(values)} "
                f"step{'s'[: len(values) != 1]} (lowest {min(seen):.4g}, highest {max(seen):.4g})"
            )
        else:
            parts.append(f"{name} has no finite values")
    return "; ".join(parts) + "." if parts else "No data."


def _panel(
    series: Series, box: Area, title: str, x_label: str, y_label: str
) -> tuple[list[str], float]:
    """Return the elements of one chart and by how much they reach out of ``box`` at its bottom."""
    data = {name: _floats(values) for name, values in series.items()}
    seen = [value for values in data.values() for value in values if _shown(value)]
    y_ticks = ticks(min(seen), max(seen)) if seen else [0.0, 1.0]
    y_texts = tick_labels(y_ticks)
    left = box.left + 14 + max(text_width(text, SMALL_FONT) for text in y_texts)
    left += 20 if y_label else 0
    entries = [Entry(name, *_stroke(name, k)) for k, name in enumerate(data)]
    shown, rows = legend(entries, left, box.right - 8, box.top + (28 if title else 6))
    top = box.top + (38 if title else 16) + rows * ROW
    growth = max(0, rows - 2) * ROW
    bottom = box.bottom + growth
    plot = Area(left, top, box.right - 16, bottom - (46 if x_label else 26))

    steps = max((len(values) for values in data.values()), default=1)
    x = Scale(1.0, float(steps), plot.left, plot.right)
    if steps <= 1:
        x = Scale(0.5, 1.5, plot.left, plot.right)
    y = Scale(y_ticks[0], y_ticks[-1], plot.bottom, plot.top)

    middle = (plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2
    out = []
    if title:
        head = shorten(title, 1.1 * TITLE_FONT, plot.right - plot.left)  # bold is broader
        out.append(label(head, plot.left, box.top + 20, TITLE_FONT, font_weight=600))
    out.extend(shown)
    out.extend(_axes(plot, x, y, y_ticks, y_texts, steps))
    if x_label:
        out.append(label(x_label, middle[0], bottom - 8, FONT, "middle"))
    if y_label:
        turned = f"translate({number(box.left + 14)} {number(middle[1])}) rotate(-90)"
        out.append(label(y_label, 0, 0, FONT, "middle", transform=turned))
    if not seen:
        text = "no finite values" if data else "no data yet"
        out.append(label(text, *middle, FONT, "middle"))
    for k, (name, values) in enumerate(data.items()):
        out.append(_line(name, values, x, y, *_stroke(name, k)))
    return out, growth


def _stroke(name: str, k: int) -> tuple[str, str | None]:
    """Return the colour and the dashes of the ``k``-th series."""
    return COLORS[k % len(COLORS)], "6 4" if name.startswith("val_") else None


def _axes(
    plot: Area, x: Scale, y: Scale, y_ticks: list[float], y_texts: list[str], steps: int
) -> Iterable[str]:
    for value, text in zip(y_ticks, y_texts, strict=True):
        at = y(value)
        base = value == y_ticks[0]
        yield element(
            "line",
            x1=plot.left,
            y1=at,
            x2=plot.right,
            y2=at,
            stroke=INK,
            stroke_opacity=0.9 if base else 0.25,
        )
        yield label(text, plot.left - 7, at + 4, SMALL_FONT, "end")
    whole = [value for value in ticks(1.0, float(steps), 6, whole=True) if 1 <= value <= steps]
    whole = [1.0] if steps <= 1 else whole
    if len(whole) > 1 and whole[0] - 1 > (whole[1] - whole[0]) / 2:  # there is room to say
        whole.insert(0, 1.0)  # where the axis begins
    for value in whole:
        at = x(value)
        yield element("line", x1=at, y1=plot.bottom, x2=at, y2=plot.bottom + 4, stroke=INK)
        yield label(f"{value:.0f}", at, plot.bottom + 18, SMALL_FONT, "middle")


def _line(
    name: str, values: list[float | None], x: Scale, y: Scale, color: str, dashes: str | None
) -> str:
    """Return one series: a path for every stretch of finite values, a dot for a lone one."""
    stretches: list[list[str]] = [[]]
    for step, value in enumerate(values, start=1):
        if _shown(value):
            stretches[-1].append(f"{number(x(step))} {number(y(value))}")
        elif value is not None and stretches[-1]:
            stretches.append([])
    path = " ".join("M" + " L".join(points) for points in stretches if len(points) > 1)
    parts = [element("title", escape(name))]
    if path:
        parts.append(element("path", d=path, stroke_dasharray=dashes))
    for points in stretches:
        if len(points) == 1:
            cx, cy = points[0].split()
            parts.append(element("circle", cx=cx, cy=cy, r=3.5, fill=color, stroke="none"))
    return element(
        "g",
        "".join(parts),
        fill="none",
        stroke=color,
        stroke_width=2.25,
        stroke_linejoin="round",
        stroke_linecap="round" if dashes is None else None,
    )
