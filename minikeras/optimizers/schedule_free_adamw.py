"""Schedule-free AdamW: an average of the weights in place of a decaying rate."""

import math
from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_fraction, check_non_negative_int, check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["ScheduleFreeAdamW"]


@register("optimizer", "schedule_free_adamw")
class ScheduleFreeAdamW(Optimizer):
    """AdamW whose weights lean towards their own average, so that the rate need not decay.

    Three sequences: ``z`` takes steps as in Adam without momentum,
    ``z -= learning_rate * g / (sqrt(v / (1 - beta_2**t)) + epsilon)``; ``x`` is the mean of all
    ``z``; the weights, where gradients are taken, are ``(1 - beta_1) * z + beta_1 * x``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.0025
    beta_1 : float in (0, 1), default 0.9
        How close the weights stay to the average.
    beta_2 : float in [0, 1), default 0.999
        What the running mean ``v`` of squared gradients keeps of itself at each step.
    epsilon : float, default 1e-8
        Keeps the quotient finite; outside the root.
    warmup_steps : int, default 0
        Steps over which the learning rate grows in a straight line to its value.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    Defazio et al., "The Road Less Scheduled" (2024), algorithm 1.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import ScheduleFreeAdamW
    >>> w = minikeras.Variable([1.0, 1.0])
    >>> optimizer = ScheduleFreeAdamW(0.1)
    >>> for gradient in ([0.5, -50.0], [0.5, -50.0]):
    ...     optimizer.apply([gradient], [w])
    >>> w.numpy().round(4)  # z went to 0.8, the mean of 0.9 and 0.8 is 0.85
    array([0.845, 1.155], dtype=float32)
    """

    alternating = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.beta_1 = check_number("beta_1", beta_1, 0, 1, open_minimum=True, open_maximum=True)
        self.beta_2 = check_fraction("beta_2", beta_2)
        self.epsilon = check_number("epsilon", epsilon, 0)
        self.warmup_steps = check_non_negative_int("warmup_steps", warmup_steps)

    def slots(self) -> dict[str, float | None]:
        return {"momentum": None, "velocity": 0.0}  # Keras calls z so; it starts at the weights

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        z: Array,
        v: Array,
        scratch: Array,
    ) -> None:
        if step < self.warmup_steps:
            learning_rate *= step / self.warmup_steps
        share = 1.0 / step  # of the new z in the mean
        rest_2, size, epsilon, rate, lean, own = self.scalars(
            1.0 - self.beta_2,
            1.0 / math.sqrt(1.0 - self.beta_2**step),
            self.epsilon,
            learning_rate,
            share,
            1.0 - self.beta_1 + self.beta_1 * share,
        )
        np.multiply(g, g, scratch)
        np.subtract(scratch, v, scratch)
        np.multiply(scratch, rest_2, scratch)
        np.add(v, scratch, v)
        np.sqrt(v, scratch)
        np.multiply(scratch, size, scratch)
        np.add(scratch, epsilon, scratch)
        np.divide(g, scratch, g)
        np.multiply(g, rate, g)  # the step of z
        # What the weights move by when x is eliminated from the three formulas.
        np.subtract(z, w, scratch)
        np.multiply(scratch, lean, scratch)
        np.add(w, scratch, w)
        np.subtract(z, g, z)
        np.multiply(g, own, g)
        np.subtract(w, g, w)
