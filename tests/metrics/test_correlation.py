import numpy as np
import pytest

from minikeras import losses, metrics

RNG = np.random.default_rng(0)
Y_TRUE = RNG.standard_normal((6, 9))
Y_PRED = 2.0 * Y_TRUE + RNG.standard_normal((6, 9)) + 1.0


def test_pearson_is_that_of_numpy():
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(Y_TRUE, Y_PRED, strict=True)]
    assert metrics.pearson_correlation(Y_TRUE, Y_PRED) == pytest.approx(expected)
    got = metrics.PearsonCorrelation()(Y_TRUE, Y_PRED, np.arange(6.0))
    assert got == pytest.approx(np.average(expected, weights=np.arange(6)))


def test_pearson_of_what_does_not_vary_is_nan():
    assert np.isnan(metrics.pearson_correlation(np.ones((1, 4)), Y_PRED[:1, :4])).all()


def test_concordance_is_one_only_for_equal_values():
    assert metrics.concordance_correlation(Y_TRUE, Y_TRUE) == pytest.approx(np.ones(6), abs=1e-6)
    shifted = metrics.concordance_correlation(Y_TRUE, Y_TRUE + 1.0)
    variance = Y_TRUE.var(axis=-1)
    assert shifted == pytest.approx(2 * variance / (2 * variance + 1), abs=1e-6)


def test_correlations_run_along_the_axis_given():
    for name in ("pearson_correlation", "concordance_correlation"):
        function = getattr(metrics, name)
        assert function(Y_TRUE, Y_PRED, axis=0) == pytest.approx(function(Y_TRUE.T, Y_PRED.T))


def test_cosine_similarity_is_minus_the_loss_of_its_name():
    expected = -float(losses.CosineSimilarity()(Y_TRUE, Y_PRED))
    assert metrics.CosineSimilarity()(Y_TRUE, Y_PRED) == pytest.approx(expected)
    assert metrics.get("cosine_similarity")(Y_TRUE, Y_TRUE) == pytest.approx(1.0)


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="pearson_correlation expected y_true of shape"):
        metrics.PearsonCorrelation().update_state(Y_TRUE[:, :4], Y_PRED)
