"""Layers in a row."""

import copy
import pickle

import numpy as np
import pytest

from minikeras import Input, Model, Sequential
from minikeras.layers import Dense, Dropout, Flatten, Layer

X = np.ones((4, 3), "float32")


def test_the_output_of_each_layer_is_the_input_of_the_next():
    model = Sequential([Dense(2, kernel_initializer="ones"), Dense(1, kernel_initializer="ones")])
    np.testing.assert_array_equal(model(X), np.full((4, 1), 6.0))


def test_a_textbook_network_gives_the_printed_numbers():
    model = Sequential([Dense(3, "sigmoid"), Dense(2, "sigmoid"), Dense(2, "identity")])
    model.build((None, 2))
    model.set_weights(
        [
            np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]),
            np.array([0.1, 0.2, 0.3]),
            np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]),
            np.array([0.1, 0.2]),
            np.array([[0.1, 0.3], [0.2, 0.4]]),
            np.array([0.1, 0.2]),
        ]
    )
    expected = [[0.31682708, 0.69627909]]
    np.testing.assert_allclose(model(np.array([[1.0, 0.5]])), expected, rtol=1e-6)
    np.testing.assert_allclose(model.predict(np.array([[1.0, 0.5]])), expected, rtol=1e-6)


def test_without_an_input_shape_the_first_data_builds():
    model = Sequential([Dense(2), Dense(1)])
    assert not model.built and model.weights == []
    model(X)
    assert model.built and [w.shape for w in model.weights] == [(3, 2), (2,), (2, 1), (1,)]
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 1))


@pytest.mark.parametrize(
    "first", [[Input((3,))], [Input(shape=(3,), batch_size=8)], [Input(batch_shape=(None, 3))]]
)
def test_with_an_input_first_the_weights_are_there_at_once(first):
    model = Sequential([*first, Dense(2)])
    assert model.built and model.count_params() == 8
    assert [layer.name for layer in model.layers] == ["dense"]
    assert model(X).shape == (4, 2)


def test_build_takes_a_shape():
    model = Sequential([Dense(2)])
    model.build((None, 3))
    assert model.built and model.count_params() == 8


@pytest.mark.parametrize("shape", [3, "3"])
def test_build_wants_a_tuple(shape):
    with pytest.raises(
        TypeError, match=r"expected a shape with the batch axis such as \(None, 4\)"
    ):
        Sequential([Dense(2)], name="s").build(shape)


def test_build_without_a_shape_uses_the_declared_one():
    model = Sequential([Input((3,)), Dense(2)])
    model.build()
    assert model.input_shape == (None, 3)
    with pytest.raises(ValueError, match="needs a built model"):
        Sequential([Dense(2)]).build()


def test_an_empty_chain_cannot_compute():
    with pytest.raises(ValueError, match="Sequential 's' has no layers; add one first"):
        Sequential(name="s")(X)


def test_add_appends_and_builds_when_the_shape_is_known():
    model = Sequential()
    model.add(Input((3,)))
    model.add(Dense(2))
    assert model.count_params() == 8
    model.add(Dense(1))
    assert model.count_params() == 11
    assert model.predict(X).shape == (4, 1)


def test_add_to_a_model_built_by_data_builds_the_new_layer():
    model = Sequential([Dense(2)])
    model(X)
    model.add(Dense(5))
    assert model.built and len(model.weights) == 4
    assert model.predict(X).shape == (4, 5)


def test_a_layer_that_does_not_fit_is_not_added():
    class Demanding(Layer):
        def build(self, input_shape):
            raise ValueError("not here")

        def forward(self, x):
            return x

    model = Sequential([Input((3,)), Dense(2)])
    with pytest.raises(ValueError, match="not here"):
        model.add(Demanding())
    assert len(model.layers) == 1 and model.predict(X).shape == (4, 2)


def test_pop_removes_the_last_layer():
    model = Sequential([Input((3,)), Dense(2), Dense(1)])
    last = model.layers[-1]
    assert model.pop() is last
    assert model.output_shape == (None, 2) and len(model.weights) == 2


def test_after_the_last_pop_the_model_starts_anew():
    model = Sequential([Dense(2)])
    model(X)
    model.pop()
    assert not model.built
    with pytest.raises(ValueError, match="has no layer to remove"):
        model.pop()
    model.add(Dense(1))
    assert model(np.ones((2, 7))).shape == (2, 1)


def test_training_goes_on_after_add_and_pop():
    model = Sequential([Dense(2), Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :1], epochs=2, verbose=0)
    model.pop()
    model.add(Dense(4))
    model.add(Dense(1))
    before = model.get_weights()
    model.fit(X, X[:, :1] + 1.0, epochs=2, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights()))


def test_nested_chains_are_one_network():
    inner = Sequential([Dense(2, kernel_initializer="ones")], name="inner")
    model = Sequential([inner, Sequential([Dense(1, kernel_initializer="ones")])])
    np.testing.assert_array_equal(model(X), np.full((4, 1), 6.0))
    assert len(model.weights) == 4
    assert model.get_layer("inner") is inner


def test_a_nested_chain_with_an_input_declares_the_shape_of_the_outer_one():
    model = Sequential([Sequential([Input((3,)), Dense(2)]), Dense(1)])
    assert model.built and model.input_shape == (None, 3)


def test_a_model_of_ones_own_can_be_a_layer():
    class Residual(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(3)

        def forward(self, x):
            return x + self.inner(x)

    model = Sequential([Residual(), Dense(1)])
    assert model(X).shape == (4, 1) and len(model.weights) == 4


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [(3, r"Lambda\(function\)"), (Dense, r"write Dense\(...\)"), (np.tanh, r"Lambda\(function\)")],
)
def test_what_is_not_a_layer_is_refused(wrong, remedy):
    with pytest.raises(TypeError, match=f"expected layers, got .*{remedy}"):
        Sequential([wrong])


def test_names_must_differ():
    with pytest.raises(ValueError, match="has a layer named 'a' already"):
        Sequential([Dense(1, name="a"), Dense(1, name="a")])


def test_input_comes_first_or_not_at_all():
    with pytest.raises(ValueError, match="expected Input only as its first member"):
        Sequential([Dense(1), Input((3,))])
    with pytest.raises(ValueError, match="expected Input only as its first member"):
        Sequential([Input((3,)), Input((3,))])


def test_a_misspelt_argument_is_answered():
    with pytest.raises(TypeError, match="'nam'; did you mean 'name'"):
        Sequential([Dense(1)], nam="a")


def test_config_round_trip_rebuilds_the_chain():
    model = Sequential([Input((2, 3)), Flatten(), Dense(4, "relu"), Dropout(0.2)], name="net")
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert again.built and repr(again) == repr(model)
    again.set_weights(model.get_weights())
    x = np.random.default_rng(0).standard_normal((5, 2, 3))
    np.testing.assert_array_equal(model(x), again(x))


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_predict_the_same(copy_of):
    model = Sequential([Input((3,)), Dense(4, "relu"), Dropout(0.5), Dense(1)])
    twin = copy_of(model)
    np.testing.assert_array_equal(model.predict(X), twin.predict(X))
    assert [w.path for w in twin.weights] == [w.path for w in model.weights]


def test_wrong_input_is_explained_with_all_names():
    model = Sequential([Input((3,)), Dense(2, name="hidden")], name="net")
    with pytest.raises(ValueError, match="Dense 'hidden' expected 3 features, got 5") as caught:
        model(np.ones((4, 5)))
    assert caught.value.__notes__ == ["in Sequential 'net', called on shape (None, 5)"]
