import numpy as np
import pytest

from minikeras import config, grad, losses


def test_percentages_are_relative_to_the_targets():
    got = losses.mean_absolute_percentage_error([[2.0, -4.0]], [[1.0, -6.0]])
    assert got == pytest.approx([50.0])


def test_a_target_of_zero_counts_as_epsilon():
    got = losses.mean_absolute_percentage_error(np.zeros((1, 1)), np.full((1, 1), 1e-7))
    assert got == pytest.approx([100.0])
    config.set_epsilon(1e-3)
    got = losses.mean_absolute_percentage_error(np.zeros((1, 1)), np.full((1, 1), 1e-3))
    assert got == pytest.approx([100.0])


def test_logarithmic_errors_look_at_ratios():
    got = losses.mean_squared_logarithmic_error([[0.0, 9.0]], [[np.e - 1, 99.0]])
    assert got == pytest.approx([(1 + np.log(10) ** 2) / 2])


def test_predictions_below_zero_have_no_logarithmic_gradient():
    loss = losses.MeanSquaredLogarithmicError()
    slope = grad(lambda y: loss(np.array([[1.0, 1.0]]), y))(np.array([[-0.5, 0.5]]))
    assert slope[0, 0] == 0.0 and slope[0, 1] < 0.0
