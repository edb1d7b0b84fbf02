"""Activations made of straight pieces and parabolas: relu, its bounded and shrinking relatives.

At a kink the gradient is that of the flatter side: relu has 0 at 0.
"""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import HALF, ONE, positive_part, where_positive

__all__ = [
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "relu",
    "relu6",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "step",
    "threshold",
]


@primitive
def relu(
    x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Op:
    """Rectified linear unit, ``max(x, 0)``.

    Parameters
    ----------
    x : array
    negative_slope : float, default 0.0
        Slope below ``threshold``.
    max_value : float, optional
        Largest value.
    threshold : float, default 0.0
        From where on ``x`` is passed.

    Returns
    -------
    array of the same shape and dtype

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        y = positive_part(x)
        return y, (lambda dy: where_positive(dy, y), None, None, None)

    slope = x > threshold
    y = x * slope
    if max_value is not None:
        slope = slope & (y > 0.0) & (y < max_value)
        y = y.clip(0.0, max_value)
    if negative_slope == 0.0:
        return y, (lambda dy: dy * slope, None, None, None)
    y = y - np.maximum(threshold - x, 0.0) * negative_slope

    def dx(dy: Array) -> Any:
        return dy * slope + dy * (x <= threshold) * negative_slope

    return y, (dx, None, None, None)


@primitive
def leaky_relu(x: Array, negative_slope: float = 0.2) -> Op:
    """``x`` where it is positive, ``negative_slope * x`` elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.leaky_relu(np.array([-2.0, 3.0]))
    array([-0.4,  3. ])
    """
    if -1.0 <= negative_slope <= 1.0:
        y = np.maximum(x, x * negative_slope)
    else:
        y = np.maximum(x, 0.0) + np.minimum(x, 0.0) * negative_slope

    def dx(dy: Array) -> Any:
        passed = where_positive(dy, positive_part(x))
        return passed + (dy - passed) * negative_slope

    return y, (dx, None)


@primitive
def relu6(x: Array) -> Op:
    """``x`` clipped to [0, 6].

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.relu6(np.array([-2.0, 3.0, 8.0]))
    array([0., 3., 6.])
    """
    y = x.clip(0.0, 6.0)
    return y, (lambda dy: where_positive(dy, y * (6.0 - y)),)


@primitive
def hard_sigmoid(x: Array) -> Op:
    """``x / 6 + 1 / 2`` clipped to [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.hard_sigmoid(np.array([-3.0, 0.0, 1.5]))
    array([0.  , 0.5 , 0.75])
    """
    y = (x * (1.0 / 6.0) + HALF[x.dtype]).clip(0.0, 1.0)
    return y, (lambda dy: where_positive(dy, y - y * y) * (1.0 / 6.0),)


@primitive
def hard_silu(x: Array) -> Op:
    """``x * hard_sigmoid(x)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.hard_silu(np.array([-3.0, 1.5, 4.0]))
    array([-0.   ,  1.125,  4.   ])
    """
    h = (x * (1.0 / 6.0) + HALF[x.dtype]).clip(0.0, 1.0)
    return x * h, (lambda dy: dy * h + where_positive(dy, h - h * h) * (x * (1.0 / 6.0)),)


@primitive
def hard_tanh(x: Array) -> Op:
    """``x`` clipped to [-1, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.hard_tanh(np.array([-3.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """
    y = x.clip(-1.0, 1.0)
    return y, (lambda dy: where_positive(dy, ONE[y.dtype] - np.abs(y)),)


@primitive
def hard_shrink(x: Array, threshold: float = 0.5) -> Op:
    """``x`` where ``abs(x) > threshold``, 0 elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.hard_shrink(np.array([-2.0, 0.25, 0.75]))
    array([-2.  ,  0.  ,  0.75])
    """
    y = x * (np.abs(x) > threshold)
    return y, (lambda dy: where_positive(dy, np.abs(y)), None)


@primitive
def soft_shrink(x: Array, threshold: float = 0.5) -> Op:
    """``x`` moved towards 0 by ``threshold``, and 0 where it is not larger than that.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.soft_shrink(np.array([-2.0, 0.25, 0.75]))
    array([-1.5 ,  0.  ,  0.25])
    """
    y = x - x.clip(-threshold, threshold)
    return y, (lambda dy: where_positive(dy, np.abs(y)), None)


@primitive
def threshold(x: Array, threshold: float, default_value: float) -> Op:
    """``x`` where it is larger than ``threshold``, ``default_value`` elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.threshold(np.array([-2.0, 0.5, 2.0]), 1.0, -1.0)
    array([-1., -1.,  2.])
    """
    y = np.where(x <= threshold, default_value, x)
    return y, (lambda dy: dy * (x > threshold), None, None)


@primitive
def sparse_plus(x: Array) -> Op:
    """0 up to -1, ``(x + 1)**2 / 4`` between -1 and 1, ``x`` from there on.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.sparse_plus(np.array([-2.0, 0.0, 2.0]))
    array([0.  , 0.25, 2.  ])
    """
    s = (x * HALF[x.dtype] + HALF[x.dtype]).clip(0.0, 1.0)
    y = np.maximum(s * s, x)  # the parabola touches x at 1 from above and stays below it afterwards
    return y, (lambda dy: dy * s,)


@primitive
def sparse_sigmoid(x: Array) -> Op:
    """``(x + 1) / 2`` clipped to [0, 1]: the derivative of ``sparse_plus``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.sparse_sigmoid(np.array([-2.0, 0.0, 0.5]))
    array([0.  , 0.5 , 0.75])
    """
    y = (x * HALF[x.dtype] + HALF[x.dtype]).clip(0.0, 1.0)
    return y, (lambda dy: where_positive(dy, y - y * y) * HALF[y.dtype],)


@primitive
def step(x: Array) -> Op:
    """0 where ``x <= 0``, 1 where ``x > 0``; its gradient is 0 everywhere.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.step(np.array([-2.0, 0.0, 0.5]))
    array([0., 0., 1.])
    """
    return np.sign(positive_part(x)), (lambda dy: np.zeros(x.shape, x.dtype),)
