"""Dense layers, embeddings, and layers that do nothing when a model predicts."""

from typing import Any

import numpy as np

from minikeras.export.value import Value
from minikeras.layers import (
    ActivityRegularization,
    AlphaDropout,
    Dense,
    Dropout,
    EinsumDense,
    Embedding,
    GaussianDropout,
    GaussianNoise,
    Identity,
    InputLayer,
    Masking,
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    ReversibleEmbedding,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
    SpectralNormalization,
)
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.layers.activations import activated

__all__ = ["einsum_dense"]


@writes(
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    Identity,
    InputLayer,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
def _nothing(g: Builder, layer: Any, x: Value) -> Value:
    return x


@writes(
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
def _nothing_but_floats(g: Builder, layer: Any, x: Value) -> Value:
    return g.floats(x, layer)


@writes(Dense)
def _dense(g: Builder, layer: Dense, x: Value) -> Value:
    z = g.matmul(g.floats(x, layer), layer.kernel)
    if layer.bias is not None:
        z = g.add(z, layer.bias)
    return activated(g, z, layer.activation)


@writes(EinsumDense)
def einsum_dense(g: Builder, layer: EinsumDense, x: Value) -> Value:
    """Write an EinsumDense layer."""
    x = g.floats(x, layer)
    shape = layer.compute_output_shape(x.shape)
    axes = layer._product_axes
    if axes == 1:
        z = g.matmul(x, layer.kernel.value.reshape(layer.kernel.shape[0], -1))
        z = g.reshape(z, shape, kept=x.rank - 1)
    else:
        equation = layer.equation.replace(" ", "")
        z = g.node("Einsum", x, g.constant(layer.kernel), shape=shape, equation=equation)
    if layer.bias is not None:
        z = g.add(z, layer.bias)
    return activated(g, z, layer.activation)


@writes(Embedding)
def _embedding(g: Builder, layer: Embedding, inputs: Value) -> Value:
    return g.take(g.constant(layer.embeddings), g.cast(inputs, "int64"), axis=0)


@writes(ReversibleEmbedding)
def _reversible(
    g: Builder, layer: ReversibleEmbedding, inputs: Value, reverse: bool = False
) -> Value:
    if not reverse:
        return g.take(g.constant(layer.embeddings), g.cast(inputs, "int64"), axis=0)
    if layer.reverse_dtype not in (None, layer.dtype):
        g.refuse(f"its reverse_dtype {layer.reverse_dtype} differs from its dtype {layer.dtype}")
    kernel = np.asarray(layer.embeddings).T if layer.tie_weights else layer.reverse_embeddings
    logits = g.matmul(g.floats(inputs, layer), kernel)
    cap = layer.logit_soft_cap
    return logits if cap is None else g.multiply(g.unary("Tanh", g.divide(logits, cap)), cap)


@writes(Masking)
def _masking(g: Builder, layer: Masking, x: Value) -> Value:
    same = g.node("Equal", x, g.constant(layer.mask_value, x.dtype), shape=x.shape, dtype="bool")
    differs = g.cast(g.node("Not", same, shape=x.shape), x.dtype)
    return g.multiply(x, g.reduce("ReduceMax", differs, -1, keepdims=True))


@writes(SpectralNormalization)
def _spectral(g: Builder, layer: SpectralNormalization, x: Value) -> Value:
    found: Value = g.call(layer.layer, x)
    return found
