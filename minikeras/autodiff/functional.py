"""Derivatives of functions: ``grad``, ``jacobian``, ``hessian``, and a gradient of one's own."""

import inspect
import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from minikeras.autodiff.record import primitive, unbroadcast
from minikeras.autodiff.tape import GradientTape
from minikeras.autodiff.tensor import Tensor, Traced, records
from minikeras.tree import map_leaves

__all__ = ["custom_gradient", "grad", "hessian", "jacobian", "value_and_grad"]

Function = Callable[..., Any]
ArgNums = int | tuple[int, ...]


def grad(f: Function, argnums: ArgNums = 0) -> Function:
    """Return the function that computes the gradient of ``f``.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that returns one number.
    argnums : int or tuple of int, default 0
        Which positional arguments to differentiate by. They may be arrays, Python numbers,
        Variables, or lists, tuples and dicts of them; integers count as float64.

    Returns
    -------
    callable
        Takes the arguments of ``f``, gives the gradient in the form of the argument (a tuple of
        gradients for a tuple of ``argnums``); zeros where ``f`` does not depend on it, as behind
        ``float(x)`` and ``x.item()``, which are plain numbers.

    Raises
    ------
    ValueError
        When called, if ``f`` returns more than one number; ``jacobian`` is for those.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> minikeras.grad(lambda x: x**3)(2.0)
    12.0
    >>> minikeras.grad(lambda w: np.sum(np.tanh(w)))(np.zeros(2))
    array([1., 1.])
    >>> minikeras.grad(minikeras.grad(np.sin))(0.0)  # minus the sine
    -0.0
    """
    both = value_and_grad(f, argnums)

    @wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Function, argnums: ArgNums = 0) -> Function:
    """Return the function that computes ``f`` and its gradient, in one pass.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that returns one number.
    argnums : int or tuple of int, default 0
        Which positional arguments to differentiate by, as in ``grad``.

    Returns
    -------
    callable
        Takes the arguments of ``f``, gives ``(value, gradient)``.

    Raises
    ------
    ValueError
        When called, if ``f`` returns more than one number.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> value, slope = minikeras.value_and_grad(lambda x: np.sum(x * x))(np.array([3.0, 4.0]))
    >>> float(value), slope
    (25.0, array([6., 8.]))
    """

    @wraps(f, updated=())
    def call(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        with GradientTape() as tape:
            traced, sources = _watch(tape, f, args, argnums)
            value = f(*traced, **kwargs)
        shape = _shape(f, value)
        if shape != ():
            raise ValueError(
                f"the gradient of {_name(f)} needs one number, got an array of shape {shape}; "
                "sum it (np.sum, np.mean), or use minikeras.jacobian"
            )
        found = tape.gradient(value, sources, unconnected_gradients="zero")
        return _unwrap(value, tape), in_form_of(_chosen(args, argnums), found)

    return call


def jacobian(f: Function, argnums: ArgNums = 0) -> Function:
    """Return the function that computes all derivatives of an array by an array.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that returns one array.
    argnums : int or tuple of int, default 0
        Which positional arguments to differentiate by, as in ``grad``.

    Returns
    -------
    callable
        Takes the arguments of ``f``, gives an array of shape ``output.shape + argument.shape`` (in
        the form of the argument). It costs one backward pass per element of the output.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> minikeras.jacobian(np.square)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @wraps(f, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        with GradientTape(persistent=True) as tape:
            traced, sources = _watch(tape, f, args, argnums)
            value = f(*traced, **kwargs)
        shape = _shape(f, value)
        leaves: list[Any] = []
        map_leaves(leaves.append, sources)
        rows = []
        for place in range(math.prod(shape)):
            seed = np.zeros(math.prod(shape), getattr(value, "dtype", None))
            seed[place] = 1.0
            rows.append(tape.gradient(value, leaves, seed.reshape(shape), "zero"))
        blocks = {
            id(leaf): np.stack(column).reshape(shape + leaf.shape)
            for leaf, *column in zip(leaves, *rows)
            if column
        }

        def block(leaf: Any) -> Any:
            return blocks.get(id(leaf), np.zeros(shape + leaf.shape, leaf.dtype))

        found = map_leaves(block, sources)
        return in_form_of(_chosen(args, argnums), found) if shape == () else found

    return call


def hessian(f: Function, argnums: int = 0) -> Function:
    """Return the function that computes all second derivatives of ``f`` by one of its arguments.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that returns one number.
    argnums : int, default 0
        Which positional argument to differentiate by: an array, a Variable or a number.

    Returns
    -------
    callable
        Takes the arguments of ``f``, gives an array of shape ``argument.shape + argument.shape``.

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> minikeras.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


def custom_gradient(f: Function) -> Function:
    """Give a function a gradient of one's own.

    Parameters
    ----------
    f : callable
        Takes arrays, returns ``(value, grad_fn)``. ``grad_fn(upstream)`` takes the gradient of the
        value (several, when the value is a tuple; also by keyword, ``upstream=``) and returns one
        gradient, or a tuple of them, one per positional argument of ``f``; None for an argument
        without gradient.

    Returns
    -------
    callable
        Takes the arguments of ``f``, gives the value alone.

    Raises
    ------
    TypeError
        When called, if ``f`` does not return a pair, or its value depends on a Variable that is not
        among its arguments.
    ValueError
        When differentiated, if ``grad_fn`` returns another number of gradients or other shapes.

    Examples
    --------
    The logarithm of ``1 + exp(x)``, whose gradient as recorded overflows for large ``x``:

    >>> import numpy as np, minikeras
    >>> @minikeras.custom_gradient
    ... def log1pexp(x):
    ...     e = np.exp(x)
    ...     return np.log(1.0 + e), lambda upstream: upstream * (1.0 - 1.0 / (1.0 + e))
    >>> minikeras.grad(log1pexp)(0.0)
    0.5
    """
    name = _name(f)

    @wraps(f)
    def op(*args: Any, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        if not isinstance(result, tuple) or len(result) != 2 or not callable(result[1]):
            raise TypeError(
                f"custom_gradient expected {name} to return (value, grad_fn), "
                f"got {type(result).__name__}"
            )
        value, backward = result
        if records(value) and not any(map(records, args)):
            raise TypeError(
                f"the value of {name} depends on a Variable or Tensor that is not an argument of "
                f"it, which would get no gradient; pass it to {name} as an argument"
            )

        def vjp(dy: Any) -> tuple[Any, ...]:
            return _own_gradients(name, backward, dy, args)

        vjp.__qualname__ = f"{name}.vjp"
        return np.float64(value) if isinstance(value, int | float) else value, vjp

    return primitive(op)


def _own_gradients(
    name: str, backward: Function, dy: Any, args: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Call the ``grad_fn`` of a custom gradient, and check what it gives."""
    upstream = inspect.signature(backward).parameters.get("upstream")
    if (
        upstream is not None
        and upstream.kind is upstream.KEYWORD_ONLY
        and upstream.default is upstream.empty
    ):
        found = backward(upstream=dy)
    else:
        found = backward(*dy) if isinstance(dy, tuple) else backward(dy)
    gradients = tuple(found) if isinstance(found, tuple | list) else (found,)
    if len(gradients) != len(args):
        raise ValueError(
            f"the grad_fn of {name} must return {len(args)} gradients, one per argument (None for "
            f"an argument without), got {len(gradients)}"
        )
    for i, (arg, gradient) in enumerate(zip(args, gradients)):
        if gradient is not None and np.shape(gradient) != np.shape(arg):
            raise ValueError(
                f"the grad_fn of {name} must return a gradient of shape {np.shape(arg)} for "
                f"argument {i}, got shape {np.shape(gradient)}"
            )
    return tuple(
        [
            None if dx is None else unbroadcast(dx if hasattr(dx, "dtype") else np.asarray(dx), arg)
            for arg, dx in zip(args, gradients)
        ]
    )


def _name(f: Function) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _chosen(args: Any, argnums: ArgNums) -> Any:
    return args[argnums] if isinstance(argnums, int) else tuple(args[i] for i in argnums)


def _watch(
    tape: GradientTape, f: Function, args: tuple[Any, ...], argnums: ArgNums
) -> tuple[list[Any], Any]:
    """Return the arguments with the chosen ones traced, and those traced ones."""
    traced = list(args)
    for i in (argnums,) if isinstance(argnums, int) else argnums:
        if not -len(args) <= i < len(args):
            raise TypeError(
                f"{_name(f)} is to be differentiated by positional argument {i}, "
                f"but was called with {len(args)}"
            )
        traced[i] = map_leaves(tape.watch, args[i])
    return traced, _chosen(traced, argnums)


def _shape(f: Function, value: Any) -> tuple[int, ...]:
    """Return the shape of the value of ``f``; refuse what is not one array of numbers."""
    if isinstance(value, int | float):
        return ()
    if not isinstance(value, Traced | np.ndarray | np.generic):
        raise TypeError(
            f"{_name(f)} is to be differentiated and must return one array or number, "
            f"got {type(value).__name__}"
        )
    return value.shape


def _unwrap(value: Any, tape: GradientTape) -> Any:
    """Return ``value`` as it is for the tapes around ``tape``."""
    while isinstance(value, Tensor) and value.tape is tape:
        value = value.value
    return value


def in_form_of(given: Any, gradient: Any) -> Any:
    """Give the gradient by a Python number as a Python number."""
    if isinstance(given, dict):
        return {key: in_form_of(given[key], gradient[key]) for key in given}
    if isinstance(given, list | tuple):
        items = [in_form_of(*pair) for pair in zip(given, gradient)]
        return type(gradient)(*items) if hasattr(gradient, "_fields") else type(gradient)(items)
    if type(given) in (int, float) and not isinstance(gradient, Traced):
        return float(gradient)
    return gradient
