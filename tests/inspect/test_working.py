"""What stands between input and output, put together again; and the chain rule, followed back."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers
from minikeras.layers import GRU, LSTM, RNN, GRUCell, Layer, LSTMCell, SimpleRNN, SimpleRNNCell

RNG = np.random.default_rng(5)


def normal(*shape):
    return RNG.standard_normal(shape).astype("float32")


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)


def sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))


def both(layer, x):
    """Return the step of the forward pass and that of the backward pass."""
    model = Sequential([layer])
    y = model(x)
    for weight in model.trainable_weights:
        weight.assign(0.5 * normal(*weight.shape))
    back = model.trace_gradients(x, 0.0 * y, loss="mse")
    assert back.difference < 1e-5
    return model.trace(x).steps[0], back.steps[0]


def shifted(values, by):
    """Return values of the step before (by=1) or after (by=-1), zeros at the end."""
    found = np.roll(values, by, axis=1)
    found[:, 0 if by > 0 else -1] = 0.0
    return found


def test_simple_rnn_step_by_step_and_back():
    x = normal(2, 4, 3)
    step, back = both(SimpleRNN(2, return_sequences=True), x)
    before = shifted(step["h"], 1)
    close(step["a"], x @ step["W"] + before @ step["U"] + step["B"])
    close(step["h"], np.tanh(step["a"]))
    close(back["dL/da"], back["dL/dh"] * (1 - step["h"] ** 2))
    close(back["dL/dh"], back["dL/dZ"] + shifted(back["dL/da"], -1) @ step["U"].T)
    close(back["dL/dW"], np.einsum("btf,btu->fu", x, back["dL/da"]))
    close(back["dL/dU"], np.einsum("bth,btu->hu", before, back["dL/da"]))
    close(back["dL/dB"], back["dL/da"].sum(axis=(0, 1)))
    close(back["dL/dX"], back["dL/da"] @ step["W"].T)


def test_lstm_step_by_step_and_back():
    x = normal(2, 4, 3)
    step, back = both(LSTM(2, return_sequences=True), x)
    h, c = shifted(step["h"], 1), shifted(step["c"], 1)
    close(step["a"], x @ step["W"] + h @ step["U"] + step["B"])
    i, f, g, o = np.split(step["a"], 4, axis=-1)
    for symbol, value in zip("ifgo", (sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o))):
        close(step[symbol], value)
    close(step["c"], step["f"] * c + step["i"] * step["g"])
    close(step["h"], step["o"] * np.tanh(step["c"]))
    t = np.tanh(step["c"])
    later = shifted(back["dL/dc"] * step["f"], -1)
    close(back["dL/dc"], back["dL/dh"] * step["o"] * (1 - t**2) + later)
    close(back["dL/dh"], back["dL/dZ"] + shifted(back["dL/da"], -1) @ step["U"].T)
    close(back["dL/df"], back["dL/dc"] * c)
    close(back["dL/di"], back["dL/dc"] * step["g"])
    close(back["dL/dg"], back["dL/dc"] * step["i"])
    close(back["dL/do"], back["dL/dh"] * t)
    slopes = [step[s] * (1 - step[s]) if s != "g" else 1 - step[s] ** 2 for s in "ifgo"]
    close(back["dL/da"], np.concatenate([back[f"dL/d{s}"] * d for s, d in zip("ifgo", slopes)], 2))
    close(back["dL/dW"], np.einsum("btf,btu->fu", x, back["dL/da"]))


@pytest.mark.parametrize("after", [True, False])
def test_gru_step_by_step_and_back(after):
    x = normal(2, 4, 3)
    step, back = both(GRU(2, return_sequences=True, reset_after=after), x)
    h = shifted(step["h"], 1)
    w, u = np.split(step["W"], 3, axis=1), np.split(step["U"], 3, axis=1)
    b = np.split(step["B"][0] if after else step["B"], 3)
    own = np.split(step["B"][1], 3) if after else [0.0, 0.0, 0.0]
    close(step["a_z"], x @ w[0] + h @ u[0] + b[0] + own[0])
    again = step["r"] * (h @ u[2] + own[2]) if after else (step["r"] * h) @ u[2]
    close(step["a_g"], x @ w[2] + b[2] + again)
    close(step["h"], step["z"] * h + (1 - step["z"]) * np.tanh(step["a_g"]))
    az, ar, ag = (back[f"dL/da_{part}"] for part in "zrg")
    close(back["dL/dz"], back["dL/dh"] * (h - step["g"]))
    close(back["dL/dg"], back["dL/dh"] * (1 - step["z"]))
    close(back["dL/dr"], ag * (h @ u[2] + own[2]) if after else (ag @ u[2].T) * h)
    ways = np.concatenate([az, ar, step["r"] * ag], 2) @ step["U"].T
    if not after:
        ways = np.concatenate([az, ar], 2) @ np.concatenate(u[:2], 1).T + (ag @ u[2].T) * step["r"]
    close(back["dL/dh"], back["dL/dZ"] + shifted(back["dL/dh"] * step["z"] + ways, -1))
    close(back["dL/dW"], np.einsum("btf,btu->fu", x, np.concatenate([az, ar, ag], 2)))


def test_cells_on_top_of_each_other_have_numbers():
    x = normal(2, 3, 2)
    step, back = both(RNN([LSTMCell(3), SimpleRNNCell(2)], return_sequences=True), x)
    symbols = [one.symbol for one in step.quantities]
    assert symbols[1:7] == ["W1", "U1", "B1", "W2", "U2", "B2"]
    close(step["a2"], step["h1"] @ step["W2"] + shifted(step["h2"], 1) @ step["U2"] + step["B2"])
    close(step["h2"], step["Z"])
    below = back["dL/da2"] @ step["W2"].T + shifted(back["dL/da1"], -1) @ step["U1"].T
    close(back["dL/dh1"], below)
    assert back.quantity("dL/dh1").formula == "dL/da2[t] W2^T + dL/da1[t+1] U1^T"


class Sum(Layer):
    """A cell of a user's own with two states."""

    state_size = (2, 2)

    def build(self, input_shape):
        self.scale = self.add_weight((2,), "ones", name="scale")

    def forward(self, inputs, states):
        total, last = states
        total = total + inputs * self.scale
        return total - last, [total, inputs]


