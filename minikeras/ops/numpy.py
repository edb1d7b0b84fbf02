"""Keras's names for NumPy: one table, and the few that NumPy lacks or spells in another way.

A row has the arguments that Keras has (see ``_table.from_row``); the function is NumPy's of the
same name unless another is given. Everything with a gradient has it from the rules of
``minikeras.autodiff``.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from minikeras.ops._table import Convert, as_floats, as_given, from_row, sequences, together
from minikeras.ops.arrays import (
    argsort,
    clip,
    copy,
    cross,
    divide_no_nan,
    einsum,
    get_item,
    i0,
    max,
    meshgrid,
    min,
    nan_to_num,
    ndim,
    pad,
    select,
    size,
    take_along_axis,
    view,
    where,
)
from minikeras.ops.creation import (
    arange,
    array,
    bartlett,
    blackman,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    geomspace,
    hamming,
    hanning,
    identity,
    kaiser,
    linspace,
    logspace,
    ones,
    ones_like,
    tri,
    vander,
    zeros,
    zeros_like,
)
from minikeras.ops.loops import vectorize
from minikeras.ops.statistics import (
    average,
    bincount,
    corrcoef,
    histogram,
    nanargmax,
    nanargmin,
    nanmax,
    nanmin,
    nanpercentile,
    nanquantile,
    percentile,
    quantile,
    unique,
)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


__all__ = [
    "amax",
    "amin",
    "arange",
    "argsort",
    "array",
    "average",
    "bartlett",
    "bincount",
    "blackman",
    "clip",
    "copy",
    "corrcoef",
    "cross",
    "divide_no_nan",
    "einsum",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "get_item",
    "hamming",
    "hanning",
    "histogram",
    "i0",
    "identity",
    "kaiser",
    "linspace",
    "logspace",
    "max",
    "meshgrid",
    "min",
    "nan_to_num",
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmin",
    "nanpercentile",
    "nanquantile",
    "ndim",
    "ones",
    "ones_like",
    "pad",
    "percentile",
    "quantile",
    "select",
    "size",
    "take_along_axis",
    "tri",
    "unique",
    "vander",
    "vectorize",
    "view",
    "where",
    "zeros",
    "zeros_like",
]

AXIS = "x || axis=None, keepdims=False"

# Several names with the same arguments.
_SAME: list[tuple[Convert, str, str]] = [
    (as_floats, "x", "arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad exp"),
    (as_floats, "x", "exp2 expm1 fabs floor log log10 log1p log2 rad2deg reciprocal sin sinc sinh"),
    (as_floats, "x", "sqrt tan angle"),
    (as_given, "x", "abs absolute conj conjugate fliplr flipud imag isfinite isinf isnan isneginf"),
    (as_given, "x", "isposinf isreal logical_not negative nonzero ravel real sign signbit"),
    (as_given, "x", "bitwise_invert bitwise_not square trunc"),
    (together, "x1, x2", "add equal floor_divide fmax fmin fmod gcd greater greater_equal inner"),
    (together, "x1, x2", "kron lcm less less_equal logical_and logical_or logical_xor matmul"),
    (together, "x1, x2", "maximum minimum mod multiply not_equal outer power subtract vdot dot"),
    (as_given, "x, y", "bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift"),
    (as_given, "x, y", "bitwise_xor left_shift right_shift"),
    (
        as_floats,
        "x1, x2",
        "arctan2 divide heaviside hypot logaddexp logaddexp2 nextafter true_divide",
    ),
    (as_floats, AXIS, "mean median nanmean nanmedian nanstd nanvar std var"),
    (as_given, AXIS, "all any argmax argmin nanprod nansum ptp sum"),
    (as_given, "x || axis=None, dtype=None", "cumprod cumsum nancumprod nancumsum"),
    (as_given, "x || k=0", "diag diagflat tril triu"),
    (as_given, "x || offset=0, axis1=0, axis2=1", "diagonal trace"),
    (as_given, "x | indices_or_sections |", "dsplit hsplit vsplit"),
    (as_given, "x | indices_or_sections | axis=0", "array_split split"),
    (sequences, "xs", "dstack hstack vstack"),
]

# One name each.
_EACH: list[tuple[Convert, str, str]] = [
    (as_given, "count_nonzero", "x || axis=None"),
    (as_given, "argpartition", "x | kth | axis=-1"),
    (as_given, "broadcast_to", "x | shape |"),
    (as_given, "diff", "a || n=1, axis=-1"),
    (as_given, "digitize", "x, bins"),
    (as_given, "expand_dims", "x | axis |"),
    (as_given, "flip", "x || axis=None"),
    (as_given, "isin", "x1, x2 || assume_unique=False, invert=False"),
    (as_floats, "ldexp", "x1 | x2 |"),
    (as_given, "moveaxis", "x | source, destination |"),
    (as_given, "prod", "x || axis=None, keepdims=False, dtype=None"),
    (as_given, "repeat", "x | repeats | axis=None"),
    (as_given, "reshape", "x | newshape |"),
    (as_given, "roll", "x | shift | axis=None"),
    (as_given, "rot90", "array || k=1, axes=(0,1)"),
    (as_given, "round", "x || decimals=0"),
    (as_given, "searchsorted", "sorted_sequence, values || side='left'"),
    (as_floats, "slogdet", "x"),
    (as_given, "sort", "x || axis=-1"),
    (as_given, "squeeze", "x || axis=None"),
    (as_given, "swapaxes", "x | axis1, axis2 |"),
    (as_given, "take", "x, indices || axis=None"),
    (as_given, "tile", "x | repeats |"),
    (as_given, "transpose", "x || axes=None"),
    (as_floats, "trapezoid", "y || x=None, dx=1.0, axis=-1"),
    (as_given, "unravel_index", "indices | shape |"),
    (together, "allclose", "x1, x2 || rtol=1e-05, atol=1e-08, equal_nan=False"),
    (together, "append", "x1, x2 || axis=None"),
    (together, "correlate", "x1, x2 || mode='valid'"),
    (together, "isclose", "x1, x2 || rtol=1e-05, atol=1e-08, equal_nan=False"),
    (together, "tensordot", "x1, x2 || axes=2"),
    (sequences, "concatenate", "xs || axis=0"),
    (sequences, "stack", "x || axis=0"),
]

# Where NumPy's name is another.
_NUMPY: dict[str, Any] = {
    "bitwise_invert": np.invert,
    "bitwise_left_shift": np.left_shift,
    "bitwise_not": np.invert,
    "bitwise_right_shift": np.right_shift,
    "mod": np.remainder,
    "slogdet": np.linalg.slogdet,
    "true_divide": np.divide,
}

amax, amin = max, min


def _fill() -> list[str]:
    """Make the functions of the tables; return their names."""
    rows = [(convert, name, args) for convert, args, names in _SAME for name in names.split()]
    rows += _EACH
    for convert, name, arguments in rows:
        function = _NUMPY.get(name) or getattr(np, name)
        globals()[name] = from_row(name, __name__, function, arguments, convert)
    return [name for _, name, _ in rows]


TABLE = _fill()
"""The names that are NumPy's functions."""

__all__ += TABLE
