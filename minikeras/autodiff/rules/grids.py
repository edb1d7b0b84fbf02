"""Evenly spaced numbers between traced ends, grids, powers, and the area under sampled points."""

from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.array_methods import astype
from minikeras.autodiff.record import composite
from minikeras.autodiff.tensor import bare


@composite(np.linspace)
def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    plain = np.linspace(bare(start), bare(stop), num, endpoint)
    share = np.linspace(0.0, 1.0, num, endpoint, dtype=plain.dtype)
    share = share.reshape((num,) + (1,) * (plain.ndim - 1))
    y = np.multiply(start, 1.0 - share) + np.multiply(stop, share)
    y = y if y.dtype == plain.dtype else y.astype(plain.dtype)
    y = np.moveaxis(y if dtype is None else y.astype(dtype), 0, axis)
    steps = num - 1 if endpoint else num
    return (y, np.subtract(stop, start) / float(steps)) if retstep else y


@composite(np.logspace)
def _logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, **settings: Any
) -> Any:
    exponents = np.linspace(start, stop, num, endpoint, **settings)
    return np.power(base, exponents)


@composite(np.geomspace)
def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, **settings: Any) -> Any:
    plain = np.geomspace(bare(start), bare(stop), num, endpoint, **settings)
    ends = np.log(np.abs(start)), np.log(np.abs(stop))
    y = np.exp(np.linspace(*ends, num, endpoint, **settings)) * np.sign(bare(start))
    return y.astype(plain.dtype)


@composite(np.meshgrid)
def _meshgrid(*arrays: Array, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    count = len(arrays)
    grids = [np.reshape(x, (1,) * i + (-1,) + (1,) * (count - i - 1)) for i, x in enumerate(arrays)]
    if indexing == "xy" and count > 1:
        grids = [np.swapaxes(x, 0, 1) for x in grids]
    return tuple(grids) if sparse else np.broadcast_arrays(*grids)


@composite(np.vander)
def _vander(x: Array, N: int | None = None, increasing: bool = False) -> Any:
    powers = np.arange(x.shape[0] if N is None else N)
    x = x.astype(np.promote_types(x.dtype, int))
    return x[:, None] ** (powers if increasing else powers[::-1]).astype(x.dtype)


@composite(np.trapezoid)
def _trapezoid(y: Array, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        x = x if hasattr(x, "ndim") else np.asarray(x)
        dx = np.diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1))
    return np.sum((y[..., 1:] + y[..., :-1]) * 0.5 * dx, axis=-1)


@composite(np.ldexp)
def _ldexp(x: Array, exponent: Any) -> Any:
    return np.multiply(x, np.exp2(astype(np.asarray(bare(exponent)), np.float64)).astype(x.dtype))
