"""Learning rates that follow the number of steps taken so far."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from minikeras import registry
from minikeras._validation import check_non_negative_int, check_number
from minikeras.registry import Configurable, register

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "deserialize",
    "serialize",
]


class LearningRateSchedule(Configurable):
    """Base of the schedules: a function of the step that gives the learning rate.

    A subclass defines ``__call__(step)`` and is given to an optimizer as ``learning_rate``.

    Examples
    --------
    >>> from minikeras.optimizers import SGD
    >>> from minikeras.optimizers.schedules import LearningRateSchedule
    >>> class Harmonic(LearningRateSchedule):
    ...     def __init__(self, initial_learning_rate):
    ...         self.initial_learning_rate = initial_learning_rate
    ...
    ...     def __call__(self, step):
    ...         return self.initial_learning_rate / (step + 1)
    >>> Harmonic(0.5)(4)
    0.1
    >>> SGD(Harmonic(0.5)).learning_rate
    0.5
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate.

        Parameters
        ----------
        step : int
            Steps taken before this one, from 0.

        Returns
        -------
        float
            At least 0.
        """
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, step)")


@register("schedule")
class ExponentialDecay(LearningRateSchedule):
    """Exponential decay, ``initial_learning_rate * decay_rate ** (step / decay_steps)``.

    Parameters
    ----------
    initial_learning_rate : float
        At least 0.
    decay_steps : float
        Steps after which the rate has shrunk by ``decay_rate`` once, above 0.
    decay_rate : float
        Above 0; usually below 1.
    staircase : bool, default False
        Shrink at once every ``decay_steps`` steps instead of gradually.
    name : str

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> from minikeras.optimizers.schedules import ExponentialDecay
    >>> rate = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> rate(0), rate(20)
    (0.1, 0.025)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ):
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = check_number("decay_steps", decay_steps, 0, open_minimum=True)
        self.decay_rate = check_number("decay_rate", decay_rate, 0, open_minimum=True)
        self.staircase = staircase
        self.name = name

    def __call__(self, step: int) -> float:
        power = step / self.decay_steps
        if self.staircase:
            power = math.floor(power)
        return float(self.initial_learning_rate * self.decay_rate**power)


@register("schedule")
class CosineDecay(LearningRateSchedule):
    """Half a cosine wave down from the first rate, with a linear warm-up before it if wanted.

    After the warm-up, at ``n`` of ``decay_steps`` steps, the rate is
    ``top * ((1 - alpha) * 0.5 * (1 + cos(pi * n / decay_steps)) + alpha)``, and stays at
    ``top * alpha`` from then on.

    Parameters
    ----------
    initial_learning_rate : float
        Where it starts, at least 0; ``top`` when there is no warm-up.
    decay_steps : float
        Length of the decay in steps, above 0.
    alpha : float, default 0.0
        Last rate as a fraction of ``top``, at least 0.
    name : str
    warmup_target : float, optional
        ``top`` after the warm-up; None for no warm-up.
    warmup_steps : int, default 0
        Length of the warm-up in steps.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), eq. 5.
    Warm-up: Goyal et al., "Accurate, Large Minibatch SGD" (2017), section 2.2.

    Examples
    --------
    >>> from minikeras.optimizers.schedules import CosineDecay
    >>> rate = CosineDecay(0.0, decay_steps=100, warmup_target=0.1, warmup_steps=10)
    >>> [round(rate(step), 3) for step in (0, 5, 10, 60, 110, 500)]
    [0.0, 0.05, 0.1, 0.05, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ):
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = check_number("decay_steps", decay_steps, 0, open_minimum=True)
        self.alpha = check_number("alpha", alpha, 0)
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = check_non_negative_int("warmup_steps", warmup_steps)
        if warmup_target is not None:
            check_number("warmup_target", warmup_target, 0)

    def __call__(self, step: int) -> float:
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return float(top + (self.warmup_target - top) * step / self.warmup_steps)
            top = self.warmup_target
            step = step - self.warmup_steps
        share = min(step / self.decay_steps, 1.0)
        wave = 0.5 * (1.0 + math.cos(math.pi * share))
        return float(top * ((1.0 - self.alpha) * wave + self.alpha))


@register("schedule")
class PiecewiseConstantDecay(LearningRateSchedule):
    """One constant rate after another.

    Parameters
    ----------
    boundaries : sequence of int
        Strictly increasing; ``values[i]`` holds up to and including step ``boundaries[i]``.
    values : sequence of float
        The rates, at least 0, one more than there are boundaries.
    name : str

    Raises
    ------
    ValueError
        If the lengths do not fit, the boundaries do not increase, or a rate is negative.

    Examples
    --------
    >>> from minikeras.optimizers.schedules import PiecewiseConstantDecay
    >>> rate = PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])
    >>> rate(0), rate(100), rate(101), rate(1000)
    (0.1, 0.1, 0.01, 0.001)
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ):
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                "values must have one entry more than boundaries, got "
                f"{len(values)} values and {len(boundaries)} boundaries"
            )
        if any(left >= right for left, right in pairwise(boundaries)):
            raise ValueError(f"boundaries must increase, got {list(boundaries)}")
        for value in values:
            check_number("each of values", value, 0)
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: int) -> float:
        return float(self.values[bisect_left(self.boundaries, step)])


def serialize(learning_rate_schedule: Any) -> Any:
    """Return the configuration of a schedule as plain data.

    Examples
    --------
    >>> from minikeras.optimizers import schedules
    >>> schedules.serialize(schedules.ExponentialDecay(0.1, 10, 0.5))["class_name"]
    'ExponentialDecay'
    """
    return registry.serialize(learning_rate_schedule)


def deserialize(config: Any) -> Any:
    """Return the schedule that ``serialize`` described.

    Examples
    --------
    >>> from minikeras.optimizers import schedules
    >>> config = schedules.serialize(schedules.ExponentialDecay(0.1, 10, 0.5))
    >>> schedules.deserialize(config)
    ExponentialDecay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5)
    """
    return registry.deserialize(config, "schedule")
