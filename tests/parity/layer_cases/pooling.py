"""Cases of the pooling layers; see ``tests/parity/test_layers.py``.

Small integers as inputs make ties, in which Keras has a rule for the gradient.
"""

from itertools import product

import numpy as np

SHAPES = {1: (2, 9, 3), 2: (2, 7, 6, 3), 3: (2, 5, 4, 6, 2)}


def integers(shape):
    return lambda rng: rng.integers(-2, 3, shape).astype("float32")


def first(shape):
    return (shape[0], shape[-1], *shape[1:-1])


def windowed(kind, rank, size, strides, padding):
    name = f"{kind}Pooling{rank}D"
    shape = SHAPES[rank]
    inputs = integers(shape) if kind == "Max" else shape
    return (
        f"{name} {size} by {strides} {padding}",
        lambda layers: getattr(layers, name)(size, strides, padding),
        inputs,
    )


def masked(rng):
    return rng.standard_normal((2, 4, 3)).astype("float32")


MASK = np.array([[True, False, True, True], [False, True, False, False]])

CASES = [
    windowed(kind, rank, size, strides, padding)
    for kind, padding in product(("Max", "Average"), ("valid", "same"))
    for rank, size, strides in [
        (1, 2, None),
        (1, 3, 2),
        (1, 2, 3),
        (2, 2, None),
        (2, 3, 2),
        (2, 3, 1),
        (2, 2, 3),
        (3, 2, None),
        (3, 3, 1),
    ]
]
CASES += [
    windowed("Max", 2, (3, 1), (1, 2), "same"),
    windowed("Average", 2, (1, 2), (3, 1), "valid"),
    ("MaxPooling2D default", lambda layers: layers.MaxPooling2D(), integers((2, 6, 6, 2))),
    ("MaxPool1D default", lambda layers: layers.MaxPool1D(), integers((2, 5, 2))),
    ("AvgPool3D", lambda layers: layers.AvgPool3D(2), (2, 4, 4, 4, 2)),
]
CASES += [
    (
        f"{kind}{rank}D global{', kept' if keepdims else ''}{', first' if swap else ''}",
        lambda layers, kind=kind, rank=rank, keepdims=keepdims, swap=swap: getattr(
            layers, f"Global{kind}Pooling{rank}D"
        )("channels_first" if swap else "channels_last", keepdims),
        integers(first(SHAPES[rank]) if swap else SHAPES[rank]),
    )
    for kind, rank in product(("Max", "Average"), (1, 2, 3))
    for keepdims, swap in ((False, False), (True, True))
]
CASES += [
    (
        f"{kind}{rank}D adaptive {size}",
        lambda layers, kind=kind, rank=rank, size=size: getattr(
            layers, f"Adaptive{kind}Pooling{rank}D"
        )(size),
        integers(SHAPES[rank]) if kind == "Max" else SHAPES[rank],
    )
    for kind, rank, size in product(("Max", "Average"), (1, 2, 3), (2, 4))
]
CASES += [
    (
        "AdaptiveAveragePooling2D first",
        lambda layers: layers.AdaptiveAveragePooling2D((3, 2), "channels_first"),
        first(SHAPES[2]),
    ),
    (
        "AdaptiveMaxPooling2D more than there are",
        lambda layers: layers.AdaptiveMaxPooling2D((9, 2)),
        integers(SHAPES[2]),
    ),
    (
        "GlobalAveragePooling1D masked",
        lambda layers: layers.GlobalAveragePooling1D(),
        masked,
        {"call": {"mask": MASK}},
    ),
    (
        "GlobalAveragePooling1D masked, kept",
        lambda layers: layers.GlobalAveragePooling1D(keepdims=True),
        masked,
        {"call": {"mask": MASK}},
    ),
]
