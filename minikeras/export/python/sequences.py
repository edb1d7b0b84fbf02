"""Recurrent layers, and layers that run others over sequences."""

from typing import Any

from minikeras.export.python.images import pointwise
from minikeras.export.python.writer import Code, Writer, writes
from minikeras.export.value import Value
from minikeras.layers import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    ConvLSTM1D,
    ConvLSTM2D,
    ConvLSTM3D,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TimeDistributed,
)
from minikeras.layers.recurrent.conv_lstm_cell import ConvLSTMCell
from minikeras.layers.recurrent.rnn import FusedRNN
from minikeras.tree import map_leaves

__all__: list[str] = []


_COUNTS = {SimpleRNNCell: 1, GRUCell: 1, LSTMCell: 2, ConvLSTMCell: 2}
"""Kind of cell -> how many states it has."""

_NAMES = {SimpleRNNCell: "simple_rnn", GRUCell: "gru", LSTMCell: "lstm"}


def _run(
    w: Writer, cell: Any, x: Code, states: list[Value] | None, mask: Any, layer: RNN, names: Any
) -> None:
    """Write one cell over a sequence: it gives all outputs, and the last states."""
    kind = type(cell)
    w.load(W=cell.kernel, U=cell.recurrent_kernel, b=cell.bias)
    more: dict[str, Any] = dict(zip(("h", "c"), states or ()))
    if mask is not None:
        more["mask"] = mask
    if layer.go_backwards:
        more["go_backwards"] = True
    if kind is GRUCell and not cell.reset_after:
        more["reset_after"] = False
    bias = [] if cell.bias is None else [Code("b")]
    if kind is ConvLSTMCell:
        call = _convolutional(w, cell, x, bias, more)
    elif isinstance(layer, FusedRNN) and layer._can_fuse(False):
        call = w.call_of(_NAMES[kind], x, Code("W"), Code("U"), *bias, **more)
    else:
        functions = [w.activation_name(cell.activation)]
        if kind is not SimpleRNNCell:
            functions.append(w.activation_name(cell.recurrent_activation))
        name = f"{_NAMES[kind]}_with"
        call = w.call_of(name, *functions, x, Code("W"), Code("U"), *bias, **more)
    w.line(f"{', '.join(names)} = {call}")


def _convolutional(w: Writer, cell: Any, x: Code, bias: list[Any], more: dict[str, Any]) -> str:
    """Write the convolution of all steps at once; return the call for what depends on the state."""
    images = Code(f"{x}.reshape(-1, *{x}.shape[2:])")
    settings: dict[str, Any] = {"strides": cell.strides, "dilation": cell.dilation_rate}
    settings = {name: value for name, value in settings.items() if set(value) != {1}}
    size = tuple(cell.kernel_size)
    if set(size) == {1}:
        made = pointwise(images, "W", cell.strides) + (" + b" if bias else "")
        again = pointwise("h", "U", (1,) * len(size))
    else:
        if cell.padding == "same":
            images = Code(w.call_of("padded", images, size, **settings))
        made = w.call_of("conv", images, Code("W"), *bias, **settings)
        again = w.call_of("conv", Code(w.call_of("padded", Code("h"), size)), Code("U"))
    w.line(f"A = {made}")
    w.line(f"A = A.reshape(*{x}.shape[:2], *A.shape[1:])")
    functions = map(w.activation_name, (cell.activation, cell.recurrent_activation))
    step = Code(f"lambda h, U: {again}")
    return w.call_of("conv_lstm", *functions, Code("A"), Code("U"), step, **more)


