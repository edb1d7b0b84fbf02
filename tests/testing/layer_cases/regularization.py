"""Layers of regularization that must keep every promise of ``check_layer``."""

from minikeras.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
)
from minikeras.layers.spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from minikeras.random import SeedGenerator

LAYERS = {
    "ActivityRegularization": [(ActivityRegularization(l1=0.1, l2=0.2), {})],
    "AlphaDropout": [
        (AlphaDropout(0.4), {}),
        (AlphaDropout(0.2, noise_shape=[None, 1, 3], seed=1), {"input_shape": (2, 3)}),
    ],
    "Dropout": [
        (Dropout(0.4), {}),
        (Dropout(0.5, noise_shape=(None, 1)), {}),
        (Dropout(0.5, seed=SeedGenerator(3)), {"input_shape": (2, 3)}),
        (Dropout(0.3), {"input_shape": (30, 30)}),
    ],
    "GaussianDropout": [(GaussianDropout(0.3), {}), (GaussianDropout(0), {"input_shape": (2, 3)})],
    "GaussianNoise": [(GaussianNoise(0.3), {}), (GaussianNoise(0, seed=1), {})],
    "SpatialDropout1D": [(SpatialDropout1D(0.4), {"input_shape": (5, 3)})],
    "SpatialDropout2D": [
        (SpatialDropout2D(0.4), {"input_shape": (3, 2, 4)}),
        (SpatialDropout2D(0.4, data_format="channels_first"), {"input_shape": (4, 3, 2)}),
    ],
    "SpatialDropout3D": [(SpatialDropout3D(0.4, seed=2), {"input_shape": (2, 3, 2, 4)})],
}
