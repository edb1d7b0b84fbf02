import numpy as np
import pytest

from minikeras import losses


def test_hinge_is_zero_beyond_the_margin():
    assert losses.hinge([[1.0], [-1.0]], [[1.0], [-2.0]]).tolist() == [0.0, 0.0]
    assert losses.hinge([[1.0], [-1.0]], [[-1.0], [0.5]]).tolist() == [2.0, 1.5]


def test_hinge_takes_0_and_1_as_minus_1_and_1():
    y_pred = [[0.3, -2.0], [0.1, 0.9]]
    expected = losses.hinge([[1.0, -1.0], [-1.0, 1.0]], y_pred)
    assert losses.hinge([[1, 0], [0, 1]], y_pred) == pytest.approx(expected)
    assert losses.hinge(np.array([[True, False], [False, True]]), y_pred) == pytest.approx(expected)


def test_squared_hinge_is_the_square_of_the_hinge_of_each_number():
    y_true, y_pred = [[1.0, -1.0], [0.0, 1.0]], [[0.5, 0.5], [2.0, -1.0]]
    assert losses.squared_hinge(y_true, y_pred) == pytest.approx([(0.25 + 2.25) / 2, (1 + 4) / 2])
    assert losses.squared_hinge([[0], [1]], [[0.5], [0.5]]) == pytest.approx([2.25, 0.25])


def test_categorical_hinge_compares_the_right_class_with_the_best_other():
    y_pred = [[2.0, 0.5, 1.2], [0.0, 3.0, 1.0], [-2.0, -3.0, -4.0]]
    got = losses.categorical_hinge(np.eye(3)[[0, 1, 0]], y_pred)
    # in the last row the right class counts as 0 among the others, as in Keras
    assert got == pytest.approx([0.2, 0.0, 3.0])


def test_categorical_hinge_refuses_class_indices():
    with pytest.raises(ValueError, match="expected one-hot y_true of shape .*to_categorical"):
        losses.CategoricalHinge()(np.array([0, 1]), np.zeros((2, 3)))
