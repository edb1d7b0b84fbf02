"""Copies and pickles of models: the same numbers, the same training, apart from each other."""

import copy
import pickle

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, layers


def pickled(model):
    return pickle.loads(pickle.dumps(model))


class Branches(Model):
    def __init__(self):
        super().__init__()
        self.left = layers.Dense(4, "relu")
        self.right = [layers.Dense(4), layers.Dropout(0.3)]
        self.last = layers.Dense(1)

    def call(self, x):
        y = self.right[1](self.right[0](x))
        return self.last(self.left(x) + y)


def sequential():
    inner = Sequential([layers.Dense(4, "tanh"), layers.Dropout(0.3)])
    return Sequential([Input((4,)), inner, layers.BatchNormalization(), layers.Dense(1)])


def functional():
    x, given = Input((4,)), Input((4,))
    shared = layers.Dense(4, "relu")
    inner = Model(given, shared(given))
    return Model(x, layers.Dense(1)(layers.Dropout(0.3)(inner(inner(x)) + shared(x))))


@pytest.fixture
def data(rng):
    x = rng.standard_normal((32, 4)).astype("float32")
    return x, x[:, :1] * x[:, 1:2]


@pytest.mark.parametrize("make", [sequential, functional, Branches])
@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copy_trains_on_as_the_model_itself(make, copied, data):
    model = make()
    model.compile(minikeras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(*data, epochs=2, verbose=0)
    other = copied(model)
    np.testing.assert_array_equal(other.predict(data[0]), model.predict(data[0]))
    histories = []
    for one in (model, other):
        minikeras.set_random_seed(5)
        histories.append(one.fit(*data, epochs=2, verbose=0).history)
    assert histories[0] == histories[1]
    assert other.optimizer.iterations == model.optimizer.iterations == 4


@pytest.mark.parametrize("make", [sequential, functional, Branches])
@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_training_a_copy_leaves_the_model_alone(make, copied, data):
    model = make()
    model.compile("sgd", "mse")
    model.fit(*data, epochs=1, verbose=0)
    before = model.predict(data[0])
    copied(model).fit(*data, epochs=1, verbose=0)
    np.testing.assert_array_equal(model.predict(data[0]), before)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copied_graph_is_a_graph(copied):
    other = copied(functional())
    assert other.input_shape == (None, 4)
    dropout = next(layer for layer in other.layers if isinstance(layer, layers.Dropout))
    assert dropout.output.node.layer is dropout
    assert minikeras.models.clone_model(other).output_shape == (None, 1)
    assert Model(other.inputs[0], other.outputs[0]).output_shape == (None, 1)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_deep_graph_is_copied(copied):
    x = y = Input((2,))
    for _ in range(3000):
        y = y + 1.0
    model = copied(Model(x, y))
    np.testing.assert_array_equal(model.predict(np.zeros((1, 2))), [[3000.0, 3000.0]])


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_layer_is_copied_without_the_graphs_it_is_part_of(copied):
    model = functional()
    other = copied(model.layers[-1])
    assert other._nodes == ()
    assert other(np.ones((1, 4))).shape == (1, 1)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_sequential_goes_on_growing_after_a_copy(copied):
    model = copied(Sequential([Input((3,))]))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    model.pop()
    model.add(layers.Dense(5))
    assert model.output_shape == (None, 5)
