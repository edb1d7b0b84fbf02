"""Batch, layer, RMS, group and unit normalization: values, gradients, large inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minikeras
from minikeras.autodiff import check_gradients
from minikeras.ops.batch_normalization import (
    batch_normalization,
    channel_moments,
    normalize_batch,
)
from minikeras.ops.normalization import (
    group_normalization,
    layer_normalization,
    rms_normalization,
    unit_normalization,
)


def standardized(x, axes, epsilon):
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(x.var(axis=axes, keepdims=True) + epsilon)


def test_batch_normalization_by_hand():
    x = np.array([[1.0, 4.0], [3.0, 8.0]])
    mean, variance = channel_moments(x)
    np.testing.assert_array_equal(mean, [2.0, 6.0])
    np.testing.assert_array_equal(variance, [1.0, 4.0])
    y = normalize_batch(x, np.array([2.0, 1.0]), np.array([0.0, 5.0]), epsilon=0.0)
    np.testing.assert_allclose(y, [[-2.0, 4.0], [2.0, 6.0]])


@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 5), st.booleans())
def test_channels_are_normalized_over_all_other_axes(rank, axis, length, learnt):
    rng = np.random.default_rng(0)
    axis %= rank
    x = rng.standard_normal((length, 3, 4, 2)[:rank])
    gamma, beta = rng.standard_normal((2, x.shape[axis])) if learnt else (None, None)
    axes = tuple(i for i in range(rank) if i != axis)
    expected = standardized(x, axes, 1e-3)
    if learnt:
        shape = [-1 if i == axis else 1 for i in range(rank)]
        expected = expected * gamma.reshape(shape) + beta.reshape(shape)
    np.testing.assert_allclose(normalize_batch(x, gamma, beta, axis=axis), expected)


# So few that all is done at once, rows that are joined, and an odd number of long ones.
@pytest.mark.parametrize("shape", [(40, 6), (5000, 16), (4097, 17), (66, 1200)])
def test_large_and_small_inputs_go_the_same_way(rng, shape):
    x = rng.standard_normal(shape) * 3.0 + 1.0
    gamma, beta = rng.standard_normal((2, shape[1]))
    dy = rng.standard_normal(shape)
    expected = standardized(x, 0, 1e-3)
    unit = expected.copy()
    factor = gamma / np.sqrt(x.var(axis=0) + 1e-3)
    dx = factor * (dy - dy.mean(axis=0) - unit * (dy * unit).mean(axis=0))
    y = normalize_batch(x, gamma, beta)
    np.testing.assert_allclose(y, expected * gamma + beta, rtol=1e-9, atol=1e-9)
    grad = minikeras.grad(lambda x, g, b: np.sum(normalize_batch(x, g, b) * dy), argnums=(0, 1, 2))(
        x, gamma, beta
    )
    wanted = (dx, (dy * unit).sum(axis=0), dy.sum(axis=0))
    for mine, other in zip(grad, wanted):
        np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("learnt", [True, False])
def test_gradients_of_batch_normalization_agree_with_central_differences(rng, axis, learnt):
    x = rng.standard_normal((3, 4, 5))
    gamma, beta = rng.standard_normal((2, x.shape[axis]))
    if learnt:
        check_gradients(lambda x, g, b: normalize_batch(x, g, b, axis=axis), x, gamma, beta)
        check_gradients(
            lambda x, g, b: normalize_batch(
                x, g, b, (beta, gamma * gamma), axis=axis, constant=True
            ),
            x,
            gamma,
            beta,
        )
    else:
        check_gradients(lambda x: normalize_batch(x, None, None, axis=axis), x)
    mean, variance = channel_moments(x, axis)
    check_gradients(
        lambda x, m, v, b, g: batch_normalization(x, m, v, axis, b, g),
        x,
        mean,
        variance,
        beta,
        gamma,
    )


def test_a_constant_channel_gives_beta():
    y = normalize_batch(np.full((4, 2), 7.0, "float32"), np.ones(2, "float32"), None)
    np.testing.assert_allclose(y, 0.0, atol=1e-5)


@given(st.sampled_from([-1, 1, (1, 2), (-1,), [2, 1], (1, 3), (1, 2, 3)]), st.booleans())
def test_samples_are_normalized_along_the_axes(axis, learnt):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, 4, 2, 5))
    axes = tuple(sorted(i % 4 for i in np.atleast_1d(axis).tolist()))
    shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    weights = rng.standard_normal((2, *(x.shape[i] for i in axes)))
    gamma, beta = weights if learnt else (None, None)
    centred, square = standardized(x, axes, 0.01), (x * x).mean(axis=axes, keepdims=True)
    rms = x / np.sqrt(square + 0.01)
    if learnt:
        centred = centred * gamma.reshape(shape) + beta.reshape(shape)
        rms = rms * gamma.reshape(shape)
    np.testing.assert_allclose(layer_normalization(x, gamma, beta, axis, 0.01), centred)
    np.testing.assert_allclose(rms_normalization(x, gamma, axis, 0.01), rms)
    unit = x / np.sqrt((x * x).sum(axis=axes, keepdims=True))
    np.testing.assert_allclose(unit_normalization(x, axis), unit)


@given(st.sampled_from([1, 2, 3, 6]), st.sampled_from([-1, 1]), st.booleans())
def test_groups_of_channels_are_normalized(groups, axis, learnt):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3, 6, 4, 6))
    gamma, beta = rng.standard_normal((2, 6)) if learnt else (None, None)
    last = np.moveaxis(x, axis, -1)
    parts = last.reshape(3, -1, groups, 6 // groups)
    expected = standardized(parts, (1, 3), 1e-3).reshape(last.shape)
    if learnt:
        expected = expected * gamma + beta
    got = group_normalization(x, groups, gamma, beta, axis)
    np.testing.assert_allclose(np.moveaxis(got, axis, -1), expected)


CASES = {
    "layer": (layer_normalization, (3, 4), ((4,), (4,))),
    "layer without weights": (layer_normalization, (3, 4), ()),
    "layer over two axes": (
        lambda x, g, b: layer_normalization(x, g, b, (1, 3)),
        (2, 3, 2, 4),
        ((3, 4), (3, 4)),
    ),
    "rms": (rms_normalization, (3, 4), ((4,),)),
    "rms over axis 1": (lambda x, s: rms_normalization(x, s, 1), (2, 3, 4), ((3,),)),
    "group": (lambda x, g, b: group_normalization(x, 2, g, b), (2, 3, 4), ((4,), (4,))),
    "group along axis 1": (lambda x: group_normalization(x, 2, axis=1), (2, 4, 3), ()),
    "batch": (lambda x, g, b: normalize_batch(x, g, b), (3, 2, 4), ((4,), (4,))),
    "unit": (unit_normalization, (3, 4), ()),
}


@pytest.mark.parametrize("case", CASES)
def test_gradients_agree_with_central_differences_twice(case, rng):
    function, shape, weights = CASES[case]
    inputs = [rng.standard_normal(s) for s in (shape, *weights)]
    check_gradients(function, *inputs)
    check_gradients(function, *inputs, second=True)


def test_dtypes_stay():
    for dtype in ("float16", "float32", "float64"):
        x = np.linspace(-1.0, 1.0, 12).reshape(3, 4).astype(dtype)
        w = np.ones(4, dtype)
        for y in (
            normalize_batch(x, w, w),
            layer_normalization(x, w, w),
            rms_normalization(x, w),
            group_normalization(x, 2, w, w),
            unit_normalization(x),
        ):
            assert y.dtype == dtype
        for gradient in minikeras.grad(
            lambda x, g, b: np.sum(layer_normalization(x, g, b) ** 2), argnums=(0, 1, 2)
        )(x, w, w):
            assert gradient.dtype == dtype


def test_half_precision_does_not_overflow():
    x = np.array([[300.0, -300.0, 400.0, 0.0]], "float16")
    expected = standardized(x.astype(float), 1, 1e-3)
    np.testing.assert_allclose(layer_normalization(x, epsilon=1e-3), expected, atol=2e-3)
    np.testing.assert_allclose(group_normalization(x, 1), expected, atol=2e-3)


def test_a_vector_of_zeros_stays_zero():
    x = np.zeros((2, 3), "float32")
    np.testing.assert_array_equal(unit_normalization(x), x)
    np.testing.assert_array_equal(
        minikeras.grad(lambda x: np.sum(unit_normalization(x) ** 2))(x), x
    )


def test_empty_batches_pass():
    x = np.zeros((0, 4))
    for y in (layer_normalization(x), rms_normalization(x), group_normalization(x, 2)):
        assert y.shape == (0, 4)
