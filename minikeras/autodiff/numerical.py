"""Central differences: gradients without a rule, and the check of those with one."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.autodiff.functional import in_form_of
from minikeras.autodiff.record import Within
from minikeras.autodiff.tape import GradientTape
from minikeras.autodiff.tensor import Variable, bare
from minikeras.tree import map_leaves

__all__ = ["check_gradients", "numerical_diff", "numerical_gradient"]


def numerical_gradient(f: Callable[..., Any], x: Any, h: float | None = None) -> Any:
    """Gradient of ``f`` at ``x`` by central differences, ``(f(x + h) - f(x - h)) / 2h``.

    Parameters
    ----------
    f : callable
        Takes ``x``, returns one number. A function that ignores its argument will do when ``x`` are
        Variables that it uses.
    x : array, number, Variable, or a list, tuple or dict of them
        Where. Integers become float64. Variables are changed in place, one element at a time, and
        restored to the bit, also when ``f`` raises; other arrays are copied first.
    h : float, optional
        Step, the same for every element. Default: the cube root of the machine epsilon of the
        dtype, 6.1e-6 for float64 and 4.9e-3 for float32, where truncation and rounding balance for
        values near 1.

    Returns
    -------
    array, in the form and dtype of ``x``
        Costs two calls of ``f`` per element.

    Raises
    ------
    ValueError
        If ``f`` returns more than one number, or ``h`` is not above 0.
    TypeError
        If ``x`` is not real numbers, or an integer Variable.

    References
    ----------
    Press et al., *Numerical Recipes*, 3rd ed. (2007), section 5.7 (the size of the step).

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> minikeras.numerical_gradient(lambda x: np.sum(x**2), np.array([3.0, 4.0])).round(6)
    array([6., 8.])
    >>> w = minikeras.Variable([1.0, 2.0], dtype="float64")
    >>> minikeras.numerical_gradient(lambda _: np.prod(w), w, h=1e-4).round(6)
    array([2., 1.])
    """
    point = map_leaves(_copy, x)
    leaves: list[Any] = []
    map_leaves(leaves.append, point)

    def value() -> float:
        y = bare(f(point))
        if np.shape(y) != ():
            raise ValueError(
                f"numerical_gradient expected f to return one number, got shape {np.shape(y)}; "
                "sum it, or use numerical_diff for a function that works element by element"
            )
        return float(y)

    with Within(None):  # no tape records the trials
        gradients = [_differences(value, bare(leaf), h) for leaf in leaves]
    found = iter(gradients)
    return in_form_of(x, map_leaves(lambda leaf: next(found), x))


def _copy(leaf: Any) -> Any:
    """Return ``leaf`` as something whose elements can be changed by a small step."""
    array = bare(leaf) if isinstance(leaf, Variable) else np.array(bare(leaf))
    if array.dtype.kind in "iub" and not isinstance(leaf, Variable):
        array = array.astype(np.float64)
    if array.dtype.kind != "f":
        raise TypeError(f"numerical_gradient expected real numbers, got {array.dtype}")
    return leaf if isinstance(leaf, Variable) else array


def _step(h: float | None, dtype: np.dtype[Any]) -> float:
    return (
        math.cbrt(np.finfo(dtype).eps) if h is None else check_number("h", h, 0, open_minimum=True)
    )


def _differences(value: Callable[[], float], array: Array, h: float | None) -> Array:
    """Central differences of ``value()`` by each element of ``array``, changed in place."""
    step = _step(h, array.dtype)
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        try:
            array[place] = kept + step
            above = value()
            array[place] = kept - step
            below = value()
        finally:
            array[place] = kept
        gradient[place] = (above - below) / (2 * step)
    return gradient


def numerical_diff(f: Callable[[Any], Any], x: Any, h: float | None = None) -> Any:
    """Derivative of ``f`` at ``x`` by a central difference, ``(f(x + h) - f(x - h)) / 2h``.

    Parameters
    ----------
    f : callable
        A function of one number, or one that works element by element.
    x : number or array
    h : float, optional
        Step. Default: the cube root of the machine epsilon, 6.1e-6 for float64.

    Returns
    -------
    number or array, shaped as ``f(x)``

    Examples
    --------
    >>> import minikeras
    >>> minikeras.numerical_diff(lambda x: 0.01 * x**2 + 0.1 * x, 5, h=1e-4)
    0.1999999999990898
    """
    number = isinstance(x, int | float)
    x = bare(x) if number else _copy(bare(x))
    step = _step(h, np.dtype(float) if number else x.dtype)
    with Within(None):
        return (bare(f(x + step)) - bare(f(x - step))) / (2 * step)


def check_gradients(
    f: Callable[..., Any],
    *args: Any,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
    h: float | None = None,
    second: bool = False,
) -> None:
    """Compare the gradients of ``f`` by each of its arguments with central differences.

    Parameters
    ----------
    f : callable
        A function of ``args`` that returns an array or number, or a list, tuple or dict of them.
        If it is more than one number, their sum is compared, each with a random weight.
    *args : arrays, numbers, Variables, or lists, tuples and dicts of them
        Floating ones are differentiated by, in float64 whatever their dtype is; integers, strings
        and others are handed over as they are.
    rtol, atol : float, default 1e-5 and 1e-7
        Allowed error: ``atol + rtol * abs(expected)``.
    seed : int, default 0
        Of the random weights.
    h : float, optional
        Step of the differences, default 6.1e-6.
    second : bool, default False
        Check the second derivatives as well: the gradient of the gradient.

    Raises
    ------
    AssertionError
        If a gradient is wrong; names the argument, its worst element, and says what was expected
        and what was found.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> minikeras.check_gradients(np.tanh, np.array([-1.0, 0.0, 2.0]), second=True)
    >>> wrong = minikeras.custom_gradient(lambda x: (x**2, lambda dy: dy * x))
    >>> minikeras.check_gradients(wrong, 3.0)
    Traceback (most recent call last):
    AssertionError: gradient by argument 0 is wrong, most at element (): expected 6 by central ...
    """
    variables: list[Variable] = []
    map_leaves(lambda leaf: variables.append(leaf) if isinstance(leaf, Variable) else None, args)
    with _in_float64(variables):
        points = tuple([map_leaves(_float64, arg) for arg in args])
        total = _weighted_sum(f, points, seed)
        _compare(total, points, "gradient", rtol, atol, h)
        if second:
            slopes = _weighted_sum(lambda *args: _gradients(total, args), points, seed + 1)
            _compare(slopes, points, "second derivative", rtol, atol, h)


@contextmanager
def _in_float64(variables: list[Variable]) -> Iterator[None]:
    """Give variables float64 values for a while, then their own arrays back."""
    kept = [variable.value for variable in variables]
    try:
        for variable in variables:
            variable.value = _float64(variable.value)
        yield
    finally:
        for variable, value in zip(variables, kept):
            variable.value = value


def _float64(leaf: Any) -> Any:
    """Return floating numbers as a new float64 array, Variables and everything else as they are."""
    if isinstance(leaf, Variable) or not _is_floating(leaf):
        return leaf
    return np.array(bare(leaf), np.float64)


def _is_floating(leaf: Any) -> bool:
    dtype = getattr(leaf, "dtype", None)
    return isinstance(leaf, float) if dtype is None else dtype.kind == "f"


def _weighted_sum(f: Callable[..., Any], points: Any, seed: int) -> Callable[..., Any]:
    """Return ``f`` as a function with one number: all that it returns, weighted at random."""
    rng = np.random.default_rng(seed)
    weights: list[Any] = []

    def total(*args: Any) -> Any:
        outputs: list[Any] = []
        map_leaves(outputs.append, f(*args))
        outputs = [y for y in outputs if _is_floating(y)]
        if not weights:
            if len(outputs) == 1 and np.shape(outputs[0]) == ():
                weights.append(1.0)  # one number: compared as it is
            weights.extend(rng.standard_normal(np.shape(y)) for y in outputs)
        return sum((np.sum(y * weight) for y, weight in zip(outputs, weights)), start=0.0)

    with Within(None):
        total(*points)  # the shapes become known
    return total


def _gradients(total: Callable[..., Any], args: tuple[Any, ...]) -> list[Any]:
    """Return the gradient of ``total`` by every floating leaf of ``args``."""
    sources: list[Any] = []
    with GradientTape() as tape:

        def watch(leaf: Any) -> Any:
            if not _is_floating(leaf):
                return leaf
            sources.append(tape.watch(leaf))
            return sources[-1]

        value = total(*[map_leaves(watch, arg) for arg in args])
    found: list[Any] = tape.gradient(value, sources, unconnected_gradients="zero")
    return found


def _compare(
    total: Callable[..., Any],
    points: tuple[Any, ...],
    what: str,
    rtol: float,
    atol: float,
    h: float | None,
) -> None:
    """Raise AssertionError where a gradient of ``total`` differs from central differences."""
    names: list[str] = []
    leaves: list[Any] = []
    for i, point in enumerate(points):

        def add(leaf: Any, name: str = f"argument {i}") -> None:
            if _is_floating(leaf):
                label = f" (Variable {leaf.path!r})" if isinstance(leaf, Variable) else ""
                names.append(name + label)
                leaves.append(leaf)

        map_leaves(add, point)

    def value() -> float:
        return float(bare(total(*points)))

    found = _gradients(total, points)
    with Within(None):
        for name, leaf, got in zip(names, leaves, found):
            expected = _differences(value, bare(leaf), h)
            got = np.asarray(bare(got))
            if got.shape != expected.shape:
                raise AssertionError(
                    f"{what} by {name}: expected shape {expected.shape}, got {got.shape}"
                )
            excess = np.abs(got - expected) - (atol + rtol * np.abs(expected))
            excess = np.where(np.isnan(got) | np.isnan(expected), np.inf, excess)
            if np.any(excess > 0):
                worst = np.unravel_index(np.argmax(excess), expected.shape)
                raise AssertionError(
                    f"{what} by {name} is wrong, most at element {tuple(map(int, worst))}: "
                    f"expected {expected[worst]:.9g} by central differences, got {got[worst]:.9g}; "
                    f"{np.sum(excess > 0)} of {excess.size} elements differ"
                )
