"""Judging a model by the moving average of its weights."""

from typing import Any

from minikeras._typing import Array
from minikeras.callbacks.base import Callback, Logs
from minikeras.optimizers import Optimizer
from minikeras.registry import register

__all__ = ["SwapEMAWeights", "inner_optimizers"]


@register("callback")
class SwapEMAWeights(Callback):
    """Puts the moving average of the weights into the model while it is evaluated or predicts.

    Parameters
    ----------
    swap_on_epoch : bool, default False
        Do so at the end of each epoch too, until the next one begins: callbacks that come later in
        the list, such as ``ModelCheckpoint``, then see the average.

    Raises
    ------
    ValueError
        When it acts, if the optimizer keeps no average: it needs ``use_ema=True``.

    References
    ----------
    Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992).

    Examples
    --------
    >>> import numpy as np, minikeras
    >>> from minikeras.callbacks import SwapEMAWeights
    >>> from minikeras.layers import Dense
    >>> model = minikeras.Sequential([minikeras.Input((2,)), Dense(1)])
    >>> model.compile(minikeras.optimizers.SGD(0.1, use_ema=True), "mse")
    >>> x = np.eye(2)
    >>> history = model.fit(
    ...     x, x[:, :1], validation_data=(x, x[:, :1]), verbose=0, callbacks=[SwapEMAWeights()]
    ... )
    """

    def __init__(self, swap_on_epoch: bool = False):
        self.swap_on_epoch = swap_on_epoch
        self._weights: list[Array] | None = None  # while the averages are in their place

    def _averaging(self) -> list[Optimizer]:
        found = [one for one in inner_optimizers(self.model.optimizer) if one.average is not None]
        if not found:
            raise ValueError(
                "SwapEMAWeights needs an optimizer that averages the weights; make it with "
                f"use_ema=True, got {self.model.optimizer!r}"
            )
        return found

    def _swap_in(self) -> None:
        if self._weights is None:
            optimizers = self._averaging()
            self._weights = [one.flat.values.copy() for one in optimizers]
            for one in optimizers:
                one.flat.values[...] = one.average

    def _swap_out(self) -> None:
        if self._weights is not None:
            for one, weights in zip(self._averaging(), self._weights):
                one.flat.values[...] = weights
            self._weights = None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._swap_out()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.swap_on_epoch:
            self._swap_in()

    def on_train_end(self, logs: Logs = None) -> None:
        self._weights = None  # at the end of fit the weights take the averages for good

    def on_test_begin(self, logs: Logs = None) -> None:
        self._swap_in()

    def on_test_end(self, logs: Logs = None) -> None:
        self._swap_out()

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._swap_in()

    def on_predict_end(self, logs: Logs = None) -> None:
        self._swap_out()

    def on_close(self) -> None:
        self._swap_out()  # after an exception


def inner_optimizers(optimizer: Any) -> list[Optimizer]:
    """Return the optimizers that move weights: those inside one that holds others."""
    if hasattr(optimizer, "inner_optimizer"):
        return inner_optimizers(optimizer.inner_optimizer)
    return list(getattr(optimizer, "optimizers", [optimizer]))
