import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import GradientTape, check_gradients, grad

shapes = hnp.array_shapes(min_dims=1, max_dims=3, max_side=3)


def normal(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@settings(max_examples=20)
@given(shape=shapes, data=st.data())
def test_transpose_by_any_permutation(shape, data):
    axes = data.draw(st.permutations(range(len(shape))))
    signed = [i - data.draw(st.sampled_from([0, len(shape)])) for i in axes]
    check_gradients(lambda x: np.transpose(x, signed), normal(shape))


@settings(max_examples=20)
@given(shape=shapes, data=st.data())
def test_joining_along_any_axis_and_splitting_again(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))

    def call(x, y):
        joined = np.concatenate([x, y, x], axis=axis)
        first, *_, last = np.array_split(joined, 3, axis=axis)
        return first * np.exp(last), np.stack([x, y], axis=axis)

    check_gradients(call, normal(shape), normal(shape, 1))


@settings(max_examples=30)
@given(shape=shapes, reps=st.lists(st.integers(0, 3), max_size=4))
def test_tiling_by_any_repetition(shape, reps):
    check_gradients(lambda x: np.tile(x, reps), normal(shape))


@settings(max_examples=20)
@given(shape=shapes, data=st.data())
def test_repeating_along_any_axis(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    counts = data.draw(st.lists(st.integers(0, 2), min_size=shape[axis], max_size=shape[axis]))
    check_gradients(lambda x: np.repeat(x, counts, axis=axis), normal(shape))
    check_gradients(lambda x: np.repeat(x, 2, axis=axis), normal(shape))


@settings(max_examples=20)
@given(
    shape=shapes, mode=st.sampled_from(["constant", "edge", "symmetric", "wrap"]), data=st.data()
)
def test_padding_by_any_width(shape, mode, data):
    widths = [data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in shape]
    check_gradients(lambda x: np.pad(x, widths, mode=mode), normal(shape))


def test_padding_without_a_rule_names_the_modes_that_have_one():
    with pytest.raises(TypeError, match=r"np.pad\(mode='mean'\) .* 'constant', 'edge'"):
        grad(lambda x: np.sum(np.pad(x, 1, mode="mean")))(np.ones(3))


def test_padding_by_a_dict_of_axes():
    x = np.ones((2, 3))
    with GradientTape() as tape:
        t = tape.watch(x)
        y = np.pad(t, {-1: (1, 2)})
    assert y.shape == (2, 6)
    np.testing.assert_array_equal(tape.gradient(y, t), x)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.reshape(3, 2),
        lambda x: x.reshape((-1,)),
        lambda x: x.reshape(3, 2, order="F"),
        lambda x: x.ravel(),
        lambda x: x.ravel("F"),
        lambda x: x.flatten(),
        lambda x: x.T,
        lambda x: x.mT,
        lambda x: x.transpose(1, 0),
        lambda x: x.transpose((1, 0)),
        lambda x: x.swapaxes(0, 1),
        lambda x: x[None].squeeze(0),
        lambda x: x.repeat(2, axis=0),
        lambda x: x.diagonal(),
        lambda x: x.trace(),
        lambda x: x.cumsum(1),
        lambda x: x.cumprod(1),
        lambda x: x.dot(np.ones(3)),
        lambda x: x @ np.ones((3, 1)),
        lambda x: np.ones((1, 2)) @ x,
        lambda x: x.clip(-0.5, 0.5),
        lambda x: x.take([1, 1], axis=1),
        lambda x: x.copy(),
        lambda x: x.astype(np.float64),
        lambda x: -x + 1.0,
        lambda x: +x - 1.0,
        lambda x: abs(x) / 2.0,
        lambda x: 2.0 / (x + 5.0),
        lambda x: 2.0 - x * 3.0,
        lambda x: (x + 5.0) ** 2,
        lambda x: (x + 5.0) % 3.0,
        lambda x: 8.0 % (x + 5.5),
        lambda x: (x + 5.0) // 3.0 * x,
        lambda x: list(x),
    ],
)
def test_methods_and_operators_of_an_array(call):
    x = np.random.default_rng(3).standard_normal((2, 3))
    check_gradients(call, x, second=True)
    with GradientTape() as tape:
        traced = call(tape.watch(x))
    np.testing.assert_array_equal(np.asarray(traced), call(x) if type(call(x)) is not list else x)


def test_cast_to_integers_is_a_constant():
    with GradientTape() as tape:
        x = tape.watch(np.array([1.5, 2.5]))
        assert type(x.astype(int)) is np.ndarray
        y = x.astype("float32")
    assert y.dtype == np.float32
    assert tape.gradient(y, x).dtype == np.float64


def test_list_of_traced_values_inside_an_argument_is_refused():
    with pytest.raises(TypeError, match="multiply expected an array, got a list .* np.stack"):
        grad(lambda x: np.sum(x * [x[0], x[1]]))(np.ones(2))


def test_block_and_stack_of_rows():
    check_gradients(
        lambda a, b: np.block([[a, np.ones((2, 1))], [np.zeros((1, 2)), b]]),
        normal((2, 2)),
        normal((1, 1)),
    )
