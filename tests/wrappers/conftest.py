import numpy as np
import pytest

from minikeras import Sequential
from minikeras.datasets import moons
from minikeras.layers import Dense
from minikeras.optimizers import Adam


@pytest.fixture(scope="session", autouse=True)
def sklearn():
    return pytest.importorskip(
        "sklearn", reason="wrappers need scikit-learn: pip install 'minikeras-numpy[sklearn]'"
    )


@pytest.fixture
def points():
    return moons.load_data(120, noise=0.1)[0]


@pytest.fixture
def labels():
    """Two classes, that a curved line separates."""
    return np.array(["upper", "lower"])[moons.load_data(120, noise=0.1)[1].astype(int)]


@pytest.fixture
def three(points):
    """Three classes by the distance from a corner."""
    return np.digitize(np.hypot(points[:, 0] + 1.5, points[:, 1] + 1.0), [1.8, 2.6])


@pytest.fixture
def build():
    """Make a network with as many outputs as y has columns."""

    def build(X, y, units=16, activation="softmax", loss="categorical_crossentropy", outputs=None):
        last = Dense(outputs or y.shape[1], activation=activation)
        model = Sequential([Dense(units, activation="tanh"), last])
        model.compile(Adam(0.03), loss, metrics=["accuracy"])
        return model

    return build


@pytest.fixture
def build_regression():
    def build(X, y, units=16, outputs=None):
        model = Sequential([Dense(units, activation="tanh"), Dense(outputs or y.shape[1])])
        model.compile(Adam(0.03), "mse")
        return model

    return build
