"""``SKLearnTransformer``: a model's outputs as features for what comes next."""

from typing import Any, Self

from minikeras import config
from minikeras._typing import Array
from minikeras.wrappers._sklearn import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    validate_data,
)
from minikeras.wrappers.base import ModelWrapper

__all__ = ["SKLearnTransformer"]


class SKLearnTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ModelWrapper):  # type: ignore[misc]
    """A model as a transformer of scikit-learn: a step that computes features.

    No transformer in the sense of attention.

    Parameters
    ----------
    model : callable or Model
        As in ``SKLearnRegressor``; ``y`` may have any shape that the loss takes.
    warm_start, model_kwargs, fit_kwargs, random_state
        As in ``SKLearnClassifier``.

    Attributes
    ----------
    model_, history_, n_features_in_, feature_names_in_
        As in ``SKLearnClassifier``.

    Raises
    ------
    ImportError
        If scikit-learn is missing.

    Notes
    -----
    For a model that is trained already and should stay as it is, no wrapper is needed:
    ``sklearn.preprocessing.FunctionTransformer(model.predict)``.

    Examples
    --------
    An autoencoder, trained to give back its input:

    >>> import numpy as np
    >>> from minikeras import Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.wrappers import SKLearnTransformer
    >>> def build(X, y, units=2):
    ...     model = Sequential([Dense(units), Dense(y.shape[1])])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> x = np.random.default_rng(0).standard_normal((50, 4))
    >>> transformer = SKLearnTransformer(build, random_state=0).fit(x)
    >>> transformer.transform(x).shape
    (50, 4)
    >>> transformer.get_feature_names_out()[:2].tolist()
    ['sklearntransformer0', 'sklearntransformer1']
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Train as ``SKLearnRegressor.fit`` does; without ``y``, to give back ``X``."""
        return super().fit(X, y, sample_weight, **kwargs)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Go on with the model for one epoch, over these rows; parameters as in ``fit``."""
        return self._train_one_epoch(X, y, sample_weight, kwargs)

    def transform(self, X: Any) -> Array:
        """Return the outputs of the model.

        Parameters
        ----------
        X : array_like, shape (n_samples, ...)

        Returns
        -------
        array, shape (n_samples, ...)
            Of the model's dtype.
        """
        return self._outputs(X)

    @property
    def _n_features_out(self) -> int:
        return int(self.model_.output_shape[-1])

    def _check(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        if y is None:
            X = validate_data(self, X, reset=reset, allow_nd=True)
            return X, X
        return super()._check(X, y, reset)

    def _targets(self, y: Array, fresh: bool, classes: Any) -> Array:
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        return y.astype(config.floatx(), copy=False)
