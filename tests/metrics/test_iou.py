import numpy as np
import pytest

from minikeras import metrics

Y_TRUE = np.array([0, 0, 1, 1, 2, 2])
Y_PRED = np.array([0, 1, 1, 1, 2, 0])  # scores 1/3, 2/3, 1/2


def test_scores_of_chosen_classes_are_averaged():
    assert metrics.IoU(3, [1])(Y_TRUE, Y_PRED) == pytest.approx(2 / 3, abs=1e-6)
    assert metrics.IoU(3, [0, 2])(Y_TRUE, Y_PRED) == pytest.approx((1 / 3 + 1 / 2) / 2, abs=1e-6)
    assert metrics.MeanIoU(3)(Y_TRUE, Y_PRED) == pytest.approx(0.5, abs=1e-6)


def test_classes_that_never_occur_are_left_out():
    assert metrics.MeanIoU(7)(Y_TRUE, Y_PRED) == pytest.approx(0.5, abs=1e-6)
    assert metrics.IoU(7, [6])(Y_TRUE, Y_PRED) == 0.0


def test_the_confusion_matrix_has_targets_in_its_rows():
    metric = metrics.MeanIoU(3)
    metric.update_state(Y_TRUE, Y_PRED, sample_weight=[1, 2, 1, 1, 1, 0.5])
    assert metric.total_cm.tolist() == [[1, 2, 0], [0, 2, 0], [0.5, 0, 1]]


def test_weights_of_samples_hold_for_all_their_pixels():
    y_true, y_pred = Y_TRUE.reshape(2, 3), Y_PRED.reshape(2, 3)
    weighted, first = metrics.MeanIoU(3), metrics.MeanIoU(3)
    weighted.update_state(y_true, y_pred, sample_weight=[1.0, 0.0])
    first.update_state(y_true[:1], y_pred[:1])
    assert weighted.result() == first.result()


def test_an_ignored_class_counts_for_nothing_and_may_be_any_number():
    y_true = np.array([0, 0, 255, 1])
    assert metrics.MeanIoU(2, ignore_class=255)(y_true, [0, 0, 1, 1]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([0, 5], [0, 1], r"MeanIoU\(num_classes=3\) expected y_true in \[0, 3\).*ignore_class"),
        ([0, 1], [0, -1], "expected y_pred in .* got values from -1 to 0"),
        ([0, 1], [0.2, 0.7], "expected class indices for y_pred, got fractions"),
        ([0, 1], [0, np.nan], "expected y_pred in"),
        ([[0], [1]], [[0, 1], [1, 0]], "expected y_true of shape"),
    ],
)
def test_what_are_no_class_indices_is_refused(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        metrics.MeanIoU(3).update_state(np.array(y_true), np.array(y_pred))


def test_scores_are_turned_into_classes_along_their_axis():
    scores = np.random.default_rng(0).random((2, 3, 4))
    y_true = np.random.default_rng(1).integers(0, 3, (2, 4))
    expected = metrics.MeanIoU(3)(y_true, scores.argmax(axis=1))
    assert metrics.MeanIoU(3, sparse_y_pred=False, axis=1)(y_true, scores) == expected
    one_hot = np.moveaxis(np.eye(3)[y_true], -1, 1)
    assert metrics.OneHotMeanIoU(3, axis=1)(one_hot, scores) == expected
    assert metrics.OneHotIoU(3, [0, 1, 2], axis=1)(one_hot, scores) == expected


def test_scores_for_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match=r"expected y_pred with 3 values along axis -1"):
        metrics.MeanIoU(3, sparse_y_pred=False).update_state([0, 1], np.zeros((2, 4)))


def test_the_threshold_itself_means_yes():
    metric = metrics.BinaryIoU(target_class_ids=[1], threshold=0.5)
    assert metric([1, 0], [0.5, 0.4]) == pytest.approx(1.0)


@pytest.mark.parametrize("classes", [[], [3], [-1]])
def test_target_classes_out_of_range_are_refused(classes):
    with pytest.raises(ValueError, match=r"target_class_ids expected classes in \[0, 3\)"):
        metrics.IoU(3, classes)
