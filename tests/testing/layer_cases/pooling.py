"""Cases of the pooling layers."""

import numpy as np

from minikeras.layers import pooling

# No two elements are equal: a maximum has no derivative where two are.
RNG = np.random.default_rng(3)


def distinct(*shape):
    return {"inputs": RNG.permutation(np.prod((2, *shape))).reshape(2, *shape) / 7.0}


SEQUENCE, IMAGE, VOLUME = distinct(6, 2), distinct(5, 4, 2), distinct(4, 3, 4, 2)
FIRST = distinct(2, 5, 4)

LAYERS = {
    "AdaptiveAveragePooling1D": [(pooling.AdaptiveAveragePooling1D(4), SEQUENCE)],
    "AdaptiveAveragePooling2D": [
        (pooling.AdaptiveAveragePooling2D((2, 3)), IMAGE),
        (pooling.AdaptiveAveragePooling2D(2, "channels_first"), FIRST),
    ],
    "AdaptiveAveragePooling3D": [(pooling.AdaptiveAveragePooling3D(2), VOLUME)],
    "AdaptiveMaxPooling1D": [(pooling.AdaptiveMaxPooling1D(4), SEQUENCE)],
    "AdaptiveMaxPooling2D": [
        (pooling.AdaptiveMaxPooling2D((2, 3)), IMAGE),
        (pooling.AdaptiveMaxPooling2D(2, "channels_first"), FIRST),
    ],
    "AdaptiveMaxPooling3D": [(pooling.AdaptiveMaxPooling3D(2), VOLUME)],
    "AveragePooling1D": [
        (pooling.AveragePooling1D(2), SEQUENCE),
        (pooling.AveragePooling1D(3, 2, "same"), SEQUENCE),
    ],
    "AveragePooling2D": [
        (pooling.AveragePooling2D(2), IMAGE),
        (pooling.AveragePooling2D(3, 2, "same"), IMAGE),
        (pooling.AveragePooling2D(2, data_format="channels_first"), FIRST),
    ],
    "AveragePooling3D": [(pooling.AveragePooling3D(2, padding="same"), VOLUME)],
    "GlobalAveragePooling1D": [(pooling.GlobalAveragePooling1D(), SEQUENCE)],
    "GlobalAveragePooling2D": [
        (pooling.GlobalAveragePooling2D(keepdims=True), IMAGE),
        (pooling.GlobalAveragePooling2D("channels_first"), FIRST),
    ],
    "GlobalAveragePooling3D": [(pooling.GlobalAveragePooling3D(), VOLUME)],
    "GlobalMaxPooling1D": [(pooling.GlobalMaxPooling1D(), SEQUENCE)],
    "GlobalMaxPooling2D": [
        (pooling.GlobalMaxPooling2D(keepdims=True), IMAGE),
        (pooling.GlobalMaxPooling2D("channels_first"), FIRST),
    ],
    "GlobalMaxPooling3D": [(pooling.GlobalMaxPooling3D(), VOLUME)],
    "MaxPooling1D": [
        (pooling.MaxPooling1D(), SEQUENCE),
        (pooling.MaxPooling1D(3, 1, "same"), SEQUENCE),
    ],
    "MaxPooling2D": [
        (pooling.MaxPooling2D(), IMAGE),
        (pooling.MaxPooling2D((3, 2), (2, 1), "same"), IMAGE),
        (pooling.MaxPooling2D(data_format="channels_first"), FIRST),
    ],
    "MaxPooling3D": [(pooling.MaxPooling3D(2, 1), VOLUME)],
}
