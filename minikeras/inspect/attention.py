"""Attention, worked out: query, key and value, scores, weights, their means."""

import math
from typing import Any

import numpy as np

from minikeras.autodiff import bare
from minikeras.inspect.worked import Part, Worked, as_float
from minikeras.ops.attention import causal_mask, masked_softmax

__all__ = ["plain_attention", "projected_attention", "projection_symbols"]

HEAD = (0, slice(None), 0, slice(None))
"""What is shown of arrays (batch, steps, heads, dim): the first head of the first sample."""

TABLE = (0, 0, slice(None), slice(None))
"""The same of arrays (batch, heads, queries, keys)."""

NAMES = {"query": "Q", "key": "K", "value": "V", "gate": "G", "output": "O"}


def projection_symbols(layer: Any) -> dict[int, str]:
    """Return the symbols of a layer's projections, ``W_Q`` and so on, by the weights' ``id``."""
    found = {}
    for name, letter in NAMES.items():
        dense = getattr(layer, f"{name}_dense", None)
        if dense is not None:
            found[id(dense.kernel)] = f"W_{letter}"
            if dense.bias is not None:
                found[id(dense.bias)] = f"B_{letter}"
    return found


def projected_attention(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out MultiHeadAttention and GroupedQueryAttention."""
    layer = ran.layer
    given = {**dict(zip(layer._arguments, args)), **kwargs}
    named = dict(ran.arguments())
    with_key = named.get("key") is not None
    query, value = given["query"], given["value"]
    key = given["key"] if with_key else value
    query, value, key = (as_float(one, layer.dtype) for one in (query, value, key))
    q, k, v = (
        dense.forward(x)
        for dense, x in (
            (layer.query_dense, query),
            (layer.key_dense, key),
            (layer.value_dense, value),
        )
    )
    names = "query_mask", "value_mask", "key_mask", "attention_mask"
    masks = (*(given.get(name) for name in names), bool(given.get("use_causal_mask")))
    with_scores = bool(given.get("return_attention_scores"))
    shared = q.shape[-2] // k.shape[-2]
    keys = np.repeat(k, shared, axis=-2) if shared > 1 else k
    values = np.repeat(v, shared, axis=-2) if shared > 1 else v
    axes = getattr(layer, "_axes", (1,))
    others = [i for i in range(1, q.ndim - 2) if i not in axes]
    order = [0, *others, *axes, q.ndim - 2, q.ndim - 1]
    split = 1 + len(others)

    def grouped(x: Any) -> Any:  # (groups, steps, heads, dim)
        x = np.transpose(x, order)
        shape = math.prod(x.shape[:split]), math.prod(x.shape[split:-2]), *x.shape[-2:]
        return np.reshape(x, shape)

    one, all_keys, all_values = grouped(q), grouped(keys), grouped(values)
    usual = q.ndim == 4
    if usual:
        mask = layer._mask(q.shape[1], k.shape[1], *masks)
    else:
        lengths = [[x.shape[i] for i in order] for x in (q, k)]
        attended = lengths[0][split:-2], lengths[1][split:-2]
        mask = layer._mask_of_groups(masks, order[:-2], lengths[0][:split], *attended)
    rows, columns = np.swapaxes(one, 1, 2), np.transpose(all_keys, (0, 2, 3, 1))
    dim = q.shape[-1]
    s = np.matmul(rows, columns) * (1.0 / math.sqrt(dim))
    p = masked_softmax(s, mask)
    if mask is not None and (layer.dropout or with_scores or not usual):
        p = p * mask  # a query that may look nowhere gets 0
    means = np.swapaxes(np.matmul(p, np.swapaxes(all_values, 1, 2)), 1, 2)
    wide = (*(q.shape[i] for i in order[:-1]), v.shape[-1])
    o = np.transpose(np.reshape(means, wide), np.argsort(order).tolist())
    view = HEAD if usual else None
    divided = f" / sqrt({dim})"
    group = f" (each head of K and V serves {shared} of Q)" if shared > 1 else ""
    key_symbol = "X3" if with_key else "X2"

    def plus(letter: str) -> str:
        return f" + B_{letter}" if layer.use_bias else ""

    def part(symbol: str, x: Any, formula: str, what: str, backward: str, shown: Any) -> Part:
        return Part(symbol, [x], formula, what, backward, view=shown)

    parts = [
        part("Q", q, f"X1 W_Q{plus('Q')}", "queries", f"dL/dS K{divided}", view),
        part("K", k, f"{key_symbol} W_K{plus('K')}", f"keys{group}", f"dL/dS^T Q{divided}", view),
        part("V", v, f"X2 W_V{plus('V')}", "values", "P^T dL/dO", view),
        part("S", s, f"Q K^T{divided}", "scores", "P * (dL/dP - sum(dL/dP * P))", TABLE),
        part("P", p, "softmax(S)", "weights", "dL/dO V^T", TABLE),
    ]
    back = "dL/dZ W_O^T"
    rules = {
        "X1": "dL/dQ W_Q^T",
        "X2": "dL/dV W_V^T",
        "X3": "dL/dK W_K^T",
        "W_Q": "X1^T dL/dQ",
        "W_K": f"{key_symbol}^T dL/dK",
        "W_V": "X2^T dL/dV",
        "W_O": "O^T dL/dZ",
        **{f"B_{letter}": f"sum of dL/d{letter} over samples and steps" for letter in "QKVG"},
        "B_O": "sum of dL/dZ over samples and steps",
    }
    if not with_key:
        rules["X2"] += " + dL/dK W_K^T"
    gated = o
    if layer.use_gate:
        g = layer.gate_dense.forward(query)
        gated = o * g
        formula = f"sigmoid(X1 W_G{plus('G')})"
        parts.append(part("G", g, formula, "gate", "(dL/dZ W_O^T) * O", view))
        back = "(dL/dZ W_O^T) * G"
        rules["X1"] += " + (dL/dG * sigmoid') W_G^T"
        rules["W_G"] = "X1^T (dL/dG * sigmoid')"
        rules["B_G"] = "sum of dL/dG * sigmoid' over samples and steps"
        rules["W_O"] = "(O * G)^T dL/dZ"
    parts.append(part("O", o, "P V", "means of the values, head by head", back, view))
    z = layer.output_dense.forward(gated)
    whole = "(O * G)" if layer.use_gate else "O"
    return Worked(parts, [z], f"{whole} W_O{plus('O')}", rules, notes=_notes(mask, p))


def plain_attention(ran: Any, args: Any, kwargs: Any) -> Worked:
    """Work out Attention and AdditiveAttention."""
    layer = ran.layer
    given = {**dict(zip(layer._arguments, args)), **kwargs}
    inputs, mask = given["inputs"], given.get("mask")
    query, value, key = inputs[0], inputs[1], inputs[-1]
    query_mask, value_mask = mask[:2] if mask else (None, None)
    allowed = None if value_mask is None else np.expand_dims(np.asarray(value_mask, bool), -2)
    if given.get("use_causal_mask"):
        causal = causal_mask(query.shape[-2], key.shape[-2])
        allowed = causal if allowed is None else np.logical_and(allowed, causal)
    s = layer._scores(query, key)
    p = masked_softmax(s, allowed)
    y = np.matmul(p, value)
    if query_mask is not None:
        y = np.where(np.expand_dims(np.asarray(query_mask, bool), -1), y, 0.0)
    name = "X3" if len(inputs) > 2 else "X2"
    scores, rules = _scores(layer, name)
    rules["X2"] = "P^T dL/dZ" + (f" + {rules.pop(name)}" if name == "X2" else "")
    parts = [
        Part("S", [s], scores, "scores", "P * (dL/dP - sum(dL/dP * P))"),
        Part("P", [p], "softmax(S)", "weights", "dL/dZ X2^T"),
    ]
    notes = _notes(allowed, p)
    if query_mask is not None:
        notes.append("Masked queries give 0.")
    return Worked(parts, [y], "P X2", rules, notes=notes)


def _notes(mask: Any, weights: Any) -> list[str]:
    """Say what a mask does, if there is one."""
    if mask is None:
        return []
    notes = ["Where a query must not look, its weight in P is 0."]
    if not np.all(np.any(np.broadcast_to(mask, weights.shape), axis=-1)):
        looks = "everywhere alike" if np.all(bare(weights).sum(axis=-1) > 0.5) else "nowhere: 0"
        notes.append(f"A query that may look nowhere looks {looks}.")
    return notes


def _scores(layer: Any, key: str) -> tuple[str, dict[str, str]]:
    """Return the formula of the scores, and those of the gradients that follow."""
    scale = "" if layer.scale is None else "scale * "
    if getattr(layer, "concat_score_weight", None) is not None:
        inner = f"{scale}(X1 + {key})"
        slope = f"dL/dS * concat_score_weight * {scale}tanh'({inner})"
        return f"concat_score_weight * sum(tanh({inner}))", {
            "X1": f"sum over keys of {slope}",
            key: f"sum over queries of {slope}",
            "concat_score_weight": f"sum of dL/dS * sum(tanh({inner}))",
            "scale": f"sum of dL/dS * concat_score_weight * tanh'({inner}) * (X1 + {key})",
        }
    if type(layer).__name__ == "AdditiveAttention":
        slope = f"dL/dS * {scale}tanh'(X1 + {key})"
        return f"sum({scale}tanh(X1 + {key}))", {
            "X1": f"sum over keys of {slope}",
            key: f"sum over queries of {slope}",
            "scale": f"sum of dL/dS * tanh(X1 + {key})",
        }
    return f"{scale}X1 {key}^T", {
        "X1": f"{scale}dL/dS {key}",
        key: f"{scale}dL/dS^T X1",
        "scale": f"sum of dL/dS * (X1 {key}^T)",
    }
