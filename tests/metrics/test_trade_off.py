import numpy as np
import pytest

from minikeras import metrics

Y_TRUE = np.array([0, 0, 0, 1, 1])
Y_PRED = np.array([0.0, 0.3, 0.8, 0.3, 0.8])


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (metrics.SensitivityAtSpecificity(0.5), 0.5),
        (metrics.SensitivityAtSpecificity(0.3), 1.0),
        (metrics.SpecificityAtSensitivity(1.0), 1 / 3),
        (metrics.SpecificityAtSensitivity(0.5), 2 / 3),
        (metrics.PrecisionAtRecall(0.8), 0.5),
        (metrics.RecallAtPrecision(0.5), 1.0),
        (metrics.RecallAtPrecision(0.9), 0.0),
    ],
)
def test_the_best_rate_at_the_bound(metric, expected):
    assert metric(Y_TRUE, Y_PRED) == pytest.approx(expected)


def test_one_threshold_is_a_half():
    metric = metrics.PrecisionAtRecall(0.5, num_thresholds=1)
    assert metric.thresholds == [0.5]
    assert metric([1, 0, 1], [0.6, 0.4, 0.45]) == 1.0


def test_thresholds_are_even_from_0_to_1():
    assert metrics.RecallAtPrecision(0.5, num_thresholds=5).thresholds == [0, 0.25, 0.5, 0.75, 1]


def test_one_class_can_be_looked_at_alone():
    y_true, y_pred = np.eye(3)[[0, 1, 2, 1]], np.random.default_rng(0).random((4, 3))
    expected = metrics.RecallAtPrecision(0.4)(y_true[:, 1], y_pred[:, 1])
    assert metrics.RecallAtPrecision(0.4, class_id=1)(y_true, y_pred) == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (metrics.SensitivityAtSpecificity, "specificity"),
        (metrics.SpecificityAtSensitivity, "sensitivity"),
        (metrics.PrecisionAtRecall, "recall"),
        (metrics.RecallAtPrecision, "precision"),
    ],
)
def test_bounds_out_of_range_are_refused_by_name(kind, name):
    with pytest.raises(ValueError, match=rf"{name} must be a number in \[0, 1\], got 1.5"):
        kind(1.5)
    assert repr(kind(0.25)) == f"{kind.__name__}({name}=0.25)"
