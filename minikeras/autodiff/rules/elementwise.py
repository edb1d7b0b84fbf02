"""Element by element: arithmetic, exponentials and logarithms, trigonometry, the larger of two.

``x`` and ``y`` are the inputs, ``z`` the value. Inputs may be lists and Python numbers too, hence
``np.multiply(x, y)`` where ``x * y`` would repeat a list.

At points without a derivative: ``abs`` takes 0; ``maximum`` and ``minimum`` give half to each of
two equal inputs; ``sqrt``, ``cbrt``, ``hypot`` and powers between 0 and 1 take 0 at 0, where the
slope is infinite, so that the length of a zero vector has a finite gradient.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.record import Op, composite, rule, unbroadcast

LN2, LN10 = math.log(2.0), math.log(10.0)
DEGREE = math.pi / 180.0


# Arithmetic.


@rule(np.add)
def _add(x: Array, y: Array) -> Op:
    return np.add(x, y), (lambda dz: unbroadcast(dz, x), lambda dz: unbroadcast(dz, y))


@rule(np.subtract)
def _subtract(x: Array, y: Array) -> Op:
    return np.subtract(x, y), (lambda dz: unbroadcast(dz, x), lambda dz: unbroadcast(-dz, y))


@rule(np.multiply)
def _multiply(x: Array, y: Array) -> Op:
    return np.multiply(x, y), (
        lambda dz: unbroadcast(dz * y, x),
        lambda dz: unbroadcast(dz * x, y),
    )


@rule(np.divide)
def _divide(x: Array, y: Array) -> Op:
    z = np.divide(x, y)
    return z, (lambda dz: unbroadcast(dz / y, x), lambda dz: unbroadcast(-dz * z / y, y))


@rule(np.power)
def _power(x: Array, p: Any) -> Op:
    z = x**p  # unlike np.power, it squares and takes roots quickly in every NumPy

    def dx(dz: Array) -> Any:
        if type(p) in (int, float) and not 0 <= p < 1:
            return dz * (p * x if p == 2 else p * x ** (p - 1))
        edge = np.equal(x, 0) & np.greater_equal(p, 0) & np.less(p, 1)  # 0 ** (p - 1) is infinite
        slope = np.where(edge, 0.0, np.multiply(p, np.where(edge, 1.0, x) ** np.subtract(p, 1)))
        return unbroadcast(dz * slope, x)

    def dp(dz: Array) -> Any:  # log(x) counts as 0 at x = 0, where 0 ** p stays 0; nan below
        log = np.log(np.where(np.greater(x, 0), x, np.where(np.equal(x, 0), 1.0, np.nan)))
        return unbroadcast(dz * z * log, p)

    return z, (dx, dp)


@composite(np.float_power)
def _float_power(x: Array, p: Array) -> Any:
    return np.power(np.multiply(x, np.float64(1.0)), p)


@rule(np.remainder)
def _remainder(x: Array, y: Array) -> Op:
    return np.remainder(x, y), (
        lambda dz: unbroadcast(dz, x),
        lambda dz: unbroadcast(-dz * np.floor(np.divide(x, y)), y),
    )


@rule(np.fmod)
def _fmod(x: Array, y: Array) -> Op:
    return np.fmod(x, y), (
        lambda dz: unbroadcast(dz, x),
        lambda dz: unbroadcast(-dz * np.trunc(np.divide(x, y)), y),
    )


@rule(np.negative)
def _negative(x: Array) -> Op:
    return -x, (lambda dz: -dz,)


@rule(np.positive, np.copy, np.conjugate, np.real)
def _same(x: Array) -> Op:
    return np.copy(x), (lambda dz: dz,)


@rule(np.absolute, np.fabs)
def _absolute(x: Array) -> Op:
    return np.absolute(x), (lambda dz: dz * np.sign(x),)


@rule(np.copysign)
def _copysign(x: Array, y: Array) -> Op:
    z = np.copysign(x, y)
    return z, (lambda dz: unbroadcast(dz * np.sign(x) * np.sign(z), x), None)


@rule(np.square)
def _square(x: Array) -> Op:
    return np.square(x), (lambda dz: dz * (2.0 * x),)


@rule(np.sqrt)
def _sqrt(x: Array) -> Op:
    z = np.sqrt(x)
    return z, (lambda dz: np.where(z == 0, 0.0, 0.5 * dz / np.where(z == 0, 1.0, z)),)


@rule(np.cbrt)
def _cbrt(x: Array) -> Op:
    z = np.cbrt(x)
    return z, (lambda dz: np.where(z == 0, 0.0, dz / (3.0 * np.where(z == 0, 1.0, z) ** 2)),)


@rule(np.reciprocal)
def _reciprocal(x: Array) -> Op:
    z = np.reciprocal(x)
    return z, (lambda dz: -dz * z * z,)


@rule(np.hypot)
def _hypot(x: Array, y: Array) -> Op:
    z = np.hypot(x, y)

    def along(dz: Array, side: Array) -> Any:
        return unbroadcast(dz * (side / np.where(z == 0, 1.0, z)), side)

    return z, (lambda dz: along(dz, x), lambda dz: along(dz, y))


@rule(np.nan_to_num)
def _nan_to_num(x: Array, copy: bool = True, nan: float = 0.0, **infinities: Any) -> Op:
    return np.nan_to_num(x, nan=nan, **infinities), (lambda dz: dz * np.isfinite(x),)


# Exponentials and logarithms.


@rule(np.exp)
def _exp(x: Array) -> Op:
    z = np.exp(x)
    return z, (lambda dz: dz * z,)


@rule(np.exp2)
def _exp2(x: Array) -> Op:
    z = np.exp2(x)
    return z, (lambda dz: dz * (LN2 * z),)


@rule(np.expm1)
def _expm1(x: Array) -> Op:
    return np.expm1(x), (lambda dz: dz * np.exp(x),)


@rule(np.log)
def _log(x: Array) -> Op:
    return np.log(x), (lambda dz: dz / x,)


@rule(np.log2)
def _log2(x: Array) -> Op:
    return np.log2(x), (lambda dz: dz / (LN2 * x),)


@rule(np.log10)
def _log10(x: Array) -> Op:
    return np.log10(x), (lambda dz: dz / (LN10 * x),)


@rule(np.log1p)
def _log1p(x: Array) -> Op:
    return np.log1p(x), (lambda dz: dz / (1.0 + x),)


def _log_add(function: Any, power: Any) -> None:
    """Rule for log(power(x) + power(y)): each input gets its share of the sum."""

    @rule(function)
    def op(x: Array, y: Array) -> Op:
        z = function(x, y)

        def share(dz: Array, part: Array) -> Any:
            finite = np.where(np.equal(z, -math.inf), 0.0, z)  # both -inf: no share, not nan
            return unbroadcast(dz * power(np.subtract(part, finite)), part)

        return z, (lambda dz: share(dz, x), lambda dz: share(dz, y))

    op.__name__ = function.__name__


_log_add(np.logaddexp, np.exp)
_log_add(np.logaddexp2, np.exp2)


# Trigonometry.


@rule(np.sin)
def _sin(x: Array) -> Op:
    return np.sin(x), (lambda dz: dz * np.cos(x),)


@rule(np.cos)
def _cos(x: Array) -> Op:
    return np.cos(x), (lambda dz: -dz * np.sin(x),)


@rule(np.tan)
def _tan(x: Array) -> Op:
    z = np.tan(x)
    return z, (lambda dz: dz * (1.0 + z * z),)


@rule(np.arcsin)
def _arcsin(x: Array) -> Op:
    return np.arcsin(x), (lambda dz: dz / np.sqrt(1.0 - x * x),)


@rule(np.arccos)
def _arccos(x: Array) -> Op:
    return np.arccos(x), (lambda dz: -dz / np.sqrt(1.0 - x * x),)


@rule(np.arctan)
def _arctan(x: Array) -> Op:
    return np.arctan(x), (lambda dz: dz / (1.0 + x * x),)


@rule(np.arctan2)
def _arctan2(y: Array, x: Array) -> Op:
    def over_radius(dz: Array, side: Array) -> Any:
        square = np.square(x) + np.square(y)
        return dz * (side / np.where(square == 0, 1.0, square))

    return np.arctan2(y, x), (
        lambda dz: unbroadcast(over_radius(dz, x), y),
        lambda dz: unbroadcast(-over_radius(dz, y), x),
    )


@rule(np.sinh)
def _sinh(x: Array) -> Op:
    return np.sinh(x), (lambda dz: dz * np.cosh(x),)


@rule(np.cosh)
def _cosh(x: Array) -> Op:
    return np.cosh(x), (lambda dz: dz * np.sinh(x),)


@rule(np.tanh)
def _tanh(x: Array) -> Op:
    z = np.tanh(x)
    return z, (lambda dz: dz * (1.0 - z * z),)


@rule(np.arcsinh)
def _arcsinh(x: Array) -> Op:
    return np.arcsinh(x), (lambda dz: dz / np.hypot(1.0, x),)


@rule(np.arccosh)
def _arccosh(x: Array) -> Op:
    return np.arccosh(x), (lambda dz: dz / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)),)


@rule(np.arctanh)
def _arctanh(x: Array) -> Op:
    return np.arctanh(x), (lambda dz: dz / (1.0 - x * x),)


@rule(np.deg2rad, np.radians)
def _deg2rad(x: Array) -> Op:
    return np.deg2rad(x), (lambda dz: dz * DEGREE,)


@rule(np.rad2deg, np.degrees)
def _rad2deg(x: Array) -> Op:
    return np.rad2deg(x), (lambda dz: dz / DEGREE,)


@rule(np.sinc)
def _sinc(x: Array) -> Op:
    z = np.sinc(x)

    def dx(dz: Array) -> Any:
        small = np.absolute(x) < 0.02  # there the difference cancels: first terms of the series
        t = np.where(small, math.pi * x, 0.0)
        series = t * (-1.0 / 3.0 + t**2 * (1.0 / 30.0 - t**2 / 840.0)) * math.pi
        away = np.where(small, 1.0, x)
        return dz * np.where(small, series, (np.cos(math.pi * away) - np.sinc(away)) / away)

    return z, (dx,)


# The larger and the smaller of two.


def _choice(function: Any, wins: Callable[[Any, Any], Any]) -> None:
    """Rule for an element-wise choice between two inputs; equal ones share the gradient."""

    @rule(function)
    def op(x: Array, y: Array) -> Op:
        def share(dz: Array, mine: Array, other: Array) -> Any:
            return unbroadcast(
                np.where(np.equal(mine, other), 0.5 * dz, dz * wins(mine, other)), mine
            )

        return function(x, y), (lambda dz: share(dz, x, y), lambda dz: share(dz, y, x))

    op.__name__ = function.__name__


_choice(np.maximum, np.greater)
_choice(np.minimum, np.less)
_choice(np.fmax, lambda mine, other: np.greater(mine, other) | np.isnan(other))
_choice(np.fmin, lambda mine, other: np.less(mine, other) | np.isnan(other))
