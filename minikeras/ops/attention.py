"""Attention: each query takes a mean of the values, weighted by how well their keys fit it."""

import math
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras._validation import check_number
from minikeras.autodiff.record import Op, primitive
from minikeras.ops._attention import Attend, four_axes, lowest
from minikeras.ops._fast import ones, under_two_tapes
from minikeras.ops._memory import empty
from minikeras.ops.softmax import softmax

__all__ = [
    "attention_weights",
    "causal_mask",
    "dot_product_attention",
    "masked_softmax",
    "scaled_dot_product",
    "self_attention",
]


def dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None = None,
    mask: Array | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """Means of ``value``, weighted by ``softmax(scale * query @ key.T + bias)``.

    Parameters
    ----------
    query : array, shape (batch, queries, heads, key_dim)
    key : array, shape (batch, keys, key_heads, key_dim)
        ``key_heads`` is ``heads`` or divides it: neighbouring heads of the query share one then.
    value : array, shape (batch, keys, key_heads, value_dim)
    bias : array, optional
        Added to the scores; of a shape that broadcasts to ``(batch, heads, queries, keys)``.
    mask : boolean array, optional
        False where a query must not look; broadcast likewise. Where it may look nowhere, it looks
        everywhere alike.
    scale : float, optional
        Default ``1 / sqrt(key_dim)``.
    is_causal : bool, default False
        Whether query ``i`` sees the keys up to ``i`` only.
    flash_attention : bool, optional
        Accepted for Keras code; without effect.
    attn_logits_soft_cap : float, optional
        Squeeze the scores smoothly into ``(-cap, cap)`` before masking.

    Returns
    -------
    array, shape (batch, queries, heads, value_dim)

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    Vaswani et al., "Attention Is All You Need" (2017), eq. 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.attention import dot_product_attention
    >>> query, key = np.zeros((1, 1, 1, 2)), np.ones((1, 3, 1, 2))
    >>> value = np.array([0.0, 1.0, 5.0]).reshape(1, 3, 1, 1)
    >>> dot_product_attention(query, key, value).ravel()
    array([2.])
    """
    heads = _check_shapes(query, key, value)
    if heads > 1:
        key, value = np.repeat(key, heads, axis=2), np.repeat(value, heads, axis=2)
    scale = 1.0 / math.sqrt(max(query.shape[-1], 1)) if scale is None else float(scale)
    if is_causal:
        causal = causal_mask(query.shape[1], key.shape[1])
        mask = causal if mask is None else np.logical_and(mask, causal)
    if bias is None and attn_logits_soft_cap is None:
        return scaled_dot_product(query, key, value, mask, scale=scale)
    scores = _scores(query, key, scale)
    if attn_logits_soft_cap is not None:
        cap = check_number("attn_logits_soft_cap", attn_logits_soft_cap, 0, open_minimum=True)
        scores = np.tanh(scores / cap) * cap
    if bias is not None:
        scores = scores + bias
    weights = masked_softmax(scores, mask)
    return np.swapaxes(np.matmul(weights, np.swapaxes(value, 1, 2)), 1, 2)


@primitive
def scaled_dot_product(
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None = None,
    noise: Array | None = None,
    *,
    scale: float = 1.0,
    blind: str = "uniform",
) -> Op:
    """Means of ``value``, weighted by ``softmax(scale * query @ key.T)``, without keeping copies.

    Parameters
    ----------
    query : array, shape (batch, queries, heads, key_dim)
    key : array, shape (batch, keys, heads, key_dim)
    value : array, shape (batch, keys, heads, value_dim)
    mask : boolean array, optional
        False where a query must not look; broadcast to ``(batch, heads, queries, keys)``.
    noise : array, shape (batch, heads, queries, keys), optional
        What dropout multiplies the weights with.
    scale : float, default 1.0
    blind : {"uniform", "zero"}
        What a query gets that may look nowhere: the plain mean of all values, or 0.

    Returns
    -------
    array, shape (batch, queries, heads, value_dim)

    References
    ----------
    Vaswani et al., "Attention Is All You Need" (2017), eq. 1. The gradient of the scores by the
    output alone, and weights computed anew instead of stored: Dao et al., "FlashAttention"
    (NeurIPS 2022), section 3.1.
    """
    mask = None if mask is None else four_axes(mask)
    if any(under_two_tapes(x) for x in (query, key, value)):
        return _traced(query, key, value, mask, noise, scale, blind)
    y = empty((*query.shape[:3], value.shape[3]), query.dtype)
    heads = query.swapaxes(1, 2), key.swapaxes(1, 2), value.swapaxes(1, 2)
    attend = Attend(*heads, mask, noise, scale, blind, y.swapaxes(1, 2))

    def gradients(dy: Array) -> Any:
        if under_two_tapes(dy):
            return _traced_gradients(query, key, value, mask, noise, scale, blind, dy)
        found = [empty(x.shape, dy.dtype) for x in (query, key, value)]
        attend.gradients(dy.swapaxes(1, 2), *(x.swapaxes(1, 2) for x in found))
        return (*found, None, None)

    return y, gradients


