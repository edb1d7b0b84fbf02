"""GroupedQueryAttention: many heads of the query share few of the key and value."""

from typing import Any, Unpack

import numpy as np

from minikeras._typing import PartialShape
from minikeras._validation import check_positive_int
from minikeras.layers.attention.projected import ProjectedAttention
from minikeras.layers.base import LayerOptions
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["GroupQueryAttention", "GroupedQueryAttention"]


@register("layer", "GroupQueryAttention")
class GroupedQueryAttention(ProjectedAttention):
    """Multi-head attention in which several heads of the query share one of key and value.

    With one key and value head it is multi-query attention; with as many as the query has, it is
    multi-head attention. Keras calls it ``GroupQueryAttention`` as well.

    Parameters
    ----------
    head_dim : int
        Features of each head.
    num_query_heads : int
    num_key_value_heads : int
        A divisor of ``num_query_heads``.
    dropout, use_bias, sliding_window, flash_attention, ..., use_gate, seed
        As in ``MultiHeadAttention``.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``num_key_value_heads`` does not divide ``num_query_heads``, a size is not an integer of
        at least 1, or the shapes of query, value and key do not fit together.

    Notes
    -----
    Called as ``MultiHeadAttention`` is, on arrays of shape ``(batch, steps, features)``.

    References
    ----------
    Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head
    Checkpoints" (2023), section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import GroupedQueryAttention
    >>> layer = GroupedQueryAttention(head_dim=4, num_query_heads=6, num_key_value_heads=2)
    >>> x = np.ones((3, 5, 8))
    >>> layer(x, x).shape, layer.key_dense.kernel.shape
    ((3, 5, 8), (8, 2, 4))
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
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
        self.head_dim = self._head_dim = check_positive_int("head_dim", head_dim)
        self.num_query_heads = check_positive_int("num_query_heads", num_query_heads)
        self.num_key_value_heads = check_positive_int("num_key_value_heads", num_key_value_heads)
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                f"GroupedQueryAttention {self.name!r} expected num_key_value_heads to divide "
                f"num_query_heads, got {num_query_heads} query heads and {num_key_value_heads} "
                "key and value heads"
            )

    def build(  # type: ignore[override]
        self,
        query_shape: PartialShape,
        value_shape: PartialShape,
        key_shape: PartialShape | None = None,
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        for name, shape in (("query", query_shape), ("value", value_shape), ("key", key_shape)):
            if len(shape) != 3:
                raise ValueError(
                    f"GroupedQueryAttention {self.name!r} expected {name} of shape (batch, steps, "
                    f"features), got {shape}"
                )
        self._check_lengths(query_shape, value_shape, key_shape)

        def projection(name: str, heads: int, shape: PartialShape) -> Any:
            return self._dense(name, "abc,cde->abde", (None, heads, self.head_dim), "de", shape)

        self.query_dense = projection("query", self.num_query_heads, query_shape)
        self.key_dense = projection("key", self.num_key_value_heads, key_shape)
        if self.use_gate:
            self.gate_dense = projection("gate", self.num_query_heads, query_shape)
        self.value_dense = projection("value", self.num_key_value_heads, value_shape)
        self.output_dense = self._dense(
            "attention_output",
            "abcd,cde->abe",
            (None, query_shape[-1]),
            "e",
            (None, None, self.num_query_heads, self.head_dim),
        )

    def _attend(self, query: Any, key: Any, value: Any, *rest: Any) -> Any:
        shared = self.num_query_heads // self.num_key_value_heads
        if shared > 1:
            key, value = np.repeat(key, shared, axis=2), np.repeat(value, shared, axis=2)
        return super()._attend(query, key, value, *rest)

    def compute_output_shape(  # type: ignore[override]
        self,
        query_shape: PartialShape,
        value_shape: PartialShape,
        key_shape: PartialShape | None = None,
    ) -> Any:
        self._check_lengths(query_shape, value_shape, key_shape or value_shape)
        return tuple(query_shape)


GroupQueryAttention = GroupedQueryAttention
