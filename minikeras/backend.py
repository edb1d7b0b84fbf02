"""What Keras code asks its backend: here there is one, NumPy."""

from collections import defaultdict
from typing import Any

import numpy as np

from minikeras.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from minikeras.utils import clear_session, is_keras_tensor, standardize_dtype

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]

_counts: defaultdict[str, int] = defaultdict(int)


def get_uid(prefix: str = "") -> int:
    """Return how often this was asked for ``prefix``, to number names with.

    Examples
    --------
    >>> from minikeras import backend
    >>> backend.get_uid("block"), backend.get_uid("block"), backend.get_uid("head")
    (1, 2, 1)
    """
    _counts[prefix] += 1
    return _counts[prefix]


def is_float_dtype(dtype: Any) -> bool:
    """Whether ``dtype`` is one of floating point numbers.

    Examples
    --------
    >>> from minikeras import backend
    >>> backend.is_float_dtype("float16"), backend.is_float_dtype("int32")
    (True, False)
    """
    return standardize_dtype(dtype).startswith("float")


def is_int_dtype(dtype: Any) -> bool:
    """Whether ``dtype`` is one of integers, with or without sign.

    Examples
    --------
    >>> from minikeras import backend
    >>> backend.is_int_dtype("uint8"), backend.is_int_dtype("bool")
    (True, False)
    """
    return standardize_dtype(dtype).startswith(("int", "uint"))


def result_type(*dtypes: Any) -> str:
    """Return the dtype that values of these types have in common.

    Integers meet floats in the floats' own type, unlike in NumPy, where int32 and float32 make
    float64. The types ``int`` and ``float`` stand for plain numbers, which change no array's type
    of their kind.

    Parameters
    ----------
    *dtypes : str, type or numpy.dtype

    Returns
    -------
    str

    Examples
    --------
    >>> from minikeras import backend
    >>> backend.result_type("int32", "float16"), backend.result_type("uint8", float)
    ('float16', 'float32')
    >>> backend.result_type("int8", "uint8"), backend.result_type("int8", int)
    ('int16', 'int8')
    """
    if not dtypes:
        return floatx()
    plain = {dtype for dtype in dtypes if dtype in (int, float)}
    arrays = [np.dtype(standardize_dtype(dtype)) for dtype in dtypes if dtype not in plain]
    floats = [dtype for dtype in arrays if dtype.kind in "fc"]
    if floats:
        return np.result_type(*floats).name
    whole = np.result_type(*arrays) if arrays else None
    if float in plain or (whole is not None and whole.kind == "f"):  # of uint64 and int64
        return floatx()
    return "int32" if whole is None or (whole.kind == "b" and int in plain) else whole.name
