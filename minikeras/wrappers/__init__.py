"""Models as estimators of scikit-learn, by Keras's names: pipelines, grid search, cross-validation.

scikit-learn is an extra: ``pip install 'minikeras-numpy[sklearn]'``. This module loads without it;
asking for one of its classes is what needs it.
"""

from typing import TYPE_CHECKING

from minikeras._lazy import lazily

if TYPE_CHECKING:
    from minikeras.wrappers.classifier import SKLearnClassifier
    from minikeras.wrappers.regressor import SKLearnRegressor
    from minikeras.wrappers.transformer import SKLearnTransformer

FAMILIES: dict[str, tuple[str, ...]] = {
    "classifier": ("SKLearnClassifier",),
    "regressor": ("SKLearnRegressor",),
    "transformer": ("SKLearnTransformer",),
}

__getattr__, __dir__ = lazily(__name__, FAMILIES)

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
