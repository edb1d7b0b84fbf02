"""NumPy functions of single elements, as ONNX operators."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import ops
from minikeras.autodiff.array_methods import astype
from minikeras.export.value import Value, broadcast
from minikeras.export.walk import constant_of
from minikeras.onnx.builder import FUNCTIONS, Builder, implements

__all__ = ["operands"]

_UFUNCS = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.power: "Pow",
    np.maximum: "Max",
    np.minimum: "Min",
    np.fmax: "Max",
    np.fmin: "Min",
    np.exp: "Exp",
    np.log: "Log",
    np.sqrt: "Sqrt",
    np.tanh: "Tanh",
    np.sin: "Sin",
    np.cos: "Cos",
    np.tan: "Tan",
    np.arcsin: "Asin",
    np.arccos: "Acos",
    np.arctan: "Atan",
    np.sinh: "Sinh",
    np.cosh: "Cosh",
    np.arcsinh: "Asinh",
    np.arccosh: "Acosh",
    np.arctanh: "Atanh",
    np.absolute: "Abs",
    np.fabs: "Abs",
    np.negative: "Neg",
    np.sign: "Sign",
    np.floor: "Floor",
    np.ceil: "Ceil",
    np.rint: "Round",
    np.reciprocal: "Reciprocal",
    np.less: "Less",
    np.less_equal: "LessOrEqual",
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.equal: "Equal",
    np.logical_and: "And",
    np.logical_or: "Or",
    np.logical_xor: "Xor",
    np.logical_not: "Not",
    np.isnan: "IsNaN",
    np.isinf: "IsInf",
}
_ON_BOOLEANS = {np.logical_and, np.logical_or, np.logical_xor, np.logical_not}


def operands(g: Builder, function: np.ufunc, args: Any) -> tuple[list[Value], str]:
    """Return the operands as NumPy converts them, and the dtype of its result."""
    kinds: list[Any] = []
    for arg in args:
        array = constant_of(arg)
        if isinstance(arg, Value):
            kinds.append(np.dtype(arg.dtype))
        elif array is not None:
            kinds.append(array.dtype)
        else:
            kinds.append(type(arg) if type(arg) in (int, float) else np.asarray(arg).dtype)
    resolved = function.resolve_dtypes((*kinds, None))
    if function in _ON_BOOLEANS:
        resolved = (*[np.dtype(bool)] * len(args), np.dtype(bool))
    return [g.value(arg, dtype.name) for arg, dtype in zip(args, resolved)], resolved[-1].name


def _ufunc(function: np.ufunc, kind: str) -> Any:
    def write(g: Builder, *args: Any) -> Value:
        values, dtype = operands(g, function, args)
        shape = broadcast(*(value.shape for value in values))
        return g.node(kind, *values, shape=shape, dtype=dtype)

    return write


for _function, _kind in _UFUNCS.items():
    FUNCTIONS[_function] = _ufunc(_function, _kind)


def _by(function: np.ufunc) -> Callable[..., Value]:
    """Return the writer of a function that others are made of."""
    found: Callable[..., Value] = FUNCTIONS[function]
    return found


@implements(np.positive, np.copy, ops.stop_gradient)
def _same(g: Builder, x: Value) -> Value:
    return x


@implements(np.square)
def _square(g: Builder, x: Value) -> Value:
    return g.multiply(x, x)


@implements(np.not_equal)
def _not_equal(g: Builder, a: Any, b: Any) -> Value:
    same = _by(np.equal)(g, a, b)
    return g.node("Not", same, shape=same.shape)


@implements(np.isfinite)
def _finite(g: Builder, x: Value) -> Value:
    either = g.node("Or", _by(np.isnan)(g, x), _by(np.isinf)(g, x), shape=x.shape)
    return g.node("Not", either, shape=x.shape)


@implements(np.expm1)
def _expm1(g: Builder, x: Value) -> Value:
    return g.subtract(_by(np.exp)(g, x), 1.0)


@implements(np.log1p)
def _log1p(g: Builder, x: Value) -> Value:
    return _by(np.log)(g, g.add(x, 1.0))


@implements(np.log2)
def _log2(g: Builder, x: Value) -> Value:
    return g.multiply(_by(np.log)(g, x), 1.0 / np.log(2.0))


@implements(np.log10)
def _log10(g: Builder, x: Value) -> Value:
    return g.multiply(_by(np.log)(g, x), 1.0 / np.log(10.0))


@implements(np.exp2)
def _exp2(g: Builder, x: Value) -> Value:
    return _by(np.exp)(g, g.multiply(x, np.log(2.0)))


@implements(np.floor_divide)
def _floor_divide(g: Builder, a: Any, b: Any) -> Value:
    (a, b), dtype = operands(g, np.floor_divide, (a, b))
    if not dtype.startswith("float"):
        g.refuse("floor division of integers has no counterpart there")
    return g.unary("Floor", g.divide(a, b))


@implements(np.remainder)
def _remainder(g: Builder, a: Any, b: Any) -> Value:
    (a, b), dtype = operands(g, np.remainder, (a, b))
    if not dtype.startswith("float"):
        return g.binary("Mod", a, b)
    return g.subtract(a, g.multiply(g.unary("Floor", g.divide(a, b)), b))


@implements(np.logaddexp)
def _logaddexp(g: Builder, a: Any, b: Any) -> Value:
    (a, b), _ = operands(g, np.logaddexp, (a, b))
    gap = g.unary("Exp", g.unary("Neg", g.unary("Abs", g.subtract(a, b))))
    return g.add(g.binary("Max", a, b), _log1p(g, gap))


@implements(np.hypot)
def _hypot(g: Builder, a: Any, b: Any) -> Value:
    (a, b), _ = operands(g, np.hypot, (a, b))
    return g.unary("Sqrt", g.add(g.multiply(a, a), g.multiply(b, b)))


@implements(np.round)
def _round(g: Builder, x: Value, decimals: int = 0) -> Value:
    if decimals == 0:
        return g.unary("Round", x)
    scale = float(10**decimals)
    return g.divide(g.unary("Round", g.multiply(x, scale)), scale)


@implements(np.clip)
def _clip(g: Builder, x: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Value:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    for function, bound in ((np.maximum, low), (np.minimum, high)):
        if bound is not None:
            x = _by(function)(g, x, bound)
    return x  # type: ignore[no-any-return]


@implements(np.where)
def _where(g: Builder, condition: Any, a: Any, b: Any) -> Value:
    values, dtype = operands(g, np.add, (a, b))
    return g.where(g.value(condition, "bool"), values[0], g.value(values[1], dtype))


@implements(astype)
def _astype(g: Builder, x: Value, dtype: Any, copy: bool = True) -> Value:
    return g.cast(x, np.dtype(dtype).name)
