import numpy as np
import pytest

from minikeras import losses


def test_kl_divergence_by_hand():
    value = losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]])
    assert value == pytest.approx(0.5 * np.log(2.0) + 0.5 * np.log(2 / 3))


def test_kl_divergence_of_a_distribution_from_itself_is_zero_even_with_zeros():
    assert losses.kl_divergence([[1.0, 0.0]], [[1.0, 0.0]]) == pytest.approx(0.0)


def test_poisson_by_hand():
    value = losses.poisson([[2.0, 0.0]], [[3.0, 1.0]])
    assert value == pytest.approx((3.0 - 2.0 * np.log(3.0) + 1.0) / 2)


def test_poisson_of_a_rate_of_zero_is_finite():
    assert np.isfinite(losses.poisson([[1.0]], [[0.0]])).all()
