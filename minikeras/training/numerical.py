"""The gradient of a model's loss by central differences, without running what cannot change.

Every parameter is moved by ``h`` both ways and the difference of the two losses is divided by
``2 h``. Changing one weight ``W[i, j]`` of a Dense layer changes one column of its weighted sum,
``z[:, j] + h x[:, i]``, and nothing before it. So all weights that lead to unit ``j`` are moved at
once, side by side, and only what lies above is computed, for all of them together: see
``minikeras.training.columns``.

This holds for a row of Dense, Activation, Flatten, Reshape and Identity layers with the library's
own activations and losses, which treat each row by itself. The L1 and L2 penalties of weights are
sums over them, so each weight changes its own term alone. Any other model is evaluated as a whole,
twice per parameter, with the same random numbers every time.
"""

import math
from typing import Any

import numpy as np

from minikeras import activations
from minikeras._typing import Array
from minikeras.layers import Activation, Dense, Flatten, Identity, Reshape
from minikeras.losses import LossFunctionWrapper
from minikeras.random import SeedGenerator, generator
from minikeras.regularizers import L1, L1L2, L2
from minikeras.training.columns import Above

__all__ = ["numerical_model_gradient"]

PENALTIES = (type(None), L1, L2, L1L2)
"""Regularizers that are a sum over the numbers of a weight."""


def numerical_model_gradient(
    model: Any, x: Any, y: Any, sample_weight: Any = None, h: float | None = None
) -> tuple[float, Any]:
    """Write the gradient of the loss into the optimizer's flat gradient.

    Parameters
    ----------
    model : Model
        Compiled and built.
    x, y : arrays
        One batch.
    sample_weight : array, shape (batch,), optional
    h : float, optional
        How far each parameter is moved both ways; default is the cube root of the dtype's epsilon.

    Returns
    -------
    loss : float
    y_pred : array
        The outputs before any change.
    """
    if h is None:
        h = float(np.finfo(model.optimizer.flat.values.dtype).eps) ** (1 / 3)
    layers = _rows_apart(model, x)
    if layers is not None:
        values = [x.astype(model._dtype, copy=False)]  # the input of each layer, then the output
        for layer in layers:
            values.append(layer(values[-1]))
        flat_input = all(
            a.ndim == 2 for a, layer in zip(values, layers) if isinstance(layer, Dense)
        )
        if flat_input and values[-1].ndim == 2:
            return _column_by_column(model, layers, values, y, sample_weight, h)
    return _whole_model(model, x, y, sample_weight, h)


def _whole_model(model: Any, x: Any, y: Any, sample_weight: Any, h: float) -> tuple[float, Any]:
    """Move each parameter both ways and compute the whole model."""
    flat = model.optimizer.flat
    streams = _random_streams(model)
    states = [stream.bit_generator.state for stream in streams]
    others = [(v, v.value.copy()) for v in model.non_trainable_variables]

    def begin() -> None:
        for stream, state in zip(streams, states):
            stream.bit_generator.state = state  # the same dropout masks every time
        for variable, before in others:
            variable.value[...] = before  # moving averages move once a batch

    def loss() -> tuple[float, Any]:
        begin()
        y_pred = model(x, training=True)
        return float(model.compute_loss(x, y, y_pred, sample_weight)), y_pred

    values, gradient = flat.values, flat.gradient
    for i, value in enumerate(values.copy()):
        try:
            values[i] = value + h
            above = loss()[0]
            values[i] = value - h
            below = loss()[0]
        except BaseException:
            begin()
            raise
        finally:
            values[i] = value
        gradient[i] = (above - below) / (2.0 * h)
    return loss()


def _random_streams(model: Any) -> list[np.random.Generator]:
    streams = [generator()]
    for layer in model._flatten_layers():
        for held in vars(layer).values():
            if isinstance(held, SeedGenerator | np.random.Generator):
                streams.append(generator(held))
    return streams


