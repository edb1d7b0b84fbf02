import warnings

import numpy as np
import pytest

from minikeras import GradientTape, losses

# Chapter 4 of the course: ten probabilities, the right class is 2.
Y = np.array([[0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]])
SWAPPED = np.array([[0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0]])
T = np.eye(10)[[2]]


def test_the_printed_cross_entropies_of_the_course():
    # It adds 1e-7 inside the logarithm, which a function of two arrays can do as well.
    loss = losses.get(lambda t, y: -np.sum(t * np.log(y + 1e-7), axis=-1))
    assert f"{loss(T, Y):.8f}" == "0.51082546"
    assert f"{loss(T, SWAPPED):.8f}" == "2.30258409"


def test_clipped_cross_entropy_is_the_logarithm_itself_away_from_0():
    loss = losses.CategoricalCrossentropy()
    assert float(loss(T, Y)) == pytest.approx(-np.log(0.6), abs=1e-12)
    assert float(loss(T, SWAPPED)) == pytest.approx(-np.log(0.1), abs=1e-12)


@pytest.mark.parametrize(
    ("y_true", "y_pred"), [([[0, 1, 0]], [[0.3, 0.5, 0.2]]), ([[0, 1, 0]], [[3.0, 5.0, 2.0]])]
)
def test_probabilities_are_divided_by_their_sum(y_true, y_pred):
    assert float(losses.CategoricalCrossentropy()(y_true, y_pred)) == pytest.approx(np.log(2))
    assert float(losses.SparseCategoricalCrossentropy()([1], y_pred)) == pytest.approx(np.log(2))


def test_label_smoothing_spreads_its_part_over_the_classes():
    loss = losses.CategoricalCrossentropy(label_smoothing=0.3)
    plain = losses.CategoricalCrossentropy()
    y_pred = np.array([[0.3, 0.5, 0.2]])
    assert float(loss([[0, 1, 0]], y_pred)) == pytest.approx(
        float(plain([[0.1, 0.8, 0.1]], y_pred))
    )
    binary = losses.BinaryCrossentropy(label_smoothing=0.2)
    assert float(binary([[1.0]], [[0.3]])) == pytest.approx(
        float(losses.BinaryCrossentropy()([[0.9]], [[0.3]]))
    )


@pytest.mark.parametrize("smoothing", [-0.1, 1.1, "a"])
def test_label_smoothing_out_of_range_is_refused(smoothing):
    with pytest.raises((ValueError, TypeError), match="label_smoothing must be a number in"):
        losses.BinaryCrossentropy(label_smoothing=smoothing)


def test_the_class_axis_may_be_any(rng):
    y_pred, labels = rng.uniform(0.1, 1, (2, 3, 4)), rng.integers(3, size=(2, 4))
    moved = np.moveaxis(y_pred, 1, -1)
    sparse = losses.SparseCategoricalCrossentropy(axis=1, reduction=None)(labels, y_pred)
    assert sparse == pytest.approx(losses.sparse_categorical_crossentropy(labels, moved))
    one_hot = np.moveaxis(np.eye(3)[labels], -1, 1)
    loss = losses.CategoricalCrossentropy(axis=1, label_smoothing=0.1)
    expected = losses.CategoricalCrossentropy(label_smoothing=0.1)(np.eye(3)[labels], moved)
    assert float(loss(one_hot, y_pred)) == pytest.approx(float(expected))


def test_an_ignored_class_counts_for_nothing():
    y_pred = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    kept = losses.SparseCategoricalCrossentropy()([1, 0], y_pred[[0, 2]])
    assert float(loss([1, -1, 0], y_pred)) == pytest.approx(float(kept))
    assert loss.per_sample([1, -1, 0], y_pred)[1] == 0.0
    assert float(loss([-1, -1, -1], y_pred)) == 0.0


