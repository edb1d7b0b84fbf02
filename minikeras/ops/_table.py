"""Functions under Keras's names and arguments, made from NumPy's by one row of a table each."""

import ast
import inspect
from collections.abc import Callable
from typing import Any

from minikeras._validation import did_you_mean
from minikeras.autodiff.symbolic import symbolic
from minikeras.ops._convert import alike, array, floating

Convert = Callable[[tuple[Any, ...]], list[Any]]


def as_given(xs: tuple[Any, ...]) -> list[Any]:
    """Lists become arrays."""
    return [array(x) for x in xs]


def as_floats(xs: tuple[Any, ...]) -> list[Any]:
    """Integers become floats: functions that have no integer results."""
    return [floating(x) for x in xs] if len(xs) == 1 else [floating(x) for x in alike(xs)]


def together(xs: tuple[Any, ...]) -> list[Any]:
    """Integers beside floats become floats."""
    return alike(xs)


def sequences(xs: tuple[Any, ...]) -> list[Any]:
    """The first argument is a list of arrays."""
    return [alike(list(x)) if isinstance(x, list | tuple) else x for x in xs]


def from_row(
    name: str, module: str, function: Callable[..., Any], signature: str, convert: Convert
) -> Callable[..., Any]:
    """Return ``function`` under Keras's name and arguments.

    Parameters
    ----------
    name, module : str
        What the function calls itself.
    function : callable
        Of NumPy.
    signature : str
        Keras's arguments: arrays, then ``|``, settings handed over by place, then ``|``, settings
        handed over by their name; what is missing at the end is empty. ``name=default`` makes an
        argument optional; it is left out when not given, so the default must be NumPy's own.
    convert : callable
        What happens to the arrays: one of this module.

    Returns
    -------
    callable

    Examples
    --------
    >>> import numpy as np
    >>> total = from_row("sum", "ops", np.sum, "x || axis=None, keepdims=False", as_given)
    >>> total([[1, 2], [3, 4]], axis=0)
    array([4, 6])
    """
    arrays, by_place, by_name = map(_names, f"{signature}||".split("|")[:3])
    names = [*arrays, *by_place, *by_name]
    count, places = len(arrays), len(arrays) + len(by_place)
    required = [n for n, default in (arrays | by_place | by_name).items() if default is _EMPTY]

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        given = dict(zip(names, args))
        for key in kwargs:
            if key in given or key not in names:
                hint = "" if key in given else did_you_mean(key, names)
                twice = "twice" if key in given else "but does not know it"
                raise TypeError(f"ops.{name} got the argument {key!r} {twice}{hint}")
        given.update(kwargs)
        missing = [n for n in required if n not in given]
        if missing or len(args) > len(names):
            raise TypeError(
                f"ops.{name} expected the arguments {', '.join(names)}, got {len(args)} by place"
                + (f"; {missing[0]!r} is missing" if missing else "")
            )
        values = [*convert(tuple(given[n] for n in arrays if n in given))]
        values += [given[n] for n in by_place if n in given]
        return values, {n: given[n] for n in by_name if n in given}

    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) == count == places:
            return function(*convert(args))
        values, settings = bind(args, kwargs)
        return function(*values, **settings)

    call.__name__ = call.__qualname__ = name
    call.__module__ = module
    title = f"{getattr(function, '__module__', None) or 'numpy'}.{function.__name__}"
    call.__doc__ = f"``{title}``, with the arguments that Keras has."
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
            for n, default in (arrays | by_place | by_name).items()
        ]
    )
    call.numpy = function, names, places  # type: ignore[attr-defined]  # exports look for it
    return symbolic(call)


_EMPTY = inspect.Parameter.empty


def _names(part: str) -> dict[str, Any]:
    """Return the arguments in ``"x, axis=None"`` with their defaults."""
    found: dict[str, Any] = {}
    for item in filter(None, part.strip().split(", ")):
        name, has_default, default = item.partition("=")
        found[name] = ast.literal_eval(default) if has_default else _EMPTY
    return found
