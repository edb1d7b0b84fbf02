"""``.weights.h5`` files: what is in them, and that all of it fits or nothing changes."""

import numpy as np
import pytest

import minikeras
from minikeras import layers
from minikeras.saving import hdf5
from minikeras.saving.errors import ModelFileError
from minikeras.saving.places import places
from minikeras.saving.weights_h5 import from_tree, load_weights, save_weights, to_tree


def network(units=4, seed=0, optimizer=None):
    minikeras.set_random_seed(seed)
    model = minikeras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(units, name="first"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(1, name="last"),
        ]
    )
    if optimizer is not None:
        model.compile(optimizer, "mse")
    return model


def trained(optimizer, seed=0, epochs=1):
    model = network(seed=seed, optimizer=optimizer)
    x = np.random.default_rng(0).standard_normal((8, 3))
    model.fit(x, x[:, :1], epochs=epochs, batch_size=4, shuffle=False, verbose=0)
    return model


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.weights.h5"


def assert_unchanged(model, before):
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# What is in a file.


def test_groups_are_named_after_classes_and_variables_after_numbers():
    tree = to_tree(network())
    assert list(tree.arrays()) == [
        "layers/dense/vars/0",
        "layers/dense/vars/1",
        "layers/batch_normalization/vars/0",
        "layers/batch_normalization/vars/1",
        "layers/batch_normalization/vars/2",
        "layers/batch_normalization/vars/3",
        "layers/dense_1/vars/0",
        "layers/dense_1/vars/1",
    ]
    assert tree.get("layers/dense_1/vars").attributes == {"name": "last"}
    assert tree.get("layers/dropout/vars").attributes["name"].startswith("dropout")


def test_the_optimizers_state_begins_with_count_and_rate():
    arrays = to_tree(trained(minikeras.optimizers.Adam(0.25))).arrays()
    assert arrays["optimizer/vars/0"].dtype == np.int32 and arrays["optimizer/vars/0"] == 2
    assert arrays["optimizer/vars/1"] == np.float32(0.25)
    assert [arrays[f"optimizer/vars/{i}"].shape for i in (2, 3, 4, 5)] == [
        (3, 4),
        (3, 4),
        (4,),
        (4,),
    ]
    assert len([path for path in arrays if path.startswith("optimizer")]) == 2 + 2 * 6


def test_parts_of_a_layer_are_named_after_its_attributes():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.zoom = layers.Dense(1)
            self._hidden = layers.Dense(1)
            self.table = {"b": layers.Dense(1), "a": [layers.Dense(1), (layers.Dense(1),)]}
            self.again = self.zoom

    assert [place.path for place in places(Block())] == [
        "",
        "again",
        "table/dense",
        "table/container/dense",
        "table/container/container/dense",
        "_hidden",
    ]


def test_a_list_that_holds_itself_ends():
    layer = layers.Dense(1)
    layer.extra = [layers.Dense(2)]
    layer.extra.append(layer.extra)
    assert [place.path for place in places(layer)] == ["", "extra/dense"]


# Round trips.


def test_weights_come_back_equal(path):
    model, other = network(seed=1), network(seed=2)
    save_weights(model, path)
    load_weights(other, path)
    assert_unchanged(other, model.get_weights())


@pytest.mark.parametrize("built", [True, False])
def test_training_goes_on_as_if_nothing_happened(path, built):
    adam = minikeras.optimizers.Adam
    model = trained(adam(0.01), epochs=2)
    save_weights(model, path)
    other = network(seed=5, optimizer=adam(0.5))
    if built:
        other.optimizer.build(other.trainable_variables)
    load_weights(other, path)
    assert other.optimizer.learning_rate == pytest.approx(0.01)
    x = np.random.default_rng(1).standard_normal((8, 3))
    for one in (model, other):
        minikeras.set_random_seed(7)
        one.layers[2].seed_generator = minikeras.random.SeedGenerator(3)
        one.fit(x, x[:, :1], epochs=2, batch_size=4, shuffle=False, verbose=0)
    assert_unchanged(other, model.get_weights())


def test_a_model_without_optimizer_takes_weights_alone(path):
    model = trained("adam")
    save_weights(model, path)
    other = network(seed=2)
    load_weights(other, path)
    assert_unchanged(other, model.get_weights())


def test_another_optimizer_starts_anew_with_a_warning(path):
    model = trained("adam")
    save_weights(model, path)
    other = network(seed=2, optimizer="sgd")
    with pytest.warns(UserWarning, match=r"the state of the optimizer does not fit SGD\(\)"):
        load_weights(other, path)
    assert_unchanged(other, model.get_weights())
    assert other.optimizer.iterations == 0


