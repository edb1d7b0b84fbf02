"""Losses: what training makes small.

Each is a class with Keras's name, arguments and defaults, and a function that gives one loss per
sample. Any callable ``(y_true, y_pred)`` written with NumPy is a loss too.
"""

import inspect
from typing import TYPE_CHECKING, Any

from minikeras import registry
from minikeras._lazy import lazily
from minikeras.losses.base import Loss, LossFunctionWrapper

if TYPE_CHECKING:
    from minikeras.losses import by_shape as by_shape
    from minikeras.losses.by_shape import Crossentropy
    from minikeras.losses.circle_loss import Circle, circle
    from minikeras.losses.classification import KLDivergence, Poisson, kl_divergence, poisson
    from minikeras.losses.crossentropy import (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
    )
    from minikeras.losses.ctc_loss import CTC, ctc
    from minikeras.losses.focal import (
        BinaryFocalCrossentropy,
        CategoricalFocalCrossentropy,
        CategoricalGeneralizedCrossEntropy,
        binary_focal_crossentropy,
        categorical_focal_crossentropy,
        categorical_generalized_cross_entropy,
    )
    from minikeras.losses.margin import (
        CategoricalHinge,
        Hinge,
        SquaredHinge,
        categorical_hinge,
        hinge,
        squared_hinge,
    )
    from minikeras.losses.overlap import Dice, Tversky, dice, tversky
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
    from minikeras.losses.relative import (
        MeanAbsolutePercentageError,
        MeanSquaredLogarithmicError,
        mean_absolute_percentage_error,
        mean_squared_logarithmic_error,
    )

FAMILIES = {
    "by_shape": ("Crossentropy",),
    "circle_loss": ("Circle", "circle"),
    "classification": ("KLDivergence", "Poisson", "kl_divergence", "poisson"),
    "crossentropy": (
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
        "SparseCategoricalCrossentropy",
        "binary_crossentropy",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
    ),
    "ctc_loss": ("CTC", "ctc"),
    "focal": (
        "BinaryFocalCrossentropy",
        "CategoricalFocalCrossentropy",
        "CategoricalGeneralizedCrossEntropy",
        "binary_focal_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_generalized_cross_entropy",
    ),
    "margin": (
        "CategoricalHinge",
        "Hinge",
        "SquaredHinge",
        "categorical_hinge",
        "hinge",
        "squared_hinge",
    ),
    "overlap": ("Dice", "Tversky", "dice", "tversky"),
    "regression": (
        "CosineSimilarity",
        "Huber",
        "LogCosh",
        "MeanAbsoluteError",
        "MeanSquaredError",
        "SumSquaredError",
        "cosine_similarity",
        "huber",
        "log_cosh",
        "mean_absolute_error",
        "mean_squared_error",
    ),
    "relative": (
        "MeanAbsolutePercentageError",
        "MeanSquaredLogarithmicError",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
    ),
}

ALIASES = {
    "by_shape": ("ce",),
    "classification": ("kld", "KLD", "kullback_leibler_divergence"),
    "crossentropy": ("bce", "BCE"),
    "regression": ("mse", "MSE", "mae", "MAE", "sse", "SSE", "logcosh"),
    "relative": ("mape", "MAPE", "msle", "MSLE"),
}

__getattr__, __dir__ = lazily(__name__, FAMILIES, "loss", modules=("by_shape",), aliases=ALIASES)

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Crossentropy",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "SumSquaredError",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

_CLASSES = {
    registry.snake_case(name): name
    for names in FAMILIES.values()
    for name in names
    if registry.snake_case(name) in names and name[0].isupper()
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
        name = identifier.__name__
        if name in _CLASSES and identifier is __getattr__(name):
            identifier = __getattr__(_CLASSES[name])
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


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Loss | None:
    """Return the loss that ``serialize`` was given.

    Parameters
    ----------
    name : dict or str
        Plain data; a name alone stands for the loss with its defaults.
    custom_objects : dict, optional
        Further classes and functions, by name.

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
    with registry.custom_object_scope(custom_objects):
        return get(name)
