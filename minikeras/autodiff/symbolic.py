"""Placeholders: what is done with an array that is not there yet is written down, not done."""

import operator
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ClassVar, NoReturn, TypeVar

from minikeras.autodiff.array_methods import METHODS, ArrayMethods

__all__ = ["Symbolic", "has_symbolic", "symbolic"]

F = TypeVar("F", bound=Callable[..., Any])


class FoundSymbolic(Exception):
    """Raised inside an op that was given a placeholder; the op is then written down, not run."""


class Symbolic(ArrayMethods):
    """Base of placeholders: NumPy functions and operators on them become nodes of a graph."""

    __slots__ = ()

    record: ClassVar[Callable[..., Any]]  # set by layers/operation.py, which makes the nodes

    def _apply(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        return Symbolic.record(function, args, kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        function = ufunc if method == "__call__" else METHODS.get((ufunc, method))
        if function is None:
            raise TypeError(f"np.{ufunc.__name__}.{method} cannot be part of a functional model")
        if method != "__call__":
            kwargs.setdefault("axis", 0)
        return Symbolic.record(function, args, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return Symbolic.record(function, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return Symbolic.record(operator.getitem, (self, index), {})

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError(
            "a placeholder has no numbers yet; compute with NumPy functions, operators and layers, "
            "or wrap other code in minikeras.layers.Lambda"
        )

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a placeholder is neither true nor false, its numbers are not there yet; use np.where "
            "instead of if"
        )

    def __float__(self) -> NoReturn:
        raise TypeError("a placeholder has no number yet that float() could give")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a placeholder cannot be iterated over; take its parts with x[:, i]")


def has_symbolic(value: Any) -> bool:
    """Whether ``value``, or something inside a list, tuple or dict, is a placeholder."""
    if isinstance(value, list | tuple):
        return any(map(has_symbolic, value))
    if isinstance(value, dict):
        return any(map(has_symbolic, value.values()))
    return isinstance(value, Symbolic)


def symbolic(function: F) -> F:
    """Make ``function`` a node of the graph where it is called on a placeholder.

    NumPy functions and ``@primitive`` ops do so by themselves; this is for Python functions that
    look at the numbers or the shapes of what they are given.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Input
    >>> from minikeras.autodiff import symbolic
    >>> @symbolic
    ... def halves(x):
    ...     return x[:, : x.shape[1] // 2]
    >>> halves(Input((6,))).shape
    (None, 3)
    >>> halves(np.zeros((2, 6))).shape
    (2, 3)
    """

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if has_symbolic(args) or (kwargs and has_symbolic(kwargs)):
            return Symbolic.record(call, args, kwargs)
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]
