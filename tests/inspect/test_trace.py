"""Forward traces: the numbers are the model's own, and shown as they are."""

import json

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, tree
from minikeras.layers import LSTM, Conv1D, Conv2D, Dense, SimpleRNN

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape).astype("float32")


@pytest.fixture
def three_layers():
    """The network of the classic course."""
    model = Sequential(
        [
            Input((2,), dtype="float64"),
            Dense(3, "sigmoid", dtype="float64"),
            Dense(2, "sigmoid", dtype="float64"),
            Dense(2, "identity", dtype="float64"),
        ],
        name="net",
    )
    kernels = [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]
    last = [[0.1, 0.3], [0.2, 0.4]]
    biases = [0.1, 0.2, 0.3], [0.1, 0.2], [0.1, 0.2]
    weights = [kernels[0], biases[0], kernels[1], biases[1], last, biases[2]]
    model.set_weights([np.array(one) for one in weights])
    return model


def test_printed_numbers_of_the_classic_course_appear(three_layers):
    text = str(three_layers.trace([[1.0, 0.5]]))
    for row in (
        "0.3  0.7  1.1",
        "0.57444252  0.66818777  0.75026011",
        "0.51615984  1.21402696",
        "0.62624937  0.7710107",
        "0.31682708  0.69627909",
    ):
        assert row in text


def test_text_of_a_small_network():
    model = Sequential([Dense(2, "relu"), Dense(1)], name="net")
    model.build((None, 2))
    model.set_weights([[[1.0, -1.0], [0.5, 10.0]], [0.25, 0.0], [[2.0], [-0.125]], [3.0]])
    assert str(model.trace([[1.0, 2.0], [3.0, 0.0]])) == (
        'Forward pass of "net", 2 samples\n'
        "\n"
        "1. dense (Dense)\n"
        "\n"
        "   X, input, (2, 2)\n"
        "      1.0  2.0\n"
        "      3.0  0.0\n"
        "\n"
        "   W, kernel, (2, 2)\n"
        "      1.0  -1.0\n"
        "      0.5  10.0\n"
        "\n"
        "   B, bias, (2,)\n"
        "      0.25  0.0\n"
        "\n"
        "   A = X W + B, weighted sum, (2, 2)\n"
        "      2.25  19.0\n"
        "      3.25  -3.0\n"
        "\n"
        "   Z = relu(A), output, (2, 2)\n"
        "      2.25  19.0\n"
        "      3.25   0.0\n"
        "\n"
        "2. dense_1 (Dense)\n"
        "\n"
        "   X, input, (2, 2)\n"
        "      2.25  19.0\n"
        "      3.25   0.0\n"
        "\n"
        "   W, kernel, (2, 1)\n"
        "       2.0\n"
        "      -0.125\n"
        "\n"
        "   B, bias, (1,)\n"
        "      3.0\n"
        "\n"
        "   A = X W + B, weighted sum, (2, 1)\n"
        "      5.125\n"
        "      9.5\n"
        "\n"
        "   Z = identity(A), output, (2, 1)\n"
        "      5.125\n"
        "      9.5"
    )


def test_output_is_what_predict_gives(three_layers):
    x = normal(4, 2)
    np.testing.assert_array_equal(three_layers.trace(x).output, three_layers.predict(x, verbose=0))


def test_each_layer_starts_with_what_the_one_before_gave(three_layers):
    first, second, third = three_layers.trace(normal(4, 2)).steps
    np.testing.assert_array_equal(first["Z"], second["X"])
    np.testing.assert_array_equal(second["Z"], third["X"])


def test_tracing_a_model_in_the_middle_of_use_changes_nothing():
    model = Sequential([Input(batch_shape=(2, 4, 3)), SimpleRNN(5, stateful=True)])
    model(normal(2, 4, 3))
    state = model.layers[0].states[0].copy()
    model.trace(normal(2, 4, 3))
    np.testing.assert_array_equal(model.layers[0].states[0], state)


