"""What a layer computes, in symbols and numbers."""

from typing import Any

from minikeras import layers
from minikeras.autodiff import bare
from minikeras.inspect import attention, normalizing, products, recurrent, windows
from minikeras.inspect.formulas import one_formula
from minikeras.inspect.record import Ran
from minikeras.inspect.report import Quantity
from minikeras.inspect.rerun import agree, filled, numbers_alone
from minikeras.inspect.worked import Work, Worked, plain
from minikeras.layers.attention.projected import ProjectedAttention
from minikeras.layers.convolution.conv import Conv
from minikeras.layers.convolution.depthwise import DepthwiseConv
from minikeras.layers.convolution.separable import SeparableConv
from minikeras.layers.convolution.transpose import ConvTranspose
from minikeras.layers.pooling.base import Pooling
from minikeras.tree import flatten

__all__ = ["explain", "named_inputs", "named_weights", "numbered", "view_of", "work", "work_out"]

SYMBOLS = {
    "kernel": "W",
    "bias": "B",
    "recurrent_kernel": "U",
    "embeddings": "W",
    "depthwise_kernel": "W_D",
    "pointwise_kernel": "W_P",
}

WORKS: list[tuple[Any, Work]] = [
    (layers.Dense, products.dense),
    (layers.EinsumDense, products.einsum_dense),
    (Conv, windows.convolution),
    (DepthwiseConv, windows.depthwise),
    (SeparableConv, windows.separable),
    (ConvTranspose, windows.transposed),
    (Pooling, windows.pooling),
    (layers.RNN, recurrent.steps),
    (ProjectedAttention, attention.projected_attention),
    (layers.Attention, attention.plain_attention),
    (layers.BatchNormalization, normalizing.batch_normalization),
    (layers.LayerNormalization, normalizing.layer_normalization),
    (layers.GroupNormalization, normalizing.group_normalization),
    (layers.RMSNormalization, normalizing.rms),
    (layers.UnitNormalization, normalizing.unit),
]


def explain(ran: Ran) -> tuple[list[Quantity], list[str]]:
    """Return the quantities of a step, and notes.

    Parameters
    ----------
    ran : Ran
    """
    layer = ran.layer
    given = [
        Quantity(symbol, plain(x), what=what, view=view_of(layer, symbol))
        for symbol, what, x in named_inputs(ran)
    ]
    given += [
        Quantity(symbol, plain(weight), what=weight.name, view=view_of(layer, symbol))
        for symbol, weight in named_weights(ran)
    ]
    worked, notes = work_out(ran)
    outputs = [plain(z) for z in flatten(ran.output)]
    if worked is None:
        formula = one_formula(ran)
        way, text, view = _around(ran), "" if formula is None else formula[0], None
    else:
        way = worked.details + [part.quantity() for part in worked.parts]
        text, view, notes = worked.formula, worked.view, notes + worked.notes
    found = []
    for i, (symbol, z) in enumerate(numbered("Z", outputs)):
        shown = text if i == 0 and (worked is not None or len(outputs) == 1) else ""
        what = "output" if worked is not None or not shown else ""
        found.append(Quantity(symbol, z, shown, what, view=view))
    return given + way + found, notes


def work(ran: Ran, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Worked | None:
    """Work out a layer on other arguments than its own; None where there is no way to show.

    A layer that computes something else than the class that it comes from has none.
    """
    forward = type(ran.layer).forward
    for kind, way in WORKS:
        if isinstance(ran.layer, kind) and forward is kind.forward:
            with numbers_alone():
                return way(ran, args, kwargs)
    return None


def work_out(ran: Ran) -> tuple[Worked | None, list[str]]:
    """Return the way to the output; None and a note if it does not lead to what the layer gave."""
    worked = work(ran, *filled(ran, {}))
    if worked is None:
        return None, []
    found = [bare(one) for one in worked.outputs]
    if agree(found, [bare(one) for one in flatten(ran.output)][: len(found)]):
        return worked, []
    return None, ["The way from input to output is not shown: this layer goes one of its own."]


def _around(ran: Ran) -> list[Quantity]:
    """Return what the layers inside a Bidirectional gave."""
    if not isinstance(ran.layer, layers.Bidirectional) or len(ran.inside) != 2:
        return []
    forward, backward = (flatten(one.output)[0] for one in ran.inside)
    if ran.layer.return_sequences:
        backward = backward[:, ::-1]
    return [
        Quantity("F", plain(forward), what=f"output of {ran.inside[0].layer.name}"),
        Quantity("R", plain(backward), what=f"output of {ran.inside[1].layer.name}"),
    ]


def numbered(symbol: str, values: list[Any]) -> list[tuple[str, Any]]:
    """Return values with a symbol each: Z for a single one, else Z1, Z2 and so on."""
    if len(values) == 1:
        return [(symbol, values[0])]
    return [(f"{symbol}{i}", value) for i, value in enumerate(values, 1)]


def named_inputs(ran: Ran) -> list[tuple[str, str, Any]]:
    """Return the symbol of each input, what it is in words, and the array."""
    inputs = ran.inputs()
    several = len({name for name, _ in inputs}) > 1
    symbols = [symbol for symbol, _ in numbered("X", inputs)]
    return [
        (symbol, name.replace("_", " ") if several and name else "input", x)
        for symbol, (name, x) in zip(symbols, inputs)
    ]


def named_weights(ran: Ran) -> list[tuple[str, Any]]:
    """Return the weights of a step, each with a symbol of its own."""
    own: dict[int, str] = {}
    if isinstance(ran.layer, ProjectedAttention):
        own = attention.projection_symbols(ran.layer)
    elif isinstance(ran.layer, layers.RNN):
        own = recurrent.cell_symbols(ran.layer)
    found: list[tuple[str, Any]] = []
    for variable in ran.weights:
        symbol = own.get(id(variable)) or SYMBOLS.get(variable.name, variable.name)
        if any(symbol == other for other, _ in found):
            symbol = variable.path
        found.append((symbol, variable))
    return found


def view_of(layer: Any, symbol: str) -> Any:
    """Return what to show of an array: of images and their kernels the first channel.

    Of the projections of an attention it is the first head.
    """
    if isinstance(layer, ProjectedAttention) and symbol in ("W_Q", "W_K", "W_V", "W_G"):
        return (slice(None), 0, slice(None))
    if getattr(layer, "rank", None) != 2 or isinstance(layer, layers.RNN):
        return None
    both = (slice(None), slice(None))
    if symbol in ("W", "W_D", "W_P"):
        return (*both, 0, 0)
    spatial = isinstance(layer, Conv | DepthwiseConv | SeparableConv | ConvTranspose | Pooling)
    symbols = ("X", "Z", "A", "D") if spatial else ("X",)
    if symbol in symbols and getattr(layer, "data_format", "") == "channels_first":
        return (0, 0, *both)
    return None
