"""One seed for everything, and streams of their own."""

import copy
import pickle
import random

import numpy as np
import pytest

from minikeras import GradientTape, Variable, set_random_seed
from minikeras import random as random_arrays
from minikeras.layers import Dense
from minikeras.random import SeedGenerator, generator


def test_a_seed_repeats_weights_python_and_numpy():
    def draw():
        set_random_seed(4)
        layer = Dense(3)
        layer.build((None, 2))
        return layer.kernel.numpy().tolist(), random.random(), np.random.random()  # noqa: NPY002

    assert draw() == draw()


def test_another_seed_gives_other_numbers():
    set_random_seed(1)
    one = generator().random()
    set_random_seed(2)
    assert generator().random() != one


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), (1.5, TypeError), ("1", TypeError), (True, TypeError)]
)
@pytest.mark.parametrize("make", [set_random_seed, SeedGenerator, generator])
def test_a_seed_is_an_integer_of_at_least_zero(make, seed, error):
    with pytest.raises(error, match="seed must be an integer of at least 0, got"):
        make(seed)


def test_large_seeds_are_taken():
    set_random_seed(2**40)
    assert 0.0 <= SeedGenerator(2**70).numpy.random() < 1.0


def test_who_holds_the_global_generator_follows_a_new_seed():
    held = generator()
    set_random_seed(9)
    first = held.random()
    set_random_seed(9)
    assert generator().random() == first


def test_a_generator_of_an_int_starts_anew_and_others_go_on():
    assert generator(3).random() == generator(3).random()
    stream = SeedGenerator(3)
    assert generator(stream) is stream.numpy
    assert generator(stream).random() != generator(stream).random()
    own = np.random.default_rng(0)
    assert generator(own) is own


def test_a_stream_without_seed_follows_the_global_one():
    def draw():
        set_random_seed(5)
        return [SeedGenerator().numpy.random() for _ in range(3)]

    first = draw()
    assert first == draw() and len(set(first)) == 3


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copied_stream_goes_on_alike(copy_of):
    stream = SeedGenerator(3)
    stream.numpy.random(5)
    twin = copy_of(stream)
    assert stream.numpy.random() == twin.numpy.random()
    assert twin.get_config() == {"seed": 3} and repr(twin) == "SeedGenerator(seed=3)"


# What is drawn. 40,000 draws: a mean lies within 4 standard errors of its expectation.

N = 40_000
DRAWS = {
    "normal": (lambda: random_arrays.normal((N,), 1.0, 2.0, seed=1), 1.0, 4.0),
    "uniform": (lambda: random_arrays.uniform((N,), -1.0, 3.0, seed=1), 1.0, 16.0 / 12.0),
    "truncated_normal": (
        lambda: random_arrays.truncated_normal((N,), 1.0, 2.0, seed=1),
        1.0,
        3.095,
    ),
    "gamma": (lambda: random_arrays.gamma((N,), 3.0, seed=1), 3.0, 3.0),
    "beta": (lambda: random_arrays.beta((N,), 2.0, 3.0, seed=1), 0.4, 0.04),
    "binomial": (lambda: random_arrays.binomial((N,), 10, 0.3, seed=1), 3.0, 2.1),
    "randint": (lambda: random_arrays.randint((N,), 2, 7, seed=1), 4.0, 2.0),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_have_the_mean_and_variance_of_their_distribution(name):
    draw, mean, variance = DRAWS[name]
    x = draw()
    assert x.shape == (N,) and x.dtype == ("int32" if name == "randint" else "float32")
    x = x.astype(np.float64)
    assert abs(x.mean() - mean) < 4.0 * np.sqrt(variance / N)
    assert abs(x.var() / variance - 1.0) < 0.05
    np.testing.assert_array_equal(x, draw())


def test_bounds_are_kept():
    assert abs(random_arrays.truncated_normal((N,), seed=2)).max() <= 2.0
    x = random_arrays.randint((N,), 2, 7, seed=2)
    assert (x.min(), x.max()) == (2, 6)


def test_parameters_may_be_arrays_and_float16_is_drawn():
    means = random_arrays.gamma((N, 2), np.array([1.0, 9.0]), seed=1).mean(0)
    np.testing.assert_allclose(means, [1.0, 9.0], rtol=0.05)
    assert random_arrays.normal((2,), dtype="float16").dtype == "float16"
    assert random_arrays.normal((2,), dtype="float64").dtype == "float64"


def test_a_generator_goes_on_and_a_seed_does_not():
    stream = SeedGenerator(3)
    assert random_arrays.uniform((1,), seed=stream) != random_arrays.uniform((1,), seed=stream)
    assert stream.next() != stream.next()


def test_classes_are_drawn_with_their_probabilities():
    logits = np.log([[0.2, 0.5, 0.3], [0.9, 0.05, 0.05]])
    classes = random_arrays.categorical(logits + 700.0, N, seed=1)
    assert classes.shape == (2, N) and classes.dtype == "int32"
    shares = [np.bincount(row, minlength=3) / N for row in classes]
    np.testing.assert_allclose(shares, np.exp(logits), atol=0.01)


def test_shuffling_moves_whole_slices_and_dropout_scales_the_rest():
    x = np.arange(12.0).reshape(4, 3)
    mixed = random_arrays.shuffle(x, seed=1)
    np.testing.assert_array_equal(np.sort(mixed, axis=0), x)
    np.testing.assert_array_equal(np.diff(mixed, axis=1), np.ones((4, 2)))
    kept = random_arrays.dropout(np.ones((100, 100)), 0.2, noise_shape=(None, 1), seed=1)
    assert set(np.unique(kept)) == {0.0, 1.25} and (kept == kept[:, :1]).all()
    assert not random_arrays.dropout(np.ones(5), 1.0).any()


def test_gradients_pass_through_shuffling_and_dropout():
    x = Variable(np.arange(4.0))
    with GradientTape() as tape:
        y = np.sum(random_arrays.shuffle(x, seed=1) * np.array([1.0, 2.0, 3.0, 4.0]))
    order = random_arrays.shuffle(np.arange(4), seed=1)
    np.testing.assert_array_equal(tape.gradient(y, x)[order], [1.0, 2.0, 3.0, 4.0])
    with GradientTape() as tape:
        y = random_arrays.dropout(x, 0.5, seed=1)
    mask = random_arrays.dropout(np.ones(4), 0.5, seed=1)
    np.testing.assert_array_equal(tape.gradient(y, x), mask)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_arrays.normal((2,), dtype="int32"), "a float dtype, got int32"),
        (lambda: random_arrays.randint((2,), 0, 3, dtype="float32"), "an integer dtype"),
        (lambda: random_arrays.categorical([0.0, 1.0], 3), r"shape \(batch, classes\)"),
        (lambda: random_arrays.dropout(np.ones(2), 1.5), "rate must be a number in"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