def test_model_that_is_not_built_is_built():
    model = Sequential([Dense(2), Dense(1)])
    assert len(model.trace(normal(3, 4)).steps) == 2


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_patch_of_a_convolution_times_the_kernel_is_its_output(padding, data_format):
    layer = Conv2D(3, (3, 2), strides=2, padding=padding, data_format=data_format)
    step = Sequential([layer]).trace(normal(2, 6, 7, 6)).steps[0]
    symbol = next(one.symbol for one in step.quantities if one.symbol.startswith("A["))
    place = tuple(int(part) for part in symbol[2:-1].split(", "))
    np.testing.assert_allclose(np.sum(step["P * W"]), step["Z"][place], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(step[symbol], step["A"][place], rtol=1e-4, atol=1e-6)


def test_dilated_causal_convolution_shows_what_its_window_sees():
    layer = Conv1D(1, 3, padding="causal", dilation_rate=2, use_bias=False)
    x = np.arange(8.0, dtype="float32").reshape(1, 8, 1)
    step = Sequential([layer]).trace(x).steps[0]
    np.testing.assert_array_equal(step["P"][:, 0], [0.0, 2.0, 4.0])  # steps 0, 2 and 4 of 8


@pytest.mark.parametrize(("name", "expected"), [("MaxPooling2D", 10.0), ("AveragePooling2D", 7.5)])
def test_window_of_a_pooling_layer(name, expected):
    x = np.arange(16.0).reshape(1, 4, 4, 1)
    step = Sequential([getattr(layers, name)(2, strides=1)]).trace(x).steps[0]
    np.testing.assert_array_equal(step["P"], [[5.0, 6.0], [9.0, 10.0]])
    assert step["Z[0, 1, 1, 0]"] == step["Z"][0, 1, 1, 0] == expected


def test_window_of_a_pooling_layer_at_the_edge_is_what_lies_inside():
    step = Sequential([layers.MaxPooling2D(2, padding="same")]).trace(normal(1, 3, 3, 1)).steps[0]
    assert step["P"].shape == (1, 1)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"use_bias": False}])
def test_states_of_a_recurrent_layer_are_its_outputs(kind, options):
    layer = getattr(layers, kind)(4, return_sequences=True, **options)
    step = Sequential([layer]).trace(normal(2, 5, 3)).steps[0]
    np.testing.assert_allclose(step["h"], step["Z"], rtol=1e-5, atol=1e-6)


def test_gates_of_an_lstm_make_its_state():
    step = Sequential([LSTM(4, return_sequences=True)]).trace(normal(2, 5, 3)).steps[0]
    kept = step["f"][:, 1] * step["c"][:, 0] + step["i"][:, 1] * step["g"][:, 1]
    np.testing.assert_allclose(step["c"][:, 1], kept, rtol=1e-5)


def test_gru_that_resets_before_the_product():
    layer = layers.GRU(4, reset_after=False)
    step = Sequential([layer]).trace(normal(2, 5, 3)).steps[0]
    np.testing.assert_allclose(step["h"][:, -1], step["Z"], rtol=1e-5, atol=1e-6)


def test_masked_steps_leave_the_state():
    model = Sequential([layers.Embedding(5, 3, mask_zero=True), LSTM(2)])
    step = model.trace(np.array([[1, 2, 0]])).steps[1]
    np.testing.assert_array_equal(step["h"][:, 1], step["h"][:, 2])


def test_numpy_functions_of_a_functional_model_are_steps():
    a, b = Input((3,), name="a"), Input((2,), name="b")
    model = Model({"a": a, "b": b}, np.concatenate([np.tanh(a), b], axis=1))
    seen = model.trace({"a": normal(2, 3), "b": normal(2, 2)})
    assert [step.kind for step in seen.steps] == ["np.tanh", "np.concatenate"]
    last = seen.steps[-1]
    np.testing.assert_array_equal(np.concatenate([last["X1"], last["X2"]], axis=1), last["Z"])


