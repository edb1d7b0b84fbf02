"""The loss over two weights, and the way that gradient descent takes on it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minikeras import losses
from minikeras._svg.colors import heat
from minikeras._svg.contours import contour
from minikeras._svg.draw import COLORS
from minikeras._svg.panel import Dots, Field, Line, Mark, Numbers, Panel
from minikeras._typing import ArrayLike
from minikeras._validation import (
    check_non_negative_int,
    check_number,
    check_positive_int,
    did_you_mean,
)
from minikeras.autodiff import GradientTape, Variable, bare
from minikeras.plot.onto_axes import finish

__all__ = ["loss_surface"]

_LEVELS = 9  # lines of equal loss


class _Weight(NamedTuple):
    """One number among the weights of a model."""

    variable: Variable
    place: tuple[int, ...]

    @property
    def name(self) -> str:
        at = ", ".join(map(str, self.place))
        return f"{self.variable.path}[{at}]" if at else self.variable.path

    @property
    def value(self) -> float:
        return float(self.variable.value[self.place])

    def set(self, value: float) -> None:
        with np.errstate(over="ignore"):
            self.variable.value[self.place] = value


def loss_surface(
    model: Any,
    x: Any,
    y: ArrayLike,
    weights: Sequence[Any] | None = None,
    path: int | ArrayLike | None = None,
    *,
    loss: Any = None,
    learning_rate: float = 0.1,
    ranges: Sequence[tuple[float, float]] | None = None,
    resolution: int = 40,
    ax: Any = None,
) -> Any:
    r"""Draw the loss over two chosen weights, all others staying as they are.

    Parameters
    ----------
    model : Model
        Built, with one output; it is left as it was.
    x, y : arrays
        The samples that the loss is the mean over.
    weights : two of (str or Variable, index), optional
        Which numbers: the path of a weight, such as ``"dense/kernel"``, or the weight itself, and
        the place in it. Default: the first two numbers of the first weight.
    path : int or array of shape (steps, 2), optional
        The two weights as they moved during a training; or a number of steps of gradient descent
        to take from where the model is, in these two weights alone.
    loss : str, Loss or callable, optional
        Default: what the model is compiled with.
    learning_rate : float, default 0.1
        Of the steps of ``path``.
    ranges : two of (float, float), optional
        From where to where; default: around the weights and the path.
    resolution : int, default 40
        Points along each side; the model runs ``resolution ** 2`` times.
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        Dark where the loss is low, with lines of equal loss. Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If there is no loss, no such weight, or not two of them.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input, Sequential, plot
    >>> from minikeras.layers import Dense
    >>> model = Sequential([Input((2,)), Dense(1, use_bias=False, name="out")])
    >>> model.set_weights([np.array([[2.0], [-1.0]])])
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> picture = plot.loss_surface(model, x, x[:, :1], path=3, loss="mse", learning_rate=0.5)
    >>> print(picture.desc.replace(". ", ".\n"))
    Loss over out/kernel[0, 0] and out/kernel[1, 0], from 0.000881 to 6.01.
    The path has 4 points and goes from (2, -1), loss 1, to (1.12, -0.125), loss 0.0156.
    """
    check_positive_int("resolution", resolution)
    check_number("learning_rate", learning_rate, 0, open_minimum=True)
    if not model.built:
        raise ValueError(
            f"model {model.name!r} is not built yet, it has no weights; call it on data first"
        )
    first, second = _two(model, weights)
    measure = _measure(model, x, y, loss)
    before = first.value, second.value
    try:
        way = _way(path, first, second, measure, learning_rate)
        box = _box(ranges, before, way)
        shares = (np.arange(max(resolution, 2)) + 0.5) / max(resolution, 2)  # middles of pixels
        across, up = (low + shares * (high - low) for low, high in box)
        surface = np.empty((len(up), len(across)))
        for j, a in enumerate(across.tolist()):
            first.set(a)
            for i, b in enumerate(up.tolist()):
                second.set(b)
                surface[i, j] = measure()
        ends = []
        for point in [] if way is None else [way[0], way[-1]]:
            first.set(point[0])
            second.set(point[1])
            ends.append(measure())
    finally:
        first.set(before[0])
        second.set(before[1])

    known = surface[np.isfinite(surface)]
    if not known.size:
        raise ValueError("the loss is finite nowhere in these ranges; give narrower ones")
    low, high = float(known.min()), float(known.max())
    said = f"Loss over {first.name} and {second.name}, from {low:.3g} to {high:.4g}."
    marks: list[Mark] = [_colours(surface, box), *_lines(surface, across, up)]
    if way is None:
        marks.append(_point(before, "now", "circle", COLORS[4]))
        said += f" The model is at ({before[0]:.3g}, {before[1]:.3g})."
    else:
        marks += _walk(way)
        said += (
            f" The path has {len(way)} points and goes from ({way[0, 0]:.3g}, {way[0, 1]:.3g}), "
            f"loss {ends[0]:.3g}, to ({way[-1, 0]:.3g}, {way[-1, 1]:.3g}), loss {ends[1]:.3g}."
        )
    panel = Panel(
        tuple(marks),
        "",
        first.name,
        second.name,
        *box,
        notes=(f"loss from {low:.3g} (dark) to {high:.3g} (bright)",),
    )
    return finish(panel, "loss surface", said, ax, width=460.0, height=440.0)


def _two(model: Any, chosen: Sequence[Any] | None) -> tuple[_Weight, _Weight]:
    if chosen is None:
        trainable = model.trainable_variables
        places = [(v, index) for v in trainable[:2] for index in np.ndindex(*v.shape)]
        chosen = places[:2] if trainable and trainable[0].size > 1 else places[:1] + places[1:2]
    if len(chosen) != 2:
        raise ValueError(
            f"loss_surface expected two weights, such as [('dense/kernel', (0, 0)), "
            f"('dense/bias', 0)], got {len(chosen)}"
        )
    first, second = (_find(model, one) for one in chosen)
    if first.variable is second.variable and first.place == second.place:
        raise ValueError(f"loss_surface expected two different weights, got {first.name} twice")
    return first, second


def _find(model: Any, chosen: Any) -> _Weight:
    if not isinstance(chosen, tuple | list) or len(chosen) != 2:
        raise ValueError(
            f"a weight is chosen as (path, index), such as ('dense/kernel', (0, 0)), got {chosen!r}"
        )
    wanted, place = chosen
    known = {variable.path: variable for variable in model.weights}
    variable = wanted
    if isinstance(wanted, str):
        if wanted not in known:
            raise ValueError(
                f"model {model.name!r} has no weight {wanted!r}{did_you_mean(wanted, known)}"
            )
        variable = known[wanted]
    elif not any(variable is one for one in model.weights):
        raise ValueError(f"{wanted!r} is not among the weights of model {model.name!r}")
    index = tuple(place) if isinstance(place, tuple | list) else (place,)
    if len(index) != len(variable.shape) or any(
        not -n <= i < n for i, n in zip(index, variable.shape, strict=True)
    ):
        raise ValueError(
            f"{variable.path!r} has shape {variable.shape}, so there is no number at {place!r}"
        )
    return _Weight(variable, tuple(int(i) % n for i, n in zip(index, variable.shape, strict=True)))


def _measure(model: Any, x: Any, y: Any, loss: Any) -> Callable[[], Any]:
    """Return a function that gives the loss for the weights as they are, traced or not."""
    if loss is None and model._objective is not None:
        loss = model._objective.given[0]
    if loss is None or isinstance(loss, list | tuple | dict):
        raise ValueError(
            "loss_surface needs one loss: give loss=..., or compile the model with one"
        )
    function: Any = losses.get(loss)
    y = np.asarray(y)
    x = model._convert(x)

    def measure() -> Any:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            total = function(y, model(x, training=False))
            for added in model.losses:
                total = total + added
        return total

    return measure


def _way(
    path: Any, first: _Weight, second: _Weight, measure: Callable[[], Any], learning_rate: float
) -> Numbers | None:
    if path is None:
        return None
    if np.ndim(path):
        way = np.asarray(path, dtype=float)
        if way.ndim != 2 or way.shape[1] != 2 or not len(way) or not np.isfinite(way).all():
            raise ValueError(
                f"path expected finite numbers of shape (steps, 2), got shape {way.shape}"
            )
        return way
    points = [(first.value, second.value)]
    for _ in range(check_non_negative_int("path", path)):
        with GradientTape() as tape:
            value = measure()
        slopes = [
            np.zeros(weight.variable.shape) if slope is None else np.asarray(bare(slope))
            for weight, slope in zip(
                (first, second),
                tape.gradient(value, [first.variable, second.variable]),
                strict=True,
            )
        ]
        for weight, slope in zip((first, second), slopes, strict=True):
            weight.set(weight.value - learning_rate * float(slope[weight.place]))
        points.append((first.value, second.value))
        if not np.isfinite(points[-1]).all():
            raise ValueError(
                f"gradient descent left all bounds after {len(points) - 1} steps; give a "
                f"learning_rate below {learning_rate:g}"
            )
    return np.array(points)


def _box(
    ranges: Any, now: tuple[float, float], way: Numbers | None
) -> tuple[tuple[float, float], tuple[float, float]]:
    if ranges is None:
        points = np.array([now]) if way is None else np.concatenate([way, [now]])
        low, high = points.min(axis=0), points.max(axis=0)
        room = np.maximum(0.5 * (high - low), 1.5)
        ranges = list(zip((low - room).tolist(), (high + room).tolist(), strict=True))
    if len(ranges) != 2 or any(len(r) != 2 or not r[0] < r[1] for r in ranges):
        raise ValueError(f"ranges expected two pairs (low, high), got {ranges!r}")
    (a, b), (c, d) = ranges
    return (float(a), float(b)), (float(c), float(d))


def _colours(surface: Numbers, box: tuple[tuple[float, float], tuple[float, float]]) -> Field:
    """Return colours by the rank of the loss: valleys show, however steep the walls are."""
    known = np.isfinite(surface)
    order = np.sort(surface[known])
    shares = np.full(surface.shape, np.nan)
    shares[known] = np.searchsorted(order, surface[known]) / max(len(order) - 1, 1)
    return Field(heat(shares), (*box[0], *box[1]))


def _lines(surface: Numbers, across: Numbers, up: Numbers) -> list[Line]:
    levels = np.quantile(surface[np.isfinite(surface)], np.linspace(0, 1, _LEVELS + 2)[1:-1])
    lines = (contour(across, up, surface, float(level)) for level in np.unique(levels))
    return [Line(*line, color="#ffffff", width=1.0, opacity=0.45) for line in lines if len(line[0])]


def _point(at: Sequence[float], name: str, marker: str, color: str) -> Dots:
    return Dots(np.array([at[0]]), np.array([at[1]]), name, color, marker, 6.0)


def _walk(way: Numbers) -> list[Mark]:
    x, y = way.T
    marks: list[Mark] = [
        Line(x, y, color="#0d1117", width=4.5, opacity=0.6),
        Line(x, y, color="#ffffff", width=2.0),
    ]
    if len(way) <= 200:
        marks.append(Dots(x, y, color="#ffffff", radius=2.4, outline="#0d1117"))
    return [
        *marks,
        _point(way[0], "start", "circle", COLORS[4]),
        _point(way[-1], "end", "diamond", COLORS[1]),
    ]
