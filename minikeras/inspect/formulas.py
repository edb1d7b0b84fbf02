"""Layers and NumPy functions that are one formula, and its derivative."""

from collections.abc import Callable
from typing import Any

from minikeras import layers
from minikeras.inspect.numbers import number
from minikeras.inspect.products import by_sum
from minikeras.inspect.report import name_of
from minikeras.layers.pooling.base import AdaptivePooling, GlobalPooling
from minikeras.layers.spatial_dropout import SpatialDropout

__all__ = ["one_formula"]

Found = tuple[str, dict[str, str]]
SHAPED = "dL/dZ in the shape of {}"
IMAGES = (
    layers.RandomBrightness,
    layers.RandomContrast,
    layers.RandomFlip,
    layers.RandomRotation,
    layers.RandomTranslation,
    layers.RandomZoom,
)


def one_formula(ran: Any) -> Found | None:
    """Return the formula of the output, and those of the gradients by symbol; None if unknown.

    Parameters
    ----------
    ran : Ran
    """
    count = len(ran.inputs())
    xs = ["X"] if count == 1 else [f"X{i}" for i in range(1, count + 1)]
    if isinstance(ran.layer, layers.Operation):
        rules = FUNCTIONS.get(ran.layer.function.__name__)
        listed = f"{ran.kind}({', '.join(xs)})"
        found = rules(xs) if rules is not None and _only_arrays(ran) else {}
        return listed, found
    if dict(ran.arguments()).get("reverse"):  # of a ReversibleEmbedding
        return None
    for kinds, describe in LAYERS:
        if isinstance(ran.layer, kinds):
            return describe(ran.layer, xs)
    return None


def _only_arrays(ran: Any) -> bool:
    """Whether the arrays of a call are all that its function was given, in its order."""
    layer = ran.layer
    return len(layer.args) + len(layer.kwargs) == len(ran.inputs()) or len(ran.inputs()) == 1


def _same(formula: str) -> Callable[[Any, list[str]], Found]:
    return lambda layer, xs: (formula, dict.fromkeys(xs, "dL/dZ"))


def _shaped(layer: Any, xs: list[str]) -> Found:
    return f"{xs[0]} in another shape", {xs[0]: SHAPED.format(xs[0])}


def _add(layer: Any, xs: list[str]) -> Found:
    return " + ".join(xs), dict.fromkeys(xs, "dL/dZ")


def _subtract(layer: Any, xs: list[str]) -> Found:
    return " - ".join(xs), {xs[0]: "dL/dZ", xs[-1]: "-dL/dZ"}


def _multiply(layer: Any, xs: list[str]) -> Found:
    others = {x: [other for other in xs if other is not x] for x in xs}
    return " * ".join(xs), {x: " * ".join(["dL/dZ", *rest]) for x, rest in others.items()}


def _average(layer: Any, xs: list[str]) -> Found:
    return f"({' + '.join(xs)}) / {len(xs)}", dict.fromkeys(xs, f"dL/dZ / {len(xs)}")


def _extreme(name: str, what: str) -> Callable[[Any, list[str]], Found]:
    return lambda layer, xs: (
        f"{name}({', '.join(xs)})",
        {x: f"dL/dZ where {x} is the {what}" for x in xs},
    )


def _concatenate(layer: Any, xs: list[str]) -> Found:
    along = f" along axis {layer.axis}" if layer is not None else ""
    return f"[{', '.join(xs)}]{along}", {x: f"the part of dL/dZ where {x} lies" for x in xs}


def _dot(layer: Any, xs: list[str]) -> Found:
    first, second = xs
    long = f" for vectors of length 1 along axes {layer.axes}" if layer.normalize else ""
    rules = {first: f"dL/dZ {second}^T", second: f"{first}^T dL/dZ"} if not long else {}
    return f"{first} {second}, summed over axes {layer.axes}{long}", rules


def _activation(layer: Any, xs: list[str]) -> Found:
    return f"{name_of(layer.activation)}(X)", {"X": by_sum(layer.activation, "X")}


def _softmax(layer: Any, xs: list[str]) -> Found:
    axis = "" if layer.axis == -1 else f" along axis {layer.axis}"
    return f"softmax(X){axis}", {"X": by_sum("softmax", "X")}


