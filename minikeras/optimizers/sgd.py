"""Gradient descent, plain, with momentum, and with Nesterov's momentum."""

from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["SGD"]


@register("optimizer")
class SGD(Optimizer):
    """Gradient descent: ``w -= learning_rate * g``.

    With momentum, ``v = momentum * v - learning_rate * g`` and ``w += v``; Nesterov's looks one
    step ahead, ``w += momentum * v - learning_rate * g``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.01
    momentum : float in [0, 1], default 0.0
        What the velocity keeps of itself at each step.
    nesterov : bool, default False
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Sutskever et al., "On the Importance of Initialization and Momentum in Deep Learning" (2013),
    eq. 1 to 4, at the point the network is evaluated at.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import SGD
    >>> w, optimizer = minikeras.Variable([1.0]), SGD(0.1, momentum=0.5)
    >>> optimizer.apply([[1.0]], [w])  # v = -0.1
    >>> optimizer.apply([[1.0]])  # v = -0.15
    >>> w.numpy().round(2)
    array([0.75], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.nesterov = nesterov

    def slots(self) -> dict[str, float]:
        return {"momentum": 0.0} if self.momentum else {}

    def update(
        self, w: Array, g: Array, learning_rate: float, step: int, *slots_and_scratch: Array
    ) -> None:
        np.multiply(g, learning_rate, g)
        if not self.momentum:
            np.subtract(w, g, w)
            return
        v, scratch = slots_and_scratch
        np.multiply(v, self.momentum, v)
        np.subtract(v, g, v)
        if self.nesterov:
            np.multiply(v, self.momentum, scratch)
            np.subtract(scratch, g, scratch)
            np.add(w, scratch, w)
        else:
            np.add(w, v, w)
