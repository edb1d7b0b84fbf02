"""Every name of Keras's ``ops``: the same arguments give the same numbers, shapes and kinds.

The gradients of what is differentiable are compared with central differences.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from minikeras import check_gradients, ops, tree

RNG = np.random.default_rng(3)


class Case(NamedTuple):
    name: str
    args: tuple[Any, ...]
    settings: dict[str, Any]
    slope: bool
    pick: Callable[[Any], Any]


CASES: list[Case] = []


def case(
    names: str, *args: Any, slope: bool = True, pick: Callable[[Any], Any] = lambda y: y, **settings
) -> None:
    """Compare each of ``names`` on these arguments; ``pick`` says which part of the result."""
    CASES.extend(Case(name, args, settings, slope, pick) for name in names.split())


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


def between(low: float, high: float, *shape: int) -> Any:
    return RNG.uniform(low, high, shape).astype(np.float32)


def spread(*shape: int) -> Any:
    """Numbers apart from each other and from 0, in random order."""
    size = int(np.prod(shape))
    numbers = 0.4 * (np.arange(size) - size // 2) + 0.2 + RNG.uniform(-0.05, 0.05, size)
    return RNG.permutation(numbers).reshape(shape).astype(np.float32)


def integers(high: int, *shape: int) -> Any:
    return RNG.integers(high, size=shape).astype(np.int32)


def positive_definite(*shape: int) -> Any:
    x = RNG.standard_normal(shape)
    return (x @ np.swapaxes(x, -1, -2) + 2.0 * np.eye(shape[-1])).astype(np.float32)


def regular(*shape: int) -> Any:
    return normal(*shape) + 4.0 * np.eye(shape[-1], dtype=np.float32)


X = spread(3, 4)
POSITIVE = between(0.3, 2.0, 3, 4)
HOLES = np.where(np.arange(12).reshape(3, 4) % 5 == 2, np.nan, X).astype(np.float32)
WHOLE = integers(20, 3, 4)
TRUTH = X > 0

# Element by element.
case("abs absolute fabs negative square sign conj conjugate real copy sinh cosh arcsinh", X)
case("sin cos tan arctan tanh exp exp2 expm1 deg2rad rad2deg sinc cbrt relu relu6 i0", 0.6 * X)
case("sqrt rsqrt log log2 log10 log1p reciprocal", POSITIVE)
case("arccosh", POSITIVE + 1.0)
case("arcsin arccos arctanh erfinv", between(-0.9, 0.9, 3, 4))
case("erf erfc sigmoid silu swish softplus softsign softmax log_softmax gelu elu selu celu", X)
case("leaky_relu hard_sigmoid hard_silu hard_swish hard_tanh hard_shrink soft_shrink", X)
case("log_sigmoid tanh_shrink squareplus sparse_plus sparse_sigmoid", X)
case("gelu", X, approximate=False)
case("glu", X, axis=-1)
case("threshold", X, 0.5, -1.0)
case("floor ceil trunc round signbit isfinite isinf isnan isneginf isposinf isreal imag", X)
case(
    "isfinite isinf isnan isneginf isposinf",
    np.array([1, np.inf, -np.inf, np.nan], "float32"),
    slope=False,
)
case("nan_to_num", np.array([1, np.inf, -np.inf, np.nan], "float32"), nan=7.0, slope=False)
case("nan_to_num", X)
case("angle", X, slope=False)
case("angle real imag conj absolute", (X + 1j * POSITIVE).astype("complex64"), slope=False)
case("logical_not", TRUTH, slope=False)
case("bitwise_invert bitwise_not", WHOLE, slope=False)
case("round", X, decimals=1, slope=False)
case("abs negative square sign exp sqrt sin log1p floor ceil trunc", WHOLE, slope=False)

# Two arguments.
case(
    "add subtract multiply maximum minimum fmax fmin hypot logaddexp logaddexp2 arctan2",
    X,
    spread(4) + 0.03,
)
case("divide true_divide divide_no_nan", X, POSITIVE)
case("divide_no_nan", X, np.where(TRUTH, 0.0, X).astype("float32"), slope=False)
case("mod fmod floor_divide", X, between(0.7, 0.8, 4), slope=False)
case("power", POSITIVE, X)
case("equal not_equal less less_equal greater greater_equal", X, X[:1], slope=False)
case("logical_and logical_or logical_xor", TRUTH, X[:1] > 0, slope=False)
case("isclose", X, X + 1e-6, slope=False)
case("allclose", X, X + 1e-7, slope=False)
case("heaviside nextafter", X, POSITIVE, slope=False)
case("gcd lcm", WHOLE, integers(9, 4) + 1, slope=False)
case("bitwise_and bitwise_or bitwise_xor", WHOLE, integers(9, 4), slope=False)
case(
    "left_shift right_shift bitwise_left_shift bitwise_right_shift",
    WHOLE,
    integers(4, 4),
    slope=False,
)
case("ldexp", X, integers(4, 4), slope=False)
case("isin", WHOLE, integers(20, 5), slope=False)
case("add multiply maximum divide", WHOLE, integers(9, 4) + 1, slope=False)
case("add multiply divide", WHOLE, X, slope=False)
case("add multiply divide power", X, 2, slope=False)
case("add multiply", WHOLE, 1.5, slope=False)

# Along axes.
for axes in [{}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}]:
    case("sum mean std var prod max min amax amin ptp", X, **axes)
    case("all any", TRUTH, slope=False, **axes)
    case("nansum nanmean nanprod nanmax nanmin nanstd nanvar", HOLES, slope=False, **axes)
    case("nansum nanmean nanprod nanmax nanmin nanstd nanvar logsumexp", X, **axes)
for axes in [{}, {"axis": 1}, {"axis": -1, "keepdims": True}]:
    case("argmax argmin", X, slope=False, **axes)
    case("nanargmax nanargmin nanmedian", HOLES, slope=False, **axes)
    case("median nanmedian", X, **axes)
case("max min", X, axis=1, initial=0.5)
case("sum mean prod max", WHOLE, axis=0, slope=False)
case("cumsum cumprod nancumsum nancumprod", X, axis=1)
case("cumsum nancumsum", X)
case("nancumsum nancumprod", HOLES, axis=0, slope=False)
case("count_nonzero", WHOLE, axis=1, slope=False)
case("average", X)
case("average", X, axis=1, weights=POSITIVE)
case("average", X, axis=0, weights=POSITIVE[:, 0])
for method in ["linear", "lower", "higher", "midpoint", "nearest"]:
    case("quantile nanquantile", X, 0.3, axis=1, method=method)
case("quantile nanquantile", X, np.array([0.2, 0.9], "float32"), axis=0, keepdims=True)
case("percentile nanpercentile", X, 35.0, axis=(0, 1))
case("nanquantile", HOLES, 0.4, axis=1, slope=False)
case("bincount", WHOLE[0], slope=False)
case("bincount", WHOLE, minlength=30, slope=False)
case("bincount", WHOLE[0], weights=POSITIVE[0], slope=False)
case("histogram", X.ravel(), bins=4, slope=False)
case("histogram", X.ravel(), bins=3, range=(-1.0, 1.0), slope=False)
case("corrcoef", normal(3, 6))
for mode in ["valid", "same", "full"]:
    case("correlate", normal(7), normal(3), mode=mode)
case("digitize", X, np.array([-1.0, 0.0, 1.0], "float32"), slope=False)
case("searchsorted", np.array([-1.0, 0.0, 1.0], "float32"), X, slope=False)
case("searchsorted", np.array([-1.0, 0.0, 1.0], "float32"), X, side="right", slope=False)
case("unique", WHOLE, slope=False)
case("unique", WHOLE, return_index=True, return_inverse=True, return_counts=True, slope=False)
case("unique", WHOLE // 7, axis=1, slope=False)
case("unique", WHOLE // 7, size=2, return_counts=True, slope=False)
case("unique", WHOLE // 7, size=9, fill_value=-1, slope=False)
case("trapezoid", X)
case("trapezoid", X, x=np.sort(POSITIVE[0]), axis=-1)
case("diff", X, n=2, axis=0)

# Shape.
case("ravel transpose squeeze flip fliplr flipud", X)
case("transpose", normal(2, 3, 4), axes=(2, 0, 1))
case("squeeze", normal(1, 3, 1), axis=0)
case("flip", X, axis=1)
case("reshape", X, (2, -1))
case("expand_dims", X, (0, -1))
case("broadcast_to", X, (2, 3, 4))
case("swapaxes", normal(2, 3, 4), 0, -1)
case("moveaxis", normal(2, 3, 4), (0, 1), (-1, 0))
case("roll", X, 2)
case("roll", X, (1, -1), axis=(0, 1))
case("rot90", X, k=3)
case("tile", X, (2, 1))
case("repeat", X, 2, axis=1)
case("repeat", X, np.array([1, 0, 2]), axis=0)
case("pad", X, 1)
case("pad", X, ((0, 1), (2, 0)), constant_values=3.0)
for mode in ["reflect", "symmetric", "edge", "wrap"]:
    case("pad", X, ((1, 2), (0, 2)), mode=mode)
case("split", X, 2, axis=1)
case("split", X, [1, 2])
case("array_split", X, 2)
case("hsplit", X, 2)
case("vsplit", X, 3)
case("dsplit", normal(2, 1, 4), 2)
case("unstack", X, axis=1)
case("concatenate stack hstack vstack dstack", [X, POSITIVE])
case("concatenate stack", [X, POSITIVE], axis=-1)
case("hstack vstack dstack", [X[0], X[1]])
case("append", X, normal(4))
case("append", X, normal(1, 4), axis=0)
case("rearrange", normal(2, 6, 3), "b (h w) c -> b c h w", h=2)
case("rearrange", normal(2, 6, 3), "a b c -> (c b) a")
case("depth_to_space", normal(2, 3, 2, 8), 2)
case("space_to_depth", normal(2, 4, 6, 3), 2)
case("depth_to_space", normal(2, 8, 3, 2), 2, data_format="channels_first")
case("space_to_depth", normal(2, 3, 4, 6), 2, data_format="channels_first")
case("unfold", normal(2, 3, 6, 5), (3, 2), dilation=1, padding=1, stride=2)
case("unfold", normal(1, 2, 5, 5), 2, dilation=2)
case("fold", normal(2, 12, 20), (6, 5), (2, 2), stride=1)
case("fold", normal(2, 12, 9), (5, 5), 2, padding=1, stride=2)
case("view", X, "int32", slope=False)
case("shape size ndim dtype", X, slope=False)

# Selection.
case("take", X, np.array([[0, 5], [7, 2]]))
case("take", X, np.array([1, 1, 0]), axis=0)
case("take_along_axis", X, np.array([[0, 3], [1, 1], [2, 0]]), axis=1)
case("where", TRUTH, X, POSITIVE)
case("where", TRUTH, X, 0.0)
case("where nonzero", TRUTH, slope=False)
case("clip", X, -0.5, 1.1)
case("get_item", X, (slice(None), 1))
case("sort", X, axis=0)
case("argsort", X, axis=1, slope=False)
case("top_k", X, 2, pick=lambda y: y[0])
case("top_k", X, 2, slope=False)
case("in_top_k", integers(4, 3), X, 2, slope=False)
case("slice", X, (1, 1), (2, 2))
case("slice", X, (0, 2), (-1, 2))
case("slice_update", X, (1, 2), normal(2, 2))
case("scatter", np.array([[0], [2], [2]]), normal(3, 2), (4, 2), slope=False)
case("scatter_update", X, np.array([[0, 1], [2, 3]]), normal(2))
case("scatter_update", X, np.array([[0], [2]]), normal(2, 4))
for reduction in ["add", "max", "min", "mul"]:
    case(
        "scatter_update",
        X,
        np.array([[0, 1], [2, 3], [0, 1]]),
        spread(3) + 0.01,
        reduction=reduction,
    )
IDS = np.array([0, 2, 0, 1, 2, 0])
case("segment_sum segment_max segment_min segment_prod", spread(6, 2), IDS, num_segments=3)
case(
    "segment_sum segment_max segment_min segment_prod",
    spread(6, 2),
    IDS,
    num_segments=4,
    slope=False,
)
case("select", [X > 1, X > 0], [X * 2, X**2], 0.5, slope=False)
case("diag", X[0], k=1)
case("diag diagonal trace tril triu", X)
case("diagflat", X)
case("tril triu", X, k=1)
case("diagonal trace", normal(2, 3, 4), offset=1, axis1=2, axis2=0)
case("one_hot", np.array([[0, 2], [1, 3]]), 4, slope=False)
case("one_hot", np.array([[0, -1], [1, 7]]), 4, axis=0, dtype="int32", slope=False)
case("multi_hot", np.array([[0, 2], [1, 3]]), 4, slope=False)
case("unravel_index", np.array([3, 7]), (3, 4), slope=False)

# New arrays.
case("zeros ones", (2, 3), slope=False)
case("full", (2, 2), 3, slope=False)
case("zeros_like ones_like", X, slope=False)
case("full_like", X, 2.5, slope=False)
case("eye tri", 3, 4, 1, slope=False)
case("identity", 3, slope=False)
case("arange", 5, slope=False)
case("arange", 1.0, 2.0, 0.3, slope=False)
case("linspace", X, POSITIVE, num=4)
case("linspace", 0, 5, num=4, endpoint=False, slope=False)
case("linspace", 0.0, 5.0, num=4, retstep=True, slope=False)
case("logspace", X, POSITIVE, num=3)
case("geomspace", POSITIVE, POSITIVE + 1, num=3)
case("bartlett blackman hamming hanning", 7, slope=False)
case("kaiser", 7, 3.0, slope=False)
case("vander", POSITIVE[0])
case("vander", POSITIVE[0], N=3, increasing=True)
case("meshgrid", X[0], X[:, 0])
case("meshgrid", X[0], X[:, 0], indexing="ij")
case("array convert_to_tensor", [[1.0, 2.0]], slope=False)
case("array convert_to_tensor", [1, 2], slope=False)
case("convert_to_numpy", X, slope=False)
case("cast", X, "float16", slope=False)
case("cast saturate_cast", 100 * X, "int8", slope=False, pick=lambda y: np.asarray(y)[:0])
case("saturate_cast", 300 * X, "uint8", slope=False)
case("stop_gradient", X, slope=False)

# Products.
case("matmul", normal(2, 3, 4), normal(4, 2))
case("dot", X, normal(4, 2))
case("vdot", X, POSITIVE)
case("inner", X, POSITIVE)
case("outer", X[0], POSITIVE[1])
case("kron", X[:2, :2], POSITIVE[:2])
case("tensordot", normal(2, 3, 4), normal(3, 4, 2))
case("tensordot", normal(2, 3, 4), normal(4, 3), axes=([1, 2], [1, 0]))
case("cross", normal(4, 3), normal(4, 3))
case("cross", normal(3, 4), normal(3, 4), axis=0)
case("einsum", "bij,jk->bik", normal(2, 3, 4), normal(4, 2), slope=False)
case("cdist", normal(2, 3, 4), normal(2, 5, 4))

# Matrices.
case("inv det", regular(2, 3, 3))
case("slogdet logdet", regular(3, 3))
case("cholesky", positive_definite(2, 3, 3), slope=False)
case("cholesky", positive_definite(3, 3), upper=True, slope=False)
case("cholesky_inverse", np.tril(regular(3, 3)), slope=False)
case("eigh", positive_definite(2, 3, 3), slope=False, pick=lambda y: [y[0], np.abs(y[1])])
case("eig", positive_definite(3, 3), slope=False, pick=lambda y: np.sort(np.real(y[0])))
case("svd", normal(4, 3), full_matrices=False, pick=lambda y: y[1])
case("svd", normal(2, 4, 3), compute_uv=False)
case("svd", normal(4, 3), slope=False, pick=lambda y: [np.abs(y[0][:, :3]), y[1], np.abs(y[2])])
case("qr", normal(4, 3), pick=lambda y: [ops.abs(part) for part in y])
case("qr", normal(3, 4), pick=lambda y: [ops.abs(part) for part in y])
case("qr", normal(4, 3), mode="complete", slope=False, pick=lambda y: np.abs(y[1]))
case("solve", regular(2, 3, 3), normal(2, 3, 2))
case("solve_triangular", regular(3, 3), normal(3, 2), lower=True)
case("solve_triangular", regular(3, 3), normal(3))
case("lstsq", normal(5, 3), normal(5, 2))
case("lstsq", normal(5, 3), normal(5))
case("lu_factor", regular(3, 3)[[2, 0, 1]], pick=lambda y: y[0])
case("lu_factor", normal(2, 4, 4), slope=False)
case("lu_factor", normal(4, 3), slope=False)
case("pinv", normal(4, 3))
case("matrix_rank", np.outer(X[0], X[1]), slope=False)
for order in [None, 1, 2, 3, np.inf]:
    case("norm", X, ord=order, axis=1)
for order in ["fro", "nuc", 1, np.inf]:
    case("norm", X, ord=order, axis=(0, 1), keepdims=True)
case("norm", X)

# Fourier transforms.
case("fft fft2 ifft2", (normal(2, 4, 6), normal(2, 4, 6)))
case("rfft", normal(2, 6))
case("rfft", normal(2, 6), fft_length=9)
case("rfft", normal(2, 6), fft_length=5)
case("irfft", (normal(2, 4), normal(2, 4)))
case("irfft", (normal(2, 4), normal(2, 4)), fft_length=9)
case("irfft", (normal(2, 4), normal(2, 4)), fft_length=5)
case("extract_sequences", normal(2, 9), 4, 2)
case("stft", normal(2, 30), 8, 4, 8)
case("stft", normal(30), 6, 3, 8, window="hamming", center=False)
case("stft", normal(30), 8, 4, 8, window=None)
case("istft", (normal(2, 7, 5), normal(2, 7, 5)), 8, 4, 8)
case("istft", (normal(7, 5), normal(7, 5)), 6, 3, 8, length=20, window="hamming")
case("istft", (normal(7, 5), normal(7, 5)), 8, 4, 8, window=None, center=False)
case("view_as_complex", normal(3, 2), slope=False)
case("view_as_real", (X + 1j * POSITIVE).astype("complex64"), slope=False)
case("polar", POSITIVE, X, slope=False)

# Networks.
P = between(0.1, 0.9, 3, 4)
case("binary_crossentropy", (X > 0).astype("float32"), P, slope=False)
case("binary_crossentropy", P, X, from_logits=True)
case("categorical_crossentropy", P, between(0.1, 0.9, 3, 4))
case("categorical_crossentropy", P, X, from_logits=True, axis=0)
case("sparse_categorical_crossentropy", np.array([0, 3, 1]), P)
case("sparse_categorical_crossentropy", np.array([[0], [3], [1]]), X, from_logits=True)
case("psnr", P, between(0, 1, 3, 4), 1.0)
case("moments", X, 0)
case("moments", X, (0, 1), keepdims=True)
case("batch_normalization", X, normal(4), POSITIVE[0], -1)
case("batch_normalization", X, normal(3), POSITIVE[:, 0], 0, normal(3), normal(3), epsilon=0.1)
case("layer_normalization", X, normal(4), normal(4))
case("layer_normalization", normal(2, 3, 4), normal(3), axis=1, epsilon=0.1)
case("rms_normalization", X, normal(4))
case("normalize", X)
case("normalize", X, axis=0, order=3)
case("conv", normal(2, 6, 5, 3), normal(3, 2, 3, 4), 2, "same")
case("conv", normal(2, 7, 3), normal(3, 3, 4), dilation_rate=2)
case("conv", normal(2, 4, 6, 5), normal(2, 2, 2, 6), data_format="channels_first")
case("depthwise_conv", normal(2, 6, 5, 3), normal(3, 2, 3, 2))
case("separable_conv", normal(2, 6, 5, 3), normal(3, 2, 3, 2), normal(1, 1, 6, 4), padding="same")
case("conv_transpose", normal(2, 4, 3, 3), normal(3, 2, 4, 3), 2, "same")
case("conv_transpose", normal(2, 4, 3), normal(3, 4, 3), 2, output_padding=1)
case("max_pool average_pool", spread(2, 6, 5, 3), 2, strides=2)
case("max_pool average_pool", spread(2, 7, 3), 3, strides=2, padding="same")
case("max_pool", spread(2, 3, 6, 5), (2, 3), strides=(2, 1), data_format="channels_first")
case("adaptive_average_pool adaptive_max_pool", spread(2, 7, 5, 3), (3, 2))
case("dot_product_attention", normal(2, 3, 2, 4), normal(2, 5, 2, 4), normal(2, 5, 2, 4))
case(
    "dot_product_attention",
    normal(2, 3, 2, 4),
    normal(2, 3, 2, 4),
    normal(2, 3, 2, 4),
    is_causal=True,
    scale=0.3,
)
LABELS, LENGTHS = integers(4, 2, 3) + 1, np.array([3, 2])
case("ctc_loss", LABELS, normal(2, 8, 6), LENGTHS, np.array([8, 7]))
case("ctc_decode", normal(2, 8, 6), np.array([8, 7]), slope=False)

# Images.
IMAGES = between(0, 1, 2, 6, 5, 3)
case("image.rgb_to_grayscale image.rgb_to_hsv image.hsv_to_rgb", IMAGES)
case("image.rgb_to_grayscale", IMAGES.transpose(0, 3, 1, 2), data_format="channels_first")
case("image.resize", IMAGES, (4, 7))
case("image.resize", IMAGES, (9, 3), interpolation="bicubic", antialias=True)
case("image.resize", IMAGES, (4, 4), crop_to_aspect_ratio=True)
case("image.resize", IMAGES, (4, 4), pad_to_aspect_ratio=True, fill_value=0.5)
case("image.crop_images", IMAGES, 1, 2, target_height=3, target_width=2)
case("image.pad_images", IMAGES, 1, 2, bottom_padding=1, target_width=9)
case("image.extract_patches", IMAGES, 2)
case("image.extract_patches", IMAGES, (3, 2), strides=2, padding="same")
case("image.extract_patches", IMAGES[0], 2, strides=1, dilation_rate=2)
case("image.extract_patches", IMAGES.transpose(0, 3, 1, 2), 2, data_format="channels_first")
case("image.extract_patches_3d", between(0, 1, 2, 4, 4, 5, 2), (2, 2, 3), strides=1)
PLACES = between(-1.7, 7.3, 2, 9)
for mode in ["constant", "nearest", "wrap", "mirror", "reflect"]:
    for order in [0, 1]:
        case("image.map_coordinates", normal(6, 5), PLACES, order, fill_mode=mode, slope=order == 1)
SHIFT = np.array([[1.0, 0.1, -0.5, 0.05, 0.9, 0.4, 0.0, 0.0]] * 2, np.float32)
case("image.affine_transform", IMAGES, SHIFT, slope=False)
CORNERS = np.array([[0, 0], [4, 0], [0, 5], [4, 5]], np.float32)
MOVED = CORNERS + between(-0.4, 0.4, 4, 2)
case(
    "image.perspective_transform",
    IMAGES,
    np.stack([CORNERS] * 2),
    np.stack([MOVED] * 2),
    slope=False,
)
case("image.gaussian_blur", IMAGES, (3, 5), (1.0, 0.7), data_format="channels_last")
case("image.gaussian_blur", IMAGES[0], data_format="channels_last")
case("image.sobel_edges", IMAGES)
case("image.ssim", IMAGES, np.clip(IMAGES + 0.1 * normal(2, 6, 5, 3), 0, 1), filter_size=5)
for method in ["linear", "cubic", "lanczos3"]:
    case(
        "image.scale_and_translate",
        normal(4, 5),
        (6, 5),
        np.array([1.5, 0.8], "float32"),
        np.array([0.3, -0.2], "float32"),
        (0, 1),
        method,
        slope=False,
    )


def leaves(structure: Any) -> list[Any]:
    return [leaf for leaf in tree.flatten(structure) if leaf is not None]


def function(module: Any, name: str) -> Any:
    for part in name.split("."):
        module = getattr(module, part)
    return module


IDS_OF_CASES = [
    f"{case.name}-{i}"
    + "".join(f"-{v}" for v in case.settings.values() if isinstance(v, str | int))
    for i, case in enumerate(CASES)
]
every_case = pytest.mark.parametrize("case", CASES, ids=IDS_OF_CASES)


@every_case
def test_values_shapes_and_kinds_are_kerass(keras, case):
    expected = leaves(case.pick(function(keras.ops, case.name)(*case.args, **case.settings)))
    found = leaves(case.pick(function(ops, case.name)(*case.args, **case.settings)))
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected):
        if isinstance(theirs, str):
            assert ours == theirs
            continue
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        assert ours.shape == theirs.shape
        assert ours.dtype.kind == theirs.dtype.kind
        if ours.dtype.kind in "fc":
            assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


SLOPES = [case for case in CASES if case.slope]


@pytest.mark.parametrize(
    "case", SLOPES, ids=[i for i, case in zip(IDS_OF_CASES, CASES) if case.slope]
)
def test_gradients_agree_with_central_differences(case):
    flat = tree.flatten(list(case.args))
    places = [i for i, leaf in enumerate(flat) if getattr(leaf, "dtype", None) == np.float32]
    inputs = [flat[i].astype(np.float64) for i in places]

    def call(*xs: Any) -> Any:
        new = list(flat)
        for i, x in zip(places, xs):
            new[i] = x
        args = tree.pack_sequence_as(list(case.args), new)
        return leaves(case.pick(function(ops, case.name)(*args, **case.settings)))

    check_gradients(call, *inputs)


# In tests/ops: functions of functions, random ones, what depends on memory; and sparsemax, whose
# rows do not sum to 1 in Keras before pull request 23469.
APART = """
    associative_scan cond custom_gradient fori_loop jvp map scan switch vectorize vectorized_map
    while_loop is_tensor empty empty_like argpartition sparsemax image.elastic_transform
"""


def test_every_name_is_compared(keras):
    compared = {case.name for case in CASES}
    apart = set(APART.split())
    names = {name for name in dir(keras.ops) if name[0] != "_"}
    names -= {"image", "linalg", "nn", "numpy"}
    names |= {f"image.{name}" for name in dir(keras.ops.image) if name[0] != "_"}
    assert names - apart - compared == set()


def test_every_name_exists_with_kerass_arguments(keras):
    for name in dir(keras.ops):
        theirs = getattr(keras.ops, name)
        if name[0] == "_" or not callable(theirs) or name == "stop_gradient":
            continue
        ours = getattr(ops, name)
        expected = [
            p.name
            for p in inspect.signature(theirs).parameters.values()
            if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        got = list(inspect.signature(ours).parameters)
        assert got[: len(expected)] == expected, name
