"""CTC loss and decoding over lengths, widths and blanks against real Keras (its jax backend)."""

import numpy as np
import pytest

from minikeras import GradientTape
from minikeras.ops.ctc import ctc_decode, ctc_loss

RNG = np.random.default_rng(8)


@pytest.mark.parametrize(
    ("batch", "steps", "classes", "labels"),
    [(4, 12, 5, 4), (3, 30, 8, 9), (2, 6, 4, 0), (2, 1, 3, 1)],
)
def test_loss_and_gradient_equal_those_of_keras(keras, jax, batch, steps, classes, labels):
    x = RNG.standard_normal((batch, steps, classes)).astype(np.float32) * 2
    target = RNG.integers(1, classes, (batch, labels))
    lengths = RNG.integers(0, labels + 1, batch)
    frames = np.minimum(steps, 2 * lengths + RNG.integers(1, 4, batch))
    theirs = keras.ops.ctc_loss(target, x, lengths, frames)
    total = jax.grad(lambda x: keras.ops.ctc_loss(target, x, lengths, frames).sum())
    with GradientTape() as tape:
        logits = tape.watch(x)
        ours = ctc_loss(target, logits, lengths, frames)
        loss = np.sum(ours)
    np.testing.assert_allclose(ours.value, np.asarray(theirs), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(loss, logits), np.asarray(total(x)), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "width", "top", "blank"),
    [
        ((3, 7, 5), 4, 2, 0),
        ((3, 7, 5), 100, 3, 4),
        ((2, 9, 3), 10, 12, 1),
        ((2, 2, 2), 100, 9, 0),
    ],
)
@pytest.mark.parametrize("strategy", ["greedy", "beam_search"])
def test_decoding_equals_that_of_keras(keras, shape, width, top, blank, strategy):
    x = RNG.standard_normal(shape).astype(np.float32) * 2
    lengths = RNG.integers(1, shape[1] + 1, shape[0])
    arguments = {"beam_width": width, "top_paths": top, "mask_index": blank}
    expected = keras.ops.ctc_decode(x, lengths, strategy, **arguments)
    paths, scores = ctc_decode(x, lengths, strategy, **arguments)
    assert paths.dtype == expected[0].dtype and scores.dtype == expected[1].dtype
    np.testing.assert_array_equal(paths, np.asarray(expected[0]))
    np.testing.assert_allclose(scores, np.asarray(expected[1]), rtol=1e-5, atol=1e-5)
