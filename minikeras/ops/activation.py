"""Smooth activations: sigmoid and tanh, softplus and its kin, exponential and Gaussian units.

Inside an op ``x`` is a plain array, or under two tapes what the outer one traces.
"""

import math
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._fast import (
    HALF,
    ONE,
    negative_part,
    positive_part,
    reuse,
    under_two_tapes,
    where_positive,
)
from minikeras.ops.erf import erf

__all__ = [
    "celu",
    "elu",
    "exponential",
    "gelu",
    "glu",
    "log_sigmoid",
    "mish",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "squareplus",
    "tanh",
    "tanh_shrink",
]

SELU_ALPHA = 1.6732632423543772  # Klambauer et al. (2017), equation 14: keeps mean 0 and variance 1
SELU_SCALE = 1.0507009873554805
ROOT_2_PI = math.sqrt(2.0 / math.pi)


def _sigmoid(x: Any) -> Any:
    """Return the sigmoid as a scaled tanh: exp would overflow, and takes three times as long."""
    if under_two_tapes(x):
        return sigmoid(x)  # recorded as one op
    half = HALF[x.dtype]
    y = x * half
    y = np.tanh(y, out=reuse(y))
    y *= half
    y += half
    return y


@primitive
def sigmoid(x: Array) -> Op:
    """Logistic function, ``1 / (1 + exp(-x))``; never overflows.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.sigmoid(np.array([-1000.0, 0.0, 0.7]))
    array([0.        , 0.5       , 0.66818777])
    """
    y = _sigmoid(x)

    def dx(dy: Array) -> Any:
        slope = y * y
        return np.subtract(y, slope, out=reuse(slope)) * dy

    return y, (dx,)


@primitive
def tanh(x: Array) -> Op:
    """Hyperbolic tangent.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.tanh(np.array([-1000.0, 0.0, 0.5]))
    array([-1.        ,  0.        ,  0.46211716])
    """
    y = np.tanh(x)

    def dx(dy: Array) -> Any:
        slope = y * y
        return np.subtract(ONE[y.dtype], slope, out=reuse(slope)) * dy

    return y, (dx,)


@primitive
def tanh_shrink(x: Array) -> Op:
    """``x - tanh(x)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.tanh_shrink(np.array([-2.0, 0.0, 2.0]))
    array([-1.03597242,  0.        ,  1.03597242])
    """
    t = np.tanh(x)
    return x - t, (lambda dy: dy * t * t,)


@primitive
def softsign(x: Array) -> Op:
    """``x / (1 + abs(x))``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.softsign(np.array([-1.0, 0.0, 3.0]))
    array([-0.5 ,  0.  ,  0.75])
    """
    below = np.abs(x) + ONE[x.dtype]
    return x / below, (lambda dy: dy / below / below,)  # the square of ``below`` could overflow


def _softplus(x: Any) -> Any:
    if under_two_tapes(x):
        return softplus(x)
    return np.log1p(np.exp(-np.abs(x))) + positive_part(x)


@primitive
def softplus(x: Array) -> Op:
    """``log(1 + exp(x))``; never overflows.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.softplus(np.array([-1000.0, 0.0, 1000.0]))
    array([0.00000000e+00, 6.93147181e-01, 1.00000000e+03])
    """
    return _softplus(x), (lambda dy: dy * _sigmoid(x),)


@primitive
def log_sigmoid(x: Array) -> Op:
    """Logarithm of the sigmoid, ``-log(1 + exp(-x))``; never overflows.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.log_sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.00000000e+03, -6.93147181e-01, -0.00000000e+00])
    """
    return -_softplus(-x), (lambda dy: dy * _sigmoid(-x),)


@primitive
def squareplus(x: Array, b: float = 4.0) -> Op:
    """``(x + sqrt(x**2 + b)) / 2``, a softplus without exponentials.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.squareplus(np.array([-1.5, 0.0, 1.5]))
    array([0.5, 1. , 2. ])
    """
    if b < 0:
        raise ValueError(f"squareplus expected b of at least 0, got {b}")
    root = np.hypot(x, math.sqrt(b))  # the square of x could overflow
    y = x * HALF[x.dtype] + root * HALF[x.dtype]

    def dx(dy: Array) -> Any:
        return dy * (y / (root if b > 0 else root + (root == 0.0)))

    return y, (dx, None)


@primitive
def silu(x: Array) -> Op:
    """Sigmoid linear unit, ``x * sigmoid(x)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.silu(np.array([-1000.0, 0.0, 2.0]))
    array([-0.        ,  0.        ,  1.76159416])
    """
    s = _sigmoid(x)
    y = x * s
    return y, (lambda dy: dy * (s + y - y * s),)


