"""``ops.dense``: values, gradients, and gradients written where they belong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from minikeras import GradientTape, Variable, check_gradients, ops

FLOATS = ["float16", "float32", "float64"]


@given(
    shape=array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4),
    units=st.integers(1, 4),
    bias=st.booleans(),
)
def test_it_is_the_matrix_product_plus_bias(shape, units, bias):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(shape), rng.standard_normal((shape[-1], units))
    b = rng.standard_normal(units) if bias else None
    expected = np.matmul(x, w) + (0.0 if b is None else b)
    got = ops.dense(x, w, b)
    assert got.shape == (*shape[:-1], units)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@given(shape=array_shapes(min_dims=2, max_dims=4, max_side=3), units=st.integers(1, 3))
def test_gradients_agree_with_central_differences(shape, units):
    rng = np.random.default_rng(0)
    check_gradients(
        ops.dense,
        rng.standard_normal(shape),
        rng.standard_normal((shape[-1], units)),
        rng.standard_normal(units),
        second=True,
    )


def test_gradients_without_bias_agree_with_central_differences(rng):
    x, w = rng.standard_normal((3, 4)), rng.standard_normal((4, 2))
    check_gradients(ops.dense, x, w, second=True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_dtype_is_kept_by_value_and_gradients(rng, dtype):
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in [(3, 4), (4, 2), (2,)])
    with GradientTape() as tape:
        sources = [tape.watch(value) for value in (x, w, b)]
        y = ops.dense(*sources)
    assert y.dtype == dtype
    assert [gradient.dtype for gradient in tape.gradient(y, sources)] == [dtype] * 3


@pytest.mark.parametrize("shape", [(0, 3), (0, 2, 3), (2, 0, 3)])
def test_an_empty_batch_gives_an_empty_result_and_zero_gradients(shape):
    w, b = Variable(np.ones((3, 2))), Variable(np.ones(2))
    with GradientTape() as tape:
        x = tape.watch(np.ones(shape))
        y = ops.dense(x, w, b)
    dx, dw, db = tape.gradient(y, [x, w, b])
    assert y.shape == (*shape[:-1], 2)
    assert dx.shape == shape
    assert not dw.any() and not db.any()


def test_gradients_are_written_into_the_views_they_are_given(rng):
    x = rng.standard_normal((5, 3)).astype(np.float32)
    w, b = Variable(rng.standard_normal((3, 2)).astype(np.float32)), Variable([0.5, 1.0])
    flat = np.full(8, np.nan, np.float32)
    views = {id(w): flat[:6].reshape(3, 2), id(b): flat[6:]}
    with GradientTape() as tape:
        y = ops.dense(x, w, b)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    tape.backward({id(y): dy}, into=views)
    np.testing.assert_allclose(flat[:6].reshape(3, 2), x.T @ dy, rtol=1e-6)
    np.testing.assert_allclose(flat[6:], dy.sum(axis=0), rtol=1e-6)


def test_a_view_of_another_dtype_gets_the_gradient_too(rng):
    x = rng.standard_normal((5, 3))  # float64 data, float32 weights
    w, b = Variable(np.ones((3, 2), np.float32)), Variable([0.5, 1.0])
    views = {id(w): np.zeros((3, 2), np.float32), id(b): np.zeros(2, np.float32)}
    with GradientTape() as tape:
        y = ops.dense(x, w, b)
    tape.backward({id(y): np.ones(y.shape)}, into=views)
    np.testing.assert_allclose(views[id(w)], np.repeat(x.sum(axis=0)[:, None], 2, 1), rtol=1e-6)
    np.testing.assert_allclose(views[id(b)], 5.0)


def test_a_view_with_gaps_gets_the_gradient_too(rng):
    x = rng.standard_normal((5, 3))
    w = Variable(np.ones((3, 2)))
    views = {id(w): np.zeros((3, 4))[:, ::2]}
    with GradientTape() as tape:
        y = ops.dense(x, w)
    tape.backward({id(y): np.ones(y.shape)}, into=views)
    np.testing.assert_allclose(views[id(w)], np.repeat(x.sum(axis=0)[:, None], 2, 1))


def test_one_kernel_used_twice_gathers_both_gradients(rng):
    x = rng.standard_normal((5, 2))
    w = Variable(rng.standard_normal((2, 2)))
    check_gradients(lambda w: ops.dense(ops.dense(x, w), w), w)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda a: np.repeat(a, 2, 1)[:, ::2]])
def test_any_memory_layout_gives_the_same(rng, layout):
    x, w = rng.standard_normal((4, 3)), rng.standard_normal((3, 2))
    np.testing.assert_allclose(ops.dense(layout(x), layout(w)), ops.dense(x, w), rtol=1e-14)


def test_only_a_bias_that_is_traced_by_an_outer_tape_passes(rng):
    x, w, b = rng.standard_normal((3, 2)), rng.standard_normal((2, 2)), Variable([1.0, 2.0])
    with GradientTape() as outer:
        with GradientTape() as inner:
            traced = inner.watch(x)
            y = np.sum(ops.dense(traced, w, b) ** 2)
        slope = inner.gradient(y, traced)  # 2 (x w + b) w'
        total = np.sum(slope)
    np.testing.assert_allclose(outer.gradient(total, b), 2.0 * 3 * w.sum(axis=0), rtol=1e-6)


def test_a_gradient_penalty_through_dense_layers(rng):
    """The squared length of the gradient by the input, as in Wasserstein GANs, differentiates."""
    x = rng.standard_normal((4, 3))

    def penalty(w1, b1, w2):
        with GradientTape() as tape:
            traced = tape.watch(x)
            y = ops.dense(ops.tanh(ops.dense(traced, w1, b1)), w2)
        slope = tape.gradient(y, traced)
        return np.sum((np.sqrt(np.sum(slope**2, axis=1)) - 1.0) ** 2)

    check_gradients(
        penalty, rng.standard_normal((3, 5)), rng.standard_normal(5), rng.standard_normal((5, 1))
    )


def test_wrong_feature_count_raises():
    with pytest.raises(ValueError, match="not aligned"):
        ops.dense(np.ones((2, 3)), np.ones((4, 2)))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("shape", [(4, 3), (2, 2, 3), (3,), (0, 3)])
def test_a_fused_activation_is_that_activation_of_the_product(activation, shape, rng):
    x, w, b = rng.standard_normal(shape), rng.standard_normal((3, 2)), rng.standard_normal(2)
    expected = getattr(ops, activation)(ops.dense(x, w, b))
    np.testing.assert_allclose(ops.dense(x, w, b, activation), expected, rtol=1e-14)
    check_gradients(lambda x, w, b: ops.dense(x, w, b, activation), x, w, b, second=True)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_a_fused_activation_of_many_units_takes_other_paths_to_the_same(activation, rng):
    x, w, b = rng.standard_normal((70, 3)), rng.standard_normal((3, 40)), rng.standard_normal(40)
    dy = rng.standard_normal((70, 40))
    results = []
    for apart in (False, True):
        with GradientTape() as tape:
            sources = [tape.watch(value) for value in (x, w, b)]
            if apart:
                y = getattr(ops, activation)(ops.dense(*sources))
            else:
                y = ops.dense(*sources, activation)
        results.append([y.value, *tape.gradient(y, sources, dy)])
    for fused, plain in zip(*results):
        np.testing.assert_allclose(fused, plain, rtol=1e-12, atol=1e-13)
