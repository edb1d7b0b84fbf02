"""Bidirectional and TimeDistributed."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential
from minikeras.layers import Lambda, Layer
from minikeras.layers.core import Dense
from minikeras.layers.embedding import Embedding
from minikeras.layers.normalization import BatchNormalization
from minikeras.layers.recurrent import GRU, LSTM, Bidirectional, ConvLSTM2D, TimeDistributed


@pytest.fixture
def x(rng):
    return rng.standard_normal((3, 5, 4)).astype("float32")


MERGES = {
    "concat": lambda a, b: np.concatenate([a, b], axis=-1),
    "sum": np.add,
    "mul": np.multiply,
    "ave": lambda a, b: (a + b) / 2.0,
}


@pytest.mark.parametrize("mode", MERGES)
def test_backward_outputs_come_in_the_order_of_the_input(x, mode):
    layer = Bidirectional(GRU(2, return_sequences=True), merge_mode=mode)
    y = layer(x)
    ahead, behind = layer.forward_layer(x), layer.backward_layer(x)
    np.testing.assert_allclose(y, MERGES[mode](ahead, behind[:, ::-1]), rtol=1e-6)


def test_without_merging_both_outputs_and_all_states_come(x):
    layer = Bidirectional(LSTM(2, return_state=True), merge_mode=None)
    assert [part.shape for part in layer(x)] == [(3, 2)] * 6
    assert layer.compute_output_shape((None, 5, 4)) == ((None, 2),) * 6


def test_names_and_paths_tell_the_directions():
    layer = Bidirectional(LSTM(2, name="reader"), name="both")
    layer.build((None, 5, 4))
    assert [w.path for w in layer.weights][::3] == [
        "both/forward_reader/lstm_cell/kernel",
        "both/backward_reader/lstm_cell/kernel",
    ]
    again = Bidirectional.from_config(layer.get_config())
    assert again.forward_layer.name == "forward_reader"
    assert repr(again) == repr(layer)


def test_first_weights_can_be_given(x):
    given = Bidirectional(GRU(2))
    given(x)
    layer = Bidirectional(GRU(2), weights=given.get_weights())
    np.testing.assert_array_equal(layer(x), given(x))


def test_masked_steps_of_both_directions_give_zeros():
    model = Sequential(
        [Embedding(9, 3, mask_zero=True), Bidirectional(LSTM(2, return_sequences=True))]
    )
    y = model(np.array([[3, 5, 0, 0]]))
    assert (y[:, 2:] == 0.0).all()
    np.testing.assert_allclose(y[:, :2], model(np.array([[3, 5]])), rtol=1e-6)


def test_states_of_both_directions_can_be_given_and_reset(x):
    layer = Bidirectional(LSTM(2, stateful=True, return_state=True))
    _, *states = layer(x)
    assert len(layer.states) == 4
    going_on = layer(x)[0]
    layer.reset_states()
    assert layer.states is None
    np.testing.assert_allclose(layer(x, initial_state=states)[0], going_on, rtol=1e-6)


def test_bidirectional_in_a_functional_model(x):
    inputs = Input((5, 4))
    y = Bidirectional(LSTM(3, return_sequences=True))(inputs)
    model = Model(inputs, Bidirectional(GRU(2))(y))
    assert model.output_shape == (None, 4)
    assert model(x).shape == (3, 4)


def test_layers_that_do_not_go_together_are_named():
    with pytest.raises(ValueError, match="one layer with go_backwards=True"):
        Bidirectional(LSTM(2), backward_layer=LSTM(2))
    with pytest.raises(ValueError, match="the same return_sequences, got True .* False"):
        Bidirectional(LSTM(2, return_sequences=True), backward_layer=LSTM(2, go_backwards=True))
    with pytest.raises(ValueError, match="merge_mode"):
        Bidirectional(LSTM(2), merge_mode="average")
    with pytest.raises(TypeError, match="expected layer to be a recurrent layer"):
        Bidirectional(Dense(2))
    with pytest.raises(TypeError, match="expected backward_layer to be a recurrent layer"):
        Bidirectional(LSTM(2), backward_layer=3)


def test_time_distributed_is_the_layer_at_each_step(x):
    layer = TimeDistributed(Dense(3, "relu"))
    y = layer(x)
    np.testing.assert_allclose(y[:, 2], layer.layer(x[:, 2]), rtol=1e-6)
    assert layer.compute_output_shape((None, None, 4)) == (None, None, 3)


def test_time_distributed_paths():
    layer = TimeDistributed(Dense(3, name="head"), name="each")
    layer.build((None, 5, 4))
    assert [w.path for w in layer.weights] == ["each/head/kernel", "each/head/bias"]


def test_batch_statistics_move_at_every_step(x):
    layer, alone = TimeDistributed(BatchNormalization()), BatchNormalization()
    y = layer(x, training=True)
    steps = np.stack([alone(x[:, t], training=True) for t in range(5)], axis=1)
    np.testing.assert_allclose(y, steps, atol=1e-6)
    for mine, other in zip(layer.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


def test_time_distributed_hands_on_masks():
    class Masked(Layer):
        def forward(self, x, mask=None):
            return x * mask[:, np.newaxis]

    mask = np.array([[True, False], [True, True]])
    y = TimeDistributed(Masked())(np.ones((2, 2, 3)), mask=mask)
    np.testing.assert_array_equal(y[..., 0], mask)
    with pytest.raises(ValueError, match=r"starts with the axes \(2, 2\)"):
        TimeDistributed(Masked())(np.ones((2, 2, 3)), mask=mask[:1])


def test_time_distributed_needs_steps():
    with pytest.raises(ValueError, match="at least three axes"):
        TimeDistributed(Dense(2))(np.ones((3, 4)))
    with pytest.raises(TypeError, match="expected layer to be a layer"):
        TimeDistributed(np.tanh)


def test_time_distributed_lambda(x):
    y = TimeDistributed(Lambda(lambda z: z.max(axis=1, keepdims=True)))(x)
    np.testing.assert_array_equal(y, x.max(axis=2, keepdims=True))


def test_masked_images_keep_the_state(rng):
    x = rng.standard_normal((2, 4, 5, 5, 1)).astype("float32")
    layer = ConvLSTM2D(2, 3)
    y = layer(x, mask=np.array([[1, 1, 0, 0]] * 2, bool))
    np.testing.assert_allclose(y, layer(x[:, :2]), rtol=1e-5, atol=1e-6)


def test_conv_lstm_of_a_wrong_shape_or_setting_is_named():
    with pytest.raises(ValueError, match="ConvLSTM2D 'pictures' expected"):
        ConvLSTM2D(2, 3, name="pictures")(np.ones((2, 4, 5, 5)))
    with pytest.raises(ValueError, match="strides or dilation_rate to be 1"):
        ConvLSTM2D(2, 3, strides=2, dilation_rate=2)


def test_conv_lstm_paths_and_states():
    layer = ConvLSTM2D(2, 3, return_state=True, stateful=True, padding="same", name="pictures")
    x = np.ones((2, 4, 5, 5, 1), "float32")
    y, h, c = layer(x)
    assert y.shape == h.shape == c.shape == (2, 5, 5, 2)
    assert layer.weights[0].path == "pictures/conv_lstm_cell/kernel"
    again, *_ = layer(x)
    layer.reset_state()
    np.testing.assert_allclose(layer(x, initial_state=[h, c])[0], again, rtol=1e-5)
