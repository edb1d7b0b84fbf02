"""How the loss changes when one column of a Dense layer's weighted sum does.

Only what lies above the column is computed, for many changes of it side by side:

- the unit's activation, on that column alone;
- the next Dense layer, as ``z' + change * W'[j]``: one row of its kernel, no matrix product;
- everything above, on the stacked rows.

Two identities keep every digit of a tiny difference and save the exponentials:

- ``tanh(a + b) = (tanh a + tanh b) / (1 + tanh a tanh b)`` gives the change of a sigmoid or tanh;
- softmax cross-entropy of ``z' + d w`` differs from that of ``z'`` by
  ``log(sum_k p_k exp(d w_k)) - d w_label``. Its series in ``d`` is exact to the last bit for the
  small changes that differences are made of; the coefficients are the cumulants of ``w`` under
  ``p``.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras.config import epsilon
from minikeras.layers import Activation, Dense, Identity, Layer
from minikeras.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

__all__ = ["Above"]

ACROSS_FEATURES = ("softmax", "log_softmax", "sparsemax", "glu")
SCALE = {activations.sigmoid: 0.5, activations.tanh: 1.0}
"""Activations that are ``s * tanh(s * z)`` plus a constant, and their ``s``."""
BLOCK = 16384
"""Numbers per block: a block and its temporaries stay in the processor's cache."""


