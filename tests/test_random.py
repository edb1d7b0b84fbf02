"""One seed for everything, and streams of their own."""

import copy
import pickle
import random

import numpy as np
import pytest

from minikeras import set_random_seed
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
