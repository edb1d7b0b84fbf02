"""Which batches an epoch gets, against real Keras."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

from minikeras.data import (  # noqa: E402
    adapt,
    pack_x_y_sample_weight,
    train_validation_split,
    unpack_x_y_sample_weight,
)

X, Y = np.arange(10, dtype="float32")[:, None], np.arange(10, dtype="float32")[:, None]


def ours(source, epochs):
    return [sum(1 for _ in source.epoch()) for _ in range(epochs)]


def theirs(x, y, epochs, **arguments):
    counts = [0] * epochs

    class Count(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, step, logs=None):
            counts[self.epoch] += 1

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[Count()], **arguments)
    return counts


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("steps", [None, 1, 2, 3, 5, 7])
def test_steps_per_epoch_counts_batches_of_arrays_as_keras_does(steps):
    expected = theirs(X, Y, 4, batch_size=2, steps_per_epoch=steps)
    assert ours(adapt(X, Y, batch_size=2, steps=steps), 4) == expected


@pytest.mark.filterwarnings("ignore")
def test_steps_per_epoch_alone_sets_the_batch_size_as_keras_does():
    assert ours(adapt(X, Y, steps=3), 2) == theirs(X, Y, 2, steps_per_epoch=3)


@pytest.mark.filterwarnings("ignore")
def test_steps_per_epoch_reads_a_generator_as_keras_does():
    def batches():
        for start in range(0, 10, 2):
            yield X[start : start + 2], Y[start : start + 2]

    expected = theirs(batches(), None, 3, steps_per_epoch=2)
    assert ours(adapt(batches(), steps=2), 3) == expected == [2, 2, 1]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.25, 0.3, 0.35, 0.5, 0.8])
def test_validation_split_cuts_where_keras_cuts(share):
    slicing = pytest.importorskip("keras.src.trainers.data_adapters.array_slicing")
    training, validation = slicing.train_validation_split((X, Y, None), share)
    found = train_validation_split(X, Y, None, share)
    for part, expected in zip(found, (training, validation), strict=True):
        np.testing.assert_array_equal(part[0], expected[0])


@pytest.mark.parametrize("data", [X, (X,), (X, Y), (X, Y, Y), [X, Y]])
def test_batches_are_packed_and_unpacked_as_in_keras(data):
    parts = unpack_x_y_sample_weight(data)
    for ours_, theirs_ in zip(parts, keras.utils.unpack_x_y_sample_weight(data), strict=True):
        assert ours_ is theirs_
    packed = pack_x_y_sample_weight(*parts)
    assert type(packed) is type(keras.utils.pack_x_y_sample_weight(*parts))
