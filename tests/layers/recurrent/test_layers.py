"""LSTM, GRU, SimpleRNN: weights, masks, states, dropout, what goes through the fused op."""

import copy
import pickle

import numpy as np
import pytest

import minikeras
from minikeras import GradientTape, Input, Model, Sequential
from minikeras.layers.core import Dense
from minikeras.layers.embedding import Embedding
from minikeras.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, SimpleRNN, SimpleRNNCell

KINDS = [SimpleRNN, LSTM, GRU]
CELLS = {SimpleRNN: SimpleRNNCell, LSTM: LSTMCell, GRU: GRUCell}


@pytest.fixture
def x(rng):
    return rng.standard_normal((3, 5, 4)).astype("float32")


def test_paths_of_weights_name_the_layer_and_its_cell(x):
    layer = LSTM(2, name="reader")
    layer(x)
    assert [weight.path for weight in layer.weights] == [
        "reader/lstm_cell/kernel",
        "reader/lstm_cell/recurrent_kernel",
        "reader/lstm_cell/bias",
    ]


def test_shapes_of_gru_weights():
    layer = GRU(2)
    layer.build((None, 5, 4))
    assert [weight.shape for weight in layer.weights] == [(4, 6), (2, 6), (2, 6)]
    layer = GRU(2, reset_after=False)
    layer.build((None, 5, 4))
    assert [weight.shape for weight in layer.weights] == [(4, 6), (2, 6), (6,)]


def test_forget_gate_starts_with_a_bias_of_one():
    layer = LSTM(2)
    layer.build((None, 5, 4))
    np.testing.assert_array_equal(layer.cell.bias, [0, 0, 1, 1, 0, 0, 0, 0])
    layer = LSTM(2, unit_forget_bias=False, bias_initializer="ones")
    layer.build((None, 5, 4))
    np.testing.assert_array_equal(layer.cell.bias, np.ones(8))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("masked", [False, True])
def test_fused_layer_equals_its_cell_step_by_step(x, kind, masked):
    layer = kind(2, return_sequences=True, return_state=True)
    slow = RNN(CELLS[kind](2), return_sequences=True, return_state=True)
    mask = np.array([[1, 0, 1, 1, 0], [0, 0, 1, 0, 1], [1] * 5], bool) if masked else None
    layer(x)
    slow(x)
    slow.set_weights(layer.get_weights())
    for fast_part, slow_part in zip(layer(x, mask=mask), slow(x, mask=mask), strict=True):
        np.testing.assert_allclose(fast_part, slow_part, atol=1e-6)


def test_custom_activation_goes_step_by_step_and_learns(x):
    layer = LSTM(2, activation=lambda z: np.sin(z))
    with GradientTape() as tape:
        loss = np.sum(layer(x) ** 2)
    assert all(np.any(g != 0) for g in tape.gradient(loss, layer.weights))


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivatives_work_through_the_steps(kind):
    layer = kind(2, dtype="float64")
    x = np.linspace(-1.0, 1.0, 12).reshape(2, 3, 2)
    layer(x)

    def slope(x):
        return minikeras.grad(lambda z: np.sum(layer(z) ** 2))(x)

    second = minikeras.grad(lambda z: np.sum(slope(z)))(x)
    step = 1e-5
    numeric = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        there, back = x.copy(), x.copy()
        there[i] += step
        back[i] -= step
        numeric[i] = (slope(there) - slope(back)).sum() / (2 * step)
    np.testing.assert_allclose(second, numeric, atol=1e-7)


def test_embedding_mask_reaches_the_layer_and_ends_there():
    model = Sequential([Embedding(10, 3, mask_zero=True), LSTM(2), Dense(1)])
    short, long = np.array([[4, 7]]), np.array([[4, 7, 0, 0]])
    np.testing.assert_allclose(model(short), model(long), rtol=1e-6)


def test_mask_goes_on_with_sequences():
    model = Sequential(
        [Embedding(10, 3, mask_zero=True), GRU(2, return_sequences=True), SimpleRNN(2)]
    )
    np.testing.assert_allclose(
        model(np.array([[4, 7]])), model(np.array([[0, 4, 0, 7, 0]])), rtol=1e-6
    )


def test_zero_output_for_mask(x):
    mask = np.array([[1, 1, 0, 0, 1]] * 3, bool)
    layer = GRU(2, return_sequences=True, zero_output_for_mask=True)
    y = layer(x, mask=mask)
    assert (y[~mask] == 0.0).all()
    assert (y[mask] != 0.0).all()


