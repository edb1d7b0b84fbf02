"""Training with ``gradient="numerical"``: the same path as with the chain rule."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, config, optimizers
from minikeras.callbacks import EarlyStopping, LambdaCallback, LearningRateScheduler
from minikeras.datasets import gates
from minikeras.layers import Dense, Dropout, Layer
from minikeras.optimizers import SGD

RNG = np.random.default_rng(7)
N = 9
X = RNG.standard_normal((N, 5))
NUMBERS = RNG.standard_normal((N, 2))
LABELS = RNG.integers(4, size=N)
WEIGHTS = np.array([1.0, 0.0, 2.5, 0.5, 1.0, 3.0, 1.0, 0.25, 1.0])


@pytest.fixture(autouse=True)
def float64():
    config.set_floatx("float64")  # conftest.py sets it back


def trained(gradient, layers, loss, x, y, optimizer=SGD, seed=0, epochs=20, **settings):
    minikeras.set_random_seed(seed)
    model = Sequential([Input(x.shape[1:]), *layers()])
    model.compile(optimizer(gradient=gradient), loss, metrics=["accuracy"])
    history = model.fit(x, y, epochs=epochs, verbose=0, **settings)
    return model.get_weights(), history.history


def assert_same_trajectory(*args, **settings):
    (a, logs), (b, numerical_logs) = (
        trained(gradient, *args, **settings) for gradient in ("analytic", "numerical")
    )
    for found, expected in zip(b, a, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-6)
    assert list(logs) == list(numerical_logs)
    for name, values in logs.items():
        np.testing.assert_allclose(numerical_logs[name], values, rtol=0.0, atol=1e-6)


def xor_layers():
    return [Dense(8, activation="tanh"), Dense(1, activation="sigmoid")]


def course_layers():
    return [
        Dense(3, activation="sigmoid"),
        Dense(2, activation="sigmoid"),
        Dense(2, activation="identity"),
    ]


def momentum(gradient):
    return SGD(0.5, momentum=0.9, gradient=gradient)


def gentle(gradient):
    return SGD(0.05, momentum=0.5, gradient=gradient)


@pytest.mark.parametrize("seed", range(3))
def test_xor_takes_the_same_path(seed):
    x, y = gates.load_data("xor")
    assert_same_trajectory(
        xor_layers, "binary_crossentropy", x, y, momentum, seed=seed, epochs=200, batch_size=4
    )


@pytest.mark.parametrize("seed", range(3))
def test_three_layer_network_takes_the_same_path(seed):
    x = np.random.default_rng(seed).random((32, 2))
    y = np.stack([x.sum(axis=1), x.prod(axis=1)], axis=1)
    assert_same_trajectory(course_layers, "mse", x, y, momentum, seed=seed, batch_size=8)


AROUND_OTHERS = {"LossScaleOptimizer", "MultiOptimizer"}  # have no rule of their own


@pytest.mark.parametrize(
    "name", sorted(set(minikeras.registry.registered("optimizer")) - AROUND_OTHERS)
)
def test_every_optimizer_takes_the_same_path(name):
    chosen = getattr(optimizers, name)
    x, y = gates.load_data("xor")
    assert_same_trajectory(xor_layers, "mse", x, y, chosen, epochs=30, batch_size=2)


def dropout_layers():
    return [Dense(8, activation="tanh"), Dropout(0.5), Dense(2)]


def test_dropout_keeps_its_mask_through_all_evaluations():
    assert_same_trajectory(dropout_layers, "mse", X, NUMBERS, gentle, batch_size=4)


class Count(Layer):
    """Counts its calls in training, and shows the count to the next layer."""

    def build(self, input_shape):
        self.count = self.add_weight((), "zeros", trainable=False, name="count")

    def forward(self, x, training=False):
        if training:
            self.count.assign_add(1.0)
        return x + self.count.value


def count_layers():
    return [Dense(3, activation="tanh"), Count(), Dense(2)]


def test_state_of_layers_moves_once_for_each_batch():
    assert_same_trajectory(count_layers, "mse", X, NUMBERS, SGD, epochs=3, batch_size=3)
    weights, _ = trained("numerical", count_layers, "mse", X, NUMBERS, epochs=3, batch_size=3)
    assert weights[2] == 9.0


@pytest.mark.parametrize(
    "weights",
    [
        {"sample_weight": WEIGHTS},
        {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5, 3: 1.5}},
    ],
)
def test_weighted_samples_take_the_same_path(weights):
    assert_same_trajectory(
        lambda: [Dense(3, activation="tanh"), Dense(4, activation="softmax")],
        "sparse_categorical_crossentropy",
        X,
        LABELS,
        momentum,
        validation_split=0.3,
        **weights,
    )


def test_callbacks_work_as_with_analytic_gradients():
    x, y = gates.load_data("xor")
    seen = {"analytic": [], "numerical": []}
    for gradient, found in seen.items():
        callbacks = [
            EarlyStopping(monitor="loss", patience=2, min_delta=0.02, restore_best_weights=True),
            LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            LambdaCallback(
                on_epoch_end=lambda epoch, logs, found=found: found.append((epoch, logs["loss"]))
            ),
        ]
        trained(
            gradient,
            xor_layers,
            "mse",
            x,
            y,
            momentum,
            batch_size=2,
            callbacks=callbacks,
            epochs=60,
        )
    assert 2 < len(seen["analytic"]) < 60
    np.testing.assert_allclose(seen["numerical"], seen["analytic"], rtol=0.0, atol=1e-6)


def test_single_precision_learns_xor_too():
    config.set_floatx("float32")
    x, y = gates.load_data("xor")
    _, logs = trained(
        "numerical", xor_layers, "binary_crossentropy", x, y, momentum, epochs=150, batch_size=4
    )
    assert logs["accuracy"][-1] == 1.0
    assert logs["loss"][-1] < 0.05


# When something goes wrong.


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("at", [1, 2, 7, 12])
def test_interrupted_step_leaves_every_bit_as_it_was(error, at):
    calls = []

    def failing(t, y):
        calls.append(1)
        if armed and len(calls) == at:
            raise error("stop")
        return np.mean(np.square(t - y), axis=-1)

    armed = False
    model = Sequential([Dense(3, activation="tanh"), Count(), Dropout(0.5), Dense(2)])
    model.compile(SGD(0.1, momentum=0.9, gradient="numerical"), failing)
    model.train_on_batch(X, NUMBERS)
    armed = True
    calls.clear()
    before = [w.tobytes() for w in model.get_weights()]
    with pytest.raises(error, match="stop"):
        model.train_on_batch(X, NUMBERS)
    assert [w.tobytes() for w in model.get_weights()] == before
    armed = False
    assert np.isfinite(model.train_on_batch(X, NUMBERS))


@pytest.mark.parametrize("loss", ["mse", lambda t, y: np.mean(np.square(t - y), axis=-1)])
def test_loss_that_is_not_finite_changes_nothing(loss):
    model = Sequential([Input((5,)), Dense(2)])
    model.compile(SGD(0.1, gradient="numerical"), loss)
    model.layers[0].bias.assign(np.full(2, 1e200))  # its square overflows
    before = model.get_weights()
    with np.errstate(over="ignore"), pytest.warns(RuntimeWarning, match="the loss became inf"):
        model.train_on_batch(X, NUMBERS)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_misspelt_way_of_finding_gradients_is_named():
    with pytest.raises(ValueError, match="numeric"):
        SGD(gradient="numeric")
