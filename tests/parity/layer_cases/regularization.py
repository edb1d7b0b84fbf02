"""Cases of regularization, at inference: random numbers differ by library."""

CASES = [
    ("ActivityRegularization", lambda layers: layers.ActivityRegularization(0.1, 0.2), (2, 3)),
    ("AlphaDropout", lambda layers: layers.AlphaDropout(0.5), (2, 3)),
    ("GaussianDropout", lambda layers: layers.GaussianDropout(0.5), (2, 3)),
    ("GaussianNoise", lambda layers: layers.GaussianNoise(0.5), (2, 3)),
    ("SpatialDropout1D", lambda layers: layers.SpatialDropout1D(0.5), (2, 3, 4)),
    ("SpatialDropout2D", lambda layers: layers.SpatialDropout2D(0.5), (2, 3, 4, 2)),
    ("SpatialDropout3D", lambda layers: layers.SpatialDropout3D(0.5), (2, 3, 4, 2, 1)),
    (
        "SpatialDropout2D that drops all",
        lambda layers: layers.SpatialDropout2D(1.0, "channels_first"),
        (2, 3, 4, 2),
        {"call": {"training": True}},
    ),
    (
        "GaussianNoise without noise",
        lambda layers: layers.GaussianNoise(0.0),
        (2, 3),
        {"call": {"training": True}},
    ),
]
