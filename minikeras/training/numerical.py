"""The gradient of a model's loss by central differences, without running what cannot change.

Every parameter is moved by ``h`` both ways and the difference of the two losses is divided by
``2 h``. Changing one weight ``W[i, j]`` of a Dense layer changes one column of its weighted sum,
``z[:, j] + h x[:, i]``, and nothing before it. So all weights that lead to unit ``j`` are moved at
once, as rows of a matrix of perturbed columns, and only what lies above is computed, for all of them
together:

- the unit's activation, on the perturbed columns alone;
- the next Dense layer, as ``z' + change * W'[j]``: one row of its kernel, no matrix product;
- everything above, on the stacked rows.

When that next layer is the last one, with softmax and cross-entropy, the loss of a sample changes by
``log(sum_k p_k exp(d w_k)) - d w_label`` for a change ``d``. Its series in ``d`` is exact to the last
bit for the tiny changes that differences are made of (the coefficients are the cumulants of ``w``
under ``p``), and it costs no exponential.

All this holds for a Sequential of layers that treat each row by itself. Any other model is evaluated
as a whole, twice per parameter, with the same random numbers every time.
"""

from typing import Any

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras.layers import Activation, Dense, Flatten, Identity, Layer, Reshape
from minikeras.losses import CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy
from minikeras.random import SeedGenerator, generator

__all__ = ["numerical_model_gradient"]

ACROSS_FEATURES = {"softmax", "log_softmax", "sparsemax", "glu"}
BLOCK = 16384
"""Numbers per block: a block and its temporaries stay in the processor's cache."""


def numerical_model_gradient(
    model: Any, x: Any, y: Any, sample_weight: Any = None
) -> tuple[float, Any]:
    """Write the gradient of the loss into the optimizer's flat gradient.

    Parameters
    ----------
    model : Model
        Compiled and built.
    x, y : arrays
        One batch.
    sample_weight : array, shape (batch,), optional

    Returns
    -------
    loss : float
    y_pred : array
        The outputs before any change.
    """
    flat = model.optimizer.flat
    h = float(np.finfo(flat.values.dtype).eps) ** (1 / 3)
    chain = _rows_apart(model, x)
    if chain is None:
        return _whole_model(model, x, y, sample_weight, h)
    return _column_by_column(model, chain, x, y, sample_weight, h)


def _whole_model(model: Any, x: Any, y: Any, sample_weight: Any, h: float) -> tuple[float, Any]:
    """Move each parameter both ways and compute the whole model."""
    flat = model.optimizer.flat
    streams = _random_streams(model)
    states = [stream.bit_generator.state for stream in streams]
    others = [(v, v.value.copy()) for v in model.non_trainable_variables]

    def loss() -> tuple[float, Any]:
        for stream, state in zip(streams, states, strict=True):
            stream.bit_generator.state = state  # the same dropout masks every time
        y_pred = model(x, training=True)
        return float(model.compute_loss(x, y, y_pred, sample_weight)), y_pred

    values, gradient = flat.values, flat.gradient
    for i, value in enumerate(values.copy()):
        try:
            values[i] = value + h
            above = loss()[0]
            values[i] = value - h
            below = loss()[0]
        finally:
            values[i] = value
        gradient[i] = (above - below) / (2.0 * h)
    for variable, before in others:
        variable.value[...] = before  # moving averages move once a batch, in the call below
    return loss()


def _random_streams(model: Any) -> list[np.random.Generator]:
    streams = [generator()]
    for layer in model._flatten_layers():
        streams += [v.numpy for v in vars(layer).values() if isinstance(v, SeedGenerator)]
    return streams


def _rows_apart(model: Any, x: Any) -> list[Layer] | None:
    """Return the layers in a row if each treats every row by itself, else None."""
    chain = _chain(model)
    if chain is None or type(x) is not np.ndarray or model._adds_losses:
        return None
    if not model._objective.single or not _ours(type(model._objective.losses[0]), "losses"):
        return None
    if not getattr(type(model).compute_loss, "_is_default_step", False):
        return None
    for layer in chain:
        if type(layer) not in (Dense, Activation, Flatten, Reshape, Identity):
            return None
        if layer.activity_regularizer is not None:
            return None
        if not _ours(activations.get(getattr(layer, "activation", None)), "activations"):
            return None
    a = x[:0]
    for layer in chain:
        if type(layer) is Dense and a.ndim != 2:
            return None
        a = layer(a)
    return chain if a.ndim == 2 else None


