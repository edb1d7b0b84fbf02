"""Attention in the glass box: what is shown leads from the input to the output, and back."""

import numpy as np
import pytest

from minikeras import Input, Model, layers

RNG = np.random.default_rng(4)


def normal(*shape):
    return RNG.standard_normal(shape).astype("float32")


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def called(layer, *shapes, **options):
    """Return a model that is one call of an attention layer, and data for it."""
    inputs = [Input(shape) for shape in shapes]
    model = Model(inputs, layer(*inputs, **options))
    return model, [normal(2, *shape) for shape in shapes]


def heads(x, kernel, bias):
    return np.einsum("btf,fhd->bthd", x, kernel) + bias


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)


@pytest.fixture
def attending():
    """Two heads of three numbers each; four queries, five values."""
    model, x = called(layers.MultiHeadAttention(2, 3), (4, 6), (5, 6))
    for weight in model.weights:
        weight.assign(normal(*weight.shape))
    return model, x


def test_scores_and_weights_of_multi_head_attention_make_its_output(attending):
    model, x = attending
    step = model.trace(x).steps[0]
    q, k, v = (
        heads(step[x], step[f"W_{s}"], step[f"B_{s}"])
        for x, s in (("X1", "Q"), ("X2", "K"), ("X2", "V"))
    )
    for symbol, value in (("Q", q), ("K", k), ("V", v)):
        close(step[symbol], value)
    close(step["S"], np.einsum("bqhd,bkhd->bhqk", step["Q"], step["K"]) / np.sqrt(3))
    close(step["P"], softmax(step["S"]))
    close(step["P"].sum(axis=-1), np.ones((2, 2, 4)))
    close(step["O"], np.einsum("bhqk,bkhd->bqhd", step["P"], step["V"]))
    close(step["Z"], np.einsum("bqhd,hdf->bqf", step["O"], step["W_O"]) + step["B_O"])
    close(step["Z"], model(x))
    assert "W_Q, kernel, (6, 2, 3) ([:, 0, :] shown)" in str(step)
    formulas = [step.quantity(symbol).formula for symbol in "QSPOZ"]
    assert formulas == ["X1 W_Q + B_Q", "Q K^T / sqrt(3)", "softmax(S)", "P V", "O W_O + B_O"]
    assert [one.what for one in step.quantities[:2]] == ["query", "value"]


def test_gradients_of_attention_follow_its_chain_rule(attending):
    model, x = attending
    y = normal(2, 4, 6)
    seen = model.trace(x).steps[0]
    step = model.trace_gradients(x, y, loss="mse").steps[0]
    close(step["dL/dO"], np.einsum("bqf,hdf->bqhd", step["dL/dZ"], seen["W_O"]))
    close(step["dL/dP"], np.einsum("bqhd,bkhd->bhqk", step["dL/dO"], seen["V"]))
    close(step["dL/dV"], np.einsum("bhqk,bqhd->bkhd", seen["P"], step["dL/dO"]))
    dp, p = step["dL/dP"], seen["P"]
    close(step["dL/dS"], p * (dp - (dp * p).sum(axis=-1, keepdims=True)))
    close(step["dL/dQ"], np.einsum("bhqk,bkhd->bqhd", step["dL/dS"], seen["K"]) / np.sqrt(3))
    close(step["dL/dK"], np.einsum("bhqk,bqhd->bkhd", step["dL/dS"], seen["Q"]) / np.sqrt(3))
    close(step["dL/dW_Q"], np.einsum("bqf,bqhd->fhd", seen["X1"], step["dL/dQ"]))
    close(step["dL/dB_K"], step["dL/dK"].sum(axis=(0, 1)))
    close(step["dL/dX1"], np.einsum("bqhd,fhd->bqf", step["dL/dQ"], seen["W_Q"]))
    back = [("K", step["dL/dK"]), ("V", step["dL/dV"])]
    close(step["dL/dX2"], sum(np.einsum("bkhd,fhd->bkf", g, seen[f"W_{s}"]) for s, g in back))
    assert step.quantity("dL/dX2").formula == "dL/dV W_V^T + dL/dK W_K^T"
    assert model.trace_gradients(x, y, loss="mse").difference < 1e-5


