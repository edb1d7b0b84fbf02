"""Fused recurrent ops: values of one unit by hand, gradients, masks, and their memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import GradientTape
from minikeras.autodiff import check_gradients
from minikeras.ops.recurrent import gru, lstm, simple_rnn

MASK = np.array([[1, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 0]], bool)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def run_lstm(*args, **kwargs):
    x, kernel, recurrent, bias, h, c, *mask = args
    return lstm(x, kernel, recurrent, bias, h, c, *mask, **kwargs)


def run_gru_before(*args, **kwargs):
    return gru(*args, reset_after=False, **kwargs)


OPS = {  # op, gates, shape of the bias for 2 units, number of states
    "lstm": (run_lstm, 4, (8,), 2),
    "gru": (gru, 3, (2, 6), 1),
    "gru that resets before": (run_gru_before, 3, (6,), 1),
    "simple_rnn": (simple_rnn, 1, (2,), 1),
}


def arguments(name, rng, batch=3, steps=4, features=5, dtype="float64"):
    _, gates, bias, states = OPS[name]
    shapes = [(batch, steps, features), (features, 2 * gates), (2, 2 * gates), bias]
    shapes += [(batch, 2)] * states
    return [0.5 * rng.standard_normal(shape).astype(dtype) for shape in shapes]


def test_simple_rnn_of_one_unit_by_hand():
    x, k, r, b, h = 0.3, 0.5, -0.7, 0.1, 0.2
    first = np.tanh(x * k + h * r + b)
    second = np.tanh(x * k + first * r + b)
    y = simple_rnn(
        np.full((1, 2, 1), x), np.full((1, 1), k), np.full((1, 1), r), np.array([b]),
        np.full((1, 1), h), return_sequences=True,
    )  # fmt: skip
    np.testing.assert_allclose(y[0, :, 0], [first, second])


def test_lstm_of_one_unit_by_hand():
    kernel, recurrent = np.array([[0.1, 0.2, 0.3, 0.4]]), np.array([[-0.4, 0.3, 0.2, -0.1]])
    bias, x, h, c = np.array([0.0, 1.0, -0.5, 0.25]), 2.0, 0.5, -1.5
    i, f, g, o = x * kernel[0] + h * recurrent[0] + bias
    new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    new_h = sigmoid(o) * np.tanh(new_c)
    y, last_h, last_c = lstm(
        np.full((1, 1, 1), x), kernel, recurrent, bias, np.full((1, 1), h), np.full((1, 1), c),
        return_state=True,
    )  # fmt: skip
    np.testing.assert_allclose([y[0, 0], last_h[0, 0], last_c[0, 0]], [new_h, new_h, new_c])


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_of_one_unit_by_hand(reset_after):
    kernel, recurrent = np.array([[0.1, 0.2, 0.3]]), np.array([[-0.4, 0.3, 0.2]])
    bias, x, h = np.array([[0.5, 0.0, -0.5], [0.25, 0.5, 0.75]]), 2.0, 0.5
    if not reset_after:
        bias[1] = 0.0
    z, r = sigmoid(x * kernel[0, :2] + h * recurrent[0, :2] + bias[:, :2].sum(axis=0))
    inner = r * (h * 0.2 + bias[1, 2]) if reset_after else r * h * 0.2
    new = z * h + (1.0 - z) * np.tanh(x * 0.3 + bias[0, 2] + inner)
    given_bias = bias if reset_after else bias[0]
    y = gru(
        np.full((1, 1, 1), x), kernel, recurrent, given_bias, np.full((1, 1), h),
        reset_after=reset_after,
    )  # fmt: skip
    np.testing.assert_allclose(y[0, 0], new)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_sequences": True},
        {"return_state": True},
        {"return_sequences": True, "return_state": True, "go_backwards": True},
    ],
    ids=str,
)
def test_gradients_agree_with_central_differences(rng, name, mask, options):
    op = OPS[name][0]
    check_gradients(lambda *args: op(*args, mask, **options), *arguments(name, rng))


@pytest.mark.parametrize("name", OPS)
def test_bias_and_states_may_be_left_out(rng, name):
    op, _, bias, states = OPS[name]
    x, kernel, recurrent, *rest = arguments(name, rng)
    plain = op(x, kernel, recurrent, *[None] * len(rest))
    zeros = [np.zeros(bias), *[np.zeros((3, 2))] * states]
    np.testing.assert_allclose(plain, op(x, kernel, recurrent, *zeros))
    check_gradients(lambda *args: op(*args, *[None] * len(rest)), x, kernel, recurrent)


@pytest.mark.parametrize("name", OPS)
def test_going_backwards_is_the_reversed_sequence(rng, name):
    op = OPS[name][0]
    x, *rest = arguments(name, rng)
    backwards = op(x, *rest, MASK, return_sequences=True, go_backwards=True)
    np.testing.assert_allclose(
        backwards, op(x[:, ::-1], *rest, MASK[:, ::-1], return_sequences=True)
    )


@pytest.mark.parametrize("name", OPS)
def test_masked_steps_keep_the_state_whatever_is_in_them(rng, name):
    op = OPS[name][0]
    x, *rest = arguments(name, rng)
    x[~MASK] = np.nan
    y = op(x, *rest, MASK, return_sequences=True)
    assert np.isfinite(y).all()
    np.testing.assert_array_equal(y[0, 2], y[0, 1])
    np.testing.assert_array_equal(y[1, :2], [rest[3][1]] * 2)  # the first state
    short = op(x[:1, [0, 1, 3]], *(a if a.shape[0] != 3 else a[:1] for a in rest[:3]),
               *(a[:1] for a in rest[3:]), return_sequences=True)  # fmt: skip
    np.testing.assert_allclose(y[0, [0, 1, 3]], short[0])


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_in_is_dtype_out(rng, name, dtype):
    op = OPS[name][0]
    args = arguments(name, rng, dtype=dtype)
    with GradientTape() as tape:
        traced = [tape.watch(a) for a in args]
        outputs = op(*traced, return_sequences=True, return_state=True)
        total = sum(np.sum(y) for y in outputs)
    assert {y.dtype for y in outputs} == {np.dtype(dtype)}
    assert {g.dtype for g in tape.gradient(total, traced)} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", OPS)
@given(batch=st.integers(0, 4), steps=st.integers(1, 6), features=st.integers(1, 5))
@settings(max_examples=15, deadline=None)
def test_any_number_of_samples_steps_and_features(name, batch, steps, features):
    op = OPS[name][0]
    args = arguments(name, np.random.default_rng(0), batch, steps, features)
    y = op(*args, return_sequences=True)
    assert y.shape == (batch, steps, 2)
    np.testing.assert_allclose(op(*args), y[:, -1])


@pytest.mark.parametrize("name", OPS)
def test_incoming_gradient_is_not_written_into(rng, name):
    op = OPS[name][0]
    args = arguments(name, rng)
    with GradientTape() as tape:
        x = tape.watch(args[0])
        y = op(x, *args[1:])
    dy = np.ones(y.shape)
    tape.gradient(y, x, dy)
    assert (dy == 1.0).all()


def test_second_derivatives_are_refused_by_name(rng):
    args = arguments("simple_rnn", rng)
    with GradientTape() as outer, GradientTape() as inner:
        x = inner.watch(outer.watch(args[0]))
        with pytest.raises(TypeError) as error:
            simple_rnn(x, *args[1:])
    assert any("simple_rnn cannot be differentiated twice" in n for n in error.value.__notes__)
