"""Class indices as rows of zeros and ones."""

from typing import Any

import numpy as np

from minikeras import config
from minikeras._typing import DType
from minikeras._validation import check_positive_int
from minikeras.autodiff.symbolic import symbolic
from minikeras.autodiff.tensor import bare
from minikeras.ops._convert import array, number

__all__ = ["multi_hot", "one_hot"]


def _dense(name: str, sparse: bool) -> None:
    if sparse:
        raise ValueError(f"ops.{name} expected sparse=False: minikeras has no sparse arrays")


@symbolic
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: DType | None = None, sparse: bool = False
) -> Any:
    """Turn class indices into rows of zeros with a one in the place of the class.

    Parameters
    ----------
    x : int array
        An index outside ``[0, num_classes)`` gives a row of zeros.
    num_classes : int
    axis : int, default -1
        Where the new axis goes.
    dtype : dtype, optional
        Default ``config.floatx()``.
    sparse : bool
        Must be False: there are no sparse arrays here.

    Returns
    -------
    array, shape ``x.shape`` with ``num_classes`` inserted

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.one_hot([0, 2, -1], 3)
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 0., 0.]], dtype=float32)
    """
    _dense("one_hot", sparse)
    labels = np.asarray(bare(array(x)))
    classes = np.arange(check_positive_int("num_classes", number(num_classes)))
    axis = axis % (labels.ndim + 1)
    classes = classes.reshape((-1,) + (1,) * (labels.ndim - axis))
    return np.equal(np.expand_dims(labels, axis), classes).astype(dtype or config.floatx())


@symbolic
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType | None = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Any:
    """Turn lists of class indices into rows of zeros with a one for every class in the list.

    Parameters
    ----------
    inputs : int array, shape (classes,) or (batch, classes, ...)
    num_classes : int
    axis : int, default -1
        Where the classes go.
    dtype : dtype, optional
        Default ``config.floatx()``.
    sparse : bool
        Must be False: there are no sparse arrays here.
    **kwargs
        ``num_tokens``, the older name of ``num_classes``.

    Returns
    -------
    array, shape (num_classes,) or (batch, ..., num_classes)

    Raises
    ------
    ValueError
        If ``num_classes`` is missing.

    Examples
    --------
    >>> from minikeras import ops
    >>> ops.multi_hot([[0, 2], [1, 1]], 3)
    array([[1., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    count = kwargs.pop("num_tokens", num_classes) if num_classes is None else num_classes
    if count is None or kwargs:
        raise ValueError(f"ops.multi_hot expected num_classes, got {num_classes} and {kwargs}")
    _dense("multi_hot", sparse)
    labels = np.asarray(bare(array(inputs)))
    return np.max(one_hot(labels, count, axis, dtype), axis=1 if labels.ndim > 1 else 0)
