"""Adafactor: the size of the gradient kept by rows and columns alone."""

import math
from typing import Never

import numpy as np

from minikeras._typing import Array, Shape
from minikeras._validation import check_number
from minikeras.autodiff import Variable
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Adafactor"]


@register("optimizer")
class Adafactor(Optimizer):
    """Adafactor: steps in proportion to the weights, divided by a factored mean square gradient.

    Of the running mean of ``g**2 + epsilon_1`` over a matrix only the means of the rows and of the
    columns are kept, ``r`` and ``c``; ``v = r * c / mean(r)`` stands for it. Vectors keep all of
    ``v``. The means take in ``t**beta_2_decay`` of what is new. The direction ``u = g / sqrt(v)``
    is divided by ``max(1, rms(u) / clip_threshold)``, and the step is
    ``max(epsilon_2, rms(w)) * min(learning_rate, 1 / sqrt(t))`` times that.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
        Largest step relative to the size of the weights.
    beta_2_decay : float, default -0.8
        At most 0.
    epsilon_1 : float, default 1e-30
        Added to squared gradients; at least what the dtype can hold above 0.
    epsilon_2 : float, default 1e-3
        Least size of the weights that counts.
    clip_threshold : float, default 1.0
        Above 0.
    relative_step : bool, default True
        Kept for Keras's sake: the step never exceeds ``1 / sqrt(t)`` either way.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Shazeer, Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost" (2018),
    algorithms 4 and 5.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Adafactor
    >>> w = minikeras.Variable([[3.0, 3.0], [3.0, 3.0]])
    >>> Adafactor(0.1).apply([[[1.0, 2.0], [2.0, 4.0]]], [w])  # each moves by 0.1 times 3
    >>> w.numpy().round(4)
    array([[2.7, 2.7],
           [2.7, 2.7]], dtype=float32)
    """

    alternating = 3
    by_variable = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        gradient: str = "analytic",
        **unknown: Never,
    ):
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            gradient,
            **unknown,
        )
        self.beta_2_decay = check_number("beta_2_decay", beta_2_decay, maximum=0)
        self.epsilon_1 = check_number("epsilon_1", epsilon_1, 0)
        self.epsilon_2 = check_number("epsilon_2", epsilon_2, 0)
        self.clip_threshold = check_number("clip_threshold", clip_threshold, 0, open_minimum=True)
        self.relative_step = relative_step

    def slots(self) -> dict[str, float]:
        return {"row": 0.0, "column": 0.0, "velocity": 0.0}

    def slot_shape(self, name: str, variable: Variable) -> Shape:
        shape = variable.value.shape
        if name == "velocity":
            return shape
        if len(shape) < 2:
            return ()  # unused; Keras's files have a number there too
        return shape[:-1] if name == "row" else (*shape[:-2], shape[-1])

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        row: Array,
        column: Array,
        v: Array,
        scratch: Array,
    ) -> None:
        size = max(self.epsilon_2, _rms(w)) * min(learning_rate, 1.0 / math.sqrt(step))
        new = float(step) ** self.beta_2_decay
        np.multiply(g, g, scratch)
        np.add(scratch, max(self.epsilon_1, float(np.finfo(w.dtype).tiny)), scratch)
        if w.ndim < 2:
            _move(v, scratch, new)
        else:
            _move(row, scratch.mean(axis=-1), new)
            _move(column, scratch.mean(axis=-2), new)
            np.divide(row, row.mean(axis=-1, keepdims=True), scratch[..., 0])
            np.multiply(scratch[..., :1], column[..., None, :], v)
        np.sqrt(v, scratch)
        np.divide(g, scratch, g)
        np.multiply(g, size / max(1.0, _rms(g) / self.clip_threshold), g)
        np.subtract(w, g, w)


def _move(mean: Array, values: Array, share: float) -> None:
    """Move a running mean towards ``values``, which are overwritten."""
    mean *= 1.0 - share
    values *= share
    mean += values


def _rms(array: Array) -> float:
    flat = array.reshape(-1)
    return math.sqrt(flat.dot(flat) / flat.size)
