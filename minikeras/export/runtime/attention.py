"""Attention and encodings, as exported files have them."""

from typing import Any

import numpy as np


def attention(q: Any, k: Any, v: Any, mask: Any, zero: bool) -> Any:
    """Return the means of v, weighed by the softmax of q k, and the weights.

    The last axes are steps and features. What the mask leaves out has weight 0; a query that may
    see nothing takes the plain mean, or zeros.
    """
    scores = q @ np.swapaxes(k, -1, -2)
    if mask is not None:
        scores = np.where(mask, scores, -0.7 * float(np.finfo(scores.dtype).max))
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    if mask is not None and zero:
        weights = weights * mask
    return weights @ v, weights


def encode(places: Any, mode: str, depth: int, dtype: str, weights: Any = None) -> Any:
    """Return places among so many as zeros and ones, or as counts."""
    if mode == "int":
        return places.astype(dtype)
    if mode == "one_hot":
        if places.ndim > 1 and places.shape[-1] == 1:
            places = places[..., 0]
        return (places[..., np.newaxis] == np.arange(depth)).astype(dtype)
    if places.ndim > 1:
        places = np.moveaxis(places, 1, -1)
        weights = weights if weights is None else np.moveaxis(weights, 1, -1)
    hot = (places[..., np.newaxis] == np.arange(depth)).astype(dtype)
    if mode == "multi_hot":
        return hot.max(axis=-2)
    if weights is not None:
        hot = hot * weights[..., np.newaxis]
    return hot.sum(axis=-2).astype(dtype)