def _relu(layer: Any, xs: list[str]) -> Found:
    if not layer.negative_slope and not layer.threshold and layer.max_value is None:
        return "max(X, 0)", {"X": "dL/dZ where X > 0"}
    slope, threshold = layer.negative_slope, layer.threshold
    bound = number(float(threshold or 0.0))
    below = f"{number(float(slope))} * (X - {bound})" if slope else "0"
    if slope and not threshold:
        below = f"{number(float(slope))} * X"
    kept = "X" if layer.max_value is None else f"min(X, {number(float(layer.max_value))})"
    ends = "" if layer.max_value is None else f" and X < {number(float(layer.max_value))}"
    back = f", {number(float(slope))} * dL/dZ where it is below" if slope else ""
    return f"{kept} where X > {bound}, else {below}", {"X": f"dL/dZ where X > {bound}{ends}{back}"}


def _leaky(layer: Any, xs: list[str]) -> Found:
    slope = number(float(layer.negative_slope))
    return f"X where X > 0, else {slope} * X", {"X": f"dL/dZ where X > 0, else {slope} * dL/dZ"}


def _prelu(layer: Any, xs: list[str]) -> Found:
    return "X where X > 0, else alpha * X", {
        "X": "dL/dZ where X > 0, else alpha * dL/dZ",
        "alpha": "sum of dL/dZ * X where X < 0",
    }


def _elu(layer: Any, xs: list[str]) -> Found:
    alpha = number(float(layer.alpha))
    return f"X where X > 0, else {alpha} * (exp(X) - 1)", {
        "X": f"dL/dZ where X > 0, else dL/dZ * {alpha} * exp(X)"
    }


def _global(layer: Any, xs: list[str]) -> Found:
    if "Max" in type(layer).__name__:
        return "max of X over its positions", {"X": "dL/dZ where X is the largest"}
    return "mean of X over its positions", {"X": "dL/dZ shared out over all positions"}


def _adaptive(layer: Any, xs: list[str]) -> Found:
    if "Max" in type(layer).__name__:
        return "max of each window", {"X": "dL/dZ where X is the largest of its window"}
    return "mean of each window", {"X": "dL/dZ shared out over each window"}


def _embedding(layer: Any, xs: list[str]) -> Found:
    if getattr(layer, "lora_enabled", False):
        return "the rows that X names of W and of the product of both lora_embeddings", {}
    return "the rows of W that X names", {"W": "sum of dL/dZ over the places that name a row"}


def _rescaling(layer: Any, xs: list[str]) -> Found:
    scale = number(layer.scale) if isinstance(layer.scale, int | float) else "scale"
    offset = number(layer.offset) if isinstance(layer.offset, int | float) else "offset"
    return f"{scale} * X + {offset}", {"X": f"{scale} * dL/dZ"}


def _normalization(layer: Any, xs: list[str]) -> Found:
    if layer.invert:
        return "X * sqrt(variance) + mean", {"X": "dL/dZ * sqrt(variance)"}
    return "(X - mean) / sqrt(variance)", {"X": "dL/dZ / sqrt(variance)"}


def _bidirectional(layer: Any, xs: list[str]) -> Found:
    merged = {"concat": "[F, R]", "sum": "F + R", "ave": "(F + R) / 2", "mul": "F * R"}
    formula = merged.get(layer.merge_mode, "")
    return formula, {x: f"dL/d{x} of both directions, added" for x in xs[:1]}


def _at_each_step(layer: Any, xs: list[str]) -> Found:
    inner = layer.layer.name
    return f"{inner} of each step of X", {"X": f"dL/dX of {inner} at each step"}


def _crop(layer: Any, xs: list[str]) -> Found:
    return "X without its edges", {"X": "dL/dZ with zeros at the edges"}


def _pad(layer: Any, xs: list[str]) -> Found:
    return "X with zeros around it", {"X": "dL/dZ without its edges"}


def _sample(layer: Any, xs: list[str]) -> Found:
    if getattr(layer, "interpolation", "nearest") != "nearest":
        return f"X enlarged, {layer.interpolation}", {}
    return "X, each element several times", {"X": "sum of dL/dZ over the copies of each element"}


def _repeat(layer: Any, xs: list[str]) -> Found:
    return f"X, {layer.n} times", {"X": "sum of dL/dZ over the copies"}


def _permute(layer: Any, xs: list[str]) -> Found:
    return f"X with its axes in the order {layer.dims}", {"X": "dL/dZ with its axes put back"}


def _masking(layer: Any, xs: list[str]) -> Found:
    value = number(layer.mask_value)
    return f"X, and 0 where all of a step is {value}", {"X": "dL/dZ where a step counts"}


