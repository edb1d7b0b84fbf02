import numpy as np
import pytest

from minikeras import GradientTape, losses

Y_TRUE = np.array([[1.0], [0.0], [1.0]])
Y_PRED = np.array([[0.9], [0.2], [0.3]])


def test_gamma_zero_is_the_cross_entropy():
    expected = losses.binary_crossentropy(Y_TRUE, Y_PRED)
    assert losses.binary_focal_crossentropy(Y_TRUE, Y_PRED, gamma=0.0) == pytest.approx(expected)
    one_hot, scores = np.eye(3)[[1, 0]], np.array([[0.2, 0.5, 0.3], [0.1, 0.6, 0.3]])
    expected = losses.categorical_crossentropy(one_hot, scores)
    got = losses.categorical_focal_crossentropy(one_hot, scores, alpha=1.0, gamma=0.0)
    assert got == pytest.approx(expected)


def test_easy_samples_count_less():
    got = losses.binary_focal_crossentropy(Y_TRUE, Y_PRED, gamma=2.0)
    plain = losses.binary_crossentropy(Y_TRUE, Y_PRED)
    assert got / plain == pytest.approx([0.1**2, 0.2**2, 0.7**2])


def test_class_balancing_weighs_yes_and_no():
    plain = losses.binary_focal_crossentropy(Y_TRUE, Y_PRED)
    got = losses.binary_focal_crossentropy(Y_TRUE, Y_PRED, apply_class_balancing=True, alpha=0.7)
    assert got / plain == pytest.approx([0.7, 0.3, 0.7])


def test_logits_give_what_their_probabilities_give():
    logits = np.log(Y_PRED / (1 - Y_PRED))
    assert losses.binary_focal_crossentropy(Y_TRUE, logits, from_logits=True) == pytest.approx(
        losses.binary_focal_crossentropy(Y_TRUE, Y_PRED)
    )
    scores = np.array([[0.2, 0.5, 0.3]])
    one_hot = np.eye(3)[[2]]
    got = losses.categorical_focal_crossentropy(one_hot, np.log(scores), from_logits=True)
    assert got == pytest.approx(losses.categorical_focal_crossentropy(one_hot, scores))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_certain_mistakes_cost_much_but_not_infinitely(dtype):
    y_true, y_pred = np.array([[1.0, 0.0]], dtype), np.array([[0.0, 1.0]], dtype)
    for loss in (losses.BinaryFocalCrossentropy(), losses.CategoricalFocalCrossentropy()):
        with GradientTape() as tape:
            y = tape.watch(y_pred)
            value = loss(y_true, y)
        assert np.isfinite(value.value) and value.value > 1.5
        assert np.isfinite(tape.gradient(value, y)).all()


def test_each_class_may_have_its_own_weight():
    one_hot, scores = np.eye(3)[[0, 1, 2]], np.full((3, 3), 1 / 3)
    got = losses.categorical_focal_crossentropy(one_hot, scores, alpha=[1.0, 2.0, 4.0])
    assert got / got[0] == pytest.approx([1.0, 2.0, 4.0])
    with pytest.raises(ValueError, match=r"alpha to be one number, or one for each of 3 classes"):
        losses.categorical_focal_crossentropy(one_hot, scores, alpha=[1.0, 2.0])


def test_targets_outside_0_and_1_are_warned_of_by_name():
    with pytest.warns(UserWarning, match=r"BinaryFocalCrossentropy expected targets in \[0, 1\]"):
        losses.BinaryFocalCrossentropy()(np.array([[3.0]]), np.array([[0.5]]))


@pytest.mark.parametrize("arguments", [{"alpha": 1.5}, {"gamma": -1.0}, {"label_smoothing": 2.0}])
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} must be"):
        losses.BinaryFocalCrossentropy(**arguments)


def test_generalized_cross_entropy_lies_between_cross_entropy_and_absolute_error():
    y_pred = np.array([[0.2, 0.5, 0.3]])
    towards = losses.categorical_generalized_cross_entropy([1], y_pred, 1e-6)
    assert towards == pytest.approx([np.log(2)], rel=1e-5)
    towards = losses.categorical_generalized_cross_entropy([1], y_pred, 1 - 1e-6)
    assert towards == pytest.approx([0.5], rel=1e-5)


@pytest.mark.parametrize("q", [0.0, 1.0, -0.5])
def test_generalized_cross_entropy_refuses_q_out_of_range(q):
    with pytest.raises(ValueError, match=r"q must be a number in \(0, 1\)"):
        losses.CategoricalGeneralizedCrossEntropy(q)


def test_generalized_cross_entropy_of_a_probability_of_zero_has_a_finite_gradient():
    with GradientTape() as tape:
        y = tape.watch(np.array([[0.0, 1.0]]))
        value = losses.CategoricalGeneralizedCrossEntropy()(np.array([0]), y)
    assert float(value.value) == pytest.approx(2.0)
    assert np.isfinite(tape.gradient(value, y)).all()


def test_generalized_cross_entropy_refuses_one_hot_targets():
    with pytest.raises(ValueError, match="expected class indices of shape"):
        losses.CategoricalGeneralizedCrossEntropy()(np.eye(3), np.full((3, 3), 1 / 3))
