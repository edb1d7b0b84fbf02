"""Training against real Keras: same weights, same batches, fifty steps."""

import numpy as np
import pytest

import minikeras

# Keras's variables predate NumPy 2's copy keyword.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(11)
STEPS, BATCH = 50, 16
X = RNG.standard_normal((10 * BATCH, 6)).astype(np.float32)
SCORES = X @ RNG.standard_normal((6, 4)) + 0.5 * RNG.standard_normal((len(X), 4))
LABELS = SCORES.argmax(axis=1)
ONE_HOT = np.eye(4, dtype=np.float32)[LABELS]
YES_NO = (SCORES[:, :2] > 0).astype(np.float32)
NUMBERS = np.tanh(SCORES[:, :2]).astype(np.float32)
WEIGHTS = RNG.uniform(0.0, 2.0, len(X)).astype(np.float32)
CLASS_WEIGHT = {0: 0.5, 1: 2.0, 2: 1.0, 3: 3.0}
CLOSE = {"rtol": 0.0, "atol": 1e-5}

OPTIMIZERS = {
    "plain": ("SGD", {"learning_rate": 0.1}),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "nesterov": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.002}),
    "rmsprop, centered": ("RMSprop", {"learning_rate": 0.002, "centered": True, "momentum": 0.5}),
    "adagrad": ("Adagrad", {"learning_rate": 0.05}),
    "adam": ("Adam", {"learning_rate": 0.005}),
    "amsgrad": ("Adam", {"learning_rate": 0.005, "amsgrad": True}),
    "adamw": ("AdamW", {"learning_rate": 0.005, "weight_decay": 0.05}),
    "lion": ("Lion", {"learning_rate": 0.001}),
    "clipnorm": ("SGD", {"learning_rate": 0.1, "clipnorm": 0.1}),
    "clipvalue": ("Adam", {"learning_rate": 0.005, "clipvalue": 0.02}),
    "global clipnorm": ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "global_clipnorm": 0.2}),
    "moving average": (
        "SGD",
        {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 7},
    ),
}


def network(library, *, units=4, final="softmax", hidden="tanh", seed=3, **settings):
    """Return an MLP of three layers; those of both libraries start from the same weights."""
    layers = library.layers
    for key, value in settings.items():
        if isinstance(value, tuple):
            settings[key] = getattr(library.regularizers, value[0])(*value[1:])
    model = library.Sequential(
        [
            library.Input((6,)),
            layers.Dense(12, activation=hidden, **settings),
            layers.Dense(8, activation="sigmoid"),
            layers.Dense(units, activation=final),
        ]
    )
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(-0.7, 0.7, w.shape) for w in model.get_weights()])
    return model


def pair(keras, optimizer, loss, metrics=(), **settings):
    """Return the same compiled model twice: ours and theirs."""
    name, options = optimizer
    made = []
    for library in (minikeras, keras):
        model = network(library, **settings)
        chosen = getattr(library.optimizers, name)(**options)
        model.compile(chosen, loss, metrics=list(metrics))
        made.append(model)
    return made


def batches():
    for i in range(STEPS):
        start = i * BATCH % len(X)
        yield slice(start, start + BATCH)


def losses_of_each_step(model, y, **weights):
    found = []
    for part in batches():
        given = {k: v[part] if isinstance(v, np.ndarray) else v for k, v in weights.items()}
        model.reset_metrics()
        found.append(model.train_on_batch(X[part], y[part], return_dict=True, **given)["loss"])
    return np.array(found, np.float64)


def assert_same_training(ours, theirs, y, **weights):
    found, expected = (losses_of_each_step(model, y, **weights) for model in (ours, theirs))
    assert expected[0] != pytest.approx(expected[-1], abs=1e-3)  # something was learnt
    np.testing.assert_allclose(found, expected, **CLOSE)
    assert_same_weights(ours, theirs)


def assert_same_weights(ours, theirs):
    for found, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, **CLOSE)


def assert_same_logs(found, expected):
    assert set(found) == set(expected)  # Keras sorts them, we keep the order of compile
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, err_msg=name, **CLOSE)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_of_softmax_and_cross_entropy(keras, name):
    ours, theirs = pair(keras, OPTIMIZERS[name], "sparse_categorical_crossentropy")
    assert_same_training(ours, theirs, LABELS)


@pytest.mark.parametrize("name", ["momentum", "rmsprop", "adam", "adamw"])
def test_fifty_steps_with_one_hot_targets(keras, name):
    ours, theirs = pair(keras, OPTIMIZERS[name], "categorical_crossentropy", hidden="relu")
    assert_same_training(ours, theirs, ONE_HOT)


@pytest.mark.parametrize(
    ("loss", "y", "units", "final"),
    [
        ("binary_crossentropy", YES_NO, 2, "sigmoid"),
        ("mse", NUMBERS, 2, "linear"),
        ("mae", NUMBERS, 2, None),
        ("huber", NUMBERS, 2, "tanh"),
    ],
)
def test_fifty_steps_of_other_losses(keras, loss, y, units, final):
    ours, theirs = pair(keras, OPTIMIZERS["adam"], loss, units=units, final=final)
    assert_same_training(ours, theirs, y)


def test_fifty_steps_from_logits(keras):
    found = []
    for library in (minikeras, keras):
        model = network(library, final=None)
        loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(library.optimizers.SGD(0.1, momentum=0.9), loss)
        found.append(model)
    assert_same_training(*found, LABELS)


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_regularizer": "l2", "bias_regularizer": "l1"},
        {"kernel_regularizer": ("L1L2", 0.01, 0.02)},
        {"activity_regularizer": "l2"},
        {"kernel_constraint": "max_norm", "bias_constraint": "non_neg"},
        {"use_bias": False},
    ],
)
def test_fifty_steps_with_regularizers_and_constraints(keras, settings):
    chosen = OPTIMIZERS["momentum"]
    ours, theirs = pair(keras, chosen, "sparse_categorical_crossentropy", **settings)
    assert_same_training(ours, theirs, LABELS)


