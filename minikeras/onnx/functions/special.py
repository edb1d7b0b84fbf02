"""NumPy functions of single elements that are made of others."""

from typing import Any

import numpy as np

from minikeras import ops
from minikeras.export.value import Value, broadcast
from minikeras.onnx.builder import FUNCTIONS, Builder, implements
from minikeras.onnx.functions.elementwise import operands

__all__: list[str] = []


def _scaled(factor: float) -> Any:
    return lambda g, x: g.multiply(x, factor)


FUNCTIONS[np.deg2rad], FUNCTIONS[np.rad2deg] = _scaled(np.pi / 180.0), _scaled(180.0 / np.pi)
FUNCTIONS[np.radians], FUNCTIONS[np.degrees] = FUNCTIONS[np.deg2rad], FUNCTIONS[np.rad2deg]


@implements(np.trunc, np.fix)
def _trunc(g: Builder, x: Value) -> Value:
    return g.multiply(g.unary("Sign", x), g.unary("Floor", g.unary("Abs", x)))


@implements(np.cbrt)
def _cbrt(g: Builder, x: Value) -> Value:
    return g.multiply(g.unary("Sign", x), g.binary("Pow", g.unary("Abs", x), 1.0 / 3.0))


@implements(np.sinc)
def _sinc(g: Builder, x: Value) -> Value:
    angle = g.multiply(x, np.pi)
    at_zero = g.binary("Equal", angle, 0.0, "bool")
    safe = g.where(at_zero, 1.0, angle)
    return g.where(at_zero, 1.0, g.divide(g.unary("Sin", safe), safe))


@implements(np.signbit)
def _signbit(g: Builder, x: Value) -> Value:
    below = g.binary("Less", x, 0.0, "bool")  # the reciprocal of -0.0 is minus infinity
    inverse = g.binary("Less", g.unary("Reciprocal", x), 0.0, "bool")
    return g.node("Or", below, inverse, shape=x.shape)


@implements(np.heaviside)
def _heaviside(g: Builder, x: Any, at_zero: Any) -> Value:
    (x, at_zero), _ = operands(g, np.heaviside, (x, at_zero))
    above = g.cast(g.binary("Greater", x, 0.0, "bool"), x.dtype)
    return g.where(g.binary("Equal", x, 0.0, "bool"), at_zero, above)


@implements(np.arctan2)
def _arctan2(g: Builder, y: Any, x: Any) -> Value:
    """Turn the angle of the right half of the plane round for points in the left half."""
    (y, x), _ = operands(g, np.arctan2, (y, x))
    on_axis = g.binary("Equal", x, 0.0, "bool")
    angle = g.unary("Atan", g.divide(y, g.where(on_axis, 1.0, x)))
    up = g.subtract(g.multiply(g.cast(g.binary("GreaterOrEqual", y, 0.0, "bool"), y.dtype), 2), 1)
    left = g.cast(g.binary("Less", x, 0.0, "bool"), x.dtype)
    turned = g.add(angle, g.multiply(g.multiply(left, up), np.pi))
    return g.where(on_axis, g.multiply(g.unary("Sign", y), np.pi / 2.0), turned)


@implements(np.fmod)
def _fmod(g: Builder, a: Any, b: Any) -> Value:
    (a, b), _ = operands(g, np.fmod, (a, b))
    return g.node("Mod", a, b, shape=broadcast(a.shape, b.shape), fmod=1)


@implements(np.logaddexp2)
def _logaddexp2(g: Builder, a: Any, b: Any) -> Value:
    scale = float(np.log(2.0))
    (a, b), _ = operands(g, np.logaddexp2, (a, b))
    total = g.function(np.logaddexp, g.multiply(a, scale), g.multiply(b, scale))
    return g.divide(total, scale)


@implements(np.ldexp)
def _ldexp(g: Builder, x: Value, exponent: Any) -> Value:
    return g.multiply(x, g.function(np.exp2, g.value(exponent, x.dtype)))


def _infinite(**sides: int) -> Any:
    return lambda g, x: g.node("IsInf", x, shape=x.shape, dtype="bool", **sides)


FUNCTIONS[np.isposinf] = _infinite(detect_negative=0)
FUNCTIONS[np.isneginf] = _infinite(detect_positive=0)


@implements(np.nan_to_num, ops.nan_to_num)
def _nan_to_num(
    g: Builder, x: Value, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Value:
    limits = np.finfo(x.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    y = g.where(g.function(np.isnan, x), nan, x)
    y = g.where(g.function(np.isposinf, x), high, y)
    return g.where(g.function(np.isneginf, x), low, y)


@implements(ops.divide_no_nan)
def _divide_no_nan(g: Builder, x1: Any, x2: Any) -> Value:
    (a, b), _ = operands(g, np.divide, (x1, x2))
    nothing = g.binary("Equal", b, 0.0, "bool")
    return g.where(nothing, 0.0, g.divide(a, g.where(nothing, 1.0, b)))


@implements(np.isclose)
def _isclose(
    g: Builder, a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Value:
    (a, b), _ = operands(g, np.subtract, (a, b))
    distance = g.unary("Abs", g.subtract(a, b))
    allowed = g.add(g.multiply(g.unary("Abs", b), rtol), atol)
    near = g.node("And", g.binary("LessOrEqual", distance, allowed, "bool"),
                  g.function(np.isfinite, b), shape=distance.shape)  # fmt: skip
    same = g.node("Or", near, g.binary("Equal", a, b, "bool"), shape=distance.shape)
    if not equal_nan:
        return same
    both = g.node("And", *(g.function(np.isnan, x) for x in (a, b)), shape=distance.shape)
    return g.node("Or", same, both, shape=distance.shape)


@implements(np.conjugate, np.real)
def _real(g: Builder, x: Value) -> Value:
    return x  # no number here is complex


def _filled(g: Builder, x: Value, value: Any, dtype: Any) -> Value:
    chosen = x.dtype if dtype is None else np.dtype(dtype).name
    shape = g.node("Shape", x, shape=(x.rank,), dtype="int64")
    element = np.full(1, value, chosen)
    return g.node("ConstantOfShape", shape, shape=x.shape, dtype=chosen, value=element)


FUNCTIONS[np.imag] = lambda g, x: _filled(g, x, 0, None)
FUNCTIONS[np.isreal] = lambda g, x: _filled(g, x, True, "bool")


@implements(np.zeros_like, ops.zeros_like, np.empty_like, ops.empty_like)
def _zeros_like(g: Builder, x: Value, dtype: Any = None) -> Value:
    return _filled(g, x, 0, dtype)


@implements(np.ones_like, ops.ones_like)
def _ones_like(g: Builder, x: Value, dtype: Any = None) -> Value:
    return _filled(g, x, 1, dtype)


@implements(np.full_like, ops.full_like)
def _full_like(g: Builder, x: Value, fill_value: Any, dtype: Any = None) -> Value:
    if isinstance(fill_value, Value) or np.ndim(fill_value):
        g.refuse("full_like needs one number")
    return _filled(g, x, fill_value, dtype)


@implements(ops.saturate_cast)
def _saturate(g: Builder, x: Value, dtype: Any) -> Value:
    wanted = np.dtype(dtype)
    limits = np.finfo(wanted) if wanted.kind == "f" else np.iinfo(wanted)
    wider = np.finfo(x.dtype) if x.dtype.startswith("float") else np.iinfo(x.dtype)
    low, high = max(limits.min, wider.min), min(limits.max, wider.max)
    return g.cast(g.clip(x, float(low), float(high)), wanted.name)
