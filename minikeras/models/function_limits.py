"""What functions in a file may ask for: shapes are found by running them, also on nothing."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minikeras.graph import KerasTensor
from minikeras.models.keras_functions import parameter_names
from minikeras.registry import is_ours

__all__ = ["check_function"]

_MOST = 1 << 22  # elements of what a setting alone makes
_SIDE = 4096  # where it is the side of a square
_SIZES = {  # arguments, of whichever function
    "N": _MOST,
    "bins": _MOST,
    "bottom_padding": _SIDE,
    "fft_length": _MOST,
    "indices_or_sections": 10_000,  # a piece for each
    "kernel_size": _MOST,
    "left_padding": _SIDE,
    "n": 10_000,  # times that diff is taken
    "num": _MOST,
    "num_classes": _MOST,
    "num_segments": _MOST,
    "num_tokens": _MOST,
    "right_padding": _SIDE,
    "sequence_length": _MOST,
    "size": _MOST,
    "target_height": _SIDE,
    "target_width": _SIDE,
    "top_padding": _SIDE,
}
_DIAGONAL = ("diag", "diagflat")


def check_function(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Raise if a call that a file describes would take memory or time without need.

    Parameters
    ----------
    function : callable
    args, kwargs
        Its arguments, placeholders among them.

    Raises
    ------
    ValueError
        If a number is larger than anybody means, or minikeras's own functions are to be repeated.

    Examples
    --------
    >>> from minikeras import Input, ops
    >>> from minikeras.models.function_limits import check_function
    >>> check_function(ops.one_hot, (Input((), dtype="int32"),), {"num_classes": 10**12})
    Traceback (most recent call last):
    ValueError: one_hot has 1000000000000 as num_classes, expected at most 4194304
    """
    given = {**dict(zip(parameter_names(function), args, strict=False)), **kwargs}
    name = function.__name__
    for key, value in given.items():
        if callable(value) and is_ours(value):
            raise ValueError(f"{name} of the function {value!r} is nothing that a file can ask for")
        most = _SIDE if key == "k" and name in _DIAGONAL else _SIZES.get(key)
        if most is None or isinstance(value, KerasTensor | np.ndarray):
            continue
        size = math.prod(max(1, abs(number)) for number in _integers(value))
        if key == "indices_or_sections" and isinstance(value, list | tuple):
            continue  # places, as many as the file lists
        if size > most:
            raise ValueError(f"{name} has {value} as {key}, expected at most {most}")
    if name == "pad" and isinstance(args[0], KerasTensor):
        _check_pad(args[0], given.get("pad_width"))


def _check_pad(x: KerasTensor, width: Any) -> None:
    """Refuse a frame around a batch and more, which would not be empty with the batch."""
    if isinstance(width, dict):
        width = [width.get(i, width.get(i - len(x.shape), 0)) for i in range(len(x.shape))]
        width = [(n, n) if isinstance(n, int) else n for n in width]
    pairs = np.broadcast_to(np.asarray(width, object), (len(x.shape), 2)).tolist()
    size = math.prod((n or 0) + before + after for n, (before, after) in zip(x.shape, pairs))
    if size > _MOST:
        raise ValueError(f"pad makes {size} elements of an empty batch, expected at most {_MOST}")


def _integers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _integers(item)
