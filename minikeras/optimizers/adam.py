"""Adam and AdamW: running means of the gradient and of its square."""

import math
from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_fraction, check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Adam", "AdamW"]


@register("optimizer")
class Adam(Optimizer):
    """Adam: momentum, divided by the recent size of the gradient.

    ``m += (1 - beta_1) * (g - m)``, ``v += (1 - beta_2) * (g**2 - v)``, and
    ``w -= a * m / (sqrt(v) + epsilon)``, where
    ``a = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`` makes up for means that started
    at 0. The first steps are ``learning_rate`` long, whatever the gradient's size.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    beta_1, beta_2 : float in [0, 1), default 0.9 and 0.999
        What the running means keep of themselves at each step.
    epsilon : float, default 1e-7
        Keeps the quotient finite; outside the root.
    amsgrad : bool, default False
        Divide by the largest ``v`` so far.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Kingma, Ba, "Adam: A Method for Stochastic Optimization" (2015), end of section 2; epsilon is
    the one called epsilon hat there. AMSGrad: Reddi, Kale, Kumar, "On the Convergence of Adam and
    Beyond" (2018), algorithm 2.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Adam
    >>> w = minikeras.Variable([1.0, 1.0])
    >>> Adam(0.1).apply([[0.5, -50.0]], [w])
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
        amsgrad: bool = False,
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
        self.amsgrad = amsgrad

    def slots(self) -> dict[str, float]:
        names = ["momentum", "velocity"]
        if self.amsgrad:
            names.append("velocity_hat")
        return dict.fromkeys(names, 0.0)

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        m: Array,
        v: Array,
        *others: Array,
    ) -> None:
        scratch = others[-1]
        alpha = learning_rate * math.sqrt(1.0 - self.beta_2**step) / (1.0 - self.beta_1**step)
        size, epsilon, rest_1, rest_2 = self.scalars(
            alpha, self.epsilon, 1.0 - self.beta_1, 1.0 - self.beta_2
        )
        np.subtract(g, m, scratch)
        np.multiply(scratch, rest_1, scratch)
        np.add(m, scratch, m)
        np.multiply(g, g, scratch)
        np.subtract(scratch, v, scratch)
        np.multiply(scratch, rest_2, scratch)
        np.add(v, scratch, v)
        if self.amsgrad:
            v, v_now = others[0], v
            np.maximum(v, v_now, out=v)
        np.sqrt(v, scratch)
        np.add(scratch, epsilon, scratch)
        np.divide(m, scratch, scratch)
        np.multiply(scratch, size, scratch)
        np.subtract(w, scratch, w)


@register("optimizer", "adamw")
class AdamW(Adam):
    """Adam with weight decay: before each step, ``w -= learning_rate * weight_decay * w``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    weight_decay : float, default 0.004
        At least 0.
    beta_1, beta_2, epsilon, amsgrad
        See ``Adam``.
    clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Loshchilov, Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import AdamW
    >>> w = minikeras.Variable([1.0, 1.0])
    >>> AdamW(0.1, weight_decay=0.5).apply([[0.0, 1.0]], [w])
    >>> w.numpy().round(4)
    array([0.95, 0.85], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
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
        if weight_decay is None:
            raise TypeError("AdamW needs a weight_decay of at least 0, got None; use Adam without")
