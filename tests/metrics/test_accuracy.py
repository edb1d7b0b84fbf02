import numpy as np
import pytest

from minikeras import metrics

SCORES = np.array([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [0.8, 0.1, 0.1]])
LABELS = np.array([1, 2, 2, 0])


def test_sparse_and_one_hot_targets_give_the_same():
    assert metrics.SparseCategoricalAccuracy()(LABELS, SCORES) == 0.75
    assert metrics.CategoricalAccuracy()(np.eye(3)[LABELS], SCORES) == 0.75


def test_weights_count_hits_and_misses():
    assert metrics.SparseCategoricalAccuracy()(LABELS, SCORES, [1.0, 3.0, 0.0, 0.0]) == 0.25


def test_accuracy_of_steps_is_their_share():
    y_pred = np.array([[[0.9, 0.1], [0.9, 0.1]], [[0.2, 0.8], [0.3, 0.7]]])
    assert metrics.SparseCategoricalAccuracy()([[0, 1], [1, 1]], y_pred) == 0.75
    metric = metrics.SparseCategoricalAccuracy()
    assert metric([[0, 1], [1, 1]], y_pred, sample_weight=[1.0, 0.0]) == 0.5


def test_binary_predictions_at_the_threshold_are_negative():
    assert metrics.BinaryAccuracy()([[0], [1]], [[0.5], [0.5]]) == 0.5
    assert metrics.BinaryAccuracy(threshold=0.0)([[0], [1]], [[-2.0], [0.1]]) == 1.0


def test_top_k_by_hand():
    assert metrics.SparseTopKCategoricalAccuracy(k=1)(LABELS, SCORES) == 0.75
    assert metrics.SparseTopKCategoricalAccuracy(k=2)(LABELS, SCORES) == 1.0
    assert metrics.TopKCategoricalAccuracy(k=2)(np.eye(3)[[0, 1, 0, 1]], SCORES) == 0.25


def test_top_k_of_nan_is_a_miss():
    assert metrics.SparseTopKCategoricalAccuracy(k=2)([0], [[np.nan, 0.5, 0.1]]) == 0.0


@pytest.mark.parametrize("label", [-1, 3])
def test_top_k_refuses_labels_out_of_range(label):
    with pytest.raises(ValueError, match=r"expected labels in \[0, 3\)"):
        metrics.SparseTopKCategoricalAccuracy(k=2)([label], [[0.2, 0.5, 0.1]])


@pytest.mark.parametrize("k", [0, -1, 2.5, "2"])
def test_k_must_be_a_positive_integer(k):
    for kind in (metrics.TopKCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy):
        with pytest.raises((ValueError, TypeError), match="k must be an integer of at least 1"):
            kind(k=k)


def test_one_hot_targets_for_a_sparse_accuracy_are_refused():
    with pytest.raises(ValueError, match="for one-hot targets use 'categorical_accuracy'"):
        metrics.SparseCategoricalAccuracy()(np.eye(3), np.eye(3))


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None]])
def test_class_indices_for_a_categorical_accuracy_are_refused(labels):
    with pytest.raises(ValueError, match="for class indices use 'sparse_categorical_accuracy'"):
        metrics.CategoricalAccuracy()(labels, SCORES)


def test_functions_never_broadcast_n_against_n_1():
    assert metrics.binary_accuracy([1, 0, 1], [[0.9], [0.9], [0.1]]).shape == (3, 1)
    assert metrics.accuracy([1, 0, 1], [[1], [0], [0]]).tolist() == [[1.0], [1.0], [0.0]]
