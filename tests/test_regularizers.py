import numpy as np
import pytest

from minikeras import regularizers
from minikeras.autodiff import GradientTape, Variable, check_gradients
from minikeras.regularizers import L1, L1L2, L2, OrthogonalRegularizer

X = np.array([[1.0, -2.0], [3.0, 0.5]])


@pytest.mark.parametrize(
    ("regularizer", "penalty"),
    [
        (L1(0.1), 0.65),  # 0.1 * (1 + 2 + 3 + 0.5)
        (L2(0.1), 1.425),  # 0.1 * (1 + 4 + 9 + 0.25)
        (L1L2(0.1, 0.1), 2.075),
        (L1L2(l1=0.1), 0.65),
        (L1L2(l2=0.1), 1.425),
        (L1L2(), 0.0),
    ],
)
def test_penalty_agrees_with_the_hand_calculation(regularizer, penalty):
    assert regularizer(X) == pytest.approx(penalty)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("regularizer", [L1(), L2(), L1L2(0.1, 0.1)])
def test_penalty_has_the_dtype_of_the_weights(regularizer, dtype):
    assert regularizer(X.astype(dtype)).dtype == dtype


def test_a_variable_is_accepted_off_the_tape():
    assert L2(0.5)(Variable([1.0, 2.0])) == 2.5


@pytest.mark.parametrize(
    ("regularizer", "slope"),
    [
        (L1(0.1), [0.1, -0.1]),
        (L2(0.1), [0.2, -0.4]),
        (L1L2(0.1, 0.1), [0.3, -0.5]),
    ],
)
def test_gradient_on_the_tape_is_that_of_the_formula(regularizer, slope):
    w = Variable(np.array([1.0, -2.0]))
    with GradientTape() as tape:
        penalty = regularizer(w)
    np.testing.assert_allclose(tape.gradient(penalty, w), slope)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("l1", "L1()"),
        ("L2", "L2()"),
        ("l1_l2", "L1L2(l1=0.01, l2=0.01)"),
        (None, "None"),
        ({"class_name": "L2", "config": {"l2": 0.5}}, "L2(l2=0.5)"),
        (L1(0.2), "L1(l1=0.2)"),
    ],
)
def test_get_takes_names_configurations_and_instances(name, expected):
    assert repr(regularizers.get(name)) == expected


def test_get_hands_a_function_through():
    assert regularizers.get(np.sum) is np.sum


def test_a_misspelt_name_is_corrected():
    with pytest.raises(ValueError, match="unknown regularizer 'l11'; did you mean 'l1'"):
        regularizers.get("l11")


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_a_strength_out_of_range_is_refused(value):
    with pytest.raises(ValueError, match="l2 must be a finite number of at least 0"):
        L2(value)


def test_configuration_survives_a_round_trip():
    data = regularizers.serialize(L1L2(0.1, 0.2))
    assert repr(regularizers.deserialize(data)) == "L1L2(l1=0.1, l2=0.2)"


def test_second_names_are_the_same_classes():
    assert (regularizers.l1, regularizers.l2, regularizers.l1_l2) == (L1, L2, L1L2)


def test_orthogonal_penalty_is_the_mean_cosine_of_all_pairs():
    w = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, -2.0]])  # cosines 0.6, 0 and -0.8
    assert OrthogonalRegularizer(0.3)(w) == pytest.approx(0.3 * (0.6 + 0.0 + 0.8) / 3)
    assert OrthogonalRegularizer(0.3, mode="columns")(w.T) == pytest.approx(0.14)


def test_orthogonal_penalty_of_one_vector_is_zero():
    assert OrthogonalRegularizer()(np.array([[1.0, 2.0]])) == 0.0


def test_gradient_of_the_orthogonal_penalty_agrees_with_central_differences():
    w = np.random.default_rng(0).standard_normal((4, 3))
    check_gradients(OrthogonalRegularizer(0.5), w)
    check_gradients(OrthogonalRegularizer(0.5, "columns"), w)


def test_orthogonal_penalty_refuses_what_is_no_matrix():
    with pytest.raises(ValueError, match=r"expected a matrix, got shape \(2, 2, 2\)"):
        OrthogonalRegularizer()(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="unknown mode 'row'; did you mean 'rows'"):
        OrthogonalRegularizer(mode="row")
