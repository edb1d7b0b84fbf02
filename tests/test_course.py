"""The printed numbers of the classic course, through the library and by plain NumPy."""

import numpy as np
import pytest

from minikeras import Input, Sequential, activations, config, losses
from minikeras.datasets import mnist
from minikeras.layers import Activation, Dense
from minikeras.metrics import SparseCategoricalAccuracy

PRINTED = 0.5e-8
"""Half a unit of the eighth digit: what rounding hides."""

WEIGHTS = [
    np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]),
    np.array([0.1, 0.2, 0.3]),
    np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]),
    np.array([0.1, 0.2]),
    np.array([[0.1, 0.3], [0.2, 0.4]]),
    np.array([0.1, 0.2]),
]
X = np.array([[1.0, 0.5]])
THREE_LAYERS = [[0.31682708, 0.69627909]]

# How sure a network is of each digit in a picture of a 2; then of one that it takes for a 7.
RIGHT = np.array([[0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]])
WRONG = np.array([[0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0]])
TWO = np.eye(10)[[2]]


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


def textbook_cross_entropy(t, y):
    """Cross-entropy as the course prints it: 1e-7 inside the logarithm."""
    return -np.sum(t * np.log(y + 1e-7), axis=-1)


def three_layers():
    model = Sequential(
        [
            Input((2,)),
            Dense(3, activation="sigmoid"),
            Dense(2, activation="sigmoid"),
            Dense(2, activation="identity"),
        ]
    )
    model.set_weights(WEIGHTS)
    return model


@pytest.fixture
def float64():
    config.set_floatx("float64")  # conftest.py sets it back


@pytest.mark.parametrize("function", [activations.sigmoid, logistic])
def test_sigmoid(function):
    printed = [0.57444252, 0.66818777, 0.75026011]
    np.testing.assert_allclose(function(np.array([0.3, 0.7, 1.1])), printed, rtol=0.0, atol=PRINTED)


def test_softmax_of_one_two_three():
    printed = [0.09003057, 0.24472847, 0.66524096]
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(activations.softmax(x), printed, rtol=0.0, atol=PRINTED)
    np.testing.assert_allclose(np.exp(x) / np.exp(x).sum(), printed, rtol=0.0, atol=PRINTED)


def test_softmax_layer_gives_the_same_numbers(float64):
    model = Sequential([Input((3,)), Activation("softmax")])
    np.testing.assert_allclose(
        model.predict(np.array([[1.0, 2.0, 3.0]]), verbose=0),
        [[0.09003057, 0.24472847, 0.66524096]],
        rtol=0.0,
        atol=PRINTED,
    )


def test_three_layer_network(float64):
    model = three_layers()
    for output in (model(X), model.predict(X, verbose=0), model.predict_on_batch(X)):
        np.testing.assert_allclose(output, THREE_LAYERS, rtol=0.0, atol=PRINTED)


def test_three_layer_network_to_single_precision():
    np.testing.assert_allclose(three_layers()(X), THREE_LAYERS, rtol=2e-7)


def test_three_layer_network_by_hand():
    w1, b1, w2, b2, w3, b3 = WEIGHTS
    hidden = logistic(logistic(X @ w1 + b1) @ w2 + b2)
    np.testing.assert_allclose(hidden @ w3 + b3, THREE_LAYERS, rtol=0.0, atol=PRINTED)


@pytest.mark.parametrize(("y", "printed"), [(RIGHT, 0.0975), (WRONG, 0.5975)])
def test_half_the_sum_of_squares(y, printed):
    assert losses.SumSquaredError()(TWO, y) == pytest.approx(printed, abs=1e-15)
    assert 0.5 * np.sum((y - TWO) ** 2) == pytest.approx(printed, abs=1e-15)


@pytest.mark.parametrize(("y", "printed"), [(RIGHT, 0.51082546), (WRONG, 2.30258409)])
def test_cross_entropy_as_the_course_prints_it(y, printed):
    loss = losses.get(textbook_cross_entropy)
    assert loss(TWO, y) == pytest.approx(printed, abs=PRINTED)
    assert textbook_cross_entropy(TWO[0], y[0]) == pytest.approx(printed, abs=PRINTED)


@pytest.mark.parametrize(("y", "printed"), [(RIGHT, 0.51082562), (WRONG, 2.30258509)])
def test_cross_entropy_of_the_library_clips_instead_of_adding(y, printed):
    assert losses.CategoricalCrossentropy()(TWO, y) == pytest.approx(printed, abs=PRINTED)
    label = np.array([2])
    assert losses.SparseCategoricalCrossentropy()(label, y) == pytest.approx(printed, abs=PRINTED)


def test_cross_entropy_of_the_course_can_be_compiled_and_evaluated(float64):
    model = Sequential([Input((10,)), Activation("linear")])
    model.compile("sgd", textbook_cross_entropy)
    assert model.evaluate(RIGHT, TWO, verbose=0) == pytest.approx(0.51082546, abs=PRINTED)


@pytest.fixture(scope="module")
def digits(shared_data):
    folder = shared_data / "mnist"
    if not (folder / "book_ch03_weights.npz").exists():
        pytest.skip(f"no book_ch03_weights.npz in {folder}")
    x, y = mnist.load_part("test", folder)
    with np.load(folder / "book_ch03_weights.npz") as file:
        weights = [file[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3")]
    return x.reshape(len(x), -1) / 255.0, y, weights


def trained_digits(weights):
    model = Sequential(
        [
            Input((784,)),
            Dense(50, activation="sigmoid"),
            Dense(100, activation="sigmoid"),
            Dense(10, activation="softmax"),
        ]
    )
    model.set_weights(weights)
    return model


@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_trained_weights_classify_mnist_at_93_52_percent_in_batches(digits, floatx):
    config.set_floatx(floatx)
    x, y, weights = digits
    p = trained_digits(weights).predict(x, batch_size=100, verbose=0)
    assert p.shape == (10_000, 10) and p.dtype == floatx
    assert np.count_nonzero(p.argmax(axis=1) == y) == 9352


def test_trained_weights_evaluate_to_93_52_percent(digits):
    x, y, weights = digits
    model = trained_digits(weights)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    _, accuracy = model.evaluate(x, y, batch_size=100, verbose=0)
    assert round(accuracy, 6) == 0.9352


def test_metric_counts_the_same_batch_by_batch(digits):
    x, y, weights = digits
    model, accuracy = trained_digits(weights), SparseCategoricalAccuracy()
    for start in range(0, len(x), 100):
        part = slice(start, start + 100)
        accuracy.update_state(y[part], model.predict_on_batch(x[part]))
    assert round(accuracy.result(), 6) == 0.9352