@writes(RNN, LSTM, GRU, SimpleRNN, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D)
def _recurrent(
    w: Writer, layer: RNN, sequences: Value, initial_state: Any = None, mask: Any = None
) -> Any:
    if layer.stateful:
        w.refuse("it is stateful, and a file keeps nothing from one call to the next")
    if isinstance(initial_state, Value):
        initial_state = [initial_state]
    cells = layer.cell.cells if isinstance(layer.cell, StackedRNNCells) else [layer.cell]
    for cell in cells:
        if type(cell) not in _COUNTS:
            w.refuse(f"its cell {type(cell).__name__} has no counterpart there")
    if initial_state is not None and len(cells) > 1:
        w.refuse("it stacks cells and is given states")
    first = getattr(layer.cell, "data_format", "") == "channels_first"
    x = w.floats(sequences, layer).name
    if first:
        x = w.result(f"np.moveaxis({x}, 2, -1)", f"{layer.name}_inputs").name
        if initial_state is not None:
            w.refuse("it is given states of channels_first")
    zeros = mask is not None and layer.zero_output_for_mask
    final: list[Value] = []
    for i, cell in enumerate(cells):
        if i and layer.go_backwards:  # what comes out goes in again in the order of the steps
            x = f"{x}[:, ::-1]"
        last = i == len(cells) - 1
        names = ["_"] * (1 + _COUNTS[type(cell)])  # of all outputs and the last states
        names[0 if layer.return_sequences or not last else 1] = w.unique(
            f"{layer.name}_steps" if zeros or first or not last else layer.name
        )
        result = next(name for name in names if name != "_")
        if layer.return_state:
            names = [
                w.unique(f"{layer.name}_{part}") if name == "_" and part else name
                for name, part in zip(names, ("", "h", "c"))
            ]
        _run(w, cell, Code(x), initial_state, mask, layer, names)
        x = result
        final += [Value(name, (), cell.dtype) for name in names[1:]]
    if zeros:
        order = "[:, ::-1]" if layer.go_backwards else ""
        kept = f"{w.text(mask)}{order}" + ("" if layer.return_sequences else "[:, -1]")
        axes = ", np.newaxis" * (sequences.rank - 2)
        result = f"{result} * {kept}[..., {axes[2:]}]"
    if first:
        result = f"np.moveaxis({result}, -1, {2 if layer.return_sequences else 1})"
        if layer.return_state:
            final = [w.result(f"np.moveaxis({state.name}, -1, 1)", state.name) for state in final]
    output = w.result(result) if zeros or first else Value(result, (), layer.dtype)
    return (output, *final) if layer.return_state else output


@writes(Bidirectional)
def _bidirectional(
    w: Writer, layer: Bidirectional, sequences: Value, initial_state: Any = None, mask: Any = None
) -> Any:
    more: list[dict[str, Any]] = [{}, {}]
    if initial_state is not None:
        half = len(initial_state) // 2
        more = [{"initial_state": list(initial_state[:half])}]
        more.append({"initial_state": list(initial_state[half:])})
    if mask is not None:
        more = [{"mask": mask, **settings} for settings in more]
    y = w.call(layer.forward_layer, sequences, **more[0])
    z = w.call(layer.backward_layer, sequences, **more[1])
    last: tuple[Any, ...] = ()
    if layer.return_state:
        (y, *ahead), (z, *behind) = y, z
        last = (*ahead, *behind)
    a, b = y.name, z.name + ("[:, ::-1]" if layer.return_sequences else "")
    if layer.merge_mode is None:
        return (y, w.result(b), *last)
    merged = w.result(
        {
            "concat": f"np.concatenate([{a}, {b}], axis=-1)",
            "sum": f"{a} + {b}",
            "ave": f"({a} + {b}) / 2.0",
            "mul": f"{a} * {b}",
        }[layer.merge_mode]
    )
    return (merged, *last) if last else merged


@writes(TimeDistributed)
def _each_step(w: Writer, layer: TimeDistributed, x: Value, mask: Any = None) -> Any:
    if mask is not None and "mask" in layer.layer._takes:
        w.refuse("its layer is given a mask of steps")
    base = layer.name
    flat = w.result(f"{x.name}.reshape(-1, *{x.name}.shape[2:])", f"{base}_flat")
    flat.shape, flat.dtype = (None, *x.shape[2:]), x.dtype
    y = w.call(layer.layer, flat)
    shape = f"*{x.name}.shape[:2]"
    return map_leaves(
        lambda part: w.result(f"{part.name}.reshape({shape}, *{part.name}.shape[1:])"), y
    )
