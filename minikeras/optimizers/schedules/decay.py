"""Learning rates that fall by a formula: exponentially, as 1/t, or as a power."""

import math

from minikeras._validation import check_number
from minikeras.optimizers.schedules.base import LearningRateSchedule
from minikeras.registry import register

__all__ = ["ExponentialDecay", "InverseTimeDecay", "PolynomialDecay"]


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
class InverseTimeDecay(LearningRateSchedule):
    """Decay like 1/t, ``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Parameters
    ----------
    initial_learning_rate : float
        At least 0.
    decay_steps : float
        Above 0.
    decay_rate : float
        At least 0.
    staircase : bool, default False
        Decay at once every ``decay_steps`` steps instead of gradually.
    name : str

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> from minikeras.optimizers.schedules import InverseTimeDecay
    >>> rate = InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> rate(0), rate(20), rate(60)
    (0.1, 0.05, 0.025)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ):
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = check_number("decay_steps", decay_steps, 0, open_minimum=True)
        self.decay_rate = check_number("decay_rate", decay_rate, 0)
        self.staircase = staircase
        self.name = name

    def __call__(self, step: int) -> float:
        times = step / self.decay_steps
        if self.staircase:
            times = math.floor(times)
        return float(self.initial_learning_rate / (1.0 + self.decay_rate * times))


@register("schedule")
class PolynomialDecay(LearningRateSchedule):
    """Down from the first rate to the last one along a power of the steps that are left.

    The rate is ``(first - last) * (1 - step / decay_steps) ** power + last``, and stays at ``last``
    from then on.

    Parameters
    ----------
    initial_learning_rate : float
        At least 0.
    decay_steps : float
        Length of the decay in steps, above 0.
    end_learning_rate : float, default 0.0001
        The last rate, at least 0.
    power : float, default 1.0
        Above 0; 1 is a straight line, 0.5 a root.
    cycle : bool, default False
        When the decay has ended, rise at once and go on with decays of twice the length, three
        times, and so on: ``decay_steps`` is replaced by its next multiple.
    name : str

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> from minikeras.optimizers.schedules import PolynomialDecay
    >>> rate = PolynomialDecay(0.1, decay_steps=100, end_learning_rate=0.02)
    >>> [round(rate(step), 3) for step in (0, 50, 100, 500)]
    [0.1, 0.06, 0.02, 0.02]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ):
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = check_number("decay_steps", decay_steps, 0, open_minimum=True)
        self.end_learning_rate = check_number("end_learning_rate", end_learning_rate, 0)
        self.power = check_number("power", power, 0, open_minimum=True)
        self.cycle = cycle
        self.name = name

    def __call__(self, step: int) -> float:
        length = self.decay_steps
        if self.cycle:
            length *= max(1, math.ceil(step / length))
        left = 1.0 - min(step / length, 1.0)
        span = self.initial_learning_rate - self.end_learning_rate
        return float(span * left**self.power + self.end_learning_rate)
