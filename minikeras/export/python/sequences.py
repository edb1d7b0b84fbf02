"""Recurrent layers and attention."""

import math
from typing import Any

import numpy as np

from minikeras.export.python.core import einsum_dense
from minikeras.export.python.writer import Code, Writer, writes
from minikeras.export.value import Value
from minikeras.layers import (
    GRU,
    LSTM,
    RNN,
    AdditiveAttention,
    Attention,
    Bidirectional,
    ConvLSTM1D,
    ConvLSTM2D,
    ConvLSTM3D,
    GroupedQueryAttention,
    GRUCell,
    LSTMCell,
    MultiHeadAttention,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TimeDistributed,
)
from minikeras.layers.attention.projected import ProjectedAttention
from minikeras.layers.recurrent.conv_lstm_cell import ConvLSTMCell
from minikeras.layers.structures import map_arrays

__all__: list[str] = []


def _run(
    w: Writer, cell: Any, x: str, states: list[Value] | None, mask: Any, backwards: bool
) -> list[Value]:
    """Write one cell over a sequence; return all outputs and the last states."""
    kind = type(cell)
    w.load(W=cell.kernel, U=cell.recurrent_kernel, b=cell.bias)
    count = 1 if kind in (SimpleRNNCell, GRUCell) else 2
    given: Any = [None] * count if states is None else states
    activation = w.activation_name(cell.activation)
    none = None if kind is GRUCell else 0.0
    bias = none if cell.bias is None else Code("b")
    start: list[Any] = [Code(x), Code("W"), Code("U"), bias]
    if kind is SimpleRNNCell:
        call = w.call_of("simple_rnn", *start, activation, *given, mask, backwards)
    elif kind in (LSTMCell, GRUCell):
        gate = w.activation_name(cell.recurrent_activation)
        more = [cell.reset_after] if kind is GRUCell else []
        name = "gru" if kind is GRUCell else "lstm"
        call = w.call_of(name, *start, activation, gate, *more, *given, mask, backwards)
    elif kind is ConvLSTMCell:
        call = _convolutional(w, cell, start, activation, given, mask, backwards)
    else:
        w.refuse(f"its cell {kind.__name__} has no counterpart there")
    base = w.path[-1].name
    names = [w.unique(f"{base}_{part}") for part in ("steps", "h", "c")[: 1 + count]]
    w.line(f"{', '.join(names)} = {call}")
    return [Value(name, (), cell.dtype) for name in names]


def _convolutional(
    w: Writer, cell: Any, start: Any, activation: str, states: Any, mask: Any, backwards: bool
) -> str:
    gate = w.activation_name(cell.recurrent_activation)
    outer = w.call_of(
        "conv", Code("z"), Code("W"), Code("b"), cell.strides, cell.padding, cell.dilation_rate
    )
    inner = w.call_of("conv", Code("z"), Code("W"), Code("b"), padding="same")
    convolve = [Code(f"lambda z, W, b: {call}") for call in (outer, inner)]
    return w.call_of("conv_lstm", *start, *convolve, activation, gate, *states, mask, backwards)


@writes(RNN, LSTM, GRU, SimpleRNN, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D)
def _recurrent(
    w: Writer, layer: RNN, sequences: Value, initial_state: Any = None, mask: Any = None
) -> Any:
    if layer.stateful:
        w.refuse("it is stateful, and a file keeps nothing from one call to the next")
    if isinstance(initial_state, Value):
        initial_state = [initial_state]
    cells = layer.cell.cells if isinstance(layer.cell, StackedRNNCells) else [layer.cell]
    if initial_state is not None and len(cells) > 1:
        w.refuse("it stacks cells and is given states")
    first = getattr(layer.cell, "data_format", "") == "channels_first"
    x = w.floats(sequences, layer).name
    x = f"np.moveaxis({x}, 2, -1)" if first else x
    if first and initial_state is not None:
        w.refuse("it is given states of channels_first")
    backwards = layer.go_backwards
    final: list[Value] = []
    for i, cell in enumerate(cells):
        if i:  # what comes out backwards goes in again in the order of the steps
            x = f"{x}[:, ::-1]" if backwards else x
        steps, *last = _run(w, cell, x, initial_state, mask, backwards)
        x = steps.name
        final += last
    order = "[:, ::-1]" if backwards else ""
    result = steps.name if layer.return_sequences else f"{x}[:, -1]"
    if mask is not None and layer.zero_output_for_mask:
        kept = f"{w.text(mask)}{order}" + ("" if layer.return_sequences else "[:, -1]")
        axes = ", np.newaxis" * (sequences.rank - 2)
        result = f"{result} * {kept}[..., {axes[2:]}]"
    if first:
        result = f"np.moveaxis({result}, -1, {2 if layer.return_sequences else 1})"
        final = [w.result(f"np.moveaxis({state.name}, -1, 1)", state.name) for state in final]
    output = w.result(result)
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
    return map_arrays(
        lambda part: w.result(f"{part.name}.reshape({shape}, *{part.name}.shape[1:])"), y
    )


