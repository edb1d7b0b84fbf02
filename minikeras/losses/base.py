"""``Loss``: one number per sample, weighted and averaged; and losses made from plain functions."""

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from minikeras import registry
from minikeras._typing import Array, ArrayLike, DType, Shape
from minikeras._validation import check_choice
from minikeras.autodiff.tensor import Traced
from minikeras.losses.shapes import (
    as_array,
    as_float,
    check_same_shape,
    fit_weights,
    match_ranks,
)
from minikeras.ops._sums import filled
from minikeras.ops.loss import weighted_sum
from minikeras.registry import Configurable, snake_case

__all__ = ["Loss", "LossFunctionWrapper", "PrimitiveLoss"]

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)
MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")  # without weights


class Loss(Configurable):
    """Base of the losses: how far predictions are from targets, sample by sample.

    A subclass defines ``call``. The loss of a batch is the weighted mean over samples,
    ``sum(sample_weight * losses) / number of losses`` (weights are 1 if not given).

    Parameters
    ----------
    name : str or None
        Default: the name of the class in snake case.
    reduction : str or None, default "sum_over_batch_size"
        What becomes of the losses of the samples, each times its weight:

        - ``"sum_over_batch_size"`` or ``"mean"``: their sum divided by their number, whatever
          the weights;
        - ``"mean_with_sample_weight"``: their sum divided by the sum of the weights;
        - ``"sum"``: their sum;
        - ``"none"`` or None: nothing, an array comes back.
    dtype : dtype, optional
        Compute in it; default is the dtype of the predictions.

    Raises
    ------
    ValueError
        If ``reduction`` is another name.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.losses import Loss
    >>> class FourthPower(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return np.mean((y_true - y_pred) ** 4, axis=-1)
    >>> loss = FourthPower()
    >>> float(loss(np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]])))
    8.5
    >>> float(loss(np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]]), sample_weight=[1.0, 0.0]))
    0.5
    """

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: DType | None = None,
    ):
        self.name = name or snake_case(type(self).__name__)
        self.reduction = check_choice("reduction", reduction, REDUCTIONS)
        self.dtype = dtype

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" in vars(cls) and "mean" not in vars(cls):  # training is to come by there too
            cls.mean = _by_call(cls.mean)  # type: ignore[method-assign]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one loss per sample.

        Parameters
        ----------
        y_true, y_pred : array, shape (batch, ...)
            Written with NumPy functions, the result can be differentiated.

        Returns
        -------
        array, shape (batch, ...), or one number for the whole batch
        """
        raise NotImplementedError(f"{type(self).__name__} must define call(self, y_true, y_pred)")

    def check(self, y_true: Any, y_pred: Any) -> None:
        """Refuse targets that this loss cannot take; only the shape of ``y_pred`` counts.

        Raises
        ------
        ValueError
            Naming what was expected, what came, and what to do.
        """
        if y_true.shape[:1] != y_pred.shape[:1]:
            raise ValueError(
                f"{self.name} expected as many targets as predictions, got y_true of shape "
                f"{y_true.shape} and y_pred of shape {y_pred.shape}; give one target per sample"
            )

    def match(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """Return targets and predictions with matching axes, ``(n,)`` as ``(n, 1)``."""
        if len(y_true.shape) == len(y_pred.shape):
            return y_true, y_pred
        return match_ranks(y_true, y_pred)

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """Return targets and predictions as ``call`` takes them."""
        if self.dtype is not None and y_pred.dtype != self.dtype:
            y_pred = y_pred.astype(self.dtype)
        return self.match(y_true, y_pred)

    def mask(self, y_true: Any, y_pred: Any) -> Array | None:
        """Return which samples count, in the shape of the losses, or None when all do."""
        return None

    def align(self, y_true: ArrayLike, shape: Shape) -> Array:
        """Check targets once, before training, against predictions of ``shape``.

        Parameters
        ----------
        y_true : array_like, shape (samples, ...)
        shape : tuple of int
            Shape of the predictions, ``(samples, ...)``.

        Returns
        -------
        array
            The targets, in the shape that they will have beside the predictions.

        Raises
        ------
        ValueError
            As ``check``.
        """
        stand_in = np.broadcast_to(np.float32(0.0), shape)  # takes no memory
        targets, stand_in = self.match(as_array("y_true", y_true), stand_in)
        self.check(targets, stand_in)
        return targets  # type: ignore[no-any-return]

    def mean(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch whose targets were checked: what training calls.

        Parameters
        ----------
        y_true, y_pred : array, shape (batch, ...)
        sample_weight : array, shape (batch,) or (batch, ...), optional

        Returns
        -------
        scalar
            Weighted mean over samples, or what ``reduction`` says.
        """
        mask = self.mask(y_true, y_pred)
        losses = self._losses(*self.prepare(y_true, y_pred))
        weights = self._weights(losses.shape, losses.dtype, sample_weight, mask)
        return np.dot(losses.reshape(-1), weights)

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Return the loss of a batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)
            ``(batch,)`` beside ``(batch, 1)`` is taken as ``(batch, 1)``.
        sample_weight : float, or array_like, shape (batch,) or (batch, ...), optional

        Returns
        -------
        scalar, or array when ``reduction`` is None

        Raises
        ------
        ValueError
            If targets, predictions and weights do not fit together.
        TypeError
            If one of them is not real numbers.
        """
        true, pred = self._checked(y_true, y_pred)
        if self.reduction is not None and self.reduction != "none":
            return inspect.unwrap(type(self).mean)(self, true, pred, sample_weight)
        losses, mask = self._losses(*self.prepare(true, pred)), self.mask(true, pred)
        if sample_weight is not None:
            losses = losses * fit_weights(self.name, sample_weight, losses.shape, losses.dtype)
        return losses if mask is None else losses * mask

    def per_sample(self, y_true: ArrayLike, y_pred: ArrayLike) -> Any:
        """Return the loss of each sample, neither weighted nor averaged.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)

        Returns
        -------
        array, shape (batch, ...)

        Raises
        ------
        ValueError, TypeError
            As calling the loss.
        """
        return self._losses(*self.prepare(*self._checked(y_true, y_pred)))

    def _checked(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        true = as_array("y_true", y_true)
        true, pred = self.match(true, as_float("y_pred", y_pred, self.dtype))
        self.check(true, pred)
        return true, pred

    def _losses(self, y_true: Any, y_pred: Any) -> Any:
        losses = self.call(y_true, y_pred)
        if not isinstance(losses, Traced | np.ndarray):
            losses = np.asarray(losses)
        # integer targets beside float32 predictions compute in float64
        return losses if losses.dtype == y_pred.dtype else losses.astype(y_pred.dtype)

    def _weights(self, shape: Shape, dtype: Any, sample_weight: Any, mask: Any = None) -> Any:
        """What to multiply each loss with so that their sum is the loss of the batch."""
        count = math.prod(shape)
        reduction = self.reduction
        if reduction is None or reduction == "none":
            raise ValueError(
                f"the loss {self.name!r} has reduction={reduction!r} and gives one value per "
                "sample, training needs one number; use reduction='sum_over_batch_size'"
            )
        if sample_weight is None:
            if mask is None:
                each = 1.0 if reduction == "sum" else 1.0 / max(count, 1)
                return filled(count, each, dtype)
            weights = mask.astype(dtype)
        else:
            weights = fit_weights(self.name, sample_weight, shape, dtype)
            if mask is not None:
                weights = weights * mask.astype(dtype)
        weights = weights.reshape(-1)
        if reduction == "sum":
            return weights
        if reduction == "mean_with_sample_weight":
            divisor = float(weights.sum())
        else:
            divisor = float(count if mask is None else np.count_nonzero(mask))
        return weights * (1.0 / divisor if divisor else 0.0)


class PrimitiveLoss(Loss):
    """A loss whose formula is one fused op over predictions of the shape of the targets."""

    op: ClassVar[Callable[..., Any]]

    def settings(self) -> tuple[Any, ...]:
        """Return the arguments of the op that follow targets and predictions."""
        return ()

    def check(self, y_true: Any, y_pred: Any) -> None:
        check_same_shape(type(self).__name__, y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._op()(y_true, y_pred, *self.settings())

    def mean(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        mask = self.mask(y_true, y_pred)
        y_true, y_pred = self.prepare(y_true, y_pred)
        if sample_weight is None and mask is None and self.reduction in MEANS:
            weights = None
        else:
            weights = self._weights(y_pred.shape[:-1], y_pred.dtype, sample_weight, mask)
        return weighted_sum(self._op(), y_true, y_pred, weights, *self.settings())

    def _op(self) -> Callable[..., Any]:
        return type(self).op


class LossFunctionWrapper(Loss):
    """A loss from a plain function of ``(y_true, y_pred)`` written with NumPy.

    The loss of a batch is the weighted mean over samples of what the function returns for each,
    see ``Loss``.

    Parameters
    ----------
    fn : callable
        Returns one loss per sample, or one number for the whole batch (then samples cannot be
        weighted).
    reduction, name, dtype
        As in ``Loss``; the name defaults to the function's.
    **kwargs
        Handed on to ``fn``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import losses
    >>> def cross_entropy(t, y):  # the form in which some textbooks print it
    ...     return -np.sum(t * np.log(y + 1e-7), axis=-1)
    >>> loss = losses.get(cross_entropy)
    >>> t = np.array([[0.0, 0.0, 1.0]])
    >>> f"{loss.name} {loss(t, np.array([[0.3, 0.1, 0.6]])):.8f}"
    'cross_entropy 0.51082546'
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType | None = None,
        **kwargs: Any,
    ):
        if isinstance(fn, str):
            fn = registry.get("loss", fn)
        super().__init__(name or name_of(fn), reduction, dtype)
        self.fn = fn
        self.kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(y_true, y_pred, **self.kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **registry.serialize(self.kwargs)}


def name_of(fn: Any) -> str:
    """Return what to call a function, partial or callable object in logs."""
    while not hasattr(fn, "__name__") and hasattr(fn, "func"):
        fn = fn.func
    return getattr(fn, "__name__", None) or snake_case(type(fn).__name__)


def _by_call(mean: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces ``mean`` in a class whose ``__call__`` is its own."""

    @functools.wraps(mean)  # Loss.__call__, which that of the class may call, finds mean by this
    def called(self: Loss, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        weights = () if sample_weight is None else (sample_weight,)
        return self(y_true, y_pred, *weights)

    return called
