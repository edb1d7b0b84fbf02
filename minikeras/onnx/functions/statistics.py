"""Functions along axes that are made of others: differences, averages, sums without NaN."""

from typing import Any

import numpy as np

from minikeras import ops
from minikeras.export.value import Value
from minikeras.onnx.builder import FUNCTIONS, Builder, implements

__all__: list[str] = []


@implements(np.ptp)
def _ptp(g: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Value:
    high, low = (g.function(f, x, axis=axis, keepdims=keepdims) for f in (np.max, np.min))
    return g.subtract(high, low)


@implements(np.count_nonzero)
def _count_nonzero(g: Builder, x: Value, axis: Any = None) -> Any:
    return g.function(np.sum, g.cast(g.function(np.not_equal, x, 0), "int64"), axis=axis)


@implements(np.diff)
def _diff(g: Builder, x: Value, n: int = 1, axis: int = -1) -> Value:
    for _ in range(n):
        x = g.subtract(g.slice(x, axis, 1, 2**62), g.slice(x, axis, 0, -1))
    return x


@implements(ops.average)
def _average(g: Builder, x: Value, axis: Any = None, weights: Any = None) -> Any:
    if weights is None:
        return g.function(np.mean, x, axis=axis)
    if not isinstance(axis, int):
        g.refuse("a weighted average needs one axis")
    shape = [1] * x.rank
    shape[axis] = -1
    share = np.reshape(np.asarray(weights), shape) / np.sum(weights)
    return g.function(np.sum, g.multiply(x, share), axis=axis)


def _without_nan(function: Any, instead: float) -> Any:
    """Return the writer of a reduction in which NaN counts as a number that changes nothing."""

    def write(g: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Any:
        kept = g.where(g.function(np.isnan, x), instead, x)
        return g.function(function, kept, axis=axis, keepdims=keepdims)

    return write


FUNCTIONS.update(
    {
        np.nansum: _without_nan(np.sum, 0.0),
        np.nanprod: _without_nan(np.prod, 1.0),
        ops.nanmax: _without_nan(np.max, -np.inf),
        ops.nanmin: _without_nan(np.min, np.inf),
    }
)


@implements(np.nanmean)
def _nanmean(g: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Value:
    known = g.cast(g.node("Not", g.function(np.isnan, x), shape=x.shape), x.dtype)
    count = g.function(np.sum, known, axis=axis, keepdims=keepdims)
    return g.divide(g.function(np.nansum, x, axis=axis, keepdims=keepdims), count)


@implements(np.nanvar)
def _nanvar(g: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Any:
    centred = g.subtract(x, _nanmean(g, x, axis, keepdims=True))
    return _nanmean(g, g.multiply(centred, centred), axis, keepdims)


@implements(np.nanstd)
def _nanstd(g: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Value:
    return g.unary("Sqrt", _nanvar(g, x, axis, keepdims))


@implements(np.cumprod)
def _cumprod(g: Builder, x: Value, axis: Any = None) -> Value:
    if axis is None or axis % x.rank == 0:
        g.refuse("cumprod needs an axis behind the batch")
    axis %= x.rank
    one = g.function(np.ones_like, g.take(x, 0, axis))

    def step(states: list[Value], parts: list[Value]) -> tuple[list[Value], list[Value]]:
        product = g.multiply(states[0], parts[0])
        return [product], [product]

    _, (products,) = g.scan(step, [one], [x], axis)
    return products


@implements(np.trapezoid)
def _trapezoid(g: Builder, y: Value, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    if x is not None:
        g.refuse("trapezoid needs one distance, dx")
    ahead, behind = g.slice(y, axis, 1, 2**62), g.slice(y, axis, 0, -1)
    return g.function(np.sum, g.multiply(g.add(ahead, behind), 0.5 * dx), axis=axis)
