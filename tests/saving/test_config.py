"""Configurations in Keras's form: written, read, and what they say of who made them."""

import json

import numpy as np
import pytest

import minikeras
from minikeras import (
    Input,
    Model,
    Sequential,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    saving,
)
from minikeras.optimizers import schedules
from minikeras.registry import registered

write, read = saving.serialize_keras_object, saving.deserialize_keras_object


def through_text(value):
    return read(json.loads(json.dumps(write(value))))


# The form.


def test_a_layer_is_written_as_keras_writes_it():
    layer = layers.Dense(3, "relu", kernel_regularizer=regularizers.L2(0.5), name="scores")
    layer.build((None, 4))
    assert write(layer) == {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {
            "name": "scores",
            "trainable": True,
            "dtype": {
                "module": "keras",
                "class_name": "DTypePolicy",
                "config": {"name": "float32"},
                "registered_name": None,
            },
            "units": 3,
            "activation": "relu",
            "use_bias": True,
            "kernel_initializer": {
                "module": "keras.initializers",
                "class_name": "GlorotUniform",
                "config": {"seed": None, "input_axes": None, "output_axes": None},
                "registered_name": None,
            },
            "bias_initializer": {
                "module": "keras.initializers",
                "class_name": "Zeros",
                "config": {},
                "registered_name": None,
            },
            "kernel_regularizer": {
                "module": "keras.regularizers",
                "class_name": "L2",
                "config": {"l2": 0.5},
                "registered_name": None,
            },
            "bias_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
        },
        "registered_name": None,
        "build_config": {"input_shape": [None, 4]},
    }


def test_an_input_is_written_with_all_that_keras_expects():
    model = Model(x := Input((4,), name="x"), layers.Dense(1)(x))
    assert write(model)["config"]["layers"][0] == {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {
            "batch_shape": [None, 4],
            "dtype": "float32",
            "sparse": False,
            "ragged": False,
            "name": "x",
            "optional": False,
        },
        "registered_name": None,
        "name": "x",
        "inbound_nodes": [],
    }


def test_calls_of_layers_and_functions_are_written_as_keras_writes_them():
    x = Input((4,), name="x")
    model = Model(x, np.sum(layers.Dense(2, name="d")(x), axis=1, keepdims=True))
    *_, dense, total = write(model)["config"]["layers"]
    assert dense["inbound_nodes"] == [
        {
            "args": [
                {
                    "class_name": "__keras_tensor__",
                    "config": {
                        "shape": [None, 4],
                        "dtype": "float32",
                        "keras_history": ["x", 0, 0],
                    },
                }
            ],
            "kwargs": {},
        }
    ]
    assert (total["module"], total["class_name"]) == ("keras.src.ops.numpy", "Sum")
    assert total["config"] == {"name": "sum", "axis": 1, "keepdims": True}
    assert write(model)["config"]["output_layers"] == ["sum", 0, 0]


def test_an_output_of_a_nested_model_is_counted_from_one():
    inside = Input((2,))
    inner = Model(inside, layers.Dense(2)(inside), name="inner")
    x = Input((2,))
    config = write(Model(x, inner(inner(x))))["config"]
    assert config["output_layers"] == ["inner", 2, 0]
    inner_calls = config["layers"][1]["inbound_nodes"]
    places = [call["args"][0]["config"]["keras_history"] for call in inner_calls]
    assert places[1] == ["inner", 0, 0]


def test_how_a_model_is_compiled_is_written_as_keras_writes_it():
    model = Sequential([Input((4,)), layers.Dense(1)])
    assert write(model)["compile_config"] == {}
    model.compile(optimizers.SGD(0.5), "mse", metrics=["mae", metrics.AUC(name="auc")])
    config = write(model)["compile_config"]
    assert config["optimizer"]["class_name"] == "SGD"
    assert config["optimizer"]["config"]["learning_rate"] == 0.5
    assert (config["loss"], config["metrics"][0]) == ("mse", "mae")
    assert config["metrics"][1]["module"] == "keras.metrics"


