"""Metrics: what training shows, gathered over batches.

Each is a class with Keras's name, arguments and defaults. Any callable ``(y_true, y_pred)`` written
with NumPy is a metric too, and so is every loss.
"""

from typing import TYPE_CHECKING, Any

from minikeras import losses, registry
from minikeras._lazy import lazily
from minikeras._typing import Shape
from minikeras.losses import Loss, LossFunctionWrapper
from minikeras.metrics.base import LossMetric, Mean, MeanMetricWrapper, Metric, Sum

if TYPE_CHECKING:
    from minikeras.losses import (
        binary_crossentropy,
        binary_focal_crossentropy,
        categorical_crossentropy,
        categorical_focal_crossentropy,
        categorical_hinge,
        hinge,
        huber,
        kl_divergence,
        log_cosh,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        mean_squared_logarithmic_error,
        poisson,
        sparse_categorical_crossentropy,
        squared_hinge,
    )
    from minikeras.metrics.accuracy_metrics import (
        Accuracy,
        BinaryAccuracy,
        CategoricalAccuracy,
        SparseCategoricalAccuracy,
        SparseTopKCategoricalAccuracy,
        TopKCategoricalAccuracy,
    )
    from minikeras.metrics.auc import AUC
    from minikeras.metrics.confusion import (
        FalseNegatives,
        FalsePositives,
        Precision,
        Recall,
        TrueNegatives,
        TruePositives,
    )
    from minikeras.metrics.correlation import (
        ConcordanceCorrelation,
        CosineSimilarity,
        PearsonCorrelation,
        concordance_correlation,
        pearson_correlation,
    )
    from minikeras.metrics.f_score import F1Score, FBetaScore
    from minikeras.metrics.hits import (
        accuracy,
        binary_accuracy,
        categorical_accuracy,
        sparse_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
        top_k_categorical_accuracy,
    )
    from minikeras.metrics.iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
    from minikeras.metrics.margin import CategoricalHinge, Hinge, SquaredHinge
    from minikeras.metrics.probabilistic import (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        KLDivergence,
        Poisson,
        SparseCategoricalCrossentropy,
    )
    from minikeras.metrics.regression import (
        LogCoshError,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
        R2Score,
        RootMeanSquaredError,
    )
    from minikeras.metrics.trade_off import (
        PrecisionAtRecall,
        RecallAtPrecision,
        SensitivityAtSpecificity,
        SpecificityAtSensitivity,
    )

FAMILIES = {
    "accuracy_metrics": (
        "Accuracy",
        "BinaryAccuracy",
        "CategoricalAccuracy",
        "SparseCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
        "TopKCategoricalAccuracy",
    ),
    "auc": ("AUC",),
    "confusion": (
        "FalseNegatives",
        "FalsePositives",
        "Precision",
        "Recall",
        "TrueNegatives",
        "TruePositives",
    ),
    "correlation": (
        "ConcordanceCorrelation",
        "CosineSimilarity",
        "PearsonCorrelation",
        "concordance_correlation",
        "pearson_correlation",
    ),
    "f_score": ("F1Score", "FBetaScore"),
    "hits": (
        "accuracy",
        "binary_accuracy",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
        "sparse_top_k_categorical_accuracy",
        "top_k_categorical_accuracy",
    ),
    "iou": ("BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"),
    "margin": ("CategoricalHinge", "Hinge", "SquaredHinge"),
    "probabilistic": (
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
        "KLDivergence",
        "Poisson",
        "SparseCategoricalCrossentropy",
    ),
    "regression": (
        "LogCoshError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredError",
        "MeanSquaredLogarithmicError",
        "R2Score",
        "RootMeanSquaredError",
    ),
    "trade_off": (
        "PrecisionAtRecall",
        "RecallAtPrecision",
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
    ),
}

ALIASES = {
    "accuracy_metrics": ("acc",),
    "probabilistic": ("bce", "BCE"),
    "regression": ("mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "rmse", "RMSE"),
}

_get, _names = lazily(__name__, FAMILIES, "metric", aliases=ALIASES)

# The functions of the losses are here too, as in Keras.
_OF_LOSSES = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
)

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "LossMetric",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "accuracy",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "for_output",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

