"""A layer's say in how its variables are saved, on top of what is done for every layer."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, Variable, layers, saving
from minikeras.saving import ModelFileError, hdf5


class Shifted(layers.Dense):
    """Dense, with a variable of its own that files hold by name too."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.shift = Variable(np.zeros((units,)), name="shift", dtype="float32")

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["variables"] = self.shift.numpy()

    def load_own_variables(self, store):
        self.shift.assign(store["variables"])
        for i, variable in enumerate(self.weights):
            variable.assign(store[f"{i}"])

    def call(self, inputs):
        return super().call(inputs) + self.shift


class Shy(Shifted):
    """Leaves loading to the base class, which expects the layer's variables and nothing else."""

    def load_own_variables(self, store):
        super(Shifted, self).load_own_variables(store)


class Counting(layers.Layer):
    """Stores a number that is no variable besides what is stored anyway."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = 0

    def build(self, shape):
        self.count = self.add_weight((), "zeros", trainable=False, name="count")
        self.factor = self.add_weight((shape[-1],), "ones", name="factor")
        self.inner = layers.Dense(1)
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x * self.factor)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["seen"] = self.seen

    def load_own_variables(self, store):
        self.seen = int(store["seen"])
        super().load_own_variables({key: store[key] for key in store if key != "seen"})


CLASSES = {"Shifted": Shifted, "Counting": Counting}


def around(layer):
    minikeras.set_random_seed(0)
    return Sequential([Input((3,)), layer])


def through_a_file(model, path):
    """Return the model as a file gives it back, or a new one with the weights in the file."""
    if path.suffix == ".keras":
        model.save(path)
        return saving.load_model(path, custom_objects=CLASSES)
    again = Sequential.from_config(model.get_config(), custom_objects=CLASSES)
    model.save_weights(path)
    again.load_weights(path)
    return again


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.safetensors"])
def test_a_layer_adds_to_what_files_hold_of_it(tmp_path, name):
    model = around(Shifted(2))
    model.layers[0].shift.assign([1.0, 2.0])
    again = through_a_file(model, tmp_path / name)
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(again.layers[0].shift, [1.0, 2.0])
    np.testing.assert_array_equal(again(x), model(x))


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.safetensors"])
def test_the_rest_is_left_to_the_base_class(tmp_path, name):
    model = around(Counting())
    layer = model.layers[0]
    layer.seen = 7
    layer.count.assign(5.0)
    layer.factor.assign([1.0, 2.0, 3.0])
    again = through_a_file(model, tmp_path / name).layers[0]
    assert again.seen == 7
    for mine, want in zip(again.get_weights(), layer.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, want)


def test_a_store_holds_the_layers_own_variables_trainable_ones_first():
    layer = around(Counting()).layers[0]
    store = {}
    layer.save_own_variables(store)
    assert {key: np.shape(value) for key, value in store.items()} == {
        "0": (3,),  # factor
        "1": (),  # count
        "seen": (),
    }


def test_what_is_stored_does_not_change_with_the_layer():
    layer = layers.Dense(2)
    layer.build((None, 3))
    store = {}
    layer.save_own_variables(store)
    before = store["0"].copy()
    layer.kernel.assign(np.zeros((3, 2)))
    np.testing.assert_array_equal(store["0"], before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda store: {**store, "more": np.zeros(1)},
            r"Dense 'last' expected 2 arrays named \['0', '1'\] \(kernel, bias\), got "
            r"\['0', '1', 'more'\]; no weight was replaced",
        ),
        (lambda store: {"0": store["0"]}, r"expected 2 arrays .* got \['0'\]"),
        (lambda store: {"0": store["0"], "bias": store["1"]}, r"got \['0', 'bias'\]"),
        (
            lambda store: {"0": store["0"] + 1.0, "1": np.zeros(3)},
            r"weight 'last/bias' expected shape \(2,\), got \(3,\); no weight was replaced",
        ),
    ],
)
def test_a_store_that_does_not_fit_changes_nothing(change, message):
    layer = layers.Dense(2, name="last")
    layer.build((None, 3))
    store = {}
    layer.save_own_variables(store)
    with pytest.raises(ValueError, match=message):
        layer.load_own_variables(change(store))
    np.testing.assert_array_equal(layer.kernel, store["0"])


def test_a_layer_without_weights_yet_says_so():
    with pytest.raises(ValueError, match="expected 0 arrays .* it is not built, call it first"):
        layers.Dense(2).load_own_variables({"0": np.zeros((3, 2))})


def test_a_layer_without_variables_stores_nothing():
    store = {}
    layers.Flatten().save_own_variables(store)
    layers.Flatten().load_own_variables(store)
    assert store == {}


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Shifted, "Shifted .* could not read its weights: KeyError"),
        (Shy, "Shy .* could not read its weights: ValueError.*expected 3 arrays .* no weight was"),
    ],
)
def test_what_a_layer_cannot_read_is_told_with_the_name_of_the_file(tmp_path, cls, message):
    hdf5.write(tmp_path / "m.weights.h5", hdf5.Group())
    with pytest.raises(ModelFileError, match=message):
        around(cls(2)).load_weights(tmp_path / "m.weights.h5")


def test_weights_are_still_drawn_for_a_layer_that_loads_them_itself_and_for_no_other(tmp_path):
    class Forgets(layers.Dense):
        def load_own_variables(self, store):
            pass

    drawn = []

    def noted(shape, dtype=None):
        drawn.append(shape)
        return np.ones(shape, dtype)

    for cls, want in ((Forgets, 1.0), (layers.Dense, 5.0)):
        model = around(cls(2, kernel_initializer=noted, name="one"))
        model.layers[0].kernel.assign(np.full((3, 2), 5.0))
        model.save(tmp_path / "m.keras")
        drawn.clear()
        known = {"noted": noted, "Forgets": Forgets}
        again = saving.load_model(tmp_path / "m.keras", custom_objects=known)
        assert drawn == ([(3, 2)] if cls is Forgets else [])
        np.testing.assert_array_equal(again.layers[0].kernel, np.full((3, 2), want))