def _ours(thing: Any, module: str) -> bool:
    """Whether a class or function is the library's own, so that its way with rows is known."""
    return str(getattr(thing, "__module__", "")).startswith(f"minikeras.{module}")


def _chain(model: Any) -> list[Layer] | None:
    """Return the layers of a Sequential, those of nested ones included."""
    chain: list[Layer] = []
    for layer in getattr(model, "_chain", [None]):
        inner = _chain(layer) if hasattr(layer, "_chain") else [layer]
        if inner is None or None in inner:
            return None
        chain += inner
    return chain


def _column_by_column(
    model: Any, chain: list[Layer], x: Array, y: Any, sample_weight: Any, h: float
) -> tuple[float, Any]:
    inputs = []
    a = x.astype(model._dtype, copy=False)
    for layer in chain:
        inputs.append(a)
        a = layer(a)
    y_pred = a
    loss = float(model.compute_loss(x, y, y_pred, sample_weight))
    objective = model._objective
    share = _shares(objective.losses[0], y_pred, sample_weight) * objective.weights[0]
    for k, layer in enumerate(chain):
        if isinstance(layer, Dense) and layer.trainable:
            above = _Above(chain, k, inputs[k], y, objective.losses[0])
            _dense_gradient(model.optimizer.flat, layer, inputs[k], above, share, h)
    return loss, y_pred


def _shares(loss: Loss, y_pred: Array, sample_weight: Any) -> Array:
    """Return what the loss of each sample is multiplied with in the loss of the batch."""
    return np.asarray(loss._weights((len(y_pred),), y_pred.dtype, sample_weight))


