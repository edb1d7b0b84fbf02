"""Lamb: Adam whose steps are as long as the weights of each variable."""

import math
from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_fraction, check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Lamb"]


@register("optimizer")
class Lamb(Optimizer):
    """Lamb: Adam's direction, in each variable with a step in proportion to its weights.

    As in Adam ``m += (1 - beta_1) * (g - m)`` and ``v += (1 - beta_2) * (g**2 - v)``; with
    ``d = m / (1 - beta_1**t) / (sqrt(v / (1 - beta_2**t)) + epsilon)`` the step is
    ``w -= learning_rate * |w| / |d| * d``. Where a length is 0 the factor is 1. Made for very large
    batches.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    beta_1, beta_2 : float in [0, 1), default 0.9 and 0.999
        What the running means keep of themselves at each step.
    epsilon : float, default 1e-7
        Keeps the quotient finite; outside the root.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 Minutes" (2020),
    algorithm 2.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Lamb
    >>> w = minikeras.Variable([3.0, 4.0])  # length 5; the direction is (1, -1)
    >>> Lamb(0.1).apply([[0.5, -50.0]], [w])
    >>> w.numpy().round(4)
    array([2.6464, 4.3536], dtype=float32)
    """

    alternating = 2
    by_variable = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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
        self.beta_1 = check_fraction("beta_1", beta_1)
        self.beta_2 = check_fraction("beta_2", beta_2)
        self.epsilon = check_number("epsilon", epsilon, 0)

    def slots(self) -> dict[str, float]:
        return {"momentum": 0.0, "velocity": 0.0}

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        m: Array,
        v: Array,
        scratch: Array,
    ) -> None:
        np.subtract(g, m, scratch)
        np.multiply(scratch, 1.0 - self.beta_1, scratch)
        np.add(m, scratch, m)
        np.multiply(g, g, scratch)
        np.subtract(scratch, v, scratch)
        np.multiply(scratch, 1.0 - self.beta_2, scratch)
        np.add(v, scratch, v)
        np.sqrt(v, scratch)
        np.multiply(scratch, 1.0 / math.sqrt(1.0 - self.beta_2**step), scratch)
        np.add(scratch, self.epsilon, scratch)
        np.divide(m, scratch, g)
        np.divide(g, 1.0 - self.beta_1**step, g)
        weights, direction = _length(w), _length(g)
        ratio = weights / direction if weights > 0.0 and direction > 0.0 else 1.0
        np.multiply(g, ratio * learning_rate, g)
        np.subtract(w, g, w)


def _length(array: Array) -> float:
    flat = array.reshape(-1)
    return math.sqrt(flat.dot(flat))