# Attention.


def _either(masks: list[str]) -> Code:
    """Return the expression for what all masks let through; None if there are none."""
    if len(masks) > 1:
        return Code(" & ".join(f"({mask})" for mask in masks))
    return Code(*masks) if masks else Code("None")


@writes(Attention, AdditiveAttention)
def _attention(
    w: Writer,
    layer: Attention,
    inputs: list[Value],
    mask: Any = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Any:
    query, value, key = inputs[0], inputs[1], inputs[-1]
    query_mask, value_mask = mask[:2] if mask else (None, None)
    allowed = []
    if value_mask is not None:
        allowed.append(f"{w.text(value_mask)}[:, np.newaxis]")
    if use_causal_mask:
        allowed.append(f"np.tri({query.name}.shape[-2], {key.name}.shape[-2], dtype=bool)")
    q = query.name
    w.load(scale=layer.scale)
    added = isinstance(layer, AdditiveAttention) or layer.score_mode == "concat"
    if added:
        return _added(w, layer, inputs, allowed, query_mask, return_attention_scores)
    if layer.scale is not None:
        q = f"{q} * scale"
    names = [w.unique(f"{layer.name}_{part}") for part in ("mean", "scores")]
    call = w.call_of("attention", Code(q), key, value, _either(allowed), False)
    w.line(f"{', '.join(names)} = {call}")
    return _attended(w, names, query_mask, return_attention_scores)


def _attended(w: Writer, names: list[str], query_mask: Any, with_scores: bool) -> Any:
    mean = names[0]
    if query_mask is not None:
        mean = f"np.where({w.text(query_mask)}[..., np.newaxis], {mean}, 0.0)"
    y = w.result(mean)
    return (y, Value(names[1], (), "")) if with_scores else y


def _added(
    w: Writer, layer: Any, inputs: list[Value], allowed: list[str], query_mask: Any, scores: bool
) -> Any:
    query, value, key = inputs[0].name, inputs[1].name, inputs[-1].name
    total = f"{query}[..., :, np.newaxis, :] + {key}[..., np.newaxis, :, :]"
    if isinstance(layer, AdditiveAttention):
        total = f"np.tanh({total})"
        total = f"{total} @ scale" if layer.scale is not None else f"{total}.sum(axis=-1)"
    else:
        factor = w.weight(layer.concat_score_weight)
        total = f"({total}) * scale" if layer.scale is not None else total
        total = f"{factor} * np.tanh({total}).sum(axis=-1)"
    w.line(f"A = {total}")
    if allowed:
        least = "-0.7 * float(np.finfo(A.dtype).max)"
        w.line(f"A = np.where({_either(allowed)}, A, {least})")
    names = [w.unique(f"{layer.name}_{part}") for part in ("mean", "scores")]
    w.line(f"{names[1]} = {w.call_of('softmax', Code('A'))}")
    w.line(f"{names[0]} = {names[1]} @ {value}")
    return _attended(w, names, query_mask, scores)


@writes(MultiHeadAttention, GroupedQueryAttention)
def _projected(
    w: Writer,
    layer: ProjectedAttention,
    query: Value,
    value: Value,
    key: Value | None = None,
    query_mask: Any = None,
    value_mask: Any = None,
    key_mask: Any = None,
    attention_mask: Any = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Any:
    query, value = w.floats(query, layer), w.floats(value, layer)
    key = value if key is None else w.floats(key, layer)
    dense = (layer.query_dense, layer.key_dense, layer.value_dense)
    parts = [w.call(one, x) for one, x in zip(dense, (query, key, value))]
    axes = getattr(layer, "_axes", (1,))
    rank = query.rank + 1
    others = [i for i in range(1, rank - 2) if i not in axes]
    order = [0, *others, rank - 2, *axes, rank - 1]
    split = 2 + len(others)
    masks = [query_mask, value_mask, key_mask, attention_mask]
    if rank > 4 and any(mask is not None for mask in masks):
        w.refuse("it attends along several axes and is given a mask")
    shared = 1
    if isinstance(layer, GroupedQueryAttention):
        shared = layer.num_query_heads // layer.num_key_value_heads
    names = []
    for part, x in zip(("q", "k", "v"), parts):
        text = x.name
        if shared > 1 and part != "q":
            text = f"np.repeat({text}, {shared}, axis=2)"
        text = f"np.transpose({text}, {tuple(order)})"
        moved = w.result(text, f"{layer.name}_{part}").name
        names.append(moved)
        if len(axes) > 1:
            w.line(f"shape = {moved}.shape")
            flat = f"*shape[:{split}], -1, shape[-1]"
            names[-1] = w.result(f"{moved}.reshape({flat})", f"{layer.name}_{part}").name
    allowed = _allowed(w, layer, names, masks, use_causal_mask)
    zero = bool(layer.dropout or return_attention_scores or rank > 4)
    scale = 1.0 / math.sqrt(layer._head_dim)
    mean, scores = (w.unique(f"{layer.name}_{part}") for part in ("mean", "scores"))
    call = w.call_of(
        "attention", Code(f"{names[0]} * {scale!r}"), *(Code(name) for name in names[1:]),
        _either(allowed), zero,
    )  # fmt: skip
    w.line(f"{mean}, {scores} = {call}")
    y = mean
    if len(axes) > 1:
        steps = ", ".join(f"{query.name}.shape[{axis}]" for axis in axes)
        y = f"{mean}.reshape(*{mean}.shape[:{split}], {steps}, {mean}.shape[-1])"
    back = tuple(int(i) for i in np.argsort(order))
    joined = w.result(f"np.transpose({y}, {back})", f"{layer.name}_heads")
    if layer.use_gate:
        gate = w.call(layer.gate_dense, query)
        joined = w.result(f"{joined.name} * {gate.name}", f"{layer.name}_gated")
    joined.shape = (*query.shape[:-1], *layer.output_dense.kernel.shape[:2])
    joined.dtype = layer.dtype
    out = einsum_dense(w, layer.output_dense, joined)
    if not return_attention_scores:
        return out
    if len(axes) > 1:
        steps = ", ".join(f"{x.name}.shape[{axis}]" for x in (query, key) for axis in axes)
        return out, w.result(f"{scores}.reshape(*{scores}.shape[:{split}], {steps})")
    return out, Value(scores, (), layer.dtype)


def _allowed(w: Writer, layer: Any, names: list[str], masks: list[Any], causal: bool) -> list[str]:
    query_mask, value_mask, key_mask, attention_mask = masks
    lengths = f"{names[0]}.shape[-2]", f"{names[1]}.shape[-2]"
    found = []
    if query_mask is not None:
        found.append(f"{w.text(query_mask)}[:, np.newaxis, :, np.newaxis]")
    for mask in (value_mask, key_mask):
        if mask is not None:
            found.append(f"{w.text(mask)}[:, np.newaxis, np.newaxis, :]")
    if causal:
        found.append(f"np.tri({lengths[0]}, {lengths[1]}, dtype=bool)")
    if layer.sliding_window is not None:
        distance = f"np.arange({lengths[0]})[:, np.newaxis] - np.arange({lengths[1]})"
        found.append(f"np.abs({distance}) < {layer.sliding_window}")
    if attention_mask is not None:
        text = f"{w.text(attention_mask)}.astype(bool)"
        rank = attention_mask.rank if isinstance(attention_mask, Value) else np.ndim(attention_mask)
        found.append(f"{text}[:, np.newaxis]" if rank == 3 else text)
    return found
