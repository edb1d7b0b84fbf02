"""Files that go from minikeras to real Keras and back: the same numbers, the same training."""

import importlib
import io
import json
import pkgutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras import saving
from minikeras.registry import registered
from tests.parity import layer_cases
from tests.parity.test_layers import arrays, flat, sample_weights

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*does not support masking.*:UserWarning"),
]


# Layers.


def cases():
    """Yield the first case of each class, of those that are called on arrays alone."""
    seen = set()
    for module in pkgutil.iter_modules(layer_cases.__path__):
        family = importlib.import_module(f"{layer_cases.__name__}.{module.name}")
        for _, make, inputs, *options in family.CASES:
            found = type(make(minikeras.layers)).__name__
            settings = options[0] if options else {}
            if found not in seen and set(settings.get("call", {})) <= {"training"}:
                seen.add(found)
                positional = bool(settings.get("args"))
                yield pytest.param(make, inputs, positional, id=found)


def around(library, make, values, as_list, positional):
    """Return a functional model that consists of the layer."""
    inputs = [
        library.Input(
            value.shape[1:], dtype="string" if value.dtype.kind in "USO" else value.dtype.name
        )
        for value in values
    ]
    layer = make(library.layers)
    outputs = layer(*inputs) if positional else layer(inputs if as_list else inputs[0])
    return library.Model(inputs if len(inputs) > 1 else inputs[0], outputs)


def assert_same(got, want):
    for mine, other in zip(flat(got), flat(want), strict=True):
        other = np.asarray(other)
        if other.dtype.kind in "fiub":
            scale = max(1.0, float(np.abs(other).max(initial=0)))
            np.testing.assert_allclose(mine, other, atol=1e-6 * scale, rtol=1e-5)


@pytest.mark.parametrize(("make", "inputs", "positional"), list(cases()))
def test_a_model_of_each_layer_goes_there_and_back(keras, tmp_path, make, inputs, positional):
    values, as_list = arrays(inputs)
    given = values if len(values) > 1 else values[0]
    ours = around(minikeras, make, values, as_list, positional)
    ours.set_weights(sample_weights(ours))
    want = ours(given, training=False)

    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    assert_same(theirs(given, training=False), want)

    theirs.save(tmp_path / "theirs.keras")
    again = saving.load_model(tmp_path / "theirs.keras")
    assert_same(again(given, training=False), want)


# Training.

OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.05, "use_ema": True, "ema_overwrite_frequency": 3}),
    ("RMSprop", {"learning_rate": 0.01}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adam", {"learning_rate": 0.01}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True, "gradient_accumulation_steps": 2}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.01}),
    ("Adamax", {"learning_rate": 0.01}),
    ("Nadam", {"learning_rate": 0.01}),
    ("Ftrl", {"learning_rate": 0.1}),
    ("Lion", {"learning_rate": 0.001}),
    ("Lamb", {"learning_rate": 0.01}),
    ("Adafactor", {"learning_rate": 0.01}),
    ("Muon", {"learning_rate": 0.01}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.01}),
]

SCALED = "LossScaleOptimizer"  # is made around another one; MultiOptimizer only minikeras has


def ours(kind):
    """Return the names that minikeras registers itself; other tests register more."""
    found = registered(kind).items()
    return {name for name, cls in found if cls.__module__.startswith("minikeras.")}


