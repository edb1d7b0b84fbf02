"""``Metric``: a number gathered over batches; sums and means, and metrics made from functions."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from minikeras import config, registry
from minikeras._typing import Array, ArrayLike, DType, Shape
from minikeras.autodiff.tensor import Variable, bare
from minikeras.losses.base import Loss, name_of
from minikeras.losses.shapes import as_array, fit_weights, match_ranks
from minikeras.registry import Configurable, register, snake_case

__all__ = ["LossMetric", "Mean", "MeanMetricWrapper", "Metric", "Sum"]


class Metric(Configurable):
    """Base of the metrics: gathers over batches what is needed for one result.

    A subclass defines ``update_state`` and ``result``; what it gathers is either kept in
    variables made with ``add_variable``, as in Keras, or in attributes named in ``state``.

    Parameters
    ----------
    dtype : dtype, optional
        Kept for Keras's sake: sums are kept in float64, and results are Python floats.
    name : str, optional
        Under which logs show it; default is the name of the class in snake case.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras.metrics import Metric
    >>> class Largest(Metric):
    ...     state = ("largest",)
    ...     largest = 0.0
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.largest = max(self.largest, float(np.max(y_pred)))
    ...     def result(self):
    ...         return self.largest
    >>> metric = Largest()
    >>> metric.update_state(np.zeros(2), np.array([3.0, 1.0]))
    >>> metric(np.zeros(2), np.array([2.0, 2.5]))
    3.0
    """

    state: ClassVar[tuple[str, ...]] = ()
    """Names of the attributes, numbers or arrays, that start at 0 and grow with every batch."""

    def __init__(self, dtype: DType | None = None, name: str | None = None):
        self.name = name or snake_case(type(self).__name__)
        self.dtype = dtype
        self._variables: list[Variable] = []

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch, as a rule ``(y_true, y_pred, sample_weight=None)``."""
        raise NotImplementedError(f"{type(self).__name__} must define update_state(y_true, y_pred)")

    def result(self) -> Any:
        """Return the value over all batches since the last ``reset_state``."""
        raise NotImplementedError(f"{type(self).__name__} must define result()")

    def reset_state(self) -> None:
        """Forget all batches."""
        for name in self.state:
            value = getattr(self, name)
            setattr(self, name, np.zeros_like(value) if isinstance(value, np.ndarray) else 0.0)
        for variable in self._own():
            variable.value[...] = 0
        for metric in self._parts():
            metric.reset_state()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in one batch and return the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def add_variable(
        self,
        shape: Shape = (),
        initializer: Any = "zeros",
        dtype: DType | None = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """Make a variable that ``reset_state`` sets to 0, for metrics written as in Keras.

        Parameters
        ----------
        shape : tuple of int
        initializer : str or callable, default "zeros"
        dtype : dtype, optional
            Default ``config.floatx()``.
        aggregation : str, default "sum"
            Has no effect: there is one process.
        name : str, optional

        Returns
        -------
        Variable
            Not trainable.
        """
        make = registry.get("initializer", initializer or "zeros")
        value = make(shape, dtype or config.floatx())
        variable = Variable(value, trainable=False, name=name or "variable")
        self._variables.append(variable)
        return variable

    def add_weight(
        self,
        shape: Shape = (),
        initializer: Any = None,
        dtype: DType | None = None,
        name: str | None = None,
    ) -> Variable:
        """Make a variable, as ``add_variable`` does."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[Any]:
        """What was gathered: variables, and the attributes named in ``state`` as arrays."""
        own: list[Any] = [np.asarray(getattr(self, name)) for name in self.state]
        return own + self._own() + [v for metric in self._parts() for v in metric.variables]

    def _own(self) -> list[Variable]:
        """Return the variables of this metric, those included that were merely assigned to it."""
        held = [value for value in vars(self).values() if isinstance(value, Variable)]
        made = {id(variable) for variable in self._variables}
        return self._variables + [variable for variable in held if id(variable) not in made]

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        if name == "name" and default is None:
            default = snake_case(type(self).__name__)
        return super()._is_default(name, value, default)

    def _parts(self) -> Iterator["Metric"]:
        """Return the metrics among the attributes."""
        for value in vars(self).values():
            for part in value if isinstance(value, list | tuple) else (value,):
                if isinstance(part, Metric):
                    yield part


def plain(name: str, value: Any) -> Array:
    """Return ``value`` as a bare array of real numbers."""
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    return as_array(name, bare(value))


@register("metric")
class Sum(Metric):
    """Weighted sum of all values.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metric = metrics.Sum()
    >>> metric.update_state([1, 3, 5, 7])
    >>> metric([2.0], sample_weight=[0.5])
    17.0
    """

    state = ("total",)

    def __init__(self, name: str | None = "sum", dtype: DType | None = None):
        super().__init__(dtype, name)
        self.total = 0.0

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add ``values``, each times its weight."""
        array = plain("values", values).astype(np.float64)
        if sample_weight is not None:
            array = array * fit_weights(self.name, bare(sample_weight), array.shape, np.float64)
        self.total += float(array.sum())

    def result(self) -> float:
        """Return the sum."""
        return self.total


class Average(Metric):
    """Keeps a weighted mean; a subclass says of what."""

    state = ("total", "count")

    def __init__(self, name: str | None = None, dtype: DType | None = None):
        super().__init__(dtype, name)
        self.total = 0.0
        self.count = 0.0

    def add(self, values: Any, sample_weight: Any = None) -> None:
        """Take in values: one number, or an array with a row per sample."""
        if type(values) is not float:
            array = plain("values", values)
            if array.ndim:
                self._add_samples(array, sample_weight)
                return
            values = float(array)
        if sample_weight is None:
            weight = 1.0
        elif isinstance(sample_weight, int | float) or np.ndim(sample_weight) == 0:
            weight = float(sample_weight)
        else:
            weight = float(fit_weights(self.name, bare(sample_weight), (), np.float64))
        self.total += values * weight
        self.count += weight

    def _add_samples(self, values: Array, sample_weight: Any) -> None:
        samples = values.shape[0]
        if not values.size:
            return
        each = samples / values.size  # the values of a sample count as one
        if sample_weight is None:
            self.total += float(values.sum(dtype=np.float64)) * each
            self.count += samples
        else:
            weights = fit_weights(self.name, bare(sample_weight), values.shape, np.float64)
            self.total += float((values * weights).sum()) * each
            self.count += float(weights.sum()) * each

    def result(self) -> float:
        """Return the mean, 0 when there were no values."""
        return self.total / self.count if self.count else 0.0


@register("metric")
class Mean(Average):
    """Weighted mean of all values.

    Parameters
    ----------
    name, dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import metrics
    >>> metric = metrics.Mean()
    >>> metric.update_state([1, 3, 5, 7])
    >>> metric.result()
    4.0
    >>> metric.reset_state()
    >>> metric([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    2.0
    """

    def __init__(self, name: str | None = "mean", dtype: DType | None = None):
        super().__init__(name, dtype)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in values.

        Parameters
        ----------
        values : float or array_like, shape (samples, ...)
            The values of a sample are averaged.
        sample_weight : float or array_like, shape (samples,) or (samples, ...), optional

        Raises
        ------
        ValueError
            If there is not one weight per sample.
        """
        self.add(values, sample_weight)


@register("metric")
class MeanMetricWrapper(Average):
    """Weighted mean of what a plain function of ``(y_true, y_pred)`` returns.

    Parameters
    ----------
    fn : callable
        Written with NumPy; returns one value per sample, or one number for the batch.
    name : str, optional
        Default: the name of the function.
    dtype
        As in ``Metric``.
    **kwargs
        Handed on to ``fn``.

    Examples
    --------
    >>> import numpy as np
    >>> from minikeras import metrics
    >>> def worst(y_true, y_pred):
    ...     return np.max(np.abs(y_true - y_pred), axis=-1)
    >>> metric = metrics.MeanMetricWrapper(worst)
    >>> metric(np.zeros((2, 3)), np.array([[1.0, 2.0, 3.0], [5.0, 0.0, 0.0]]))
    4.0
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: DType | None = None,
        **kwargs: Any,
    ):
        if isinstance(fn, str):
            fn = registry.get("metric", fn)
        super().__init__(name or name_of(fn), dtype)
        self.fn = fn
        self.kwargs = kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)
            ``(batch,)`` beside ``(batch, 1)`` is taken as ``(batch, 1)``.
        sample_weight : float, or array_like, shape (batch,), optional
        """
        pair = match_ranks(plain("y_true", y_true), plain("y_pred", y_pred))
        self.add(self.fn(*pair, **self.kwargs), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **registry.serialize(self.kwargs)}


@register("metric")
class LossMetric(Average):
    """Weighted mean over samples of a loss.

    Parameters
    ----------
    loss : Loss
        Its reduction plays no part.
    name : str, optional
        Default: the name of the loss.
    dtype
        As in ``Metric``.

    Examples
    --------
    >>> from minikeras import losses, metrics
    >>> metric = metrics.LossMetric(losses.Huber())
    >>> metric([[0.0], [0.0]], [[0.5], [3.0]])
    1.3125
    """

    def __init__(self, loss: Loss, name: str | None = None, dtype: DType | None = None):
        super().__init__(name or loss.name, dtype)
        self.loss = loss

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (batch, ...)
            ``(batch,)`` beside ``(batch, 1)`` is taken as ``(batch, 1)``.
        sample_weight : float, or array_like, shape (batch,), optional
        """
        self.add(self.loss.per_sample(bare(y_true), bare(y_pred)), sample_weight)
