"""What a model of two numbers decides, everywhere in the plane."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras._svg.axes import MARKERS
from minikeras._svg.colors import rgb
from minikeras._svg.contours import contour
from minikeras._svg.draw import COLORS, INK
from minikeras._svg.panel import Dots, Field, Line, Mark, Numbers, Panel
from minikeras._typing import ArrayLike
from minikeras._validation import check_positive_int
from minikeras.autodiff import bare
from minikeras.plot.classes import labels_of
from minikeras.plot.onto_axes import finish

__all__ = ["decision_boundary"]

_MOST = 2000  # points drawn


def decision_boundary(
    model: Any,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    class_names: Sequence[str] | None = None,
    resolution: int = 120,
    margin: float = 0.15,
    threshold: float = 0.5,
    ax: Any = None,
) -> Any:
    """Draw which class a model gives to each point of the plane, and the samples.

    Parameters
    ----------
    model : Model or callable
        Takes an array of shape (points, 2); gives one probability per point, or one per class.
    x : array, shape (samples, 2)
    y : array, shape (samples,), (samples, 1) or (samples, classes), optional
        Their classes, from 0, or one-hot; the samples are drawn by colour and shape.
    class_names : sequence of str, optional
        Default: the numbers.
    resolution : int, default 120
        Points along each side at which the model is asked.
    margin : float, default 0.15
        Room around the samples, in shares of their extent.
    threshold : float, default 0.5
        Where the second of two classes begins, for a model with one output.
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        The more certain the model, the stronger the colour. Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If ``x`` does not hold pairs of numbers, or the model gives something else.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import plot
    >>> x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    >>> picture = plot.decision_boundary(lambda x: x[:, :1] * x[:, 1:], x, [0, 0, 0, 1])
    >>> picture.desc
    'The plane of 2 inputs by class: 0 on 80 %, 1 on 20 % of it. 4 samples, 4 of them on the side \
of their class.'
    """
    points = np.asarray(x, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(
            f"decision_boundary expected x of shape (samples, 2), got {points.shape}; a plane has "
            "two axes"
        )
    check_positive_int("resolution", resolution)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.where(high > low, (high - low) * margin, 0.5)
    low, high = low - room, high + room
    shares = (np.arange(max(resolution, 2)) + 0.5) / max(resolution, 2)  # middles of the pixels
    across, up = (low[i] + shares * (high[i] - low[i]) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    scores = _scores(model, grid.reshape(-1, 2), threshold)
    count = scores.shape[1]
    names = list(map(str, range(count))) if class_names is None else list(class_names)
    if len(names) < count:
        raise ValueError(f"class_names must hold {count} names, got {len(names)}: {names}")
    chosen = scores.argmax(axis=1)
    marks: list[Mark] = [_colours(scores, chosen, grid.shape[:2], (*low, *high))]
    marks += _borders(scores.reshape(*grid.shape[:2], count), across, up)
    parts = [f"{names[k]} on {100 * np.mean(chosen == k):.0f} %" for k in range(count)]
    said = f"The plane of 2 inputs by class: {', '.join(parts)} of it."
    if y is not None:
        labels = labels_of("y", y)
        if len(labels) != len(points):
            raise ValueError(
                f"x and y must have as many samples, got {len(points)} and {len(labels)}"
            )
        found = _scores(model, points, threshold).argmax(axis=1)
        right = int(np.sum(found == labels))
        said += f" {len(points)} samples, {right} of them on the side of their class."
        marks += _samples(points, labels, names)
    panel = Panel(
        tuple(marks),
        "",
        "x1",
        "x2",
        (float(low[0]), float(high[0])),
        (float(low[1]), float(high[1])),
    )
    return finish(panel, "decision boundary", said, ax, width=440.0, height=420.0)


def _scores(model: Any, points: Numbers, threshold: float) -> Numbers:
    """Return one score per class and point; the largest wins."""
    predict = getattr(model, "predict", None)
    given = predict(points, verbose=0) if callable(predict) else model(points)
    scores = np.asarray(bare(given), dtype=float)
    if scores.ndim == 1 and len(scores) == len(points):
        scores = scores[:, np.newaxis]
    if scores.ndim != 2 or len(scores) != len(points) or not scores.shape[1]:
        raise ValueError(
            f"decision_boundary expected the model to give shape ({len(points)}, classes) for "
            f"{len(points)} points, got {scores.shape}"
        )
    if scores.shape[1] == 1:  # the probability of the second of two classes
        # Scaled so that the threshold is halfway, and both sides go up to 1.
        share = np.clip(scores[:, 0], 0.0, 1.0) if 0 < threshold < 1 else scores[:, 0]
        if 0 < threshold < 1:
            share = np.where(
                share > threshold,
                0.5 + 0.5 * (share - threshold) / (1 - threshold),
                0.5 * share / threshold,
            )
        else:
            share = 0.5 + 0.5 * np.tanh(share - threshold)
        return np.stack([1.0 - share, share], axis=1)
    return scores


def _colours(scores: Numbers, chosen: Any, shape: tuple[int, ...], box: tuple[float, ...]) -> Field:
    """Return the colour of the winner, the stronger the more it leads."""
    ranked = np.sort(scores, axis=1)
    lead = ranked[:, -1] - ranked[:, -2]
    peak = lead.max()
    lead = lead if peak <= 1 else lead / peak  # scores that are not probabilities
    table = np.array([rgb(COLORS[k % len(COLORS)]) for k in range(scores.shape[1])], np.uint8)
    alpha = np.rint(255 * (0.12 + 0.4 * lead)).astype(np.uint8)
    pixels = np.concatenate([table[chosen], alpha[:, np.newaxis]], axis=1)
    return Field(pixels.reshape(*shape, 4), (box[0], box[2], box[1], box[3]))


def _borders(scores: Numbers, across: Numbers, up: Numbers) -> list[Line]:
    count = scores.shape[-1]
    lines = []
    for k in range(count - 1 if count == 2 else count):
        others = np.delete(scores, k, axis=-1).max(axis=-1)
        line = contour(across, up, scores[..., k] - others, 0.0)
        if len(line[0]):
            lines.append(Line(*line, color=INK, width=1.75))
    return lines


def _samples(points: Numbers, labels: Any, names: Sequence[str]) -> list[Dots]:
    step = -(-len(points) // _MOST)  # every step-th of very many
    points, labels = points[::step], labels[::step]
    radius = 4.5 if len(points) <= 300 else 3.0
    marks = []
    for k in np.unique(labels).tolist():
        x, y = points[labels == k].T
        name = names[k] if k < len(names) else str(k)
        color, shape = COLORS[k % len(COLORS)], MARKERS[k % len(MARKERS)]
        marks.append(Dots(x, y, name, color, shape, radius))
    return marks