def test_no_layer_and_no_optimizer_is_left_out():
    """What Keras on JAX does not have, or what has tests of its own, is listed here."""
    here = {case.id for case in cases()}
    models = {"Functional", "InputLayer", "Sequential"}
    cells = {"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}
    text = {"HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"}
    assert ours("layer") - here == models | cells | text | {"Lambda"}
    optimizers = {name for name, _ in OPTIMIZERS}
    assert ours("optimizer") - optimizers == {SCALED, "MultiOptimizer"}
    assert ours("schedule") == {name for name, _ in SCHEDULES}


CELLS = {
    "GRUCell": lambda layers: layers.GRUCell(2),
    "LSTMCell": lambda layers: layers.LSTMCell(2),
    "SimpleRNNCell": lambda layers: layers.SimpleRNNCell(2),
    "StackedRNNCells": lambda layers: layers.StackedRNNCells(
        [layers.LSTMCell(2), layers.GRUCell(3)]
    ),
}


@pytest.mark.parametrize("name", list(CELLS))
def test_a_model_of_each_cell_goes_there_and_back(keras, tmp_path, name):
    x = np.random.default_rng(0).standard_normal((3, 5, 4)).astype("float32")
    ours = minikeras.Sequential(
        [minikeras.Input((5, 4)), minikeras.layers.RNN(CELLS[name](minikeras.layers))]
    )
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    assert_same(theirs(x, training=False), ours(x))
    theirs.save(tmp_path / "theirs.keras")
    assert_same(saving.load_model(tmp_path / "theirs.keras")(x), ours(x))


def test_a_lambda_goes_there_and_back_with_its_function(keras, tmp_path):
    def twice(x):
        return 2.0 * x

    x, _ = data()
    for one, other in ((minikeras, keras), (keras, minikeras)):
        first = one.Sequential([one.Input((4,)), one.layers.Lambda(twice, name="twice")])
        first.save(tmp_path / "m.keras")
        second = other.saving.load_model(tmp_path / "m.keras", custom_objects={"twice": twice})
        assert_same(second.predict(x, verbose=0), first.predict(x, verbose=0))


def data():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((32, 4)).astype("float32")
    return x, np.tanh(x[:, :1] * x[:, 1:2])


def network(library, optimizer, metrics=("mae",)):
    model = library.Sequential(
        [
            library.Input((4,)),
            library.layers.Dense(6, "tanh", kernel_regularizer=library.regularizers.L2(0.01)),
            library.layers.BatchNormalization(),
            library.layers.Dense(1),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.3, 0.7, w.shape) for w in model.get_weights()])
    model.compile(optimizer, "mse", metrics=list(metrics))
    return model


def train(model, epochs):
    x, y = data()
    return model.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0).history


def assert_same_training(got, want):
    assert sorted(got) == sorted(want)
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "settings"), OPTIMIZERS, ids=lambda value: value if isinstance(value, str) else None
)
def test_keras_goes_on_where_minikeras_stopped_and_the_other_way(keras, tmp_path, name, settings):
    ours = network(minikeras, getattr(minikeras.optimizers, name)(**settings))
    train(ours, 2)
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    x, _ = data()
    np.testing.assert_allclose(theirs.predict(x, verbose=0), ours.predict(x), atol=1e-6)
    assert int(theirs.optimizer.iterations) == ours.optimizer.iterations
    assert_same_training(train(ours, 2), train(theirs, 2))

    theirs.save(tmp_path / "theirs.keras")
    theirs = keras.saving.load_model(tmp_path / "theirs.keras")  # Keras trains an EMA only once
    again = saving.load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(again.predict(x), theirs.predict(x, verbose=0), atol=1e-6)
    assert_same_training(train(again, 1), train(theirs, 1))


def test_a_scaled_loss_goes_on_in_the_other_library(keras, tmp_path):
    def optimizer(library):
        inner = library.optimizers.SGD(0.05, momentum=0.9)
        return library.optimizers.LossScaleOptimizer(inner, initial_scale=8.0)

    for one, other in ((minikeras, keras), (keras, minikeras)):
        first = network(one, optimizer(one))
        train(first, 2)
        first.save(tmp_path / "m.keras")
        second = other.saving.load_model(tmp_path / "m.keras")
        assert_same_training(train(second, 2), train(first, 2))


SCHEDULES = [
    ("ExponentialDecay", (0.1, 10, 0.9)),
    ("PiecewiseConstantDecay", ([3, 6], [0.1, 0.05, 0.01])),
    ("PolynomialDecay", (0.1, 10)),
    ("InverseTimeDecay", (0.1, 10, 0.9)),
    ("CosineDecay", (0.1, 20)),
    ("CosineDecayRestarts", (0.1, 5)),
]


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES)
def test_a_schedule_goes_on_in_keras(keras, tmp_path, name, arguments):
    schedule = getattr(minikeras.optimizers.schedules, name)(*arguments)
    ours = network(minikeras, minikeras.optimizers.SGD(schedule))
    train(ours, 1)
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    assert_same_training(train(ours, 1), train(theirs, 1))


# Models.


