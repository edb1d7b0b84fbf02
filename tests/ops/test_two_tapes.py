"""Every activation under two tapes: Variables reach it as they are, not as Tensors."""

import numpy as np
import pytest

from minikeras import GradientTape, Variable, ops

ARGUMENTS = {"threshold": (0.5, -1.0)}
MODULES = {f"minikeras.ops.{name}" for name in ["activation", "erf", "rectifier", "softmax"]}
NAMES = [name for name in ops.__all__ if getattr(getattr(ops, name), "__module__", "") in MODULES]


def first_and_second(op, x, arguments):
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            x = x if isinstance(x, Variable) else inner.watch(outer.watch(x))
            y = op(x, *arguments)
        weights = np.linspace(1.0, 2.0, y.size).reshape(y.shape)
        slope = inner.gradient(y, x, weights)
        total = np.sum(slope * np.linspace(-1.0, 1.0, slope.size).reshape(slope.shape))
    return np.asarray(y.numpy()), outer.gradient(total, x, unconnected_gradients="zero")


@pytest.mark.parametrize("name", NAMES)
def test_variables_give_what_arrays_give(name, rng):
    values = 2.0 * rng.standard_normal((3, 4))
    op, arguments = getattr(ops, name), ARGUMENTS.get(name, ())
    y, second = first_and_second(op, Variable(values), arguments)
    np.testing.assert_array_equal(y, op(values, *arguments))
    h = 1e-5

    def slope_sum(x):
        with GradientTape() as tape:
            traced = tape.watch(x)
            out = op(traced, *arguments)
        weights = np.linspace(1.0, 2.0, out.size).reshape(out.shape)
        slope = tape.gradient(out, traced, weights)
        return np.sum(slope * np.linspace(-1.0, 1.0, slope.size).reshape(slope.shape))

    for place in [(0, 0), (1, 3), (2, 2)]:
        step = np.zeros_like(values)
        step[place] = h
        expected = (slope_sum(values + step) - slope_sum(values - step)) / (2.0 * h)
        np.testing.assert_allclose(second[place], expected, rtol=1e-5, atol=1e-8)
