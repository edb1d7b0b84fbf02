"""What networks are made of: activations, convolutions, pooling, normalizations, losses."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from minikeras.autodiff.symbolic import symbolic
from minikeras.ops import adaptive_pooling, attention, convolution, ctc, pooling
from minikeras.ops._convert import floating
from minikeras.ops.activation import (
    celu,
    elu,
    gelu,
    glu,
    log_sigmoid,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    squareplus,
    tanh_shrink,
)
from minikeras.ops.blocks import depth_to_space, fold, space_to_depth, unfold
from minikeras.ops.ctc import ctc_loss
from minikeras.ops.encoding import multi_hot, one_hot
from minikeras.ops.nn_losses import (
    binary_crossentropy,
    categorical_crossentropy,
    psnr,
    sparse_categorical_crossentropy,
)
from minikeras.ops.nn_norms import (
    batch_normalization,
    layer_normalization,
    moments,
    normalize,
    rms_normalization,
)
from minikeras.ops.rectifier import (
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    relu,
    relu6,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    threshold,
)
from minikeras.ops.softmax import log_softmax, softmax, sparsemax
from minikeras.ops.special import polar

__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "average_pool",
    "batch_normalization",
    "binary_crossentropy",
    "categorical_crossentropy",
    "celu",
    "conv",
    "conv_transpose",
    "ctc_decode",
    "ctc_loss",
    "depth_to_space",
    "depthwise_conv",
    "dot_product_attention",
    "elu",
    "fold",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "layer_normalization",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "max_pool",
    "moments",
    "multi_hot",
    "normalize",
    "one_hot",
    "polar",
    "psnr",
    "relu",
    "relu6",
    "rms_normalization",
    "selu",
    "separable_conv",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "space_to_depth",
    "sparse_categorical_crossentropy",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
    "unfold",
]


def _as_keras(op: Callable[..., Any], arrays: str, settings: str) -> Callable[..., Any]:
    """Return ``op`` with Keras's arguments in Keras's order; lists are taken for arrays."""
    known = inspect.signature(op).parameters
    names = arrays.split()
    signature = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        + [
            known[name].replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for name in settings.split()
        ]
    )

    @symbolic
    @wraps(op)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        return op(*[floating(given.pop(name)) for name in names], **given)

    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


_POOL = "pool_size strides padding data_format"
_CONV = "strides padding data_format dilation_rate"
_ADAPTIVE = "output_size data_format"

adaptive_average_pool = _as_keras(adaptive_pooling.adaptive_average_pool, "inputs", _ADAPTIVE)
adaptive_max_pool = _as_keras(adaptive_pooling.adaptive_max_pool, "inputs", _ADAPTIVE)
average_pool = _as_keras(pooling.average_pool, "inputs", _POOL)
max_pool = _as_keras(pooling.max_pool, "inputs", _POOL)
conv = _as_keras(convolution.conv, "inputs kernel", _CONV)
conv_transpose = _as_keras(
    convolution.conv_transpose,
    "inputs kernel",
    "strides padding output_padding data_format dilation_rate",
)
depthwise_conv = _as_keras(convolution.depthwise_conv, "inputs kernel", _CONV)
separable_conv = _as_keras(
    convolution.separable_conv, "inputs depthwise_kernel pointwise_kernel", _CONV
)
ctc_decode = symbolic(ctc.ctc_decode)
dot_product_attention = symbolic(attention.dot_product_attention)
hard_swish = hard_silu
swish = silu
