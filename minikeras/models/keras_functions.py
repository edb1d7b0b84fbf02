"""Functions of a functional model as Keras's files name them: a class, arrays, and settings."""

import inspect
import operator
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from minikeras import ops
from minikeras._validation import did_you_mean
from minikeras.autodiff.record import COMPOSITES, RULES, WITHOUT_GRADIENT
from minikeras.registry import snake_case

__all__ = ["Described", "arguments", "describe", "find", "parameter_names"]

_MODULES = {
    "nn": """relu relu6 sigmoid sparse_sigmoid softplus softsign soft_shrink sparse_plus silu
        squareplus log_sigmoid leaky_relu hard_sigmoid hard_silu elu selu gelu celu glu tanh_shrink
        hard_tanh hard_shrink threshold softmax log_softmax sparsemax max_pool adaptive_max_pool
        average_pool adaptive_average_pool conv depthwise_conv separable_conv conv_transpose one_hot
        binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy multi_hot
        moments ctc_loss ctc_decode normalize psnr dot_product_attention polar unfold fold
        depth_to_space space_to_depth batch_normalization rms_normalization
        layer_normalization""",
    "core": """map scan associative_scan scatter scatter_update slice slice_update switch while_loop
        stop_gradient fori_loop unstack cast saturate_cast convert_to_tensor cond
        vectorized_map""",
    "linalg": """cholesky cholesky_inverse det eig eigh inv lu_factor norm qr solve solve_triangular
        svd lstsq matrix_rank pinv jvp""",
    "math": """segment_sum segment_max segment_min segment_prod top_k in_top_k logsumexp
        extract_sequences fft fft2 ifft2 rfft irfft stft istft rsqrt erf erfc erfinv logdet
        view_as_complex view_as_real""",
    "image": """rgb_to_grayscale rgb_to_hsv hsv_to_rgb resize affine_transform extract_patches
        map_coordinates pad_images crop_images perspective_transform gaussian_blur elastic_transform
        scale_and_translate sobel_edges ssim""",
}
"""Module -> functions; all others are in the module numpy."""

_ARRAYS = {
    2: """add append arctan2 bitwise_and bitwise_or bitwise_xor bitwise_left_shift left_shift
        bitwise_right_shift right_shift cross digitize dot equal full_like gcd getitem geomspace
        greater greater_equal heaviside hypot kron lcm ldexp less less_equal linspace logaddexp
        logaddexp2 logical_and logical_or logspace matmul maximum fmax minimum fmin mod remainder
        fmod nanpercentile nanquantile not_equal outer percentile quantile take take_along_axis
        tensordot vdot inner subtract multiply divide divide_no_nan true_divide power nextafter
        floor_divide logical_xor correlate conv depthwise_conv conv_transpose binary_crossentropy
        categorical_crossentropy sparse_categorical_crossentropy ctc_decode psnr polar map
        associative_scan scatter slice solve solve_triangular lstsq segment_sum segment_max
        segment_min segment_prod in_top_k allclose isclose isin searchsorted affine_transform
        map_coordinates ssim""",
    3: "where select separable_conv scan scatter_update slice_update switch cond "
    "perspective_transform",
    4: "ctc_loss scale_and_translate",
    6: "dot_product_attention",
}
"""How many of the first arguments are arrays, unless it is one."""

_NAMED_ARRAYS = {
    "average": ("x", "weights"),
    "pad": ("x", "constant_values"),
    "batch_normalization": ("x", "mean", "variance", "offset", "scale"),
    "rms_normalization": ("x", "scale"),
    "layer_normalization": ("x", "gamma", "beta"),
}
"""Which arguments are arrays, where others stand between them."""

_CLASSES = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "deg2rad": "Deg2rad",
    "fft": "FFT",
    "fft2": "FFT2",
    "getitem": "GetItem",
    "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "istft": "ISTFT",
    "jvp": "JVP",
    "layer_normalization": "LayerNorm",
    "log1p": "Log1p",
    "psnr": "PSNR",
    "rad2deg": "Rad2deg",
    "remainder": "Mod",
    "rfft": "RFFT",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "ssim": "SSIM",
    "stft": "STFT",
    "svd": "SVD",
}
"""Function -> class, where it is not the name with capitals."""

_NAMES = {theirs: ours for ours, theirs in _CLASSES.items() if ours != "remainder"}

_SETTINGS = {"a_min": "x_min", "a_max": "x_max", "shape": "newshape", "reps": "repeats"}
"""Argument of a NumPy function -> that of Keras's."""

_NOT_OF_ARRAYS = """array2string array_repr array_str can_cast common_type iscomplexobj isrealobj
    lexsort may_share_memory min_scalar_type result_type save savetxt savez shares_memory"""
"""What arrays can be given to, but is no function of a network: a file must not name what writes
files, or takes for ever."""