_ACCURACIES = {
    "binary": "BinaryAccuracy",
    "sparse_categorical": "SparseCategoricalAccuracy",
    "categorical": "CategoricalAccuracy",
}


def __getattr__(name: str) -> Any:
    return getattr(losses, name) if name in _OF_LOSSES else _get(name)


def __dir__() -> list[str]:
    return sorted({*_names(), *_OF_LOSSES})


def get(identifier: Any) -> Metric | None:
    """Return the metric that ``identifier`` names.

    Parameters
    ----------
    identifier : str, dict, Metric, Loss, class, callable or None
        A name of a metric or of a loss, a configuration, a metric, a loss (its mean over samples),
        or a function ``(y_true, y_pred)`` written with NumPy.

    Returns
    -------
    Metric or None
        None for None.

    Raises
    ------
    ValueError
        If the name is unknown; the closest known one is suggested.
    TypeError
        If ``identifier`` is none of these.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.get("mse")
    MeanSquaredError()
    >>> metrics.get("kl_divergence").name
    'kl_divergence'
    >>> metrics.get("precison")
    Traceback (most recent call last):
    ValueError: unknown metric 'precison'; did you mean 'precision'?
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        found = _named(identifier)
    else:
        found = registry.get("metric", identifier)
    if isinstance(found, Metric):
        return found
    if isinstance(found, Loss):
        return LossMetric(found)
    loss = losses.get(found)
    if loss is None or isinstance(loss, LossFunctionWrapper):
        return MeanMetricWrapper(found)
    return LossMetric(loss, name=found.__name__)


def _named(name: str) -> Any:
    try:
        return registry.get("metric", name)
    except ValueError as unknown:
        try:
            return losses.get(name)
        except ValueError:
            raise unknown from None


def for_output(
    identifier: Any, y_true_shape: Shape, y_pred_shape: Shape, loss: Loss | None = None
) -> Metric:
    """Return the metric that ``identifier`` means for one output of a model.

    Parameters
    ----------
    identifier : str, Metric, Loss, callable, ...
        As ``get`` takes it; besides, ``"accuracy"`` or ``"acc"`` picks the accuracy, and
        ``"crossentropy"`` or ``"ce"`` the cross-entropy, that the shapes call for. A string becomes
        the name of the metric, as in Keras.
    y_true_shape, y_pred_shape : tuple of int
        Of targets and predictions.
    loss : Loss, optional
        That of the output; a cross-entropy takes ``from_logits`` from it.

    Returns
    -------
    Metric

    Raises
    ------
    ValueError
        If the name is unknown, or ``identifier`` is None.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.for_output("acc", (32,), (32, 10))
    SparseCategoricalAccuracy(name='acc')
    >>> metrics.for_output("accuracy", (32,), (32, 1))
    BinaryAccuracy(name='accuracy')
    """
    word = identifier.lower() if isinstance(identifier, str) else ""
    if word in ("accuracy", "acc"):
        kind = losses.by_shape.kind_of_target(y_true_shape, y_pred_shape)
        found: Metric = _get(_ACCURACIES[kind])(name=identifier)
        return found
    if word in ("crossentropy", "ce"):
        from_logits = getattr(loss, "from_logits", False)
        return LossMetric(losses.Crossentropy(from_logits), name=identifier)
    metric = get(identifier)
    if metric is None:
        raise ValueError("expected a metric, got None; leave it out of the list")
    if word:
        metric.name = identifier
    return metric


def serialize(metric: Metric) -> Any:
    """Return the configuration of a metric as plain data.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.serialize(metrics.BinaryAccuracy(threshold=0.3))["config"]["threshold"]
    0.3
    """
    return registry.serialize(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Metric | None:
    """Return the metric that ``serialize`` was given.

    Parameters
    ----------
    config : dict or str
        Plain data.
    custom_objects : dict, optional
        Further classes and functions, by name.

    Raises
    ------
    ValueError
        If its class is not registered.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metrics.deserialize(metrics.serialize(metrics.BinaryAccuracy(threshold=0.3)))
    BinaryAccuracy(threshold=0.3)
    """
    with registry.custom_object_scope(custom_objects):
        return get(config)
