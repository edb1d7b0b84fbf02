"""Attention without projections: Luong's dot product and Bahdanau's sum."""

from typing import Any, Unpack

import numpy as np

from minikeras._validation import check_choice, check_number
from minikeras.layers.base import Layer, LayerOptions
from minikeras.layers.seeds import stream
from minikeras.ops.attention import causal_mask, masked_softmax, scaled_dot_product
from minikeras.ops.dropout import dropout_mask
from minikeras.random import SeedGenerator
from minikeras.registry import register

__all__ = ["AdditiveAttention", "Attention"]


@register("layer")
class Attention(Layer):
    """Dot-product attention: means of the values, weighted by ``softmax(query @ key.T)``.

    Called on a list ``[query, value]`` or ``[query, value, key]``; the key is the value where it is
    not given.

    Parameters
    ----------
    use_scale : bool, default False
        Whether a trainable number multiplies the scores.
    score_mode : {"dot", "concat"}
        ``"concat"`` scores with ``weight * sum(tanh(scale * (query + key)))``.
    dropout : float in [0, 1], default 0.0
        Share of the weights that is dropped while training.
    seed : int, SeedGenerator or None
        Of the dropout.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``score_mode`` is unknown, ``dropout`` no share, or the input not such a list.

    Notes
    -----
    Query ``(batch, queries, dim)``, key ``(batch, steps, dim)``, value ``(batch, steps, width)``,
    output ``(batch, queries, width)``. ``forward`` takes ``return_attention_scores=True``, which
    gives the weights ``(batch, queries, steps)`` too, and ``use_causal_mask=True``, with which
    query ``i`` sees the steps up to ``i``. Masked values are not looked at; masked queries give 0.

    References
    ----------
    Luong, Pham, Manning, "Effective Approaches to Attention-based Neural Machine Translation"
    (2015), section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Attention
    >>> query, value = np.zeros((1, 1, 2)), np.array([[[1.0, 2.0], [3.0, 6.0]]])
    >>> Attention()([query, value])
    array([[[2., 4.]]], dtype=float32)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | SeedGenerator | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = check_choice("score_mode", score_mode, ["dot", "concat"])
        self.dropout = check_number("dropout", dropout, 0, 1)
        self.seed, self.seed_generator = stream(seed)

    def build(self, input_shape: Any) -> None:
        self._check_shapes(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def _check_shapes(self, shapes: Any) -> None:
        title = f"{type(self).__name__} {self.name!r}"
        if not isinstance(shapes, list | tuple) or not isinstance(shapes[0], list | tuple):
            raise ValueError(
                f"{title} expected a list [query, value] or [query, value, key], got one array of "
                f"shape {shapes}; attention of x to itself is layer([x, x])"
            )
        if len(shapes) not in (2, 3):
            raise ValueError(
                f"{title} expected 2 or 3 arrays, [query, value] or [query, value, key], got "
                f"{len(shapes)}"
            )
        query, value, key = shapes[0], shapes[1], shapes[-1]
        if not (
            len(query) == len(value) == len(key) >= 3
            and query[-1] == key[-1]
            and key[:-1] == value[:-1]
        ):
            raise ValueError(
                f"{title} expected query (batch, queries, dim), value (batch, steps, width) and "
                f"key (batch, steps, dim), got {', '.join(map(str, shapes))}"
            )

    def check_input(self, inputs: Any) -> None:
        single = not isinstance(inputs, list | tuple)
        self._check_shapes(inputs.shape if single else [(None, *x.shape[1:]) for x in inputs])

    def _scores(self, query: Any, key: Any) -> Any:
        """Return the scores, shape (..., queries, steps)."""
        if self.score_mode == "dot":
            scores = np.matmul(query, np.swapaxes(key, -1, -2))
            return scores if self.scale is None else scores * self.scale
        total = query[..., :, np.newaxis, :] + key[..., np.newaxis, :, :]
        if self.scale is not None:
            total = total * self.scale
        return self.concat_score_weight * np.sum(np.tanh(total), axis=-1)

    def forward(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check_mask(mask)
        query, value, key = inputs[0], inputs[1], inputs[-1]
        query_mask, value_mask = mask[:2] if mask else (None, None)
        steps = query.shape[-2], key.shape[-2]
        allowed = None if value_mask is None else np.expand_dims(np.asarray(value_mask, bool), -2)
        if use_causal_mask:
            causal = causal_mask(*steps)
            allowed = causal if allowed is None else np.logical_and(allowed, causal)
        noise = None
        if training and self.dropout:
            shape = (*query.shape[:-1], steps[1])
            noise = dropout_mask(shape, self.dropout, self.seed_generator.numpy, query.dtype)
        scores = None
        if self._is_plain and query.ndim == 3 and not return_attention_scores:
            if self.scale is not None:
                query = query * self.scale
            y = scaled_dot_product(
                query[:, :, np.newaxis],
                key[:, :, np.newaxis],
                value[:, :, np.newaxis],
                None if allowed is None else allowed[:, np.newaxis],
                None if noise is None else noise[:, np.newaxis],
            )
            y = np.reshape(y, (*y.shape[:2], y.shape[3]))
        else:
            scores = masked_softmax(self._scores(query, key), allowed)
            if noise is not None:
                scores = scores * noise
            y = np.matmul(scores, value)
        if query_mask is not None:
            y = np.where(np.expand_dims(np.asarray(query_mask, bool), -1), y, 0.0)
        return (y, scores) if return_attention_scores else y

    @property
    def _is_plain(self) -> bool:
        return self.score_mode == "dot" and type(self)._scores is Attention._scores

    def _check_mask(self, mask: Any) -> None:
        if mask is not None and (not isinstance(mask, list | tuple) or len(mask) not in (2, 3)):
            got = f"{len(mask)}" if isinstance(mask, list | tuple) else type(mask).__name__
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected mask to be a list [query_mask, "
                f"value_mask] of boolean arrays or None, got {got}"
            )

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None if previous_mask is None else previous_mask[0]


@register("layer")
class AdditiveAttention(Attention):
    """Additive attention: scores are ``sum(scale * tanh(query + key))``.

    Called on a list ``[query, value]`` or ``[query, value, key]``, as ``Attention``.

    Parameters
    ----------
    use_scale : bool, default True
        Whether ``scale`` is trainable, one number per feature; otherwise it is 1.
    dropout : float in [0, 1], default 0.0
        Share of the weights that is dropped while training.
    **kwargs
        ``seed``, ``name``, ``trainable``, ``dtype`` as in ``Attention``.

    Raises
    ------
    TypeError, ValueError
        As ``Attention``.

    References
    ----------
    Bahdanau, Cho, Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate"
    (2015), section A.1.2.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import AdditiveAttention
    >>> x = np.ones((2, 3, 4))
    >>> y, weights = AdditiveAttention()([x, x], return_attention_scores=True)
    >>> y.shape, weights.shape
    ((2, 3, 4), (2, 3, 3))
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any):
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        self._check_shapes(input_shape)
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale")

    def _scores(self, query: Any, key: Any) -> Any:
        total = np.tanh(query[..., :, np.newaxis, :] + key[..., np.newaxis, :, :])
        return np.sum(total, axis=-1) if self.scale is None else np.matmul(total, self.scale)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["score_mode"]
        return config
