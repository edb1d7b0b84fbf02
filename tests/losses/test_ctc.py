import numpy as np
import pytest

import minikeras
from minikeras import layers, losses
from minikeras.ops.ctc import ctc_decode


def test_zeros_after_the_labels_do_not_count():
    x = np.random.default_rng(0).standard_normal((1, 6, 4))
    assert losses.ctc([[1, 2, 0, 0]], x) == pytest.approx(losses.ctc([[1, 2]], x))


@pytest.mark.parametrize(
    ("y_true", "message"),
    [
        ([[1, 2, 3]], r"labels in \[1, 3\) filled up with 0, got values from 1 to 3"),
        ([[-1, 1]], "got values from -1 to 1"),
        ([[1.5, 0.0]], "expected labels in"),
        ([[1, 0, 2]], r"zeros only after the labels, got \[1, 0, 2\] for sample 0"),
        ([[1, 1, 1]], "at least 5 steps for the 3 labels of sample 0 .*got 4"),
        ([1, 2], r"y_true of shape \(batch, labels\)"),
        ([[1], [2]], "as many targets as predictions"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y_true, message):
    with pytest.raises(ValueError, match=message):
        losses.CTC()(np.array(y_true), np.zeros((1, 4, 3)))


def test_training_learns_to_write_the_labels():
    rng = np.random.default_rng(1)
    y = rng.integers(1, 4, (64, 2))
    y[:, 1] = 1 + (y[:, 0] + y[:, 1] % 2) % 3  # two labels, never the same
    x = np.zeros((64, 6, 4), "float32")
    for i, (first, second) in enumerate(y):
        start = rng.integers(0, 3)
        x[i, start, first] = x[i, start + 2, second] = 1.0
    minikeras.utils.set_random_seed(0)
    model = minikeras.Sequential([layers.Input((6, 4)), layers.Dense(4)])
    model.compile(optimizer=minikeras.optimizers.Adam(0.1), loss=losses.CTC())
    history = model.fit(x, y, epochs=30, batch_size=16, verbose=0)
    assert history.history["loss"][-1] < 0.3 < history.history["loss"][0]
    paths, _ = ctc_decode(model.predict(x, verbose=0), np.full(64, 6))
    assert (paths[0, :, :2] == y).mean() > 0.95
