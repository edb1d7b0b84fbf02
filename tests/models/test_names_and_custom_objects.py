"""What Keras scripts say of models beside layers: the names of ``models``, classes of their own."""

import numpy as np
import pytest

import minikeras
from minikeras import Functional, Input, Model, Sequential, layers, models, registry, saving


class Thrice(layers.Layer):
    def call(self, x):
        return 3.0 * x


def a_row():
    return Sequential([Input((2,)), Thrice(name="times")], name="row")


def a_graph():
    inputs = Input((2,))
    return minikeras.Model(inputs, Thrice(name="times")(inputs), name="graph")


@pytest.mark.parametrize("name", ["load_model", "model_from_json", "save_model"])
def test_functions_for_files_are_names_of_models_too(name):
    assert getattr(models, name) is getattr(saving, name)
    assert name in dir(models) and name in models.__all__


def test_models_says_what_it_does_not_have():
    with pytest.raises(AttributeError, match=r"'minikeras\.models' has no attribute 'loadmodel'"):
        models.loadmodel  # noqa: B018


def test_a_model_is_saved_and_loaded_by_the_names_of_models(tmp_path):
    model = Sequential([Input((2,)), layers.Dense(1)])
    models.save_model(model, tmp_path / "m.keras")
    x = np.ones((3, 2), "float32")
    np.testing.assert_array_equal(models.load_model(tmp_path / "m.keras")(x), model(x))
    assert models.model_from_json(model.to_json()).count_params() == 3


@pytest.mark.parametrize(
    ("cls", "make"), [(Sequential, a_row), (Functional, a_graph), (Model, a_graph)]
)
def test_classes_that_are_not_registered_are_handed_to_from_config(cls, make):
    config = make().get_config()
    with pytest.raises(ValueError, match="Thrice"):
        cls.from_config(config)
    again = cls.from_config(config, custom_objects={"Thrice": Thrice})
    assert type(again.get_layer("times")) is Thrice
    np.testing.assert_array_equal(again(np.ones((1, 2), "float32")), [[3.0, 3.0]])


class Scaled(layers.Dense):
    def __init__(self, units, factor=2.0, **kwargs):
        super().__init__(units, **kwargs)
        self.factor = factor

    def get_config(self):
        return dict(factor=self.factor, **super().get_config())


class Offset(Scaled):
    def __init__(self, units, offset=0.0, **kwargs):
        super().__init__(units, **kwargs)
        self.offset = offset


def test_a_get_config_of_the_users_adds_to_what_the_bases_give():
    config = Scaled(3, factor=5.0, use_bias=False).get_config()
    assert (config["units"], config["factor"], config["use_bias"]) == (3, 5.0, False)
    assert Scaled.from_config(config).factor == 5.0


def test_a_class_without_get_config_keeps_its_arguments_under_one_that_has_it():
    config = Offset(3, offset=1.0, factor=5.0).get_config()
    assert (config["units"], config["factor"], config["offset"]) == (3, 5.0, 1.0)


def test_any_configurable_class_may_write_its_own_arguments():
    class Bounded(minikeras.losses.Loss):
        def __init__(self, bound=1.0, **kwargs):
            super().__init__(**kwargs)
            self.bound = bound

        def get_config(self):
            return dict(bound=self.bound, **super().get_config())

    assert Bounded.from_config(Bounded(2.0, name="b").get_config()).bound == 2.0
    assert registry.serialize(Bounded(2.0))["config"]["bound"] == 2.0
