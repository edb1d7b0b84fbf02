"""``ops.convolution``: values, gradients, and that every way to compute gives the same."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import GradientTape, Variable, check_gradients
from minikeras.ops.convolution import conv, conv_transpose, depthwise_conv, separable_conv, strips
from minikeras.ops.convolution.plan import plan_of
from minikeras.ops.convolution.pooled import convolve_and_pool
from minikeras.ops.pooling import max_pool

FLOATS = ["float16", "float32", "float64"]


def by_hand(x, kernel, strides, padding, dilation):
    """Convolve by the definition, one output at a time; channels last, one axis or two."""
    rank = kernel.ndim - 2
    spans = [(k - 1) * dilation + 1 for k in kernel.shape[:rank]]
    pads, counts = [(0, 0)], []
    for n, span in zip(x.shape[1:-1], spans):
        count = -(-n // strides) if padding == "same" else (n - span) // strides + 1
        missing = max((count - 1) * strides + span - n, 0) if padding == "same" else 0
        pads.append((missing // 2, missing - missing // 2))
        counts.append(count)
    padded = np.pad(x, [*pads, (0, 0)])
    y = np.zeros((len(x), *counts, kernel.shape[-1]))
    for place in product(*map(range, counts)):
        window = padded[
            (
                slice(None),
                *(slice(i * strides, i * strides + s, dilation) for i, s in zip(place, spans)),
            )
        ]
        y[(slice(None), *place)] = np.tensordot(window, kernel, rank + 1)
    return y


@given(
    rank=st.integers(1, 2),
    size=st.integers(1, 3),
    strides=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same"]),
    dilation=st.integers(1, 2),
    batch=st.integers(0, 3),
    channels=st.integers(1, 5),
    filters=st.integers(1, 3),
)
def test_it_is_the_sum_over_windows(
    rank, size, strides, padding, dilation, batch, channels, filters
):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, *(6, 5)[:rank], channels))
    kernel = rng.standard_normal((size,) * rank + (channels, filters))
    y = conv(x, kernel, strides=strides, padding=padding, dilation_rate=dilation)
    np.testing.assert_allclose(y, by_hand(x, kernel, strides, padding, dilation), atol=1e-12)


@given(
    rank=st.integers(1, 3),
    size=st.integers(1, 3),
    strides=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same"]),
    channels=st.integers(1, 5),
    filters=st.integers(1, 5),
)
def test_the_transpose_is_the_gradient_of_the_convolution(
    rank, size, strides, padding, channels, filters
):
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((size,) * rank + (channels, filters))
    y = rng.standard_normal((2, *(4, 3, 2)[:rank], filters))
    spread = conv_transpose(y, kernel, strides=strides, padding=padding)
    x = rng.standard_normal(spread.shape)
    back = conv(x, kernel, strides=strides, padding=padding)
    if back.shape == y.shape and (padding == "valid" or strides == 1):  # the same zeros
        np.testing.assert_allclose(np.sum(back * y), np.sum(x * spread), rtol=1e-9, atol=1e-9)


SETTINGS = [
    {},
    {"padding": "same"},
    {"strides": 2},
    {"strides": (2, 1), "padding": "same", "activation": "relu"},
    {"dilation_rate": 2, "activation": "tanh"},
    {"dilation_rate": (1, 2), "padding": "same", "activation": "sigmoid"},
]


@pytest.mark.parametrize("channels", [2, 5])
@pytest.mark.parametrize("settings", SETTINGS)
def test_gradients_agree_with_central_differences_twice(settings, channels, rng):
    x = rng.standard_normal((2, 5, 6, channels))
    kernel, bias = rng.standard_normal((3, 2, channels, 3)), rng.standard_normal(3)
    check_gradients(lambda *args: conv(*args, **settings), x, kernel, bias, second=True)


@pytest.mark.parametrize("channels", [2, 5])
@pytest.mark.parametrize("settings", SETTINGS)
def test_gradients_of_the_transpose_agree_with_central_differences_twice(settings, channels, rng):
    x = rng.standard_normal((2, 3, 4, 3))
    kernel, bias = rng.standard_normal((3, 2, channels, 3)), rng.standard_normal(channels)
    check_gradients(lambda *args: conv_transpose(*args, **settings), x, kernel, bias, second=True)


@pytest.mark.parametrize("settings", SETTINGS[:4])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_gradients_of_depthwise_agree_with_central_differences_twice(settings, multiplier, rng):
    x, kernel = rng.standard_normal((2, 5, 6, 2)), rng.standard_normal((3, 2, 2, multiplier))
    bias = rng.standard_normal(2 * multiplier)
    check_gradients(lambda *args: depthwise_conv(*args, **settings), x, kernel, bias, second=True)


def test_gradients_of_separable_agree_with_central_differences(rng):
    x, kernel = rng.standard_normal((2, 5, 2)), rng.standard_normal((3, 2, 2))
    mix, bias = rng.standard_normal((1, 4, 3)), rng.standard_normal(3)
    check_gradients(lambda *args: separable_conv(*args, activation="tanh"), x, kernel, mix, bias)


@pytest.mark.parametrize("groups", [2, 4])
def test_groups_see_nothing_of_each_other(groups, rng):
    x, kernel = rng.standard_normal((2, 6, 4)), rng.standard_normal((3, 4 // groups, 8))
    y = conv(x, kernel, groups_bias := rng.standard_normal(8), activation="relu")
    parts = [
        conv(a, k) for a, k in zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1))
    ]
    expected = np.maximum(np.concatenate(parts, axis=-1) + groups_bias, 0.0)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    check_gradients(conv, x, kernel, groups_bias)


def test_causal_outputs_see_nothing_that_comes_later(rng):
    x, kernel = rng.standard_normal((1, 8, 2)), rng.standard_normal((3, 2, 3))
    y = conv(x, kernel, padding="causal", dilation_rate=2)
    changed = x.copy()
    changed[:, 5:] = 7.0
    after = conv(changed, kernel, padding="causal", dilation_rate=2)
    np.testing.assert_array_equal(y[:, :5], after[:, :5])
    assert not np.allclose(y[:, 5:], after[:, 5:])
    np.testing.assert_allclose(y[0, 0], x[0, 0] @ kernel[2], atol=1e-12)


@pytest.mark.parametrize("op", [conv, conv_transpose, depthwise_conv])
def test_channels_first_is_the_same_with_axes_moved(op, rng):
    x, kernel = rng.standard_normal((2, 5, 6, 3)), rng.standard_normal((2, 3, 3, 3))
    bias = rng.standard_normal(9 if op is depthwise_conv else 3)
    last = op(x, kernel, bias, strides=2, activation="relu")
    first = op(
        np.moveaxis(x, -1, 1), kernel, bias, strides=2, activation="relu",
        data_format="channels_first",
    )  # fmt: skip
    np.testing.assert_allclose(np.moveaxis(first, 1, -1), last, atol=1e-12)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", [conv, conv_transpose, depthwise_conv])
def test_dtype_is_kept_by_value_and_gradients(op, dtype, rng):
    x = rng.standard_normal((2, 5, 3)).astype(dtype)
    kernel, bias = rng.standard_normal((2, 3, 3)).astype(dtype), np.ones(3, dtype)
    if op is depthwise_conv:
        kernel = kernel[..., :1]
    with GradientTape() as tape:
        sources = [tape.watch(value) for value in (x, kernel, bias)]
        y = op(*sources, activation="relu")
    assert y.dtype == dtype
    assert [gradient.dtype for gradient in tape.gradient(y, sources)] == [dtype] * 3


@pytest.mark.parametrize("op", [conv, conv_transpose])
def test_an_empty_batch_gives_an_empty_result_and_zero_gradients(op):
    kernel, bias = Variable(np.ones((2, 2, 3, 3))), Variable(np.ones(3))
    with GradientTape() as tape:
        x = tape.watch(np.ones((0, 4, 4, 3), np.float32))
        y = op(x, kernel, bias)
    dx, dkernel, dbias = tape.gradient(y, [x, kernel, bias])
    assert y.shape == (0, *((3, 3) if op is conv else (5, 5)), 3)
    assert dx.shape == x.shape
    assert not dkernel.any() and not dbias.any()


@pytest.mark.parametrize("channels", [1, 6])
@pytest.mark.parametrize("limit", [1, 3000, 20000])
def test_a_small_cache_only_changes_the_order_of_work(channels, limit, rng, monkeypatch):
    x = rng.standard_normal((5, 9, 8, channels))
    kernel, bias = rng.standard_normal((3, 2, channels, 4)), rng.standard_normal(4)

    def everything():
        with GradientTape() as tape:
            sources = [tape.watch(value) for value in (x, kernel, bias)]
            y = conv(*sources, padding="same", activation="relu")
            z = conv_transpose(y, kernel, strides=2)
            total = np.sum(z * z) + np.sum(depthwise_conv(y, kernel[..., :4, :1][:, :, [0] * 4]))
        return [y.value, z.value, *tape.gradient(total, sources)]

    whole = everything()
    monkeypatch.setattr(strips, "CACHE", limit)
    monkeypatch.setattr(strips, "SMALL", 500)
    strips._block.cache_clear()
    for before, after in zip(whole, everything()):
        np.testing.assert_allclose(before, after, rtol=1e-9, atol=1e-9)
    strips._block.cache_clear()


@pytest.mark.parametrize("size", [1, 3])
def test_many_images_take_other_paths_to_the_same(size, rng):
    x = rng.standard_normal((40, 12, 12, 2)).astype(np.float32)
    kernel = rng.standard_normal((size, size, 2, 32)).astype(np.float32)
    with GradientTape() as tape:
        sources = [tape.watch(x), tape.watch(kernel)]
        y = conv(*sources, activation="relu")
    dx, dkernel = tape.gradient(y, sources)
    expected = np.maximum(by_hand(x.astype("f8"), kernel.astype("f8"), 1, "valid", 1), 0.0)
    np.testing.assert_allclose(y.value, expected, atol=1e-4)
    sign = np.sign(expected)
    windows = np.lib.stride_tricks.sliding_window_view(x.astype("f8"), (size, size), axis=(1, 2))
    exact = np.einsum("nhwcij,nhwf->ijcf", windows, sign)
    np.testing.assert_allclose(dkernel, exact, rtol=1e-4, atol=1e-3)
    part = conv_transpose(sign.astype(np.float32), kernel)
    np.testing.assert_allclose(dx, part, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda a: np.repeat(a, 2, -1)[..., ::2]])
def test_any_memory_layout_gives_the_same(layout, rng):
    x, kernel = rng.standard_normal((3, 5, 6, 4)), rng.standard_normal((2, 3, 4, 5))
    y = conv(x, kernel, padding="same")
    np.testing.assert_allclose(conv(layout(x), layout(kernel), padding="same"), y, rtol=1e-13)
    back = conv_transpose(y, kernel)
    np.testing.assert_allclose(conv_transpose(layout(y), layout(kernel)), back, rtol=1e-13)


def test_inputs_and_gradients_are_left_as_they_are(rng):
    x, kernel = rng.standard_normal((3, 5, 6, 4)), rng.standard_normal((2, 3, 4, 5))
    for array in (x, kernel):
        array.setflags(write=False)
    with GradientTape() as tape:
        sources = [tape.watch(x), tape.watch(kernel)]
        y = conv(*sources, activation="relu")
    dy = np.ones(y.shape)
    dy.setflags(write=False)
    tape.gradient(y, sources, dy)


def test_a_result_that_is_kept_is_not_overwritten_by_the_next(rng):
    kernel = rng.standard_normal((3, 3, 1, 32)).astype(np.float32)
    batches = [rng.standard_normal((32, 28, 28, 1)).astype(np.float32) for _ in range(4)]
    kept = [conv(x, kernel) for x in batches]
    parts = [y[1:2, 3] for y in kept]
    copies = [part.copy() for part in parts]
    del kept
    for x in batches:
        conv(-x, kernel)
    for part, copy in zip(parts, copies):
        np.testing.assert_array_equal(part, copy)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv(np.ones((1, 3, 1)), np.ones((4, 1, 1))), "at least as long as its window"),
        (lambda: conv(np.ones((1, 8, 3)), np.ones((2, 2, 4))), "conv expected 2 channels"),
        (lambda: conv(np.ones((1, 8, 4)), np.ones((2, 2, 3))), "divides the 3 filters"),
        (lambda: conv(np.ones((1, 8, 2)), np.ones((2, 2, 2, 4))), "4 axes"),
        (lambda: conv(np.ones((1, 8, 2)), np.ones((2, 2, 4)), strides=(1, 2)), "strides expected"),
        (lambda: conv(np.ones((1, 8, 2)), np.ones((2, 2, 4)), padding="sane"), "mean 'same'"),
        (lambda: conv(np.ones((1, 8, 2)), np.ones((2, 2, 4)), activation="rely"), "mean 'relu'"),
        (lambda: conv_transpose(np.ones((1, 8, 2)), np.ones((2, 2, 4))), "expected 4 channels"),
        (lambda: depthwise_conv(np.ones((1, 8, 2)), np.ones((2, 3, 1))), "expected 3 channels"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("limit", [strips.CACHE, 3000])
@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
@pytest.mark.parametrize("lengths", [(9,), (9, 8), (5, 6, 7)])
def test_pooling_in_the_same_step_gives_what_pooling_afterwards_gives(
    lengths, activation, limit, rng, monkeypatch
):
    monkeypatch.setattr(strips, "CACHE", limit)
    arrays = [
        rng.integers(-2, 3, shape).astype(float)  # with ties
        for shape in [(5, *lengths, 2), (2,) * len(lengths) + (2, 3), (3,)]
    ]
    plan = plan_of(lengths, arrays[1].shape[:-2], 1, "same", 1)

    def apart(x, kernel, bias):
        return max_pool(conv(x, kernel, bias, padding="same", activation=activation), 2)

    def together(x, kernel, bias):
        return convolve_and_pool(x, kernel, bias, activation, plan)

    results = []
    for compute in (apart, together):
        with GradientTape() as tape:
            sources = [tape.watch(array) for array in arrays]
            y = compute(*sources)
        dy = np.linspace(1.0, 2.0, y.size).reshape(y.shape)
        results.append([y.value, *tape.gradient(y, sources, dy)])
    for before, after in zip(*results):
        np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("wanted", [[0], [1], [2], [0, 2], [1, 2]])
def test_pooling_in_the_same_step_gives_each_gradient_by_itself(wanted, rng):
    arrays = [rng.standard_normal(shape) for shape in [(2, 7, 6, 4), (2, 2, 4, 3), (3,)]]
    plan = plan_of((7, 6), (2, 2), 1, "valid", 1)

    def compute(*chosen):
        given = list(arrays)
        for i, array in zip(wanted, chosen):
            given[i] = array
        return convolve_and_pool(*given, "tanh", plan)

    check_gradients(compute, *(arrays[i] for i in wanted))