def test_fifty_steps_with_sample_weights(keras):
    ours, theirs = pair(keras, OPTIMIZERS["adam"], "sparse_categorical_crossentropy")
    assert_same_training(ours, theirs, LABELS, sample_weight=WEIGHTS)


def test_fifty_steps_with_class_weights(keras):
    ours, theirs = pair(keras, OPTIMIZERS["adam"], "sparse_categorical_crossentropy")
    assert_same_training(ours, theirs, LABELS, class_weight=CLASS_WEIGHT)


def test_fifty_steps_with_a_frozen_layer(keras):
    ours, theirs = pair(keras, OPTIMIZERS["adam"], "sparse_categorical_crossentropy")
    before = ours.get_weights()[2].copy()
    for model in (ours, theirs):
        model.layers[1].trainable = False
        model.compile(model.optimizer.__class__(0.005), "sparse_categorical_crossentropy")
    assert_same_training(ours, theirs, LABELS)
    np.testing.assert_array_equal(ours.get_weights()[2], before)


FITS = {
    "plain": {},
    "last batch smaller": {"batch_size": 48},
    "validation split": {"validation_split": 0.25},
    "validation data": {"validation_data": (X[:40], LABELS[:40])},
    "weighted validation": {"validation_data": (X[:40], LABELS[:40], WEIGHTS[:40])},
    "validation every second epoch": {"validation_split": 0.25, "validation_freq": 2},
    "sample weights": {"sample_weight": WEIGHTS},
    "class weights": {"class_weight": CLASS_WEIGHT, "validation_split": 0.2},
    "later start": {"initial_epoch": 1},
}


@pytest.mark.parametrize("name", FITS)
def test_history_of_fit(keras, name):
    settings = {"batch_size": BATCH, "epochs": 3, "shuffle": False, "verbose": 0, **FITS[name]}
    chosen = OPTIMIZERS["adam"]
    ours, theirs = pair(keras, chosen, "sparse_categorical_crossentropy", ["accuracy"])
    found, expected = (model.fit(X, LABELS, **settings) for model in (ours, theirs))
    assert found.epoch == expected.epoch
    assert_same_logs(found.history, expected.history)
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("name", ["momentum", "adamw"])
def test_weights_that_the_loss_no_longer_reaches_move_alike(keras, name):
    def after(library):
        kind, arguments = OPTIMIZERS[name]
        inputs = library.Input((6,))
        used, other = (library.layers.Dense(2, kernel_initializer="ones") for _ in range(2))
        both = library.Model(inputs, library.layers.Add()([used(inputs), other(inputs)]))
        optimizer = getattr(library.optimizers, kind)(**arguments)
        both.compile(optimizer, "mse")
        both.fit(X[:BATCH], NUMBERS[:BATCH], verbose=0)

        class One(library.Model):  # all of the weights, and one layer alone that is called
            def __init__(self):
                super().__init__()
                self.inner = both
                self.built = True

            def call(self, x):
                return used(x)

        one = One()
        one.compile(optimizer, "mse")
        before = np.array(other.get_weights()[0])
        one.fit(X[:BATCH], NUMBERS[:BATCH], verbose=0)
        return before, np.array(other.get_weights()[0])

    (_, theirs), (before, ours) = after(keras), after(minikeras)
    np.testing.assert_allclose(ours, theirs, **CLOSE)
    assert np.abs(ours - before).min() > 1e-4


def test_evaluate_and_predict(keras):
    chosen = OPTIMIZERS["adam"]
    ours, theirs = pair(keras, chosen, "categorical_crossentropy", ["accuracy", "mse"])
    for weights in (None, WEIGHTS):
        found, expected = (
            model.evaluate(
                X, ONE_HOT, batch_size=48, sample_weight=weights, verbose=0, return_dict=True
            )
            for model in (ours, theirs)
        )
        assert_same_logs(found, expected)
    for size in (None, 7, 500):
        np.testing.assert_allclose(
            ours.predict(X, batch_size=size, verbose=0), theirs.predict(X, verbose=0), **CLOSE
        )


def test_evaluate_counts_regularizers_as_fit_does(keras):
    settings = {"kernel_regularizer": "l2"}
    ours, theirs = pair(keras, OPTIMIZERS["plain"], "sparse_categorical_crossentropy", **settings)
    found, expected = (model.evaluate(X, LABELS, verbose=0) for model in (ours, theirs))
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Dense", (3,)),
        ("Activation", ("relu",)),
        ("Flatten", ()),
        ("Reshape", ((2, 3),)),
        ("Dropout", (0.5,)),
        ("Identity", ()),
    ],
)
def test_config_of_a_layer_has_the_names_that_keras_gives(keras, name, arguments):
    ours, theirs = (getattr(library.layers, name)(*arguments) for library in (minikeras, keras))
    assert set(ours.get_config()) >= set(theirs.get_config()) - {"quantization_config", "lora_rank"}


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adagrad", "Adam", "AdamW", "Lion"])
def test_config_of_an_optimizer_has_the_names_and_defaults_of_keras(keras, name):
    found, expected = (
        getattr(library.optimizers, name)().get_config() for library in (minikeras, keras)
    )
    assert set(found) >= set(expected)
    assert expected.pop("name").startswith(found["name"])  # Keras numbers them
    assert {key: found[key] for key in expected} == pytest.approx(expected)


def test_summary_counts_the_same_parameters(keras):
    assert network(minikeras).count_params() == network(keras).count_params()
