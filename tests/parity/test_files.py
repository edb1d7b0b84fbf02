"""Files in both directions: what Keras wrote opens here, what we wrote opens in Keras."""

import importlib
import pkgutil

import numpy as np
import pytest

import minikeras
from minikeras.saving import hdf5, legacy_h5
from minikeras.saving.weights_h5 import load_weights, save_weights, to_tree
from tests.parity import layer_cases

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*does not support masking.*:UserWarning"),
]


def families():
    for module in pkgutil.iter_modules(layer_cases.__path__):
        family = importlib.import_module(f"{layer_cases.__name__}.{module.name}")
        yield pytest.param(family.CASES, id=module.name)


def given(inputs, options):
    rng = np.random.default_rng(0)
    if callable(inputs):
        made = inputs(rng)
    elif isinstance(inputs, list):
        made = [rng.standard_normal(shape).astype("float32") for shape in inputs]
    else:
        made = rng.standard_normal(inputs).astype("float32")
    if not isinstance(made, list | tuple):
        return [made]
    return list(made) if options.get("args") else [list(made)]


def holder(library, layer):
    """Return a model whose one attribute is ``layer``, which is built."""

    class Holder(library.Model):
        def __init__(self):
            super().__init__()
            self.inner = layer

        def call(self, *args, **kwargs):
            return self.inner(*args, **kwargs)

    model = Holder()
    model.built = True
    return model


def draw(model, seed):
    rng = np.random.default_rng(seed)
    for weight in getattr(model, "weights", None) or model.variables:
        value = np.asarray(weight)
        if value.dtype.kind == "f":
            weight.assign(rng.uniform(0.5, 2.0, value.shape).astype(value.dtype))


def assert_same_weights(ours, theirs):
    mine = [np.asarray(w) for w in ours.weights]
    other = [np.asarray(w) for w in theirs.weights if "seed_generator" not in w.name]
    assert len(mine) == len(other)
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_array_equal(a, b)


def structure(model):
    """Return what tells layers apart as far as files are concerned."""
    return tuple((path, array.ndim) for path, array in to_tree(model).arrays().items())


@pytest.mark.parametrize("family", list(families()))
def test_weights_of_every_layer(keras, tmp_path, family):
    ours_file, their_file = tmp_path / "ours.weights.h5", tmp_path / "theirs.weights.h5"
    seen = {()}
    for title, make, inputs, *rest in family:
        options = rest[0] if rest else {}
        pair = []
        for library in (minikeras, keras):
            layer = make(library.layers)
            if isinstance(inputs, tuple) and library is keras:
                layer.build(inputs)  # much faster than a call
            else:
                layer(*given(inputs, options), **options.get("call", {}))
            pair.append(holder(library, layer))
            if library is minikeras and structure(pair[0]) in seen:
                break  # as another case
        else:
            ours, theirs = pair
            seen.add(structure(ours))
            draw(theirs, 1)
            theirs.save_weights(their_file)
            load_weights(ours, their_file)
            assert_same_weights(ours, theirs)
            draw(ours, 2)
            save_weights(ours, ours_file)
            mine, other = hdf5.read(ours_file).arrays(), hdf5.read(their_file).arrays()
            assert sorted(mine) == sorted(other), title
            theirs.load_weights(ours_file)
            assert_same_weights(ours, theirs)


def mlp(library):
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(5, activation="tanh", name="a"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(1, name="b"),
        ]
    )


def recurrent(library):
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((4, 3)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(3)),
            layers.GRU(2),
            layers.Dense(1),
        ]
    )


def branching(library):
    layers = library.layers
    x = layers.Input((4,), name="x")
    y = layers.Input((3,), name="y")
    shared = layers.Dense(4, name="shared")
    deep = layers.Dense(4, name="zero")(layers.Dense(4, name="one")(shared(x)))
    inner = library.Sequential([layers.Input((4,)), layers.Dense(2), layers.Dense(3)], name="in")
    wide = layers.Dense(3, name="wide")(y)
    both = layers.Concatenate()([inner(deep), layers.Add()([wide, y]), shared(deep)])
    return library.Model([x, y], [layers.Dense(1, name="last")(both), layers.Dense(2)(deep)])


def subclassed(library):
    layers = library.layers

    class Block(library.Layer):
        def __init__(self):
            super().__init__()
            self.zoom = layers.Dense(3)
            self._hidden = layers.Dense(3)
            self.table = {"b": layers.Dense(3), "a": [layers.Dense(3), layers.Dropout(0.5)]}
            self.constant = self.add_weight(shape=(3,), trainable=False, name="constant")
            self.shift = self.add_weight(shape=(3,), name="shift")

        def call(self, x):
            for layer in [self.zoom, self._hidden, self.table["b"], *self.table["a"]]:
                x = layer(x)
            return x + self.constant * self.shift

    class Net(library.Model):
        def __init__(self):
            super().__init__()
            self.first = layers.Dense(3)
            self.blocks = [Block(), (Block(), Block())]
            self.out = layers.Dense(2)
            self._private = layers.Dense(3)

        def call(self, x):
            x = self._private(self.first(x))
            for block in [self.blocks[0], *self.blocks[1]]:
                x = block(x)
            return self.out(x)

    model = Net()
    model(np.zeros((1, 3), "float32"))
    return model


