"""FTRL: weights found anew at each step, with sparsity."""

from typing import Never

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.optimizers.base import Optimizer
from minikeras.optimizers.settings import LearningRate
from minikeras.registry import register

__all__ = ["Ftrl"]


@register("optimizer")
class Ftrl(Optimizer):
    """FTRL-Proximal: the weights that would have done best on all gradients so far, regularized.

    With ``p = -learning_rate_power``, ``n' = n + g**2``, ``s = (n'**p - n**p) / learning_rate``,
    ``z += g + 2 * l2_shrinkage * w - s * w``, and
    ``w = (clip(z, -l1, l1) - z) / ((beta + n'**p) / learning_rate + 2 * l2)``.

    It does well on sparse linear models, whose weights start at zero: the first steps draw other
    weights towards it. L1 makes weights exactly zero.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
        A rate of 0 leaves the weights as they are.
    learning_rate_power : float, default -0.5
        At most 0; how steps shrink as gradients add up. 0 keeps them alike.
    initial_accumulator_value : float, default 0.1
        First value of ``n``, at least 0.
    l1_regularization_strength, l2_regularization_strength : float, default 0.0
        At least 0.
    l2_shrinkage_regularization_strength : float, default 0.0
        At least 0; a penalty on the loss, where L2 is one on the weights found.
    beta : float, default 0.0
        The paper's; at least 0.
    weight_decay, clipnorm, ..., gradient
        See ``Optimizer``.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown or out of range.

    References
    ----------
    McMahan et al., "Ad Click Prediction: a View from the Trenches" (2013), algorithm 1.

    Examples
    --------
    >>> import minikeras
    >>> from minikeras.optimizers import Ftrl
    >>> w = minikeras.Variable([0.0, 0.0])
    >>> optimizer = Ftrl(1.0, initial_accumulator_value=0.0, l1_regularization_strength=0.5)
    >>> optimizer.apply([[2.0, 0.25]], [w])  # -(2 - 0.5) / sqrt(2**2)
    >>> w.numpy().round(4)
    array([-0.75,  0.  ], dtype=float32)
    """

    alternating = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        self.learning_rate_power = check_number(
            "learning_rate_power", learning_rate_power, maximum=0
        )
        self.initial_accumulator_value = check_number(
            "initial_accumulator_value", initial_accumulator_value, 0
        )
        self.l1_regularization_strength = check_number(
            "l1_regularization_strength", l1_regularization_strength, 0
        )
        self.l2_regularization_strength = check_number(
            "l2_regularization_strength", l2_regularization_strength, 0
        )
        self.l2_shrinkage_regularization_strength = check_number(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength, 0
        )
        self.beta = check_number("beta", beta, 0)

    def slots(self) -> dict[str, float]:
        return {"accumulator": self.initial_accumulator_value, "linear": 0.0}

    def update(
        self,
        w: Array,
        g: Array,
        learning_rate: float,
        step: int,
        n: Array,
        z: Array,
        scratch: Array,
    ) -> None:
        if learning_rate == 0.0:
            return
        np.add(z, g, z)
        if self.l2_shrinkage_regularization_strength:
            np.multiply(w, 2.0 * self.l2_shrinkage_regularization_strength, scratch)
            np.add(z, scratch, z)
        np.multiply(g, g, g)
        self._power(n, scratch)
        np.add(n, g, n)
        self._power(n, g)
        np.subtract(g, scratch, scratch)
        np.multiply(scratch, w, scratch)
        np.divide(scratch, learning_rate, scratch)
        np.subtract(z, scratch, z)
        l1, l2 = self.l1_regularization_strength, self.l2_regularization_strength
        np.divide(g, learning_rate, g)
        np.add(g, 2.0 * l2 + self.beta / learning_rate, g)
        np.clip(z, -l1, l1, scratch)
        np.subtract(scratch, z, scratch)
        if self.initial_accumulator_value or l2 or self.beta:
            np.divide(scratch, g, w)
        else:  # a weight that never had a gradient stays as it is
            np.divide(scratch, g, w, where=g != 0.0)

    def _power(self, n: Array, out: Array) -> None:
        if self.learning_rate_power == -0.5:
            np.sqrt(n, out)
        else:
            np.power(n, -self.learning_rate_power, out)
