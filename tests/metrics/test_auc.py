import numpy as np
import pytest

from minikeras import metrics


def test_roc_area_is_the_probability_that_a_positive_scores_higher(rng):
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    y_true = rng.random(300) > 0.5
    y_pred, weights = np.clip(0.3 * y_true + 0.7 * rng.random(300), 0, 1), rng.random(300)
    area = metrics.AUC(num_thresholds=2000)(y_true, y_pred, weights)
    assert area == pytest.approx(
        sklearn_metrics.roc_auc_score(y_true, y_pred, sample_weight=weights), abs=1e-3
    )


def test_perfect_and_reversed_scores():
    y_true = [0, 0, 1, 1]
    for curve in ("ROC", "PR"):
        assert metrics.AUC(curve=curve)(y_true, [0.1, 0.2, 0.8, 0.9]) == pytest.approx(1.0)
    assert metrics.AUC()(y_true, [0.9, 0.8, 0.2, 0.1]) == 0.0


def test_rectangles_enclose_the_trapezoids(rng):
    y_true, y_pred = rng.random(100) > 0.4, rng.random(100)
    below, between, above = (
        metrics.AUC(10, summation_method=method)(y_true, y_pred)
        for method in ("minoring", "interpolation", "majoring")
    )
    assert below < between < above


def test_logits_go_through_the_sigmoid(rng):
    y_true, logits = rng.random(50) > 0.5, rng.standard_normal(50)
    expected = metrics.AUC()(y_true, 1 / (1 + np.exp(-logits)))
    assert metrics.AUC(from_logits=True)(y_true, logits) == pytest.approx(expected)


def test_predictions_that_are_no_probabilities_are_refused():
    with pytest.raises(
        ValueError, match=r"got values from -3.0 to 2.0; for logits use AUC\(from_l"
    ):
        metrics.AUC()([0, 1], [-3.0, 2.0])


def test_labels_have_an_area_each(rng):
    y_true, y_pred = rng.random((60, 3)) > 0.5, rng.random((60, 3))
    apart = [metrics.AUC()(y_true[:, i], y_pred[:, i]) for i in range(3)]
    assert metrics.AUC(multi_label=True)(y_true, y_pred) == pytest.approx(np.mean(apart))
    weights = [1.0, 0.0, 3.0]
    metric = metrics.AUC(multi_label=True, num_labels=3, label_weights=weights)
    assert metric(y_true, y_pred) == pytest.approx(np.average(apart, weights=weights))


def test_label_weights_without_several_labels_weight_the_columns(rng):
    y_true, y_pred = rng.random((60, 2)) > 0.5, rng.random((60, 2))
    metric = metrics.AUC(label_weights=[1.0, 0.0])
    assert metric(y_true, y_pred) == pytest.approx(metrics.AUC()(y_true[:, 0], y_pred[:, 0]))


def test_another_number_of_labels_is_refused():
    metric = metrics.AUC(multi_label=True, num_labels=3)
    with pytest.raises(ValueError, match=r"expected y_pred of shape \(batch, 3\), got \(4, 2\)"):
        metric(np.zeros((4, 2)), np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"curve": "RCO"}, "unknown curve 'RCO'; did you mean 'ROC'"),
        ({"summation_method": "mean"}, "unknown summation_method 'mean'"),
        ({"num_thresholds": 1}, "num_thresholds must be at least 2, got 1"),
        ({"num_thresholds": 2.5}, "num_thresholds must be an integer"),
        ({"thresholds": [0.5, 1.5]}, r"thresholds must be a number in \[0, 1\], got 1.5"),
        ({"num_labels": 3}, "needs multi_label=True"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        metrics.AUC(**arguments)