def test_mask_of_a_wrong_shape_is_named(x):
    with pytest.raises(ValueError, match=r"LSTM 'm' expected a mask of shape \(3, 5\).*\(3, 4\)"):
        LSTM(2, name="m")(x, mask=np.ones((3, 4), bool))


@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_with_the_state_between_are_the_whole(x, kind):
    layer = kind(2, return_state=True)
    whole, *_ = layer(x)
    _, *states = layer(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:], initial_state=states)[0], whole, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_stateful_layer_goes_on_where_it_was(x, kind):
    layer, whole = kind(2, stateful=True), kind(2)
    whole(x)
    layer(x[:, :2])
    layer.reset_state()
    layer.set_weights(whole.get_weights())
    layer(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:]), whole(x), atol=1e-6)
    layer.reset_states()
    assert layer.states is None
    np.testing.assert_allclose(layer(x), whole(x), atol=1e-6)


def test_stateful_layer_refuses_another_batch_size(x):
    layer = GRU(2, stateful=True, name="memory")
    layer(x)
    with pytest.raises(ValueError, match="'memory' is stateful and expected batches of 3.*got 2"):
        layer(x[:2])
    layer.reset_state()
    assert layer(x[:2]).shape == (2, 2)


def test_stateful_layer_has_no_state_before_the_first_batch():
    model = Sequential([Input((5, 4)), LSTM(2, stateful=True), Dense(1)])
    assert model.output_shape == (None, 1)
    assert model.layers[0].states is None


def test_wrong_initial_states_are_named(x):
    with pytest.raises(ValueError, match="a list of 2 arrays, got 1"):
        LSTM(2)(x, initial_state=np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"of shape \(3, 2\) in initial_state, got \(3, 4\)"):
        GRU(2)(x, initial_state=[np.zeros((3, 4))])


def test_initial_state_has_a_gradient(x):
    layer = LSTM(2)
    layer(x)
    with GradientTape() as tape:
        h, c = (tape.watch(np.full((3, 2), 0.5, "float32")) for _ in range(2))
        loss = np.sum(layer(x, initial_state=[h, c]))
    assert all(g.shape == (3, 2) and np.all(g != 0) for g in tape.gradient(loss, [h, c]))


def test_encoder_and_decoder_as_a_functional_model(rng):
    first, second = Input((None, 4)), Input((None, 3))
    _, h, c = LSTM(5, return_state=True)(first)
    y = LSTM(5, return_sequences=True)(second, initial_state=[h, c])
    model = Model([first, second], Dense(2)(y))
    assert model.output_shape == (None, None, 2)
    a, b = (rng.standard_normal(shape).astype("float32") for shape in [(6, 7, 4), (6, 3, 3)])
    assert model([a, b]).shape == (6, 3, 2)
    model.compile("adam", "mse")
    before = model.evaluate([a, b], np.ones((6, 3, 2)), verbose=0)
    model.fit([a, b], np.ones((6, 3, 2)), epochs=5, verbose=0)
    assert model.evaluate([a, b], np.ones((6, 3, 2)), verbose=0) < before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.5), (0.5, 0.5)])
def test_dropout_is_for_training_and_new_for_each_batch(x, kind, rates):
    layer = kind(8, dropout=rates[0], recurrent_dropout=rates[1], seed=1)
    still = layer(x)
    np.testing.assert_array_equal(layer(x), still)
    first, second = layer(x, training=True), layer(x, training=True)
    assert not np.allclose(first, still)
    assert not np.allclose(first, second)


def test_dropped_inputs_are_the_same_at_all_steps():
    layer = SimpleRNN(
        4, kernel_initializer="identity", recurrent_initializer="zeros", activation="linear",
        dropout=0.5, return_sequences=True, seed=0,
    )  # fmt: skip
    y = layer(np.ones((50, 3, 4)), training=True)
    assert set(np.unique(y)) == {0.0, 2.0}
    np.testing.assert_array_equal(y[:, 0], y[:, 2])


def test_input_of_other_features_is_named(x):
    layer = LSTM(2, name="reader")
    layer(x)
    with pytest.raises(ValueError, match=r"LSTM 'reader' expected .*\(batch, steps, 4\), got"):
        layer(np.ones((3, 5, 6)))
    with pytest.raises(ValueError, match=r"\(batch, steps, features\), got shape \(None, 4\)"):
        GRU(2)(np.ones((3, 4)))
    with pytest.raises(ValueError, match="at least one step"):
        GRU(2)(np.ones((3, 0, 4)))