def _lambda(layer: Any, xs: list[str]) -> Found:
    return f"{name_of(layer.function)}({', '.join(xs)})", {}


def _hashed(layer: Any, xs: list[str]) -> Found:
    return f"hash of {' and '.join(xs)}, one of {layer.num_bins} bins", {}


def _resized(layer: Any, xs: list[str]) -> Found:
    return f"X resized to {layer.height} x {layer.width}, {layer.interpolation}", {}


def _words(text: str) -> Callable[[Any, list[str]], Found]:
    return lambda layer, xs: (text, {})


LAYERS: list[tuple[Any, Callable[[Any, list[str]], Found]]] = [
    (layers.Add, _add),
    (layers.Subtract, _subtract),
    (layers.Multiply, _multiply),
    (layers.Average, _average),
    (layers.Maximum, _extreme("max", "largest")),
    (layers.Minimum, _extreme("min", "smallest")),
    (layers.Concatenate, _concatenate),
    (layers.Dot, _dot),
    (layers.Activation, _activation),
    (layers.Softmax, _softmax),
    (layers.ReLU, _relu),
    (layers.LeakyReLU, _leaky),
    (layers.PReLU, _prelu),
    (layers.ELU, _elu),
    (GlobalPooling, _global),
    (AdaptivePooling, _adaptive),
    (layers.Flatten | layers.Reshape, _shaped),
    (layers.Permute, _permute),
    (layers.RepeatVector, _repeat),
    (layers.Cropping1D | layers.Cropping2D | layers.Cropping3D, _crop),
    (layers.ZeroPadding1D | layers.ZeroPadding2D | layers.ZeroPadding3D, _pad),
    (layers.UpSampling1D | layers.UpSampling2D | layers.UpSampling3D, _sample),
    (layers.Embedding, _embedding),
    (layers.Rescaling, _rescaling),
    (layers.Normalization, _normalization),
    (layers.Bidirectional, _bidirectional),
    (layers.TimeDistributed, _at_each_step),
    (layers.Masking, _masking),
    (layers.Identity | layers.ActivityRegularization | layers.InputLayer, _same("X")),
    (layers.Lambda, _lambda),
    (layers.CategoryEncoding, lambda layer, xs: (f"X as {layer.output_mode}", {})),
    (layers.Discretization, _words("the bin that X lies in")),
    (layers.Hashing | layers.HashedCrossing, _hashed),
    (layers.IntegerLookup | layers.StringLookup, _words("the place of X in the vocabulary")),
    (layers.TextVectorization, _words("the places of X's words in the vocabulary")),
    (layers.Resizing, _resized),
    (layers.CenterCrop, _words("the middle of X")),
    (layers.RandomCrop, _words("X cut to size (at random places only while training)")),
    (IMAGES, _same("X (changed at random only while training)")),
    (layers.Dropout | layers.AlphaDropout | SpatialDropout, _same("X (drops only while training)")),
    (layers.GaussianDropout | layers.GaussianNoise, _same("X (noise only while training)")),
]

FUNCTIONS: dict[str, Callable[[list[str]], dict[str, str]]] = {
    "add": lambda xs: _add(None, xs)[1],
    "subtract": lambda xs: _subtract(None, xs)[1] if len(xs) == 2 else {},
    "multiply": lambda xs: _multiply(None, xs)[1] if len(xs) == 2 else {},
    "maximum": lambda xs: _extreme("max", "larger")(None, xs)[1],
    "minimum": lambda xs: _extreme("min", "smaller")(None, xs)[1],
    "concatenate": lambda xs: _concatenate(None, xs)[1],
    "matmul": lambda xs: (
        {xs[0]: f"dL/dZ {xs[1]}^T", xs[1]: f"{xs[0]}^T dL/dZ"} if len(xs) == 2 else {}
    ),
    "tanh": lambda xs: {"X": "dL/dZ * (1 - Z^2)"},
    "exp": lambda xs: {"X": "dL/dZ * Z"},
    "log": lambda xs: {"X": "dL/dZ / X"},
    "sqrt": lambda xs: {"X": "dL/dZ / (2 Z)"},
    "square": lambda xs: {"X": "dL/dZ * 2 X"},
    "negative": lambda xs: {"X": "-dL/dZ"},
    "reshape": lambda xs: {"X": SHAPED.format("X")},
    "sum": lambda xs: {"X": "dL/dZ for each summand"},
    "mean": lambda xs: {"X": "dL/dZ / count for each summand"},
}
