"""Numbers of real Keras: its jax backend, on the CPU."""

import os

import pytest

os.environ["KERAS_BACKEND"] = "jax"  # read once, when keras is first imported
os.environ.setdefault("JAX_PLATFORMS", "cpu")


@pytest.fixture(scope="session")
def keras():
    pytest.importorskip(
        "jax", reason="parity tests need jax: pip install 'minikeras-numpy[parity]'"
    )
    keras = pytest.importorskip(
        "keras", reason="parity tests need keras: pip install 'minikeras-numpy[parity]'"
    )
    if keras.backend.backend() != "jax":
        pytest.skip(f"keras was imported before with the {keras.backend.backend()} backend")
    return keras


@pytest.fixture(scope="session")
def jax(keras):
    return pytest.importorskip("jax")