class Above:
    """What lies above the weighted sum of one Dense layer.

    Element-wise functions of each unit (``local``), a matrix (the next layer's kernel, or where no
    Dense layer follows directly the identity), and whatever takes whole rows (``rest``).
    """

    def __init__(self, layers: list[Layer], x: Array, y: Array, loss: Any):
        functions = list(_functions(layers))
        self.z = functions.pop(0)(x)
        self.local = list(takewhile(_element_wise, functions))
        self.rest = functions[len(self.local) :]
        self.a = self.z_next = _apply(self.local, self.z)
        self.kernel = np.eye(self.a.shape[1], dtype=self.a.dtype)
        if self.rest and isinstance(self.rest[0], _WeightedSum):
            weighted_sum = self.rest.pop(0)
            self.kernel, self.z_next = weighted_sum.kernel, weighted_sum(self.a)
        self.y, self.loss = y, loss
        self.exact = np.zeros(len(y), bool)  # rows that the series holds for
        self._prepare_series()

    def _prepare_series(self) -> None:
        """Find the coefficients of the series if softmax cross-entropy is all there is above."""
        logits = getattr(self.loss, "from_logits", False)
        if self.rest != ([] if logits else [activations.softmax]):
            return
        p = activations.softmax(self.z_next)
        target = _class_shares(self.loss, self.y, p)
        if target is None:
            return
        # Cross-entropy clips probabilities at epsilon: rows near there go the general way.
        margin = 10.0 * epsilon()
        clear = (p > margin) & (p < 1.0 - margin) | (target == 0.0)
        self.exact = clear.all(axis=1) | bool(logits)
        # Beyond such changes the fifth term would show in the last digit.
        self.small = (120.0 * np.finfo(p.dtype).eps) ** 0.25
        w = self.kernel - self.kernel.mean(axis=1, keepdims=True)  # which changes no cumulant
        m1, m2, m3, m4 = (p @ (w**n).T for n in (1, 2, 3, 4))  # moments, (batch, units)
        mass = target.sum(axis=1, keepdims=True)
        self.slope = mass * m1 - target @ w.T
        self.second = mass / 2.0 * (m2 - m1 * m1)
        self.third = mass / 24.0 * (m3 - m1 * (3.0 * m2 - 2.0 * m1 * m1))
        fourth = m4 - 4.0 * m1 * m3 - 3.0 * m2 * m2 + 6.0 * m1 * m1 * (2.0 * m2 - m1 * m1)
        self.fourth = mass / 48.0 * fourth

    def gradient(self, steps: Array, share: Array) -> Array:
        """Return the loss after adding ``steps`` less the loss after subtracting them.

        Parameters
        ----------
        steps : array, shape (batch, weights)
            Added to the weighted sum of one unit after the other.
        share : array, shape (batch,)
            What the loss of each row is multiplied by.

        Returns
        -------
        array, shape (units, weights)
        """
        units, weights = self.z.shape[1], steps.shape[1]
        total = np.zeros((units, weights), steps.dtype)
        bends_like_tanh = len(self.local) == 1 and self.local[0] in SCALE
        for exact in (True, False):
            for rows in _blocks(np.flatnonzero(self.exact == exact), weights):
                step = steps[rows]
                largest = max(step.max(), -step.min())
                tanh = None
                if bends_like_tanh and largest < 0.1:
                    tanh = np.tanh(SCALE[self.local[0]] * step)
                for j in range(units):
                    if tanh is None:
                        changes = self._changes(rows, j, step)
                    else:
                        changes = self._tanh_changes(rows, j, tanh)
                    if exact and self._are_small(j, *changes):
                        differences = self._series(rows, j, *changes)
                    else:
                        differences = self._differences(rows, j, *changes)
                    total[j] += share[rows] @ differences
        return total

    def _changes(self, rows: Array, j: int, step: Array) -> tuple[Array, Array]:
        """Return the difference and the sum of the two changes of unit ``j``: (rows, weights)."""
        z, a = self.z[rows, j, None], self.a[rows, j, None]
        up = _apply(self.local, z + step) - a
        down = _apply(self.local, z - step) - a
        return up - down, up + down

    def _tanh_changes(self, rows: Array, j: int, tanh: Array) -> tuple[Array, Array]:
        """Return the same from ``tanh(s * step)`` for an activation ``s * tanh(s * z)``."""
        scale = SCALE[self.local[0]]
        t = np.tanh(scale * self.z[rows, j, None])
        product = tanh * t
        difference = product * product
        np.subtract(1.0, difference, out=difference)
        np.divide(tanh, difference, out=difference)
        difference *= 2.0 * scale * (1.0 - t * t)
        product *= difference
        return difference, np.negative(product, out=product)

    def _are_small(self, j: int, difference: Array, total: Array) -> bool:
        largest = max(np.abs(difference).max(), np.abs(total).max())
        return bool(largest * np.abs(self.kernel[j]).max() < self.small)

    def _series(self, rows: Array, j: int, difference: Array, total: Array) -> Array:
        """Return the differences of two softmax cross-entropies by their series.

        For changes ``u`` and ``v`` with difference ``d`` and sum ``s``: ``u^2 - v^2 = d s``,
        ``u^3 - v^3 = d (d^2 + 3 s^2) / 4`` and ``u^4 - v^4 = d s (d^2 + s^2) / 2``.
        """
        squares = difference * difference
        square = total * total
        squares += square
        result: Array = squares * self.fourth[rows, j, None]
        result += self.second[rows, j, None]
        result *= total
        square *= 2.0
        squares += square
        squares *= self.third[rows, j, None]
        result += squares
        result += self.slope[rows, j, None]
        result *= difference
        return result

    def _differences(self, rows: Array, j: int, difference: Array, total: Array) -> Array:
        """Return the differences of the losses by computing everything above, in parts."""
        result = np.empty_like(difference)
        width = max(1, BLOCK // (len(rows) * self.kernel.shape[1]))
        for start in range(0, result.shape[1], width):
            part = np.s_[:, start : start + width]
            up, down = (
                (total[part] + difference[part]) / 2.0,
                (total[part] - difference[part]) / 2.0,
            )
            result[part] = self._losses(rows, j, up) - self._losses(rows, j, down)
        return result

    def _losses(self, rows: Array, j: int, change: Array) -> Array:
        z = self.z_next[rows, None] + change[:, :, None] * self.kernel[j]
        y_pred = _apply(self.rest, z.reshape(-1, z.shape[-1]))
        y = np.repeat(self.y[rows], change.shape[1], axis=0)
        losses = self.loss._losses(*self.loss.prepare(y, y_pred))
        return losses.reshape(change.shape)  # type: ignore[no-any-return]


class _WeightedSum:
    """A Dense layer without its activation."""

    def __init__(self, layer: Dense):
        self.kernel: Array = layer.kernel.value
        self.bias: Any = 0.0 if layer.bias is None else layer.bias.value

    def __call__(self, x: Array) -> Array:
        return x @ self.kernel + self.bias  # type: ignore[no-any-return]


def _functions(layers: list[Layer]) -> Iterator[Any]:
    """Yield what the layers do, one after the other: weighted sums, activations, the rest."""
    for layer in layers:
        if isinstance(layer, Dense):
            yield _WeightedSum(layer)
        if isinstance(layer, Dense | Activation):
            function = activations.get(layer.activation)
            if function is not activations.linear:
                yield function
        elif not isinstance(layer, Identity):
            yield layer


def _apply(functions: list[Any], x: Any) -> Any:
    for function in functions:
        x = function(x)
    return x


def _element_wise(function: Any) -> bool:
    return activations.is_builtin(function) and function.__name__ not in ACROSS_FEATURES


def _class_shares(loss: Any, y: Array, p: Array) -> Array | None:
    """Return the target distributions, shape (batch, classes), of a cross-entropy over classes."""
    if type(loss) is SparseCategoricalCrossentropy:
        labels: Array = loss.prepare(y, p)[0]
        return np.equal(labels[:, None], np.arange(p.shape[1])).astype(p.dtype)
    if type(loss) is CategoricalCrossentropy:
        return np.asarray(loss.prepare(y, p)[0], p.dtype)
    return None


def _blocks(rows: Array, width: int) -> Iterator[Array]:
    """Yield a few of the indices ``rows`` at a time, for arrays of ``width`` numbers a row."""
    size = max(1, BLOCK // width)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
