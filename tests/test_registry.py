"""Names for classes and functions, and configurations that rebuild objects."""

import json
from contextlib import contextmanager

import numpy as np
import pytest

from minikeras import registry
from minikeras.registry import Configurable, parameters_of, snake_case


@registry.register("layer", "my_alias")
class RegisteredThing(Configurable):
    def __init__(self, size, rate=0.5, *, parts=()):
        self.size, self.rate, self.parts = size, rate, parts


class Derived(RegisteredThing):
    def __init__(self, extra=1, **kwargs):
        super().__init__(**kwargs)
        self.extra = extra


@pytest.mark.parametrize(
    ("name", "expected"),  # what Keras 3.15 calls the first instance of such a class
    [
        ("Dense", "dense"),
        ("InputLayer", "input_layer"),
        ("LeakyReLU", "leaky_re_lu"),
        ("Conv2D", "conv2d"),
        ("GlobalAveragePooling1D", "global_average_pooling1d"),
        ("LSTM", "lstm"),
        ("GRUCell", "gru_cell"),
        ("MyDense2Layer", "my_dense2_layer"),
    ],
)
def test_instance_names_are_spelt_as_in_keras(name, expected):
    assert snake_case(name) == expected


@pytest.mark.parametrize("name", ["RegisteredThing", "registered_thing", "my_alias"])
def test_a_class_is_found_under_all_its_names(name):
    with pytest.raises(TypeError, match="size"):  # found, and made without arguments
        registry.get("layer", name)


def test_a_function_is_found_as_it_is():
    @registry.register("activation")
    def my_registered_activation(x):
        return x

    assert registry.get("activation", "my_registered_activation") is my_registered_activation


def test_instances_and_callables_pass_through():
    thing = RegisteredThing(3)
    assert registry.get("layer", thing) is thing
    assert registry.get("activation", np.tanh) is np.tanh


def test_a_configuration_is_made_into_an_object():
    made = registry.get("layer", {"class_name": "RegisteredThing", "config": {"size": 4}})
    assert (made.size, made.rate) == (4, 0.5)


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("activation", "sigmiod", "unknown activation 'sigmiod'; did you mean 'sigmoid'"),
        ("loss", "MeanSquaredEror", "did you mean 'MeanSquaredError'"),
        ("optimizer", "ADAMM", "did you mean"),
        ("constraint", "zzz", "unknown constraint 'zzz'; expected one of '"),
    ],
)
def test_an_unknown_name_is_answered(kind, name, message):
    with pytest.raises(ValueError, match=message):
        registry.get(kind, name)


@pytest.mark.parametrize("wrong", [3, 2.5, None, [1]])
def test_what_names_nothing_is_refused(wrong):
    with pytest.raises(
        TypeError, match=f"loss must be a name, .* got {wrong!r}".replace("[", r"\[")
    ):
        registry.get("loss", wrong)


def test_only_registered_classes_are_made():
    for name in ("os.system", "Popen", "RegisteredThin"):
        with pytest.raises(ValueError, match=f"unknown class {name!r}"):
            registry.deserialize({"module": "os", "class_name": name, "config": {}})


def test_a_configuration_survives_json():
    thing = RegisteredThing(3, parts=[RegisteredThing(1), {"deep": RegisteredThing(2)}])
    data = json.loads(json.dumps(registry.serialize(thing)))
    again = registry.deserialize(data)
    assert json.dumps(again.get_config()) == json.dumps(thing.get_config())
    assert again.parts[1]["deep"].size == 2


def test_arguments_of_base_classes_belong_to_the_configuration():
    assert list(parameters_of(Derived)) == ["extra", "size", "rate", "parts"]
    thing = Derived(extra=2, size=3)
    assert thing.get_config() == {"extra": 2, "size": 3, "rate": 0.5, "parts": ()}
    assert Derived.from_config(thing.get_config()).get_config() == thing.get_config()


def test_repr_shows_only_what_differs_from_the_defaults():
    assert repr(RegisteredThing(3)) == "RegisteredThing(size=3)"
    assert repr(Derived(size=3, rate=0.1)) == "Derived(size=3, rate=0.1)"


def test_registered_names_each_thing_once():
    found = registry.registered("layer")
    assert found["RegisteredThing"] is RegisteredThing
    assert "registered_thing" not in found and "my_alias" not in found
    assert registry.registered("no such kind") == {}


# What users register.


class Doubling(Configurable):
    def __init__(self, times=2):
        self.times = times


@contextmanager
def nothing_registered():
    """Leave what other tests registered as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry.custom, "_CUSTOM", {})
        patch.setattr(registry.custom, "_CUSTOM_NAMES", {})
        yield


def test_a_registered_class_is_found_by_its_package_and_name():
    with nothing_registered():
        registry.register_keras_serializable("mine", "Double")(Doubling)
        config = registry.serialize(Doubling(3))
        assert config["registered_name"] == "mine>Double"
        assert registry.get_registered_name(Doubling) == "mine>Double"
        assert registry.get_registered_object("mine>Double") is Doubling
        assert registry.deserialize(json.loads(json.dumps(config))).times == 3
    with pytest.raises(ValueError, match="unknown class 'Doubling'"):
        registry.deserialize(config)


def test_a_registered_function_goes_by_its_name():
    with nothing_registered():

        @registry.register_keras_serializable()
        def thrice(x):
            return 3.0 * x

        assert registry.serialize(thrice) == "Custom>thrice"
        assert registry.get("activation", "Custom>thrice") is thrice
        keras_form = {
            "class_name": "function",
            "config": "thrice",
            "registered_name": "Custom>thrice",
        }
        assert registry.deserialize(keras_form) is thrice
    with pytest.raises(ValueError, match="unknown function 'Custom>thrice'; register it"):
        registry.deserialize(keras_form)


def test_scopes_add_up_and_end():
    with registry.custom_object_scope({"One": Doubling}):
        with registry.CustomObjectScope({"Two": Doubling}):
            assert registry.deserialize({"class_name": "One", "config": {}}).times == 2
            assert registry.get_registered_object("Two") is Doubling
        assert registry.get_registered_object("Two") is None
        assert "One" not in registry.get_custom_objects()
    assert registry.get_registered_object("One") is None
    found = registry.deserialize_keras_object(
        {"class_name": "One", "config": {"times": 5}}, custom_objects={"One": Doubling}
    )
    assert found.times == 5
    assert registry.get_registered_object("One", {"One": 1}, {"One": 2}) == 1


def test_a_class_without_a_configuration_is_refused():
    with pytest.raises(ValueError, match="a class with get_config, got int"):
        registry.register_keras_serializable()(int)
