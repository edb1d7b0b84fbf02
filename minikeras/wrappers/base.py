"""What the three wrappers share: parameters, checks of the data, and the training."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np

from minikeras import random
from minikeras._typing import Array
from minikeras.models import Model
from minikeras.wrappers._sklearn import (
    BaseEstimator,
    check_array,
    check_is_fitted,
    check_random_state,
    validate_data,
)
from minikeras.wrappers.making import check_name, defaults_of, make, options

__all__ = ["ModelWrapper"]


class ModelWrapper(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the wrappers: an estimator around a model.

    A subclass says what becomes of targets and of outputs. Parameters are those of
    ``SKLearnClassifier``.
    """

    model_: Any
    history_: Any
    _kind_of_y: ClassVar[dict[str, bool]] = {"multi_output": True, "y_numeric": True}
    _stream: Any  # numpy.random.RandomState that seeds each training

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
        random_state: Any = None,
    ):
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs
        self.random_state = random_state

    # Parameters.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default True
            Add the arguments of the function that makes the model as ``model__name``, and those of
            ``Model.fit`` as ``fit__name``.

        Returns
        -------
        dict
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            model_kwargs = defaults_of(self.model) | _dict(self.model_kwargs)
            params |= {f"model__{name}": value for name, value in model_kwargs.items()}
            params |= {f"fit__{name}": value for name, value in _dict(self.fit_kwargs).items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Parameters
        ----------
        **params
            ``model__units=8`` sets one entry of ``model_kwargs``, ``fit__epochs=5`` one of
            ``fit_kwargs``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such parameter or argument; the closest one is suggested.
        """
        nested = {name: params.pop(name) for name in list(params) if _is_nested(name)}
        super().set_params(**params)
        for full_name, value in nested.items():
            prefix, _, name = full_name.partition("__")
            if prefix == "model" and isinstance(self.model, Model):
                raise ValueError(
                    f"{full_name} is an argument of a function that makes a model, but model is a "
                    f"{type(self.model).__name__}; give the function as model"
                )
            check_name(self.model if prefix == "model" else Model.fit, name, full_name)
            kwargs = f"{prefix}_kwargs"  # becomes a new dict: others may hold the old one
            setattr(self, kwargs, options(kwargs, getattr(self, kwargs)) | {name: value})
        return self

    # Training.

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Train a new model; with ``warm_start``, go on with the last one.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features) or (n_samples, ...)
            Finite numbers. Of a DataFrame, the names of the columns are kept, and checked in all
            that follows.
        y : array_like, shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array_like, shape (n_samples,), optional
            Factors of the rows' losses, at least 0. Rows of weight 0 are left out.
        **kwargs
            Further arguments of ``Model.fit``; they win over those in ``fit_kwargs``. The default
            of ``verbose`` is 0.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If the data are not finite numbers or do not fit the model, or an argument is wrong.
        RuntimeError
            If the model is not compiled.
        """
        fresh = not (self.warm_start and hasattr(self, "model_"))
        return self._train(X, y, sample_weight, kwargs, fresh=fresh)

    def _train_one_epoch(
        self, X: Any, y: Any, sample_weight: Any, kwargs: dict[str, Any], classes: Any = None
    ) -> Self:
        fresh = not hasattr(self, "model_")
        return self._train(
            X, y, sample_weight, {"epochs": 1, **kwargs}, fresh=fresh, classes=classes
        )

    def _train(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        kwargs: dict[str, Any],
        *,
        fresh: bool,
        classes: Any = None,
    ) -> Self:
        fit_kwargs = options("fit_kwargs", self.fit_kwargs)
        if "callbacks" in fit_kwargs:  # a run changes them, and must not change parameters
            fit_kwargs["callbacks"] = copy.deepcopy(fit_kwargs["callbacks"])
        arguments = {"verbose": 0, **fit_kwargs, **kwargs}
        X, y = self._check(X, y, reset=fresh)
        if sample_weight is not None:
            X, y, arguments["sample_weight"] = _weighted(X, y, sample_weight)
        targets = self._targets(y, fresh, classes)
        if fresh:
            self._stream = _stream(self.random_state)
        with _seeded(self._stream):
            if fresh:
                model = make(self.model, self.model_kwargs, X, targets, reuse=self.warm_start)
            else:
                model = self.model_
            shape = _output_shape(model, X)
            if arguments.get("validation_data") is not None:
                arguments["validation_data"] = self._validation(
                    arguments["validation_data"], model, shape
                )
            self.history_ = model.fit(X, self._as_trained(targets, model, shape), **arguments)
        self.model_ = model
        return self

    def _check(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        """Return the data as arrays; ``reset`` learns the features' number and names."""
        if self._kind_of_y.get("y_numeric") and (label := _text_in(y)) is not None:
            raise ValueError(
                f"y must hold numbers, got the text {label!r}; for labels there is "
                "SKLearnClassifier"
            )
        X, y = validate_data(self, X, y, reset=reset, allow_nd=True, **self._kind_of_y)
        return X, y

    def _targets(self, y: Array, fresh: bool, classes: Any) -> Array:
        """Return the targets, shape (n_samples, n_outputs), as a function that makes a model."""
        raise NotImplementedError

    def _as_trained(self, targets: Array, model: Any, shape: Any) -> Array:
        """Return the targets as a model with outputs of ``shape`` is trained on them."""
        return targets

    def _validation(self, data: Any, model: Any, shape: Any) -> Any:
        """Return ``validation_data`` with targets like those of the training; or as it is."""
        if not isinstance(data, tuple) or len(data) not in (2, 3):
            return data  # batches
        X, y = self._check(data[0], data[1], reset=False)
        targets = self._as_trained(self._targets(y, False, None), model, shape)
        return (X, targets, *data[2:])

    # Using.

    def _outputs(self, X: Any) -> Array:
        """Return what the model makes of ``X``."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, allow_nd=True)
        return self.model_.predict(X, verbose=0)  # type: ignore[no-any-return]


def check_units(model: Any, shape: Any, wanted: tuple[int, ...], what: str) -> int:
    """Return how many numbers a model gives for each row.

    Raises
    ------
    ValueError
        If it is not one of those that are ``wanted``.
    """
    if len(shape) != 2 or shape[1] not in wanted:
        units = " or ".join(map(str, wanted)) + " unit" + "s" * (wanted[-1] != 1)
        raise ValueError(
            f"model {model.name!r} has outputs of shape {shape}, but {what}; give its last layer "
            f"{units}"
        )
    return int(shape[1])


def _output_shape(model: Any, X: Array) -> tuple[int | None, ...]:
    """Return the shape of the output, None for the batch; builds the model."""
    shape = model.compute_output_shape((None, *X.shape[1:]))
    if not isinstance(shape, tuple) or not all(n is None or isinstance(n, int) for n in shape):
        raise ValueError(
            f"model {model.name!r} must have one output, got shapes {shape}; give scikit-learn a "
            "model that ends with one of them"
        )
    return shape


def _is_nested(name: str) -> bool:
    return name.startswith(("model__", "fit__"))


def _dict(given: Any) -> dict[str, Any]:
    return dict(given) if isinstance(given, Mapping) else {}  # fit says what is wrong with it


def _weighted(X: Array, y: Array, sample_weight: Any) -> tuple[Array, Array, Array]:
    """Return the rows that count, and their weights."""
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape != (len(X),):
        raise ValueError(
            f"sample_weight must have shape {(len(X),)}, one weight for each row of X, got "
            f"{weight.shape}"
        )
    if weight.min() < 0:
        raise ValueError(
            f"sample_weight must not be negative, got {weight.min()} in row {weight.argmin()}; a "
            "row that should not count has the weight 0"
        )
    counts = weight > 0
    if not counts.any():
        raise ValueError("sample_weight must not be zero in all rows; nothing is left to train on")
    return (X, y, weight) if counts.all() else (X[counts], y[counts], weight[counts])


def _text_in(y: Any) -> str | None:
    """Return the first target if it is text."""
    kind = getattr(getattr(y, "dtype", None), "kind", "O")
    first = None if kind in "fiub" else next(np.asarray(y, object).flat, None)
    return str(first) if isinstance(first, str) else None


def _stream(random_state: Any) -> Any:
    """Return what seeds the trainings; None for minikeras's global stream."""
    if random_state is None:
        return None
    try:
        return check_random_state(random_state)
    except ValueError as error:
        raise ValueError(
            "random_state must be an integer of at least 0, a numpy.random.RandomState or None, "
            f"got {random_state!r}"
        ) from error


@contextmanager
def _seeded(stream: Any) -> Iterator[None]:
    """Let everything random inside follow from the next number of ``stream``, if there is one."""
    if stream is None:
        yield
        return
    bits = random.generator().bit_generator
    before = bits.state
    bits.state = np.random.PCG64(stream.randint(2**31 - 1)).state
    try:
        yield
    finally:
        bits.state = before
