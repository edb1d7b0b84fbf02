"""RMSprop: each weight's step is divided by the recent size of its gradient."""

from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["RMSprop"]


@register("optimizer", "rmsprop")
class RMSprop(Optimizer):
    """Gradient descent with steps divided by the root of a running mean of squared gradients.

    ``v = rho * v + (1 - rho) * g**2`` and ``w -= learning_rate * g / sqrt(v + epsilon)``. With
    momentum, these steps add up: ``u = momentum * u + step`` and ``w -= u``. Centered, the square
    of the running mean ``rho * a + (1 - rho) * g`` of gradients is subtracted from ``v`` under the
    root, which leaves the variance.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    rho : float in [0, 1], default 0.9
        What the running means keep of themselves at each step.
    momentum : float in [0, 1], default 0.0
    epsilon : float, default 1e-7
        Keeps the quotient finite; under the root.
    centered : bool, default False
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Tieleman, Hinton, "Lecture 6.5: RMSprop", Coursera (2012). Centered and with momentum: Graves,
    "Generating Sequences with Recurrent Neural Networks" (2013), eq. 38 to 41.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import RMSprop
    >>> w = minikeras.Variable([1.0, 1.0])
    >>> RMSprop(0.1, rho=0.75).apply([[0.5, 50.0]], [w])  # 0.1 * g / sqrt(0.25 * g**2)
    >>> w.numpy().round(4)
    array([0.8, 0.8], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0)
        self.centered = centered

    def slots(self) -> dict[str, float]:
        names = ["velocity"]
        if self.momentum:
            names.append("momentum")
        if self.centered:
            names.append("average_gradient")
        return dict.fromkeys(names, 0.0)

    def update(
        self, w: Array, g: Array, learning_rate: float, step: int, v: Array, *rest: Array
    ) -> None:
        *others, scratch = rest
        rate, rho, rest_rho, epsilon, momentum = self.scalars(
            learning_rate, self.rho, 1.0 - self.rho, self.epsilon, self.momentum
        )
        np.multiply(g, g, scratch)
        np.multiply(scratch, rest_rho, scratch)
        np.multiply(v, rho, v)
        np.add(v, scratch, v)
        if self.centered:
            mean = others[-1]
            np.multiply(g, rest_rho, scratch)
            np.multiply(mean, rho, mean)
            np.add(mean, scratch, mean)
            np.multiply(mean, mean, scratch)
            np.subtract(v, scratch, scratch)
            np.abs(scratch, scratch)  # rounding can make a variance near 0 negative
            np.add(scratch, epsilon, scratch)
        else:
            np.add(v, epsilon, scratch)
        np.sqrt(scratch, scratch)
        np.multiply(g, rate, g)
        np.divide(g, scratch, g)
        if self.momentum:
            u = others[0]
            np.multiply(u, momentum, u)
            np.add(u, g, u)
            np.subtract(w, u, w)
        else:
            np.subtract(w, g, w)
