"""Attention as matrix products and softmax."""

import math
from typing import Any

import numpy as np

from minikeras.export.value import Mask, Value, broadcast
from minikeras.layers import (
    AdditiveAttention,
    Attention,
    GroupedQueryAttention,
    MultiHeadAttention,
)
from minikeras.layers.attention.projected import ProjectedAttention
from minikeras.onnx.builder import Builder, writes
from minikeras.onnx.core import einsum_dense
from minikeras.onnx.reshaping import repeated

__all__: list[str] = []

_LEAST = -1e30  # its exponential is 0, whatever the other scores are


def _steps(g: Builder, *lengths: Any) -> None:
    if None in lengths:
        g.refuse("it needs a known number of steps here; declare it with Input(shape)")


def _mask(g: Builder, mask: Any, *new_axes: int) -> Value:
    """Return a mask as booleans with some axes of length 1 more."""
    if isinstance(mask, Mask):
        mask = mask.value()
    if not isinstance(mask, Value):
        mask = g.constant(np.asarray(mask, bool))
    return g.expand_dims(g.cast(mask, "bool"), *new_axes) if new_axes else g.cast(mask, "bool")


def _weights(g: Builder, scores: Value, masks: list[Value], zero: bool) -> Value:
    """Return the weights of the steps; those that a mask forbids weigh nothing.

    A query that may see no step weighs all alike, or all with 0.
    """
    if not masks:
        return g.unary("Softmax", scores, axis=-1)
    allowed, *rest = masks
    for mask in rest:
        allowed = g.node("And", allowed, mask, shape=broadcast(allowed.shape, mask.shape))
    weights = g.unary("Softmax", g.where(allowed, scores, _LEAST), axis=-1)
    return g.multiply(weights, g.cast(allowed, weights.dtype)) if zero else weights


def _causal(g: Builder, queries: Any, keys: Any) -> Value:
    _steps(g, queries, keys)
    return g.constant(np.tri(queries, keys, dtype=bool))


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
        scores = g.matmul(query, _swapped(g, key))
        if layer.scale is not None:
            scores = g.multiply(scores, layer.scale)
    masks = [] if value_mask is None else [_mask(g, value_mask, -2)]
    if use_causal_mask:
        masks.append(_causal(g, query.shape[-2], key.shape[-2]))
    weights = _weights(g, scores, masks, zero=False)
    y = g.matmul(weights, value)
    if query_mask is not None:
        y = g.where(_mask(g, query_mask, -1), y, 0.0)
    return (y, weights) if return_attention_scores else y


def _swapped(g: Builder, x: Value) -> Value:
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
    scores = g.matmul(g.multiply(q, 1.0 / math.sqrt(layer._head_dim)), _swapped(g, k))
    masks = _allowed(g, layer, q.shape[-2], k.shape[-2], use_causal_mask)
    given = (query_mask, value_mask, key_mask, attention_mask)
    if len(order) > 4 and any(mask is not None for mask in given):
        g.refuse("it attends along several axes and is given a mask")
    masks += _given(g, *given)
    zero = bool(layer.dropout or return_attention_scores or len(order) > 4)
    weights = _weights(g, scores, masks, zero)
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


def _allowed(g: Builder, layer: Any, queries: Any, keys: Any, causal: bool) -> list[Value]:
    """Return what the layer itself lets through, whatever the data are."""
    masks = [_causal(g, queries, keys)] if causal else []
    if layer.sliding_window is not None:
        _steps(g, queries, keys)
        distance = np.arange(queries)[:, np.newaxis] - np.arange(keys)
        masks.append(g.constant(np.abs(distance) < layer.sliding_window))
    return masks


def _given(
    g: Builder, query_mask: Any, value_mask: Any, key_mask: Any, attention_mask: Any
) -> list[Value]:
    """Return the masks of a call with the axes batch, heads, queries, keys."""
    masks = [] if query_mask is None else [_mask(g, query_mask, 1, 3)]
    masks += [_mask(g, mask, 1, 2) for mask in (value_mask, key_mask) if mask is not None]
    if attention_mask is not None:
        mask = _mask(g, attention_mask)
        masks.append(g.expand_dims(mask, 1) if mask.rank == 3 else mask)
    return masks
