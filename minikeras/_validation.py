"""Checks of arguments; every message says what was expected, what came and what to do."""

import difflib
import functools
import inspect
import math
import numbers
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


def check_positive_int(name: str, value: Any) -> int:
    """Return ``value`` if it is an integer of at least 1.

    Examples
    --------
    >>> check_positive_int("units", 3)
    3
    >>> check_positive_int("units", 2.5)
    Traceback (most recent call last):
    TypeError: units must be an integer of at least 1, got 2.5 (float); write int(...) if you mean \
it
    """
    return _check_int(name, value, 1)


def check_non_negative_int(name: str, value: Any) -> int:
    """Return ``value`` if it is an integer of at least 0."""
    return _check_int(name, value, 0)


def _check_int(name: str, value: Any, minimum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(
            f"{name} must be an integer of at least {minimum}, got {value!r} "
            f"({type(value).__name__}); write int(...) if you mean it"
        )
    if value < minimum:
        raise ValueError(f"{name} must be an integer of at least {minimum}, got {value}")
    return int(value)


def check_shape(owner: str, argument: str, value: Any) -> tuple[int | None, ...]:
    """Return ``value`` as a tuple if it is a shape, in which None stands for any length.

    Examples
    --------
    >>> check_shape("Input", "shape", [None, 3])
    (None, 3)
    >>> check_shape("Input", "shape", 3)
    Traceback (most recent call last):
    TypeError: Input expected shape to be a tuple such as (4,), got 3 (int); write shape=(3,)
    """
    if not isinstance(value, tuple | list):
        raise TypeError(
            f"{owner} expected {argument} to be a tuple such as (4,), got {value!r} "
            f"({type(value).__name__}); write {argument}=({value},)"
        )
    return tuple(
        None if n is None else check_positive_int(f"each length in {owner}'s {argument}", n)
        for n in value
    )


def check_number(
    name: str,
    value: Any,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    *,
    open_minimum: bool = False,
    open_maximum: bool = False,
) -> float:
    """Return ``value`` if it is a finite number between ``minimum`` and ``maximum``.

    Examples
    --------
    >>> check_number("rate", 0.5, 0, 1, open_maximum=True)
    0.5
    >>> check_number("rate", 1.0, 0, 1, open_maximum=True)
    Traceback (most recent call last):
    ValueError: rate must be a number in [0, 1), got 1.0
    """
    left, right = "(" if open_minimum else "[", ")" if open_maximum else "]"
    if minimum == -math.inf and maximum == math.inf:
        wanted = "a finite number"
    elif maximum == math.inf:
        wanted = f"a finite number {'above' if open_minimum else 'of at least'} {minimum}"
    else:
        wanted = f"a number in {left}{minimum}, {maximum}{right}"
    real: Any = numbers.Real | np.number
    if isinstance(value, bool) or not isinstance(value, real):
        raise TypeError(f"{name} must be {wanted}, got {value!r} ({type(value).__name__})")
    if (
        not math.isfinite(value)
        or value < minimum
        or value > maximum
        or (open_minimum and value == minimum)
        or (open_maximum and value == maximum)
    ):
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return value  # type: ignore[no-any-return]  # kept as given: an int stays an int in the config


def check_fraction(name: str, value: Any) -> float:
    """Return ``value`` if it lies in [0, 1)."""
    return check_number(name, value, 0, 1, open_maximum=True)


def check_choice(name: str, value: Any, options: Iterable[Any]) -> Any:
    """Return ``value`` if it is one of ``options``; else say which name was probably meant."""
    options = list(options)
    if value not in options:
        raise ValueError(f"unknown {name} {value!r}{did_you_mean(value, options)}")
    return value


MOST_NAMES = 40  # in an error message


def did_you_mean(name: Any, options: Iterable[Any]) -> str:
    """Return the end of an error message: the option closest to ``name``, or all of them.

    Examples
    --------
    >>> did_you_mean("sigmiod", ["relu", "sigmoid"])
    "; did you mean 'sigmoid'?"
    >>> did_you_mean("zzz", ["relu", "sigmoid"])
    "; expected one of 'relu', 'sigmoid'"
    """
    names = sorted({str(option) for option in options})
    close = difflib.get_close_matches(str(name), names, n=1)
    if not close:
        lower = {option.lower(): option for option in names}
        close = [lower[match] for match in difflib.get_close_matches(str(name).lower(), lower, n=1)]
    if close:
        return f"; did you mean {close[0]!r}?"
    shown = ", ".join(map(repr, names[:MOST_NAMES]))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"; expected one of {shown}{more}" if names else ""


def suggest_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Return ``function`` whose error for a misspelt keyword argument suggests the right one.

    Examples
    --------
    >>> @suggest_arguments
    ... def fit(epochs=1):
    ...     return epochs
    >>> fit(epoch=3)
    Traceback (most recent call last):
    TypeError: fit got an unknown argument 'epoch'; did you mean 'epochs'?
    """
    known = [name for name in inspect.signature(function).parameters if name != "self"]

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in known:
                raise TypeError(
                    f"{function.__qualname__} got an unknown argument {name!r}"
                    f"{did_you_mean(name, known)}"
                )
        return function(*args, **kwargs)

    return checked
