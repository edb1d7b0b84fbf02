"""Initializers beside real Keras. Streams of random numbers differ, so their statistics count."""

import numpy as np
import pytest

from minikeras import initializers
from minikeras.registry import registered

pytest.importorskip("keras")

DETERMINISTIC = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 0.3}),
    ("Identity", {"gain": 2.0}),
]
RANDOM = [
    ("RandomNormal", {"mean": 0.5, "stddev": 2.0}),
    ("RandomUniform", {"minval": -1.0, "maxval": 0.5}),
    ("TruncatedNormal", {"mean": 0.5, "stddev": 2.0}),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"}),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "untruncated_normal"}),
    ("GlorotUniform", {}),
    ("GlorotNormal", {}),
    ("HeUniform", {}),
    ("HeNormal", {}),
    ("LecunUniform", {}),
    ("LecunNormal", {}),
    ("Orthogonal", {"gain": 1.5}),
]


@pytest.mark.parametrize(("name", "options"), DETERMINISTIC, ids=str)
def test_fixed_values_agree(keras, name, options):
    mine = getattr(initializers, name)(**options)((3, 4))
    other = getattr(keras.initializers, name)(**options)((3, 4))
    np.testing.assert_allclose(mine, np.asarray(other), rtol=1e-6)


@pytest.mark.parametrize("shape", [(8, 1, 5), (6, 1, 9), (5, 1, 3)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"side": "imag"},
        {"window": "hamming", "periodic": True},
        {"window": "blackman", "scaling": "spectrum"},
        {"window": None, "side": "imag"},
        {"window": "triang", "scaling": None},
    ],
    ids=str,
)
def test_fourier_kernels_agree(keras, options, shape):
    mine = initializers.STFT(**options)(shape)
    other = np.asarray(keras.initializers.STFT(**options)(shape))
    assert mine.shape == other.shape and mine.dtype == other.dtype
    np.testing.assert_allclose(mine, other, atol=1e-5)


@pytest.mark.parametrize(("name", "options"), RANDOM, ids=str)
@pytest.mark.parametrize("shape", [(300, 200), (3, 3, 50, 40)])
def test_distributions_agree(keras, name, options, shape):
    mine = getattr(initializers, name)(**options, seed=1)(shape).ravel()
    other = np.asarray(getattr(keras.initializers, name)(**options, seed=1)(shape)).ravel()
    spread = float(other.std())
    assert float(mine.mean()) == pytest.approx(float(other.mean()), abs=0.02 * spread)
    assert float(mine.std()) == pytest.approx(spread, rel=0.02)
    quantiles = np.linspace(0.01, 0.99, 9)
    np.testing.assert_allclose(
        np.quantile(mine, quantiles), np.quantile(other, quantiles), atol=0.05 * spread
    )


@pytest.mark.parametrize("name", sorted(set(registered("initializer")) - {"Identity"}))
def test_configurations_agree(keras, name):  # Keras forgets the gain of Identity
    mine = getattr(initializers, name)().get_config()
    assert mine == getattr(keras.initializers, name)().get_config()


@pytest.mark.parametrize(
    "name",
    [
        *("zeros", "ones", "normal", "uniform", "glorot_uniform", "he_normal", "lecun_uniform"),
        *("one", "zero", "stft", "STFTInitializer", "IdentityInitializer", "OrthogonalInitializer"),
    ],
)
def test_names_mean_the_same(keras, name):
    assert type(initializers.get(name)).__name__ == type(keras.initializers.get(name)).__name__
