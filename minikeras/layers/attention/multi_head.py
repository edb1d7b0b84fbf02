"""MultiHeadAttention: several attentions side by side, each on a projection of its own."""

import math
import string
from typing import Any, Unpack

import numpy as np

from minikeras._typing import PartialShape
from minikeras._validation import check_positive_int
from minikeras.layers.attention.projected import ProjectedAttention
from minikeras.layers.base import LayerOptions
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["MultiHeadAttention"]


@register("layer")
class MultiHeadAttention(ProjectedAttention):
    """Several attentions side by side, each on a projection of its own; their results are joined.

    Called on ``layer(query, value, key=None)``; attention of x to itself is ``layer(x, x)``.

    Parameters
    ----------
    num_heads : int
    key_dim : int
        Features of each head's query and key.
    value_dim : int, optional
        Features of each head's value; default ``key_dim``.
    dropout : float in [0, 1], default 0.0
        Share of the weights that is dropped while training.
    use_bias : bool, default True
        Of the projections.
    output_shape : int or tuple of int, optional
        Features of the output; default: those of the query.
    attention_axes : int or tuple of int, optional
        Axes of the query along which it attends; default: all but the batch and the features.
    sliding_window : int, optional
        Query ``i`` sees the steps ``j`` with ``abs(i - j) < sliding_window`` only.
    flash_attention : bool, optional
        Accepted for Keras code; without effect.
    kernel_initializer, bias_initializer : str or callable
        Of the projections; default ``"glorot_uniform"`` and ``"zeros"``.
    kernel_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
    kernel_constraint, bias_constraint : str or callable, optional
        Of the projections.
    use_gate : bool, default False
        Multiply the heads' results with a sigmoid of a further projection of the query.
    seed : int, SeedGenerator or None
        Of the dropout.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If a size is not an integer of at least 1, or the shapes of query, value and key do not fit
        together.

    Notes
    -----
    Query ``(batch, queries, features)``, value and key ``(batch, steps, any)``, output ``(batch,
    queries, features)``. Projections: ``query_dense``, ``key_dense``, ``value_dense`` with kernels
    ``(features, num_heads, key_dim)`` and ``output_dense`` with ``(num_heads, value_dim,
    features)``. ``forward`` takes also ``attention_mask`` of shape ``(batch, queries, steps)`` (or
    ``(batch, num_heads, queries, steps)``), False where a query must not look, ``use_causal_mask``,
    and ``return_attention_scores``, which gives the weights ``(batch, num_heads, queries, steps)``
    too. Masks of query, value and key count by themselves; that of the query passes on.

    References
    ----------
    Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2. The gate: Qiu et al., "Gated
    Attention for Large Language Models" (2025).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import MultiHeadAttention
    >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
    >>> x = np.ones((3, 5, 8))
    >>> y, weights = layer(x, x, return_attention_scores=True, use_causal_mask=True)
    >>> y.shape, weights.shape
    ((3, 5, 8), (3, 2, 5, 5))
    >>> weights[0, 0, 1]
    array([0.5, 0.5, 0. , 0. , 0. ], dtype=float32)
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | tuple[int, ...] | None = None,
        attention_axes: int | tuple[int, ...] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            dropout,
            use_bias,
            sliding_window,
            flash_attention,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            use_gate,
            seed,
            **kwargs,
        )
        self.num_heads = check_positive_int("num_heads", num_heads)
        self.key_dim = self._head_dim = check_positive_int("key_dim", key_dim)
        self.value_dim = check_positive_int(
            "value_dim", self.key_dim if value_dim is None else value_dim
        )
        self.output_shape = _as_tuple(output_shape)
        for n in self.output_shape or ():
            check_positive_int("each length in output_shape", n)
        self.attention_axes = _as_tuple(attention_axes)

    def build(  # type: ignore[override]
        self,
        query_shape: PartialShape,
        value_shape: PartialShape,
        key_shape: PartialShape | None = None,
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        for name, shape in (("query", query_shape), ("value", value_shape), ("key", key_shape)):
            if len(shape) < 3 or len(shape) != len(query_shape):
                raise ValueError(
                    f"MultiHeadAttention {self.name!r} expected query, value and key of one rank, "
                    f"(batch, steps, features) at the least, got {name} of shape {shape}"
                )
        self._check_lengths(query_shape, value_shape, key_shape)
        rank = len(query_shape)
        self._axes = self._resolve_axes(rank)
        letters = string.ascii_lowercase
        steps, features, heads, size = letters[: rank - 1], *letters[rank - 1 : rank + 2]
        into = f"{steps}{features},{features}{heads}{size}->{steps}{heads}{size}"
        free = [None] * (rank - 2)

        def projection(name: str, width: int, shape: PartialShape) -> Any:
            return self._dense(name, into, (*free, self.num_heads, width), heads + size, shape)

        self.query_dense = projection("query", self.key_dim, query_shape)
        self.key_dense = projection("key", self.key_dim, key_shape)
        if self.use_gate:
            self.gate_dense = projection("gate", self.value_dim, query_shape)
        self.value_dense = projection("value", self.value_dim, value_shape)
        units = self.output_shape or (query_shape[-1],)
        back = letters[rank + 1 : rank + 1 + len(units)]
        self.output_dense = self._dense(
            "attention_output",
            f"{steps}{features}{heads},{features}{heads}{back}->{steps}{back}",
            (*free, *units),
            back,
            (*query_shape[:-1], self.num_heads, self.value_dim),
        )

    def _resolve_axes(self, rank: int) -> tuple[int, ...]:
        """Return the axes along which it attends, counted from the front."""
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        axes = tuple(axis if axis >= 0 else rank + axis for axis in self.attention_axes)
        if not axes or len(set(axes)) < len(axes) or not all(0 < a < rank - 1 for a in axes):
            raise ValueError(
                f"MultiHeadAttention {self.name!r} expected attention_axes between the batch (0) "
                f"and the features ({rank - 1}) of a query of {rank} axes, got "
                f"{self.attention_axes}"
            )
        return axes

    def _attend(
        self, query: Any, key: Any, value: Any, masks: Any, with_scores: bool, training: bool
    ) -> Any:
        if query.ndim == 4:
            return super()._attend(query, key, value, masks, with_scores, training)
        # (batch, others..., attended..., heads, dim), then one axis for each group.
        axes = self._axes
        others = [i for i in range(1, query.ndim - 2) if i not in axes]
        order = [0, *others, *axes, query.ndim - 2, query.ndim - 1]
        lengths = [[x.shape[i] for i in order] for x in (query, key, value)]
        split = 1 + len(others)

        def grouped(x: Any, shape: list[int]) -> Any:
            merged = math.prod(shape[:split]), math.prod(shape[split:-2]), *shape[-2:]
            return np.reshape(np.transpose(x, order), merged)

        q, k, v = map(grouped, (query, key, value), lengths)
        outer, attended = lengths[0][:split], (lengths[0][split:-2], lengths[1][split:-2])
        mask = self._mask_of_groups(masks, order[:-2], outer, *attended)
        y, scores = self._mean(q, k, v, mask, "zero", with_scores, training)
        y = np.reshape(y, (*lengths[0][:-1], self.value_dim))
        y = np.transpose(y, np.argsort(order))
        if scores is not None:
            scores = np.reshape(scores, (*outer, self.num_heads, *attended[0], *attended[1]))
        return y, scores

    def _mask_of_groups(
        self, masks: Any, order: list[int], outer: list[int], queries: list[int], keys: list[int]
    ) -> Any:
        """Return the mask where several axes were merged into one."""
        query_mask, value_mask, key_mask, attention_mask, causal = masks
        weights = *outer, self.num_heads, *queries, *keys

        def spread(mask: Any, shape: tuple[int, ...]) -> Any:
            mask = np.asarray(mask, dtype=bool).reshape(shape)
            merged = math.prod(outer), self.num_heads, math.prod(queries), math.prod(keys)
            return np.broadcast_to(mask, weights).reshape(merged)

        def steps(mask: Any) -> Any:
            """Return a mask of steps with the groups first, heads and attended axes after."""
            mask = np.asarray(mask, dtype=bool)
            if mask.ndim == len(outer) + len(queries):
                mask = np.transpose(mask, order)
                return mask.reshape(*mask.shape[: len(outer)], 1, *mask.shape[len(outer) :])
            return mask.reshape(outer[0], *(1,) * len(outer), *mask.shape[1:])

        found = []
        if attention_mask is not None:
            shape = np.shape(attention_mask)
            inserted = len(weights) - len(shape)
            place = max(0, len(shape) - len(queries) - len(keys))
            found.append(spread(attention_mask, (*shape[:place], *(1,) * inserted, *shape[place:])))
        if query_mask is not None:
            mask = steps(query_mask)
            found.append(spread(mask, (*mask.shape, *(1,) * len(keys))))
        for mask in (value_mask, key_mask):
            if mask is not None:
                mask = steps(mask)
                place = len(outer) + 1
                shape = (*mask.shape[:place], *(1,) * len(queries), *mask.shape[place:])
                found.append(spread(mask, shape))
        plain = self._mask(math.prod(queries), math.prod(keys), None, None, None, None, causal)
        for mask in found:
            plain = mask if plain is None else np.logical_and(plain, mask)
        return plain

    def compute_output_shape(  # type: ignore[override]
        self,
        query_shape: PartialShape,
        value_shape: PartialShape,
        key_shape: PartialShape | None = None,
    ) -> Any:
        self._check_lengths(query_shape, value_shape, key_shape or value_shape)
        return (*query_shape[:-1], *(self.output_shape or query_shape[-1:]))


def _as_tuple(value: Any) -> Any:
    if value is None:
        return None
    return tuple(value) if isinstance(value, tuple | list) else (value,)
