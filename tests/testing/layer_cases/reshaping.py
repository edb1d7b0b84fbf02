"""Cases of the reshaping layers; Flatten and Reshape are in ``test_contracts.py``."""

from minikeras.layers import reshaping

SEQUENCE, IMAGE, VOLUME = ({"input_shape": s} for s in ((5, 2), (4, 5, 2), (3, 4, 5, 2)))

LAYERS = {
    "Cropping1D": [
        (reshaping.Cropping1D(), SEQUENCE),
        (reshaping.Cropping1D((2, 0)), SEQUENCE),
    ],
    "Cropping2D": [
        (reshaping.Cropping2D(), IMAGE),
        (reshaping.Cropping2D(((1, 0), (2, 1))), IMAGE),
        (reshaping.Cropping2D((1, 0), "channels_first"), IMAGE),
    ],
    "Cropping3D": [(reshaping.Cropping3D(((1, 0), (0, 2), (1, 1))), VOLUME)],
    "Permute": [(reshaping.Permute((2, 1)), SEQUENCE), (reshaping.Permute((3, 1, 2)), IMAGE)],
    "RepeatVector": [(reshaping.RepeatVector(3), {})],
    "UpSampling1D": [(reshaping.UpSampling1D(3), SEQUENCE)],
    "UpSampling2D": [
        (reshaping.UpSampling2D((2, 3)), IMAGE),
        (reshaping.UpSampling2D(2, "channels_first"), IMAGE),
        (reshaping.UpSampling2D(2, interpolation="bilinear"), IMAGE),
        (reshaping.UpSampling2D(2, "channels_first", "bicubic"), IMAGE),
    ],
    "UpSampling3D": [(reshaping.UpSampling3D((1, 2, 2)), VOLUME)],
    "ZeroPadding1D": [
        (reshaping.ZeroPadding1D(), SEQUENCE),
        (reshaping.ZeroPadding1D((0, 2), "channels_first"), SEQUENCE),
    ],
    "ZeroPadding2D": [
        (reshaping.ZeroPadding2D(), IMAGE),
        (reshaping.ZeroPadding2D(((1, 0), (2, 1)), "channels_first"), IMAGE),
    ],
    "ZeroPadding3D": [(reshaping.ZeroPadding3D((1, 0, 2)), VOLUME)],
}
