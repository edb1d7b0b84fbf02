"""Lion: steps of one size, in the direction of the sign of a running mean."""

from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Lion"]


@register("optimizer")
class Lion(Optimizer):
    """Lion: only the sign of the momentum counts, every weight moves by ``learning_rate``.

    ``w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)``, then
    ``m = beta_2 * m + (1 - beta_2) * g``. It does well with a learning rate 3 to 10 times smaller,
    and a weight decay as much larger, than AdamW's.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    beta_1 : float in (0, 1], default 0.9
        Weight of the running mean against the gradient in the step.
    beta_2 : float in [0, 1], default 0.99
        What the running mean keeps of itself at each step.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023), algorithm 2.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Lion
    >>> w = minikeras.Variable([1.0, 1.0, 1.0])
    >>> Lion(0.1).apply([[0.5, -50.0, 0.0]], [w])
    >>> w.numpy().round(4)
    array([0.9, 1.1, 1. ], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        self.beta_1 = check_number("beta_1", beta_1, 0, 1, open_minimum=True)
        self.beta_2 = check_number("beta_2", beta_2, 0, 1)

    def slots(self) -> dict[str, float]:
        return {"momentum": 0.0}

    def update(
        self, w: Array, g: Array, learning_rate: float, step: int, m: Array, scratch: Array
    ) -> None:
        rate, beta_1, rest_1, beta_2_more, rest_2 = self.scalars(
            learning_rate,
            self.beta_1,
            1.0 - self.beta_1,
            self.beta_2 / self.beta_1,  # m was multiplied by beta_1 already
            1.0 - self.beta_2,
        )
        np.multiply(g, rest_1, scratch)
        np.multiply(m, beta_1, m)
        np.add(m, scratch, scratch)
        np.multiply(g, rest_2, g)
        np.multiply(m, beta_2_more, m)
        np.add(m, g, m)
        np.sign(scratch, g)  # NumPy takes 14 times as long to write it in place
        np.multiply(g, rate, g)
        np.subtract(w, g, w)
