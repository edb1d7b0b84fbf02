"""The contract of a loss."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras import losses
from minikeras._typing import Array, ArrayLike
from minikeras.autodiff import GradientTape, check_gradients
from minikeras.losses import Loss
from minikeras.testing._promise import (
    check_config,
    expect,
    expect_close,
    expect_equal,
    expect_finite,
    promise,
    read_only,
)

__all__ = ["check_loss"]


def check_loss(
    loss: str | type[Loss] | Loss | Callable[..., Any],
    y_true: ArrayLike | None = None,
    y_pred: ArrayLike | None = None,
    *,
    expected: ArrayLike | None = None,
    rows_independent: bool = True,
    rtol: float = 1e-5,
    atol: float = 1e-7,
) -> None:
    """Check that a loss keeps what every loss of minikeras promises.

    - It gives one finite number per sample, in the dtype of the predictions, from that sample
      alone; those numbers are ``expected``.
    - The loss of a batch is their weighted mean (or sum, as ``reduction`` says); a sample of
      weight 0 has no gradient.
    - Its gradient by the predictions agrees with central differences.
    - Targets ``(n,)`` beside predictions ``(n, 1)`` count as ``(n, 1)``.
    - It does not write into what it is given; its configuration makes an equal loss.

    Parameters
    ----------
    loss : str, Loss, class or callable
        As in ``compile``.
    y_true : array_like, shape (n, ...), optional
        Default: four one-hot rows of three classes.
    y_pred : array_like, shape (n, ...), optional
        Default: four rows of three scores in (0, 1), none near a kink of the usual losses.
    expected : array_like, optional
        The loss of each sample, from a calculation by hand.
    rows_independent : bool, default True
        False for a loss that compares samples with each other.
    rtol, atol : float, default 1e-5 and 1e-7
        Allowed error of gradients, ``atol + rtol * abs(expected)``; and of values, in float32.

    Raises
    ------
    AssertionError
        Naming the loss, the contract that broke, what was expected and what came.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.testing import check_loss
    >>> check_loss("mse", [[0.0, 1.0]], [[0.5, 0.5]], expected=[0.25])
    >>> check_loss(lambda y_true, y_pred: np.mean(np.log(y_true) * y_pred, axis=-1))
    Traceback (most recent call last):
    AssertionError: ... breaks the contract 'one finite number per sample': ...
    """
    made: Any = losses.get(loss)
    true = np.eye(3)[[0, 2, 1, 0]] if y_true is None else np.asarray(y_true)
    pred = np.asarray(_SCORES if y_pred is None else y_pred, np.float64)
    check_config(made, "loss")
    for dtype in ("float32", "float64"):
        floats = true.dtype.kind == "f"
        targets = read_only(true.astype(dtype) if floats else true)
        with np.errstate(all="ignore"):  # what comes of it is looked at
            _check_values(made, targets, read_only(pred.astype(dtype)), expected, rows_independent)
    _check_batch(made, true, pred, rows_independent)
    _check_column(made, true, pred)
    with promise(made, "its gradient is that of central differences"):
        check_gradients(lambda y: made(true, y), pred, rtol=rtol, atol=atol)


_SCORES = [[0.6, 0.3, 0.2], [0.2, 0.15, 0.7], [0.35, 0.45, 0.25], [0.05, 0.8, 0.1]]


def _check_values(
    loss: Loss, true: Array, pred: Array, expected: Any, rows_independent: bool
) -> None:
    with promise(loss, "it does not write into targets or predictions"):
        each = np.asarray(loss.per_sample(true, pred))
    with promise(loss, "one finite number per sample"):
        expect_equal(pred.shape[:1], each.shape[:1], "number of losses")
        expect_finite(each, "loss per sample")
    with promise(loss, "dtype of the predictions is dtype out"):
        expect_equal(pred.dtype, each.dtype, "dtype")
        total = loss(true, pred)
        expect_equal(pred.dtype, total.dtype, "dtype of the batch's loss")
    if expected is not None:
        with promise(loss, "the loss of each sample is the expected one"):
            expect_close(expected, each, "loss", 1e-5, 1e-6)
    if rows_independent:
        with promise(loss, "row i depends on row i alone"):
            for i in range(len(pred)):
                alone = loss.per_sample(true[i : i + 1], pred[i : i + 1])
                expect_close(each[i : i + 1], alone, f"loss of sample {i}", 1e-5, 1e-6)


def _check_batch(loss: Loss, true: Array, pred: Array, rows_independent: bool) -> None:
    each = np.asarray(loss.per_sample(true, pred))
    weights = np.linspace(0.5, 2.0, len(pred))
    spread = weights.reshape((-1,) + (1,) * (each.ndim - 1))
    with promise(loss, "the loss of a batch is the weighted mean of its samples'"):
        if loss.reduction is None or loss.reduction == "none":
            expect_close(each, loss(true, pred), "losses")
            expect_close(each * spread, loss(true, pred, weights), "weighted losses")
            return
        divisor, weighted = float(each.size), float(each.size)
        if loss.reduction == "sum":
            divisor = weighted = 1.0
        elif loss.reduction == "mean_with_sample_weight":
            weighted = float(np.broadcast_to(spread, each.shape).sum())
        expect_close(each.sum() / divisor, loss(true, pred), "loss")
        expect_close((each * spread).sum() / weighted, loss(true, pred, weights), "weighted loss")
    if not rows_independent:
        return
    with promise(loss, "a sample of weight 0 has no gradient"):
        weights[0] = 0.0
        with GradientTape() as tape:
            y = tape.watch(pred)
            total = loss(true, y, weights)
        gradient = tape.gradient(total, y, unconnected_gradients="zero")
        expect(not gradient[0].any(), f"expected zeros for sample 0, got {gradient[0]}")


def _check_column(loss: Loss, true: Array, pred: Array) -> None:
    """Check targets ``(n,)`` where they could be mistaken for something else: one output."""
    if true.shape != pred.shape or pred.ndim != 2 or pred.shape[1] != 1:
        return
    with promise(loss, "targets (n,) beside predictions (n, 1) count as (n, 1)"):
        expect_equal(np.asarray(loss(true, pred)), loss(true[:, 0], pred), "loss")
        expect_equal(loss.per_sample(true, pred), loss.per_sample(true[:, 0], pred), "losses")
