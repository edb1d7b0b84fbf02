import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import metrics

Y_TRUE = np.array([0, 1, 1, 1, 0])
Y_PRED = np.array([0.9, 0.8, 0.2, 0.7, 0.1])


def test_counts_by_hand():
    assert metrics.TruePositives()(Y_TRUE, Y_PRED) == 2.0
    assert metrics.FalsePositives()(Y_TRUE, Y_PRED) == 1.0
    assert metrics.TrueNegatives()(Y_TRUE, Y_PRED) == 1.0
    assert metrics.FalseNegatives()(Y_TRUE, Y_PRED) == 1.0


def test_precision_and_recall_by_hand():
    assert metrics.Precision()(Y_TRUE, Y_PRED) == pytest.approx(2 / 3)
    assert metrics.Recall(thresholds=0.75)(Y_TRUE, Y_PRED) == pytest.approx(1 / 3)
    assert metrics.Precision()(Y_TRUE, Y_PRED, [0, 1, 1, 1, 1]) == 1.0


def test_several_thresholds_give_several_results_in_their_order():
    result = metrics.Recall(thresholds=[0.75, 0.1, 0.5])(Y_TRUE, Y_PRED)
    assert result == pytest.approx([1 / 3, 1.0, 2 / 3])


@given(
    y_pred=hnp.arrays(np.float32, 20, elements=st.floats(0, 1, width=32)),
    y_true=hnp.arrays(np.bool_, 20),
    levels=st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 0.3]), min_size=2, max_size=5),
)
def test_many_thresholds_count_as_each_of_them_does(y_pred, y_true, levels):
    weights = np.linspace(0, 2, 20)
    together = metrics.TruePositives(levels)(y_true, y_pred, weights)
    apart = [metrics.TruePositives(level)(y_true, y_pred, weights) for level in levels]
    assert together == pytest.approx(apart)


def test_nothing_predicted_as_positive_gives_a_precision_of_zero():
    assert metrics.Precision()([1, 0], [0.1, 0.2]) == 0.0


def test_nan_counts_as_negative():
    for thresholds in (0.5, [0.2, 0.5]):
        result = metrics.TruePositives(thresholds)([1, 1], [np.nan, 0.9])
        assert np.all(result == 1.0)


def test_top_k_keeps_the_largest_of_each_sample():
    y_true, y_pred = [[0, 1, 1], [1, 0, 0]], [[0.1, 0.6, 0.5], [0.3, 0.4, 0.2]]
    assert metrics.Precision(top_k=1)(y_true, y_pred) == 0.5
    assert metrics.Precision(top_k=2)(y_true, y_pred) == 0.75
    assert metrics.Recall(top_k=2, class_id=0)(y_true, y_pred) == 1.0


def test_class_id_needs_classes():
    with pytest.raises(ValueError, match=r"Precision\(class_id=1\) expected y_pred of shape"):
        metrics.Precision(class_id=1)([1, 0], [0.2, 0.3])


@pytest.mark.parametrize("thresholds", [1.5, [-0.1, 0.5], "a"])
def test_thresholds_out_of_range_are_refused(thresholds):
    with pytest.raises((ValueError, TypeError), match=r"thresholds must be a number in \[0, 1\]"):
        metrics.Precision(thresholds=thresholds)


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    y_true, y_pred = Y_TRUE[:, None], Y_PRED[:, None]
    precision, recall = metrics.Precision()(y_true, y_pred), metrics.Recall()(y_true, y_pred)
    expected = 2 * precision * recall / (precision + recall)
    assert metrics.F1Score(threshold=0.5)(y_true, y_pred) == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
def test_f_scores_agree_with_scikit_learn(average, rng):
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    y_true, y_pred = rng.integers(0, 2, (40, 3)), rng.random((40, 3))
    expected = sklearn_metrics.fbeta_score(y_true, y_pred > 0.4, beta=2.0, average=average)
    result = metrics.FBetaScore(average, beta=2.0, threshold=0.4)(y_true, y_pred)
    assert result == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "arguments", [{"average": "mean"}, {"beta": 0.0}, {"beta": "a"}, {"threshold": 1.5}]
)
def test_f_scores_refuse_arguments_out_of_range(arguments):
    with pytest.raises((ValueError, TypeError), match=next(iter(arguments))):
        metrics.FBetaScore(**arguments)


def test_f_scores_refuse_more_than_two_axes():
    with pytest.raises(ValueError, match=r"F1Score expected shape \(batch, classes\)"):
        metrics.F1Score()(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)))
