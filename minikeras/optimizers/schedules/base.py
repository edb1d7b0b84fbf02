"""What every learning rate schedule is: a function of the step."""

from minikeras.registry import Configurable

__all__ = ["LearningRateSchedule"]


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
