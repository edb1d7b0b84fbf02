"""Arrays, lists and dicts of arrays, and their shapes: ``Layer`` treats all of them alike."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras.autodiff import Tensor, Variable
from minikeras.graph import KerasTensor


def convert(x: Any, dtype: np.dtype[Any], keep: str = "") -> Any:
    """Give floats the dtype of the layer; lists and numbers become arrays, integers stay.

    ``keep`` names kinds of dtype besides numbers that may pass, such as ``"UO"`` for text.
    """
    if isinstance(x, list | tuple) and any(hasattr(item, "shape") for item in x):
        return type(x)(convert(item, dtype, keep) for item in x)
    if isinstance(x, dict):
        return {key: convert(item, dtype, keep) for key, item in x.items()}
    if isinstance(x, KerasTensor):
        raise TypeError(
            "a placeholder (what Input(...) gives) cannot be mixed into a call on arrays; make the "
            "functional model outside of forward"
        )
    if x is None or isinstance(x, bool | str):
        return x
    if not isinstance(x, Tensor | Variable | np.ndarray):
        x = np.asarray(x)
        if x.dtype.kind in "iu":  # Python numbers have no dtype of their own
            x = x.astype(dtype)
    if x.dtype.kind == "f" and x.dtype != dtype:
        return x.astype(dtype)
    if not x.dtype.isnative:
        return x.astype(x.dtype.newbyteorder("="))
    if x.dtype.kind not in "fiub" and x.dtype.kind not in keep:
        raise TypeError(
            f"expected an array of real numbers, got dtype {x.dtype}; convert it first, for "
            "example with np.asarray(x, dtype='float32')"
        )
    return x


def is_shape(value: Any) -> bool:
    """Whether ``value`` is one shape rather than a structure of shapes."""
    return isinstance(value, list | tuple) and all(n is None or isinstance(n, int) for n in value)


def map_shapes(tree: Any, function: Callable[[Any], Any]) -> Any:
    """Return ``tree`` with ``function`` applied to each shape."""
    if is_shape(tree):
        return function(tree)
    if isinstance(tree, dict):
        return {key: map_shapes(item, function) for key, item in tree.items()}
    return type(tree)(map_shapes(item, function) for item in tree)


def shape_of(x: Any) -> Any:
    """Shape of a placeholder; of an array with an unknown batch axis; or a structure of shapes."""
    if isinstance(x, list | tuple):
        return [shape_of(item) for item in x]
    if isinstance(x, dict):
        return {key: shape_of(item) for key, item in x.items()}
    return x.shape if isinstance(x, KerasTensor) else (None, *np.shape(x)[1:])


def has_unknown(tree: Any) -> bool:
    """Whether a length other than the batch's is None."""
    if is_shape(tree):
        return None in tree[1:]
    return any(has_unknown(item) for item in (tree.values() if isinstance(tree, dict) else tree))


def unknown_where_different(first: Any, second: Any) -> Any:
    """Merge two structures of shapes: None where the lengths differ."""
    if is_shape(first):
        return tuple(a if a == b else None for a, b in zip(first, second, strict=True))
    if isinstance(first, dict):
        return {key: unknown_where_different(first[key], second[key]) for key in first}
    return type(first)(map(unknown_where_different, first, second))