def test_a_key_of_its_own_is_the_third_input():
    model, x = called(layers.MultiHeadAttention(2, 3), (4, 6), (5, 2), (5, 3))
    step = model.trace(x).steps[0]
    close(step["K"], heads(step["X3"], step["W_K"], step["B_K"]))
    assert step.quantity("K").formula == "X3 W_K + B_K"


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        (lambda: layers.MultiHeadAttention(2, 3), {"use_causal_mask": True}),
        (lambda: layers.MultiHeadAttention(2, 3, sliding_window=2), {}),
        (lambda: layers.MultiHeadAttention(2, 3, use_gate=True, use_bias=False), {}),
        (lambda: layers.MultiHeadAttention(2, 3), {"return_attention_scores": True}),
        (lambda: layers.GroupedQueryAttention(3, 4, 2), {}),
        (lambda: layers.GroupedQueryAttention(3, 4, 1, use_gate=True), {"use_causal_mask": True}),
    ],
)
def test_every_way_to_attend_is_shown(layer, options):
    model, x = called(layer(), (4, 6), (4, 6), **options)
    step = model.trace(x).steps[0]
    assert {"Q", "K", "V", "S", "P", "O"} <= {one.symbol for one in step.quantities}
    assert not [note for note in step.notes if "not shown" in note]
    y = model(x)
    target = [np.zeros_like(one) for one in y] if isinstance(y, list | tuple) else np.zeros_like(y)
    assert model.trace_gradients(x, target, loss="mse").difference < 1e-5


def test_attention_along_one_of_several_axes():
    model, x = called(layers.MultiHeadAttention(1, 2, attention_axes=2), (3, 2, 4), (3, 5, 4))
    step = model.trace(x).steps[0]
    assert step["S"].shape == (6, 1, 2, 5)
    close(step["O"].reshape(6, 2, 2), step["P"][:, 0] @ step["V"].reshape(6, 5, 2))


def test_masked_values_have_no_weight():
    x = Input((3,), dtype="int32")
    embedded = layers.Embedding(5, 4, mask_zero=True)(x)
    model = Model(x, layers.MultiHeadAttention(1, 2)(embedded, embedded))
    step = model.trace(np.array([[1, 2, 0]])).steps[-1]
    np.testing.assert_array_equal(step["P"][0, 0, :2, 2], [0.0, 0.0])
    assert [one.symbol for one in step.quantities[:2]] == ["X1", "X2"]
    assert "its weight in P is 0" in step.notes[0]


@pytest.mark.parametrize(
    ("layer", "scores"),
    [
        (layers.Attention(), lambda q, k: q @ k.swapaxes(1, 2)),
        (
            layers.Attention(score_mode="concat"),
            lambda q, k: np.tanh(q[:, :, None] + k[:, None]).sum(axis=-1),
        ),
        (
            layers.AdditiveAttention(use_scale=False),
            lambda q, k: np.tanh(q[:, :, None] + k[:, None]).sum(axis=-1),
        ),
    ],
    ids=["dot", "concat", "additive"],
)
def test_attention_without_projections(layer, scores):
    a, b = Input((3, 4)), Input((5, 4))
    layer = type(layer).from_config(layer.get_config())
    model = Model([a, b], layer([a, b]))
    x = [normal(2, 3, 4), normal(2, 5, 4)]
    step = model.trace(x).steps[0]
    close(step["S"], scores(*x))
    close(step["P"], softmax(step["S"]))
    close(step["Z"], step["P"] @ step["X2"])
    assert model.trace_gradients(x, normal(2, 3, 4), loss="mse").difference < 1e-5


def test_causal_attention_without_projections_looks_back_only():
    x = Input((3, 2))
    model = Model(x, layers.Attention()([x, x], use_causal_mask=True))
    step = model.trace(normal(1, 3, 2)).steps[0]
    np.testing.assert_array_equal(np.triu(step["P"][0], 1), np.zeros((3, 3)))
