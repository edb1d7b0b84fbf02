import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import config, initializers
from minikeras.initializers import (
    Constant,
    GlorotUniform,
    Identity,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    compute_fans,
)
from minikeras.random import SeedGenerator, set_random_seed
from minikeras.registry import registered

NAMES = sorted(set(registered("initializer")) - {"STFT"})  # that one has a shape of its own
RANDOM = sorted(set(NAMES) - {"Constant", "Identity", "Ones", "Zeros"})


@given(
    st.sampled_from(NAMES),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.sampled_from([None, "float16", "float32", "float64"]),
)
def test_shape_and_dtype_are_those_asked_for(name, shape, dtype):
    values = initializers.get(name)(shape, dtype=dtype)
    assert values.shape == shape and values.dtype == (dtype or "float32")


@given(
    st.sampled_from(sorted(set(NAMES) - {"Identity", "Orthogonal"})),
    st.lists(st.integers(0, 4), max_size=4).map(tuple),
)
def test_every_rank_and_empty_shapes_are_accepted(name, shape):
    assert initializers.get(name)(shape).shape == shape


def test_the_default_dtype_is_that_of_the_settings():
    config.set_floatx("float64")
    assert GlorotUniform()((2, 2)).dtype == "float64"


@pytest.mark.parametrize("name", RANDOM)
def test_an_integer_seed_gives_the_same_values_at_every_call(name):
    initializer = type(initializers.get(name))(seed=3)
    np.testing.assert_array_equal(initializer((4, 3)), initializer((4, 3)))


@pytest.mark.parametrize("name", RANDOM)
def test_no_seed_gives_other_values_at_every_call(name):
    initializer = initializers.get(name)
    assert not np.array_equal(initializer((4, 3)), initializer((4, 3)))


@pytest.mark.parametrize("name", RANDOM)
def test_no_seed_follows_the_global_seed(name):
    set_random_seed(5)
    first = initializers.get(name)((4, 3))
    set_random_seed(5)
    np.testing.assert_array_equal(initializers.get(name)((4, 3)), first)


