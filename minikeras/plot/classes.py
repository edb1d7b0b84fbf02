"""Confusion matrices of labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minikeras import _svg
from minikeras._svg.picture import Picture
from minikeras._typing import ArrayLike

__all__ = ["confusion_matrix", "labels_of"]


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    class_names: Sequence[str] | None = None,
    *,
    title: str = "Confusion matrix",
    ax: Any = None,
) -> Any:
    """Draw which classes a classifier takes for which others.

    Parameters
    ----------
    y_true : array, shape (samples,) or (samples, classes)
        Labels from 0, or one-hot.
    y_pred : array, shape (samples,), (samples, 1) or (samples, classes)
        Labels, or what ``predict`` gives: of one number a sample, above 0.5 is class 1.
    class_names : sequence of str, optional
        Default: the numbers.
    title : str, default "Confusion matrix"
    ax : matplotlib Axes, optional
        Draw there instead.

    Returns
    -------
    Picture
        Right answers in blue, mistakes in orange, the share of each class that was found beside
        it. Or ``ax``, where it is given.

    Raises
    ------
    ValueError
        If the numbers of samples differ, or labels are not whole numbers from 0.

    Examples
    --------
    >>> from minikeras import plot
    >>> plot.confusion_matrix([0, 0, 1, 1], [0.1, 0.7, 0.8, 0.9], ["cat", "dog"]).desc
    '3 of 4 samples right. Recall by class: cat 50.0 %, dog 100.0 %.'
    """
    true, guessed = labels_of("y_true", y_true), labels_of("y_pred", y_pred)
    if len(true) != len(guessed):
        raise ValueError(
            f"y_true and y_pred must have as many samples, got {len(true)} and {len(guessed)}"
        )
    if not len(true):
        raise ValueError("y_true and y_pred hold no sample; give at least one")
    widths = [x.shape[1] for x in map(np.asarray, (y_true, y_pred)) if x.ndim == 2]
    count = max(int(true.max()) + 1, int(guessed.max()) + 1, 2, *widths)
    names = list(map(str, range(count))) if class_names is None else list(class_names)
    if len(names) < count:
        raise ValueError(f"class_names must hold {count} names, got {len(names)}: {names}")
    matrix = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(matrix, (true, guessed), 1)
    if ax is None:
        return Picture(_svg.confusion_matrix(matrix, names, title=title))
    ax.imshow(matrix, cmap="Blues")
    for (i, j), number in np.ndenumerate(matrix):
        color = "white" if number > matrix.max() / 2 else "black"
        ax.text(j, i, str(number), ha="center", va="center", color=color)
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.set_title(title)
    return ax


def labels_of(name: str, values: ArrayLike) -> npt.NDArray[np.int64]:
    """Return class numbers: of labels themselves, one-hot rows, or probabilities."""
    found = np.asarray(values)
    if found.ndim == 2 and found.shape[1] > 1:
        largest: npt.NDArray[np.int64] = found.argmax(axis=1)
        return largest
    if found.ndim == 2:
        found = found[:, 0]
    if found.ndim != 1 or found.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must hold a label or a row of probabilities per sample, got shape "
            f"{found.shape} of dtype {found.dtype}"
        )
    if found.dtype.kind == "f" and (found != np.rint(found)).any():
        if not np.isfinite(found).all() or found.min() < 0 or found.max() > 1:
            raise ValueError(
                f"{name} must hold labels 0, 1, 2, ... or probabilities from 0 to 1, got values "
                f"from {found.min():g} to {found.max():g}"
            )
        found = found > 0.5
    labels: npt.NDArray[np.int64] = found.astype(np.int64)
    if labels.size and labels.min() < 0:
        raise ValueError(f"{name} must hold labels of at least 0, got {labels.min()}")
    return labels
