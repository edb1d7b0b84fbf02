"""Nadam: Adam with Nesterov's momentum."""

import math
from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_fraction, check_number
from minikeras.autodiff import Variable
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Nadam"]


@register("optimizer")
class Nadam(Optimizer):
    """Nadam: Adam that looks one step ahead along its momentum.

    As in Adam ``m += (1 - beta_1) * (g - m)`` and ``v += (1 - beta_2) * (g**2 - v)``. With
    ``u(t) = beta_1 * (1 - 0.5 * 0.96**t)`` and the product ``U(t)`` of all of these so far,
    ``n = u(t + 1) * m / (1 - U(t + 1)) + (1 - u(t)) * g / (1 - U(t))`` and
    ``w -= learning_rate * n / (sqrt(v / (1 - beta_2**t)) + epsilon)``.

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
    Dozat, "Incorporating Nesterov Momentum into Adam" (2016), algorithm 8; the schedule of
    momenta is that of its experiments.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Nadam
    >>> w = minikeras.Variable([1.0, 1.0])
    >>> optimizer = Nadam(0.1)
    >>> for gradient in ([0.5, -50.0], [0.5, -50.0]):
    ...     optimizer.apply([gradient], [w])
    >>> w.numpy().round(4)
    array([0.8164, 1.1836], dtype=float32)
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

    def _start(self) -> None:
        super()._start()
        self._product = (0, 1.0)  # step, and the product of the momenta up to it

    def slots(self) -> dict[str, float]:
        return {"momentum": 0.0, "velocity": 0.0}

    @property
    def variables(self) -> list[Variable]:
        """Count, learning rate, slots, and the product of the momenta, as in Keras's files.

        All but the slots are copies; the product follows from the count.
        """
        found = super().variables
        product = np.array(self._product_at(self.iterations), self.flat.values.dtype)
        return [*found, Variable(product, trainable=False, name="variable")]

    def _momentum_at(self, step: int) -> float:
        return self.beta_1 * (1.0 - 0.5 * 0.96**step)

    def _product_at(self, step: int) -> float:
        done, product = self._product
        if step < done:
            done, product = 0, 1.0
        for earlier in range(done + 1, step + 1):
            product *= self._momentum_at(earlier)
        self._product = (step, product)
        return product

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
        now, ahead = self._momentum_at(step), self._momentum_at(step + 1)
        product = self._product_at(step)
        rest_1, rest_2, size, epsilon, share_m, share_g = self.scalars(
            1.0 - self.beta_1,
            1.0 - self.beta_2,
            1.0 / math.sqrt(1.0 - self.beta_2**step),
            self.epsilon,
            learning_rate * ahead / (1.0 - product * ahead),
            learning_rate * (1.0 - now) / (1.0 - product),
        )
        np.subtract(g, m, scratch)
        np.multiply(scratch, rest_1, scratch)
        np.add(m, scratch, m)
        np.multiply(g, g, scratch)
        np.subtract(scratch, v, scratch)
        np.multiply(scratch, rest_2, scratch)
        np.add(v, scratch, v)
        np.multiply(g, share_g, g)
        np.multiply(m, share_m, scratch)
        np.add(g, scratch, g)
        np.sqrt(v, scratch)
        np.multiply(scratch, size, scratch)
        np.add(scratch, epsilon, scratch)
        np.divide(g, scratch, g)
        np.subtract(w, g, w)
