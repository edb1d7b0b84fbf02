"""One walk finds what the properties of a model find."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential
from minikeras.layers import (
    LSTM,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    SpectralNormalization,
)
from minikeras.metrics import Mean
from minikeras.training.survey import Survey, metrics_of


def shared():
    dense, a, b = Dense(4), Input((4,)), Input((4,))
    return Model([a, b], dense(dense(a) + b))


def nested():
    inner = Sequential([Input((4,)), Dense(3), BatchNormalization()])
    return Sequential([Input((4,)), inner, Dense(2), Dropout(0.5)])


def frozen_inside():
    model = nested()
    model.layers[0].trainable = False
    return model


def frozen_around():
    model = nested()
    model.trainable = False
    model.layers[0].layers[0].trainable = True  # of no effect within what is frozen
    return model


def partly_frozen():
    model = nested()
    model.layers[1].kernel.trainable = False
    return model


def recurrent():
    return Sequential([Input((5, 2)), Bidirectional(LSTM(3)), Dense(1)])


def normalized():
    model = Sequential([Input((5, 2)), SpectralNormalization(Conv1D(2, 3)), Flatten()])
    model.layers[0].layer.trainable = False
    return model


def one_frozen_path():
    dense = Dense(3)
    first = Sequential([Input((3,)), dense])
    second = Sequential([Input((3,)), dense])
    model = Sequential([Input((3,)), first, second])
    first._trainable = False  # by the other way its layer is still trained
    return model


@pytest.mark.parametrize(
    "make",
    [
        shared,
        nested,
        frozen_inside,
        frozen_around,
        partly_frozen,
        recurrent,
        normalized,
        one_frozen_path,
    ],
)
def test_a_survey_finds_what_the_properties_list(make):
    model = make()
    inside = Survey(model)
    for found, listed in [
        (inside.layers, model._flatten_layers()),
        (inside.weights(), model.weights),
        (inside.trainable_variables(), model.trainable_variables),
        *((inside.own_variables(one), one._own_variables()) for one in model._flatten_layers()),
    ]:
        assert list(map(id, found)) == list(map(id, listed))


def test_the_metrics_are_those_of_the_model_and_its_layers_but_not_of_models_inside():
    model = nested()
    model.own, model.layers[1].seen, model.layers[0].inner = Mean("a"), Mean("b"), Mean("c")
    found = metrics_of(model, Survey(model).layers)
    assert [metric.name for metric in found] == ["a", "b"]
    assert found == model._find_metrics()


def test_a_subclass_may_say_itself_which_weights_there_are():
    class Head(Model):
        def __init__(self):
            super().__init__()
            self.body, self.head = Dense(2), Dense(1)

        def forward(self, x):
            return self.head(self.body(x))

        @property
        def trainable_variables(self):
            return self.head.trainable_variables

        @property
        def weights(self):
            return self.head.weights

    model = Head()
    model(np.ones((1, 2)))
    assert Survey(model).trainable_variables() == model.head.trainable_variables
    assert Survey(model).weights() == model.head.weights


def test_only_built_layers_of_minikeras_are_known_to_make_nothing_more():
    class Own(Dense):
        pass

    assert Survey(nested()).settled
    assert not Survey(Sequential([Dense(1)])).settled
    assert not Survey(Sequential([Input((2,)), Own(1)])).settled


def test_layers_that_know_the_model_they_are_in_can_be_trained():
    class Block(Dense):
        def __init__(self, model):
            super().__init__(1)
            self.model = model

    class Knowing(Model):
        def __init__(self):
            super().__init__()
            self.block = Block(self)

        def forward(self, x):
            return self.block(x)

    model = Knowing()
    model(np.ones((1, 2)))
    inside = Survey(model)
    assert inside.layers == [model, model.block]
    assert inside.trainable_variables() == [model.block.kernel, model.block.bias]
