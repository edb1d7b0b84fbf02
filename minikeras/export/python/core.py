"""Dense layers, activations, embeddings, and layers that do nothing when a model predicts."""

from typing import Any

import numpy as np

from minikeras.export.python.writer import Writer, writes
from minikeras.export.value import Value
from minikeras.layers import (
    ELU,
    Activation,
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
    LeakyReLU,
    Masking,
    PReLU,
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    ReLU,
    ReversibleEmbedding,
    Softmax,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
    SpectralNormalization,
)

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
def _nothing(w: Writer, layer: Any, x: Value) -> Value:
    return w.same(x)


@writes(
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
def _nothing_but_floats(w: Writer, layer: Any, x: Value) -> Value:
    return w.result(w.floats(x, layer).name)


@writes(Dense)
def _dense(w: Writer, layer: Dense, x: Value) -> Value:
    x = w.floats(x, layer)
    w.load(W=layer.kernel, b=layer.bias)
    z = f"np.dot({x.name}, W)" if x.rank == 2 else f"np.tensordot({x.name}, W, 1)"
    return w.finished(z + ("" if layer.bias is None else " + b"), layer.activation)


@writes(EinsumDense)
def einsum_dense(w: Writer, layer: EinsumDense, x: Value) -> Value:
    """Write an EinsumDense layer."""
    x = w.floats(x, layer)
    w.load(W=layer.kernel, b=layer.bias)
    axes = layer._product_axes
    if axes is None:
        z = f"np.einsum({layer.equation!r}, {x.name}, W, optimize=True)"
    else:
        z = f"np.tensordot({x.name}, W, {axes})"
    return w.finished(z + ("" if layer.bias is None else " + b"), layer.activation)


@writes(Activation)
def _activation(w: Writer, layer: Activation, x: Value) -> Value:
    return w.result(w.activation(layer.activation, x.name))


@writes(ReLU)
def _relu(w: Writer, layer: ReLU, x: Value) -> Value:
    settings = {
        "negative_slope": (layer.negative_slope, 0.0),
        "max_value": (layer.max_value, None),
        "threshold": (layer.threshold, 0.0),
    }
    told = {name: value for name, (value, usual) in settings.items() if value != usual}
    return w.result(w.call_of("relu_with" if told else "relu", x, **told))


@writes(LeakyReLU)
def _leaky_relu(w: Writer, layer: LeakyReLU, x: Value) -> Value:
    return w.result(w.call_of("leaky_relu", x, layer.negative_slope))


@writes(ELU)
def _elu(w: Writer, layer: ELU, x: Value) -> Value:
    return w.result(w.call_of("elu", x, layer.alpha))


@writes(PReLU)
def _prelu(w: Writer, layer: PReLU, x: Value) -> Value:
    w.load(alpha=layer.alpha)
    return w.result(f"np.maximum({x.name}, 0.0) - alpha * np.maximum(-{x.name}, 0.0)")


@writes(Softmax)
def _softmax(w: Writer, layer: Softmax, x: Value, mask: Any = None) -> Value:
    axis = tuple(layer.axis) if isinstance(layer.axis, list) else layer.axis
    if mask is not None:
        return w.result(w.call_of("masked_softmax", x, mask, axis))
    return w.result(w.call_of("softmax", x, axis))


def _rows(w: Writer, layer: Embedding, inputs: Value) -> Value:
    places = inputs.name if inputs.dtype == "int64" else f"{inputs.name}.astype('int64')"
    table = layer.embeddings
    w.load(W=np.asarray(table) if layer.lora_enabled else table)
    return w.result(f"W[{places}]")


@writes(Embedding)
def _embedding(w: Writer, layer: Embedding, inputs: Value) -> Value:
    return _rows(w, layer, inputs)


@writes(ReversibleEmbedding)
def _reversible(
    w: Writer, layer: ReversibleEmbedding, inputs: Value, reverse: bool = False
) -> Value:
    if not reverse:
        return _rows(w, layer, inputs)
    if layer.reverse_dtype not in (None, layer.dtype):
        w.refuse(f"its reverse_dtype {layer.reverse_dtype} differs from its dtype {layer.dtype}")
    tied = layer.tie_weights
    w.load(W=layer.embeddings if tied else layer.reverse_embeddings)
    x = w.floats(inputs, layer)
    kernel = "W.T" if tied else "W"
    z = f"np.tensordot({x.name}, {kernel}, 1)"
    cap = layer.logit_soft_cap
    return w.result(z if cap is None else f"np.tanh({z} / {cap!r}) * {cap!r}")


@writes(Masking)
def _masking(w: Writer, layer: Masking, x: Value) -> Value:
    kept = f"({x.name} != {layer.mask_value!r}).any(axis=-1, keepdims=True)"
    return w.result(f"np.where({kept}, {x.name}, 0.0)")


@writes(SpectralNormalization)
def _spectral(w: Writer, layer: SpectralNormalization, x: Value) -> Value:
    found: Value = w.call(layer.layer, x)
    return found
