"""The contracts of what makes weights, punishes them and keeps them in bounds."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minikeras import constraints, initializers, regularizers
from minikeras._typing import Shape
from minikeras.autodiff import check_gradients
from minikeras.random import generator
from minikeras.registry import Configurable
from minikeras.testing._promise import (
    check_config,
    expect,
    expect_close,
    expect_equal,
    expect_finite,
    float_type,
    promise,
    read_only,
)

__all__ = ["check_constraint", "check_initializer", "check_regularizer"]


def check_initializer(
    initializer: Any, shapes: Sequence[Shape] = ((3,), (4, 3), (3, 2, 4), (2, 2, 3, 4))
) -> None:
    """Check that an initializer keeps what every initializer of minikeras promises.

    - It gives finite numbers of the shape and dtype that it is asked for, ``config.floatx()`` when
      it is not asked, in a new array each time.
    - All its randomness comes from ``minikeras.random``, so that one seed repeats it; an equal
      object made from its configuration gives the same numbers.

    Parameters
    ----------
    initializer : str, Initializer, class or callable ``(shape, dtype=None)``
    shapes : sequence of tuple of int
        What to ask for.

    Raises
    ------
    AssertionError
        Naming the initializer, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.testing import check_initializer
    >>> check_initializer("he_normal")
    >>> check_initializer(lambda shape, dtype=None: np.random.standard_normal(shape))
    Traceback (most recent call last):
    AssertionError: <lambda> breaks the contract 'shape and dtype are those asked for': expected ...
    """
    made: Callable[..., Any] = initializers.get(initializer)  # type: ignore[assignment]
    check_config(made, "initializer")
    stream = generator().bit_generator
    for shape in shapes:
        for dtype in ("float32", "float64"):
            with promise(made, "shape and dtype are those asked for"):
                value = made(shape, dtype=dtype)
                expect_equal(shape, value.shape, "shape")
                expect_equal(np.dtype(dtype), value.dtype, "dtype")
                with float_type(dtype):
                    expect_equal(np.dtype(dtype), made(shape).dtype, "default dtype")
            with promise(made, "its numbers are finite"):
                expect_finite(value)
            with promise(made, "it gives a new array each time"):
                expect(not np.shares_memory(value, made(shape, dtype=dtype)), "got one twice")
                expect(value.flags.writeable, "got one that cannot be changed")
        with promise(made, "one seed repeats it"):
            state = stream.state
            first = _again(made)(shape, dtype="float32")
            stream.state = state
            expect_equal(first, _again(made)(shape, dtype="float32"))


def _again(made: Any) -> Callable[..., Any]:
    if isinstance(made, Configurable):
        made = type(made).from_config(made.get_config())
    return made  # type: ignore[no-any-return]


def check_regularizer(
    regularizer: Any,
    shape: Shape = (4, 3),
    *,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> None:
    """Check that a regularizer keeps what every regularizer of minikeras promises.

    - It gives one finite number of at least 0, in the dtype of the weights, also for zeros.
    - Its gradient agrees with central differences.
    - It does not write into the weights; its configuration makes an equal object.

    Parameters
    ----------
    regularizer : str, Regularizer, class or callable
    shape : tuple of int, default (4, 3)
        Of the weights.
    rtol, atol : float, default 1e-5 and 1e-7
        Allowed error of gradients, ``atol + rtol * abs(expected)``.
    seed : int, default 0
        Of the weights.

    Raises
    ------
    AssertionError
        Naming the regularizer, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.testing import check_regularizer
    >>> check_regularizer("l2")
    >>> check_regularizer(lambda w: np.sum(w))
    Traceback (most recent call last):
    AssertionError: <lambda> breaks the contract 'one finite number of at least 0': expected ...
    """
    made = regularizers.get(regularizer)
    check_config(made, "regularizer")
    weights = np.random.default_rng(seed).standard_normal(shape)
    for dtype in ("float32", "float64"):
        for value in (weights, -weights, np.zeros(shape)):
            w = read_only(value.astype(dtype))
            with promise(made, "it does not write into the weights"):
                penalty = made(w)
            with promise(made, "one finite number of at least 0"):
                expect_equal((), np.shape(penalty), "shape")
                expect_finite(penalty, "penalty")
                expect(penalty >= 0, f"expected at least 0, got {penalty}")
            with promise(made, "dtype in is dtype out"):
                expect_equal(np.dtype(dtype), np.asarray(penalty).dtype, "dtype")
    with promise(made, "its gradient is that of central differences"):
        check_gradients(made, weights, rtol=rtol, atol=atol)


def check_constraint(
    constraint: Any, shape: Shape = (4, 3), *, projects: bool = True, seed: int = 0
) -> None:
    """Check that a constraint keeps what every constraint of minikeras promises.

    - It gives finite numbers of the weights' shape and dtype, also for zeros and large weights.
    - What it allows stays as it is: applied twice it gives what it gives once.
    - It does not write into the weights; its configuration makes an equal object.

    Parameters
    ----------
    constraint : str, Constraint, class or callable
    shape : tuple of int, default (4, 3)
        Of the weights.
    projects : bool, default True
        False for one that goes only part of the way each time.
    seed : int, default 0
        Of the weights.

    Raises
    ------
    AssertionError
        Naming the constraint, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> from minikeras.testing import check_constraint
    >>> check_constraint("non_neg")
    >>> check_constraint(lambda w: 0.5 * w)
    Traceback (most recent call last):
    AssertionError: <lambda> breaks the contract 'what it allows stays as it is': expected value ...
    """
    made = constraints.get(constraint)
    check_config(made, "constraint")
    weights = np.random.default_rng(seed).standard_normal(shape)
    for dtype in ("float32", "float64"):
        for value in (weights, 1e3 * weights, np.zeros(shape)):
            w = read_only(value.astype(dtype))
            with promise(made, "it does not write into the weights"):
                once = made(w)
            with promise(made, "shape and dtype stay"):
                expect_equal(w.shape, once.shape, "shape")
                expect_equal(w.dtype, once.dtype, "dtype")
            with promise(made, "its numbers are finite"):
                expect_finite(once)
            if projects:
                with promise(made, "what it allows stays as it is"):
                    expect_close(once, made(once), rtol=1e-5, atol=1e-6)
