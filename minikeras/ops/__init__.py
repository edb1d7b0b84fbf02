"""Keras's ``ops``, and the fused operations that layers, activations and losses are made of.

What layers need is loaded at once; the long tail on first use of a name from it. All of them work
on arrays, Variables, traced values and placeholders, and take lists and numbers where that makes
sense.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from minikeras._lazy import lazily
from minikeras.ops.activation import (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    log_sigmoid,
    mish,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    squareplus,
    tanh,
    tanh_shrink,
)
from minikeras.ops.dense import dense
from minikeras.ops.erf import erf
from minikeras.ops.loss import (
    absolute_error,
    binary_crossentropy_from_logits,
    categorical_crossentropy_from_logits,
    huber_error,
    like,
    log_cosh_error,
    sparse_crossentropy,
    sparse_crossentropy_from_logits,
    squared_error,
    sum_squared_error,
    weighted_sum,
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
    step,
    threshold,
)
from minikeras.ops.softmax import log_softmax, softmax, sparsemax

swish = silu
hard_swish = hard_silu

__all__ = [
    "absolute_error",
    "binary_crossentropy_from_logits",
    "categorical_crossentropy_from_logits",
    "celu",
    "dense",
    "elu",
    "erf",
    "exponential",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "huber_error",
    "image",
    "leaky_relu",
    "like",
    "linalg",
    "log_cosh_error",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "nn",
    "numpy",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_crossentropy",
    "sparse_crossentropy_from_logits",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squared_error",
    "squareplus",
    "step",
    "sum_squared_error",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
    "weighted_sum",
]

# Module -> the names that are loaded with it on first use; a test compares them with the modules.
_TAIL = {
    "adaptive_pooling": "global_average_pool global_max_pool",
    "batch_normalization": "channel_moments normalize_batch",
    "core": """
        cast convert_to_numpy convert_to_tensor custom_gradient dtype is_tensor
        saturate_cast scatter scatter_update shape slice slice_update stop_gradient
        unstack
    """,
    "dropout": "dropout",
    "einops": "rearrange",
    "embedding": "gather",
    "fourier": "extract_sequences fft fft2 ifft2 irfft istft rfft stft",
    "linalg": """
        cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm
        pinv qr solve solve_triangular svd
    """,
    "loops": """
        associative_scan cond fori_loop map scan switch vectorize vectorized_map
        while_loop
    """,
    "nn": """
        adaptive_average_pool adaptive_max_pool average_pool batch_normalization
        binary_crossentropy categorical_crossentropy conv conv_transpose ctc_decode
        ctc_loss depth_to_space depthwise_conv dot_product_attention fold
        layer_normalization max_pool moments multi_hot normalize one_hot polar psnr
        rms_normalization separable_conv space_to_depth sparse_categorical_crossentropy
        unfold
    """,
    "normalization": "group_normalization unit_normalization",
    "numpy": """
        abs absolute add all allclose amax amin angle any append arange arccos arccosh
        arcsin arcsinh arctan arctan2 arctanh argmax argmin argpartition argsort array
        array_split average bartlett bincount bitwise_and bitwise_invert
        bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman
        broadcast_to cbrt ceil clip concatenate conj conjugate copy corrcoef correlate cos
        cosh count_nonzero cross cumprod cumsum deg2rad diag diagflat diagonal diff
        digitize divide divide_no_nan dot dsplit dstack einsum empty empty_like equal exp
        exp2 expand_dims expm1 eye fabs flip fliplr flipud floor floor_divide fmax fmin
        fmod full full_like gcd geomspace get_item greater greater_equal hamming hanning
        heaviside histogram hsplit hstack hypot i0 identity imag inner isclose isfinite
        isin isinf isnan isneginf isposinf isreal kaiser kron lcm ldexp left_shift less
        less_equal linspace log log10 log1p log2 logaddexp logaddexp2 logical_and
        logical_not logical_or logical_xor logspace matmul max maximum mean median
        meshgrid min minimum mod moveaxis multiply nan_to_num nanargmax nanargmin
        nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod
        nanquantile nanstd nansum nanvar ndim negative nextafter nonzero not_equal ones
        ones_like outer pad percentile power prod ptp quantile rad2deg ravel real
        reciprocal repeat reshape right_shift roll rot90 round searchsorted select sign
        signbit sin sinc sinh size slogdet sort split sqrt square squeeze stack std
        subtract sum swapaxes take take_along_axis tan tensordot tile trace transpose
        trapezoid tri tril triu true_divide trunc unique unravel_index vander var vdot
        view vsplit vstack where zeros zeros_like
    """,
    "padding": "zero_pad",
    "pooling": "upsample",
    "segments": "segment_max segment_min segment_prod segment_sum",
    "special": """
        cdist erfc erfinv in_top_k logdet logsumexp rsqrt top_k view_as_complex
        view_as_real
    """,
}

# The names that Keras has in ``ops`` are also in namespaces of their own.
_NAMESPACES = ["image", "linalg", "nn", "numpy"]

_get, _names = lazily(__name__, {module: tuple(names.split()) for module, names in _TAIL.items()})

__all__ += " ".join(_TAIL.values()).split()

if TYPE_CHECKING:
    from minikeras.ops import image as image
    from minikeras.ops import linalg as linalg
    from minikeras.ops import nn as nn
    from minikeras.ops import numpy as numpy


def __getattr__(name: str) -> Any:
    if name in _NAMESPACES:
        return importlib.import_module(f"{__name__}.{name}")
    return _get(name)


def __dir__() -> list[str]:
    return sorted({*_names(), *_NAMESPACES})


class _Ops(ModuleType):
    """Importing the module ``dropout`` must not put it in the place of the function ``dropout``."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(value, ModuleType) or name in _NAMESPACES or name not in __all__:
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Ops
