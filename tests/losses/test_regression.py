import numpy as np
import pytest

from minikeras import grad, losses, value_and_grad

Y = [[0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]]
T = np.eye(10)[[2]]


def test_half_the_sum_of_squares_of_the_course():
    assert float(losses.SumSquaredError()(T, Y)) == pytest.approx(0.0975, abs=1e-7)
    assert float(losses.SumSquaredError()(T[0], Y[0])) == pytest.approx(0.0975, abs=1e-7)


def test_half_the_sum_of_squares_has_the_error_as_its_gradient(rng):
    y_true, y_pred = rng.standard_normal((1, 4)), rng.standard_normal((1, 4))
    slope = grad(lambda y: losses.SumSquaredError()(y_true, y))(y_pred)
    assert slope == pytest.approx(y_pred - y_true)


@pytest.mark.parametrize(
    ("name", "error", "expected"),
    [
        ("mean_squared_error", [1.0, -3.0], 5.0),
        ("mean_absolute_error", [1.0, -3.0], 2.0),
        ("huber", [0.5, -3.0], (0.125 + 2.5) / 2),
        ("log_cosh", [0.0, np.arccosh(4.0)], np.log(4.0) / 2),
    ],
)
def test_values_by_hand(name, error, expected):
    y_true = np.array([[2.0, 5.0]])
    assert getattr(losses, name)(y_true, y_true + error) == pytest.approx(expected)


def test_huber_is_half_the_square_within_delta_and_delta_times_the_size_beyond():
    zeros = np.zeros((1, 1))
    assert losses.huber(zeros, zeros + 1.5, delta=2.0) == pytest.approx(1.125)
    assert losses.huber(zeros, zeros - 5.0, delta=2.0) == pytest.approx(2.0 * (5.0 - 1.0))


@pytest.mark.parametrize("delta", [0, -1.0, np.nan, "a"])
def test_huber_refuses_a_delta_that_is_not_above_0(delta):
    with pytest.raises((ValueError, TypeError), match="delta must be a finite number above 0"):
        losses.Huber(delta)


def test_log_cosh_of_huge_errors_does_not_overflow():
    value = losses.log_cosh([[0.0]], [[1e4]])
    assert value == pytest.approx(1e4 - np.log(2.0))


def test_cosine_similarity_is_minus_one_for_the_same_direction_whatever_the_length():
    y = np.array([[3.0, 4.0]])
    assert losses.cosine_similarity(y, 10 * y) == pytest.approx(-1.0)
    assert losses.cosine_similarity(y, -y) == pytest.approx(1.0)
    assert losses.cosine_similarity(y, [[4.0, -3.0]]) == pytest.approx(0.0, abs=1e-7)


def test_cosine_similarity_of_zeros_is_zero_with_a_finite_gradient():
    zeros, y_true = np.zeros((1, 2)), np.array([[1.0, 0.0]])
    value, slope = value_and_grad(lambda y: losses.CosineSimilarity()(y_true, y))(zeros)
    assert float(value) == 0.0
    assert np.isfinite(slope).all()


def test_a_flat_pair_counts_as_one_sample():
    loss = losses.MeanSquaredError()
    assert float(loss([0.0, 0.0], [1.0, 3.0])) == 5.0
    with pytest.raises(ValueError, match="one for the whole batch"):
        loss([0.0, 0.0], [1.0, 3.0], [1.0, 0.0])
