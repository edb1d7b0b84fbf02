"""Penalties on weights or outputs that are added to the loss."""

from typing import Any

import numpy as np

from minikeras import config, registry
from minikeras._typing import Array
from minikeras._validation import check_choice, check_number
from minikeras.registry import Configurable, register

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer(Configurable):
    """Base of the penalties: a function of an array that gives one number.

    A subclass defines ``__call__`` with NumPy functions, which differentiate. A plain function
    does as well.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.regularizers import Regularizer
    >>> class Peak(Regularizer):
    ...     def __call__(self, x):
    ...         return np.max(np.abs(x))
    >>> float(Peak()(np.array([1.0, -3.0])))
    3.0
    """

    def __call__(self, x: Array) -> Any:
        """Return the penalty.

        Parameters
        ----------
        x : array, Variable or Tensor

        Returns
        -------
        scalar of ``x``'s dtype
        """
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, x)")


@register("regularizer")
class L1(Regularizer):
    """Sum of absolute values, ``l1 * sum(|x|)``: drives small weights to exactly zero.

    Parameters
    ----------
    l1 : float, default 0.01
        Strength, at least 0.

    Raises
    ------
    ValueError
        If ``l1`` is negative or not finite.

    References
    ----------
    Tibshirani, "Regression Shrinkage and Selection via the Lasso" (1996).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.regularizers import L1
    >>> float(L1(0.5)(np.array([1.0, -3.0])))
    2.0
    """

    def __init__(self, l1: float = 0.01):
        self.l1 = check_number("l1", l1, 0)

    def __call__(self, x: Array) -> Any:
        return self.l1 * np.sum(np.abs(x))


@register("regularizer")
class L2(Regularizer):
    """Sum of squares, ``l2 * sum(x**2)``: keeps weights small.

    Parameters
    ----------
    l2 : float, default 0.01
        Strength, at least 0. The gradient is ``2 * l2 * x``.

    Raises
    ------
    ValueError
        If ``l2`` is negative or not finite.

    References
    ----------
    Goodfellow, Bengio, Courville, *Deep Learning* (2016), section 7.1.1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.regularizers import L2
    >>> float(L2(0.5)(np.array([1.0, -3.0])))
    5.0
    """

    def __init__(self, l2: float = 0.01):
        self.l2 = check_number("l2", l2, 0)

    def __call__(self, x: Array) -> Any:
        return self.l2 * np.sum(np.square(x))


@register("regularizer", "l1_l2")
class L1L2(Regularizer):
    """Both penalties, ``l1 * sum(|x|) + l2 * sum(x**2)`` (the elastic net).

    Parameters
    ----------
    l1, l2 : float, default 0.0
        Strengths, at least 0. The name ``"l1_l2"`` stands for 0.01 each.

    Raises
    ------
    ValueError
        If a strength is negative or not finite.

    References
    ----------
    Zou, Hastie, "Regularization and Variable Selection via the Elastic Net" (2005).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.regularizers import L1L2
    >>> float(L1L2(l1=0.5, l2=0.5)(np.array([1.0, -3.0])))
    7.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = check_number("l1", l1, 0)
        self.l2 = check_number("l2", l2, 0)

    def __call__(self, x: Array) -> Any:
        if self.l1 == 0:
            return self.l2 * np.sum(np.square(x))
        if self.l2 == 0:
            return self.l1 * np.sum(np.abs(x))
        return self.l1 * np.sum(np.abs(x)) + self.l2 * np.sum(np.square(x))


@register("regularizer")
class OrthogonalRegularizer(Regularizer):
    """Mean size of the cosine between each two rows (or columns): drives them to right angles.

    ``factor`` times the mean of ``abs(cosine)`` over all pairs.

    Parameters
    ----------
    factor : float, default 0.01
        Strength, at least 0.
    mode : {"rows", "columns"}
        What is to be orthogonal.

    Raises
    ------
    ValueError
        If an argument is out of range; when called, if the weights are no matrix.

    References
    ----------
    Bansal, Chen, Wang, "Can we gain more from orthogonality regularizations in training deep
    networks?", NeurIPS 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.regularizers import OrthogonalRegularizer
    >>> regularizer = OrthogonalRegularizer(factor=0.5)
    >>> float(regularizer(np.array([[3.0, 4.0], [0.0, 2.0]])))  # the cosine is 0.8
    0.4
    >>> float(regularizer(np.eye(3)))
    0.0
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = check_number("factor", factor, 0)
        self.mode = check_choice("mode", mode, ("rows", "columns"))

    def __call__(self, x: Array) -> Any:
        if len(x.shape) != 2:
            raise ValueError(
                f"OrthogonalRegularizer expected a matrix, got shape {x.shape}; use it for kernels "
                "of Dense layers"
            )
        vectors = x if self.mode == "rows" else np.transpose(x)
        count = vectors.shape[0]
        pairs = max(count * (count - 1) / 2.0, 1.0)
        squares = np.sum(np.square(vectors), axis=1, keepdims=True)
        floor = max(config.epsilon() ** 2, float(np.finfo(x.dtype).tiny))
        unit = vectors / np.sqrt(np.maximum(squares, floor))
        others = 1.0 - np.eye(count, dtype=x.dtype)
        return self.factor * 0.5 * np.sum(np.abs(unit @ unit.T * others)) / pairs


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer  # Keras's second names


def get(identifier: Any) -> Any:
    """Return the regularizer that ``identifier`` names.

    Parameters
    ----------
    identifier : str, dict, Regularizer, callable or None
        None stays None.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> from minikeras import regularizers
    >>> regularizers.get("l2")
    L2()
    >>> regularizers.get("l1_l2")
    L1L2(l1=0.01, l2=0.01)
    """
    if identifier is None:
        return None
    if identifier == "l1_l2":  # the class's own defaults would do nothing
        return L1L2(0.01, 0.01)
    return registry.get("regularizer", identifier)


def serialize(regularizer: Any) -> Any:
    """Return the configuration of ``regularizer`` as plain data."""
    return registry.serialize(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the regularizer that ``serialize`` described.

    Parameters
    ----------
    config : dict or str
        Plain data.
    custom_objects : dict, optional
        Further classes and functions, by name.
    """
    with registry.custom_object_scope(custom_objects):
        return registry.deserialize(config, "regularizer")
