"""Adagrad: each weight's step is divided by the size of all its gradients so far."""

from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Adagrad"]


@register("optimizer")
class Adagrad(Optimizer):
    """Gradient descent with steps divided by the root of the sum of squared gradients.

    ``s += g**2`` and ``w -= learning_rate * g / sqrt(s + epsilon)``: rarely used weights keep
    taking large steps.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
        Larger ones than for other optimizers do well; 1.0 is the paper's.
    initial_accumulator_value : float, default 0.1
        First value of ``s``, at least 0.
    epsilon : float, default 1e-7
        Keeps the quotient finite; under the root.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization" (2011), figure 1.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Adagrad
    >>> w = minikeras.Variable([1.0])
    >>> optimizer = Adagrad(1.0, initial_accumulator_value=9.0)
    >>> optimizer.apply([[4.0]], [w])  # 4 / sqrt(9 + 16)
    >>> w.numpy().round(4)
    array([0.2], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
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
        self.initial_accumulator_value = check_number(
            "initial_accumulator_value", initial_accumulator_value, 0
        )
        self.epsilon = check_number("epsilon", epsilon, 0)

    def slots(self) -> dict[str, float]:
        return {"accumulator": self.initial_accumulator_value}

    def update(
        self, w: Array, g: Array, learning_rate: float, step: int, total: Array, scratch: Array
    ) -> None:
        rate, epsilon = self.scalars(learning_rate, self.epsilon)
        np.multiply(g, g, scratch)
        np.add(total, scratch, total)
        np.add(total, epsilon, scratch)
        np.sqrt(scratch, scratch)
        np.multiply(g, rate, g)
        np.divide(g, scratch, g)
        np.subtract(w, g, w)
