"""Cases of the normalization layers."""

import numpy as np

from minikeras.layers import Dense, normalization

RNG = np.random.default_rng(5)
ROWS, IMAGES = RNG.standard_normal((4, 5)), RNG.standard_normal((3, 3, 2, 4))


LAYERS = {
    "BatchNormalization": [
        (normalization.BatchNormalization(), {"inputs": ROWS}),
        (normalization.BatchNormalization(gamma_initializer="random_normal"), {"inputs": IMAGES}),
        (normalization.BatchNormalization(axis=1, scale=False), {"inputs": IMAGES}),
        (normalization.BatchNormalization(center=False, momentum=0.5), {"inputs": IMAGES}),
    ],
    "GroupNormalization": [
        (normalization.GroupNormalization(2), {"inputs": IMAGES}),
        (normalization.GroupNormalization(-1, gamma_initializer="normal"), {"inputs": IMAGES}),
        (normalization.GroupNormalization(3, axis=1, scale=False), {"inputs": IMAGES}),
        (normalization.GroupNormalization(1, center=False), {"inputs": IMAGES}),
    ],
    "LayerNormalization": [
        (normalization.LayerNormalization(), {"inputs": ROWS}),
        (normalization.LayerNormalization(gamma_initializer="normal"), {"inputs": IMAGES}),
        (normalization.LayerNormalization([1, 3], gamma_initializer="normal"), {"inputs": IMAGES}),
        (normalization.LayerNormalization(1, scale=False), {"inputs": IMAGES}),
        (normalization.LayerNormalization(center=False), {"inputs": IMAGES}),
    ],
    "RMSNormalization": [
        (normalization.RMSNormalization(), {"inputs": ROWS}),
        (normalization.RMSNormalization([2, 3]), {"inputs": IMAGES}),
    ],
    # Training replaces the kernel: what a call gives depends on the kernel by way of its singular
    # value, which the gradient leaves out. Once the kernel is divided, dividing changes nothing.
    "SpectralNormalization": [
        (
            lambda: normalization.SpectralNormalization(Dense(3, trainable=False), 200),
            {"inputs": ROWS},
        ),
    ],
    "UnitNormalization": [
        (normalization.UnitNormalization(), {"inputs": ROWS}),
        (normalization.UnitNormalization([1, 2]), {"inputs": IMAGES}),
    ],
}
