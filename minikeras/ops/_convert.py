"""What public ops make of their arguments: lists become arrays, integers floats where needed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import config
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.tensor import Traced, bare

NUMBERS = (bool, int, float, complex)


def array(x: Any, dtype: Any = None) -> Any:
    """Return ``x`` as an array, and traced values as they are.

    Python floats become ``config.floatx()``, Python integers int32, as in Keras. A list that holds
    traced values is stacked.

    Examples
    --------
    >>> array([1.0, 2.0]), array(3)
    (array([1., 2.], dtype=float32), array(3, dtype=int32))
    """
    if x is None:  # which NumPy would take for NaN
        raise TypeError(
            "expected an array or numbers, got None; is a mask missing, or did a function end "
            "without return?"
        )
    if isinstance(x, np.ndarray | np.generic | Traced):
        return x if dtype is None or x.dtype == dtype else astype(x, dtype)
    if hasattr(x, "__array__") or hasattr(x, "__array_interface__"):
        return np.asarray(x, dtype)
    if isinstance(x, list | tuple) and has_traced(x):
        return array(np.stack([array(item) for item in x]), dtype)
    found = np.asarray(x, dtype)
    return found if dtype is not None else _small(found, x)


def _small(found: Any, x: Any) -> Any:
    """Give what Python numbers became the default types, not the widest."""
    if isinstance(x, list | tuple) and any(_own_dtype(item) for item in x):
        return found
    if found.dtype == np.float64:
        return found.astype(config.floatx())
    if found.dtype == np.int64 and (
        not found.size or -(2**31) <= found.min() <= found.max() < 2**31
    ):
        return found.astype(np.int32)
    return found.astype(np.complex64) if found.dtype == np.complex128 else found


def _own_dtype(item: Any) -> bool:
    if isinstance(item, list | tuple):
        return any(map(_own_dtype, item))
    return hasattr(item, "dtype")


def has_traced(x: Any) -> bool:
    """Whether a list or tuple holds a Tensor or Variable, at any depth."""
    if isinstance(x, list | tuple):
        return any(map(has_traced, x))
    return isinstance(x, Traced)


def floating(x: Any) -> Any:
    """Return ``x`` as an array of floats: integers and booleans become ``config.floatx()``.

    Examples
    --------
    >>> floating([1, 2])
    array([1., 2.], dtype=float32)
    """
    x = array(x)
    return astype(x, config.floatx()) if x.dtype.kind in "iub" else x


def alike(xs: Sequence[Any]) -> list[Any]:
    """Return arguments of one op as arrays whose dtypes go together as in Keras.

    Beside an array, Python numbers stay as they are and take its dtype; integers beside floats
    become floats of that size, where NumPy would make float64 of them.

    Examples
    --------
    >>> [x.dtype.name for x in alike([np.arange(3), np.ones(3, "float32")])]
    ['float32', 'float32']
    """
    first = xs[0] if xs else None
    if isinstance(first, np.ndarray | Traced):  # one dtype, the usual case
        dtype = first.dtype
        if all(isinstance(x, np.ndarray | Traced) and x.dtype == dtype for x in xs):
            return list(xs)
    if not any(hasattr(x, "dtype") for x in xs):
        xs = [array(x) for x in xs]
    else:
        xs = [x if isinstance(x, NUMBERS) else array(x) for x in xs]
    dtypes = {x.dtype for x in xs if hasattr(x, "dtype")}
    floats = [dtype for dtype in dtypes if dtype.kind == "f"]
    if any(dtype.kind in "iu" for dtype in dtypes):
        if floats:
            target = np.result_type(*floats)
        elif any(type(x) is float for x in xs):
            target = np.dtype(config.floatx())
        else:
            return xs
        return [
            astype(x, target) if hasattr(x, "dtype") and x.dtype.kind in "iu" else x for x in xs
        ]
    return xs


def number(x: Any) -> Any:
    """Return a count, size or index as a plain Python number; traced values lose their tape."""
    x = bare(x)
    return x.item() if hasattr(x, "item") else x
