"""What ``fit`` recorded, and its picture."""

import html
import math
import os
from typing import Any

import numpy as np

from minikeras import _svg
from minikeras._svg.picture import Picture
from minikeras._validation import did_you_mean
from minikeras.callbacks._terminal import format_value
from minikeras.callbacks.base import Callback, Logs
from minikeras.registry import register

__all__ = ["History"]


@register("callback")
class History(Callback):
    """Records every epoch's loss and metrics; ``fit`` returns it.

    Notebooks show it as curves with a table.

    Attributes
    ----------
    history : dict of str to list of float
        One value per epoch under ``loss``, each metric's name, and ``val_...`` of these.
    epoch : list of int
        Numbers of the epochs of the last ``fit``, from 0.
    params : dict
        ``verbose``, ``epochs`` and ``steps``.

    Examples
    --------
    >>> from minikeras.callbacks import History
    >>> history = History()
    >>> history.on_train_begin()
    >>> for epoch, loss in enumerate([0.5, 0.25]):
    ...     history.on_epoch_end(epoch, {"loss": loss})
    >>> history.history, history.epoch
    ({'loss': [0.5, 0.25]}, [0, 1])
    >>> history
    History(epochs=2, loss=0.2500)
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []
        self._count = 0
        self._positions: dict[str, list[int]] = {}  # at which of all epochs a value was there

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        self._count += 1
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self._positions.setdefault(name, []).append(self._count)
        if self.model is not None:
            self.model.history = self

    def plot(self, *names: str, ax: Any = None) -> Any:
        """Draw the curves, each metric with its validation.

        Parameters
        ----------
        *names : str
            What to draw, such as ``"loss"``; its ``val_loss`` comes with it. Default: all.
        ax : matplotlib Axes, optional
            Draw everything there. Default: a new figure with one panel per name.

        Returns
        -------
        matplotlib Axes, array of Axes, or minikeras.plot.Picture
            As ``plt.subplots`` gives them: one, or an array when there are several panels. Without
            matplotlib (the extra ``plot``), a picture that notebooks show and that has ``save``.

        Raises
        ------
        ValueError
            If a name was not recorded, or nothing was.

        Examples
        --------
        >>> from minikeras.callbacks import History
        >>> history = History()
        >>> history.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
        >>> picture = history.plot("loss")
        """
        panels = self._panels(names)
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            return Picture(_svg.curves(self._aligned([name for panel in panels for name in panel])))
        targets = [ax] * len(panels) if ax is not None else _grid(plt, len(panels))
        for target, panel in zip(targets, panels, strict=True):
            color = None
            for name in panel:
                dashed = name.startswith("val_") and name != panel[0]
                [line] = target.plot(
                    self._at(name),
                    self.history[name],
                    linestyle="--" if dashed else "-",
                    color=color,
                    marker="o" if len(self.history[name]) == 1 else None,
                    label=name,
                )
                color = line.get_color()
            target.set_xlabel("epoch")
            target.xaxis.get_major_locator().set_params(integer=True)
            target.legend()
        return targets[0] if ax is not None or len(panels) == 1 else np.array(targets)

    def save_svg(self, path: str | os.PathLike[str]) -> None:
        """Write the curves as a picture for browsers; needs nothing but this library.

        Parameters
        ----------
        path : str or path
            File to write, such as ``"curves.svg"``; replaced if it exists.
        """
        Picture(self._repr_svg_()).save(path)

    def _panels(self, names: tuple[str, ...]) -> list[list[str]]:
        """Return what belongs into one picture each: a metric and its validation."""
        if not self.history:
            raise ValueError("there is nothing to plot: no epoch was recorded; call fit first")
        for name in names:
            if name not in self.history:
                raise ValueError(
                    f"no metric {name!r} was recorded{did_you_mean(name, self.history)}"
                )
        chosen = names or tuple(
            name
            for name in self.history
            if not (name.startswith("val_") and name.removeprefix("val_") in self.history)
        )
        return [[name] + [f"val_{name}"] * (f"val_{name}" in self.history) for name in chosen]

    def _at(self, name: str) -> list[int]:
        """Return the epochs, from 1, at which ``name`` was recorded."""
        positions = self._positions.get(name, [])
        length = len(self.history[name])
        return positions if len(positions) == length else list(range(1, length + 1))

    def _aligned(self, names: Any) -> dict[str, list[float]]:
        """Return curves of equal length, NaN where nothing was recorded."""
        epochs = max([self._count, *(len(values) for values in self.history.values())])
        aligned = {}
        for name in names:
            values = [math.nan] * epochs
            for position, value in zip(self._at(name), self.history[name], strict=True):
                if isinstance(value, int | float):
                    values[position - 1] = float(value)
            aligned[name] = values
        return aligned

    def _repr_svg_(self) -> str:
        return _svg.curves(self._aligned(self.history))

    def _repr_html_(self) -> str:
        rows = []
        for name, values in self.history.items():
            cells = [name, *(format_value(f(values)) for f in (_last, _lowest, _highest))]
            rows.append("".join(f"<td>{html.escape(cell)}</td>" for cell in cells))
        head = "".join(f"<th>{title}</th>" for title in ("", "last", "lowest", "highest"))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        epochs = f"{self._count} epoch{'s'[: self._count != 1]}"
        return (
            f"<div><p><strong>History</strong>, {epochs}</p>{self._repr_svg_()}"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def __repr__(self) -> str:
        shown = [f"epochs={self._count}"]
        shown += [f"{name}={format_value(_last(values))}" for name, values in self.history.items()]
        return f"History({', '.join(shown)})"


def _grid(plt: Any, panels: int) -> list[Any]:
    """Return the axes of a new figure, at most three side by side."""
    columns = 2 if panels == 4 else min(panels, 3)
    rows = -(-panels // columns)
    size = 4.8 * columns, 3.6 * rows
    _, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for spare in axes.flat[panels:]:
        spare.remove()
    return list(axes.flat[:panels])


def _last(values: list[Any]) -> Any:
    return values[-1]


def _finite(values: list[Any]) -> list[float]:
    return [v for v in values if isinstance(v, int | float) and math.isfinite(v)]


def _lowest(values: list[Any]) -> float:
    return min(_finite(values), default=math.nan)


def _highest(values: list[Any]) -> float:
    return max(_finite(values), default=math.nan)
