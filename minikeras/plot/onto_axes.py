"""The same charts on matplotlib's axes, where one wants them among one's own."""

from typing import Any

from minikeras._svg.panel import Bars, Dots, Field, Line, Panel, draw_panels
from minikeras.plot.picture import Picture

__all__ = ["finish", "onto"]

_MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "P"}


def finish(panel: Panel, title: str, desc: str, ax: Any, **size: float) -> Any:
    """Return the chart as a picture; or draw it on ``ax``, where one is given, and return that."""
    if ax is None:
        return Picture(draw_panels([panel], title, desc, **size))  # type: ignore[arg-type]
    return onto(ax, panel)


def onto(ax: Any, panel: Panel) -> Any:
    """Draw a chart on matplotlib axes and return them.

    Raises
    ------
    TypeError
        If ``ax`` are no axes.
    """
    if not hasattr(ax, "plot") or not hasattr(ax, "imshow"):
        raise TypeError(f"ax must be matplotlib axes, got {ax!r} ({type(ax).__name__})")
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
