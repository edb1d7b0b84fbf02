"""Attention and encodings, as exported files have them."""

from typing import Any

import numpy as np

from minikeras.export.runtime.activations import softmax


def projections(x: Any, W: Any, b: Any = None, scale: float = 1.0) -> Any:
    """Return query, key and value of x, (batch, heads, steps, features), of a single product.

    The query comes out times ``scale``.
    """
    shapes = [(*x.shape[:2], *kernel.shape[1:]) for kernel in W]
    W = [kernel.reshape(x.shape[2], -1) for kernel in W]
    y = np.dot(x.reshape(-1, x.shape[2]), np.concatenate([W[0] * scale, *W[1:]], axis=1))
    if b is not None:
        y += np.concatenate([b[0].ravel() * scale, b[1].ravel(), b[2].ravel()])
    parts = np.split(y, np.cumsum([kernel.shape[1] for kernel in W[:2]]), axis=1)
    return [part.reshape(shape).swapaxes(1, 2) for part, shape in zip(parts, shapes)]


def longest(x: Any) -> Any:
    """Return the squared length of the longest row."""
    return np.einsum("...d,...d->...", x, x).max(initial=0.0)


def attention(
    q: Any, k: Any, v: Any, mask: Any = None, blind: str = "uniform", safe: float = 40.0
) -> Any:
    """Return the means of v, weighed by the softmax of q k; the last axes are steps and features.

    What the mask leaves out has no weight. A query that is blind, which may see nothing, takes the
    plain mean, or zeros.
    """
    scores = q @ k.swapaxes(-1, -2)
    if longest(q) * longest(k) > safe**2:  # else no exponential is too large
        if mask is not None:
            least = -0.7 * float(np.finfo(q.dtype).max)
            scores = scores + np.where(mask, 0.0, least).astype(q.dtype)
        scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    if mask is not None:
        weights = weights * mask
        if blind == "uniform":
            weights = weights + ~mask.any(axis=-1, keepdims=True)
    total = (weights @ np.ones(weights.shape[-1], weights.dtype))[..., np.newaxis]
    return (weights @ v) * (1.0 / np.where(total == 0.0, 1.0, total))


def attention_weights(q: Any, k: Any, mask: Any = None, blind: str = "uniform") -> Any:
    """Return the softmax of q k, with 0 or equal numbers for a query that may see nothing."""
    scores = q @ k.swapaxes(-1, -2)
    if mask is not None:
        scores = np.where(mask, scores, -0.7 * float(np.finfo(q.dtype).max))
    weights = softmax(scores)
    return weights * mask if mask is not None and blind == "zero" else weights


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