MODELS = {
    "dense": (mlp, [(6,)]),
    "recurrent": (recurrent, [(4, 3)]),
    "branching": (branching, [(4,), (3,)]),
    "subclassed": (subclassed, [(3,)]),
}


def outputs(model, values):
    found = model.predict(values if len(values) > 1 else values[0], verbose=0)
    return found if isinstance(found, list | tuple) else [found]


@pytest.mark.parametrize("name", list(MODELS))
def test_models_predict_the_same_after_loading(keras, tmp_path, name):
    make, shapes = MODELS[name]
    rng = np.random.default_rng(0)
    values = [rng.standard_normal((5, *shape)).astype("float32") for shape in shapes]
    ours, theirs = make(minikeras), make(keras)
    ours_file, their_file = tmp_path / "ours.weights.h5", tmp_path / "theirs.weights.h5"
    draw(theirs, 1)
    theirs.save_weights(their_file)
    load_weights(ours, their_file)
    for mine, other in zip(outputs(ours, values), outputs(theirs, values), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
    draw(ours, 2)
    save_weights(ours, ours_file)
    theirs.load_weights(ours_file)
    for mine, other in zip(outputs(ours, values), outputs(theirs, values), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
    assert sorted(hdf5.read(ours_file).arrays()) == sorted(hdf5.read(their_file).arrays())


OPTIMIZERS = {
    "SGD": lambda o: o.SGD(0.05),
    "momentum": lambda o: o.SGD(0.05, momentum=0.9, nesterov=True),
    "Adam": lambda o: o.Adam(0.01),
    "amsgrad": lambda o: o.Adam(0.01, amsgrad=True),
    "AdamW": lambda o: o.AdamW(0.01),
    "averages": lambda o: o.Adam(0.01, use_ema=True),
    "accumulation": lambda o: o.SGD(0.05, momentum=0.9, gradient_accumulation_steps=2),
    "schedule": lambda o: o.Adam(o.schedules.ExponentialDecay(0.01, 2, 0.9)),
    "RMSprop": lambda o: o.RMSprop(0.01),
    "centered RMSprop": lambda o: o.RMSprop(0.01, momentum=0.9, centered=True),
    "Adagrad": lambda o: o.Adagrad(0.01),
    "Adadelta": lambda o: o.Adadelta(0.1),
    "Adamax": lambda o: o.Adamax(0.01),
    "Nadam": lambda o: o.Nadam(0.01),
    "Ftrl": lambda o: o.Ftrl(0.01),
    "Lion": lambda o: o.Lion(0.001),
    "Lamb": lambda o: o.Lamb(0.01),
    "Adafactor": lambda o: o.Adafactor(0.01),
    "Muon": lambda o: o.Muon(0.01),
    "ScheduleFreeAdamW": lambda o: o.ScheduleFreeAdamW(0.01),
    "LossScaleOptimizer": lambda o: o.LossScaleOptimizer(o.SGD(0.05, momentum=0.9)),
}


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_training_goes_on_in_the_other_library(keras, tmp_path, name):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((16, 6)).astype("float32")
    y = x.sum(1, keepdims=True)

    def fit(model, epochs):
        history = model.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
        return history.history["loss"]

    def made(library):
        layers = library.layers
        model = library.Sequential(
            [layers.Input((6,)), layers.Dense(5, activation="tanh"), layers.Dense(1)]
        )
        model.compile(OPTIMIZERS[name](library.optimizers), "mse")
        return model

    for one, other in ((minikeras, keras), (keras, minikeras)):
        path = tmp_path / f"{one.__name__}.weights.h5"
        first, second = made(one), made(other)
        fit(first, 2)
        second.optimizer.build(second.trainable_variables)  # Keras fills only what is built
        for model, file in ((first, "save_weights"), (second, "load_weights")):
            if isinstance(model, minikeras.Model):
                {"save_weights": save_weights, "load_weights": load_weights}[file](model, path)
            else:
                getattr(model, file)(path)
        for mine, theirs in zip(first.optimizer.variables, second.optimizer.variables, strict=True):
            np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), rtol=1e-6)
        if name != "averages":  # with them, Keras on jax cannot fit a second time
            np.testing.assert_allclose(fit(first, 2), fit(second, 2), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("name", ["dense", "recurrent", "branching"])
def test_legacy_files_of_keras_open(keras, tmp_path, name):
    make, shapes = MODELS[name]
    rng = np.random.default_rng(0)
    values = [rng.standard_normal((5, *shape)).astype("float32") for shape in shapes]
    ours, theirs = make(minikeras), make(keras)
    draw(theirs, 1)
    theirs.compile("adam", "mse")
    theirs.optimizer.build(theirs.trainable_variables)
    draw(theirs.optimizer, 2)
    path = tmp_path / "m.h5"
    theirs.save(path)
    legacy_h5.load_weights(ours, path)
    for mine, other in zip(outputs(ours, values), outputs(theirs, values), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
    found = legacy_h5.read_model(path)
    assert found.config["class_name"] == type(theirs).__name__
    assert found.training["optimizer_config"]["class_name"] == "Adam"
    ours.compile("adam", "mse")
    legacy_h5.put_state(ours, found.optimizer, str(path))
    for mine, other in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(other))