def test_predictions_for_an_ignored_class_may_be_nan():
    y_pred = np.array([[0.2, 0.8], [np.nan, 0.5]])
    with GradientTape() as tape:
        x = tape.watch(y_pred)
        loss = losses.SparseCategoricalCrossentropy(ignore_class=255)([1, 255], x)
    assert float(loss) == pytest.approx(-np.log(0.8))
    assert tape.gradient(loss, x)[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("from_logits", [False, True])
def test_sparse_labels_out_of_range_are_refused(from_logits):
    loss = losses.SparseCategoricalCrossentropy(from_logits)
    y_pred = np.full((2, 3), 1 / 3)
    for labels, remedy in [
        ([0, 3], "give the last layer 4 units"),
        ([-1, 0], "number the classes"),
    ]:
        with pytest.raises(ValueError, match=rf"expected labels in \[0, 3\), got .*; {remedy}"):
            loss(labels, y_pred)
        with pytest.raises(ValueError, match=r"labels must lie in \[0, 3\)"):
            loss.mean(np.array(labels), y_pred)  # the unchecked way does not wrap around either


def test_sparse_labels_that_are_no_whole_numbers_are_refused():
    y_pred = np.full((2, 3), 1 / 3)
    for labels in ([0.0, 1.5], [np.nan, 1.0]):
        with pytest.raises(ValueError, match="expected whole numbers .*use 'categorical_crossent"):
            losses.SparseCategoricalCrossentropy()(labels, y_pred)
    with pytest.raises(
        ValueError, match=r"expected labels in \[0, 3\), got values from 1.0 to inf"
    ):
        losses.SparseCategoricalCrossentropy()([1.0, np.inf], y_pred)


def test_one_hot_targets_for_a_sparse_loss_are_refused():
    with pytest.raises(ValueError, match="for one-hot targets use 'categorical_crossentropy'"):
        losses.SparseCategoricalCrossentropy()(np.eye(3), np.full((3, 3), 1 / 3))
    with pytest.raises(ValueError, match="for one-hot targets use 'categorical_crossentropy'"):
        losses.sparse_categorical_crossentropy(np.eye(3), np.full((3, 3), 1 / 3))


@pytest.mark.parametrize("labels", [np.array([0, 2]), np.array([[0], [2]])])
def test_class_indices_for_a_categorical_loss_are_refused(labels):
    with pytest.raises(ValueError, match="for class indices use 'sparse_categorical_crossentropy'"):
        losses.CategoricalCrossentropy()(labels, np.full((2, 3), 1 / 3))


def test_a_single_unit_is_no_distribution_over_classes():
    with pytest.raises(ValueError, match="for one unit use 'binary_crossentropy'"):
        losses.CategoricalCrossentropy()(np.ones((4, 1)), np.ones((4, 1)))
    with pytest.raises(ValueError, match="for one unit use 'binary_crossentropy'"):
        losses.SparseCategoricalCrossentropy()(np.array([0, 1]), np.ones((2, 1)))


def test_binary_targets_outside_0_and_1_are_warned_of_once():
    loss = losses.BinaryCrossentropy()
    with pytest.warns(
        UserWarning, match=r"targets in \[0, 1\], got values from -1.0 to 1.0.*hinge"
    ):
        loss([[-1.0], [1.0]], [[0.5], [0.5]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss([[-1.0], [1.0]], [[0.5], [0.5]])
    with pytest.warns(UserWarning, match="for a regression use 'mean_squared_error'"):
        losses.BinaryCrossentropy()([[3.0]], [[0.5]])


def test_the_warning_points_at_the_caller():
    with pytest.warns(UserWarning, match="targets in") as caught:
        losses.BinaryCrossentropy()([[3.0]], [[0.5]])
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("y_true", "y_pred", "kind"),
    [
        (np.array([1.0, 0.0]), np.array([[0.3], [0.6]]), "binary"),
        (np.array([1, 0]), np.array([[0.3, 0.7], [0.6, 0.4]]), "sparse_categorical"),
        (np.array([[1], [0]]), np.array([[0.3, 0.7], [0.6, 0.4]]), "sparse_categorical"),
        (np.eye(2), np.array([[0.3, 0.7], [0.6, 0.4]]), "categorical"),
    ],
)
@pytest.mark.parametrize("from_logits", [False, True])
def test_crossentropy_picks_the_kind_by_shape(y_true, y_pred, kind, from_logits):
    expected = losses.get(
        {"class_name": f"{kind}_crossentropy", "config": {"from_logits": from_logits}}
    )
    loss = losses.Crossentropy(from_logits)
    assert loss(y_true, y_pred) == expected(y_true, y_pred)
    assert loss.mean(y_true, y_pred, [1.0, 3.0]) == expected(y_true, y_pred, [1.0, 3.0])
    assert loss.per_sample(y_true, y_pred) == pytest.approx(expected.per_sample(y_true, y_pred))