def graph(library):
    """Layers in branches, shared and nested ones, functions, several outputs."""
    layers, ops = library.layers, library.ops
    inside = library.Input((3,))
    inner = library.Model(inside, layers.Dense(3, "tanh")(inside), name="inner")
    x = library.Input((4,), name="x")
    shared = layers.Dense(3, name="shared")
    a = shared(x)
    b = inner(inner(a))
    both = layers.Add()([a, b])
    part = ops.relu(both[:, 1:]) * 2.0 + ops.expand_dims(ops.mean(both, axis=1), 1)
    row = library.Sequential([library.Input((3,)), layers.Dense(2)], name="row")
    last = shared(ops.concatenate([x[:, :2], x[:, 2:]], axis=-1))
    return library.Model(x, {"part": part, "row": row(both), "inner": inner(last)})


def test_a_graph_goes_there_and_back(keras, tmp_path):
    x, _ = data()
    ours = graph(minikeras)
    ours.compile("adam", loss={"part": "mse", "row": "mae"}, loss_weights={"part": 0.5, "row": 1.0})
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    want = ours.predict(x)
    got = theirs.predict(x, verbose=0)
    for name in want:
        np.testing.assert_allclose(got[name], want[name], atol=1e-6)
    theirs.save(tmp_path / "theirs.keras")
    again = saving.load_model(tmp_path / "theirs.keras").predict(x)
    for name in want:
        np.testing.assert_allclose(again[name], want[name], atol=1e-6)


def test_a_graph_made_by_keras_opens_here(keras, tmp_path):
    x, _ = data()
    theirs = graph(keras)
    theirs.save(tmp_path / "theirs.keras")
    got, want = (
        saving.load_model(tmp_path / "theirs.keras").predict(x),
        theirs.predict(x, verbose=0),
    )
    for name in want:
        np.testing.assert_allclose(got[name], want[name], atol=1e-6)


def test_architectures_are_the_same_text(keras):
    """But for what only one of them has, and float32 learning rates."""
    ours, theirs = (json.loads(graph(library).to_json()) for library in (minikeras, keras))

    def kinds(config):
        return [(entry["module"], entry["class_name"]) for entry in config["config"]["layers"]]

    assert kinds(ours) == kinds(theirs)
    assert {k: v for k, v in ours.items() if k != "config"} == {
        k: v for k, v in theirs.items() if k not in ("config", "shared_object_id")
    }


def test_heads_in_a_dict_keep_their_weights(keras, tmp_path):
    x, _ = data()
    given = minikeras.Input((4,))
    heads = {name: minikeras.layers.Dense(3, name=f"head_{name}")(given) for name in "bac"}
    ours = minikeras.Model(given, heads)
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras").predict(x, verbose=0)
    for name, y in ours.predict(x).items():
        np.testing.assert_allclose(theirs[name], y, atol=1e-6)


def test_a_layer_of_ones_own_goes_there_and_back(keras, tmp_path):
    def scale(library):
        class Scale(library.layers.Layer):
            def __init__(self, factor, inner, **kwargs):
                super().__init__(**kwargs)
                self.factor = factor
                self.inner = inner

            def call(self, x):
                return self.factor * self.inner(x)

            def get_config(self):
                inner = library.saving.serialize_keras_object(self.inner)
                return {**super().get_config(), "factor": self.factor, "inner": inner}

            @classmethod
            def from_config(cls, config):
                config["inner"] = library.saving.deserialize_keras_object(config["inner"])
                return cls(**config)

        return Scale

    x, _ = data()
    mine, other = scale(minikeras), scale(keras)
    ours = minikeras.Sequential([minikeras.Input((4,)), mine(3.0, minikeras.layers.Dense(2))])
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras", custom_objects={"Scale": other})
    np.testing.assert_allclose(theirs.predict(x, verbose=0), ours.predict(x), atol=1e-6)
    theirs.save(tmp_path / "theirs.keras")
    again = saving.load_model(tmp_path / "theirs.keras", custom_objects={"Scale": mine})
    np.testing.assert_allclose(again.predict(x), ours.predict(x), atol=1e-6)
    with pytest.raises(saving.ModelFileError, match="unknown class 'Scale'"):
        saving.load_model(tmp_path / "theirs.keras")