def test_names_that_keras_does_not_know_are_written_as_objects():
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile("sgd", "logcosh", metrics=["rmse"])
    config = write(model)["compile_config"]
    assert config["loss"]["class_name"] == "LogCosh"
    assert config["metrics"][0]["class_name"] == "RootMeanSquaredError"


def test_shared_objects_have_one_number():
    shared = layers.Dense(2)
    data = write([shared, shared, layers.Dense(2)])
    assert data[0]["shared_object_id"] == data[1]["shared_object_id"]
    assert "shared_object_id" not in data[2]
    again = read(data)
    assert again[0] is again[1] is not again[2]


# Everything comes back.


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        "text",
        ["a", 1, None],
        {"a": {"b": [1]}},
        b"bytes",
        slice(1, None, -1),
        ...,
    ],
)
def test_plain_values_come_back(value):
    assert through_text(value) == value


@pytest.mark.parametrize("value", [np.arange(6).reshape(2, 3), np.array(["a", "b"])])
def test_arrays_come_back(value):
    again = through_text(value)
    assert again.dtype.kind == value.dtype.kind
    np.testing.assert_array_equal(again, value)


def test_numbers_of_numpy_become_plain_ones():
    assert write([np.float32(0.5), np.int64(3), np.array(2.0)]) == [0.5, 3, 2.0]


NEEDS = {
    "IoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "MeanIoU": {"num_classes": 3},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (module, name)
        for kind, module in {
            "loss": losses,
            "metric": metrics,
            "initializer": initializers,
            "regularizer": regularizers,
            "constraint": constraints,
            "optimizer": optimizers,
        }.items()
        for name in sorted(registered(kind))
        if name not in ("LossMetric", "MeanMetricWrapper", "LossScaleOptimizer", "MultiOptimizer")
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_class_comes_back(module, name):
    made = getattr(module, name)(**NEEDS.get(name, {}))
    again = through_text(made)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.ExponentialDecay(0.1, 10, 0.9),
        schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2, 0.3]),
        schedules.CosineDecay(0.1, 10),
    ],
)
def test_schedules_come_back_within_optimizers(schedule):
    again = through_text(optimizers.SGD(schedule))
    assert type(again._rate) is type(schedule)
    assert again.learning_rate == schedule(0)


def test_optimizers_within_optimizers_come_back():
    made = optimizers.LossScaleOptimizer(optimizers.Adam(0.02), initial_scale=8.0)
    again = through_text(made)
    assert (again.inner_optimizer.learning_rate, again.scale) == (0.02, 8.0)


def test_layers_within_layers_come_back():
    made = layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="sum")
    again = through_text(layers.TimeDistributed(made))
    assert again.layer.forward_layer.units == 3
    assert again.layer.merge_mode == "sum"


def test_a_class_of_two_families_is_found_by_its_module():
    assert isinstance(through_text(metrics.MeanSquaredError()), metrics.MeanSquaredError)
    assert isinstance(through_text(losses.MeanSquaredError()), losses.MeanSquaredError)
    assert isinstance(through_text(initializers.Identity()), initializers.Identity)
    layer = layers.Dense(4, kernel_initializer=initializers.Identity())
    assert isinstance(through_text(layer).kernel_initializer, initializers.Identity)


def test_arguments_that_only_minikeras_has_come_back():
    data = write(optimizers.Adam(gradient="numerical"))
    assert "gradient" not in data["config"]
    assert data["minikeras"] == {"gradient": "numerical"}
    assert read(data).gradient == "numerical"
    assert "minikeras" not in write(optimizers.Adam())


def test_mixed_precision_is_read_as_float32():
    data = write(layers.Dense(3))
    data["config"]["dtype"]["config"]["name"] = "mixed_float16"
    assert read(data).dtype == "float32"