class Described(NamedTuple):
    """A call of a function, as a file holds it.

    Attributes
    ----------
    module, class_name : str
    arrays : list
        Arguments of the call.
    settings : dict
        Arguments of the class.
    """

    module: str
    class_name: str
    arrays: list[Any]
    settings: dict[str, Any]


def describe(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Described:
    """Return a call of a function of NumPy or ``minikeras.ops`` as a file holds it.

    Raises
    ------
    ValueError
        If it is another function.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.models.keras_functions import describe
    >>> describe(np.sum, ("x", 1), {"keepdims": True})[1:]
    ('Sum', ['x'], {'axis': 1, 'keepdims': True})
    """
    name = function.__name__.lstrip("_")
    if _known(name) is None:
        raise ValueError(
            f"the function {name!r} in the model is not one of NumPy or minikeras.ops, it cannot "
            "be part of a configuration; make it a Layer with get_config"
        )
    module = next((m for m, names in _MODULES.items() if name in names.split()), "numpy")
    class_name = _CLASSES.get(name, "".join(part.title() for part in name.split("_")))
    found = Described(f"keras.src.ops.{module}", class_name, [], {})
    if name == "einsum":
        return found._replace(arrays=list(args[1:]), settings={"subscripts": args[0], **kwargs})
    if name == "getitem":
        return found._replace(arrays=[args[0], _index(args[1])])
    if isinstance(function, np.ufunc):
        return found._replace(arrays=list(args), settings=dict(kwargs))
    names = parameter_names(function)
    named = dict(zip(names, args, strict=False))
    wanted = _NAMED_ARRAYS.get(name)
    if wanted is not None:
        given = {_rename(key, wanted[0], names): item for key, item in {**named, **kwargs}.items()}
        arrays = [given.pop(key, None) for key in wanted]
        while arrays and arrays[-1] is None:
            del arrays[-1]
        return found._replace(arrays=arrays, settings=given)
    count = next((n for n, all_names in _ARRAYS.items() if name in all_names.split()), 1)
    settings = {**dict(zip(names[count:], args[count:], strict=False)), **kwargs}
    if function is not getattr(ops, name, None):
        settings = {_SETTINGS.get(key, key): item for key, item in settings.items()}
        settings = {key: item for key, item in settings.items() if item is not None}
    return found._replace(arrays=list(args[:count]), settings=settings)


def parameter_names(function: Callable[..., Any]) -> list[str]:
    """Return the names of what a function takes; none where nobody tells.

    Before 2.4, NumPy's functions written in C do not, but those of the same name in ``ops`` do.
    """
    for known in (function, getattr(ops, function.__name__.lstrip("_"), None)):
        with suppress(TypeError, ValueError):
            return list(inspect.signature(known).parameters)  # type: ignore[arg-type]
    return []


def _rename(key: str, first: str, names: list[str]) -> str:
    return first if key == names[0] else key


def _index(key: Any) -> Any:
    """Return an index; files do not tell lists, which pick, from tuples, which go deeper."""
    if isinstance(key, list):
        return np.array(key)
    if isinstance(key, tuple):
        return [_index(part) for part in key]
    return key


def find(class_name: str) -> Callable[..., Any]:
    """Return the function that a class in a file stands for; it takes arrays, then settings.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.models.keras_functions import find
    >>> find("ExpandDims")(np.ones(3), axis=0).shape
    (1, 3)
    """
    name = _NAMES.get(class_name) or snake_case(class_name)
    name = "getitem" if name == "get_item" else name
    function = _known(name)
    if function is None:
        raise ValueError(
            f"the model's configuration names the function {class_name!r}, which "
            f"minikeras does not have{did_you_mean(name, [n for n in ops.__all__ if n.islower()])}"
        )
    return function


def arguments(
    function: Callable[..., Any], arrays: list[Any], settings: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return ``args`` and ``kwargs`` for a function that ``find`` gave."""
    name = function.__name__.lstrip("_")
    if name == "einsum":
        settings = dict(settings)
        return (settings.pop("subscripts"), *arrays), settings
    if name == "getitem":
        key = arrays[1]
        return (arrays[0], tuple(key) if isinstance(key, list) else key), settings
    if name in _NAMED_ARRAYS:
        named = dict(zip(_NAMED_ARRAYS[name], arrays, strict=False))
        return (named.pop("x"),), {**settings, **named}
    return tuple(arrays), settings


def _known(name: str) -> Callable[..., Any] | None:
    if name == "getitem":
        return operator.getitem
    if name in _MODULES["image"].split():
        return getattr(ops.image, name)  # type: ignore[no-any-return]
    if name in ops.__all__:
        found = getattr(ops, name)
        if callable(found) and not inspect.isclass(found):
            return found  # type: ignore[no-any-return]
    if name in _NOT_OF_ARRAYS.split():
        return None
    for function in (*RULES, *COMPOSITES, *WITHOUT_GRADIENT):
        if getattr(function, "__name__", None) == name:
            return function  # type: ignore[no-any-return]
    return None
