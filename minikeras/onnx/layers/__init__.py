"""What is written for layers; importing it fills the table."""

from minikeras.onnx.layers import (
    activations,
    attention,
    cells,
    convolution,
    core,
    images,
    lookup,
    merging,
    normalization,
    pooling,
    preprocessing,
    recurrent,
    reshaping,
    time_distributed,
)

__all__ = [
    "activations",
    "attention",
    "cells",
    "convolution",
    "core",
    "images",
    "lookup",
    "merging",
    "normalization",
    "pooling",
    "preprocessing",
    "recurrent",
    "reshaping",
    "time_distributed",
]
