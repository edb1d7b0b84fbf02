"""Attention, with and without projections."""

import math
from typing import Any

import numpy as np

from minikeras.export.python.core import einsum_dense
from minikeras.export.python.writer import Code, Writer, writes
from minikeras.export.value import Value
from minikeras.layers import (
    AdditiveAttention,
    Attention,
    GroupedQueryAttention,
    MultiHeadAttention,
)
from minikeras.layers.attention.projected import ProjectedAttention
from minikeras.ops._attention import SAFE

__all__: list[str] = []


def _either(masks: list[str]) -> list[Code]:
    """Return the expression for what all masks let through, in a list that may be empty."""
    return [Code(" & ".join(masks))] if masks else []


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
    w.load(scale=layer.scale)
    plain = layer._is_plain and query.rank == 3 and not return_attention_scores
    if plain:
        q = query.name if layer.scale is None else f"{query.name} * scale"
        call = w.call_of("attention", Code(q), key, value, *_either(allowed), **_safe(layer))
        return w.result(_without_blind(w, call, query_mask))
    w.line(f"A = {_scores(w, layer, query.name, key.name)}")
    if allowed:
        least = "-0.7 * float(np.finfo(A.dtype).max)"
        w.line(f"A = np.where({_either(allowed)[0]}, A, {least})")
    scores = w.result(w.call_of("softmax", Code("A")), f"{layer.name}_scores")
    y = w.result(_without_blind(w, f"{scores.name} @ {value.name}", query_mask))
    return (y, scores) if return_attention_scores else y


def _without_blind(w: Writer, mean: str, query_mask: Any) -> str:
    """Return the expression for ``mean`` with zeros for queries that do not count."""
    if query_mask is None:
        return mean
    return f"np.where({w.text(query_mask)}[..., np.newaxis], {mean}, 0.0)"


def _scores(w: Writer, layer: Any, query: str, key: str) -> str:
    if layer._is_plain:
        total = f"{query} @ np.swapaxes({key}, -1, -2)"
        return total if layer.scale is None else f"{total} * scale"
    total = f"{query}[..., :, np.newaxis, :] + {key}[..., np.newaxis, :, :]"
    if isinstance(layer, AdditiveAttention):
        total = f"np.tanh({total})"
        return f"{total} @ scale" if layer.scale is not None else f"{total}.sum(axis=-1)"
    factor = w.weight(layer.concat_score_weight)
    total = f"({total}) * scale" if layer.scale is not None else total
    return f"{factor} * np.tanh({total}).sum(axis=-1)"


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
    axes = getattr(layer, "_axes", (1,))
    masks = [query_mask, value_mask, key_mask, attention_mask]
    if query.rank > 3 and any(mask is not None for mask in masks):
        w.refuse("it attends along several axes and is given a mask")
    others = [i for i in range(1, query.rank - 1) if i not in axes]
    order = [0, *others, query.rank - 1, *axes, query.rank]  # heads in front of the steps
    split = 2 + len(others)
    # What the layer does in one op computes the three projections in one product.
    one = w.origin(query) == w.origin(value) == w.origin(key) and query.rank == 3
    if one and not return_attention_scores and layer._fuses():
        _from_one(w, layer, query)
    else:
        _one_by_one(w, layer, (query, key, value), order, split, axes)
    more: dict[str, Any] = _safe(layer)
    allowed = _allowed(w, layer, masks, use_causal_mask)
    if allowed:
        w.line(f"allowed = {_either(allowed)[0]}")
        more["mask"] = Code("allowed")
        if layer.dropout or return_attention_scores or query.rank > 3:
            more["blind"] = "zero"
    q, k, v = Code("q"), Code("k"), Code("v")
    scores = Value("", (), layer.dtype)
    if return_attention_scores:
        more.pop("safe", None)
        scores = w.result(w.call_of("attention_weights", q, k, **more), f"{layer.name}_scores")
        w.line(f"heads = ({scores.name} @ v).swapaxes(-3, -2)")
    else:
        w.line(f"heads = {w.call_of('attention', q, k, v, **more)}.swapaxes(-3, -2).copy()")
    if query.rank > 3:  # heads behind the steps, and all axes where those of the query are
        order = [0, *others, *axes, query.rank - 1, query.rank]
        steps = ", ".join(f"{query.name}.shape[{axis}]" for axis in axes)
        y = f"heads.reshape(*heads.shape[:{len(others) + 1}], {steps}, *heads.shape[-2:])"
        w.line(f"heads = np.transpose({y}, {tuple(int(i) for i in np.argsort(order))})")
    if layer.use_gate:
        gate = w.call(layer.gate_dense, query)
        w.line(f"heads = heads * {gate.name}")
    shape = (*query.shape[:-1], *layer.output_dense.kernel.shape[:2])
    out = einsum_dense(w, layer.output_dense, Value("heads", shape, layer.dtype))
    if not return_attention_scores:
        return out
    if len(axes) > 1:
        steps = ", ".join(f"{x.name}.shape[{axis}]" for x in (query, key) for axis in axes)
        return out, w.result(f"{scores.name}.reshape(*{scores.name}.shape[:{split}], {steps})")
    return out, scores