def test_an_older_form_without_modules_is_read():
    model = read(
        {
            "class_name": "Sequential",
            "config": {
                "name": "old",
                "layers": [
                    {
                        "class_name": "Dense",
                        "config": {
                            "units": 3,
                            "batch_input_shape": [None, 4],
                            "dtype": "float32",
                            "kernel_initializer": {"class_name": "Identity", "config": {}},
                        },
                    },
                ],
            },
        }
    )
    np.testing.assert_array_equal(model.layers[0].kernel, np.eye(4, 3))


def test_calls_in_keras_2_form_are_read():
    dense = {"class_name": "Dense", "config": {"units": 2, "name": "d"}, "name": "d"}
    given = {"batch_input_shape": [None, 3], "dtype": "float32", "sparse": False, "name": "x"}
    model = read(
        {
            "class_name": "Model",
            "config": {
                "name": "old",
                "layers": [
                    {
                        "class_name": "InputLayer",
                        "config": given,
                        "name": "x",
                        "inbound_nodes": [],
                    },
                    {**dense, "inbound_nodes": [[["x", 0, 0, {}]]]},
                ],
                "input_layers": [["x", 0, 0]],
                "output_layers": [["d", 0, 0]],
            },
        }
    )
    assert model.output_shape == [(None, 2)]


# JSON.


def test_json_gives_a_new_model_of_the_same_architecture():
    model = Sequential([Input((4,)), layers.Dense(3, name="d")])
    model.compile("sgd", "mse")
    again = saving.model_from_json(model.to_json(indent=1))
    assert again.to_json() == model.to_json()
    assert (again.get_layer("d").kernel.value != model.get_layer("d").kernel.value).any()
    assert again.compiled


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"class_name": "Dense"}', '"Dense"'])
def test_text_that_is_no_model_is_refused(text):
    with pytest.raises(ValueError, match=r"JSON|model|units"):
        saving.model_from_json(text)


def test_json_takes_classes_of_ones_own():
    class Twice(layers.Layer):
        def call(self, x):
            return 2.0 * x

    text = Sequential([Input((4,)), Twice()]).to_json()
    again = saving.model_from_json(text, custom_objects={"Twice": Twice})
    assert isinstance(again.layers[0], Twice)


def test_a_scope_names_classes_too():
    def half(x):
        return 0.5 * x

    with saving.custom_object_scope({"half": half}):
        assert through_text(layers.Dense(2, activation=half)).activation is half


# Shapes that layers were built for.


def test_a_layer_built_for_several_shapes_says_so():
    layer = layers.MultiHeadAttention(2, 3)
    layer.build((None, 5, 4), (None, 6, 4))
    assert set(layer.get_build_config()["shapes_dict"]) == {"query_shape", "value_shape"}
    other = layers.MultiHeadAttention(2, 3)
    other.build_from_config(layer.get_build_config())
    assert [w.shape for w in other.weights] == [w.shape for w in layer.weights]


def test_compile_of_ones_own_is_left_alone_with_a_warning():
    class Own(Sequential):
        def compile(self, optimizer, loss):
            super().compile(optimizer, loss)

    model = Own([Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match=r"Own has a compile\(\) of its own"):
        again = saving.model_from_json(model.to_json(), custom_objects={"Own": Own})
    assert not again.compiled


def test_what_has_no_name_cannot_be_written():
    with pytest.raises(TypeError, match="cannot hold"):
        write(object())
    with pytest.raises(TypeError, match="no name"):
        write(layers.Lambda(np.exp))
    assert write(layers.Activation(np.tanh))["config"]["activation"] == "tanh"


def test_the_namespace_is_that_of_keras():
    names = [
        "CustomObjectScope",
        "custom_object_scope",
        "deserialize_keras_object",
        "get_custom_objects",
        "get_registered_name",
        "get_registered_object",
        "load_model",
        "load_weights",
        "register_keras_serializable",
        "save_model",
        "save_weights",
        "serialize_keras_object",
    ]
    for name in names:
        assert callable(getattr(minikeras.saving, name))