def test_a_seed_generator_goes_on_from_call_to_call():
    stream = SeedGenerator(1)
    first, second = (RandomNormal(seed=stream)((5,)) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(RandomNormal(seed=1)((5,)), first)


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_means_the_same_weights_in_every_precision(name):
    initializer = type(initializers.get(name))(seed=3)
    np.testing.assert_array_equal(
        initializer((4, 3), "float32"), initializer((4, 3), "float64").astype("float32")
    )


@pytest.mark.parametrize("seed", [-1, 1.5, "one"])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises((TypeError, ValueError), match="seed"):
        RandomNormal(seed=seed)


def test_normal_has_the_mean_and_deviation_asked_for():
    values = RandomNormal(2.0, 0.5, seed=0)((100_000,), "float64")
    assert values.mean() == pytest.approx(2.0, abs=0.01)
    assert values.std() == pytest.approx(0.5, rel=0.01)


def test_uniform_fills_the_range_asked_for():
    values = RandomUniform(-1.0, 3.0, seed=0)((100_000,), "float64")
    assert values.min() >= -1.0 and values.max() < 3.0
    assert values.mean() == pytest.approx(1.0, abs=0.02)
    assert values.std() == pytest.approx(4.0 / math.sqrt(12.0), rel=0.01)


def test_truncated_normal_has_no_tails():
    values = TruncatedNormal(1.0, 0.5, seed=0)((100_000,), "float64")
    assert abs(values - 1.0).max() <= 1.0
    assert values.std() == pytest.approx(0.5 * 0.87962566, rel=0.01)


def test_truncated_normal_has_the_right_quantiles():
    stats = pytest.importorskip("scipy.stats")
    values = TruncatedNormal(0.0, 1.0, seed=0)((20_000,), "float64")
    assert stats.kstest(values, stats.truncnorm(-2, 2).cdf).pvalue > 0.01


FANS = {  # variance times n, n
    "GlorotUniform": (1.0, "avg"),
    "GlorotNormal": (1.0, "avg"),
    "HeUniform": (2.0, "in"),
    "HeNormal": (2.0, "in"),
    "LecunUniform": (1.0, "in"),
    "LecunNormal": (1.0, "in"),
}


@pytest.mark.parametrize("name", sorted(FANS))
@pytest.mark.parametrize("shape", [(300, 200), (3, 3, 40, 30)])
def test_variance_fits_the_number_of_connections(name, shape):
    scale, mode = FANS[name]
    fan_in, fan_out = compute_fans(shape)
    n = fan_in if mode == "in" else (fan_in + fan_out) / 2
    values = registered("initializer")[name](seed=0)(shape, "float64")
    assert values.var() == pytest.approx(scale / n, rel=0.03)
    assert values.mean() == pytest.approx(0.0, abs=4.0 * math.sqrt(scale / n / values.size))


@pytest.mark.parametrize("name", ["GlorotUniform", "HeUniform", "LecunUniform"])
def test_uniform_kinds_stay_within_their_limit(name):
    scale, mode = FANS[name]
    n = 30 if mode == "in" else 40.0
    values = registered("initializer")[name](seed=0)((30, 50), "float64")
    limit = math.sqrt(3.0 * scale / n)
    assert 0.99 * limit < abs(values).max() <= limit


@pytest.mark.parametrize(("mode", "n"), [("fan_in", 400), ("fan_out", 100), ("fan_avg", 250)])
@pytest.mark.parametrize("distribution", ["normal", "untruncated_normal", "uniform"])
def test_every_mode_and_distribution_has_the_variance_asked_for(mode, n, distribution):
    values = VarianceScaling(3.0, mode, distribution, seed=0)((400, 100), "float64")
    assert values.var() == pytest.approx(3.0 / n, rel=0.03)


@pytest.mark.parametrize(
    ("shape", "fans"),
    [
        ((), (1, 1)),
        ((5,), (5, 5)),
        ((3, 4), (3, 4)),
        ((7, 3, 4), (21, 28)),
        ((2, 7, 3, 4), (42, 56)),
    ],
)
def test_fans_count_what_flows_in_and_out(shape, fans):
    assert compute_fans(shape) == fans


def test_fans_follow_the_axes_given():
    assert compute_fans((3, 4, 5), input_axes=[0], output_axes=[1, 2]) == (3, 20)


@given(st.integers(1, 6), st.integers(1, 6), st.floats(0.5, 2.0))
def test_orthogonal_has_orthonormal_rows_or_columns(rows, columns, gain):
    w = Orthogonal(gain, seed=0)((rows, columns), "float64")
    gram = w @ w.T if rows < columns else w.T @ w
    np.testing.assert_allclose(gram, gain**2 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_kernels_are_matrices_of_all_axes_but_the_last():
    w = Orthogonal(seed=0)((3, 3, 2, 4), "float64").reshape(18, 4)
    np.testing.assert_allclose(w.T @ w, np.eye(4), atol=1e-12)


def test_orthogonal_rotations_are_uniform():
    corner = [Orthogonal(seed=seed)((2, 2), "float64")[0, 0] for seed in range(400)]
    angles = np.sort(np.arccos(corner)) / np.pi  # uniform on [0, 1] if the signs are fixed
    assert abs(angles - np.arange(400) / 400).max() < 0.07


def test_orthogonal_refuses_a_vector():
    with pytest.raises(ValueError, match=r"two axes or more, got \(3,\)"):
        Orthogonal()((3,))


def test_identity_is_a_matrix_with_ones_on_its_diagonal():
    np.testing.assert_array_equal(Identity(2.0)((2, 3)), [[2, 0, 0], [0, 2, 0]])


def test_identity_refuses_what_is_no_matrix():
    with pytest.raises(ValueError, match=r"expected a shape \(rows, columns\), got \(3,\)"):
        Identity()((3,))


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("glorot_uniform", "GlorotUniform()"),
        ("HeNormal", "HeNormal()"),
        ("normal", "RandomNormal()"),
        ("zero", "Zeros()"),
        (initializers.Ones, "Ones()"),
        (Constant(0.5), "Constant(value=0.5)"),
        ({"class_name": "Constant", "config": {"value": 2.0}}, "Constant(value=2.0)"),
        (None, "None"),
    ],
)
def test_get_takes_names_configurations_classes_and_instances(identifier, expected):
    assert repr(initializers.get(identifier)) == expected


