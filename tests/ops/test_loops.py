"""Choices and loops as functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, check_gradients, ops


def test_only_the_chosen_branch_runs():
    def never():
        raise AssertionError

    assert ops.cond(np.array(True), lambda: 1, never) == 1
    assert ops.cond(np.array([0.0]), never, lambda: 2) == 2


@pytest.mark.parametrize(("index", "expected"), [(-3, 1), (0, 1), (1, 20), (9, 20)])
def test_a_switch_stays_within_its_branches(index, expected):
    assert ops.switch(index, [lambda x: x - 1, lambda x: x * 10], 2) == expected


def test_while_loop_returns_the_structure_it_was_given():
    assert ops.while_loop(lambda x: x < 10, lambda x: x + 4, 1) == 13
    i, total = ops.while_loop(lambda i, t: i < 4, lambda i, t: (i + 1, t + i), [0, 0])
    assert (i, total) == (4, 6)
    assert ops.while_loop(lambda x: True, lambda x: x + 1, 0, maximum_iterations=5) == 5


def test_loops_are_differentiable():
    check_gradients(lambda x: ops.fori_loop(0, 3, lambda i, v: v * x + i, x), np.float64(1.3))
    check_gradients(
        lambda x: ops.while_loop(lambda v: bool(v < 50), lambda v: v * v, x), np.float64(1.7)
    )


def test_scan_carries_a_state_and_stacks_what_it_gives():
    def step(carry, x):
        total, count = carry
        return (total + x["a"], count + 1), {"sum": total + x["a"], "nothing": None}

    xs = {"a": np.array([1.0, 2.0, 3.0], np.float32)}
    (total, count), ys = ops.scan(step, (np.float32(0), 0), xs)
    assert (total, count) == (6.0, 3) and ys["nothing"] is None
    np.testing.assert_array_equal(ys["sum"], [1.0, 3.0, 6.0])
    _, backwards = ops.scan(step, (np.float32(0), 0), xs, reverse=True)
    np.testing.assert_array_equal(backwards["sum"], [6.0, 5.0, 3.0])


def test_scan_without_arrays_counts():
    assert ops.scan(lambda c, x: (c + 1, x), 0, length=4)[0] == 4


def test_gradients_pass_through_scan_and_map(rng):
    x = rng.standard_normal((4, 2))
    check_gradients(lambda x: ops.scan(lambda c, v: (c * v, c + v), x[0], x)[1], x)
    check_gradients(lambda x: ops.map(lambda v: np.outer(v, v), x), x)
    check_gradients(lambda x: ops.vectorized_map(lambda v: {"a": v.sum(), "b": v * v}, x)["b"], x)


@given(st.integers(1, 9), st.booleans())
def test_associative_scan_is_the_cumulative_result(length, reverse):
    x = np.random.default_rng(length).uniform(0.5, 2.0, (2, length))
    expected = np.flip(np.cumprod(np.flip(x, 1), 1), 1) if reverse else np.cumprod(x, 1)
    found = ops.associative_scan(np.multiply, x, reverse=reverse, axis=1)
    np.testing.assert_allclose(found, expected)


def test_associative_scan_of_a_structure_solves_a_linear_recurrence(rng):
    a, b = rng.uniform(0.5, 1.0, 6), rng.standard_normal(6)

    def join(first, second):
        return first[0] * second[0], first[1] * second[0] + second[1]

    state, expected = 0.0, []
    for factor, shift in zip(a, b):
        state = factor * state + shift
        expected.append(state)
    np.testing.assert_allclose(ops.associative_scan(join, (a, b))[1], expected)


def test_vectorize_broadcasts_and_loops_over_the_rest(rng):
    x, y = rng.standard_normal((3, 1, 4)), rng.standard_normal((2, 4))
    product = ops.vectorize(np.dot, signature="(n),(n)->()")
    np.testing.assert_allclose(product(x, y), np.einsum("aij,bj->ab", x, y))
    scaled = ops.vectorize(lambda v, factor: v * factor, excluded={1})
    np.testing.assert_allclose(scaled(y, 3.0), 3.0 * y)
    variable = Variable(y)
    with GradientTape() as tape:
        z = ops.vectorize(lambda v: v * v)(variable)
    np.testing.assert_allclose(tape.gradient(z, variable), 2.0 * y)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.scan(3, 0, np.ones(2)), TypeError, "f to be callable"),
        (lambda: ops.scan(lambda c, x: (c, x), 0), ValueError, "xs, or length"),
        (lambda: ops.scan(lambda c, x: (c, x), 0, np.ones(2), 3), ValueError, "of length 2 and"),
        (lambda: ops.map(abs, [np.ones(2), np.ones(3)]), ValueError, "of one length along axis 0"),
        (lambda: ops.vectorize(3), TypeError, "pyfunc to be callable"),
        (lambda: ops.vectorize(abs, signature="n->m"), ValueError, "expected a signature such as"),
        (lambda: ops.vectorize(abs, signature="(n)->()")(1, 2), TypeError, "expected 1 arrays"),
    ],
)
def test_what_makes_no_loop_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