def hooked(library):
    """Return a layer and a model that keep everything by Keras's hooks for it."""

    class Table(library.layers.Layer):
        def build(self, shape):
            self.size = shape[-1]
            self.factors = self.add_weight(shape=(self.size,), initializer="ones", name="factors")
            self.words, self.note = [], None

        def call(self, x):
            return x * self.factors

        def get_build_config(self):
            return {"size": self.size, "note": "made so"}

        def build_from_config(self, config):
            self.build((None, config["size"]))
            self.built = True
            self.note = config["note"]

        def save_own_variables(self, store):
            store["halves"] = np.asarray(self.factors) / 2.0

        def load_own_variables(self, store):
            self.factors.assign(2.0 * np.asarray(store["halves"]))

        def save_assets(self, dir_path):
            folder = Path(dir_path, "lists")
            folder.mkdir(parents=True)
            Path(folder, "words.txt").write_text(" ".join(self.words))

        def load_assets(self, dir_path):
            self.words = Path(dir_path, "lists", "words.txt").read_text().split()

    class Judge(library.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.table = Table()
            self.last = library.layers.Dense(1)

        def build(self, shape):
            self.table.build(shape)
            self.last.build(shape)
            self.built = True

        def call(self, x):
            return self.last(self.table(x))

        def get_compile_config(self):
            return {"rate": float(np.asarray(self.optimizer.learning_rate))}

        def compile_from_config(self, config):
            self.compile(library.optimizers.SGD(config["rate"]), "mse")

    return {"Table": Table, "Judge": Judge}


@pytest.mark.parametrize("back", [False, True])
def test_every_hook_of_ones_own_classes_works_in_both_directions(keras, tmp_path, back):
    x, _ = data()
    one, other = (keras, minikeras) if back else (minikeras, keras)
    classes = hooked(one)
    first = classes["Judge"]()
    first.build((None, 4))
    first.table.words = ["cat", "dog"]
    first.table.factors.assign(np.arange(4.0))
    first.compile(one.optimizers.SGD(0.25), "mse")
    first.save(tmp_path / "m.keras")
    names = [("assets/layers/table/lists/words.txt", b"cat dog")]
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert [(n, archive.read(n)) for n in archive.namelist() if n.startswith("assets")] == names
    second = other.saving.load_model(tmp_path / "m.keras", custom_objects=hooked(other))
    assert second.table.words == ["cat", "dog"]
    np.testing.assert_allclose(np.asarray(second.optimizer.learning_rate), 0.25)
    np.testing.assert_allclose(second.predict(x, verbose=0), first.predict(x, verbose=0), atol=1e-6)


def test_build_config_of_ones_own_layer_reaches_it_in_both_directions(keras, tmp_path):
    for one, other in ((keras, minikeras), (minikeras, keras)):
        first = one.Sequential([one.Input((4,)), hooked(one)["Table"]()])
        first.save(tmp_path / "m.keras")
        second = other.saving.load_model(tmp_path / "m.keras", custom_objects=hooked(other))
        assert second.layers[-1].note == "made so"


def test_vocabularies_that_keras_learnt_are_read(keras, tmp_path):
    pytest.importorskip("tensorflow", reason="Keras looks up strings with tensorflow alone")
    words = np.array([["cat"], ["dog"], ["cat"], ["emu"]])
    lookup = keras.layers.StringLookup()
    lookup.adapt(words)
    theirs = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
    theirs.save(tmp_path / "m.keras")
    ours = saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(ours(words), np.asarray(lookup(words)))


def test_losses_and_metrics_as_objects_come_back(keras, tmp_path):
    metrics = keras.metrics
    theirs = network(keras, "adam")
    theirs.compile(
        "adam", keras.losses.Huber(), metrics=["mae", metrics.MeanSquaredError(name="a")]
    )
    theirs.save(tmp_path / "m.keras")
    ours = saving.load_model(tmp_path / "m.keras")
    assert_same_training(train(ours, 1), train(theirs, 1))


def test_what_only_minikeras_has_is_kept_beside_what_keras_reads(keras):
    file = io.BytesIO()
    ours = network(minikeras, minikeras.optimizers.SGD(0.1, gradient="numerical"))
    ours.save(file)
    file.seek(0)
    assert saving.load_model(file).optimizer.gradient == "numerical"
    entry = json.loads(ours.to_json())["compile_config"]["optimizer"]
    assert keras.saving.deserialize_keras_object(entry).name == "sgd"
