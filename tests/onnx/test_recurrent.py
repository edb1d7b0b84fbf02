"""Recurrent layers: masks of all kinds, loops over cells, states, sequences of any length."""

import numpy as np
import pytest

from minikeras import Input, Model, layers, ops
from tests.onnx.support import check, needs_runtime, normal, words

pytestmark = needs_runtime

KINDS = ["LSTM", "GRU", "SimpleRNN"]
RIGHT, LEFT, HOLES, NONE = [3, 4, 5, 0, 0, 0], [0, 0, 1, 2, 3, 4], [1, 0, 2, 0, 0, 3], [0] * 6
PADDED = np.array([RIGHT, LEFT, HOLES, NONE, [1, 2, 3, 4, 5, 6]], "int32")

OPTIONS = [
    {},
    {"return_sequences": True},
    {"return_sequences": True, "return_state": True, "go_backwards": True},
    {"return_sequences": True, "zero_output_for_mask": True},
    {"go_backwards": True, "zero_output_for_mask": True},
]


class Own(layers.Layer):
    """A cell whose output is no state, and that looks like what users write."""

    def __init__(self, units):
        super().__init__()
        self.units = units
        self.state_size = units
        self.output_size = 2 * units

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], self.units), "glorot_uniform", name="kernel")
        self.recurrent = self.add_weight((self.units, self.units), "orthogonal", name="recurrent")

    def call(self, inputs, states):
        state = ops.tanh(ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent))
        return np.concatenate([state, -state], axis=-1), [state]


class Plain:
    """An object that can be called, not a layer."""

    state_size = 3

    def __call__(self, inputs, states):
        return inputs + 0.5 * states[0], [inputs - states[0]]


class Warm(Own):
    def get_initial_state(self, batch_size=None):
        return [np.full((batch_size, self.units), 0.5, "float32")]


def masked(make, steps):
    """A layer over words of which 0 means none."""
    tokens = Input((steps,), dtype="int32")
    x = layers.Embedding(9, 3, mask_zero=True)(tokens)
    return Model(tokens, make()(x))


@pytest.mark.parametrize("steps", [6, None])
@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_masked_steps_change_nothing(kind, options, activation, steps, tmp_path):
    make = getattr(layers, kind)
    model = masked(lambda: make(4, activation=activation, **options), steps)
    check(model, tmp_path / "model.onnx", *([PADDED[i : i + 1]] for i in range(5)), [PADDED])


CELLS = {
    "stacked": lambda: [layers.LSTMCell(4), layers.GRUCell(3), layers.SimpleRNNCell(2)],
    "stacked, one of them unusual": lambda: [layers.LSTMCell(4, activation="mish"), Own(3)],
    "own": lambda: Own(3),
    "own, with a first state": lambda: Warm(3),
    "no layer": Plain,
    "GRU, reset before": lambda: layers.GRUCell(3, reset_after=False, activation="silu"),
    "gates": lambda: layers.LSTMCell(3, recurrent_activation="hard_silu", use_bias=False),
}


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_cells_of_all_kinds(name, mask, tmp_path):
    def make():
        return layers.RNN(CELLS[name](), return_sequences=True, return_state=True)

    if mask:
        check(masked(make, None), tmp_path / "model.onnx", [PADDED], [PADDED[:1, :4]])
    else:
        x = Input((None, 3))
        model = Model(x, make()(x))
        check(model, tmp_path / "model.onnx", [normal(5, 4, 3)], [normal(1, 7, 3)])


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
def test_both_directions_and_masks(mode, activation, tmp_path):
    layer = layers.LSTM(3, activation=activation, return_sequences=True)
    check(masked(lambda: layers.Bidirectional(layer, mode), 6), tmp_path / "model.onnx", [PADDED])


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_states_go_in_and_come_out(activation, tmp_path):
    tokens, h, c = Input((6,), dtype="int32"), Input((4,)), Input((4,))
    layer = layers.LSTM(4, activation, return_sequences=True, return_state=True)
    y = layer(layers.Embedding(9, 3, mask_zero=True)(tokens), initial_state=[h, c])
    model = Model([tokens, h, c], list(y))
    check(model, tmp_path / "model.onnx", [PADDED, normal(5, 4), normal(5, 4, seed=1)])


def test_encoder_hands_its_state_to_a_decoder(tmp_path):
    source, target = Input((None, 3)), Input((None, 2))
    _, *state = layers.GRU(4, return_state=True)(source)
    y = layers.GRU(4, return_sequences=True)(target, initial_state=state)
    model = Model([source, target], layers.Dense(2)(y))
    check(model, tmp_path / "model.onnx", [normal(5, 4, 3), normal(5, 6, 2)])


def test_masked_images_of_a_convolutional_lstm(tmp_path):
    x = Input((4, 5, 6, 2))
    mask = layers.Lambda(lambda x: np.any(x != 0.0, axis=(2, 3, 4)))(x)
    model = Model(
        x, layers.ConvLSTM2D(3, 2, return_sequences=True, return_state=True)(x, mask=mask)
    )
    values = normal(3, 4, 5, 6, 2)
    values[0, 2:] = values[1, :2] = values[2, 1] = 0.0
    check(model, tmp_path / "model.onnx", [values])


@pytest.mark.parametrize("steps", [4, None])
def test_layers_over_steps_of_layers(steps, tmp_path):
    x = Input((steps, None, 3))
    y = layers.TimeDistributed(layers.LSTM(2, return_sequences=True))(x)
    check(Model(x, y), tmp_path / "model.onnx", [normal(2, 4, 5, 3)], [normal(1, 4, 2, 3)])


def test_mask_of_steps_reaches_the_layer_over_them(tmp_path):
    make = lambda: layers.TimeDistributed(layers.BatchNormalization())  # noqa: E731
    check(masked(make, 6), tmp_path / "model.onnx", [PADDED])


@pytest.mark.parametrize("steps", [6, None])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_over_masked_steps(causal, steps, tmp_path):
    tokens = Input((steps,), dtype="int32")
    x = layers.Embedding(20, 8, mask_zero=True)(tokens)
    parts = [
        layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=causal),
        layers.GroupQueryAttention(4, 4, 2)(x, x, use_causal_mask=causal),
        layers.Attention()([x, x], use_causal_mask=causal),
        layers.AdditiveAttention()([x, x], use_causal_mask=causal),
    ]
    check(Model(tokens, parts), tmp_path / "model.onnx", [words(5, 6)], [words(1, 6, seed=3)])


def test_usual_layers_stay_one_operator_and_unusual_ones_one_loop(tmp_path):
    usual = check(masked(lambda: layers.LSTM(3), 6), tmp_path / "a.onnx")
    kinds = [node.op_type for node in usual.graph.node]
    assert "LSTM" in kinds
    assert "Scan" not in kinds
    unusual = check(masked(lambda: layers.LSTM(3, "gelu"), 6), tmp_path / "b.onnx")
    (loop,) = (node for node in unusual.graph.node if node.op_type == "Scan")
    body = next(item.g for item in loop.attribute if item.name == "body")
    assert any("lstm_cell" in node.name for node in body.node)