def test_layers_of_a_model_inside_have_its_name_before_theirs():
    inner = Sequential([Input((3,)), Dense(4, name="first"), Dense(3, name="second")], name="in")
    shared = Dense(3, name="shared")
    x = Input((3,))
    model = Model(x, inner(shared(shared(x))) + x)
    paths = [step.path for step in model.trace(normal(2, 3)).steps]
    assert paths == ["shared", "shared", "in/first", "in/second", "add"]


def test_model_with_code_of_its_own_ends_with_what_it_adds():
    class Residual(Model):
        def __init__(self):
            super().__init__(name="residual")
            self.inner = Dense(2, name="inner")

        def forward(self, x):
            return x + self.inner(x)

    model = Residual()
    seen = model.trace(normal(3, 2))
    assert [step.name for step in seen.steps] == ["inner", "residual"]
    np.testing.assert_array_equal(seen.steps[-1]["Z"], seen.output)


def test_layers_around_others_come_after_them():
    model = Sequential([layers.Bidirectional(LSTM(2), name="both"), Dense(1)])
    paths = [step.path for step in model.trace(normal(1, 3, 2)).steps]
    assert paths[0].startswith("both/forward") and paths[1].startswith("both/backward")
    assert paths[2:] == ["both", "dense"]


def test_states_given_in_a_models_own_code_are_what_the_first_step_starts_with():
    class Started(Model):
        def __init__(self):
            super().__init__()
            self.rnn = SimpleRNN(2)

        def forward(self, x):
            return self.rnn(x, initial_state=[x[:, 0]])

    step = Started().trace(normal(2, 3, 2)).steps[0]
    assert [one.what for one in step.quantities[:2]] == ["sequences", "initial state"]
    first = step["X1"][:, 0] @ step["W"] + step["X2"] @ step["U"] + step["B"]
    np.testing.assert_allclose(step["a"][:, 0], first, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(step["h"][:, -1], step["Z"], rtol=1e-5, atol=1e-6)


def test_layer_whose_forward_is_the_users_own_shows_no_way_that_it_does_not_go():
    class Twice(Dense):
        def forward(self, x):
            return 2.0 * super().forward(x)

    step = Sequential([Twice(2)]).trace(normal(2, 3)).steps[0]
    assert [one.symbol for one in step.quantities] == ["X", "W", "B", "Z"]


def test_way_that_does_not_lead_to_the_output_is_not_shown():
    class Squared(layers.Attention):
        def _scores(self, query, key):
            self.calls = getattr(self, "calls", 0.0) + 1.0
            return self.calls * super()._scores(query, key)

    x = Input((3, 2))
    step = Model(x, Squared()([x, x])).trace(normal(2, 3, 2)).steps[0]
    assert [one.symbol for one in step.quantities] == ["X1", "X2", "Z"]
    assert "one of its own" in step.notes[0]


def test_plain_data_is_ready_for_json(three_layers):
    data = json.loads(json.dumps(three_layers.trace([[1.0, 0.5]]).to_dict()))
    a = data["steps"][0]["quantities"][3]
    assert (a["symbol"], a["formula"], a["shape"]) == ("A", "X W + B", [1, 3])
    np.testing.assert_allclose(a["value"], [[0.3, 0.7, 1.1]])


def test_steps_are_found_by_name_and_unknown_ones_refused(three_layers):
    seen = three_layers.trace([[1.0, 0.5]])
    assert seen["dense_1"] is seen.steps[1]
    with pytest.raises(KeyError, match="did you mean 'dense_1'"):
        seen["dense1"]
    with pytest.raises(KeyError, match="has no 'Q'"):
        seen.steps[0]["Q"]


def test_several_outputs_have_numbers():
    model = Sequential([LSTM(2, return_state=True)])
    step = model.trace(normal(1, 3, 2)).steps[0]
    assert [one.symbol for one in step.quantities][-3:] == ["Z1", "Z2", "Z3"]
    assert len(tree.flatten(model.trace(normal(1, 3, 2)).output)) == 3
