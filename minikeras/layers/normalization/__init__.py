"""Normalization: numbers of a known mean and size, for the layers that follow."""

from minikeras.layers.normalization.batch_normalization import BatchNormalization
from minikeras.layers.normalization.group_normalization import GroupNormalization
from minikeras.layers.normalization.layer_normalization import (
    LayerNormalization,
    RMSNormalization,
)
from minikeras.layers.normalization.spectral_normalization import SpectralNormalization
from minikeras.layers.normalization.unit_normalization import UnitNormalization

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "SpectralNormalization",
    "UnitNormalization",
]
