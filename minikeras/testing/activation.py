"""The contract of an activation function."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import activations, registry
from minikeras._typing import Array
from minikeras.autodiff import check_gradients
from minikeras.testing._promise import (
    expect,
    expect_close,
    expect_equal,
    expect_finite,
    promise,
    read_only,
)

__all__ = ["check_activation"]


def check_activation(
    activation: str | Callable[..., Any],
    *,
    keeps_shape: bool = True,
    rows_independent: bool = True,
    largest: float = 1e4,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> None:
    """Check that an activation keeps what every activation of minikeras promises.

    - It keeps shape and float dtype, in float32 and float64, also of an empty batch.
    - It gives finite numbers and no warning up to ``largest``; NaN stays NaN, in its row.
    - It does not write into its input, and row ``i`` of the output depends on row ``i`` alone.
    - Its gradient agrees with central differences.
    - If it is registered, its name leads back to it.

    Parameters
    ----------
    activation : str or callable
        A name, or a function of one array.
    keeps_shape : bool, default True
        False for one whose output has another shape.
    rows_independent : bool, default True
        False for one that mixes samples on purpose.
    largest : float, default 1e4
        Size of the largest inputs; lower it for one that is infinite there.
    rtol, atol : float, default 1e-5 and 1e-7
        Allowed error of gradients, ``atol + rtol * abs(expected)``.
    seed : int, default 0
        Of the inputs.

    Raises
    ------
    AssertionError
        Naming the activation, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.testing import check_activation
    >>> check_activation(np.tanh)
    >>> check_activation(lambda x: 1.0 / (1.0 + np.exp(-x)))
    Traceback (most recent call last):
    AssertionError: <lambda> breaks the contract 'large inputs give finite numbers, no warning': ...
    """
    f = activations.get(activation)
    rng = np.random.default_rng(seed)
    for dtype in ("float32", "float64"):
        x = read_only(3.0 * rng.standard_normal((5, 4)).astype(dtype))
        _check_values(f, x, keeps_shape, rows_independent)
        _check_extremes(f, largest, dtype)
    with promise(f, "its gradient is that of central differences"):
        check_gradients(f, 3.0 * rng.standard_normal((5, 4)), rtol=rtol, atol=atol)
    if f in registry.registered("activation").values():
        with promise(f, "its name leads back to it"):
            expect(activations.deserialize(activations.serialize(f)) is f, "expected itself")


def _check_values(f: Callable[..., Any], x: Array, keeps_shape: bool, independent: bool) -> None:
    with promise(f, "it does not write into its input"):
        y = np.asarray(f(x))
    with promise(f, "dtype in is dtype out"):
        expect_equal(x.dtype, y.dtype, "dtype")
    with promise(f, "an empty batch passes"):
        expect_equal((0, *y.shape[1:]), np.shape(f(x[:0])), "shape")
    if keeps_shape:
        with promise(f, "shape in is shape out"):
            expect_equal(x.shape, y.shape, "shape")
    with promise(f, "the same input gives the same result"):
        expect_equal(y, f(x))
    if independent:
        with promise(f, "row i depends on row i alone"):
            for i in range(len(x)):
                expect_close(y[i : i + 1], f(x[i : i + 1]), f"row {i}", 1e-4, 1e-6)


def _check_extremes(f: Callable[..., Any], largest: float, dtype: str) -> None:
    row = np.array([[-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [0.0, 1.0], [0.0, -1.0]], dtype)
    x = np.concatenate([row * largest * scale for scale in (1.0, 0.1, 0.01)])
    with (
        promise(f, "large inputs give finite numbers, no warning"),
        warnings.catch_warnings(),
        np.errstate(all="warn", under="ignore"),
    ):
        warnings.simplefilter("error")
        expect_finite(f(x), f"value for inputs up to {largest:g} ({dtype})")
        x[1, 0] = np.nan
    with promise(f, "NaN stays NaN, in its row"), np.errstate(all="ignore"):
        y = np.asarray(f(x))
        expect(np.isnan(y[1]).any(), f"expected NaN for the row {x[1]}, got {y[1]}")
        expect_finite(np.delete(y, 1, axis=0), "rows beside one with NaN")
