"""The same charts on matplotlib's axes, where one wants them among one's own."""

import math
from typing import Any

from minikeras._svg.draw import INK
from minikeras._svg.panel import Bars, Dots, Field, Line, Panel, draw_panels
from minikeras._svg.picture import Picture
from minikeras._svg.tiles import Tile, draw_tiles

__all__ = ["check_axes", "finish", "finish_panels", "finish_tiles", "onto"]

_MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "P"}


def finish(panel: Panel, title: str, desc: str, ax: Any, **size: float) -> Any:
    """Return the chart as a picture; or draw it on ``ax``, where one is given, and return that."""
    if ax is None:
        return Picture(draw_panels([panel], title, desc, **size))  # type: ignore[arg-type]
    return onto(ax, panel)


def finish_panels(panels: list[Panel], title: str, desc: str, ax: Any, **size: float) -> Any:
    """Return several charts as a picture; or draw them side by side on ``ax``, and return that."""
    if ax is None:
        return Picture(draw_panels(panels, title, desc, **size))  # type: ignore[arg-type]
    columns = min(3, len(panels))
    for inset, panel in zip(_insets(ax, len(panels), columns, 0.35), panels):
        onto(inset, panel)
        inset.set_yticks([])
    ax.set_title(title)
    return ax


def finish_tiles(
    tiles: list[Tile], title: str, desc: str, ax: Any, *, columns: int, note: str
) -> Any:
    """Return images as a picture; or draw them in rows on ``ax``, and return that."""
    if ax is None:
        return Picture(draw_tiles(tiles, title, desc, columns=columns, note=note))
    for inset, tile in zip(_insets(ax, len(tiles), columns, 0.3), tiles):
        pixels = tile.pixels[..., 0] if tile.pixels.shape[-1] == 1 else tile.pixels
        inset.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        inset.set_xticks([])
        inset.set_yticks([])
        inset.set_xlabel(tile.caption, fontsize="small")
        if tile.color != INK:
            inset.spines[:].set_color(tile.color)
    ax.set_title(title)
    if note:
        ax.text(0.5, 0.0, note, transform=ax.transAxes, ha="center", va="top", fontsize="small")
    return ax


def _insets(ax: Any, count: int, columns: int, gap: float) -> list[Any]:
    """Return axes inside ``ax``, row by row; ``gap`` is a share of the room of each."""
    check_axes(ax)
    ax.set_axis_off()
    rows = math.ceil(count / columns)
    wide, high = 1.0 / columns, 1.0 / rows
    return [
        ax.inset_axes(
            (
                (k % columns + gap / 4) * wide,
                1.0 - (k // columns + 1 - gap / 2) * high,
                (1.0 - gap / 2) * wide,
                (1.0 - gap) * high,
            )
        )
        for k in range(count)
    ]


def check_axes(ax: Any) -> None:
    """Refuse what are no matplotlib axes."""
    if not hasattr(ax, "plot") or not hasattr(ax, "imshow"):
        raise TypeError(f"ax must be matplotlib axes, got {ax!r} ({type(ax).__name__})")


def onto(ax: Any, panel: Panel) -> Any:
    """Draw a chart on matplotlib axes and return them.

    Raises
    ------
    TypeError
        If ``ax`` are no axes.
    """
    check_axes(ax)
    for order, mark in enumerate(panel.marks):
        if isinstance(mark, Line):
            ax.plot(
                mark.x,
                mark.y,
                color=mark.color,
                linestyle="--" if mark.dashes else "-",
                linewidth=0.75 * mark.width,  # points, not pixels
                alpha=mark.opacity,
                label=mark.name or None,
                zorder=2 + 0.01 * order,
            )
        elif isinstance(mark, Dots):
            ax.scatter(
                mark.x,
                mark.y,
                s=2.2 * mark.radius**2,  # square points
                color=mark.color,
                marker=_MARKERS[mark.marker],
                edgecolors=mark.outline,
                linewidths=0.75,
                label=mark.name or None,
                zorder=2 + 0.01 * order,
            )
        elif isinstance(mark, Field):
            ax.imshow(mark.pixels, extent=mark.extent, origin="lower", aspect="auto")
        elif isinstance(mark, Bars):
            ax.stairs(mark.heights, mark.edges, fill=True, color=mark.color)
    ax.set_title(panel.title)
    ax.set_xlabel(panel.x_label)
    ax.set_ylabel(panel.y_label)
    if panel.x_range:
        ax.set_xlim(panel.x_range)
    if panel.y_range:
        ax.set_ylim(panel.y_range)
    if any(isinstance(mark, Line | Dots) and mark.name for mark in panel.marks):
        ax.legend()
    return ax
