"""Numbers of real Keras: its jax backend, on the CPU."""

import os

import pytest

os.environ["KERAS_BACKEND"] = "jax"  # read once, when keras is first imported
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Each test compiles programs that run once: to optimise them takes longer than it saves.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)


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
