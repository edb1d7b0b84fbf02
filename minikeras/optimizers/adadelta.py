"""Adadelta: steps as large as the steps before, relative to the gradient."""

from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Adadelta"]


@register("optimizer")
class Adadelta(Optimizer):
    """Adadelta: the ratio of recent steps to recent gradients replaces the learning rate.

    ``s = rho * s + (1 - rho) * g**2``, the step is
    ``d = g * sqrt(u + epsilon) / sqrt(s + epsilon)`` with the running mean ``u`` of ``d**2``, and
    ``w -= learning_rate * d``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
        The paper's form is 1.0.
    rho : float in [0, 1], default 0.95
        What the running means keep of themselves at each step.
    epsilon : float, default 1e-7
        Keeps the quotient finite, and starts the first steps.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012), algorithm 1.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Adadelta
    >>> w = minikeras.Variable([1.0, 1.0])
    >>> Adadelta(1.0, rho=0.75, epsilon=0.01).apply([[2.0, -20.0]], [w])
    >>> w.numpy().round(4)
    array([0.801, 1.2  ], dtype=float32)
    """

    alternating = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
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
        self.rho = check_number("rho", rho, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0)

    def slots(self) -> dict[str, float]:
        return {"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        s: Array,
        u: Array,
        scratch: Array,
    ) -> None:
        rate, rho, rest, epsilon = self.scalars(
            learning_rate, self.rho, 1.0 - self.rho, self.epsilon
        )
        np.multiply(g, g, scratch)
        np.multiply(scratch, rest, scratch)
        np.multiply(s, rho, s)
        np.add(s, scratch, s)
        np.add(u, epsilon, scratch)
        np.sqrt(scratch, scratch)
        np.multiply(g, scratch, g)
        np.add(s, epsilon, scratch)
        np.sqrt(scratch, scratch)
        np.divide(g, scratch, g)  # the step
        np.multiply(g, g, scratch)
        np.multiply(scratch, rest, scratch)
        np.multiply(u, rho, u)
        np.add(u, scratch, u)
        np.multiply(g, rate, g)
        np.subtract(w, g, w)
