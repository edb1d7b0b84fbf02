"""What attention layers with projections share: masks, dropout, and the way through the heads."""

import math
from typing import Any

import numpy as np

from minikeras import constraints, initializers, regularizers
from minikeras._typing import Array, PartialShape, Shape
from minikeras._validation import check_number, check_positive_int
from minikeras.autodiff.tensor import active_tape
from minikeras.layers.base import Layer
from minikeras.layers.einsum_dense import EinsumDense
from minikeras.layers.inference import infer
from minikeras.layers.seeds import stream
from minikeras.ops.attention import (
    attention_weights,
    causal_mask,
    scaled_dot_product,
    self_attention,
)
from minikeras.ops.dropout import dropout_mask

__all__ = ["ProjectedAttention"]


class ProjectedAttention(Layer):
    """Base of the layers that project query, key and value, attend, and project back.

    A subclass makes ``query_dense``, ``key_dense``, ``value_dense``, ``output_dense`` and, with
    ``use_gate``, ``gate_dense`` in ``build``.

    Parameters
    ----------
    dropout, use_bias, sliding_window, ..., seed
        As in ``MultiHeadAttention``.
    **kwargs
        ``name``, ``trainable``, ``dtype`` as in ``Layer``.
    """

    supports_masking = True
    query_dense: EinsumDense
    key_dense: EinsumDense
    value_dense: EinsumDense
    output_dense: EinsumDense
    gate_dense: EinsumDense
    _head_dim: int

    def __init__(
        self,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        kernel_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        bias_regularizer: Any,
        activity_regularizer: Any,
        kernel_constraint: Any,
        bias_constraint: Any,
        use_gate: bool,
        seed: Any,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.dropout = check_number("dropout", dropout, 0, 1)
        self.use_bias = use_bias
        if sliding_window is not None:
            sliding_window = check_positive_int("sliding_window", sliding_window)
        self.sliding_window = sliding_window
        self.flash_attention = flash_attention
        for initializer in (kernel_initializer, bias_initializer):
            initializers.get(initializer)
        for regularizer in (kernel_regularizer, bias_regularizer, activity_regularizer):
            regularizers.get(regularizer)
        for constraint in (kernel_constraint, bias_constraint):
            constraints.get(constraint)
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.activity_regularizer = activity_regularizer  # of the projections, as in Keras
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.use_gate = use_gate
        self.seed, self.seed_generator = stream(seed)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        # By running it: whether the weights come out too depends on the call.
        return infer(lambda given: self(*given[0], **given[1]), (args, kwargs))

    def _dense(
        self, name: str, equation: str, output_shape: Any, bias_axes: str, shape: Any
    ) -> EinsumDense:
        """Return one of the projections, built."""
        dense = EinsumDense(
            equation,
            output_shape,
            "sigmoid" if name == "gate" else None,
            bias_axes if self.use_bias else None,
            self.kernel_initializer,
            self.bias_initializer,
            self.kernel_regularizer,
            self.bias_regularizer,
            self.kernel_constraint,
            self.bias_constraint,
            activity_regularizer=self.activity_regularizer,
            name=name,
            dtype=self.dtype,
        )
        dense._build(shape)
        for variable in dense.weights:
            variable.path = f"{self.name}/{name}/{variable.name}"
        return dense

    def _check_lengths(self, query: PartialShape, value: PartialShape, key: PartialShape) -> None:
        if key[1:-1] != value[1:-1] or not query[:1] == value[:1] == key[:1]:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected value and key of the same lengths "
                f"but the last, and as many samples as the query has, got query {query}, value "
                f"{value}, key {key}"
            )

    def _check_features(self, name: str, x: Any, dense: EinsumDense) -> Any:
        """Return an argument in the layer's dtype; it must have the features it was built for."""
        if not hasattr(x, "dtype") or x.dtype != self._dtype:
            x = self._convert(x)
            x = x if x.dtype.kind == "f" else x.astype(self._dtype)
        rank, features = len(dense._terms[0]), dense.kernel.shape[0]
        if x.ndim != rank or x.shape[-1] != features:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected {name} to have {rank} axes, the "
                f"last of length {features}, got shape {x.shape}; give it what it was built for, "
                "or make a new layer"
            )
        return x

    def forward(
        self,
        query: Array,
        value: Array,
        key: Array | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        query = self._check_features("query", query, self.query_dense)
        value = self._check_features("value", value, self.value_dense)
        key = value if key is None else key
        key = self._check_features("key", key, self.key_dense)
        self._check_lengths(query.shape, value.shape, key.shape)
        gate = self._project(self.gate_dense, query) if self.use_gate else None
        masks = query_mask, value_mask, key_mask, attention_mask, use_causal_mask
        fused = query is value is key and query.ndim == 3 and not return_attention_scores
        if fused and self._fuses():
            y, scores = self._attend_to_itself(query, masks, bool(training)), None
        else:
            y, scores = self._attend(
                self._project(self.query_dense, query),
                self._project(self.key_dense, key),
                self._project(self.value_dense, value),
                masks,
                return_attention_scores,
                bool(training),
            )
        y = self._project(self.output_dense, y if gate is None else y * gate)
        return (y, scores) if return_attention_scores else y

    def _fuses(self) -> bool:
        """Whether query, key and value of one array may be projected by one product."""
        tape = active_tape.get()
        return (
            (tape is None or tape.parent is None)  # the fused op has no second derivative
            and self.activity_regularizer is None
            and self.query_dense.kernel.shape[1] == self.key_dense.kernel.shape[1]
        )

    def _attend_to_itself(self, x: Any, masks: Any, training: bool) -> Any:
        steps, heads = x.shape[1], self.query_dense.kernel.shape[1]
        denses = self.query_dense, self.key_dense, self.value_dense
        return self_attention(
            x,
            *(dense.kernel for dense in denses),
            *(dense.bias for dense in denses),
            self._mask(steps, steps, *masks),
            self._noise((x.shape[0], heads, steps, steps), training),
            scale=1.0 / math.sqrt(self._head_dim),
            blind="zero" if self.dropout else "uniform",
        )

    def _noise(self, shape: Shape, training: bool) -> Any:
        """Return what dropout multiplies the weights with; None for nothing."""
        if not training or not self.dropout:
            return None
        return dropout_mask(shape, self.dropout, self.seed_generator.numpy, self._dtype)

    def _project(self, dense: EinsumDense, x: Any) -> Any:
        # Not through a call: there the masks of the steps would be lost with a warning.
        y = dense.forward(x)
        if dense._activity_regularizer is not None:
            self.add_loss(dense._activity_regularizer(y) / max(float(len(y)), 1.0))
        return y

    def _attend(
        self, query: Any, key: Any, value: Any, masks: Any, with_scores: bool, training: bool
    ) -> Any:
        """Return the heads' means of ``value``, and the weights if they are wanted."""
        mask = self._mask(query.shape[1], key.shape[1], *masks)
        # Keras's fused kernel lets a query that may look nowhere look everywhere; its other way,
        # which it takes in these cases, gives 0.
        blind = "zero" if self.dropout or with_scores else "uniform"
        return self._mean(query, key, value, mask, blind, with_scores, training)

    def _mean(
        self,
        query: Any,
        key: Any,
        value: Any,
        mask: Any,
        blind: str,
        with_scores: bool,
        training: bool,
    ) -> Any:
        """Attend with arrays of shape (batch, steps, heads, dim)."""
        scale = 1.0 / math.sqrt(self._head_dim)
        shape = query.shape[0], query.shape[2], query.shape[1], key.shape[1]
        noise = self._noise(shape, training)
        if not with_scores:
            y = scaled_dot_product(query, key, value, mask, noise, scale=scale, blind=blind)
            return y, None
        scores = attention_weights(query, key, mask, scale=scale, blind=blind)
        seen = scores if noise is None else scores * noise
        return np.swapaxes(np.matmul(seen, np.swapaxes(value, 1, 2)), 1, 2), scores

    def _mask(
        self,
        queries: int,
        keys: int,
        query_mask: Any,
        value_mask: Any,
        key_mask: Any,
        attention_mask: Any,
        use_causal_mask: bool,
    ) -> Any:
        """Return where a query may look, of a shape that broadcasts to that of the weights."""
        parts = []
        if query_mask is not None:
            steps = self._mask_of_steps("query_mask", query_mask, queries)
            parts.append(steps[:, np.newaxis, :, np.newaxis])
        for name, mask in (("value_mask", value_mask), ("key_mask", key_mask)):
            if mask is not None:
                steps = self._mask_of_steps(name, mask, keys)
                parts.append(steps[:, np.newaxis, np.newaxis, :])
        if use_causal_mask:
            parts.append(causal_mask(queries, keys)[np.newaxis])
        if self.sliding_window is not None:
            distance = np.arange(queries)[:, np.newaxis] - np.arange(keys)
            parts.append((np.abs(distance) < self.sliding_window)[np.newaxis, np.newaxis])
        if attention_mask is not None:
            mask = _boolean(attention_mask)
            fits = 2 <= mask.ndim <= 4 and all(
                n in (1, wanted) for n, wanted in zip(mask.shape[-2:], (queries, keys), strict=True)
            )
            if not fits:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} expected attention_mask of shape (batch, "
                    f"queries, steps) with {queries} queries and {keys} steps, got {mask.shape}; "
                    "a mask of steps alone is value_mask"
                )
            parts.append(mask[:, np.newaxis] if mask.ndim == 3 else mask)
        if not parts:
            return None
        whole = parts[0]
        for part in parts[1:]:
            whole = np.logical_and(whole, part)
        return whole

    def _mask_of_steps(self, name: str, mask: Any, steps: int) -> Array:
        mask = _boolean(mask)
        if mask.ndim != 2 or mask.shape[1] != steps:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expected {name} of shape (batch, {steps}), "
                f"True where a step counts, got shape {mask.shape}; make it anew from the data"
            )
        return mask  # type: ignore[no-any-return]


def _boolean(mask: Any) -> Array:
    return np.asarray(mask, dtype=bool)
