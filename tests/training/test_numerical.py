"""The gradient of a model by central differences: exact, whichever way it is computed."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Model, Sequential, activations, config, losses
from minikeras.layers import (
    Activation,
    Dense,
    Flatten,
    Identity,
    Lambda,
    Layer,
    Reshape,
)
from minikeras.optimizers import SGD
from minikeras.training.columns import ACROSS_FEATURES
from minikeras.training.numerical import numerical_model_gradient

RNG = np.random.default_rng(7)
N = 9
X = RNG.standard_normal((N, 5))
LABELS = RNG.integers(4, size=N)
ONE_HOT = np.eye(4)[LABELS]
SOFT = RNG.dirichlet(np.ones(4), N)
YES_NO = (RNG.random((N, 4)) < 0.5).astype(float)
NUMBERS = RNG.standard_normal((N, 4))
WEIGHTS = np.array([1.0, 0.0, 2.5, 0.5, 1.0, 3.0, 1.0, 0.25, 1.0])
SPARSE, CATEGORICAL, BINARY = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)


@pytest.fixture(autouse=True)
def float64():
    config.set_floatx("float64")  # conftest.py sets it back


def compiled(layers, loss, **settings):
    """Return a model built for X, with weights that leave nothing symmetric."""
    model = Sequential([Input((5,)), *layers]) if isinstance(layers, list) else layers
    model.compile(SGD(0.0, gradient="numerical"), loss, **settings)
    return model


def prepare(model, x, y, w=None):
    model.train_on_batch(x, y, sample_weight=w)  # builds everything; a rate of 0 changes nothing
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(rng.uniform(-0.9, 0.9, variable.shape))


def plain(model, x, y, w, h):
    """Return central differences by moving one number at a time and calling the whole model."""
    found = []
    for variable in model.trainable_variables:
        for index in np.ndindex(variable.shape):
            before = variable.value[index]
            sides = []
            for moved in (before + h, before - h):
                variable.value[index] = moved
                sides.append(float(model.compute_loss(x, y, model(x, training=True), w)))
            variable.value[index] = before
            found.append((sides[0] - sides[1]) / (2.0 * h))
    return np.array(found)


def evaluations(model, monkeypatch):
    """Return a list that grows with every loss that the model computes."""
    counted = []
    loss = model._objective.loss
    monkeypatch.setattr(model._objective, "loss", lambda *a: counted.append(1) or loss(*a))
    return counted


def check(model, x, y, w=None, *, h=None, atol=1e-9, whole=False, monkeypatch):
    """Compare the gradient with plain differences; see that no more was computed than needed."""
    prepare(model, x, y, w)
    before = model.get_weights()
    counted = evaluations(model, monkeypatch)
    loss, y_pred = numerical_model_gradient(model, x, y, w, h)
    expected_count = 1 + 2 * model.count_params() if whole else 1
    assert len(counted) == expected_count
    gradient = model.optimizer.flat.gradient.copy()
    step = np.finfo(gradient.dtype).eps ** (1 / 3) if h is None else h
    np.testing.assert_allclose(gradient, plain(model, x, y, w, step), rtol=0.0, atol=atol)
    assert np.abs(gradient).max() > 1e-3
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(y_pred, model(x, training=True))
    assert loss == float(model.compute_loss(x, y, y_pred, w))


def functional():
    x = Input((5,))
    return Model(x, Dense(4, activation="softmax")(Dense(6, activation="tanh")(x)))


COLUMNS = {
    "functional": (functional, SPARSE, LABELS),
    "penalties of weights": (
        lambda: [
            Dense(6, "tanh", kernel_regularizer="l2", bias_regularizer="l1"),
            Dense(4, "softmax", kernel_regularizer="l1_l2"),
        ],
        SPARSE,
        LABELS,
    ),
    "softmax, sparse": (
        lambda: [Dense(6, activation="sigmoid"), Dense(4, activation="softmax")],
        SPARSE,
        LABELS,
    ),
    "softmax, labels in a column": (
        lambda: [Dense(6, activation="tanh"), Dense(4, activation="softmax")],
        SPARSE,
        LABELS[:, None],
    ),
    "softmax, one-hot": (
        lambda: [Dense(6, activation="tanh"), Dense(4, activation="softmax")],
        CATEGORICAL,
        ONE_HOT,
    ),
    "softmax, soft targets": (
        lambda: [Dense(6, activation="relu"), Dense(4, activation="softmax")],
        CATEGORICAL,
        SOFT,
    ),
    "targets that do not sum to 1": (
        lambda: [Dense(6, activation="sigmoid"), Dense(4, activation="softmax")],
        CATEGORICAL,
        3.0 * SOFT,
    ),
    "smoothed targets": (
        lambda: [Dense(6, activation="sigmoid"), Dense(4, activation="softmax")],
        losses.CategoricalCrossentropy(label_smoothing=0.2),
        ONE_HOT,
    ),
    "ignored class": (
        lambda: [Dense(6, activation="sigmoid"), Dense(4, activation="softmax")],
        losses.SparseCategoricalCrossentropy(ignore_class=int(LABELS[0])),
        LABELS,
    ),
    "crossentropy by shape": (
        lambda: [Dense(6, activation="sigmoid"), Dense(4, activation="softmax")],
        "crossentropy",
        LABELS,
    ),
    "logits, sparse": (
        lambda: [Dense(6, activation="sigmoid"), Dense(4)],
        losses.SparseCategoricalCrossentropy(from_logits=True),
        LABELS,
    ),
    "logits, soft": (
        lambda: [Dense(6, activation="gelu"), Dense(4)],
        losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        SOFT,
    ),
    "softmax as a layer of its own": (
        lambda: [Dense(6), Activation("sigmoid"), Dense(4), Activation("softmax")],
        SPARSE,
        LABELS,
    ),
    "two functions of a unit": (
        lambda: [Dense(6, activation="tanh"), Activation("sigmoid"), Identity(), Dense(4)],
        "mse",
        NUMBERS,
    ),
    "function on top of softmax": (
        lambda: [Dense(4, activation="softmax"), Activation("sigmoid")],
        BINARY,
        YES_NO,
    ),
    "sigmoid, binary": (
        lambda: [Dense(6, activation="tanh"), Dense(4, activation="sigmoid")],
        BINARY,
        YES_NO,
    ),
    "smoothed binary": (
        lambda: [Dense(6, activation="tanh"), Dense(4, activation="sigmoid")],
        losses.BinaryCrossentropy(label_smoothing=0.3),
        YES_NO,
    ),
    "binary from logits": (
        lambda: [Dense(6, activation="tanh"), Dense(4)],
        losses.BinaryCrossentropy(from_logits=True),
        YES_NO,
    ),
    "linear, squares": (lambda: [Dense(6, activation="relu"), Dense(4)], "mse", NUMBERS),
    "half the sum of squares": (
        lambda: [Dense(3, activation="sigmoid"), Dense(4)],
        losses.SumSquaredError(),
        NUMBERS,
    ),
    "huber": (lambda: [Dense(3, activation="softplus"), Dense(4)], "huber", NUMBERS),
    "cosine": (lambda: [Dense(4)], "cosine_similarity", NUMBERS),
    "one layer": (lambda: [Dense(4, activation="softmax")], SPARSE, LABELS),
    "three layers": (
        lambda: [
            Dense(3, activation="sigmoid"),
            Dense(2, activation="sigmoid"),
            Dense(4, activation="softmax"),
        ],
        SPARSE,
        LABELS,
    ),
    "softmax in a hidden layer": (
        lambda: [Dense(6, activation="softmax"), Dense(4, activation="softmax")],
        SPARSE,
        LABELS,
    ),
    "glu halves a hidden layer": (
        lambda: [Dense(6, activation="glu"), Dense(4, activation="softmax")],
        SPARSE,
        LABELS,
    ),
    "sparsemax": (
        lambda: [Dense(6, activation="tanh"), Dense(4, activation="sparsemax")],
        "mse",
        SOFT,
    ),
    "no bias": (
        lambda: [
            Dense(6, activation="sigmoid", use_bias=False),
            Dense(4, activation="softmax", use_bias=False),
        ],
        SPARSE,
        LABELS,
    ),
    "nested": (
        lambda: [
            Sequential([Dense(6, activation="tanh"), Sequential([Dense(3)])]),
            Dense(4, activation="softmax"),
        ],
        SPARSE,
        LABELS,
    ),
    "reshaped there and back": (
        lambda: [Dense(6, activation="tanh"), Reshape((2, 3)), Flatten(), Dense(4)],
        "mse",
        NUMBERS,
    ),
    "softmax over part of a row": (
        lambda: [Dense(6), Reshape((3, 2)), Activation("softmax"), Flatten(), Dense(4)],
        "mae",
        NUMBERS,
    ),
    "sum instead of mean": (
        lambda: [Dense(6, activation="sigmoid"), Dense(4, activation="softmax")],
        losses.SparseCategoricalCrossentropy(reduction="sum"),
        LABELS,
    ),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("w", [None, WEIGHTS], ids=["", "weighted"])
def test_column_by_column_equals_whole_model(name, w, monkeypatch):
    layers, loss, y = COLUMNS[name]
    check(compiled(layers(), loss), X, y, w, atol=2e-9, monkeypatch=monkeypatch)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("h", [0.3, 0.01, 3e-4])
def test_differences_are_exact_however_far_the_parameters_are_moved(name, h, monkeypatch):
    layers, loss, y = COLUMNS[name]
    check(compiled(layers(), loss), X, y, WEIGHTS, h=h, atol=4e-14 / h, monkeypatch=monkeypatch)


ACTIVATIONS = sorted(
    name
    for name, function in minikeras.registry.registered("activation").items()
    if function.__module__.startswith("minikeras.") and name != "threshold"
)
"""All that need no further arguments; other tests register some of their own."""


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "step"])
def test_every_activation_in_a_hidden_layer(activation, monkeypatch):
    layers = [Dense(6, activation=activation), Dense(4, activation="softmax")]
    check(compiled(layers, SPARSE), X, LABELS, h=1e-3, atol=1e-11, monkeypatch=monkeypatch)


def test_step_activation_moves_when_the_change_reaches_its_edge(monkeypatch):
    layers = [Dense(6, activation="step"), Dense(4, activation="softmax")]
    check(compiled(layers, SPARSE), X, LABELS, h=0.4, atol=1e-12, monkeypatch=monkeypatch)


def test_large_changes_in_single_precision_leave_the_series(monkeypatch):
    layers, loss, y = COLUMNS["softmax, sparse"]
    config.set_floatx("float32")
    x = X.astype(np.float32)
    for h in (0.01, 0.05, 0.2):
        model = compiled(layers(), loss)
        prepare(model, x, y)
        numerical_model_gradient(model, x, y, h=h)
        config.set_floatx("float64")
        double = compiled(layers(), loss)
        prepare(double, X, y)
        double.set_weights(model.get_weights())
        np.testing.assert_allclose(
            model.optimizer.flat.gradient,
            plain(double, x.astype(float), y, None, h),
            rtol=0.0,
            atol=1e-6 / h**0.5,
        )
        config.set_floatx("float32")


def test_loss_weight_scales_the_gradient(monkeypatch):
    layers, loss, y = COLUMNS["three layers"]
    model = compiled(layers(), loss, loss_weights=[0.25])
    check(model, X, y, WEIGHTS, monkeypatch=monkeypatch)


@pytest.mark.parametrize("loss", [SPARSE, "logits"])
def test_saturated_samples_stay_clipped(loss, monkeypatch):
    # From certain of the right class over certain of another to undecided, at the edge of clipping.
    final = "softmax" if loss == SPARSE else None
    if loss == "logits":
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model = compiled([Dense(6, activation="tanh"), Dense(4, activation=final)], loss)
    prepare(model, X, LABELS)
    output = model.layers[-1]
    for scale in (4.0, 12.0, 16.1, 40.0, 400.0):
        output.kernel.assign(np.random.default_rng(2).standard_normal((6, 4)) * scale)
        numerical_model_gradient(model, X, LABELS)
        h = np.finfo(float).eps ** (1 / 3)
        np.testing.assert_allclose(
            model.optimizer.flat.gradient,
            plain(model, X, LABELS, None, h),
            rtol=0.0,
            atol=1e-9 * max(1.0, scale),
        )


def test_probability_just_at_the_clipping_bound_is_computed_in_full(monkeypatch):
    config.set_epsilon(0.05)  # many of these samples lie below it, or close
    layers, loss, y = COLUMNS["softmax, sparse"]
    for h in (None, 0.1):
        model = compiled(layers(), loss)
        check(model, X, y, h=h, monkeypatch=monkeypatch)


@pytest.mark.parametrize("name", ["softmax, sparse", "softmax, one-hot"])
def test_change_that_throws_a_unit_from_one_end_to_the_other(name, monkeypatch):
    layers, loss, y = COLUMNS[name]
    check(compiled(layers(), loss), X, y, h=100.0, atol=1e-14, monkeypatch=monkeypatch)


@pytest.mark.parametrize("h", [None, 10.0])
def test_sigmoid_far_from_zero(h, monkeypatch):
    layers, loss, y = COLUMNS["softmax, sparse"]
    model = compiled(layers(), loss)
    check(model, X * 30.0, y, h=h, atol=5e-9, monkeypatch=monkeypatch)


def test_images_are_flattened_first(monkeypatch):
    model = Sequential([Input((2, 3)), Flatten(), Dense(4, activation="softmax")])
    x = np.random.default_rng(0).standard_normal((N, 2, 3))
    check(compiled(model, SPARSE), x, LABELS, monkeypatch=monkeypatch)


def test_many_rows_and_weights_are_done_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr("minikeras.training.columns.BLOCK", 50)
    for name in ("softmax, sparse", "sigmoid, binary", "softmax in a hidden layer"):
        layers, loss, y = COLUMNS[name]
        y = np.tile(y, (4, 1)) if y.ndim == 2 else np.tile(y, 4)
        check(compiled(layers(), loss), rng.standard_normal((4 * N, 5)), y, monkeypatch=monkeypatch)


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_frozen_layer_is_passed_over(frozen, monkeypatch):
    layers, loss, y = COLUMNS["three layers"]
    model = compiled(layers(), loss)
    model.layers[frozen].trainable = False
    before = [w.copy() for w in model.layers[frozen].get_weights()]
    check(model, X, y, monkeypatch=monkeypatch)
    for a, b in zip(model.layers[frozen].get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_frozen_weight_is_passed_over(monkeypatch):
    layers, loss, y = COLUMNS["three layers"]
    model = compiled(layers(), loss)
    model.layers[1].kernel.trainable = False
    model.layers[2].bias.trainable = False
    check(model, X, y, monkeypatch=monkeypatch)


# Models of which the whole is computed for every parameter.


class Residual(Model):
    def __init__(self):
        super().__init__()
        self.inner = Dense(5, activation="tanh")
        self.outer = Dense(4, activation="softmax")

    def forward(self, x):
        return self.outer(x + self.inner(x))


class Doubled(Sequential):
    def forward(self, x):
        return 2.0 * super().forward(x)


class Centred(Layer):
    """Subtract the mean of the batch: rows depend on each other."""

    def forward(self, x):
        return x - np.mean(x, axis=0)


class Penalised(Layer):
    def forward(self, x):
        self.add_loss(np.mean(np.square(x)))
        return x


class WeightedLoss(Model):
    def __init__(self):
        super().__init__()
        self.output_layer = Dense(4)

    def forward(self, x):
        return self.output_layer(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 3.0 * super().compute_loss(x, y, y_pred, sample_weight)


def shared():
    layer = Dense(5, activation="tanh")
    return [Sequential([layer]), Sequential([layer]), Dense(4)]


def extra():
    model = Sequential([Input((5,)), Dense(4)])
    model.beside = minikeras.Variable([1.0, 2.0])
    return model


WHOLE = {
    "subclass": (Residual, SPARSE, LABELS),
    "Sequential with a forward of its own": (
        lambda: Doubled([Input((5,)), Dense(4)]),
        "mse",
        NUMBERS,
    ),
    "compute_loss of its own": (WeightedLoss, "mse", NUMBERS),
    "Lambda": (lambda: [Lambda(np.square), Dense(4)], "mse", NUMBERS),
    "layer across the batch": (lambda: [Dense(6), Centred(), Dense(4)], "mse", NUMBERS),
    "activation across the batch": (
        lambda: [Dense(4, activation=lambda z: z - np.mean(z, axis=0))],
        "mse",
        NUMBERS,
    ),
    "loss as a function": (
        lambda: [Dense(4)],
        lambda t, y: np.mean(np.abs(t - y) ** 3, axis=-1),
        NUMBERS,
    ),
    "loss of the whole batch": (
        lambda: [Dense(4)],
        lambda t, y: np.max(np.abs(t - y)) + np.mean(y) ** 2,
        NUMBERS,
    ),
    "loss down the columns": (
        lambda: [Dense(4, activation="sigmoid")],
        losses.CategoricalCrossentropy(axis=0),
        SOFT,
    ),
    "weight regularizer": (
        lambda: [
            Dense(6, activation="tanh", kernel_regularizer="orthogonal_regularizer"),
            Dense(4),
        ],
        "mse",
        NUMBERS,
    ),
    "activity regularizer": (
        lambda: [Dense(6, activation="tanh", activity_regularizer="l2"), Dense(4)],
        "mse",
        NUMBERS,
    ),
    "add_loss": (lambda: [Dense(6, activation="tanh"), Penalised(), Dense(4)], "mse", NUMBERS),
    "layer in another precision": (
        lambda: [Dense(6), Activation("tanh", dtype="float32"), Dense(4)],
        "mse",
        NUMBERS,
    ),
    "variable beside the layers": (extra, "mse", NUMBERS),
    "layer used twice": (shared, "mse", NUMBERS),
    "sequence of rows": (
        lambda: [Reshape((5, 1)), Dense(2, activation="tanh"), Flatten(), Dense(4)],
        "mse",
        NUMBERS,
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_other_models_are_computed_as_a_whole(name, monkeypatch):
    layers, loss, y = WHOLE[name]
    check(compiled(layers(), loss), X, y, whole=True, monkeypatch=monkeypatch)


def test_layers_in_double_precision_train_while_the_default_is_single():
    config.set_floatx("float32")
    layers = [
        Dense(6, activation="tanh", dtype="float64"),
        Dense(4, activation="softmax", dtype="float64"),
    ]
    model = compiled(layers, SPARSE)
    prepare(model, X, LABELS)
    numerical_model_gradient(model, X.astype(np.float32), LABELS)
    gradient = model.optimizer.flat.gradient.copy()
    assert gradient.dtype == np.float64
    x = X.astype(np.float32)
    np.testing.assert_allclose(gradient, plain(model, x, LABELS, None, 6e-6), rtol=0.0, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_that_mix_features_are_known(name):
    function = activations.get(name)
    x = np.random.default_rng(0).standard_normal((1, 6))
    moved = np.where(np.eye(6, dtype=bool), x + 0.5, x)  # one feature in each row
    changed = function(moved) != function(x)
    element_wise = changed.shape == (6, 6) and not changed[~np.eye(6, dtype=bool)].any()
    assert element_wise == (function.__name__ not in ACROSS_FEATURES)
