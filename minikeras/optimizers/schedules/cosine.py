"""Learning rates along cosine waves."""

import math

from minikeras._validation import check_non_negative_int, check_number
from minikeras.optimizers.schedules.base import LearningRateSchedule
from minikeras.registry import register

__all__ = ["CosineDecay", "CosineDecayRestarts"]


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
class CosineDecayRestarts(LearningRateSchedule):
    """Half cosine waves down, one after the other, each beginning with a jump up.

    At ``n`` of the ``length`` steps of wave ``i`` the rate is ``initial_learning_rate * ((1 -
    alpha) * 0.5 * m_mul**i * (1 + cos(pi * n / length)) + alpha)``, where
    ``length = first_decay_steps * t_mul**i``.

    Parameters
    ----------
    initial_learning_rate : float
        At least 0.
    first_decay_steps : float
        Length of the first wave in steps, above 0.
    t_mul : float, default 2.0
        How many times as long as the one before each wave is, above 0. Below 1 the waves come to an
        end, and the rate stays at ``alpha`` of the first.
    m_mul : float, default 1.0
        How many times as high, at least 0.
    alpha : float, default 0.0
        Lowest rate as a fraction of the first, at least 0.
    name : str

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), eq. 5.

    Examples
    --------
    >>> from minikeras.optimizers.schedules import CosineDecayRestarts
    >>> rate = CosineDecayRestarts(0.1, first_decay_steps=100, m_mul=0.5)
    >>> [round(rate(step), 3) for step in (0, 50, 99, 100, 200, 300)]
    [0.1, 0.05, 0.0, 0.05, 0.025, 0.025]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ):
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate, 0)
        self.first_decay_steps = check_number(
            "first_decay_steps", first_decay_steps, 0, open_minimum=True
        )
        self.t_mul = check_number("t_mul", t_mul, 0, open_minimum=True)
        self.m_mul = check_number("m_mul", m_mul, 0)
        self.alpha = check_number("alpha", alpha, 0)
        self.name = name

    def __call__(self, step: int) -> float:
        wave = self._wave(step / self.first_decay_steps)
        if wave is None:
            return float(self.initial_learning_rate * self.alpha)
        number, share = wave
        height = 0.5 * self.m_mul**number * (1.0 + math.cos(math.pi * share))
        return float(self.initial_learning_rate * ((1.0 - self.alpha) * height + self.alpha))

    def _wave(self, time: float) -> tuple[int, float] | None:
        """Return which wave it is at ``time`` (in lengths of the first), and how far it has got."""
        factor = self.t_mul
        if factor == 1.0:
            return math.floor(time), time % 1.0
        left = 1.0 - time * (1.0 - factor)  # factor ** number at the beginning of a wave
        if left <= 0.0:
            return None
        number = math.floor(math.log(left) / math.log(factor))
        # The logarithms may be off by a rounding error, and with them the wave.
        number = next(n for n in (number + 1, number, number - 1) if _begin(factor, n) <= time)
        return number, (time - _begin(factor, number)) / factor**number


def _begin(factor: float, number: int) -> float:
    """Return when a wave begins: the sum of ``factor ** i`` for the waves before it."""
    return (1.0 - factor**number) / (1.0 - factor)
