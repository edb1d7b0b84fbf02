"""The work of attention: a few heads at a time, such that their scores stay in the cache."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minikeras._typing import Array
from minikeras.autodiff.tensor import active_tape
from minikeras.ops._fast import ones
from minikeras.ops._memory import empty

__all__ = ["Attend", "four_axes", "lowest"]

BLOCK = 1 << 17
"""Scores that are worked on at a time: they stay in the second-level cache."""

KEPT = 1 << 23
"""Up to so many weights are kept for the backward pass; more are computed a second time."""

SAFE = {np.dtype(np.float32): 40.0, np.dtype(np.float64): 300.0}
"""Scores within these bounds need not be shifted: their exponentials are far from the limits."""

Block = tuple[slice, slice]  # of the batch and of the heads


class Attend:
    """Means of ``v``, weighted by ``softmax(scale * q @ k.T)``, and their gradients.

    Parameters
    ----------
    q : array, shape (batch, heads, queries, key_dim)
    k : array, shape (batch, heads, keys, key_dim)
    v : array, shape (batch, heads, keys, value_dim)
    mask : boolean array of 4 axes, or None
        False where a query must not look; broadcast to ``(batch, heads, queries, keys)``.
    noise : array, shape (batch, heads, queries, keys), or None
        What dropout multiplies the weights with.
    scale : float
    blind : {"uniform", "zero"}
        What a query gets that may look nowhere: the plain mean, or 0.
    out : array, shape (batch, heads, queries, value_dim)
        Where the means are written. It is needed for the gradients, as ``q``, ``k``, ``v`` are.

    References
    ----------
    Dao et al., "FlashAttention" (NeurIPS 2022), section 3.1 and appendix B.
    """

    def __init__(
        self,
        q: Array,
        k: Array,
        v: Array,
        mask: Array | None,
        noise: Array | None,
        scale: float,
        blind: str,
        out: Array,
    ):
        self.q = q if scale == 1.0 else q * scale
        self.k, self.v, self.mask, self.noise, self.scale = k, v, mask, noise, scale
        self.out = out
        limit = SAFE.get(q.dtype, 0.0)
        # No score exceeds the longest query times the longest key.
        self.safe = _longest(self.q) * _longest(k) <= limit * limit
        self.alive: Array | None = None  # 0 for a query whose weights do not depend on its scores
        if mask is not None and blind == "uniform":
            alive = mask.any(axis=3, keepdims=True)
            self.alive = None if alive.all() else alive.astype(q.dtype)
        self.shape = batch, heads, queries, keys = (*q.shape[:3], k.shape[2])
        self.blocks = list(_blocks(batch, heads, queries * keys))
        self.kept: Array | None = None
        if active_tape.get() is not None and math.prod(self.shape) <= KEPT:
            self.kept = empty(self.shape, q.dtype)
        scratch = self._scratch() if self.kept is None else None
        sums = np.empty((batch, heads, queries, 1), q.dtype)
        totals, one = sums[..., 0], ones(keys, q.dtype)
        for block in self.blocks:
            weights = self._weights(block, scratch)
            np.matmul(weights, one, out=totals[block])
            if noise is not None:
                weights = weights * noise[block]
            np.matmul(weights, v[block], out=out[block])
        if mask is not None:
            sums[sums == 0.0] = 1.0  # of a query that may look nowhere
        self.inverse = np.divide(1.0, sums, out=sums)
        out *= self.inverse

    def _weights(self, block: Block, scratch: Array | None) -> Array:
        """Compute ``exp`` of the scores of a block, where they are kept or into ``scratch``."""
        weights = _part_of(scratch, block) if self.kept is None else self.kept[block]
        np.matmul(self.q[block], self.k[block].swapaxes(2, 3), out=weights)
        mask = None if self.mask is None else _broadcast_part(self.mask, block)
        if not self.safe:
            if mask is not None:
                weights += np.where(mask, 0.0, lowest(weights.dtype)).astype(weights.dtype)
            weights -= weights.max(axis=3, keepdims=True, initial=lowest(weights.dtype))
        np.exp(weights, out=weights)
        if mask is not None:
            weights *= mask.astype(weights.dtype)
        if self.alive is not None:
            weights += 1.0 - _broadcast_part(self.alive, block)
        return weights

    def gradients(self, dout: Array, dq: Array, dk: Array, dv: Array) -> None:
        """Write the gradients of ``q``, ``k`` and ``v``, given that of ``out``."""
        dout = dout * self.inverse
        width = ones(dout.shape[3], dout.dtype)
        # Of each query: the mean of the gradients of its scores, which their softmax subtracts.
        mean = (dout * self.out).reshape(-1, dout.shape[3]).dot(width).reshape(*dout.shape[:3], 1)
        whole, scratch = self._scratch(), None
        if self.kept is None:
            scratch = self._scratch()
        for block in reversed(self.blocks):  # what was computed last is nearest
            weights = self._weights(block, scratch) if self.kept is None else self.kept[block]
            noise = None if self.noise is None else self.noise[block]
            ds = _part_of(whole, block)
            np.matmul(dout[block], self.v[block].swapaxes(2, 3), out=ds)
            if noise is not None:
                ds *= noise
            ds -= mean[block]
            ds *= weights
            if self.alive is not None:
                ds *= _broadcast_part(self.alive, block)
            # Only now by columns: weights that were kept have been read row by row, which is how
            # memory is fast, and are in the cache.
            seen = weights if noise is None else weights * noise
            np.matmul(seen.swapaxes(2, 3), dout[block], out=dv[block])
            np.matmul(ds, self.k[block], out=dq[block])
            np.matmul(ds.swapaxes(2, 3), self.q[block], out=dk[block])
        if self.scale != 1.0:
            dq *= self.scale

    def _scratch(self) -> Array:
        samples, heads = (p.stop - p.start for p in self.blocks[0]) if self.blocks else (0, 0)
        return np.empty((samples, heads, *self.shape[2:]), self.q.dtype)


def four_axes(mask: Any) -> Any:
    """Return a mask as booleans with the axes (batch, heads, queries, keys)."""
    mask = np.asarray(mask, dtype=bool)
    return mask.reshape((1,) * (4 - mask.ndim) + mask.shape)


def lowest(dtype: Any) -> float:
    """Return what stands for minus infinity; a whole row of it still has a softmax."""
    return -0.7 * float(np.finfo(dtype).max)


def _longest(x: Array) -> float:
    """Return the largest squared length of a row."""
    return float(np.einsum("bhsd,bhsd->bhs", x, x).max(initial=0.0))


def _blocks(batch: int, heads: int, size: int) -> Iterator[Block]:
    """Cut batch and heads such that about ``BLOCK`` scores are in a piece."""
    samples = max(1, BLOCK // max(1, heads * size))
    some = heads if heads * size <= BLOCK else max(1, BLOCK // size)
    for i in range(0, batch, samples):
        for j in range(0, heads, some):
            yield slice(i, min(i + samples, batch)), slice(j, min(j + some, heads))


def _part_of(scratch: Any, block: Block) -> Any:
    samples, heads = (part.stop - part.start for part in block)
    return scratch[:samples, :heads]


def _broadcast_part(mask: Array, block: Block) -> Array:
    """Return the part of a mask that belongs to a block; axes of length 1 stand for all."""
    samples, heads = (part if n > 1 else slice(None) for part, n in zip(block, mask.shape))
    return mask[samples, heads]