def test_get_makes_an_initializer_of_an_array():
    values = np.arange(4.0).reshape(2, 2)
    made = initializers.get(values)((2, 2), "float64")
    np.testing.assert_array_equal(made, values)
    assert not np.shares_memory(made, values)


def test_given_values_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2,\) were given for a weight of shape \(3,\)"):
        initializers.get(np.zeros(2))((3,))


def test_a_misspelt_name_is_corrected():
    with pytest.raises(ValueError, match="did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0.0}, "scale must be a finite number above 0"),
        ({"mode": "fan_inn"}, "unknown mode 'fan_inn'; did you mean 'fan_in'"),
        ({"distribution": "unifrom"}, "did you mean 'uniform'"),
    ],
)
def test_bad_options_of_variance_scaling_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        VarianceScaling(**options)


def test_other_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="stddev must be a finite number of at least 0"):
        RandomNormal(stddev=-1.0)
    with pytest.raises(ValueError, match="minval must not be above maxval"):
        RandomUniform(1.0, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_configuration_survives_a_round_trip(name):
    initializer = initializers.get(name)
    again = initializers.deserialize(initializers.serialize(initializer))
    assert type(again) is type(initializer) and repr(again) == repr(initializer)
    assert repr(initializer.clone()) == repr(initializer)


def test_a_seed_generator_survives_as_its_seed():
    again = initializers.deserialize(initializers.serialize(GlorotUniform(seed=SeedGenerator(4))))
    np.testing.assert_array_equal(again((3, 3)), GlorotUniform(seed=4)((3, 3)))


def test_an_initializer_without_a_formula_says_so():
    with pytest.raises(NotImplementedError, match="Initializer must define __call__"):
        Initializer()((2,))


def test_fourier_kernels_compute_the_transform_of_each_frame():
    frame = np.random.default_rng(0).standard_normal(8)
    real, imaginary = (
        initializers.STFT(side, window=None)((8, 1, 5), "float64") for side in ("real", "imag")
    )
    spectrum = np.fft.rfft(frame)
    np.testing.assert_allclose(frame @ real[:, 0], spectrum.real, atol=1e-12)
    np.testing.assert_allclose(frame @ imaginary[:, 0], spectrum.imag, atol=1e-12)


@pytest.mark.parametrize(
    ("scaling", "total"),
    [("density", lambda w: np.sum(w**2)), ("spectrum", lambda w: np.sum(np.abs(w)))],
)
def test_fourier_kernels_are_scaled_by_their_window(scaling, total):
    window = initializers.STFT("real", "blackman", scaling)((9, 1, 3), "float64")[:, 0, 0]
    assert total(window) == pytest.approx(1.0)


def test_fourier_kernels_take_a_window_of_numbers():
    given = np.array([1.0, 2.0, 3.0, 4.0])
    kernel = initializers.STFT(window=given, scaling=None)((4, 1, 3))
    np.testing.assert_allclose(kernel[:, 0, 0], given)
    with pytest.raises(ValueError, match=r"expected a window of shape \(5,\), got \(4,\)"):
        initializers.STFT(window=given)((5, 1, 3))


def test_fourier_kernels_refuse_unknown_windows_and_shapes():
    with pytest.raises(ValueError, match="unknown window 'hammin'; did you mean 'hamming'"):
        initializers.STFT(window="hammin")
    with pytest.raises(ValueError, match=r"expected a shape \(frame_length, 1, frequencies\)"):
        initializers.STFT()((4, 2, 3))
