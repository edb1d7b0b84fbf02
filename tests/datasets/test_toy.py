"""The two-dimensional problems against scikit-learn's curves and their own formulas."""

import numpy as np
import pytest

from minikeras import config
from minikeras import random as mk_random
from minikeras.datasets import circles, gates, moons, spiral

TOYS = [moons, circles, spiral]


def points(x):
    """Return rows in an order of their own, so that shuffling does not matter."""
    return x[np.lexsort(np.round(x, 4).T)]


@pytest.mark.parametrize("n", [10, 101])
def test_moons_without_noise_are_those_of_scikit_learn(n):
    sklearn = pytest.importorskip("sklearn.datasets")
    theirs, their_labels = sklearn.make_moons(n, shuffle=False)
    x, y = moons.load_data(n, noise=0.0)
    # For an odd n scikit-learn gives the extra point to the second moon, we to the first.
    if n % 2 == 0:
        for label in (0, 1):
            np.testing.assert_allclose(
                points(x[y == label]), points(theirs[their_labels == label]), atol=1e-6
            )
    assert np.bincount(y).tolist() == [n - n // 2, n // 2]


def test_circles_without_noise_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.datasets")
    theirs, their_labels = sklearn.make_circles(20, shuffle=False, factor=0.3)
    x, y = circles.load_data(20, noise=0.0, factor=0.3)
    for label in (0, 1):
        np.testing.assert_allclose(
            points(x[y == label]), points(theirs[their_labels == label]), atol=1e-6
        )


def test_spiral_without_noise_winds_four_radians_an_arm():
    x, y = spiral.load_data(33, noise=0.0)
    for arm in range(3):
        ours = x[y == arm]
        radius = np.hypot(ours[:, 0], ours[:, 1])
        ours = ours[np.argsort(radius)]
        t = np.linspace(0, 1, 11)
        expected = np.stack([t * np.sin(4 * (arm + t)), t * np.cos(4 * (arm + t))], axis=1)
        np.testing.assert_allclose(ours, expected, atol=1e-6)


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_spiral_has_as_many_arms_as_asked(classes):
    _, y = spiral.load_data(23, classes=classes)
    counts = np.bincount(y, minlength=classes)
    assert len(counts) == classes and counts.sum() == 23 and np.ptp(counts) <= 1


@pytest.mark.parametrize("toy", TOYS)
def test_same_seed_gives_the_same_points(toy):
    for first, second in zip(toy.load_data(30, seed=5), toy.load_data(30, seed=5), strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(toy.load_data(30, seed=5)[0], toy.load_data(30, seed=6)[0])


@pytest.mark.parametrize("toy", TOYS)
def test_seed_none_follows_the_global_seed(toy):
    mk_random.set_random_seed(3)
    first = toy.load_data(12, seed=None)[0]
    second = toy.load_data(12, seed=None)[0]
    mk_random.set_random_seed(3)
    np.testing.assert_array_equal(toy.load_data(12, seed=None)[0], first)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("toy", TOYS)
def test_classes_are_shuffled_so_that_a_tail_holds_all_of_them(toy):
    _, y = toy.load_data(200)
    assert set(y[-40:].tolist()) == set(y.tolist())


@pytest.mark.parametrize("toy", TOYS)
def test_points_have_the_default_float_type_and_integer_labels(toy):
    x, y = toy.load_data(12)
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    config.set_floatx("float64")
    try:
        assert toy.load_data(12)[0].dtype == np.float64
    finally:
        config.set_floatx("float32")


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n must be an integer of at least 1, got 0"),
        ({"n": 1}, "n must be at least one point for each of"),
        ({"noise": -0.1}, "noise must be"),
    ],
)
def test_senseless_arguments_are_named(toy, arguments, message):
    with pytest.raises(ValueError, match=message):
        toy.load_data(**arguments)


def test_circle_factor_of_one_is_refused():
    with pytest.raises(ValueError, match=r"factor must be a number in \[0, 1\), got 1.0"):
        circles.load_data(10, factor=1.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("nand", [1, 1, 1, 0]), ("xor", [0, 1, 1, 0])],
)
def test_gates_are_their_truth_tables(name, expected):
    x, y = gates.load_data(name)
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [[value] for value in expected]
    assert x.dtype == y.dtype == np.float32


def test_gate_names_may_be_upper_case_and_default_to_xor():
    np.testing.assert_array_equal(gates.load_data("XOR")[1], gates.load_data()[1])
    assert gates.load_data("NAND")[1][:, 0].tolist() == list(gates.NAND)


def test_gates_are_fresh_arrays():
    gates.load_data()[0][:] = 9
    assert gates.load_data()[0].max() == 1


def test_unknown_gate_is_told_the_nearest():
    with pytest.raises(ValueError, match="unknown gate 'nxor'; did you mean 'xor'"):
        gates.load_data("nxor")
    with pytest.raises(ValueError, match="unknown gate 3"):
        gates.load_data(3)
