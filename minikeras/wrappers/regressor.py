"""``SKLearnRegressor``: numbers in, numbers out, with a model in between."""

from typing import Any, Self

from minikeras import config
from minikeras._typing import Array
from minikeras.wrappers._sklearn import RegressorMixin
from minikeras.wrappers.base import ModelWrapper, check_units

__all__ = ["SKLearnRegressor"]


class SKLearnRegressor(RegressorMixin, ModelWrapper):  # type: ignore[misc]
    """A model as a regressor of scikit-learn, for one target or several.

    Parameters
    ----------
    model : callable or Model
        A function that returns a compiled model: called as ``model(X=X, y=y, **model_kwargs)`` in
        every ``fit``, with the arrays that it is trained on, ``y`` of shape
        ``(n_samples, n_outputs)``; it may leave out ``X`` and ``y``. Or a compiled model: each
        ``fit`` trains a copy of it with newly drawn weights.
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
    Networks learn targets near 0 and 1 best: ``sklearn.compose.TransformedTargetRegressor`` scales
    them, and back in ``predict``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import Sequential
    >>> from minikeras.layers import Dense
    >>> from minikeras.optimizers import Adam
    >>> from minikeras.wrappers import SKLearnRegressor
    >>> def build(X, y, units=16):
    ...     model = Sequential([Dense(units, activation="tanh"), Dense(y.shape[1])])
    ...     model.compile(Adam(0.02), "mse")
    ...     return model
    >>> x = np.random.default_rng(0).uniform(-2, 2, (200, 1))
    >>> y = np.column_stack([np.sin(x), np.cos(x)])
    >>> regressor = SKLearnRegressor(build, fit_kwargs={"epochs": 60}, random_state=0).fit(x, y)
    >>> regressor.predict(x).shape, regressor.score(x, y) > 0.95
    ((200, 2), True)
    """

    _flat: bool  # whether targets came without an axis for the outputs, and so go

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Go on with the model for one epoch, over these rows; parameters as in ``fit``."""
        return self._train_one_epoch(X, y, sample_weight, kwargs)

    def predict(self, X: Any) -> Array:
        """Return the targets that the model expects.

        Parameters
        ----------
        X : array_like, shape (n_samples, ...)

        Returns
        -------
        array, shape (n_samples,) or (n_samples, n_outputs), as ``y`` was
            Of the model's dtype.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if self._flat else outputs

    def _targets(self, y: Array, fresh: bool, classes: Any) -> Array:
        if fresh:
            self._flat = y.ndim == 1
        return y.reshape(len(y), -1).astype(config.floatx(), copy=False)

    def _as_trained(self, targets: Array, model: Any, shape: Any) -> Array:
        count = targets.shape[1]
        check_units(model, shape, (count,), f"y has {count} columns")
        return targets
