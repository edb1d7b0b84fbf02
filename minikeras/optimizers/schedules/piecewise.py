"""Learning rates that are constant for a while."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from minikeras._validation import check_number
from minikeras.optimizers.schedules.base import LearningRateSchedule
from minikeras.registry import register

__all__ = ["PiecewiseConstantDecay"]


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
