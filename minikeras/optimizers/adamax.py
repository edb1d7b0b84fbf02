"""Adamax: Adam with the largest recent gradient in place of the mean square."""

from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_fraction, check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Adamax"]


@register("optimizer")
class Adamax(Optimizer):
    """Adamax: momentum, divided by the largest recent gradient.

    ``m += (1 - beta_1) * (g - m)``, ``u = max(beta_2 * u, |g|)``, and
    ``w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    beta_1, beta_2 : float in [0, 1), default 0.9 and 0.999
        What the momentum and the largest gradient keep of themselves at each step.
    epsilon : float, default 1e-7
        Keeps the quotient finite.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Kingma, Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 2.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Adamax
    >>> w = minikeras.Variable([1.0, 1.0])
    >>> Adamax(0.1).apply([[0.5, -50.0]], [w])
    >>> w.numpy().round(4)
    array([0.9, 1.1], dtype=float32)
    """

    alternating = 2

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
        return {"momentum": 0.0, "norm": 0.0}

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        m: Array,
        u: Array,
        scratch: Array,
    ) -> None:
        size, rest_1, beta_2, epsilon = self.scalars(
            learning_rate / (1.0 - self.beta_1**step), 1.0 - self.beta_1, self.beta_2, self.epsilon
        )
        np.subtract(g, m, scratch)
        np.multiply(scratch, rest_1, scratch)
        np.add(m, scratch, m)
        np.absolute(g, g)
        np.multiply(u, beta_2, u)
        np.maximum(u, g, out=u)
        np.add(u, epsilon, scratch)
        np.divide(m, scratch, scratch)
        np.multiply(scratch, size, scratch)
        np.subtract(w, scratch, w)