def _dense_gradient(
    flat: Any, layer: Dense, x: Array, above: "_Above", share: Array, h: float
) -> None:
    """Fill the gradient of one layer's kernel and bias."""
    # One row per weight of a unit: how far moving it by h moves the weighted sum of each sample.
    steps = h * np.concatenate([x.T, np.ones((1, len(x)), x.dtype)])
    rows = max(1, BLOCK // (len(x) * above.width))
    for j in range(layer.units):
        column = np.empty(len(steps), x.dtype)
        for start in range(0, len(steps), rows):
            step = steps[start : start + rows]
            column[start : start + rows] = above.difference(j, step) @ share
        column /= 2.0 * h
        flat.into[id(layer.kernel)][:, j] = column[:-1]
        if layer.bias is not None:
            flat.into[id(layer.bias)][j] = column[-1]


class _Above:
    """What lies above the weighted sum of one Dense layer."""

    def __init__(self, chain: list[Layer], k: int, x: Array, y: Any, loss: Any):
        layer: Any = chain[k]
        self.z = x @ layer.kernel.value
        if layer.bias is not None:
            self.z += layer.bias.value
        self.small = (120.0 * np.finfo(self.z.dtype).eps) ** 0.25
        self.y = y
        self.loss = loss
        self.activation = activations.get(layer.activation)
        self.rest = chain[k + 1 :]
        # Activation layers that follow belong to the unit too, as long as they work element-wise.
        self.local = [self.activation] if not _mixes(self.activation) else []
        while self.local and self.rest and type(self.rest[0]) in (Activation, Identity):
            function = activations.get(getattr(self.rest[0], "activation", None))
            if _mixes(function):
                break
            self.local.append(function)
            self.rest = self.rest[1:]
        self.next: Any = None
        self.width = layer.units
        if self.local:
            self.a = self._locally(self.z)
            if self.rest and isinstance(self.rest[0], Dense):
                self.next = self.rest[0]
                self.rest = self.rest[1:]
                self.width = self.next.units
                self.z_next = self.a @ self.next.kernel.value
                if self.next.bias is not None:
                    self.z_next += self.next.bias.value
                self._prepare_series()

    def _locally(self, z: Array) -> Array:
        for function in self.local:
            z = function(z)
        return z

    def _prepare_series(self) -> None:
        """See for which samples the loss is softmax cross-entropy right above, away from clipping."""
        self.exact = np.zeros(len(self.z), bool)
        self.target = _class_shares(self.loss, self.y, self.next.units)
        final = activations.get(self.next.activation)
        if self.target is None or self.rest or final is not activations.softmax:
            return
        self.p = activations.softmax(self.z_next)
        # Cross-entropy clips probabilities at 1e-7: samples near there go the general way.
        clear = (self.p > 1e-6) & (self.p < 1.0 - 1e-6)
        self.exact = (clear | (self.target == 0.0)).all(axis=1)
        if self.exact.all():
            self.width = 1

    def difference(self, j: int, step: Array) -> Array:
        """Return loss(z[:, j] + step) - loss(z[:, j] - step), shape of ``step``: (rows, batch)."""
        column = self.z[:, j]
        if self.next is None:
            return self._losses(j, column + step) - self._losses(j, column - step)
        up = self._locally(column + step)
        up -= self.a[:, j]
        down = self._locally(column - step)
        down -= self.a[:, j]
        row = self.next.kernel.value[j]
        exact = self.exact
        if exact.any() and max(np.abs(up).max(), np.abs(down).max()) * np.abs(row).max() < self.small:
            if exact.all():
                return self._series(row, up, down, exact)
            result = np.empty_like(step)
            result[:, exact] = self._series(row, up[:, exact], down[:, exact], exact)
            other = ~exact
            result[:, other] = self._next_losses(row, up[:, other], other)
            result[:, other] -= self._next_losses(row, down[:, other], other)
            return result
        every = np.ones(len(column), bool)
        return self._next_losses(row, up, every) - self._next_losses(row, down, every)

    def _series(self, w: Array, up: Array, down: Array, chosen: Array) -> Array:
        """Return the difference of two softmax cross-entropies by their series, to the last bit.

        Written in ``up - down`` and ``up + down``, which keeps every digit of a tiny difference.
        The fifth term is beyond the last digit for changes under ``self.small``.
        """
        p = self.p[chosen]
        mean = p @ w
        centred = w - mean[:, None]
        second, third, fourth = ((p * centred**n).sum(axis=1) for n in (2, 3, 4))
        fourth -= 3.0 * second**2
        slope = mean - self.target[chosen] @ w
        total = up + down
        difference = up - down
        # up^2 - down^2 = difference * total, and so on for the cubes and fourth powers.
        squares = up * up
        squares += down * down
        result = total * (squares * (fourth / 24.0) + second / 2.0)
        total *= total
        total += squares
        total *= third / 12.0
        result += total
        result += slope
        result *= difference
        return result

    def _next_losses(self, row: Array, change: Array, chosen: Array) -> Array:
        """Return the per-sample losses when the input of the next layer changes in one place."""
        z = self.z_next[chosen] + change[:, :, None] * row
        rows = activations.get(self.next.activation)(z.reshape(-1, z.shape[-1]))
        return self._rest(rows, change.shape, chosen)

    def _losses(self, j: int, column: Array) -> Array:
        """Return the per-sample losses when column ``j`` of the weighted sum is replaced."""
        z = np.repeat(self.z[None], len(column), axis=0)
        z[:, :, j] = column
        rows = self.activation(z.reshape(-1, z.shape[-1]))
        for function in self.local[1:]:
            rows = function(rows)
        return self._rest(rows, column.shape, np.ones(len(self.z), bool))

    def _rest(self, rows: Array, shape: tuple[int, ...], chosen: Array) -> Array:
        for layer in self.rest:
            rows = layer(rows)
        y = np.asarray(self.y)[chosen]
        y = np.tile(y, (shape[0], *[1] * (y.ndim - 1)))
        return self.loss.call(y, rows).reshape(shape)  # type: ignore[no-any-return]


def _mixes(function: Any) -> bool:
    """Whether an activation combines the features of a row."""
    return function.__name__ in ACROSS_FEATURES


def _class_shares(loss: Loss, y: Any, classes: int) -> Array | None:
    """Return the target distributions, shape (batch, classes), of a plain cross-entropy."""
    if type(loss) is SparseCategoricalCrossentropy:
        if loss.from_logits or loss.ignore_class is not None or np.ndim(y) > 2:
            return None
        return np.eye(classes, dtype=np.float64)[np.reshape(y, -1).astype(int)]
    if type(loss) is CategoricalCrossentropy and not loss.from_logits and not loss.label_smoothing:
        shares = np.asarray(y, float)
        if shares.ndim == 2 and np.allclose(shares.sum(axis=1), 1.0, rtol=0.0, atol=1e-12):
            return shares
    return None