# Which models can be done column by column.


def _rows_apart(model: Any, x: Any) -> list[Any] | None:
    """Return the layers in a row if each is known to treat every row by itself, else None."""
    layers = _layers_in_a_row(model)
    objective = model._objective
    if layers is None or type(x) is not np.ndarray or x.dtype.kind != "f":
        return None
    if not objective.single or not _per_row(objective.losses[0]):
        return None
    for layer in layers:
        if type(layer) not in (Dense, Activation, Flatten, Reshape, Identity):
            return None
        if layer._activity_regularizer is not None:
            return None
        if any(type(weight.regularizer) not in PENALTIES for weight in layer.weights):
            return None
        if not activations.is_builtin(activations.get(getattr(layer, "activation", None))):
            return None
    flat = model.optimizer.flat
    if any(layer.dtype != flat.values.dtype.name for layer in model._flatten_layers()[1:]):
        return None
    weights = [id(weight) for layer in layers for weight in layer.weights]
    shared = len(set(weights)) < len(weights)
    return layers if not shared and set(flat.into) <= set(weights) else None


def _layers_in_a_row(model: Any) -> list[Any] | None:
    """Return the layers of a model that is a row, those of nested ones included; else None."""
    row = model._straight
    if row is None or not type(model).__module__.startswith("minikeras.models."):
        return None  # a subclass may compute its loss in a way of its own
    layers: list[Any] = []
    for layer in row:
        inner = _layers_in_a_row(layer) if hasattr(layer, "_straight") else [layer]
        if inner is None:
            return None
        layers += inner
    return layers


def _per_row(loss: Any) -> bool:
    """Whether ``loss`` is the library's own and gives one number for each row."""
    ours = type(loss).__module__.startswith("minikeras.losses.")
    return ours and type(loss) is not LossFunctionWrapper and getattr(loss, "axis", -1) in (-1, 1)


# Column by column.


def _column_by_column(
    model: Any, layers: list[Any], values: list[Array], y: Any, sample_weight: Any, h: float
) -> tuple[float, Any]:
    y_pred = values[-1]
    loss = float(model.compute_loss(values[0], y, y_pred, sample_weight))
    if not math.isfinite(loss):
        return loss, y_pred
    y = np.asarray(y[0] if isinstance(y, list | tuple) else y)
    objective = model._objective
    function, into = objective.losses[0], model.optimizer.flat.into
    mask = function.mask(y, y_pred)
    share = function._weights(y_pred.shape[:1], y_pred.dtype, sample_weight, mask)
    share = share * objective.weights[0]  # what the loss of each row counts for
    for k, layer in enumerate(layers):
        if isinstance(layer, Dense):
            kernel, bias = into.get(id(layer.kernel)), into.get(id(layer.bias))  # None if frozen
            if kernel is None and bias is None:
                continue
            above = Above(layers[k:], values[k], y, function)
            # Moving a weight by h moves the weighted sum of each row by h times that row's input.
            steps = np.ones((len(y), layer.kernel.shape[0] + 1), y_pred.dtype)
            steps[:, :-1] = values[k]
            gradient = above.gradient(h * steps, share) / (2.0 * h)
            if kernel is not None:
                kernel[...] = gradient[:, :-1].T + _penalty_slope(layer.kernel, h)
            if bias is not None:
                bias[...] = gradient[:, -1] + _penalty_slope(layer.bias, h)
    return loss, y_pred


def _penalty_slope(weight: Any, h: float) -> Any:
    """Return how the penalty of a weight changes when each of its numbers is moved both ways."""
    if weight.regularizer is None:
        return 0.0
    l1, l2 = (getattr(weight.regularizer, name, 0.0) for name in ("l1", "l2"))
    up, down = weight.value + h, weight.value - h
    change: Any = l1 * (np.abs(up) - np.abs(down)) + l2 * (np.square(up) - np.square(down))
    return change / (2.0 * h)
