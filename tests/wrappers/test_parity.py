"""The wrappers give what those of real Keras give, for the same weights."""

import inspect
import os

import numpy as np
import pytest

import minikeras
from minikeras import wrappers

os.environ["KERAS_BACKEND"] = "jax"  # read once, when keras is first imported
os.environ.setdefault("JAX_PLATFORMS", "cpu")

REASON = "parity tests need keras: pip install 'minikeras-numpy[parity]'"

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def keras():
    pytest.importorskip("jax", reason=REASON)
    return pytest.importorskip("keras", reason=REASON)


def maker(library):
    """Return a function for ``model``, with layers of one library or the other."""

    def build(X, y, activation, loss):
        layers = library.layers
        model = library.Sequential(
            [
                layers.Dense(4, activation="tanh"),
                layers.Dense(y.shape[1], activation=activation),
            ]
        )
        model.compile("sgd", loss)
        return model

    return build


def both(keras, name, x, y, how):
    """Return an estimator of Keras's and one of ours that hold the same weights."""
    theirs = getattr(keras.wrappers, name)(maker(keras), model_kwargs=how)
    theirs.fit(x, y, verbose=0)
    ours = getattr(wrappers, name)(maker(minikeras), model_kwargs=how).fit(x, y)
    ours.model_.set_weights(theirs.model_.get_weights())
    return theirs, ours


@pytest.fixture
def x(rng):
    return rng.standard_normal((64, 3))


def test_labels_and_scores_of_three_classes(keras, x):
    y = np.array(["a", "b", "c"])[np.arange(64) % 3]
    how = {"activation": "softmax", "loss": "categorical_crossentropy"}
    theirs, ours = both(keras, "SKLearnClassifier", x, y, how)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    np.testing.assert_allclose(
        ours.decision_function(x), theirs.decision_function(x), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)


@pytest.mark.parametrize(
    ("name", "method"), [("SKLearnRegressor", "predict"), ("SKLearnTransformer", "transform")]
)
def test_numbers(keras, x, name, method):
    theirs, ours = both(keras, name, x, x[:, 0], {"activation": None, "loss": "mse"})
    a, b = getattr(theirs, method)(x), getattr(ours, method)(x)
    assert a.shape == b.shape and a.dtype == b.dtype
    np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", wrappers.__all__)
def test_parameters_are_keras_s_and_a_state(keras, name):
    theirs = inspect.signature(getattr(keras.wrappers, name)).parameters
    ours = inspect.signature(getattr(wrappers, name)).parameters
    assert list(ours) == [*theirs, "random_state"]
    for parameter in theirs:
        assert ours[parameter].default == theirs[parameter].default