def _safe(layer: Any) -> dict[str, Any]:
    """Return which scores need not be shifted, where it is not the bound of float32."""
    dtype = np.dtype(layer.dtype)
    return {} if dtype == np.float32 else {"safe": SAFE.get(dtype, 0.0)}


def _scale(layer: Any) -> float:
    return 1.0 / math.sqrt(layer._head_dim)


def _load_projections(w: Writer, layer: Any) -> None:
    names = {"q": layer.query_dense, "k": layer.key_dense, "v": layer.value_dense}
    w.load(**{f"W{name}": dense.kernel for name, dense in names.items()})
    w.load(**{f"b{name}": dense.bias for name, dense in names.items()})


def _from_one(w: Writer, layer: Any, x: Value) -> None:
    """Write query, key and value of self-attention."""
    _load_projections(w, layer)
    biases = [Code("[bq, bk, bv]")] if layer.use_bias else []
    call = w.call_of("projections", x, Code("[Wq, Wk, Wv]"), *biases, scale=_scale(layer))
    w.line(f"q, k, v = {call}")


def _one_by_one(
    w: Writer, layer: Any, inputs: Any, order: list[int], split: int, axes: Any
) -> None:
    """Write query, key and value, (batch, heads, steps, features)."""
    shared = 1
    if isinstance(layer, GroupedQueryAttention):
        shared = layer.num_query_heads // layer.num_key_value_heads
    _load_projections(w, layer)
    for name, x in zip(("q", "k", "v"), inputs):
        w.line(f"{name} = np.tensordot({x.name}, W{name}, 1)" + f" + b{name}" * layer.use_bias)
    for name in ("q", "k", "v"):
        text = name
        if shared > 1 and name != "q":
            text = f"np.repeat({text}, {shared}, axis=2)"
        text = f"np.transpose({text}, {tuple(order)})"
        if len(axes) > 1:
            w.line(f"{name} = {text}")
            text = f"{name}.reshape(*{name}.shape[:{split}], -1, {name}.shape[-1])"
        w.line(f"{name} = {text}" + (f" * {_scale(layer)!r}" if name == "q" else ""))


def _allowed(w: Writer, layer: Any, masks: list[Any], causal: bool) -> list[str]:
    query_mask, value_mask, key_mask, attention_mask = masks
    lengths = "q.shape[-2]", "k.shape[-2]"
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
        found.append(f"(np.abs({distance}) < {layer.sliding_window})")
    if attention_mask is not None:
        text = f"{w.text(attention_mask)}.astype(bool)"
        rank = attention_mask.rank if isinstance(attention_mask, Value) else np.ndim(attention_mask)
        found.append(f"{text}[:, np.newaxis]" if rank == 3 else text)
    return found
