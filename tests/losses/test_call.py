"""A loss of one's own that defines ``__call__`` in the place of ``call``, as some Keras scripts."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, losses, ops

X = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]], "float32")
LABELS = np.array([0, 1, 0])


class Contrast(losses.Loss):
    """Looks at the batch as a whole."""

    def __call__(self, labels, features, sample_weight=None):
        same = ops.cast(ops.equal(labels.reshape(-1, 1), labels.reshape(1, -1)), "float32")
        return ops.mean(same * ops.matmul(features, ops.transpose(features)))


class Doubled(losses.MeanSquaredError):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return 2.0 * super().__call__(y_true, y_pred, sample_weight)


class FourTimes(Doubled):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return 2.0 * super().__call__(y_true, y_pred, sample_weight)


def fitted(loss, y, **options):
    model = Sequential([Input((2,)), layers.Dense(2, use_bias=False, kernel_initializer="ones")])
    model.compile("sgd", loss)
    return model.fit(X, y, verbose=0, **options).history["loss"][0]


def test_training_comes_by_the_call_of_the_loss():
    features = X @ np.ones((2, 2), "float32")
    assert fitted(Contrast(), LABELS) == pytest.approx(float(Contrast()(LABELS, features)))


@pytest.mark.parametrize(("cls", "factor"), [(Doubled, 2.0), (FourTimes, 4.0)])
def test_the_call_of_the_base_is_within_reach(cls, factor):
    plain = losses.MeanSquaredError()
    zero, weight = np.zeros_like(X), np.array([1.0, 0.0, 2.0], "float32")
    assert cls()(zero, X) == pytest.approx(factor * plain(zero, X))
    assert cls()(zero, X, weight) == pytest.approx(factor * plain(zero, X, weight))
    assert fitted(cls(), zero) == pytest.approx(factor * fitted(plain, zero))
    weighted = fitted(plain, zero, sample_weight=weight)
    assert fitted(cls(), zero, sample_weight=weight) == pytest.approx(factor * weighted)
