"""The learning rate as it is read: a number, and a little of a variable."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Rate"]


class Rate(float):
    """A learning rate that was read: a number, which ``assign`` can replace.

    Keras's is a variable; this lets its scripts say ``optimizer.learning_rate.assign(0.01)``. What
    was read stays the number it was; read it again after ``assign``.

    Parameters
    ----------
    value : float
    assign : callable ``(value) -> None``
        Sets the rate of the optimizer.

    Examples
    --------
    >>> from minikeras.optimizers import SGD
    >>> optimizer = SGD(0.5)
    >>> optimizer.learning_rate.assign(optimizer.learning_rate / 2)
    >>> optimizer.learning_rate, float(optimizer.learning_rate.numpy())
    (0.25, 0.25)
    """

    __slots__ = ("assign",)
    assign: Callable[[Any], None]

    def __new__(cls, value: float, assign: Callable[[Any], None]) -> "Rate":
        made = super().__new__(cls, value)
        made.assign = assign
        return made

    def numpy(self) -> np.float32:
        """Return the number in the dtype of Keras's variable."""
        return np.float32(self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        # NumPy lets a float32 array times a number stay float32 only if the number is a plain one.
        plain = [float(value) if isinstance(value, Rate) else value for value in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        return float, (float(self),)  # a copy, such as in a history, leaves the optimizer behind
