"""Backward traces: the chain rule holds, and central differences agree."""

import json
import re

import numpy as np
import pytest

from minikeras import GradientTape, Input, Model, Sequential, layers
from minikeras.layers import Dense

RNG = np.random.default_rng(1)


def normal(*shape):
    return RNG.standard_normal(shape).astype("float32")


@pytest.fixture
def small():
    return Sequential([Input((3,)), Dense(4, "tanh"), Dense(2, "sigmoid")], name="net")


def test_chain_rule_of_a_dense_layer_holds(small):
    seen = small.trace_gradients(normal(5, 3), normal(5, 2), loss="mse")
    forward = small.trace(normal(5, 3))
    assert [step.path for step in seen.steps] == ["dense_1", "dense"]
    step = seen["dense_1"]
    kernel = forward["dense_1"]["W"]
    np.testing.assert_allclose(step["dL/dX"], step["dL/dA"] @ kernel.T, rtol=1e-5)
    np.testing.assert_allclose(step["dL/dB"], step["dL/dA"].sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(seen["dense"]["dL/dZ"], step["dL/dX"], rtol=1e-5)


def test_slope_of_the_activation_is_in_the_gradient_of_the_weighted_sum(small):
    x = normal(5, 3)
    step = small.trace_gradients(x, normal(5, 2), loss="mse")["dense"]
    z = small.trace(x)["dense"]["Z"]
    np.testing.assert_allclose(step["dL/dA"], step["dL/dZ"] * (1 - z**2), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(step["dL/dW"], x.T @ step["dL/dA"], rtol=1e-4, atol=1e-7)


def test_gradients_are_those_of_the_tape(small):
    x, y = normal(5, 3), normal(5, 2)
    seen = small.trace_gradients(x, y, loss="mse")
    with GradientTape() as tape:
        loss = np.mean((small(x) - y) ** 2)
    expected = tape.gradient(loss, small.trainable_variables)
    assert seen.loss == pytest.approx(float(loss.value))
    found = [seen["dense"]["dL/dW"], seen["dense"]["dL/dB"]]
    for one, other in zip(found, expected[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)


def test_text_of_a_small_network():
    model = Sequential([Dense(1, dtype="float64")], name="net")
    model.build((None, 2))
    model.set_weights([[[1.0], [2.0]], [0.5]])
    text = str(model.trace_gradients([[1.0, -1.0]], [[0.5]], loss="mse"))
    assert re.sub(r"(difference\D*) \d\S*", r"\1 small", text) == (
        'Backward pass of "net", 1 sample: L = 1.0 (mse)\n'
        "largest difference to central differences small\n"
        "\n"
        "1. dense (Dense)\n"
        "\n"
        "   dL/dZ, incoming, (1, 1)\n"
        "      -2.0\n"
        "\n"
        "   dL/dA = dL/dZ, (1, 1)\n"
        "      -2.0\n"
        "\n"
        "   dL/dW = X^T dL/dA, (2, 1)\n"
        "      gradient    by differences\n"
        "      -2.0        -2.0\n"
        "       2.0         2.0\n"
        "      largest difference small\n"
        "\n"
        "   dL/dB = sum of dL/dA over samples, (1,)\n"
        "      gradient    by differences\n"
        "      -2.0        -2.0\n"
        "      largest difference small\n"
        "\n"
        "   dL/dX = dL/dA W^T, (1, 2)\n"
        "      gradient      by differences\n"
        "      -2.0  -4.0    -2.0  -4.0\n"
        "      largest difference small"
    )


def test_softmax_and_cross_entropy_are_one_step():
    model = Sequential([Input((3,)), Dense(4, "softmax")])
    x = normal(5, 3)
    y = np.eye(4)[[0, 1, 2, 3, 0]]
    sparse = y.argmax(axis=1)
    for loss, target in (
        ("categorical_crossentropy", y),
        ("sparse_categorical_crossentropy", sparse),
    ):
        step = model.trace_gradients(x, target, loss=loss).steps[0]
        assert step.quantity("dL/dA").formula == "(Z - T) / 5"
        np.testing.assert_allclose(step["dL/dA"], (model(x) - y) / 5, atol=1e-6)
        assert step["dL/dZ"].shape == (5, 4)


CASES = {
    "convolution": (
        lambda: [
            layers.Conv2D(3, 3, padding="same", activation="tanh"),
            layers.MaxPooling2D(2),
            layers.AveragePooling2D(2, padding="same"),
            layers.Flatten(),
            Dense(2),
        ],
        (2, 6, 6, 2),
    ),
    "recurrent": (
        lambda: [
            layers.LSTM(3, return_sequences=True),
            layers.GRU(3, return_sequences=True),
            layers.Bidirectional(layers.SimpleRNN(2)),
            Dense(2),
        ],
        (2, 4, 2),
    ),
    "normalization": (
        lambda: [
            Dense(4, kernel_regularizer="l2", activity_regularizer="l2"),
            layers.BatchNormalization(),
            layers.LayerNormalization(),
            layers.Dropout(0.5),
            layers.Activation("softmax"),
            Dense(2),
        ],
        (3, 4),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_central_differences_agree(case):
    make, shape = CASES[case]
    seen = Sequential(make()).trace_gradients(normal(*shape), normal(shape[0], 2), loss="mse")
    assert 0 < seen.difference < 1e-5
    for step in seen.steps:
        for quantity in step.quantities:
            assert quantity.value is not None
            own = quantity.symbol.removeprefix("dL/d")
            checked = own[0] in "XWUB" or own in ("gamma", "beta")
            assert (quantity.numerical is not None) == checked


def test_functional_model_with_two_inputs_and_outputs():
    a, b = Input((3,), name="a"), Input((2,), name="b")
    both = np.concatenate([Dense(2, "tanh")(a), np.exp(b)], axis=1)
    model = Model([a, b], [Dense(1)(both), np.sum(both * 2.0, axis=1, keepdims=True)])
    y = [normal(2, 1), normal(2, 1)]
    seen = model.trace_gradients([normal(2, 3), 0.1 * normal(2, 2)], y, loss="mse")
    assert seen.difference < 1e-4
    assert {step.kind for step in seen.steps} == {
        "Dense",
        "np.exp",
        "np.concatenate",
        "np.multiply",
        "np.sum",
    }


def test_shared_layer_says_that_its_gradients_are_sums():
    shared = Dense(3, "tanh")
    x = Input((3,))
    seen = Model(x, shared(shared(x))).trace_gradients(normal(2, 3), normal(2, 3), loss="mse")
    assert "2 calls" in seen.steps[0].notes[0]
    assert seen.difference < 1e-5


def test_model_is_left_as_it_was(small):
    small.compile("sgd", "mse")
    before = small.get_weights()
    small.trace_gradients(normal(5, 3), normal(5, 2))
    for one, other in zip(before, small.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert small.layers[0].dtype == "float32"


def test_frozen_weights_have_no_gradient(small):
    small.layers[0].trainable = False
    step = small.trace_gradients(normal(5, 3), normal(5, 2), loss="mse")["dense"]
    assert [one.symbol for one in step.quantities] == ["dL/dZ", "dL/dA", "dL/dX"]


def test_kinks_are_counted_and_left_out():
    model = Sequential([Input((2,)), Dense(2, "relu"), Dense(1)])
    seen = model.trace_gradients(np.zeros((1, 2)), [[1.0]], loss="mse")
    bias = seen["dense"].quantity("dL/dB")
    assert bias.kinks == 2
    assert "·" in str(seen)
    assert seen.difference < 1e-5


def test_long_arrays_are_checked_in_part_and_it_is_said():
    model = Sequential([Input((300,)), Dense(2)])
    kernel = model.trace_gradients(normal(1, 300), normal(1, 2), loss="mse")["dense"].quantity(
        "dL/dW"
    )
    assert np.sum(~np.isnan(kernel.numerical)) == 200
    assert "200 of 600 checked" in kernel.check


def test_layer_called_with_several_arrays_has_a_gradient_for_each():
    class Attending(Model):
        def __init__(self):
            super().__init__()
            self.attention = layers.MultiHeadAttention(2, 3)

        def forward(self, x):
            return self.attention(x, value=x * 2.0)

    seen = Attending().trace_gradients(normal(1, 3, 4), normal(1, 3, 4), loss="mse")
    step = seen.steps[-1]
    assert not step.notes
    assert step["dL/dX1"].shape == step["dL/dX2"].shape == (1, 3, 4)
    assert seen.difference < 1e-5


def test_layer_that_looks_at_more_than_its_arguments_has_no_gradient_for_inputs():
    class Counting(layers.Layer):
        calls = 0.0

        def forward(self, x):
            self.calls += 1.0
            return x * self.calls

    step = Sequential([Counting()]).trace_gradients(normal(1, 2), normal(1, 2), loss="mse").steps[0]
    assert "looks at more than its arguments" in step.notes[0]
    assert [one.symbol for one in step.quantities] == ["dL/dZ"]


def test_plain_data_is_ready_for_json(small):
    data = json.loads(
        json.dumps(small.trace_gradients(normal(5, 3), normal(5, 2), "mse").to_dict())
    )
    assert data["steps"][0]["quantities"][2]["difference"] < 1e-5


def test_model_without_a_loss_is_refused(small):
    with pytest.raises(ValueError, match=r"give loss=\.\.\., such as loss=\"mse\", or compile"):
        small.trace_gradients(normal(5, 3), normal(5, 2))


def test_stateful_layer_starts_from_its_state_every_time():
    model = Sequential([Input(batch_shape=(2, 4, 3)), layers.SimpleRNN(5, stateful=True)])
    model(normal(2, 4, 3))
    state = model.layers[0].states[0].copy()
    assert model.trace_gradients(normal(2, 4, 3), normal(2, 5), loss="mse").difference < 1e-5
    np.testing.assert_array_equal(model.layers[0].states[0], state)
