"""``SKLearnClassifier``: labels in, labels out, with a model in between."""

from typing import Any, Self

import numpy as np

from minikeras import activations, config, losses
from minikeras._typing import Array
from minikeras.losses import (
    CategoricalGeneralizedCrossEntropy,
    Hinge,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from minikeras.wrappers._sklearn import (
    ClassifierMixin,
    check_classification_targets,
    check_is_fitted,
)
from minikeras.wrappers.base import ModelWrapper, check_units

__all__ = ["SKLearnClassifier"]


class SKLearnClassifier(ClassifierMixin, ModelWrapper):  # type: ignore[misc]
    """A model as a classifier of scikit-learn.

    Labels may be numbers or strings. For the model they become what its last layer and its loss
    want: class indices for sparse losses, 0 and 1 for a single output, one-hot rows for the rest.

    Parameters
    ----------
    model : callable or Model
        A function that returns a compiled model: called as ``model(X=X, y=y, **model_kwargs)`` in
        every ``fit``, with the arrays that it is trained on, ``y`` one-hot of shape
        ``(n_samples, n_classes)``; it may leave out ``X`` and ``y``. Or a compiled model: each
        ``fit`` trains a copy of it with newly drawn weights.
    warm_start : bool, default False
        Whether each ``fit`` goes on with the model of the last one; and whether a given model is
        itself trained, not a copy.
    model_kwargs : dict, optional
        Further arguments of the function. ``set_params(model__units=8)`` sets one of them.
    fit_kwargs : dict, optional
        Arguments of ``Model.fit``. ``set_params(fit__epochs=8)`` sets one of them. Callbacks are
        copied for each run.
    random_state : int, numpy.random.RandomState or None, default None
        Makes first weights, order and dropout repeatable; None goes on with minikeras's global
        stream, see ``set_random_seed``. Keras does not have it.

    Attributes
    ----------
    model_ : Model
        The trained model.
    history_ : History
        What the last training recorded; ``history_.history`` is a dict of lists.
    classes_ : array, shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Second axis of ``X``.
    feature_names_in_ : array of str, shape (n_features_in_,)
        Names of the columns, if ``X`` was a DataFrame.

    Raises
    ------
    ImportError
        If scikit-learn is missing.

    Notes
    -----
    An estimator is pickled with the name of its function, which is imported where the file is
    read: define the function at the top of a module. In threads (``n_jobs`` with the threading
    backend) all trainings share one random stream, and ``random_state`` cannot repeat them.

    Examples
    --------
    >>> from minikeras import Sequential
    >>> from minikeras.datasets import moons
    >>> from minikeras.layers import Dense
    >>> from minikeras.optimizers import Adam
    >>> from minikeras.wrappers import SKLearnClassifier
    >>> from sklearn.model_selection import cross_val_score
    >>> def build(X, y, units=16):
    ...     hidden = Dense(units, activation="relu")
    ...     model = Sequential([hidden, Dense(1, activation="sigmoid")])
    ...     model.compile(Adam(0.02), "binary_crossentropy")
    ...     return model
    >>> x, y = moons.load_data(200)
    >>> net = SKLearnClassifier(build, fit_kwargs={"epochs": 60}, random_state=0)
    >>> bool(cross_val_score(net, x, y, cv=3).min() > 0.9)
    True
    >>> net.set_params(model__units=8).fit(x, y).predict_proba(x).shape
    (200, 2)
    """

    classes_: Any
    _kind_of_y = {}  # one column of labels, which is what scikit-learn takes for granted

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None, **kwargs: Any
    ) -> Self:
        """Go on with the model for one epoch, over these rows.

        Parameters
        ----------
        X, y, sample_weight, **kwargs
            As in ``fit``.
        classes : array_like, shape (n_classes,)
            All labels that will come; needed in the first call, as these rows may lack some.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the first call has no ``classes``, or a label is not among them.
        """
        fresh = not hasattr(self, "model_")
        if fresh and classes is None:
            raise ValueError(
                "classes must be given in the first call of partial_fit, these rows may lack some; "
                "write classes=np.unique(all_labels)"
            )
        if (
            not fresh
            and classes is not None
            and not np.array_equal(np.unique(classes), self.classes_)
        ):
            raise ValueError(
                f"classes must stay {self.classes_.tolist()}, got {np.unique(classes).tolist()}; "
                "call fit to start anew"
            )
        return self._train_one_epoch(X, y, sample_weight, kwargs, classes)

    def predict(self, X: Any) -> Array:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : array_like, shape (n_samples, ...)

        Returns
        -------
        array, shape (n_samples,)
        """
        scores = self.decision_function(X)
        chosen = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[chosen]  # type: ignore[no-any-return]

    def decision_function(self, X: Any) -> Array:
        """Return scores: the greater, the more speaks for the class.

        Parameters
        ----------
        X : array_like, shape (n_samples, ...)

        Returns
        -------
        array, shape (n_samples,) or (n_samples, n_classes)
            For two classes, what the model gives for ``classes_[1]`` minus what it gives for
            ``classes_[0]``, or the single output minus its threshold: above 0 means
            ``classes_[1]``. For more, the outputs of the model. (Keras returns the outputs in both
            cases, which scikit-learn's scorers do not take for two classes.)
        """
        outputs = self._outputs(X)
        if outputs.shape[1] == 1:
            return outputs[:, 0] - self._threshold()
        return outputs[:, 1] - outputs[:, 0] if len(self.classes_) == 2 else outputs

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n_samples, ...)

        Returns
        -------
        array, shape (n_samples, n_classes)
            Columns in the order of ``classes_``; each row sums to 1. Where the loss was told
            ``from_logits=True``, softmax or sigmoid of the outputs.

        Raises
        ------
        ValueError
            If the outputs of the model are no probabilities.
        """
        check_is_fitted(self, "model_")
        loss = _loss(self.model_)
        if isinstance(loss, SIGNED):
            raise ValueError(
                f"predict_proba needs outputs from 0 to 1, {loss.name} makes them reach from -1 to "
                "1; use decision_function, or train with a cross-entropy"
            )
        outputs = self._outputs(X)
        single = outputs.shape[1] == 1
        if getattr(loss, "from_logits", False):
            outputs = activations.sigmoid(outputs) if single else activations.softmax(outputs)
        if single:
            outputs = np.concatenate([1.0 - outputs, outputs], axis=1)
        fine = (outputs >= 0.0).all(axis=1) & (np.abs(outputs.sum(axis=1) - 1.0) < 1e-3)
        if not fine.all():
            row = int(fine.argmin())
            raise ValueError(
                "predict_proba needs outputs from 0 to 1 that sum to 1 in each row, got "
                f"{outputs[row].tolist()} in row {row}; end the model with softmax (sigmoid for a "
                "single unit), or say from_logits=True to its loss; decision_function takes any"
            )
        return outputs

    def _targets(self, y: Array, fresh: bool, classes: Any) -> Array:
        check_classification_targets(y)
        if fresh:
            self.classes_ = np.unique(y if classes is None else classes)
            known = self.classes_.tolist()
            if len(known) < 2:
                raise ValueError(
                    f"y must hold at least two classes, got one class, {known[0]!r}, in the "
                    f"{len(y)} rows that count; give rows of another class"
                )
        strange = np.setdiff1d(y, self.classes_)
        if len(strange):
            raise ValueError(
                f"y must hold labels from classes_, {self.classes_.tolist()}, got "
                f"{strange.tolist()} as well; call fit without warm_start to learn other classes"
            )
        return np.eye(len(self.classes_), dtype=config.floatx())[np.searchsorted(self.classes_, y)]

    def _as_trained(self, targets: Array, model: Any, shape: Any) -> Array:
        count = len(self.classes_)
        wanted = (1, 2) if count == 2 else (count,)
        if check_units(model, shape, wanted, f"y has {count} classes") == 1:
            return targets[:, 1:]
        return targets.argmax(axis=1) if isinstance(_loss(model), SPARSE) else targets

    def _validation(self, data: Any, model: Any, shape: Any) -> Any:
        if isinstance(data, tuple) and len(data) > 1:
            y = np.asarray(data[1])
            if y.ndim == 2 and y.shape[1] == len(self.classes_):  # one-hot, as Keras wants it
                data = (data[0], self.classes_[y.argmax(axis=1)], *data[2:])
        return super()._validation(data, model, shape)

    def _threshold(self) -> float:
        """Return the output of a single unit that lies between the two classes."""
        loss = _loss(self.model_)
        return 0.0 if isinstance(loss, SIGNED) or getattr(loss, "from_logits", False) else 0.5


SPARSE = (SparseCategoricalCrossentropy, CategoricalGeneralizedCrossEntropy)
"""Losses whose targets are class indices."""

SIGNED = (Hinge, SquaredHinge)
"""Losses that want -1 for one class and 1 for the other."""


def _loss(model: Any) -> Any:
    """Return the loss of a model with one output."""
    given = model.loss
    if isinstance(given, dict) and "class_name" not in given:
        given = list(given.values())
    return losses.get(given[0] if isinstance(given, list | tuple) else given)