@primitive
def self_attention(
    x: Array,
    query_kernel: Array,
    key_kernel: Array,
    value_kernel: Array,
    query_bias: Array | None = None,
    key_bias: Array | None = None,
    value_bias: Array | None = None,
    mask: Array | None = None,
    noise: Array | None = None,
    *,
    scale: float = 1.0,
    blind: str = "uniform",
) -> Op:
    """``scaled_dot_product`` of three projections of one array, which are a single product.

    Parameters
    ----------
    x : array, shape (batch, steps, features)
    query_kernel, key_kernel, value_kernel : array, shape (features, heads, dim)
        The first two have one ``dim``.
    query_bias, key_bias, value_bias : array, shape (heads, dim), optional
        All or none.
    mask, noise, scale, blind
        As in ``scaled_dot_product``.

    Returns
    -------
    array, shape (batch, steps, heads, dim)
        Not to be differentiated twice.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.attention import self_attention
    >>> self_attention(np.ones((1, 4, 3)), *np.ones((3, 3, 2, 5))).shape
    (1, 4, 2, 5)
    """
    kernels = query_kernel, key_kernel, value_kernel
    biases = query_bias, key_bias, value_bias
    features = x.shape[2]
    kernel = np.concatenate([w.reshape(features, -1) for w in kernels], axis=1)
    ends = np.cumsum([0] + [w.size // features for w in kernels]).tolist()
    parts = [slice(*pair) for pair in pairwise(ends)]
    kernel[:, parts[0]] *= scale  # so that nothing larger has to be scaled
    rows = x.reshape(-1, features)
    projected = empty((len(rows), ends[-1]), x.dtype)
    rows.dot(kernel, projected)
    if query_bias is not None:
        bias = np.concatenate([b.ravel() for b in biases if b is not None])
        bias[parts[0]] *= scale
        projected += bias

    def heads(array: Array) -> tuple[Array, Array, Array]:
        shapes = [(*x.shape[:2], *w.shape[1:]) for w in kernels]
        pairs = zip(parts, shapes, strict=True)
        q, k, v = (array[:, part].reshape(shape).swapaxes(1, 2) for part, shape in pairs)
        return q, k, v  # views: what is written into them is written into ``array``

    y = empty((*x.shape[:2], *value_kernel.shape[1:]), x.dtype)
    mask = None if mask is None else four_axes(mask)
    attend = Attend(*heads(projected), mask, noise, 1.0, blind, y.swapaxes(1, 2))

    def gradients(dy: Array) -> Any:
        d = empty(projected.shape, dy.dtype)
        attend.gradients(dy.swapaxes(1, 2), *heads(d))
        dx = empty(x.shape, dy.dtype)
        d.dot(kernel.T, dx.reshape(rows.shape))
        dkernel, dbias = rows.T.dot(d), ones(len(d), d.dtype).dot(d)
        for gradient in (dkernel.T, dbias):
            gradient[parts[0]] *= scale
        dkernels = [dkernel[:, part].reshape(w.shape) for part, w in zip(parts, kernels)]
        dbiases = [
            None if b is None else dbias[part].reshape(b.shape) for part, b in zip(parts, biases)
        ]
        return (dx, *dkernels, *dbiases, None, None)

    return y, gradients


def attention_weights(
    query: Array,
    key: Array,
    mask: Array | None = None,
    *,
    scale: float = 1.0,
    blind: str = "zero",
) -> Any:
    """Return the weights that attention takes the mean with; see ``scaled_dot_product``.

    Parameters
    ----------
    query : array, shape (batch, queries, heads, key_dim)
    key : array, shape (batch, keys, heads, key_dim)
    mask : boolean array, optional
        Broadcast to ``(batch, heads, queries, keys)``.
    scale : float, default 1.0
    blind : {"zero", "uniform"}

    Returns
    -------
    array, shape (batch, heads, queries, keys)
        Rows sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.attention import attention_weights
    >>> attention_weights(np.zeros((1, 1, 1, 2)), np.ones((1, 4, 1, 2))).ravel()
    array([0.25, 0.25, 0.25, 0.25])
    """
    weights = masked_softmax(_scores(query, key, scale), mask)
    if mask is not None and blind == "zero":
        weights = weights * mask
    return weights


def masked_softmax(scores: Array, mask: Array | None = None) -> Any:
    """Softmax of the last axis over the places where ``mask`` is True.

    Parameters
    ----------
    scores : array, shape (..., keys)
    mask : boolean array, optional
        Broadcast to ``scores``. Where it is False along a whole row, the row comes out uniform.

    Returns
    -------
    array, shape of ``scores``

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.ops.attention import masked_softmax
    >>> masked_softmax(np.array([1.0, 1.0, 9.0]), np.array([True, True, False]))
    array([0.5, 0.5, 0. ])
    """
    return softmax(scores if mask is None else np.where(mask, scores, lowest(scores.dtype)))


@lru_cache(maxsize=16)
def causal_mask(queries: int, keys: int) -> Array:
    """Return a read-only mask that lets query ``i`` see the keys up to ``i``.

    Parameters
    ----------
    queries, keys : int

    Returns
    -------
    boolean array, shape (1, queries, keys)

    Examples
    --------
    >>> from minikeras.ops.attention import causal_mask
    >>> causal_mask(2, 3).astype(int)
    array([[[1, 0, 0],
            [1, 1, 0]]])
    """
    mask = np.tri(queries, keys, dtype=bool)[np.newaxis]
    mask.setflags(write=False)
    return mask


def _check_shapes(query: Any, key: Any, value: Any) -> int:
    """Return how many heads of the query share one of the key."""
    fits = (
        query.ndim == key.ndim == value.ndim == 4
        and query.shape[0] == key.shape[0] == value.shape[0]
        and key.shape[1:3] == value.shape[1:3]
        and query.shape[3] == key.shape[3]
        and key.shape[2]
        and query.shape[2] % key.shape[2] == 0
    )
    if not fits:
        raise ValueError(
            "dot_product_attention expected query (batch, queries, heads, dim), key (batch, keys, "
            "key_heads, dim) and value (batch, keys, key_heads, any), where key_heads divides "
            f"heads, got {query.shape}, {key.shape} and {value.shape}"
        )
    return int(query.shape[2] // key.shape[2])


# The same in functions that are differentiated themselves: where the weights are wanted, or a
# second derivative.


def _scores(query: Any, key: Any, scale: float) -> Any:
    q, k = np.swapaxes(query, 1, 2), np.transpose(key, (0, 2, 3, 1))
    return np.matmul(q * scale, k)


def _traced(
    query: Any, key: Any, value: Any, mask: Any, noise: Any, scale: float, blind: str
) -> Op:
    weights = attention_weights(query, key, mask, scale=scale, blind=blind)
    seen = weights if noise is None else weights * noise
    y = np.swapaxes(np.matmul(seen, np.swapaxes(value, 1, 2)), 1, 2)
    return y, lambda dy: _traced_gradients(query, key, value, mask, noise, scale, blind, dy)


def _traced_gradients(
    query: Any, key: Any, value: Any, mask: Any, noise: Any, scale: float, blind: str, dy: Any
) -> Any:
    q, k, v, g = (np.swapaxes(x, 1, 2) for x in (query, key, value, dy))
    weights = attention_weights(query, key, mask, scale=scale, blind=blind)
    seen = weights if noise is None else weights * noise
    dweights = np.matmul(g, np.swapaxes(v, 2, 3))
    if noise is not None:
        dweights = dweights * noise
    ds = weights * (dweights - np.sum(weights * dweights, axis=3, keepdims=True)) * scale
    if mask is not None:
        ds = ds * mask
    found = (
        np.matmul(ds, k),
        np.matmul(np.swapaxes(ds, 2, 3), q),
        np.matmul(np.swapaxes(seen, 2, 3), g),
    )
    return (*(np.swapaxes(d, 1, 2) for d in found), None, None)
