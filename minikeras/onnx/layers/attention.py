"""Attention as matrix products and softmax."""

import math
from typing import Any

import numpy as np

from minikeras import ops
from minikeras._typing import PartialShape
from minikeras.export.value import Mask, Value, broadcast
from minikeras.layers import (
    AdditiveAttention,
    Attention,
    GroupedQueryAttention,
    MultiHeadAttention,
)
from minikeras.layers.attention.projected import ProjectedAttention
from minikeras.onnx.builder import Builder, implements, writes
from minikeras.onnx.layers.core import einsum_dense
from minikeras.onnx.layers.reshaping import repeated

__all__ = ["near", "swapped", "weighted"]

_LEAST = {"float16": -3e4}
"""What has the exponential 0, whatever the other scores are; -1e30 for other dtypes."""


def _steps(g: Builder, *lengths: Any) -> None:
    if None in lengths:
        g.refuse("it needs a known number of steps here; declare it with Input(shape)")


def _mask(g: Builder, mask: Any) -> Value:
    """Return a mask as booleans."""
    return g.value(mask.value() if isinstance(mask, Mask) else mask, "bool")


def weighted(g: Builder, scores: Value, masks: list[Value], zero: bool) -> Value:
    """Return the weights of the steps; those that a mask forbids weigh nothing.

    A query that may see no step weighs all alike, or all with 0.
    """
    if not masks:
        return g.unary("Softmax", scores, axis=-1)
    allowed, *rest = masks
    for mask in rest:
        allowed = g.node("And", allowed, mask, shape=broadcast(allowed.shape, mask.shape))
    least = _LEAST.get(scores.dtype, -1e30)
    weights = g.unary("Softmax", g.where(allowed, scores, least), axis=-1)
    return g.multiply(weights, g.cast(allowed, weights.dtype)) if zero else weights


def near(g: Builder, scores: Value, causal: bool, window: int | None) -> list[Value]:
    """Return what queries may see by their place alone: none behind them, none far away."""
    found = []
    if causal or window is not None:
        queries = g.expand_dims(g.places(scores, -2), -1)
        distance = g.binary("Sub", queries, g.places(scores, -1))
        if causal:
            found.append(g.binary("GreaterOrEqual", distance, 0, "bool"))
        if window is not None:
            found.append(g.binary("Less", g.unary("Abs", distance), window, "bool"))
    return found


