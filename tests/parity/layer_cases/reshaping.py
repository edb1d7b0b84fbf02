"""Cases of the reshaping layers; see ``tests/parity/test_layers.py``."""

SEQUENCE, IMAGE, VOLUME = (2, 5, 3), (2, 4, 5, 3), (2, 4, 3, 5, 2)

CASES = [
    ("Permute", lambda layers: layers.Permute((2, 1)), SEQUENCE),
    ("Permute images", lambda layers: layers.Permute((3, 1, 2)), IMAGE),
    ("RepeatVector", lambda layers: layers.RepeatVector(3), (2, 4)),
    # Keras predicts a list here, not a tuple.
    ("UpSampling1D", lambda layers: layers.UpSampling1D(3), SEQUENCE, {"shape": False}),
    ("UpSampling2D", lambda layers: layers.UpSampling2D(), IMAGE),
    ("UpSampling2D first", lambda layers: layers.UpSampling2D((2, 3), "channels_first"), IMAGE),
    ("UpSampling3D", lambda layers: layers.UpSampling3D((1, 2, 3)), VOLUME),
    ("UpSampling3D first", lambda layers: layers.UpSampling3D(2, "channels_first"), VOLUME),
    ("ZeroPadding1D", lambda layers: layers.ZeroPadding1D(), SEQUENCE),
    ("ZeroPadding1D pair", lambda layers: layers.ZeroPadding1D((0, 2)), SEQUENCE),
    ("ZeroPadding1D first", lambda layers: layers.ZeroPadding1D(1, "channels_first"), SEQUENCE),
    ("ZeroPadding2D", lambda layers: layers.ZeroPadding2D(), IMAGE),
    ("ZeroPadding2D two", lambda layers: layers.ZeroPadding2D((0, 2)), IMAGE),
    (
        "ZeroPadding2D pairs",
        lambda layers: layers.ZeroPadding2D(((1, 0), (2, 3)), "channels_first"),
        IMAGE,
    ),
    ("ZeroPadding3D", lambda layers: layers.ZeroPadding3D((1, 0, 2)), VOLUME),
    ("ZeroPadding3D default", lambda layers: layers.ZeroPadding3D(), VOLUME),
    ("Cropping1D", lambda layers: layers.Cropping1D(), SEQUENCE),
    ("Cropping1D one end", lambda layers: layers.Cropping1D((2, 0)), SEQUENCE),
    ("Cropping2D default", lambda layers: layers.Cropping2D(), IMAGE),
    ("Cropping2D", lambda layers: layers.Cropping2D((1, 2)), IMAGE),
    (
        "Cropping2D pairs",
        lambda layers: layers.Cropping2D(((1, 0), (0, 2)), "channels_first"),
        IMAGE,
    ),
    ("Cropping3D", lambda layers: layers.Cropping3D(), VOLUME),
    ("Cropping3D pairs", lambda layers: layers.Cropping3D(((1, 0), (0, 2), (1, 1))), VOLUME),
]
CASES += [
    (
        f"UpSampling2D {interpolation} {data_format}",
        lambda layers, interpolation=interpolation, data_format=data_format: layers.UpSampling2D(
            (2, 3), data_format, interpolation
        ),
        IMAGE,
    )
    for interpolation in ("bilinear", "bicubic", "lanczos3")
    for data_format in ("channels_last", "channels_first")
]
