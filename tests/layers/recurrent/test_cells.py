"""RNN with cells of a user's own, stacked cells, cells called by themselves."""

import numpy as np
import pytest

from minikeras import GradientTape
from minikeras.layers import Layer
from minikeras.layers.recurrent import (
    GRU,
    LSTM,
    RNN,
    GRUCell,
    LSTMCell,
    SimpleRNNCell,
    StackedRNNCells,
)


class Minimal(Layer):
    """A cell as Keras's guide writes it."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")
        self.recurrent_kernel = self.add_weight((self.units, self.units), name="recurrent_kernel")

    def call(self, inputs, states):
        output = inputs @ self.kernel + states[0] @ self.recurrent_kernel
        return output, [output]


class Counter:
    """No layer: counts steps, starts at 10, and gives its state without a list."""

    state_size = 1
    output_size = 2

    def get_initial_state(self, batch_size=None):
        return np.full((batch_size, 1), 10.0, "float32")

    def call(self, inputs, states):
        count = states[0] + 1.0
        return np.concatenate([count, inputs[:, :1]], axis=1), count


@pytest.fixture
def x(rng):
    return rng.standard_normal((3, 5, 4)).astype("float32")


def test_cell_of_a_users_own(x):
    layer = RNN(Minimal(2, name="mine"), return_sequences=True, name="rnn_of_mine")
    y = layer(x)
    k, r = layer.get_weights()
    state = np.zeros((3, 2), "float32")
    for t in range(5):
        state = x[:, t] @ k + state @ r
        np.testing.assert_allclose(y[:, t], state, rtol=1e-5, atol=1e-6)
    assert layer.weights[0].path == "rnn_of_mine/mine/kernel"
    assert layer.compute_output_shape((None, 7, 4)) == (None, 7, 2)


def test_gradient_through_a_cell_of_a_users_own(x):
    layer = RNN(Minimal(2))
    layer(x)
    with GradientTape() as tape:
        loss = np.sum(layer(x))
    assert all(np.any(g != 0) for g in tape.gradient(loss, layer.weights))


def test_cell_that_is_no_layer(x):
    layer = RNN(Counter(), return_sequences=True, return_state=True)
    y, state = layer(x)
    np.testing.assert_array_equal(y[:, :, 0], [np.arange(11.0, 16.0)] * 3)
    np.testing.assert_array_equal(state, np.full((3, 1), 15.0))
    assert layer.compute_output_shape((None, 5, 4)) == ((None, 5, 2), (None, 1))


def test_masked_step_repeats_the_output_before(x):
    mask = np.array([[1, 0, 1, 0, 0]] * 3, bool)
    y, state = RNN(Counter(), return_sequences=True, return_state=True)(x, mask=mask)
    np.testing.assert_array_equal(y[0, :, 0], [11.0, 11.0, 12.0, 12.0, 12.0])
    np.testing.assert_array_equal(y[0, 3], y[0, 2])
    assert state[0, 0] == 12.0


def test_masked_first_step_of_a_cell_with_another_output_gives_zeros(x):
    mask = np.array([[0, 1, 1, 1, 1]] * 3, bool)
    y = RNN(Counter(), return_sequences=True)(x, mask=mask)
    np.testing.assert_array_equal(y[0, 0], [0.0, 0.0])


def test_stacked_cells_are_layers_on_top_of_each_other(x):
    stack = RNN([LSTMCell(3), GRUCell(2)])
    layers = [LSTM(3, return_sequences=True), GRU(2)]
    y = x
    for layer in layers:
        y = layer(y)
    stack(x)
    stack.set_weights([w for layer in layers for w in layer.get_weights()])
    np.testing.assert_allclose(stack(x), y, atol=1e-6)


def test_stack_of_one_cell(x):
    stack, layer = RNN([LSTMCell(2)], return_state=True), LSTM(2)
    layer(x)
    stack(x)
    stack.set_weights(layer.get_weights())
    y, (h, c) = stack(x)
    np.testing.assert_allclose(y, layer(x), atol=1e-6)
    assert h.shape == c.shape == (3, 2)


def test_sizes_and_paths_of_stacked_cells(x):
    cells = StackedRNNCells([LSTMCell(3, name="a"), Minimal(4, name="b")], name="stack")
    assert (cells.state_size, cells.output_size) == ([[3, 3], [4]], 4)
    layer = RNN(cells, name="rnn")
    layer(x)
    assert [w.path for w in layer.weights][::3] == ["rnn/stack/a/kernel", "rnn/stack/b/kernel"]


def test_stacked_states_can_be_given_and_kept(x):
    layer = RNN([LSTMCell(3), GRUCell(2)], return_state=True)
    whole, *_ = layer(x)
    _, *states = layer(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:], initial_state=states)[0], whole, atol=1e-6)
    layer.stateful, layer.return_state = True, False
    layer(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:]), whole, atol=1e-6)


def test_dropout_in_stacked_cells_is_new_for_each_batch(x):
    layer = RNN([LSTMCell(3, dropout=0.5), GRUCell(8, recurrent_dropout=0.5)])
    assert not np.allclose(layer(x, training=True), layer(x, training=True))
    np.testing.assert_array_equal(layer(x), layer(x))


def test_activity_regularizer_of_rnn_counts(x):
    layer = RNN(Minimal(2), activity_regularizer="l2")
    layer(x)
    assert len(layer.losses) == 1


@pytest.mark.parametrize("cell", [LSTMCell(2), GRUCell(2), SimpleRNNCell(2)])
def test_cell_in_a_loop_of_ones_own(x, cell):
    states = cell.get_initial_state(3)
    for t in range(5):
        y, states = cell(x[:, t], states)
    layer = RNN(cell)
    np.testing.assert_allclose(layer(x), y, atol=1e-6)
    assert cell.compute_output_shape((None, 4))[0] == (None, 2)


def test_dropout_mask_of_a_cell_stays_until_it_is_reset(x):
    cell = GRUCell(2, dropout=0.5, seed=0)
    first = cell.get_dropout_mask(x[:, 0])
    np.testing.assert_array_equal(cell.get_dropout_mask(x[:, 1]), first)
    cell.reset_dropout_mask()
    assert not np.array_equal(cell.get_dropout_mask(x[:, 1]), first)
    assert cell.get_recurrent_dropout_mask(x[:, 0]) is None


def test_whole_sequences_are_refused_by_a_cell(x):
    cell = LSTMCell(2)
    cell.build((None, 4))
    with pytest.raises(ValueError, match=r"expected one step of shape \(batch, 4\)"):
        cell(x, cell.get_initial_state(3))


@pytest.mark.parametrize("cell", [3, LSTMCell, Layer()])
def test_what_is_no_cell_is_refused(cell):
    with pytest.raises(TypeError, match="expected a cell"):
        RNN(cell)


def test_an_empty_stack_is_refused():
    with pytest.raises(ValueError, match="at least one cell"):
        RNN([])
