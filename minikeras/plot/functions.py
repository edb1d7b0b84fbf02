"""Activation functions and their derivatives, as curves."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import activations
from minikeras._svg.draw import COLORS, INK
from minikeras._svg.panel import Line, Numbers, Panel
from minikeras.autodiff import bare, grad
from minikeras.plot.onto_axes import finish

__all__ = ["activation", "step_against_sigmoid"]

_POINTS = 601


def activation(
    function: str | Callable[..., Any],
    *,
    low: float = -5.0,
    high: float = 5.0,
    derivative: bool = True,
    ax: Any = None,
) -> Any:
    """Draw an activation function and its derivative.

    Parameters
    ----------
    function : str or callable
        A name such as ``"relu"``, or a NumPy function of each number by itself.
    low, high : float, default -5 and 5
        From where to where.
    derivative : bool, default True
        Whether to draw the derivative too, as automatic differentiation gives it.
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If the name is unknown, ``low`` is not below ``high``, or the function is not one of single
        numbers, as softmax is.

    Examples
    --------
    >>> from minikeras import plot
    >>> plot.activation("sigmoid").desc
    'sigmoid goes from 0.00669 at -5 to 0.993 at 5; its derivative lies between 0.00665 and 0.25.'
    """
    if not low < high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    run = activations.get(function)
    name = getattr(run, "__name__", type(run).__name__)
    x = np.linspace(low, high, _POINTS)
    y = _values(run, x, name)
    marks = [Line(*_with_gaps(x, y), name, COLORS[0])]
    said = f"{name} goes from {y[0]:.3g} at {low:g} to {y[-1]:.3g} at {high:g}"
    if derivative:
        slope = grad(lambda v: np.sum(run(v)))(x)
        marks.append(Line(*_with_gaps(x, slope), "derivative", COLORS[1], "6 4"))
        said += f"; its derivative lies between {slope.min():.3g} and {slope.max():.3g}"
    panel = Panel((*_zero(x), *marks), x_label="x", x_range=(low, high))
    return finish(panel, name, said + ".", ax)


def step_against_sigmoid(*, low: float = -6.0, high: float = 6.0, ax: Any = None) -> Any:
    """Draw the step function of perceptrons and the sigmoid function in one chart.

    Parameters
    ----------
    low, high : float, default -6 and 6
        From where to where.
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If ``low`` is not below ``high``.

    Examples
    --------
    >>> from minikeras import plot
    >>> plot.step_against_sigmoid().title
    'step against sigmoid'
    """
    if not low < high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    x = np.linspace(low, high, _POINTS)
    marks = (
        Line(*_with_gaps(x, activations.step(x)), "step", COLORS[1], "6 4"),
        Line(x, activations.sigmoid(x), "sigmoid", COLORS[0]),
    )
    said = (
        "Both go from 0 to 1. The step function jumps at 0; the sigmoid function rises smoothly, "
        "and is 0.5 at 0."
    )
    panel = Panel(marks, x_label="x", x_range=(low, high), y_range=(-0.1, 1.1))
    return finish(panel, "step against sigmoid", said, ax)


def _values(run: Callable[..., Any], x: Numbers, name: str) -> Numbers:
    y = np.asarray(bare(run(x)), dtype=float)
    # A function of single numbers gives the same for one number, whatever its neighbours.
    if y.shape != x.shape or not np.allclose(y[:1], bare(run(x[:1])), equal_nan=True):
        raise ValueError(
            f"{name} is not a function of each number by itself, so it has no curve; softmax, for "
            "one, depends on all numbers of a row"
        )
    return y


def _zero(x: Numbers) -> tuple[Line, ...]:
    """Return the horizontal axis, which most of these functions bend at."""
    return (Line(x[[0, -1]], np.zeros(2), color=INK, width=1.0),)


def _with_gaps(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Return the curve with a gap wherever it jumps."""
    slopes = np.abs(np.diff(y)) / np.diff(x)
    usual = np.median(slopes)
    jumps = np.flatnonzero((slopes > 0.4 / np.diff(x)) & (slopes > 10 * usual)) + 1
    return np.insert(x, jumps, x[jumps - 1]), np.insert(y, jumps, np.nan)