def test_cell_of_a_users_own_shows_its_output_and_states():
    x = normal(2, 4, 2)
    step, back = both(RNN(Sum(name="sum"), return_sequences=True), x)
    close(step["s_1"], np.cumsum(x * step["scale"], axis=1))
    close(step["s_2"], x)
    close(step["y"], step["Z"])
    assert step.quantity("s_1").formula == "state of sum(x, s_1[t-1], s_2[t-1])"
    close(back["dL/dy"], back["dL/dZ"])
    close(back["dL/ds_1"], np.cumsum(back["dL/dZ"][:, ::-1], axis=1)[:, ::-1])


def test_masked_steps_of_stacked_cells_leave_all_states():
    cells = RNN([GRUCell(3), SimpleRNNCell(2)], return_sequences=True)
    model = Sequential([layers.Embedding(5, 3, mask_zero=True), cells])
    step = model.trace(np.array([[1, 2, 0]])).steps[1]
    np.testing.assert_array_equal(step["h1"][:, 1], step["h1"][:, 2])
    np.testing.assert_array_equal(step["h2"][:, 1], step["h2"][:, 2])


def test_images_over_time():
    layer = layers.ConvLSTM2D(2, 2, padding="same", return_sequences=True)
    step, _ = both(layer, normal(1, 3, 4, 4, 1))
    close(step["h"], step["Z"])
    close(step["c"][:, 1], step["f"][:, 1] * step["c"][:, 0] + step["i"][:, 1] * step["g"][:, 1])
    assert "the last step and the first channel" in step.notes[0]


def test_both_directions_are_merged():
    model = Sequential([layers.Bidirectional(SimpleRNN(2, return_sequences=True), "sum")])
    seen = model.trace(normal(2, 3, 2))
    last = seen.steps[-1]
    close(last["F"] + last["R"], last["Z"])
    close(last["R"], seen.steps[1]["Z"][:, ::-1])
    assert last.quantity("Z").formula == "F + R"


def test_one_layer_at_each_step():
    seen = Sequential([layers.TimeDistributed(layers.Dense(2, name="each"))]).trace(normal(2, 3, 4))
    inner, outer = seen.steps
    close(inner["Z"].reshape(2, 3, 2), outer["Z"])
    assert outer.quantity("Z").formula == "each of each step of X"


MERGED = [
    (layers.Add(), "X1 + X2 + X3", lambda a, b, c: a + b + c),
    (layers.Multiply(), "X1 * X2 * X3", lambda a, b, c: a * b * c),
    (layers.Average(), "(X1 + X2 + X3) / 3", lambda a, b, c: (a + b + c) / 3),
    (layers.Maximum(), "max(X1, X2, X3)", lambda a, b, c: np.maximum(a, np.maximum(b, c))),
    (
        layers.Concatenate(),
        "[X1, X2, X3] along axis -1",
        lambda a, b, c: np.concatenate([a, b, c], -1),
    ),
]


@pytest.mark.parametrize(("layer", "formula", "function"), MERGED)
def test_merged_inputs(layer, formula, function):
    layer = type(layer).from_config(layer.get_config())
    inputs = [Input((3,)) for _ in range(3)]
    x = [normal(2, 3) for _ in range(3)]
    model = Model(inputs, layer(inputs))
    step = model.trace(x).steps[0]
    assert step.quantity("Z").formula == formula
    close(function(step["X1"], step["X2"], step["X3"]), step["Z"])
    assert model.trace_gradients(x, 0.0 * model(x), loss="mse").difference < 1e-5