@writes(Attention, AdditiveAttention)
def _attention(
    g: Builder,
    layer: Attention,
    inputs: list[Value],
    mask: Any = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Any:
    query, value, key = inputs[0], inputs[1], inputs[-1]
    query_mask, value_mask = mask[:2] if mask else (None, None)
    if isinstance(layer, AdditiveAttention) or layer.score_mode == "concat":
        scores = _added(g, layer, query, key)
    else:
        scores = g.matmul(query, swapped(g, key))
        if layer.scale is not None:
            scores = g.multiply(scores, layer.scale)
    masks = near(g, scores, use_causal_mask, None)
    if value_mask is not None:
        masks.append(g.expand_dims(_mask(g, value_mask), -2))
    weights = weighted(g, scores, masks, zero=False)
    y = g.matmul(weights, value)
    if query_mask is not None:
        y = g.where(g.expand_dims(_mask(g, query_mask), -1), y, 0.0)
    return (y, weights) if return_attention_scores else y


def swapped(g: Builder, x: Value) -> Value:
    """Swap the last two axes."""
    return g.transpose(x, (*range(x.rank - 2), x.rank - 1, x.rank - 2))


def _added(g: Builder, layer: Any, query: Value, key: Value) -> Value:
    total = g.add(g.expand_dims(query, -2), g.expand_dims(key, -3))
    if isinstance(layer, AdditiveAttention):
        total = g.unary("Tanh", total)
        if layer.scale is not None:
            total = g.multiply(total, layer.scale)
        return g.reduce("ReduceSum", total, -1)
    if layer.scale is not None:
        total = g.multiply(total, layer.scale)
    summed = g.reduce("ReduceSum", g.unary("Tanh", total), -1)
    return g.multiply(summed, layer.concat_score_weight)


@writes(MultiHeadAttention, GroupedQueryAttention)
def _projected(
    g: Builder,
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
    query, value = g.floats(query, layer), g.floats(value, layer)
    key = value if key is None else g.floats(key, layer)
    q = einsum_dense(g, layer.query_dense, query)
    k = einsum_dense(g, layer.key_dense, key)
    v = einsum_dense(g, layer.value_dense, value)
    if isinstance(layer, GroupedQueryAttention):
        shared = layer.num_query_heads // layer.num_key_value_heads
        k, v = repeated(g, k, 2, shared), repeated(g, v, 2, shared)
    axes = getattr(layer, "_axes", (1,))
    others = [i for i in range(1, q.rank - 2) if i not in axes]
    heads = q.rank - 2
    order = [0, *others, heads, *axes, heads + 1]  # batch, what is apart, heads, steps, features
    split = 2 + len(others)
    q, k, v = (g.transpose(x, order) for x in (q, k, v))
    steps = [x.shape[split:-1] for x in (q, k)]
    q, k, v = (_merged(g, x, split) for x in (q, k, v))
    scores = g.matmul(g.multiply(q, 1.0 / math.sqrt(layer._head_dim)), swapped(g, k))
    masks = near(g, scores, use_causal_mask, layer.sliding_window)
    given = (query_mask, value_mask, key_mask, attention_mask)
    masks += _given(g, given, [0, *others, *axes], *steps)
    zero = bool(layer.dropout or return_attention_scores or len(order) > 4)
    weights = weighted(g, scores, masks, zero)
    y = g.matmul(weights, v)
    y = g.reshape(y, (*y.shape[:split], *steps[0], y.shape[-1]), kept=split)
    y = g.transpose(y, np.argsort(order).tolist())
    if layer.use_gate:
        y = g.multiply(y, einsum_dense(g, layer.gate_dense, query))
    y = einsum_dense(g, layer.output_dense, y)
    if not return_attention_scores:
        return y
    whole = (*weights.shape[:split], *steps[0], *steps[1])
    return y, g.reshape(weights, whole, kept=split)


def _merged(g: Builder, x: Value, split: int) -> Value:
    """Join the axes of the steps into one."""
    steps = x.shape[split:-1]
    if len(steps) == 1:
        return x
    _steps(g, *steps)
    return g.reshape(x, (*x.shape[:split], math.prod(steps), x.shape[-1]), kept=split)


def _given(
    g: Builder, masks: Any, order: list[int], queries: PartialShape, keys: PartialShape
) -> list[Value]:
    """Return the masks of a call, with axes that broadcast to those of the scores.

    Parameters
    ----------
    g : Builder
    masks : tuple
        For queries, values and keys, and between queries and keys; each may be None.
    order : list of int
        Axes of the query: the batch, those apart, those attended along.
    queries, keys : tuple of int or None
        Lengths of the axes attended along.
    """
    apart = len(order) - len(queries)  # the batch is one of them
    rank = apart + 1 + len(queries) + len(keys)
    query_mask, value_mask, key_mask, between = masks

    def with_heads(mask: Value) -> Value:
        if apart > 1 and mask.rank == len(order):
            return g.expand_dims(g.transpose(mask, order), apart)
        return g.expand_dims(mask, *range(1, 1 + apart))

    found = []
    if query_mask is not None:
        found.append(g.expand_behind(with_heads(_mask(g, query_mask)), rank))
    for mask in (value_mask, key_mask):
        if mask is not None:
            places = range(apart + 1, apart + 1 + len(queries))
            found.append(g.expand_dims(with_heads(_mask(g, mask)), *places))
    if between is not None:
        mask = _mask(g, between)
        place = max(0, mask.rank - len(queries) - len(keys))
        found.append(g.expand_dims(mask, *range(place, place + rank - mask.rank)))
    return [_joined(g, mask, apart + 1, queries, keys) for mask in found]


def _joined(g: Builder, mask: Value, front: int, queries: Any, keys: Any) -> Value:
    """Join the axes of the queries into one, and those of the keys."""
    if len(queries) == 1:
        return mask
    whole = g.constant([1] * front + [*queries, *keys], "int64")
    shape = (*mask.shape[:front], *queries, *keys)
    mask = g.node("Expand", mask, whole, shape=shape)
    return g.reshape(mask, (*shape[:front], math.prod(queries), math.prod(keys)), kept=front)


@implements(ops.dot_product_attention)
def _dot_product(
    g: Builder, query: Value, key: Value, value: Value, bias: Any = None, mask: Any = None,
    scale: Any = None, is_causal: bool = False, flash_attention: Any = None,
    attn_logits_soft_cap: Any = None,
) -> Value:  # fmt: skip
    shared = query.shape[2] // key.shape[2]  # type: ignore[operator]
    key, value = repeated(g, key, 2, shared), repeated(g, value, 2, shared)
    q, k, v = (g.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    factor = 1.0 / math.sqrt(max(q.shape[-1] or 1, 1)) if scale is None else float(scale)
    scores = g.multiply(g.matmul(q, swapped(g, k)), factor)
    if attn_logits_soft_cap is not None:
        cap = float(attn_logits_soft_cap)
        scores = g.multiply(g.unary("Tanh", g.divide(scores, cap)), cap)
    if bias is not None:
        scores = g.add(scores, bias)
    masks = near(g, scores, is_causal, None)
    if mask is not None:
        masks.append(g.value(mask, "bool"))
    return g.transpose(g.matmul(weighted(g, scores, masks, zero=False), v), (0, 2, 1, 3))
