"""Keras's older ``.h5`` files."""

import json

import numpy as np
import pytest

import minikeras
from minikeras import layers
from minikeras.saving import hdf5, legacy_h5
from minikeras.saving.errors import ModelFileError


def network(units=2):
    return minikeras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(units, name="a"),
            layers.ReLU(name="r"),
            layers.Dense(1, name="b"),
        ]
    )


def file_of(model, path, whole=True, pieces=False, **attributes):
    """Write the weights of ``model`` in the old form."""
    root = hdf5.Group()
    group = root.group("model_weights") if whole else root
    names = [layer.name for layer in model.layers]
    if pieces:
        group.attributes.update({"layer_names0": names[:1], "layer_names1": names[1:]})
    else:
        group.attributes["layer_names"] = names
    for layer in model.layers:
        inner = group.group(layer.name)
        paths = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
        inner.attributes["weight_names"] = paths or np.array([])
        for path_, weight in zip(paths, layer.weights, strict=True):
            folder, _, name = path_.rpartition("/")
            inner.group(folder).members[name] = weight.numpy()
    root.attributes.update(attributes)
    hdf5.write(path, root)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.h5"


def assert_equal(model, other):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("pieces", [True, False])
def test_weights_are_read_in_the_order_of_the_layers(path, whole, pieces):
    model, other = network(), network()
    file_of(model, path, whole, pieces)
    legacy_h5.load_weights(other, path)
    assert_equal(model, other)


def test_layers_may_be_named_otherwise_unless_names_count(path):
    file_of(network(), path)
    other = minikeras.Sequential([layers.Input((3,)), layers.Dense(2, name="c"), layers.Dense(1)])
    legacy_h5.load_weights(other, path)
    with pytest.raises(ModelFileError, match="none of its layers has a name"):
        legacy_h5.load_weights(other, path, by_name=True)


def test_by_name_fills_the_layers_that_the_file_knows(path):
    model = network()
    file_of(model, path)
    other = minikeras.Sequential(
        [layers.Input((3,)), layers.Dense(2, name="a"), layers.Dense(5, name="new")]
    )
    new = other.layers[1].get_weights()
    legacy_h5.load_weights(other, path, by_name=True)
    assert_equal(other.layers[0], model.layers[0])
    np.testing.assert_array_equal(other.layers[1].get_weights()[0], new[0])


def test_a_shape_that_does_not_fit_is_named_and_nothing_changes(path):
    file_of(network(units=4), path)
    model = network()
    before = model.get_weights()
    with pytest.raises(
        ModelFileError, match=r"a: Dense 'a' expected 2 weights of shapes .*\(3, 2\)"
    ):
        legacy_h5.load_weights(model, path)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    with pytest.warns(UserWarning, match="left out"):
        legacy_h5.load_weights(model, path, skip_mismatch=True)


def test_another_number_of_layers_is_refused(path):
    file_of(network(), path)
    other = minikeras.Sequential([layers.Input((3,)), layers.Dense(2)])
    with pytest.raises(ModelFileError, match="the model has 1 layers with weights"):
        legacy_h5.load_weights(other, path)


def test_a_whole_model_gives_configuration_and_state(path):
    config = {"class_name": "Sequential", "config": {"layers": []}}
    file_of(network(), path, model_config=json.dumps(config), training_config='{"loss": "mse"}')
    found = legacy_h5.read_model(path)
    assert found.config == config
    assert found.training == {"loss": "mse"}
    assert {name: len(values) for name, values in found.weights.layers.items()} == {
        "a": 2,
        "r": 0,
        "b": 2,
    }
    assert found.optimizer is None


def test_weights_alone_are_no_model(path):
    file_of(network(), path, whole=False)
    with pytest.raises(ModelFileError, match="it holds no model_config, so weights alone"):
        legacy_h5.read_model(path)


@pytest.mark.parametrize("text", ["[1", "[]", "[" * 100_000, 3])
def test_a_configuration_that_is_no_json_object_is_refused(path, text):
    value = text if isinstance(text, int) or len(text) < 1000 else text[:60_000]
    file_of(network(), path, model_config=value)
    with pytest.raises(ModelFileError, match=r"model_config: (it is no JSON|expected a JSON)"):
        legacy_h5.read_model(path)


def test_a_file_in_the_new_form_is_refused(path):
    hdf5.write(path, hdf5.Group({"layers": hdf5.Group()}))
    with pytest.raises(ModelFileError, match="it lists no layers"):
        legacy_h5.load_weights(network(), path)


def broken(path, change):
    file_of(network(), path)
    tree = hdf5.read(path)
    change(tree.get("model_weights"))
    hdf5.write(path, tree)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda g: g.members.pop("b"), "lists a layer 'b' that it does not hold"),
        (lambda g: g.attributes.update(layer_names=["a", "a"]), "two layers named 'a'"),
        (lambda g: g.attributes.update(layer_names=3), "expected names in its attribute"),
        (
            lambda g: g.members["a"].attributes.update(weight_names=["x"]),
            "lists a weight 'x' that it does not hold",
        ),
        (
            lambda g: g.get("a/a").members.update({"bias:0": np.array(["x"], object)}),
            "expected real numbers",
        ),
    ],
)
def test_what_does_not_agree_with_itself_is_refused(path, change, problem):
    broken(path, change)
    with pytest.raises(ModelFileError, match=problem):
        legacy_h5.load_weights(network(), path)
