"""Factors of matrices, and derivatives in one direction."""

import numpy as np
import pytest

from minikeras import check_gradients, ops


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (5, 3), (2, 3, 5), (0, 3, 3)])
def test_triangles_multiply_to_the_matrix_with_its_rows_swapped(rng, shape):
    x = rng.standard_normal(shape)
    lu, pivots = ops.lu_factor(x)
    small = min(shape[-2:])
    lower = np.tril(lu[..., :, :small], -1) + np.eye(shape[-2], small)
    upper = np.triu(lu[..., :small, :])
    swapped = x.copy().reshape(-1, *shape[-2:])
    for matrix, steps in zip(swapped, pivots.reshape(len(swapped), small)):
        for i, j in enumerate(steps):
            matrix[[i, j]] = matrix[[j, i]]
    np.testing.assert_allclose(lower @ upper, swapped.reshape(shape), atol=1e-12)
    assert pivots.dtype == "int32" and (np.abs(np.tril(lu[..., :, :small], -1)) <= 1.0).all()


def test_gradient_of_an_oblong_lu_is_refused(rng):
    with pytest.raises(ValueError, match="not square"):
        check_gradients(lambda x: ops.lu_factor(x)[0], rng.standard_normal((3, 2)))


def test_cholesky_factors_and_inverts(rng):
    x = rng.standard_normal((2, 3, 3))
    x = x @ x.mT + np.eye(3)
    lower, upper = ops.cholesky(x), ops.cholesky(x, upper=True)
    np.testing.assert_allclose(lower, upper.mT)
    for factor, up in [(lower, False), (upper, True)]:
        np.testing.assert_allclose(ops.cholesky_inverse(factor, up) @ x, [np.eye(3)] * 2, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.cholesky([[1.0, 2.0], [2.0, 1.0]]), "expected a positive definite matrix"),
        (lambda: ops.cholesky(np.ones((2, 3))), "expected square matrices"),
        (lambda: ops.pinv([1.0]), "expected matrices"),
        (lambda: ops.qr(np.eye(2), mode="r"), "unknown mode 'r'"),
        (lambda: ops.jvp(np.exp, (np.ones(2),), (np.ones(3),)), "tangents of the shapes"),
    ],
)
def test_what_is_no_such_matrix_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("lower", [True, False])
def test_the_other_half_of_a_triangle_is_not_looked_at(rng, lower):
    a, b = rng.standard_normal((2, 3, 3)) + 3.0 * np.eye(3), rng.standard_normal((2, 3))
    x = ops.solve_triangular(a, b, lower=lower)
    triangle = np.tril(a) if lower else np.triu(a)
    np.testing.assert_allclose(np.einsum("bij,bj->bi", triangle, x), b)


def test_derivative_in_a_direction_is_the_jacobian_times_it(rng):
    a, x, v = rng.standard_normal((2, 3)), rng.standard_normal(3), rng.standard_normal(3)
    value, slope = ops.jvp(lambda x: np.tanh(a @ x), (x,), (v,))
    np.testing.assert_allclose(value, np.tanh(a @ x))
    np.testing.assert_allclose(slope, (1.0 - np.tanh(a @ x) ** 2) * (a @ v))
    *_, extra = ops.jvp(lambda x: (x * x, "more"), (x,), (v,), has_aux=True)
    assert extra == "more"


def test_rank_counts_singular_values_above_the_noise():
    assert ops.matrix_rank(np.diag([1.0, 1e-3, 0.0])) == 2
    assert ops.matrix_rank(np.diag([1.0, 1e-3, 0.0]), tol=0.01) == 1
    assert ops.matrix_rank(np.zeros((2, 2))) == 0