def test_a_layer_may_store_its_variables_itself(path):
    class Counter(layers.Layer):
        def __init__(self):
            super().__init__()
            self.count = 3

        def forward(self, x):
            return x

        def save_own_variables(self, store):
            store["count"] = np.array(self.count)

        def load_own_variables(self, store):
            self.count = int(store["count"])

    model = minikeras.Sequential([layers.Input((2,)), Counter()])
    save_weights(model, path)
    model.layers[0].count = 0
    load_weights(model, path)
    assert model.layers[0].count == 3
    with pytest.raises(ModelFileError, match=r"Counter .* could not read its weights: KeyError"):
        from_tree(model, hdf5.Group(), "x")


# What does not fit.


def test_another_shape_is_named_and_nothing_changes(path):
    save_weights(network(units=5), path)
    model = network(units=4)
    before = model.get_weights()
    with pytest.raises(ModelFileError) as caught:
        load_weights(model, path)
    assert caught.value.member == "layers/dense/vars/0"
    assert "Dense 'first' expected shape (3, 4) for its kernel, got (3, 5)" in str(caught.value)
    assert_unchanged(model, before)


def test_a_misfit_in_the_last_layer_leaves_the_first_as_it_was(path):
    other = network(seed=3)
    tree = to_tree(other)
    tree.get("layers/dense_1/vars").members["1"] = np.zeros(2)
    hdf5.write(path, tree)
    model = network()
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=r"Dense 'last' expected shape \(1,\) for its bias"):
        load_weights(model, path)
    assert_unchanged(model, before)


def test_skip_mismatch_leaves_out_what_does_not_fit(path):
    source = network(units=5, seed=3)
    save_weights(source, path)
    model = network(units=4)
    first = model.layers[0].get_weights()
    with pytest.warns(UserWarning, match="left out") as caught:
        load_weights(model, path, skip_mismatch=True)
    assert len(caught) == 3
    assert_unchanged(model.layers[0], first)


def test_missing_weights_are_named(path):
    tree = to_tree(network())
    del tree.get("layers/dense_1").members["vars"]
    hdf5.write(path, tree)
    with pytest.raises(
        ModelFileError,
        match=r"dense_1/vars: Dense 'last' expected 2 weights \(kernel \(4, 1\), bias \(1,\)\), "
        r"the file has 0 \(none\)",
    ):
        load_weights(network(), path)


def test_weights_without_a_place_are_warned_of(path):
    tree = to_tree(network())
    tree.group("layers/lstm/cell/vars").members["0"] = np.ones(3)
    hdf5.write(path, tree)
    with pytest.warns(UserWarning, match="no place for: layers/lstm/cell/vars"):
        load_weights(network(), path)


def test_nan_is_warned_of(path):
    model = network()
    model.layers[0].kernel.assign(np.full((3, 4), np.nan))
    save_weights(model, path)
    with pytest.warns(UserWarning, match="layers/dense/vars/0: kernel holds NaN"):
        load_weights(network(), path)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (np.array(["a"], object), "expected real numbers, got dtype object"),
        (hdf5.Group(), "expected an array, it is a group"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(value, problem):
    tree = to_tree(network())
    tree.get("layers/dense/vars").members["1"] = value
    with pytest.raises(ModelFileError, match=problem):
        from_tree(network(), tree, "x")


def test_an_array_in_place_of_a_group_is_refused():
    tree = to_tree(network())
    tree.get("layers/dense").members["vars"] = np.ones(2)
    with pytest.raises(ModelFileError, match="expected a group of arrays"):
        from_tree(network(), tree, "x")


def test_fractions_do_not_go_into_integers():
    model = minikeras.Sequential([layers.Input((2,)), layers.Normalization()])
    tree = to_tree(model)
    members = tree.get("layers/normalization/vars").members
    members["2"] = np.array(0.5)
    with pytest.raises(ModelFileError, match="expected int32 for count, got float64"):
        from_tree(model, tree, "x")


def test_an_optimizers_state_that_makes_no_sense_is_refused_before_weights_change():
    model = trained(minikeras.optimizers.SGD(0.1))
    before = model.get_weights()
    tree = to_tree(network(seed=4))
    state = tree.group("optimizer/vars").members
    state["0"], state["1"] = np.array(1), np.array(np.nan)
    with pytest.raises(ModelFileError, match="optimizer/vars: the state of the optimizer: "):
        from_tree(model, tree, "x")
    assert_unchanged(model, before)


def test_a_model_that_is_not_built_has_no_weights_to_save(path):
    model = minikeras.Sequential([layers.Dense(1)])
    for call in (save_weights, load_weights):
        with pytest.raises(ValueError, match="once the model is built"):
            call(model, path)


def test_the_name_must_say_what_it_is(tmp_path):
    with pytest.raises(ValueError, match=r"ends in .weights.h5, got .*m.h5'; write 'm.weights.h5'"):
        save_weights(network(), tmp_path / "m.h5")


def test_an_old_file_is_kept_on_request(path):
    save_weights(network(), path)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_weights(network(), path, overwrite=False)


def test_a_missing_file_is_that(path):
    with pytest.raises(FileNotFoundError):
        load_weights(network(), path)
