"""Preprocessing layers that must keep every promise of ``check_layer``."""

import numpy as np

from minikeras.layers.preprocessing import (
    CategoryEncoding,
    CenterCrop,
    Discretization,
    HashedCrossing,
    Hashing,
    IntegerLookup,
    Normalization,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
    Resizing,
    StringLookup,
    TextVectorization,
)

INTEGERS = np.array([[0, 2, 1], [3, 3, 0], [1, 4, 2]])
WORDS = np.array([["a", "c", ""], ["d", "a", "a"], ["x", "b", "d"]])
TEXTS = np.array(["The cat sat.", "On the mat", "a"])
IMAGE = {"input_shape": (4, 5, 2)}
CHANNELS_FIRST = {"input_shape": (2, 4, 5)}


def adapted(layer, data):
    layer.adapt(data)
    return layer


LAYERS = {
    "CategoryEncoding": [
        (CategoryEncoding(5), {"inputs": INTEGERS}),
        (CategoryEncoding(5, "one_hot"), {"inputs": INTEGERS}),
        (CategoryEncoding(6, "count"), {"inputs": INTEGERS}),
    ],
    "CenterCrop": [
        (CenterCrop(2, 3), IMAGE),
        (CenterCrop(6, 3, "channels_first"), CHANNELS_FIRST),
    ],
    "Discretization": [
        (Discretization([0.0, 0.5]), {}),
        (Discretization([0.0, 0.5], output_mode="one_hot"), {"input_shape": (2, 3)}),
        (adapted(Discretization(num_bins=3, output_mode="count"), np.arange(9.0)), {}),
    ],
    "HashedCrossing": [
        (HashedCrossing(7), {"inputs": [WORDS[:, :1], INTEGERS[:, :1]]}),
        (HashedCrossing(7, "one_hot"), {"inputs": [WORDS[:, 0], INTEGERS[:, 0]]}),
    ],
    "Hashing": [
        (Hashing(7), {"inputs": WORDS}),
        (Hashing(7, mask_value=0, salt=3, output_mode="one_hot"), {"inputs": INTEGERS}),
    ],
    "IntegerLookup": [
        (IntegerLookup(vocabulary=[3, 1, 0]), {"inputs": INTEGERS}),
        (IntegerLookup(vocabulary=[3, 1, 0], output_mode="count"), {"inputs": INTEGERS}),
        (adapted(IntegerLookup(max_tokens=4), INTEGERS), {"inputs": INTEGERS}),
        (IntegerLookup(vocabulary=[3, 1, 0], invert=True), {"inputs": INTEGERS}),
    ],
    "Normalization": [
        (Normalization(), {}),
        (Normalization(axis=None, mean=2.0, variance=4.0, invert=True), {"input_shape": (2, 3)}),
        (
            Normalization(axis=(1, 3), mean=[[1.0], [2.0]], variance=[[1.0], [3.0]]),
            {"input_shape": (2, 3, 1)},
        ),
    ],
    "RandomBrightness": [(RandomBrightness(0.2, (-20.0, 20.0)), IMAGE)],
    "RandomContrast": [
        (RandomContrast(0.5, (-20.0, 20.0), seed=1), IMAGE),
        (RandomContrast((0.2, 0.3), (-9.0, 9.0), data_format="channels_first"), CHANNELS_FIRST),
    ],
    "RandomCrop": [
        (RandomCrop(2, 3), IMAGE),
        (RandomCrop(3, 6, data_format="channels_first"), CHANNELS_FIRST),
    ],
    "RandomFlip": [
        (RandomFlip(), IMAGE),
        (RandomFlip("vertical", data_format="channels_first"), CHANNELS_FIRST),
    ],
    "RandomRotation": [
        (RandomRotation(0.3), IMAGE),
        (RandomRotation((0.1, 0.2), "wrap", data_format="channels_first"), CHANNELS_FIRST),
        (RandomRotation(0.3, "nearest", "nearest"), IMAGE),
    ],
    "RandomTranslation": [
        (RandomTranslation(0.3, 0.4), IMAGE),
        (RandomTranslation(0.3, (0.1, 0.4), "constant", fill_value=2.0), IMAGE),
    ],
    "RandomZoom": [
        (RandomZoom(0.4), IMAGE),
        (RandomZoom((-0.5, -0.2), 0.3, data_format="channels_first"), CHANNELS_FIRST),
    ],
    "Rescaling": [
        (Rescaling(0.5, offset=1.0), {}),
        (Rescaling([1.0, 2.0, 0.5], offset=[0.0, 1.0, 2.0]), {"input_shape": (2, 3)}),
    ],
    "Resizing": [
        (Resizing(3, 7), IMAGE),
        (Resizing(6, 3, "bicubic", antialias=True, data_format="channels_first"), CHANNELS_FIRST),
        (Resizing(3, 3, "nearest", pad_to_aspect_ratio=True, fill_value=1.5), IMAGE),
        (Resizing(6, 3, crop_to_aspect_ratio=True), IMAGE),
    ],
    "StringLookup": [
        (StringLookup(vocabulary=["a", "b", "c"]), {"inputs": WORDS}),
        (StringLookup(vocabulary=["a", "b"], num_oov_indices=3, salt=5), {"inputs": WORDS}),
        (adapted(StringLookup(output_mode="tf_idf", mask_token=""), WORDS), {"inputs": WORDS}),
    ],
    "TextVectorization": [
        (TextVectorization(vocabulary=["the", "cat"], output_sequence_length=3), {"inputs": TEXTS}),
        (adapted(TextVectorization(output_mode="count", ngrams=2), TEXTS), {"inputs": TEXTS}),
        (
            adapted(TextVectorization(9, output_mode="tf_idf", pad_to_max_tokens=True), TEXTS),
            {"inputs": TEXTS[:, np.newaxis]},
        ),
    ],
}
