import numpy as np
import pytest

from minikeras import metrics

Y_TRUE = np.array([1.0, 4.0, 3.0, 0.0])
Y_PRED = np.array([2.0, 4.0, 4.0, -1.0])


def test_values_by_hand():
    assert metrics.MeanSquaredError()(Y_TRUE[:, None], Y_PRED[:, None]) == pytest.approx(0.75)
    assert metrics.MeanAbsoluteError()(Y_TRUE[:, None], Y_PRED[:, None]) == pytest.approx(0.75)
    assert metrics.RootMeanSquaredError()(Y_TRUE, Y_PRED) == pytest.approx(np.sqrt(0.75))
    # squared deviations from the mean 2: 1 + 4 + 1 + 4
    assert metrics.R2Score()(Y_TRUE, Y_PRED) == pytest.approx(1 - 3 / 10)


def test_r2_is_one_for_perfect_and_zero_for_mean_predictions():
    assert metrics.R2Score()(Y_TRUE, Y_TRUE) == 1.0
    assert metrics.R2Score()(Y_TRUE, np.full(4, 2.0)) == pytest.approx(0.0)


def test_r2_agrees_with_scikit_learn(rng):
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    y_true = rng.standard_normal((30, 2))
    y_pred, weights = y_true + rng.standard_normal((30, 2)), rng.random(30)
    for ours, theirs in [
        (None, "raw_values"),
        ("uniform_average", "uniform_average"),
        ("variance_weighted_average", "variance_weighted"),
    ]:
        expected = sklearn_metrics.r2_score(
            y_true, y_pred, sample_weight=weights, multioutput=theirs
        )
        assert metrics.R2Score(ours)(y_true, y_pred, weights) == pytest.approx(expected)


def test_r2_of_targets_that_do_not_vary_is_zero():
    assert metrics.R2Score()(np.ones(3), np.array([1.0, 2.0, 0.0])) == 0.0


def test_adjusted_r2_needs_more_samples_than_regressors():
    metric = metrics.R2Score(num_regressors=5)
    metric.update_state(Y_TRUE, Y_PRED)
    with pytest.warns(UserWarning, match=r"R2Score\(num_regressors=5\) needs more samples"):
        assert metric.result() == pytest.approx(0.7)


def test_r2_refuses_more_than_two_axes():
    with pytest.raises(
        ValueError, match=r"R2Score expected shape \(batch, outputs\), got \(2, 2, 2"
    ):
        metrics.R2Score()(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)))


@pytest.mark.parametrize(
    "arguments", [{"class_aggregation": "mean"}, {"num_regressors": -1}, {"num_regressors": 1.5}]
)
def test_r2_refuses_arguments_out_of_range(arguments):
    with pytest.raises((ValueError, TypeError), match=next(iter(arguments))):
        metrics.R2Score(**arguments)