def test_product_goes_back_through_the_other_inputs():
    inputs = [Input((3,)) for _ in range(3)]
    model = Model(inputs, layers.Multiply()(inputs))
    x = [normal(2, 3) for _ in range(3)]
    step = model.trace_gradients(x, 0.0 * x[0], loss="mse").steps[0]
    assert step.quantity("dL/dX2").formula == "dL/dZ * X1 * X3"
    close(step["dL/dX2"], step["dL/dZ"] * x[0] * x[2])


def test_layer_normalization_step_by_step_and_back():
    x = normal(3, 4)
    step, back = both(layers.LayerNormalization(), x)
    close(step["m"], x.mean(axis=1, keepdims=True))
    close(step["v"], x.var(axis=1, keepdims=True))
    close(step["N"], (x - step["m"]) / np.sqrt(step["v"] + 1e-3))
    close(step["Z"], step["gamma"] * step["N"] + step["beta"])
    dn, n = back["dL/dN"], step["N"]
    close(back["dL/dv"], -(dn * n).sum(axis=1, keepdims=True) / (2 * (step["v"] + 1e-3)))
    mean = dn.mean(axis=1, keepdims=True) + n * (dn * n).mean(axis=1, keepdims=True)
    close(back["dL/dX"], (dn - mean) / np.sqrt(step["v"] + 1e-3))
    close(back["dL/dgamma"], (back["dL/dZ"] * n).sum(axis=0))


def test_batch_normalization_shows_what_it_does_in_predict():
    layer = layers.BatchNormalization()
    step, _ = both(layer, normal(3, 4))
    by_hand = (step["X"] - step["moving_mean"]) / np.sqrt(step["moving_variance"] + 1e-3)
    close(step["N"], by_hand)
    close(step["Z"], step["gamma"] * by_hand + step["beta"])


@pytest.mark.parametrize("kind", ["RMSNormalization", "UnitNormalization"])
def test_other_normalizations(kind):
    step, back = both(getattr(layers, kind)(), normal(3, 4))
    root = np.sqrt(step["q"] + (1e-6 if kind[0] == "R" else 0.0))
    close(step["Z"], step["X"] / root * (step["scale"] if kind[0] == "R" else 1.0))
    dn = back["dL/dN"] if kind[0] == "R" else back["dL/dZ"]
    count = 4 if kind[0] == "R" else 1
    close(back["dL/dX"], dn / root + back["dL/dq"] * 2 * step["X"] / count)


def test_separable_convolution_shows_what_lies_between():
    step, back = both(layers.SeparableConv2D(3, 2, activation="tanh"), normal(2, 4, 4, 2))
    a = np.einsum("bhwc,cf->bhwf", step["D"], step["W_P"][0, 0]) + step["B"]
    close(step["A"], a)
    close(step["Z"], np.tanh(a))
    close(back["dL/dA"], back["dL/dZ"] * (1 - step["Z"] ** 2))
    close(back["dL/dD"], np.einsum("bhwf,cf->bhwc", back["dL/dA"], step["W_P"][0, 0]))


def test_patch_of_a_depthwise_convolution():
    step, _ = both(layers.DepthwiseConv2D(2), normal(2, 4, 4, 2))
    symbol = next(one.symbol for one in step.quantities if one.symbol.startswith("A["))
    close(step[symbol], np.sum(step["P * W"]) + step["B"][0])
    close(step[symbol], step["A"][tuple(int(part) for part in symbol[2:-1].split(", "))])


def test_einsum_goes_back_by_its_own_letters():
    x = normal(2, 3, 4)
    step, back = both(layers.EinsumDense("abc,cd->abd", (3, 5), "tanh", "d"), x)
    close(step["A"], np.einsum("abc,cd->abd", x, step["W"]) + step["B"])
    assert back.quantity("dL/dW").formula == "einsum('abc,abd->cd', X, dL/dA)"
    close(back["dL/dW"], np.einsum("abc,abd->cd", x, back["dL/dA"]))
    close(back["dL/dX"], np.einsum("abd,cd->abc", back["dL/dA"], step["W"]))


def test_embedding_sums_over_the_places_that_name_a_row():
    model = Sequential([layers.Embedding(4, 2)])
    x = np.array([[1, 1, 3]])
    y = 0.0 * model(x)
    step = model.trace_gradients(x, y, loss="mse").steps[0]
    close(step["dL/dW"][1], step["dL/dZ"][0, 0] + step["dL/dZ"][0, 1])
    close(step["dL/dW"][2], [0.0, 0.0])
