"""What may happen around an update, in place: accumulating, clipping, averaging, constraints."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff import Variable
from minikeras.optimizers.blocks import BLOCK

__all__ = [
    "accumulate",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "constrain",
    "move_average",
]


def accumulate(gradient: Array, total: Array, steps: int, due: bool) -> None:
    """Add ``gradient`` to ``total``; when ``due``, put the mean in its place and start anew."""
    total += gradient
    if due:
        np.divide(total, steps, out=gradient)
        total.fill(0.0)


def clip_by_value(gradient: Array, limit: float) -> None:
    """Bring each element into ``[-limit, limit]``."""
    np.clip(gradient, -limit, limit, out=gradient)


def clip_by_norm(gradients: Iterable[Array], limit: float) -> None:
    """Shorten each gradient that is longer than ``limit``; NaN spreads over its own."""
    for gradient in gradients:
        norm = math.sqrt(gradient.dot(gradient))
        if not norm <= limit:
            gradient *= limit / norm


def clip_by_global_norm(gradients: Sequence[Array], limit: float) -> None:
    """Shorten all gradients by one factor if together they are longer than ``limit``.

    If one number is not finite all become NaN, as in Keras.

    References
    ----------
    Pascanu, Mikolov, Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013),
    algorithm 1.
    """
    norm = math.sqrt(sum(float(gradient.dot(gradient)) for gradient in gradients))
    if not norm <= limit:
        factor = limit / norm if math.isfinite(norm) else math.nan
        for gradient in gradients:
            gradient *= factor


def move_average(
    values: Array, average: Array, keep: float, scratch: Array, overwrite: bool
) -> None:
    """Move ``average`` to ``keep * average + (1 - keep) * values``; ``values`` too if wanted.

    ``scratch`` is as long as a block, or as all values if they are fewer.
    """
    for start in range(0, values.size, BLOCK):
        w, mean = values[start : start + BLOCK], average[start : start + BLOCK]
        part = scratch[: w.size]
        np.multiply(w, 1.0 - keep, out=part)
        mean *= keep
        mean += part
        if overwrite:
            w[...] = mean


def constrain(variables: Iterable[Variable]) -> None:
    """Put each variable through its constraint.

    Raises
    ------
    ValueError
        If a constraint changes the shape.
    """
    for variable in variables:
        value = variable.constraint(variable.value)
        if np.shape(value) != variable.value.shape:
            raise ValueError(
                f"the constraint of variable {variable.path!r} must keep its shape "
                f"{variable.value.shape}, got {np.shape(value)}"
            )
        variable.value[...] = value
