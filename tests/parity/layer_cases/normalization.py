"""Cases of the normalization layers; see ``tests/parity/test_layers.py``."""

import numpy as np

TRAINING = {"call": {"training": True}}
MASK = np.array([[True, True, False, True], [True, False, False, True]])
MASKED = {"call": {"training": True, "mask": MASK}}
ROWS, SEQUENCES, IMAGES = (6, 5), (2, 4, 3), (3, 4, 5, 8)


def shifted(shape):
    return lambda rng: (3.0 * rng.standard_normal(shape) + 2.0).astype("float32")


def batch(title, inputs, options=TRAINING, **arguments):
    return (
        f"BatchNormalization {title}",
        lambda layers: layers.BatchNormalization(**arguments),
        inputs,
        options,
    )


RENORM = {"renorm": True, "renorm_momentum": 0.9, "renorm_clipping": {"rmax": 3.0, "dmax": 5.0}}

CASES = [
    batch("training", shifted(ROWS)),
    batch("inference", ROWS, {}),
    batch("images", shifted(IMAGES)),
    batch("images at inference", IMAGES, {}),
    batch("along axis 1", shifted(IMAGES), axis=1),
    batch("along axis 1 at inference", IMAGES, {}, axis=1),
    batch("no center", shifted(ROWS), center=False, momentum=0.6),
    batch("no scale", shifted(ROWS), scale=False, epsilon=0.1),
    batch("neither", shifted(IMAGES), center=False, scale=False),
    batch("masked", shifted(SEQUENCES), MASKED),
    batch("masked, plain", shifted(SEQUENCES), MASKED, center=False, scale=False),
    batch("renorm", shifted(ROWS), renorm=True, renorm_clipping={}),
    batch("renorm, clipped", shifted(ROWS), **RENORM),
    batch("renorm, plain", shifted(ROWS), **RENORM, center=False, scale=False),
    batch("renorm, masked", shifted(SEQUENCES), MASKED, **RENORM),
    batch("frozen", shifted(ROWS), trainable=False),
    batch("large", shifted((128, 24, 24, 8)), momentum=0.9),
    ("LayerNormalization", lambda layers: layers.LayerNormalization(), shifted(ROWS)),
    ("LayerNormalization images", lambda layers: layers.LayerNormalization(), shifted(IMAGES)),
    (
        "LayerNormalization axes",
        lambda layers: layers.LayerNormalization([1, 2]),
        shifted(IMAGES),
    ),
    (
        "LayerNormalization last axes",
        lambda layers: layers.LayerNormalization([-2, -1], epsilon=1e-5),
        shifted(IMAGES),
    ),
    (
        "LayerNormalization axis 1, no scale",
        lambda layers: layers.LayerNormalization(1, scale=False),
        shifted(IMAGES),
    ),
    (
        "LayerNormalization no center",
        lambda layers: layers.LayerNormalization(center=False),
        shifted(ROWS),
    ),
    ("GroupNormalization", lambda layers: layers.GroupNormalization(2), shifted(IMAGES)),
    ("GroupNormalization rows", lambda layers: layers.GroupNormalization(3), shifted((4, 9))),
    (
        "GroupNormalization one",
        lambda layers: layers.GroupNormalization(1, scale=False),
        shifted(IMAGES),
    ),
    (
        "GroupNormalization each",
        lambda layers: layers.GroupNormalization(-1, center=False),
        shifted(IMAGES),
    ),
    (
        "GroupNormalization axis 1",
        lambda layers: layers.GroupNormalization(2, axis=1, epsilon=0.01),
        shifted(IMAGES),
    ),
    ("RMSNormalization", lambda layers: layers.RMSNormalization(), shifted(ROWS)),
    ("RMSNormalization axes", lambda layers: layers.RMSNormalization([2, 3]), shifted(IMAGES)),
    ("UnitNormalization", lambda layers: layers.UnitNormalization(), shifted(ROWS)),
    ("UnitNormalization axes", lambda layers: layers.UnitNormalization([1, 2]), shifted(IMAGES)),
    (
        "SpectralNormalization",
        lambda layers: layers.SpectralNormalization(layers.Dense(3)),
        ROWS,
    ),
]
