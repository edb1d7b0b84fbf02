"""Projections that bring weights back into bounds after each step of the optimizer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import config, registry
from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.registry import Configurable, register

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]

Axis = int | Sequence[int]


class Constraint(Configurable):
    """Base of the projections: a function of a weight array that gives one of the same shape.

    A subclass defines ``__call__``; a plain function does as well.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.constraints import Constraint
    >>> class Rounded(Constraint):
    ...     def __call__(self, w):
    ...         return np.round(w)
    >>> Rounded()(np.array([0.2, 1.7]))
    array([0., 2.])
    """

    def __call__(self, w: Array) -> Array:
        """Return the allowed weights nearest to ``w``.

        Parameters
        ----------
        w : array

        Returns
        -------
        array of the same shape and dtype
        """
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, w)")


def _norms(w: Array, axis: Axis) -> Array:
    axes = axis if isinstance(axis, int) else tuple(axis)
    norms: Array = np.sqrt(np.sum(np.square(w), axis=axes, keepdims=True))
    return norms


@register("constraint")
class NonNeg(Constraint):
    """Weights of at least zero: negative ones become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.constraints import NonNeg
    >>> NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __call__(self, w: Array) -> Array:
        return np.maximum(w, 0.0)


@register("constraint")
class MaxNorm(Constraint):
    """Weight vectors of at most a given length: longer ones are scaled down.

    Parameters
    ----------
    max_value : float, default 2
        Largest allowed length, at least 0.
    axis : int or sequence of int, default 0
        Axes that one vector runs along: 0 for the weights into each unit of a ``Dense`` kernel
        ``(inputs, units)``, ``(0, 1, 2)`` for each filter of a ``Conv2D`` kernel.

    Raises
    ------
    ValueError
        If ``max_value`` is negative.

    References
    ----------
    Srivastava et al., "Dropout" (2014), section 5.1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.constraints import MaxNorm
    >>> MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(4)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0):
        self.max_value = check_number("max_value", max_value, 0)
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self.axis)
        return w * (np.minimum(norms, self.max_value) / (config.epsilon() + norms))


@register("constraint")
class UnitNorm(Constraint):
    """Weight vectors of length 1.

    Parameters
    ----------
    axis : int or sequence of int, default 0
        Axes that one vector runs along, as in ``MaxNorm``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.constraints import UnitNorm
    >>> UnitNorm()(np.array([[3.0], [4.0]])).round(4)
    array([[0.6],
           [0.8]])
    """

    def __init__(self, axis: Axis = 0):
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        return w / (config.epsilon() + _norms(w, self.axis))


@register("constraint")
class MinMaxNorm(Constraint):
    """Weight vectors with a length between two bounds.

    Parameters
    ----------
    min_value : float, default 0.0
    max_value : float, default 1.0
        Smallest and largest allowed length, at least 0.
    rate : float in [0, 1], default 1.0
        Share of the way that one call goes: the length becomes
        ``(1 - rate) * length + rate * clip(length, min_value, max_value)``.
    axis : int or sequence of int, default 0
        Axes that one vector runs along, as in ``MaxNorm``.

    Raises
    ------
    ValueError
        If a bound is negative, ``min_value`` above ``max_value``, or ``rate`` outside [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.constraints import MinMaxNorm
    >>> w = np.array([[3.0, 0.3], [4.0, 0.4]])
    >>> MinMaxNorm(min_value=1.0, max_value=2.0)(w).round(4)
    array([[1.2, 0.6],
           [1.6, 0.8]])
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axis = 0,
    ):
        self.min_value = check_number("min_value", min_value, 0)
        self.max_value = check_number("max_value", max_value, 0)
        self.rate = check_number("rate", rate, 0, 1)
        self.axis = axis
        if min_value > max_value:
            raise ValueError(
                f"min_value must not be above max_value, got {min_value} and {max_value}"
            )

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self.axis)
        clipped = np.clip(norms, self.min_value, self.max_value)
        desired = self.rate * clipped + (1.0 - self.rate) * norms
        return w * (desired / (config.epsilon() + norms))


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm  # Keras's names


def get(identifier: Any) -> Any:
    """Return the constraint that ``identifier`` names.

    Parameters
    ----------
    identifier : str, dict, Constraint, callable or None
        None stays None.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> from minikeras import constraints
    >>> constraints.get("max_norm")
    MaxNorm()
    """
    return None if identifier is None else registry.get("constraint", identifier)


def serialize(constraint: Any) -> Any:
    """Return the configuration of ``constraint`` as plain data."""
    return registry.serialize(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the constraint that ``serialize`` described.

    Parameters
    ----------
    config : dict or str
        Plain data.
    custom_objects : dict, optional
        Further classes and functions, by name.
    """
    with registry.custom_object_scope(custom_objects):
        return registry.deserialize(config, "constraint")
