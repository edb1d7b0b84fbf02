"""Cases of preprocessing; those that real Keras can run without TensorFlow.

Random layers are given intervals of no width.
"""

import itertools

import numpy as np

IMAGES = (2, 6, 8, 3)
FIRST = (2, 3, 6, 8)
TRAIN = {"call": {"training": True}}
REST = {"call": {"training": False}}
EXACT = {"gradients": False}


def whole(*shape, high=4):
    return lambda rng: rng.integers(high, size=shape).astype("int32")


def bytes_of(*shape):
    return lambda rng: rng.integers(256, size=shape).astype("uint8")


CASES = [
    ("Rescaling", lambda layers: layers.Rescaling(1 / 255, -0.5), (2, 3)),
    ("Rescaling of bytes", lambda layers: layers.Rescaling(1 / 255), bytes_of(2, 3), EXACT),
    ("Rescaling by channel", lambda layers: layers.Rescaling([1.0, 2.0], [0.5, 0.0]), (3, 2)),
    ("Normalization", lambda layers: layers.Normalization(mean=3.0, variance=2.0), (2, 3)),
    (
        "Normalization of two axes",
        lambda layers: layers.Normalization(
            axis=(1, -1), mean=[[1.0], [2.0]], variance=[[4.0], [0.0]]
        ),
        (2, 2, 3, 1),
    ),
    (
        "Normalization broadcasts a vector",
        lambda layers: layers.Normalization(axis=(1, 2), mean=[1.0, 2.0, 3.0], variance=[1, 2, 4]),
        (2, 2, 3),
    ),
    (
        "Normalization inverted",
        lambda layers: layers.Normalization(axis=None, mean=3.0, variance=2.0, invert=True),
        (2, 3),
    ),
    ("Normalization before adapt", lambda layers: layers.Normalization(), (2, 3), {"weights": 0}),
    *(
        (
            f"Discretization {mode} of {len(shape)} axes",
            lambda layers, mode=mode: layers.Discretization([-0.5, 0.0, 0.7], output_mode=mode),
            shape,
            {**EXACT, "shape": mode in ("int", "one_hot") or len(shape) == 2},
        )
        for mode, shape in itertools.product(
            ("int", "one_hot", "multi_hot", "count"), ((3, 4), (3, 1), (2, 3, 2))
        )
    ),
    *(
        (
            f"CategoryEncoding {mode} of {len(shape)} axes",
            lambda layers, mode=mode: layers.CategoryEncoding(5, mode),
            whole(*shape),
            {**EXACT, "shape": mode == "one_hot" or len(shape) == 2},
        )
        for mode, shape in itertools.product(
            ("one_hot", "multi_hot", "count"), ((3, 4), (3, 1), (2, 3, 2))
        )
    ),
    (
        "CategoryEncoding with weights",
        lambda layers: layers.CategoryEncoding(4, "count"),
        whole(2, 3),
        {**EXACT, "call": {"count_weights": np.array([[1, 2, 3], [0.5, 0, 1]], "float32")}},
    ),
    *(
        (
            f"Resizing {size} {method} {ratio}",
            lambda layers, size=size, method=method, ratio=ratio: layers.Resizing(
                *size, interpolation=method, **{f"{r}_to_aspect_ratio": True for r in ratio}
            ),
            IMAGES,
        )
        for size, method, ratio in itertools.product(
            ((3, 5), (9, 12)), ("bilinear", "bicubic"), ((), ("crop",), ("pad",))
        )
    ),
    (
        "Resizing channels first with antialias",
        lambda layers: layers.Resizing(4, 3, antialias=True, data_format="channels_first"),
        FIRST,
    ),
    ("Resizing one image", lambda layers: layers.Resizing(4, 3), (6, 8, 3), {"shape": False}),
    ("Resizing bytes", lambda layers: layers.Resizing(4, 3), bytes_of(*IMAGES), EXACT),
    ("CenterCrop", lambda layers: layers.CenterCrop(3, 5), IMAGES),
    ("CenterCrop enlarges", lambda layers: layers.CenterCrop(7, 5), IMAGES),
    ("CenterCrop channels first", lambda layers: layers.CenterCrop(2, 3, "channels_first"), FIRST),
    ("CenterCrop of bytes", lambda layers: layers.CenterCrop(2, 3), bytes_of(*IMAGES), EXACT),
    ("RandomFlip at inference", lambda layers: layers.RandomFlip(), IMAGES, REST),
    ("RandomRotation at inference", lambda layers: layers.RandomRotation(0.5), IMAGES, REST),
    ("RandomContrast at inference", lambda layers: layers.RandomContrast(0.5), IMAGES, REST),
    ("RandomBrightness at inference", lambda layers: layers.RandomBrightness(0.5), IMAGES, REST),
    ("RandomCrop of the whole", lambda layers: layers.RandomCrop(6, 8), IMAGES, TRAIN),
    *(
        (
            f"RandomRotation {mode} {method}",
            lambda layers, mode=mode, method=method: layers.RandomRotation(
                (0.117, 0.117), mode, method, fill_value=0.5
            ),
            IMAGES,
            TRAIN,
        )
        for mode, method in itertools.product(
            ("reflect", "wrap", "constant", "nearest"), ("bilinear", "nearest")
        )
    ),
    (
        "RandomRotation channels first",
        lambda layers: layers.RandomRotation((-0.3, -0.3), data_format="channels_first"),
        FIRST,
        TRAIN,
    ),
    ("RandomZoom in", lambda layers: layers.RandomZoom((-0.3, -0.3)), IMAGES, TRAIN),
    (
        "RandomZoom of each axis",
        lambda layers: layers.RandomZoom((0.4, 0.4), (-0.2, -0.2), "constant"),
        IMAGES,
        TRAIN,
    ),
    (
        "RandomTranslation",
        lambda layers: layers.RandomTranslation((0.23, 0.23), (-0.31, -0.31), "wrap"),
        IMAGES,
        TRAIN,
    ),
    (
        "RandomTranslation channels first",
        lambda layers: layers.RandomTranslation(
            (0.23, 0.23), (0.11, 0.11), "constant", data_format="channels_first"
        ),
        FIRST,
        TRAIN,
    ),
    (
        "RandomBrightness",
        lambda layers: layers.RandomBrightness((0.25, 0.25), (0.0, 1.0)),
        IMAGES,
        TRAIN,
    ),
    (
        "RandomContrast",
        lambda layers: layers.RandomContrast((0.0, 0.0), (-1.0, 1.0)),
        IMAGES,
        TRAIN,
    ),
]