@primitive
def mish(x: Array) -> Op:
    """``x * tanh(softplus(x))``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.mish(np.array([-1000.0, 0.0, 2.0]))
    array([-0.        ,  0.        ,  1.94395896])
    """
    t = np.tanh(_softplus(x))
    return x * t, (lambda dy: dy * (t + x * (ONE[x.dtype] - t * t) * _sigmoid(x)),)


@primitive
def gelu(x: Array, approximate: bool = True) -> Op:
    """Gaussian error linear unit, ``x`` times the normal distribution function of ``x``.

    Parameters
    ----------
    x : array
    approximate : bool, default True
        Use a tanh instead of the error function: off by at most 0.0005, and faster.

    Returns
    -------
    array of the same shape and dtype

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016), section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.gelu(np.array([-2.0, 0.0, 2.0]), approximate=False)
    array([-0.04550026,  0.        ,  1.95449974])
    """
    if approximate:
        z = x.clip(-10.0, 10.0)  # the tanh is 1 to the last bit there, and no power overflows
        square = z * z
        t = np.tanh(z * (square * (0.044715 * ROOT_2_PI) + ROOT_2_PI))
        share = t * HALF[x.dtype] + HALF[x.dtype]

        def slope() -> Any:
            bend = square * (3.0 * 0.044715 * ROOT_2_PI) + ROOT_2_PI
            return share + x * (HALF[x.dtype] - HALF[x.dtype] * t * t) * bend

    else:
        share = erf(x * math.sqrt(0.5)) * HALF[x.dtype] + HALF[x.dtype]

        def slope() -> Any:
            z = x.clip(-40.0, 40.0)  # the density is 0 there, and the square does not overflow
            return share + x * np.exp(z * z * -0.5) * (0.5 * ROOT_2_PI)

    return x * share, (lambda dy: dy * slope(), None)


@primitive
def elu(x: Array, alpha: float = 1.0) -> Op:
    """``x`` where it is positive, ``alpha * (exp(x) - 1)`` elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.elu(np.array([-1000.0, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """
    return _exponential_unit(x, 1.0, alpha)


@primitive
def selu(x: Array) -> Op:
    """Scaled ``elu`` that keeps mean 0 and variance 1 from layer to layer.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.selu(np.array([-1.0, 0.0, 1.0]))
    array([-1.11133074,  0.        ,  1.05070099])
    """
    return _exponential_unit(x, SELU_SCALE, SELU_ALPHA)


def _exponential_unit(x: Any, scale: float, alpha: float) -> Op:
    positive = positive_part(x)
    e = np.expm1(negative_part(x))
    y = positive + (e if alpha == 1.0 else e * alpha)

    def dx(dy: Array) -> Any:
        slope = e + ONE[x.dtype]
        if alpha == scale == 1.0:
            return dy * slope
        passed = where_positive(dy, positive)
        return (passed + (dy - passed) * (slope * alpha)) * scale

    return y if scale == 1.0 else y * scale, (dx, None)


@primitive
def celu(x: Array, alpha: float = 1.0) -> Op:
    """``x`` where it is positive, ``alpha * (exp(x / alpha) - 1)`` elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.celu(np.array([-1000.0, 0.0, 2.0]), alpha=0.5)
    array([-0.5,  0. ,  2. ])
    """
    if alpha <= 0:
        raise ValueError(f"celu expected alpha above 0, got {alpha}")
    with np.errstate(over="ignore"):  # of the quotient; expm1 turns -inf into -1
        e = np.expm1(negative_part(x) / alpha)
    return positive_part(x) + e * alpha, (lambda dy: dy * (e + ONE[x.dtype]), None)


@primitive
def exponential(x: Array) -> Op:
    """``exp(x)``; infinite, without a warning, where the dtype ends.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.exponential(np.array([-1000.0, 0.0, 1000.0]))
    array([ 0.,  1., inf])
    """
    with np.errstate(over="ignore"):
        y = np.exp(x)
    return y, (lambda dy: dy * y,)


@primitive
def glu(x: Array, axis: int = -1) -> Op:
    """First half of ``x`` along ``axis`` times the sigmoid of the second half.

    Raises
    ------
    ValueError
        If ``axis`` has an odd length.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import ops
    >>> ops.glu(np.array([2.0, 4.0, 0.0, 1000.0]))
    array([1., 4.])
    """
    if x.shape[axis] % 2:
        raise ValueError(f"glu expected an even length of axis {axis}, got shape {x.shape}")
    half = x.shape[axis] // 2
    before = (slice(None),) * (axis % x.ndim)
    a, b = x[*before, :half], x[*before, half:]
    s = _sigmoid(b)
    y = a * s

    def dx(dy: Array) -> Any:
        return np.concatenate([dy * s, dy * (y - y * s)], axis)

    return y, (dx, None)