@pytest.mark.parametrize("kind", KINDS)
def test_misspelt_arguments_are_refused_at_once(kind):
    with pytest.raises(ValueError, match="did you mean 'tanh'"):
        kind(2, activation="tahn")
    with pytest.raises(TypeError, match="'return_sequences'"):
        kind(2, return_sequence=True)
    with pytest.raises(ValueError, match="units"):
        kind(0)
    with pytest.raises(ValueError, match="dropout"):
        kind(2, dropout=1.5)


def test_recurrent_activation_and_cudnn_are_checked():
    with pytest.raises(ValueError, match="did you mean 'sigmoid'"):
        GRU(2, recurrent_activation="sigmiod")
    with pytest.raises(ValueError, match="use_cudnn"):
        LSTM(2, use_cudnn="yes")


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_cell_was_made_with_is_the_layers_too(kind):
    layer = kind(3, dropout=0.2, use_bias=False, name="one")
    assert (layer.units, layer.dropout, layer.use_bias, layer.activation) == (3, 0.2, False, "tanh")
    assert repr(layer) == f"{kind.__name__}(units=3, use_bias=False, dropout=0.2, name='one')"
    assert "cell" not in layer.get_config()
    with pytest.raises(AttributeError, match="no attribute 'unit'"):
        layer.unit  # noqa: B018


def test_accepted_for_keras_code():
    layer = LSTM(2, unroll=True, implementation=1, use_cudnn=False)
    assert layer.cell.mask_count == 4
    assert "implementation" not in layer.get_config()


def test_configuration_has_the_keys_of_keras():
    assert list(LSTM(2).get_config()) == [
        "units", "activation", "recurrent_activation", "use_bias", "kernel_initializer",
        "recurrent_initializer", "bias_initializer", "unit_forget_bias", "kernel_regularizer",
        "recurrent_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint",
        "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout", "seed",
        "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "use_cudnn",
        "zero_output_for_mask", "trainable", "dtype", "name",
    ]  # fmt: skip


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))])
def test_copies_compute_the_same(x, copied):
    layer = LSTM(2)
    y = layer(x)
    np.testing.assert_array_equal(copied(layer)(x), y)


def test_regularizers_of_the_cell_count(x):
    layer = LSTM(2, kernel_regularizer="l2", recurrent_regularizer="l1")
    layer(x)
    assert len(layer.losses) == 2


def test_frozen_layer_has_no_trainable_weights(x):
    layer = GRU(2, trainable=False)
    layer(x)
    assert layer.trainable_variables == []
    assert len(layer.weights) == 3


def test_lstm_learns_to_remember_the_first_step():
    minikeras.set_random_seed(0)
    x = np.random.default_rng(0).choice([-1.0, 1.0], (256, 8, 1)).astype("float32")
    model = Sequential([LSTM(8), Dense(1)])
    model.compile(minikeras.optimizers.Adam(0.02), "mse")
    history = model.fit(x, x[:, 0], epochs=25, batch_size=32, verbose=0)
    assert history.history["loss"][-1] < 0.05


def test_a_cell_can_be_called_on_placeholders():
    x, h, c = Input((3,)), Input((4,)), Input((4,))
    y, states = LSTMCell(4)(x, [h, c])
    assert y.shape == (None, 4)
    assert [state.shape for state in states] == [(None, 4), (None, 4)]


def test_a_subclass_may_name_its_first_argument_otherwise():
    class Doubled(LSTM):
        def call(self, x, training=None, mask=None):
            return 2.0 * super().call(x, training=training, mask=mask)

    assert Doubled(4)(Input((5, 3))).shape == (None, 4)
    assert Doubled(4)(np.zeros((2, 5, 3))).shape == (2, 4)


def test_a_stateful_model_of_declared_batches_trains_and_goes_on():
    model = Sequential([Input(batch_shape=(4, 5, 3)), LSTM(2, stateful=True), Dense(1)])
    assert model.output_shape == (4, 1)
    model.compile("sgd", "mse")
    x, y = np.ones((8, 5, 3)), np.ones((8, 1))
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    kept = [state.copy() for state in model.layers[0].states]
    assert kept[0].shape == (4, 2)
    with pytest.raises(ValueError, match="stateful and expected batches of 4"):
        model.fit(x[:6], y[:6], batch_size=3, verbose=0)
    for state, before in zip(model.layers[0].states, kept, strict=True):
        np.testing.assert_array_equal(state, before)


def test_a_declared_batch_stays_in_the_shapes_of_layers():
    x = Input(batch_shape=(4, 5, 3))
    assert LSTM(2)(x).shape == (4, 2)
    assert Dense(2)(x).shape == (4, 5, 2)
