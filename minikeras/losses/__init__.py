"""Losses: what training makes small.

Each is a class with Keras's name, arguments and defaults, and a function that gives one loss per
sample. Any callable ``(y_true, y_pred)`` written with NumPy is a loss too.
"""

import inspect
from typing import Any

from minikeras import registry
from minikeras.losses.base import Loss, LossFunctionWrapper
from minikeras.losses.by_shape import Crossentropy
from minikeras.losses.classification import (
    Hinge,
    KLDivergence,
    Poisson,
    hinge,
    kl_divergence,
    poisson,
)
from minikeras.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from minikeras.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    SumSquaredError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_squared_error,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CosineSimilarity",
    "Crossentropy",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SumSquaredError",
    "binary_crossentropy",
    "categorical_crossentropy",
    "cosine_similarity",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
]

_CLASSES: dict[Any, type[Loss]] = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    cosine_similarity: CosineSimilarity,
    hinge: Hinge,
    huber: Huber,
    kl_divergence: KLDivergence,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_squared_error: MeanSquaredError,
    poisson: Poisson,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}
"""The class of each function: the same formula, checked once and fused in training."""


def get(identifier: Any) -> Loss | None:
    """Return the loss that ``identifier`` names.

    Parameters
    ----------
    identifier : str, dict, Loss, class, callable or None
        A name such as ``"mse"`` or ``"CategoricalCrossentropy"`` (``"crossentropy"`` picks the kind
        by shape), a configuration, a loss, or a function ``(y_true, y_pred)`` written with NumPy
        that returns one loss per sample or one number.

    Returns
    -------
    Loss or None
        None for None.

    Raises
    ------
    ValueError
        If the name is unknown; the closest known one is suggested.
    TypeError
        If ``identifier`` is none of these.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.get("mse")
    MeanSquaredError()
    >>> losses.get(lambda y_true, y_pred: (y_true - y_pred) ** 4).name
    '<lambda>'
    >>> losses.get("mean_square_error")
    Traceback (most recent call last):
    ValueError: unknown loss 'mean_square_error'; did you mean 'mean_squared_error'?
    """
    if identifier is None:
        return None
    if inspect.isfunction(identifier):
        identifier = _CLASSES.get(identifier, identifier)
    found = registry.get("loss", identifier)
    return found if isinstance(found, Loss) else LossFunctionWrapper(found)


def serialize(loss: Loss) -> Any:
    """Return the configuration of a loss as plain data.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.serialize(losses.Huber(2.0))["config"]["delta"]
    2.0
    """
    return registry.serialize(loss)


def deserialize(config: Any) -> Loss | None:
    """Return the loss that ``serialize`` was given.

    Raises
    ------
    ValueError
        If its class is not registered.

    Examples
    --------
    >>> from minikeras import losses
    >>> losses.deserialize(losses.serialize(losses.Huber(2.0)))
    Huber(delta=2.0)
    """
    return get(config)
