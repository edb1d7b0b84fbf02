"""How weights and activations are spread: what vanishes and what explodes becomes visible."""

from typing import Any

import numpy as np
import numpy.typing as npt

from minikeras._svg.draw import COLORS
from minikeras._svg.panel import Bars, Panel
from minikeras._validation import check_positive_int
from minikeras.graph import KerasTensor
from minikeras.layers import InputLayer
from minikeras.plot.chain import layer_outputs
from minikeras.plot.onto_axes import finish_panels

__all__ = ["activation_histograms", "weight_histograms"]

# A layer whose values spread a hundred times less or more than those of the first.
_FAR = 100.0
# Where activation functions are flat: gradients die there.
_ENDS = {
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softsign": (-1, 1),
}
_CALM, _ALARM = COLORS[0], COLORS[7]


def weight_histograms(model: Any, *, bins: int = 40, ax: Any = None) -> Any:
    """Draw how the numbers in each weight of a model are spread.

    Parameters
    ----------
    model : Model
        Built.
    bins : int, default 40
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        A histogram per kernel, bias and so on, each with an axis of its own. Weights that are all
        the same, or not finite, are red and named. Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If the model has no weights.

    Examples
    --------
    >>> from minikeras import Input, Sequential, plot
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Input((4,)), Dense(3, name="first")])
    >>> plot.weight_histograms(model).desc.partition(":")[0]
    'first/kernel'
    """
    check_positive_int("bins", bins)
    weights = [v for v in model.weights if v.value.dtype.kind == "f"]
    if not weights:
        raise ValueError(
            f"model {model.name!r} has no weights to draw; build it first: put Input(shape) in "
            "front, or call it on data"
        )
    groups = [(variable.path, variable.value.ravel()) for variable in weights]
    panels, said = [], []
    for name, values in groups:
        word = _trouble(values) if values.size else "empty"
        panels.append(_panel(name, values, _reach([values]), bins, word))
        said.append(_sentence(name, values, word))
    title = f"weights of {model.name}"
    return finish_panels(panels, title, " ".join(said), ax, width=280.0, height=190.0)


def activation_histograms(model: Any, x: Any, *, bins: int = 40, ax: Any = None) -> Any:
    """Draw how what each layer gives is spread, from the first layer to the last.

    Parameters
    ----------
    model : Model
    x : array, or structure of arrays
        A batch; a hundred samples are enough.
    bins : int, default 40
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        A histogram per layer, all on one axis. One that is a hundred times narrower than that of
        the input says "vanishing", a hundred times wider "exploding", one of zeros alone "dead";
        a layer before the last with most values at the ends of its sigmoid or tanh "saturated".
        Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If no layer gives floating-point numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input, Sequential, plot
    >>> from minikeras.layers import Dense
    >>> small = [Dense(8, activation="tanh", kernel_initializer="zeros") for _ in range(2)]
    >>> x = np.random.default_rng(0).standard_normal((50, 8))
    >>> picture = plot.activation_histograms(Sequential([Input((8,)), *small]), x)
    >>> picture.desc.count("dead")
    2
    """
    check_positive_int("bins", bins)
    groups: list[tuple[str, npt.NDArray[Any], Any]] = []
    if getattr(getattr(x, "dtype", None), "kind", "") == "f":  # not numbers of tokens or of pixels
        groups.append(("input", _flat(x), None))
    for layer, y in layer_outputs(model, x):
        if not isinstance(layer, InputLayer) and not hasattr(layer, "layer_shapes"):
            groups.append((layer.name, _flat(y), getattr(layer, "activation", None)))
    groups = [group for group in groups if group[1].size]
    if not groups:
        raise ValueError(f"no layer of model {model.name!r} gave numbers for x; give a batch")
    first = float(np.std(groups[0][1][np.isfinite(groups[0][1])]))
    reach = _reach([values for _, values, _ in groups])
    panels, said = [], []
    for k, (name, values, function) in enumerate(groups):
        word = _trouble(values, first)
        if not word and k < len(groups) - 1 and _saturated(values, function):
            word = "saturated"
        panels.append(_panel(name, values, reach, bins, word))
        said.append(_sentence(name, values, word))
    title = f"activations of {model.name}"
    return finish_panels(panels, title, " ".join(said), ax, width=280.0, height=190.0)


def _flat(tree: Any) -> npt.NDArray[np.float64]:
    """Return all floating-point numbers in an array, or in a structure of arrays."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple) and any(hasattr(item, "shape") for item in tree):
        parts = [_flat(item) for item in tree]
        return np.concatenate(parts) if parts else np.empty(0)
    if tree is None or isinstance(tree, KerasTensor):
        return np.empty(0)
    values = np.asarray(tree)
    return values.astype(float).ravel() if values.dtype.kind in "fiub" else np.empty(0)


def _reach(groups: list[npt.NDArray[Any]]) -> tuple[float, float]:
    """Return an axis for all of them; the outermost of a thousand values may lie beyond."""
    ends = []
    for values in groups:
        known = values[np.isfinite(values)].astype(float)
        if known.size:
            ends.append(np.quantile(known, [0.0005, 0.9995]))
    low = min((float(end[0]) for end in ends), default=0.0)
    high = max((float(end[1]) for end in ends), default=1.0)
    room = 0.04 * (high - low) or 0.5 * abs(low) or 1.0
    return low - room, high + room


def _trouble(values: npt.NDArray[Any], first: float | None = None) -> str:
    """Return what is wrong with the numbers, in a word; "" if nothing is."""
    known = values[np.isfinite(values)].astype(float)
    if known.size < values.size:
        return "not finite"
    if first is None:
        return "all the same" if values.size > 1 and known.min() == known.max() != 0 else ""
    spread = float(known.std())
    if not known.any():
        return "dead"
    if first > 0 and spread < first / _FAR:
        return "vanishing"
    return "exploding" if first > 0 and spread > first * _FAR else ""


def _saturated(values: npt.NDArray[Any], function: Any) -> bool:
    """Whether most values lie within a hundredth of the ends of their activation function."""
    name = function if isinstance(function, str) else getattr(function, "__name__", "")
    if name not in _ENDS:
        return False
    low, high = _ENDS[name]
    near = 0.01 * (high - low)
    return bool(np.mean((values < low + near) | (values > high - near)) > 0.5)


def _numbers(values: npt.NDArray[Any]) -> tuple[str, str]:
    known = values[np.isfinite(values)].astype(float)
    if not known.size:
        return "no finite number", ""
    zeros = 100 * float(np.mean(values == 0))
    mean, spread = float(known.mean()), float(known.std())
    return f"mean {mean:.3g}, std {spread:.3g}".replace("-", "−"), f"{zeros:.0f} % zeros"


def _sentence(name: str, values: npt.NDArray[Any], word: str) -> str:
    return f"{name}: {', '.join(filter(None, [*_numbers(values), word]))}."


def _panel(
    name: str, values: npt.NDArray[Any], reach: tuple[float, float], bins: int, word: str
) -> Panel:
    known = values[np.isfinite(values)].astype(float)
    heights, edges = np.histogram(np.clip(known, *reach), bins, reach)
    shares = heights / max(known.size, 1)
    first, second = _numbers(values)
    last = f"{values.size:,} values, {second}" if second else f"{values.size:,} values"
    return Panel(
        (Bars(edges, shares, _ALARM if word else _CALM),),
        name if not word else f"{name}: {word}",
        x_range=reach,
        y_range=(0.0, max(1.05 * float(shares.max(initial=0.0)), 1e-9)),
        notes=(first, last),
        numbered=False,
    )
