"""Embedding: a table with one trainable row for each whole number, such as a word's index."""

import warnings
from typing import Any

import numpy as np

from minikeras import constraints, initializers, ops, regularizers
from minikeras._typing import Array
from minikeras._validation import check_number, check_positive_int
from minikeras.layers.base import Layer
from minikeras.layers.call import active_call
from minikeras.ops.embedding import gather
from minikeras.registry import register

__all__ = ["Embedding", "ReversibleEmbedding"]


@register("layer")
class Embedding(Layer):
    """Replace each whole number by the row of a trainable table.

    Parameters
    ----------
    input_dim : int
        Number of rows: the largest number that may come in, plus 1.
    output_dim : int
        Length of a row.
    embeddings_initializer : str or callable, default "uniform"
    embeddings_regularizer, embeddings_constraint : str or callable, optional
    mask_zero : bool, default False
        Whether 0 is padding: those steps are masked for the layers that follow.
    weights : array or list of one array, shape (input_dim, output_dim), optional
        First values of the table.
    lora_rank : int, optional
        Freeze the table and train a correction of this rank instead, see ``enable_lora``.
    lora_alpha : float, optional
        Scale of the correction times ``lora_rank``; default ``lora_rank``.
    input_length : int, optional
        Of older Keras code; without effect.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``activity_regularizer`` as in ``Layer``.

    Raises
    ------
    TypeError, ValueError
        If ``input_dim`` or ``output_dim`` is not an integer of at least 1; when called, if a number
        lies outside ``[0, input_dim)`` or is not whole.

    Notes
    -----
    Input of any shape, whole numbers of any dtype; output has one axis more, of length
    ``output_dim``. Weight ``embeddings`` of shape ``(input_dim, output_dim)``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import Embedding
    >>> layer = Embedding(3, 2, weights=np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]))
    >>> layer(np.array([[1, 2, 1]]))
    array([[[1., 2.],
            [3., 4.],
            [1., 2.]]], dtype=float32)
    """

    _keeps = "iu"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        *,
        input_length: int | None = None,
        activity_regularizer: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if input_length is not None:
            warnings.warn(
                f"{type(self).__name__} takes sequences of any length; leave input_length out",
                UserWarning,
                stacklevel=2,
            )
        self.input_dim = check_positive_int("input_dim", input_dim)
        self.output_dim = check_positive_int("output_dim", output_dim)
        initializers.get(embeddings_initializer)
        regularizers.get(embeddings_regularizer)
        constraints.get(embeddings_constraint)
        self.embeddings_initializer = embeddings_initializer
        self.embeddings_regularizer = embeddings_regularizer
        self.embeddings_constraint = embeddings_constraint
        self.mask_zero = mask_zero
        self.supports_masking = bool(mask_zero)
        self.lora_rank = None if lora_rank is None else check_positive_int("lora_rank", lora_rank)
        self.lora_alpha = lora_alpha
        self.lora_enabled = False
        if self.lora_rank and embeddings_constraint is not None:
            self._refuse_constraint()
        self._owner = f"{type(self).__name__} {self.name!r}"
        if weights is not None:
            self._build(None)
            table = (
                weights[0] if isinstance(weights, list | tuple) and len(weights) == 1 else weights
            )
            self._embeddings.assign(table)

    def build(self, input_shape: Any = None) -> None:
        self._embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )
        if self.lora_rank:
            self.built = True
            self.enable_lora(self.lora_rank, self.lora_alpha)

    @property
    def embeddings(self) -> Any:
        """The table; with LoRA the frozen one plus its correction."""
        if "_embeddings" not in vars(self):
            raise AttributeError(f"{self._owner} has no table yet; build it, or call it on data")
        if self.lora_enabled:
            correction = np.matmul(self.lora_embeddings_a, self.lora_embeddings_b)
            return self._embeddings + self._lora_scale * correction
        return self._embeddings

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the table; train ``lora_alpha / rank * a @ b`` that is added to it instead.

        Parameters
        ----------
        rank : int
            Columns of ``a`` and rows of ``b``.
        lora_alpha : float, optional
            Default ``rank``.
        a_initializer, b_initializer : str or callable
            ``b`` starts at 0, so that nothing changes at first.

        Raises
        ------
        ValueError
            If the layer is not built, has a constraint, or was given a correction before.

        References
        ----------
        Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (ICLR 2022), section 4.1.
        """
        rank = check_positive_int("rank", rank)
        if self.embeddings_constraint is not None:
            self._refuse_constraint()
        if not self.built or self.lora_enabled:
            state = "has one already" if self.lora_enabled else "is not built; build it first"
            raise ValueError(f"{self._owner} cannot be given a low-rank correction: it {state}")
        alpha = rank if lora_alpha is None else check_number("lora_alpha", lora_alpha)
        self.lora_embeddings_a = self.add_weight(
            (self.input_dim, rank),
            a_initializer,
            regularizer=self.embeddings_regularizer,
            name="lora_embeddings_a",
        )
        self.lora_embeddings_b = self.add_weight(
            (rank, self.output_dim),
            b_initializer,
            regularizer=self.embeddings_regularizer,
            name="lora_embeddings_b",
        )
        self._embeddings.trainable = False
        self._lora_scale = float(alpha / rank)
        self.lora_rank, self.lora_alpha, self.lora_enabled = rank, lora_alpha, True

    def _refuse_constraint(self) -> None:
        raise ValueError(
            f"{type(self).__name__} cannot have both a low-rank correction and "
            "embeddings_constraint; leave one of them out"
        )

    def forward(self, inputs: Array) -> Array:  # (...) -> (..., output_dim)
        y = gather(self._embeddings, inputs, owner=self._owner)
        if self.lora_enabled:
            a = gather(self.lora_embeddings_a, inputs, owner=self._owner)
            y = y + self._lora_scale * np.matmul(a, self.lora_embeddings_b)
        return y  # type: ignore[no-any-return]

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return np.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["weights"]  # numbers are no part of the configuration
        return config

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        return name == "weights" or super()._is_default(name, value, default)


@register("layer")
class ReversibleEmbedding(Embedding):
    """An embedding that can be called in reverse: from rows to scores of all numbers.

    Parameters
    ----------
    input_dim, output_dim : int
        As in ``Embedding``.
    tie_weights : bool, default True
        Whether the way back uses the transposed table; otherwise a matrix of its own,
        ``reverse_embeddings`` of shape ``(output_dim, input_dim)``.
    embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero
        As in ``Embedding``.
    reverse_dtype : dtype, optional
        What the way back is computed in; default the layer's.
    logit_soft_cap : float, optional
        Squeeze the scores smoothly into ``(-logit_soft_cap, logit_soft_cap)``.
    **kwargs
        As ``Embedding`` takes them.

    Raises
    ------
    TypeError, ValueError
        As ``Embedding``; if ``logit_soft_cap`` is not positive; when called in reverse, if the last
        axis does not have ``output_dim`` elements.

    References
    ----------
    Press and Wolf, "Using the Output Embedding to Improve Language Models" (EACL 2017).

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.layers import ReversibleEmbedding
    >>> layer = ReversibleEmbedding(5, 2)
    >>> hidden = layer(np.array([[0, 4, 2]]))
    >>> hidden.shape, layer(hidden, reverse=True).shape
    ((1, 3, 2), (1, 3, 5))
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ):
        self.tie_weights = tie_weights  # build needs it, which weights= calls at once
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )
        self.reverse_dtype = None if reverse_dtype is None else np.dtype(reverse_dtype).name
        if logit_soft_cap is not None:
            check_number("logit_soft_cap", logit_soft_cap, 0, open_minimum=True)
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim),
                self.embeddings_initializer,
                name="reverse_embeddings",
            )

    def forward(self, inputs: Array, reverse: bool = False) -> Array:
        if not reverse:
            y = super().forward(inputs)
            call = active_call.get()
            if self.mask_zero and call is not None:
                call.keep_mask(y, super().compute_mask(inputs))
            return y
        if inputs.shape[-1] != self.output_dim:
            raise ValueError(
                f"{self._owner} expected {self.output_dim} features to go back from, got "
                f"{inputs.shape[-1]} (input of shape {inputs.shape})"
            )
        kernel = self.embeddings.T if self.tie_weights else self.reverse_embeddings
        if self.reverse_dtype is not None:
            inputs, kernel = inputs.astype(self.reverse_dtype), kernel.astype(self.reverse_dtype)
        logits = ops.dense(inputs, kernel)
        cap = self.logit_soft_cap
        return logits if cap is None else np.tanh(logits / cap) * cap  # type: ignore[no-any-return]

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None  # it depends on the direction: forward says it
